//! apt's own judgement: what Debian's security archive offers above a version that is installed here, or that the main
//! archive has, must be found where the feed knows of it, and be gone with what is offered.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use package::{PackageType, VersionOrder};

use crate::{
    oracle,
    real::{assess, image, list, os, records, text},
};

/// A package now, and as it is offered: source, its version, the package's own.
struct Offer {
    kind: String,
    name: String,
    now: [String; 3],
    offered: [String; 3],
}

fn offers() -> Vec<Offer> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/apt_offers.py");
    let output = Command::new("/usr/bin/python3").arg(script).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "apt does not tell what it offers (python3-apt, `scripts/setup test`)\n{error}"
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let offer = |line: &str| {
        let [kind, name, a, b, c, d, e, f] =
            line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
        Offer { kind, name, now: [a, b, c], offered: [d, e, f] }
    };
    lines.lines().map(offer).collect()
}

/// The feed's fixes, by source: the record and its version.
fn fixes() -> BTreeMap<String, Vec<(String, String)>> {
    let mut fixes: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for record in records("Debian") {
        for affected in list(&record, "affected") {
            let events = list(affected, "ranges").iter().flat_map(|range| list(range, "events"));
            let fixed = events.map(|event| text(event, "fixed")).filter(|version| !version.is_empty());
            let name = text(&affected["package"], "name").to_owned();
            let own = fixed.map(|version| (text(&record, "id").to_owned(), version.to_owned()));
            fixes.entry(name).or_default().extend(own);
        }
    }
    fixes
}

#[test]
fn what_apt_offers_for_security_is_found() {
    let (offers, fixes) = (offers(), fixes());
    // (offer, record): the fix lies above what is there, and not above what is offered. apt itself compares.
    let mut pairs = Vec::new();
    let mut of = Vec::new();
    for (at, offer) in offers.iter().enumerate() {
        for (id, fixed) in fixes.get(&offer.now[0]).into_iter().flatten() {
            pairs.push((offer.now[1].clone(), fixed.clone()));
            pairs.push((offer.offered[1].clone(), fixed.clone()));
            of.push((at, id));
        }
    }
    let answers = oracle::ask(VersionOrder::Dpkg, &pairs).unwrap();
    let mut expected: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for ((at, id), answers) in of.into_iter().zip(answers.chunks(2)) {
        if answers[0] == Some(Ordering::Less) && answers[1] != Some(Ordering::Less) {
            expected.entry(at).or_default().insert(id);
        }
    }
    let found = |version: fn(&Offer) -> &[String; 3]| -> Vec<BTreeSet<String>> {
        let packages = offers.iter().map(|offer| {
            let [source, built, own] = version(offer);
            os(PackageType::Deb, (&offer.name, own), (source, built))
        });
        let mut found = vec![BTreeSet::new(); offers.len()];
        for one in assess(&image("debian", "12", packages.collect())).matches {
            found[one.package.0 as usize].extend(one.records.into_iter().map(|record| record.id));
        }
        found
    };
    let (before, after) = (found(|offer| &offer.now), found(|offer| &offer.offered));
    let mut compared: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, ids) in &expected {
        let offer = &offers[*at];
        for id in ids {
            assert!(before[*at].contains(*id), "{} {}: {id} is not found", offer.name, offer.now[2]);
            assert!(!after[*at].contains(*id), "{} {}: {id} is still found", offer.name, offer.offered[2]);
        }
        let count = compared.entry(&offer.kind).or_default();
        *count = (count.0 + 1, count.1 + ids.len());
    }
    for (kind, (packages, pairs)) in &compared {
        let all = offers.iter().filter(|offer| offer.kind == *kind).count();
        println!(
            "{kind}: {packages} of {all} packages that apt offers stand in the feed; {pairs} pairs all found"
        );
    }
    // The archive's own lists are always there; what is installed may be up to date.
    assert!(
        compared.get("archive").is_some_and(|(packages, _)| *packages > 0),
        "nothing was compared: {compared:?}"
    );
}
