//! What disable rules and exemptions hide: it is taken out of what counts, and kept beside it, for what is hidden is not
//! repaired.

use std::collections::{BTreeMap, HashMap};

use model::Class;
use posture::{Disabler, FindingFacts, ImageKey, Time};
use store::Micros;

use super::{
    facts,
    fleet::{Carried, Finding, Fleet, Group, number},
    load::{Content, Rest},
};
use crate::assess::{Said, load::scope};

/// Places that rules and exemptions look at alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    scope: u32,
    os: Option<(String, String)>,
    /// Manifest and configuration, where a rule asks for digests.
    digests: Vec<String>,
    /// Exempt from the control of vulnerabilities, from that of malware.
    exempt: (bool, bool),
}

/// Splits what is carried into what counts and what is hidden.
pub(super) fn hide(
    fleet: &mut Fleet,
    contents: &BTreeMap<i64, Content>,
    rest: &Rest,
    said: &Said,
    now: Micros,
) {
    let by_number: Vec<&Content> = contents.values().collect();
    let classes = classes(fleet, &by_number, rest, said, now);
    let aliases: Vec<Vec<String>> =
        rest.told.iter().map(|told| serde_json::from_str(&told.1).unwrap_or_default()).collect();
    let hidden = hidden(fleet, rest, said, &classes, &aliases, now);
    let is_hidden = |class: u32, finding: u32| {
        hidden.get(class as usize).and_then(|of| of.get(finding as usize)).copied().unwrap_or_default()
    };
    let any: Vec<bool> =
        (0..fleet.findings.len()).map(|at| hidden.iter().any(|of| of.get(at) == Some(&true))).collect();
    let mut splits: HashMap<(u32, Vec<u32>), u32> = HashMap::new();
    let mut subsets: HashMap<Vec<u32>, (u32, u32)> = HashMap::new();
    let all = std::mem::take(&mut fleet.carried);
    for carried in all {
        let findings: Vec<u32> = (carried.findings.0..carried.findings.1).collect();
        if !findings.iter().any(|finding| any.get(*finding as usize) == Some(&true)) {
            fleet.carried.push(carried);
            continue;
        }
        let Some(group) = fleet.groups.get(carried.group as usize).copied() else { continue };
        let images = super::fleet::part(&fleet.arena, group.images).to_vec();
        let mut by_pattern: BTreeMap<Vec<bool>, Vec<u32>> = BTreeMap::new();
        let mut patterns: HashMap<u32, Vec<bool>> = HashMap::new();
        for image in images {
            let class = classes.of.get(image as usize).copied().unwrap_or_default();
            let pattern = patterns
                .entry(class)
                .or_insert_with(|| findings.iter().map(|finding| is_hidden(class, *finding)).collect());
            by_pattern.entry(pattern.clone()).or_default().push(image);
        }
        for (pattern, images) in by_pattern {
            let part = *splits.entry((carried.group, images.clone())).or_insert_with(|| {
                let from = number(fleet.arena.len());
                fleet.arena.extend(&images);
                fleet.groups.push(Group { base: group.base, images: (from, number(fleet.arena.len())) });
                number(fleet.groups.len() - 1)
            });
            for hidden in [false, true] {
                let chosen: Vec<u32> = findings
                    .iter()
                    .zip(&pattern)
                    .filter(|(_, is)| **is == hidden)
                    .map(|(at, _)| *at)
                    .collect();
                if chosen.is_empty() {
                    continue;
                }
                let range = *subsets.entry(chosen.clone()).or_insert_with(|| {
                    let from = number(fleet.findings.len());
                    let copies: Vec<Finding> =
                        chosen.iter().filter_map(|at| fleet.findings.get(*at as usize).copied()).collect();
                    fleet.findings.extend(copies);
                    (from, number(fleet.findings.len()))
                });
                let to = if hidden { &mut fleet.hidden } else { &mut fleet.carried };
                to.push(Carried { group: part, findings: range, ..carried });
            }
        }
    }
}

/// The classes, and that of each place.
struct Classes {
    all: Vec<Alike>,
    of: Vec<u32>,
}

