//! New findings that people are told of: known to be exploited, or critical.

use std::collections::{BTreeMap, BTreeSet};

use model::Severity;
use posture::{DisableRule, Disabler, FindingFacts, ImageKey, Time};
use store::{
    Micros, StoreError, Tx,
    alarms::{self as stored, Alarm, Spot},
    matches::Changes,
    notices::NewNotice,
    placements,
};

use super::{FOUND, named, raise};
use crate::{
    assess::{Said, load::scope},
    fixes::facts,
};

/// Vulnerabilities of which one event tells in notices of their own; more are told of in one notice for the scope: whoever
/// connects a registry wants one line, not a hundred.
const MOST: usize = 10;

/// What is found, by vulnerability: the packages, and where they are.
type Found = BTreeMap<String, (Vec<Alarm>, Vec<Spot>)>;

/// An image was catalogued again: what it has now and did not have before is told of. `before` are its alarms of before.
///
/// # Errors
/// What the database says.
pub fn rescanned(tx: &mut Tx<'_>, image: i64, before: &[Alarm], now: Micros) -> Result<(), StoreError> {
    let known: BTreeSet<&str> = before.iter().map(|alarm| alarm.vulnerability.as_str()).collect();
    let mut fresh = stored::of_image(tx, image)?;
    fresh.retain(|alarm| !known.contains(alarm.vulnerability.as_str()));
    if fresh.is_empty() {
        return Ok(());
    }
    let spots = stored::places(tx, image)?;
    tell(tx, &at(fresh, &spots), now)
}

/// Ties all placements of a manifest to its content ([`placements::link`]); what is found there is new there.
///
/// # Errors
/// What the database says.
pub fn link(tx: &mut Tx<'_>, manifest: &str, config: &str, now: Micros) -> Result<(), StoreError> {
    let linked = placements::link(tx, manifest, config)?;
    placed(tx, &linked, now)
}

/// Placements are tied to their content since just now: what is found there is new there.
///
/// # Errors
/// What the database says.
pub fn placed(tx: &mut Tx<'_>, placements: &[i64], now: Micros) -> Result<(), StoreError> {
    let mut by_image: BTreeMap<i64, Vec<Spot>> = BTreeMap::new();
    for placement in placements {
        if let Some((image, spot)) = stored::placed(tx, *placement)? {
            by_image.entry(image).or_default().push(spot);
        }
    }
    for (image, spots) in by_image {
        let alarms = stored::of_image(tx, image)?;
        tell(tx, &at(alarms, &spots), now)?;
    }
    Ok(())
}

/// Subjects of the fleet were judged anew: what is alarming now and was not before is told of.
///
/// # Errors
/// What the database says.
pub fn changed(tx: &mut Tx<'_>, changes: &Changes, now: Micros) -> Result<(), StoreError> {
    let mut found = Found::new();
    for (subject, vulnerability) in &changes.alarming {
        if let Some(alarm) = stored::of_subject(tx, *subject, vulnerability)? {
            found.entry(vulnerability.clone()).or_default().0.push(alarm);
        }
    }
    for (alarms, spots) in found.values_mut() {
        let subjects: Vec<i64> = alarms.iter().map(|alarm| alarm.subject).collect();
        *spots = stored::spots(tx, &subjects)?;
    }
    tell(tx, &found, now)
}

/// Alarms that are all in the same places.
fn at(alarms: Vec<Alarm>, spots: &[Spot]) -> Found {
    let mut found = Found::new();
    for alarm in alarms {
        let of = found.entry(alarm.vulnerability.clone());
        of.or_insert_with(|| (Vec::new(), spots.to_vec())).0.push(alarm);
    }
    found
}

/// What is told of one vulnerability in one scope.
struct Told<'a> {
    summary: &'a str,
    severity: Severity,
    kev: bool,
    places: u64,
}

/// Raises a notice for each vulnerability and scope; what disable rules hide is left out.
fn tell(tx: &mut Tx<'_>, found: &Found, now: Micros) -> Result<(), StoreError> {
    if found.values().all(|(_, spots)| spots.is_empty()) {
        return Ok(());
    }
    let rules = Said::read(tx, now)?.rules;
    let mut by_scope: BTreeMap<&str, BTreeMap<&str, Told<'_>>> = BTreeMap::new();
    for (vulnerability, (alarms, spots)) in found {
        let counting = counting(&rules, alarms, spots, now);
        for (spot, counts) in spots.iter().zip(counting) {
            let Some(first) = counts.first() else { continue };
            let told = by_scope.entry(&spot.scope).or_default().entry(vulnerability).or_insert(Told {
                summary: &first.summary,
                severity: first.severity,
                kev: false,
                places: 0,
            });
            for alarm in counts {
                told.severity = told.severity.max(alarm.severity);
                told.kev |= alarm.kev;
            }
            told.places = told.places.saturating_add(spot.places);
        }
    }
    for (scope, told) in by_scope {
        if told.len() > MOST {
            many(tx, scope, &told, now)?;
            continue;
        }
        for (vulnerability, told) in told {
            one(tx, scope, vulnerability, &told, now)?;
        }
    }
    Ok(())
}

