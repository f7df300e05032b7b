//! What silence about a package means.

use package::Ecosystem;

use crate::{Coverage, CoverageState, Database};

impl Database {
    /// The rows that tell what there is data for.
    #[must_use]
    pub fn coverage(&self) -> &[Coverage] {
        &self.facts.coverage
    }

    /// What the database could say about a name; `spoken` is whether any statement is about it.
    pub(crate) fn coverage_of(
        &self,
        ecosystem: Ecosystem,
        release: &str,
        name: &str,
        spoken: bool,
    ) -> CoverageState {
        if spoken {
            return CoverageState::Covered;
        }
        let mut any = false;
        let mut of_release = false;
        let mut records = 0u64;
        let mut everything = false;
        let mut listed = false;
        for row in self.facts.coverage.iter().filter(|row| row.ecosystem == ecosystem) {
            any = true;
            if row.release.as_deref().unwrap_or_default() != release {
                continue;
            }
            of_release = true;
            match &row.packages {
                None => {
                    everything = true;
                    records = records.saturating_add(row.records);
                }
                Some(packages) => {
                    listed |= packages.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
                }
            }
        }
        let floor = u64::from(ecosystem.row().feed_floor);
        match (any, of_release) {
            (false, _) => CoverageState::NoFeed,
            (_, false) => CoverageState::NoRelease,
            _ if listed || (everything && records >= floor) => CoverageState::Covered,
            _ => CoverageState::NoPackage,
        }
    }
}
