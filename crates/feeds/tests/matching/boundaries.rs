//! Every record of every feed at each boundary of its ranges: a version just below, the boundary itself, one just above;
//! and every version that is listed.
//!
//! What must be found is worked out here, from the JSON alone: the native tool confirms the order of all versions of a
//! name, and OSV's algorithm for events is walked over their places in it. The answer for each probe must be that set
//! of records exactly, with the fix of the branch in which the probe lies.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use model::FixStatus;
use package::{Detail, Ecosystem, Package, VersionOrder};

use crate::{
    expected::{Asked, Places, Probe},
    neighbours::{above, below},
    oracle,
    real::{assess, database, image, os},
    said::{Names, Said, Skipped, said},
};

/// What was tried and compared.
#[derive(Default)]
struct Tally {
    names: usize,
    records: usize,
    probes: usize,
    hits: usize,
    pairs: usize,
    confirmed: usize,
}

/// Tries all of an ecosystem. `skipped` is what may be left out, by reason, at most.
fn hold(osv: &str, os_release: &dyn Fn(&str) -> (&'static str, String), bounds: &[(&'static str, usize)]) {
    let _ = database();
    let (ecosystem, _) = Ecosystem::from_osv(osv).unwrap();
    let order = ecosystem.row().order;
    let (names, skipped) = &said()[osv];
    let start = Instant::now();
    let mut skipped = skipped.clone();
    let probes: Vec<BTreeSet<Probe>> = names.values().map(|said| probes(said, order, &mut skipped)).collect();
    let mut tally = Tally { names: names.len(), ..Tally::default() };
    let places = places(names, &probes, order, &mut tally, &mut skipped);
    let mut wrong = Vec::new();
    for (((name, said), probes), places) in names.iter().zip(&probes).zip(&places) {
        tally.records += said.len();
        let said: Vec<Asked<'_>> =
            said.iter().map(|said| Asked::new(osv == "AlmaLinux", said, places)).collect();
        // So many findings at once fit into memory, even a kernel's.
        for some in probes.iter().collect::<Vec<_>>().chunks((100_000 / said.len()).max(1)) {
            compare(ecosystem, os_release(&name.0), &name.1, &said, some, places, &mut tally, &mut wrong);
        }
    }
    println!(
        "{osv}: {} records about {} names, {} versions tried, {} findings; {} answers compared; {} of the order confirmed by \
         its tool, in {:.1} s",
        tally.records,
        tally.names,
        tally.probes,
        tally.hits,
        tally.pairs,
        tally.confirmed,
        start.elapsed().as_secs_f64()
    );
    println!("{osv}: left out: {skipped:?}");
    assert!(
        wrong.is_empty(),
        "{} of {} answers about {osv} are wrong:\n{}",
        wrong.len(),
        tally.pairs,
        wrong.iter().take(30).map(String::as_str).collect::<Vec<_>>().join("\n")
    );
    assert!(tally.hits > tally.names && tally.probes > 2 * tally.names, "too little was tried");
    for (reason, count) in skipped {
        let most = bounds.iter().find(|(known, _)| *known == reason).map_or(0, |(_, most)| *most);
        assert!(
            count <= most,
            "{osv}: {count} left out for the reason \"{reason}\", at most {most} are known"
        );
    }
}

/// The versions to try: around every event, and those listed.
fn probes(said: &[Said], order: VersionOrder, skipped: &mut Skipped) -> BTreeSet<Probe> {
    let mut probes = BTreeSet::new();
    for said in said {
        let labels: Vec<Option<String>> = match &said.streams {
            None => vec![None],
            Some(streams) => streams.iter().cloned().map(Some).collect(),
        };
        if labels.is_empty() {
            *skipped.entry("modular, and no stream is named").or_default() += 1;
        }
        for version in said.listed().chain(said.bounds()) {
            for label in &labels {
                probes.insert((version.clone(), label.clone()));
            }
        }
        for version in said.bounds().filter(|version| *version != "0") {
            for near in [below(order, version), above(order, version)] {
                match near {
                    Some(near) => probes.extend(labels.iter().map(|label| (near.clone(), label.clone()))),
                    None => *skipped.entry("no version next to it").or_default() += 1,
                }
            }
        }
    }
    probes.retain(|(version, _)| !version.is_empty() && version != "0");
    probes
}

/// Sorts the versions of each name, and has the native tool confirm each step of it: an order is right when all of its
/// steps are.
fn places(
    names: &Names,
    probes: &[BTreeSet<Probe>],
    order: VersionOrder,
    tally: &mut Tally,
    skipped: &mut Skipped,
) -> Vec<Places> {
    let mut pairs = Vec::new();
    let mut all = Vec::new();
    for (said, probes) in names.values().zip(probes) {
        let own = said.iter().flat_map(|said| said.listed().chain(said.bounds()));
        let texts: BTreeSet<&String> =
            own.filter(|version| *version != "0").chain(probes.iter().map(|(version, _)| version)).collect();
        let mut sorted: Vec<package::Version> = Vec::with_capacity(texts.len());
        for text in texts {
            match order.parse(text) {
                Ok(version) => sorted.push(version),
                Err(_) => *skipped.entry("no version of the order").or_default() += 1,
            }
        }
        sorted.sort_by(package::Version::compare);
        let mut places = HashMap::with_capacity(sorted.len());
        // Even places for versions, odd ones for the room between; 0 is before all.
        let mut place = 2;
        for (at, version) in sorted.iter().enumerate() {
            if let Some(before) = at.checked_sub(1).and_then(|before| sorted.get(before)) {
                let step = before.compare(version);
                place += 2 * usize::from(step.is_lt());
                pairs.push(((before.text().to_owned(), version.text().to_owned()), step));
            }
            places.insert(version.text().to_owned(), place);
        }
        all.push(places);
    }
    let asked: Vec<oracle::Pair> = pairs.iter().map(|(pair, _)| pair.clone()).collect();
    match oracle::ask(order, &asked) {
        None => *skipped.entry("the order has no tool on Debian").or_default() += asked.len(),
        Some(answers) => {
            for (((a, b), step), answer) in pairs.into_iter().zip(answers) {
                match answer {
                    None => *skipped.entry("the tool refuses a version").or_default() += 1,
                    Some(answer) => {
                        assert_eq!(step, answer, "{order:?}: {a} and {b}");
                        tally.confirmed += 1;
                    }
                }
            }
        }
    }
    all
}

