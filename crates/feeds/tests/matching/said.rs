//! What the feeds say, straight from their JSON.

use std::{
    collections::{BTreeMap, HashSet},
    sync::OnceLock,
};

use serde_json::Value;

use crate::real::{list, records, text, texts};

/// The folders of the OSV layout.
pub(crate) const FEEDS: [&str; 11] = [
    "AlmaLinux",
    "Alpine",
    "Debian",
    "Go",
    "Maven",
    "NuGet",
    "Packagist",
    "PyPI",
    "RubyGems",
    "crates.io",
    "npm",
];

/// Reasons for which something was not compared, with how often.
pub(crate) type Skipped = BTreeMap<&'static str, usize>;

/// One event: its kind and its version.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}

/// What one record says about one name.
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) withdrawn: bool,
    /// Every CVE of it was rejected: no finding may bear it.
    pub(crate) rejected: bool,
    pub(crate) entries: Vec<Entry>,
    /// Module streams that an AlmaLinux advisory names; `None`: it is not about modular builds.
    pub(crate) streams: Option<Vec<String>>,
}

/// One of a record's entries about a name.
pub(crate) struct Entry {
    pub(crate) ranges: Vec<Vec<(Kind, String)>>,
    pub(crate) versions: Vec<String>,
}

impl Said {
    /// Every version of its ranges.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = &String> {
        self.entries.iter().flat_map(|entry| &entry.ranges).flatten().map(|(_, version)| version)
    }

    /// Every version that it lists.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &String> {
        self.entries.iter().flat_map(|entry| &entry.versions)
    }
}

/// All that is said about one (release, name).
pub(crate) type Names = BTreeMap<(String, String), Vec<Said>>;

pub(crate) fn rejected() -> HashSet<String> {
    let rejected = records("CVE").into_iter().map(|record| record["cveMetadata"].clone());
    let rejected = rejected.filter(|metadata| text(metadata, "state") == "REJECTED");
    rejected.map(|metadata| text(&metadata, "cveId").to_owned()).collect()
}

/// PEP 503 for Python; NuGet and Packagist do not tell case apart.
pub(crate) fn normal(ecosystem: &str, name: &str) -> String {
    match ecosystem {
        "PyPI" => {
            let parts: Vec<&str> = name
                .split(['-', '_', '.'])
                .enumerate()
                .filter(|(at, part)| *at == 0 || !part.is_empty())
                .map(|(_, part)| part)
                .collect();
            parts.join("-").to_lowercase()
        }
        "NuGet" | "Packagist" => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

/// What all feeds say, by ecosystem, and what of it cannot be tried.
pub(crate) fn said() -> &'static BTreeMap<String, (Names, Skipped)> {
    static SAID: OnceLock<BTreeMap<String, (Names, Skipped)>> = OnceLock::new();
    SAID.get_or_init(|| {
        let rejected = rejected();
        let mut said = BTreeMap::new();
        for record in FEEDS.iter().flat_map(|feed| records(feed)) {
            hear(&record, all_rejected(&record, &rejected), &mut said);
        }
        said
    })
}

pub(crate) fn hear(record: &Value, rejected: bool, all: &mut BTreeMap<String, (Names, Skipped)>) {
    let mut own: BTreeMap<(&str, (String, String)), Vec<&Value>> = BTreeMap::new();
    for affected in list(record, "affected") {
        let of = text(&affected["package"], "ecosystem");
        let (world, release) = of.split_once(':').unwrap_or((of, ""));
        let name = normal(world, text(&affected["package"], "name"));
        own.entry((world, (release.to_owned(), name))).or_default().push(affected);
    }
    for ((world, name), affected) in own {
        let (names, skipped) = all.entry(world.to_owned()).or_default();
        let mut said = Said {
            id: text(record, "id").to_owned(),
            withdrawn: record.get("withdrawn").is_some(),
            rejected,
            entries: affected.into_iter().map(|affected| read(affected, skipped)).collect(),
            streams: None,
        };
        if world == "AlmaLinux" && said.bounds().any(|version| version.contains(".module")) {
            said.streams = Some(streams(text(record, "summary")));
        }
        if said.withdrawn {
            *skipped.entry("withdrawn: must never be found").or_default() += 1;
        }
        // One id can come from two feeds (npm.zip and RubyGems.zip, NuGet.zip): the union of what they say.
        let known: &mut Vec<Said> = names.entry(name).or_default();
        match known.iter_mut().find(|known| known.id == said.id) {
            Some(known) => known.entries.extend(said.entries),
            None => known.push(said),
        }
    }
}

pub(crate) fn all_rejected(record: &Value, rejected: &HashSet<String>) -> bool {
    let id = text(record, "id");
    let named = ["aliases", "upstream", "related"].into_iter().flat_map(|field| texts(record, field));
    let own = id.find("CVE-").map(|at| &id[at..]);
    let cves: Vec<&str> = named.filter(|id| id.starts_with("CVE-")).chain(own).collect();
    !cves.is_empty() && cves.into_iter().all(|cve| rejected.contains(cve))
}

/// `Moderate: idm:DL1 and idm:client security update` → both.
pub(crate) fn streams(summary: &str) -> Vec<String> {
    let rating = ["Critical: ", "Important: ", "Moderate: ", "Low: "];
    let summary = rating.iter().find_map(|word| summary.strip_prefix(word)).unwrap_or(summary);
    let is_stream = |word: &&str| matches!(word.split(':').collect::<Vec<_>>().as_slice(), [name, stream] if !name.is_empty() && !stream.is_empty());
    // `httpd:2.4/mod_http2` is a part of the stream.
    let stream = |word: &str| word.split('/').next().unwrap_or_default().to_owned();
    summary.split(' ').filter(is_stream).map(stream).collect()
}

pub(crate) fn read(affected: &Value, skipped: &mut Skipped) -> Entry {
    let ranges = list(affected, "ranges");
    let judging: Vec<&Value> = ranges.iter().filter(|range| text(range, "type") != "GIT").collect();
    if ranges.len() > judging.len() {
        *skipped.entry("GIT range: never judges a version").or_default() += ranges.len() - judging.len();
    }
    // Go: a range of all versions stands for "see custom_ranges".
    let zero = |range: &&Value| list(range, "events").iter().all(|event| text(event, "introduced") == "0");
    let custom = list(&affected["ecosystem_specific"], "custom_ranges");
    let judging =
        if !custom.is_empty() && judging.iter().all(zero) { custom.iter().collect() } else { judging };
    let mut entry = Entry { ranges: Vec::new(), versions: Vec::new() };
    for range in judging {
        let events = list(range, "events").iter().map(|event| {
            let kinds = [
                ("introduced", Kind::Introduced),
                ("fixed", Kind::Fixed),
                ("last_affected", Kind::LastAffected),
                ("limit", Kind::Limit),
            ];
            let (field, kind) = kinds.into_iter().find(|(field, _)| event.get(field).is_some()).unwrap();
            (kind, text(event, field).to_owned())
        });
        entry.ranges.push(events.collect());
    }
    let versions = texts(affected, "versions");
    if versions.is_empty() && ranges.is_empty() {
        *skipped.entry("neither range nor version: nothing to try").or_default() += 1;
    }
    entry.versions.extend(versions.into_iter().map(str::to_owned));
    entry
}
