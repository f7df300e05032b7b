//! Words for people that several formats use.

use std::collections::BTreeMap;

use model::{ApartReason, Class, Detail, Finding, FixStatus, Judgement, Severity};
use package::PackageType;
use scan::{Action, Base, Deed, Outcome, Part, urgency};

use crate::text::{count, cut_left, number, plain, width};

/// Why findings are set apart, after their number.
pub(crate) const fn apart(reason: ApartReason) -> &'static str {
    match reason {
        ApartReason::NoKernel => "kernel CVEs, no kernel runs here",
        ApartReason::DistributionBinary => "toolchains in the distribution's own binaries",
        ApartReason::OwnedByDistribution => "in files of distribution packages, judged by the distribution",
        ApartReason::Unimportant => "called unimportant by their source",
        ApartReason::Unmaintained => "about packages that are no longer maintained",
        ApartReason::Maintenance => "bug fixes, enhancements and notices",
        ApartReason::Investigating => "still looked into by their source",
        ApartReason::Probable => "in packages recognised by name only",
        ApartReason::DeclaredOnly => "only declared by lock files",
        ApartReason::NotLinked => "in code that is not linked into its binary",
    }
}

/// [`apart`] for machines: stable.
pub(crate) const fn slug(reason: ApartReason) -> &'static str {
    match reason {
        ApartReason::NoKernel => "no-kernel",
        ApartReason::DistributionBinary => "distribution-binary",
        ApartReason::OwnedByDistribution => "owned-by-distribution",
        ApartReason::Unimportant => "unimportant",
        ApartReason::Unmaintained => "unmaintained",
        ApartReason::Maintenance => "maintenance",
        ApartReason::Investigating => "investigating",
        ApartReason::Probable => "probable",
        ApartReason::DeclaredOnly => "declared-only",
        ApartReason::NotLinked => "not-linked",
    }
}

/// Rows that stand for all findings: the actions, and one for each cause for which others have none.
pub(crate) fn rows(outcome: &Outcome) -> u64 {
    let mut causes: Vec<&str> = outcome
        .findings
        .iter()
        .filter_map(|finding| match &finding.judgement {
            Judgement::Counts => unfixed(finding),
            Judgement::Apart(reason) => Some(apart(*reason)),
            Judgement::Suppressed(_) => Some("hidden"),
        })
        .collect();
    causes.sort_unstable();
    causes.dedup();
    (outcome.plan.actions.len() + causes.len()) as u64
}

/// Why a finding that counts has no action; `None` where it has one.
pub(crate) fn unfixed(finding: &Finding) -> Option<&'static str> {
    let Detail::Vulnerability(vulnerability) = &finding.detail else { return None };
    // Hostile code is removed, whatever is fixed.
    if vulnerability.class == Class::Malware {
        return None;
    }
    match &vulnerability.fix {
        FixStatus::Fixed { .. } => None,
        FixStatus::NoneKnown => Some("no fix known yet"),
        FixStatus::WontFix { .. } => Some("will not be fixed"),
        FixStatus::Deferred { .. } => Some("fix deferred"),
        FixStatus::Investigating => Some("under investigation"),
    }
}

/// `17 high, 15 medium, 1,313 unknown`, most urgent first.
pub(crate) fn severities(counts: &BTreeMap<Severity, u64>) -> String {
    let mut counts: Vec<(&Severity, &u64)> = counts.iter().collect();
    counts.sort_by_key(|(severity, _)| std::cmp::Reverse(urgency(**severity)));
    let words: Vec<String> =
        counts.into_iter().map(|(severity, count)| format!("{} {severity}", number(*count))).collect();
    words.join(", ")
}

/// The name of a part as people say it: the standard library comes with the toolchain, which is Go.
pub(crate) fn part_name(part: &Part) -> &str {
    match (part.kind, part.name.as_str()) {
        (PackageType::Golang, "stdlib" | "toolchain") => "Go",
        (_, name) => name,
    }
}

/// `18.1 … 23.2.1`: the versions that are there.
pub(crate) fn versions(from: &[String]) -> String {
    match from {
        [] => String::new(),
        [one] => plain(one).into_owned(),
        [one, two] => format!("{}, {}", plain(one), plain(two)),
        [first, .., last] => format!("{} … {}", plain(first), plain(last)),
    }
}

/// What is done, in at most `columns` where that is possible: what can be left out goes first, names are cut last.
pub(crate) fn action(action: &Action, columns: usize) -> String {
    let fits = |text: &String| width(text) <= columns;
    let variants = match action.deed {
        Deed::Remove => vec![remove(action, None)],
        Deed::Upgrade => upgrades(action, columns),
        Deed::UpgradeCarrier | Deed::Rebuild => rebuilds(action),
    };
    if let Some(text) = variants.iter().find(|text| fits(text)) {
        return text.clone();
    }
    // The last one is the shortest; its name gives way.
    let shortest = variants.last().map_or(0, |text| width(text));
    let name = plain(&action.name);
    let left = width(&name).saturating_sub(shortest.saturating_sub(columns)).max(MIN_NAME);
    let name = cut_left(&name, left);
    match action.deed {
        Deed::Remove => remove(action, Some(&name)),
        Deed::Upgrade => upgrade_to(action, &name),
        Deed::UpgradeCarrier | Deed::Rebuild => fewest_words(action, &name),
    }
}

/// A place that is cut further says nothing.
const MIN_PLACE: usize = 16;

/// Nor does a name.
const MIN_NAME: usize = 8;

