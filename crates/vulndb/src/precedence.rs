//! Who counts first: the distribution about its own packages, then an ecosystem's curated database, then aggregators.

use package::Ecosystem;

/// How near a source is to who ships the package. The lower counts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Tier {
    /// The distribution's own word, in its own format.
    Distribution = 0,
    /// An ecosystem's curated database (PYSEC, RustSec, Go), or a distribution's word in an export that loses some of it.
    Curated = 1,
    /// Who collects for many ecosystems (GitHub's database, the CVE list).
    Aggregator = 2,
}

impl Tier {
    /// The tier of a record, from its source's slug, its id and the ecosystem that it speaks of.
    #[must_use]
    pub fn of(source: &str, id: &str, ecosystem: Ecosystem) -> Self {
        if !ecosystem.row().os_ids.is_empty() {
            // OSV's export of a distribution drops states that its own format has (no-dsa, ignored, postponed).
            return if source.starts_with("osv") { Self::Curated } else { Self::Distribution };
        }
        if id.starts_with("GHSA-") || id.starts_with("CVE-") { Self::Aggregator } else { Self::Curated }
    }

    /// From its number in the file.
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Distribution),
            1 => Some(Self::Curated),
            2 => Some(Self::Aggregator),
            _ => None,
        }
    }

    /// `distribution`, `curated`, `aggregator`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Distribution => "distribution",
            Self::Curated => "curated",
            Self::Aggregator => "aggregator",
        }
    }
}
