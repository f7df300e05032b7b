//! How far each vulnerability reaches: the places that have it, by scope.

use std::collections::{BTreeMap, HashMap};

use super::{
    fleet::{Fleet, NONE, number, part},
    load::{Content, Row},
    view::{Seen, Wanted},
};

/// In how many places each vulnerability has a finding that counts. Other than in a plan of fixes, places that need not be
/// looked at have theirs too, and rules hide nothing.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// For each vulnerability, its part of `counts`.
    of: Vec<(u32, u32)>,
    /// A scope, and how many places in it.
    counts: Vec<(u32, u32)>,
}

impl Reach {
    /// Counts. `hidden` are the images without a package of theirs, by package, in order.
    pub(super) fn of(
        fleet: &Fleet,
        contents: &BTreeMap<i64, Content>,
        rows: &[Row],
        hidden: &HashMap<i64, Vec<i64>>,
    ) -> Self {
        let scopes: Vec<&[u32]> = contents.values().map(|content| content.scopes.as_slice()).collect();
        let mut images: HashMap<i64, Vec<(i64, u32)>> = HashMap::new();
        for (index, (image, content)) in (0_u32..).zip(contents) {
            if !content.scopes.is_empty() {
                for unit in content.layers.iter().copied().flatten().chain(content.whole) {
                    images.entry(unit).or_default().push((*image, index));
                }
            }
        }
        let mut packages: Vec<Vec<u32>> = vec![Vec::new(); fleet.vulnerabilities.len()];
        for (index, (.., subject, _)) in (0_u32..).zip(rows) {
            let findings = fleet.subjects.get(*subject as usize).map_or((0, 0), |subject| subject.findings);
            for finding in part(&fleet.findings, findings) {
                if let Some(packages) = packages.get_mut(finding.vulnerability as usize) {
                    packages.push(index);
                }
            }
        }
        // An image that has it twice counts once: which vulnerability an image was counted for last.
        let mut last = vec![NONE; scopes.len()];
        let mut reach = Self::default();
        let mut sums: BTreeMap<u32, u32> = BTreeMap::new();
        for (vulnerability, packages) in (0_u32..).zip(&packages) {
            sums.clear();
            for (package, unit, ..) in packages.iter().filter_map(|index| rows.get(*index as usize)) {
                let without = hidden.get(package).map(Vec::as_slice).unwrap_or_default();
                for (image, index) in images.get(unit).into_iter().flatten() {
                    let Some(last) = last.get_mut(*index as usize).filter(|last| **last != vulnerability)
                    else {
                        continue;
                    };
                    if without.binary_search(image).is_ok() {
                        continue;
                    }
                    *last = vulnerability;
                    for scope in scopes.get(*index as usize).copied().unwrap_or_default() {
                        *sums.entry(*scope).or_default() += 1;
                    }
                }
            }
            let from = number(reach.counts.len());
            reach.counts.extend(sums.iter().map(|(scope, places)| (*scope, *places)));
            reach.of.push((from, number(reach.counts.len())));
        }
        reach.counts.shrink_to_fit();
        reach
    }

    /// The places that are seen, by vulnerability; owners are not asked. Those with none are left out.
    pub(super) fn seen(&self, fleet: &Fleet, wanted: &Wanted) -> HashMap<String, u64> {
        let mut seen = Seen::new(fleet, wanted);
        let mut images = HashMap::with_capacity(self.of.len());
        for (vulnerability, counts) in fleet.vulnerabilities.iter().zip(&self.of) {
            let counts = part(&self.counts, *counts).iter();
            let places: u64 = counts
                .filter(|(scope, _)| seen.has(*scope, NONE))
                .map(|(_, places)| u64::from(*places))
                .sum();
            if places > 0 {
                images.insert(fleet.texts.get(vulnerability.name).to_owned(), places);
            }
        }
        images
    }
}