fn remove(action: &Action, name: Option<&str>) -> String {
    format!("remove {}: it is hostile", name.map_or_else(|| plain(&action.name), Into::into))
}

fn target(action: &Action) -> &str {
    action.parts.first().and_then(|part| part.to.as_deref()).unwrap_or("a repaired version")
}

fn upgrade_to(action: &Action, name: &str) -> String {
    format!("upgrade {name} to {}", plain(target(action)))
}

fn upgrades(action: &Action, columns: usize) -> Vec<String> {
    let name = plain(&action.name);
    // Maven's group is left out before anything else: the artifact is what people know.
    let short = match (action.kind, name.split_once(':')) {
        (PackageType::Maven, Some((_, artifact))) => Some(artifact),
        _ => None,
    };
    let from = action.parts.first().map_or_else(String::new, |part| versions(&part.from));
    let names = || std::iter::once(&*name).chain(short);
    let mut variants = Vec::with_capacity(8);
    for name in names() {
        let full = format!("upgrade {name} {from} → {}", plain(target(action)));
        match action.places.as_slice() {
            [] => {}
            [place] => {
                let place = plain(place);
                variants.push(format!("{full} in {place}"));
                let left = columns.saturating_sub(width(&full) + 4);
                if left >= MIN_PLACE {
                    variants.push(format!("{full} in {}", cut_left(&place, left)));
                }
            }
            places => variants.push(format!("{full} in {} places", number(places.len() as u64))),
        }
    }
    variants.extend(names().map(|name| format!("upgrade {name} {from} → {}", plain(target(action)))));
    variants.push(upgrade_to(action, short.unwrap_or(&name)));
    variants
}

/// `Go ≥ 1.25.13`.
fn at_least(part: &Part) -> String {
    format!("{} ≥ {}", plain(part_name(part)), plain(part.to.as_deref().unwrap_or("?")))
}

fn long_parts(action: &Action) -> String {
    action.parts.iter().map(at_least).collect::<Vec<_>>().join(", ")
}

/// The toolchain, for it is what people must install, and how many other parts.
fn short_parts(action: &Action) -> String {
    let go = action.parts.iter().find(|part| part_name(part) == "Go");
    match (go, action.parts.as_slice()) {
        (_, [only]) => at_least(only),
        (Some(go), parts) => {
            let others = parts.len() - 1;
            format!("{} and {} newer {}", at_least(go), others, if others == 1 { "part" } else { "parts" })
        }
        (None, parts) => format!("{} newer parts", parts.len()),
    }
}

/// The toolchain alone, where there is one: the other parts stand beneath.
fn toolchain(action: &Action) -> String {
    let go = action.parts.iter().find(|part| part_name(part) == "Go");
    go.map_or_else(|| short_parts(action), at_least)
}

/// The parts that the row of a binary or carrier has no room for, on one line: the toolchain stands in the row.
pub(crate) fn parts_beneath(action: &Action, row: usize, columns: usize) -> Option<String> {
    if !matches!(action.deed, Deed::Rebuild | Deed::UpgradeCarrier) || action.parts.len() < 2 {
        return None;
    }
    if width(&rebuild(action, &plain(&action.name), &long_parts(action))) <= row {
        return None;
    }
    let parts: Vec<String> =
        action.parts.iter().filter(|part| part_name(part) != "Go").map(at_least).collect();
    let mut shown = parts.len();
    loop {
        let mut text = parts.get(..shown).unwrap_or_default().join(", ");
        if shown < parts.len() {
            text.push_str(&format!(" … {} more", parts.len() - shown));
        }
        if shown <= 1 || width(&text) <= columns {
            return (!text.is_empty()).then(|| crate::text::cut(&text, columns).into_owned());
        }
        shown -= 1;
    }
}

fn rebuild(action: &Action, name: &str, parts: &str) -> String {
    match action.deed {
        Deed::Rebuild => {
            let copies = match action.places.len() {
                0 | 1 => String::new(),
                n => format!(" ({n} copies)"),
            };
            format!("rebuild {name}{copies} with {parts}")
        }
        _ => format!("upgrade {name} to one with {parts}"),
    }
}

/// The row of a binary or carrier with the fewest words.
fn fewest_words(action: &Action, name: &str) -> String {
    match action.deed {
        Deed::UpgradeCarrier => format!("upgrade {name} ({})", toolchain(action)),
        _ => rebuild(action, name, &toolchain(action)),
    }
}

fn rebuilds(action: &Action) -> Vec<String> {
    let name = plain(&action.name);
    let mut variants: Vec<String> = [long_parts(action), short_parts(action), toolchain(action)]
        .iter()
        .map(|parts| rebuild(action, &name, parts))
        .collect();
    variants.push(fewest_words(action, &name));
    variants
}

/// `Rebuild on a newer base: layers 1–4 bring 41 of 52 findings that count, 38 of them with a fix`.
pub(crate) fn base(base: &Base) -> String {
    let name = base.name.as_deref().map_or_else(String::new, |name| format!(" ({})", plain(name)));
    let (layers, bring) = match base.layers {
        1 => ("layer 1".to_owned(), "brings"),
        n => (format!("layers 1–{n}"), "bring"),
    };
    let fixed = match base.fixable {
        all if all == base.findings => "all with a fix".to_owned(),
        some => format!("{} of them with a fix", number(some)),
    };
    let (findings, of) = (number(base.findings), count(base.of, "finding", "findings"));
    format!("Rebuild on a newer base{name}: {layers} {bring} {findings} of {of} that count, {fixed}")
}