/// For each spot the alarms that no rule hides there.
fn counting<'a>(
    rules: &[DisableRule],
    alarms: &'a [Alarm],
    spots: &[Spot],
    now: Micros,
) -> Vec<Vec<&'a Alarm>> {
    let aliases: Vec<Vec<String>> =
        alarms.iter().map(|alarm| serde_json::from_str(&alarm.aliases).unwrap_or_default()).collect();
    let facts: Vec<FindingFacts<'_>> =
        alarms.iter().zip(&aliases).map(|(alarm, aliases)| fact(alarm, aliases)).collect();
    let disabler = Disabler::new(rules, &facts, Time(now.0));
    let all: Vec<u32> = (0..).take(alarms.len()).collect();
    let counts = |spot: &Spot| {
        let Ok(own) = scope(&spot.scope) else { return alarms.iter().collect() };
        let os = spot.distro.as_deref().map(|id| (id, spot.distro_version.as_deref().unwrap_or_default()));
        let hidden = disabler.hidden(&ImageKey { scope: &own, digests: &spot.digests, os }, &all);
        let hidden: BTreeSet<u32> = hidden.iter().map(|hidden| hidden.finding).collect();
        let counting = (0..).zip(alarms).filter(|(index, _)| !hidden.contains(index));
        counting.map(|(_, alarm)| alarm).collect()
    };
    spots.iter().map(counts).collect()
}

fn fact<'a>(alarm: &'a Alarm, aliases: &'a [String]) -> FindingFacts<'a> {
    FindingFacts {
        id: &alarm.vulnerability,
        vulnerability: &alarm.vulnerability,
        aliases,
        title: &alarm.summary,
        package: &alarm.package,
        source_package: Some(alarm.source.as_str()).filter(|source| !source.is_empty()),
        category: facts::category(&alarm.kind),
        severity: alarm.severity,
        class: facts::class(&alarm.class),
        exploited: alarm.kev,
        cvss: facts::cvss(&alarm.detail),
        fix: facts::fix_state(&alarm.fix_status),
    }
}

fn one(
    tx: &mut Tx<'_>,
    scope: &str,
    vulnerability: &str,
    told: &Told<'_>,
    now: Micros,
) -> Result<(), StoreError> {
    let id = crate::problem::line(vulnerability);
    let why = if told.kev { "known to be exploited" } else { told.severity.as_str() };
    let summary = match crate::problem::line(told.summary).trim_end_matches('.') {
        "" => String::new(),
        summary => format!("{summary}. "),
    };
    let notice = NewNotice {
        key: &format!("{FOUND}/{vulnerability}/{scope}"),
        kind: FOUND,
        scope,
        severity: told.severity,
        title: &format!("{id} was found: {why}"),
        detail: &format!("{summary}New in {} in {}.", images(told.places), named(scope)),
        link: &format!("/cve/{}", url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>()),
        count: told.places,
    };
    raise(tx, &notice, now)
}

fn many(
    tx: &mut Tx<'_>,
    scope: &str,
    told: &BTreeMap<&str, Told<'_>>,
    now: Micros,
) -> Result<(), StoreError> {
    let exploited = told.values().filter(|told| told.kev).count();
    let worst = told.values().map(|told| told.severity).max().unwrap_or_default();
    let notice = NewNotice {
        key: &format!("{FOUND}/*/{scope}"),
        kind: FOUND,
        scope,
        severity: worst,
        title: "Many dangerous vulnerabilities were found",
        detail: &format!(
            "{} vulnerabilities, {exploited} of them known to be exploited, are new in {}.",
            told.len(),
            named(scope)
        ),
        link: if exploited > 0 { "/cve?kev=true" } else { "/cve?severity=critical" },
        count: told.len() as u64,
    };
    raise(tx, &notice, now)
}

fn images(count: u64) -> String {
    if count == 1 { "one image".to_owned() } else { format!("{count} images") }
}