#[expect(clippy::too_many_arguments, reason = "one loop's body")]
fn compare(
    ecosystem: Ecosystem,
    (id, release): (&str, String),
    name: &str,
    said: &[Asked<'_>],
    probes: &[&Probe],
    places: &Places,
    tally: &mut Tally,
    wrong: &mut Vec<String>,
) {
    let kind = ecosystem.row().package_type;
    let packages = probes.iter().map(|(version, label)| match kind.is_os() {
        true => Package {
            detail: match kind {
                package::PackageType::Rpm => Detail::Rpm {
                    modularity: label.as_ref().map(|stream| format!("{stream}:8000020200101:abcdef01")),
                    vendor: None,
                },
                _ => Detail::None,
            },
            ..os(kind, (name, version), (name, version))
        },
        false => Package::new(kind, name, version.as_str()),
    });
    let catalogue = image(id, &release, packages.collect());
    let found = assess(&catalogue);
    let mut answers: Vec<BTreeMap<&str, BTreeSet<Option<usize>>>> = vec![BTreeMap::new(); probes.len()];
    for found in &found.matches {
        for record in &found.records {
            let fix = match &record.fix {
                FixStatus::Fixed { version } => Some(places[version]),
                _ => None,
            };
            answers[found.package.0 as usize].entry(&record.id).or_default().insert(fix);
        }
    }
    for (probe, mut found) in probes.iter().zip(answers) {
        tally.probes += 1;
        tally.hits += found.len();
        for asked in said {
            tally.pairs += 1;
            let expected = asked.evaluate(probe, places);
            let found = found.remove(asked.said.id.as_str()).unwrap_or_default();
            if expected != found {
                let fixes = [&found, &expected].map(|fixes| {
                    let text = |fix: &Option<usize>| places.iter().find(|(_, at)| Some(**at) == *fix);
                    fixes.iter().map(|fix| text(fix).map_or("none", |(text, _)| text)).collect::<Vec<_>>()
                });
                let [found, expected] = fixes;
                wrong.push(format!(
                    "{name} {probe:?} and {}: found with fixes {found:?}, expected {expected:?}",
                    asked.said.id
                ));
            }
        }
        wrong.extend(found.keys().map(|id| format!("{name} {probe:?}: {id} says nothing about it")));
    }
}

fn language(_: &str) -> (&'static str, String) {
    ("", String::new())
}

// What may be left out, and how often at most: the numbers of these feeds. A higher one means that records are no longer
// compared.

#[test]
fn debian() {
    let _ = (database(), said());
    let before = computed();
    hold("Debian", &|release| ("debian", release.to_owned()), &[]);
    let seconds = computed() - before;
    println!("Debian: {seconds} s of one core");
    assert!(seconds < 30, "thousands of cases took {seconds} s of one core, 30 are allowed");
}

/// Seconds that this thread has computed: the clock on the wall would tell of other tests.
fn computed() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    // After the name in parentheses; user and system time are fields 14 and 15, in hundredths (proc(5), USER_HZ).
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    ticks / 100
}

#[test]
fn almalinux() {
    hold(
        "AlmaLinux",
        &|release| ("almalinux", release.to_owned()),
        &[("modular, and no stream is named", 150)],
    );
}

#[test]
fn alpine() {
    hold(
        "Alpine",
        &|release| ("alpine", format!("{}.0", release.trim_start_matches('v'))),
        &[("the order has no tool on Debian", 911)],
    );
}

#[test]
fn go() {
    hold(
        "Go",
        &language,
        // `1.26.0-0` is the lowest there is; `edge-24.6.2` and `RELEASE.2025-…` stand in custom_ranges.
        &[
            ("withdrawn: must never be found", 19),
            ("no version next to it", 226),
            ("no version of the order", 9),
        ],
    );
}

#[test]
fn crates() {
    // RustSec writes `0.0.0-0` for the beginning.
    hold("crates.io", &language, &[("withdrawn: must never be found", 13), ("no version next to it", 1122)]);
}

#[test]
fn pypi() {
    hold(
        "PyPI",
        &language,
        &[
            ("GIT range: never judges a version", 1384),
            ("neither range nor version: nothing to try", 1),
            ("no version next to it", 6),
            // Listed, and found word by word: `2004d`, `0.1-dev-r1716`.
            ("no version of the order", 77),
            ("withdrawn: must never be found", 10),
        ],
    );
}

#[test]
fn rubygems() {
    hold("RubyGems", &language, &[]);
}

#[test]
fn npm() {
    hold("npm", &language, &[]);
}

#[test]
fn maven() {
    hold("Maven", &language, &[]);
}

#[test]
fn nuget() {
    hold("NuGet", &language, &[("the order has no tool on Debian", 37)]);
}

#[test]
fn packagist() {
    hold("Packagist", &language, &[]);
}