fn classes(fleet: &Fleet, contents: &[&Content], rest: &Rest, said: &Said, now: Micros) -> Classes {
    let by_digest = said.rules.iter().any(|rule| !rule.criteria.images.is_empty());
    let mut known: BTreeMap<Alike, u32> = BTreeMap::new();
    let mut classes = Classes { all: Vec::new(), of: Vec::with_capacity(fleet.places.len()) };
    for (index, place) in fleet.places.iter().enumerate() {
        let row = rest.content_of.get(index).and_then(|at| contents.get(*at as usize)).map(|it| &it.row);
        let asset = rest.asset_ids.get(index).map_or("", String::as_str);
        let own = scope(fleet.texts.get(place.scope));
        let exempt = |control: &str| {
            let Ok(own) = &own else { return false };
            said.exemptions
                .iter()
                .any(|it| it.control == control && it.is_active(Time(now.0)) && it.reaches(asset, own))
        };
        let digests = match (by_digest, row) {
            (true, Some(row)) => {
                let manifest = rest.manifests.get(index).cloned().unwrap_or_default();
                vec![manifest, row.config_digest.clone()]
            }
            _ => Vec::new(),
        };
        let os =
            row.and_then(|row| Some((row.distro.clone()?, row.distro_version.clone().unwrap_or_default())));
        let exempt = (exempt("image.vulnerabilities"), exempt("image.malware"));
        let class = Alike { scope: place.scope, os, digests, exempt };
        let next = number(classes.all.len());
        let at = *known.entry(class.clone()).or_insert(next);
        if at == next {
            classes.all.push(class);
        }
        classes.of.push(at);
    }
    classes
}

/// For each class, whether each finding is hidden there.
fn hidden(
    fleet: &Fleet,
    rest: &Rest,
    said: &Said,
    classes: &Classes,
    aliases: &[Vec<String>],
    now: Micros,
) -> Vec<Vec<bool>> {
    let mut facts: Vec<FindingFacts<'_>> = Vec::with_capacity(fleet.findings.len());
    let mut cvss: HashMap<u32, Option<f64>> = HashMap::new();
    for subject in &fleet.subjects {
        for at in subject.findings.0..subject.findings.1 {
            let Some(finding) = fleet.findings.get(at as usize) else { continue };
            let told = rest.told.get(finding.vulnerability as usize);
            let vulnerability = fleet.vulnerabilities.get(finding.vulnerability as usize);
            let name = vulnerability.map_or("", |it| fleet.texts.get(it.name));
            let score = *cvss
                .entry(finding.vulnerability)
                .or_insert_with(|| told.and_then(|told| facts::cvss(&told.2)));
            // Findings of a subject stand together, in the order of subjects: the place is the index.
            debug_assert_eq!(facts.len(), at as usize);
            facts.push(FindingFacts {
                id: name,
                vulnerability: name,
                aliases: aliases.get(finding.vulnerability as usize).map_or(&[], Vec::as_slice),
                title: told.map_or("", |told| told.0.as_str()),
                package: fleet.texts.get(subject.package),
                source_package: fleet.texts.find(subject.source),
                category: facts::category(subject.part_kind.as_str()),
                severity: finding.severity,
                class: finding.class,
                exploited: finding.kev,
                cvss: score,
                fix: facts::fix_state(rest.fix_status.get(at as usize).copied().unwrap_or_default()),
            });
        }
    }
    let disabler = Disabler::new(&said.rules, &facts, Time(now.0));
    let all: Vec<u32> = (0..number(facts.len())).collect();
    let of_class = |class: &Alike| {
        let mut hidden: Vec<bool> = fleet
            .findings
            .iter()
            .map(|finding| if finding.class == Class::Malware { class.exempt.1 } else { class.exempt.0 })
            .collect();
        let Ok(own) = scope(fleet.texts.get(class.scope)) else { return hidden };
        let os = class.os.as_ref().map(|(id, version)| (id.as_str(), version.as_str()));
        for found in disabler.hidden(&ImageKey { scope: &own, digests: &class.digests, os }, &all) {
            if let Some(is) = hidden.get_mut(found.finding as usize) {
                *is = true;
            }
        }
        hidden
    };
    classes.all.iter().map(of_class).collect()
}
