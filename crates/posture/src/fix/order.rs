//! What comes first: of actions, of parts, of versions, of severities.

use std::{cmp::Ordering, collections::BTreeMap};

use model::Severity;
use package::{PackageType, VersionOrder};

use super::{Action, Part, PartBuilding};

/// How urgent a severity is, higher is more. What nobody rated stands between medium and low: the average CVE is medium,
/// and an unrated flaw must not vanish below one that is known to be minor.
pub(super) const fn urgency(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 5,
        Severity::High => 4,
        Severity::Medium => 3,
        Severity::Unknown => 2,
        Severity::Low => 1,
        Severity::Negligible => 0,
    }
}

/// The order in which cleared findings are compared.
const MOST_URGENT_FIRST: [Severity; 6] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Unknown,
    Severity::Low,
    Severity::Negligible,
];

/// Hostile code first, then what is known to be exploited; then who clears more critical findings, more high ones, and
/// so on; then who reaches more images; then by id.
pub(super) fn what_helps_most(a: &Action, b: &Action) -> Ordering {
    let cleared = |action: &Action| MOST_URGENT_FIRST.map(|severity| action.cleared.get(severity));
    (b.malware > 0)
        .cmp(&(a.malware > 0))
        .then((b.exploited > 0).cmp(&(a.exploited > 0)))
        .then_with(|| cleared(b).cmp(&cleared(a)))
        .then(b.images.len().cmp(&a.images.len()))
        .then_with(|| a.id.cmp(&b.id))
}

/// Is `old` below `new`? Where that cannot be told, no.
pub(super) fn is_lower(order: Option<VersionOrder>, old: &str, new: &str) -> bool {
    order.is_some_and(|order| order.compare(old, new).is_ok_and(Ordering::is_lt))
}

/// The higher of two probabilities.
pub(super) fn higher(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (one, other) => one.or(other),
    }
}

/// Finished parts, most findings first.
pub(super) fn parts(building: BTreeMap<(PackageType, &str), PartBuilding<'_>>) -> Vec<Part> {
    let mut parts: Vec<Part> = building
        .into_iter()
        .map(|((kind, name), part)| {
            let mut from: Vec<String> = part.from.into_iter().map(str::to_owned).collect();
            if let Some(order) = part.order {
                from.sort_by(|a, b| order.compare(a, b).unwrap_or_else(|_| a.cmp(b)));
            }
            let to = part.to.map(str::to_owned);
            Part { kind, name: name.to_owned(), from, to, findings: part.findings }
        })
        .collect();
    parts.sort_by(|a, b| b.findings.cmp(&a.findings).then_with(|| a.name.cmp(&b.name)));
    parts
}
