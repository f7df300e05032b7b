//! What is said about one name: its versions in order, then the statements with places in that order instead of texts.
//! An installed version is compared with the list once, by bisection, and then with every statement by number.

use std::cmp::Ordering;

use package::{Ecosystem, Version};

use crate::{
    Class, End, Range, Statement, Status,
    codec::Out,
    precedence::Tier,
    rpm,
    statement::{BAD_END, FLAG_BUILD_TAG, FLAG_BUILDS, FLAG_MODULE, FLAG_WITHDRAWN},
    wire,
};

/// A statement with what is needed of its record.
pub(super) struct Said {
    pub(super) record: u32,
    pub(super) source: u32,
    pub(super) tier: Tier,
    pub(super) class: Class,
    pub(super) withdrawn: bool,
    pub(super) statement: Statement,
    /// Its ranges are builds for several platforms, the lowest first.
    pub(super) builds: bool,
}

/// Writes a group; gives the number of ranges that can never match.
pub(super) fn write(ecosystem: Ecosystem, key: &[u8], mut said: Vec<Said>, out: &mut Out) -> u64 {
    if super::is_rpm(ecosystem) {
        said = join_builds(ecosystem, said);
    }
    out.0.extend_from_slice(key);
    let versions = Versions::of(ecosystem, &said);
    versions.write(out);
    write_streams(&said, out);
    let mut unparsable = 0;
    let mut bodies: Vec<(u32, Vec<u8>)> = said
        .iter()
        .map(|said| {
            let mut body = Out::default();
            unparsable += write_body(said, &versions, &mut body);
            (said.record, body.0)
        })
        .collect();
    bodies.sort_unstable();
    out.size(bodies.len());
    for (_, body) in &bodies {
        out.bytes(body);
    }
    unparsable
}

/// All versions that statements name: those of the order sorted, then the texts that are none.
struct Versions<'a> {
    sorted: Vec<&'a str>,
    bad: Vec<&'a str>,
    place: std::collections::HashMap<&'a str, u32, foldhash::fast::FixedState>,
}

impl<'a> Versions<'a> {
    fn of(ecosystem: Ecosystem, said: &'a [Said]) -> Self {
        let mut texts: Vec<&str> = Vec::new();
        for said in said {
            for range in &said.statement.ranges {
                texts.extend(range.introduced.as_deref());
                texts.extend(bound(&range.end));
            }
            texts.extend(said.statement.versions.iter().map(String::as_str));
        }
        texts.sort_unstable();
        texts.dedup();
        let order = ecosystem.row().order;
        let mut parsed: Vec<(Version, &str)> = Vec::with_capacity(texts.len());
        let mut bad = Vec::new();
        for text in texts {
            match order.parse(text) {
                Ok(version) => parsed.push((version, text)),
                Err(_) => bad.push(text),
            }
        }
        parsed.sort_by(|a, b| a.0.compare(&b.0).then_with(|| a.1.cmp(b.1)));
        let sorted: Vec<&str> = parsed.into_iter().map(|(_, text)| text).collect();
        let place = (0u32..).zip(sorted.iter().chain(&bad)).map(|(at, text)| (*text, at)).collect();
        Self { sorted, bad, place }
    }

    /// Where `text` stands, and is it a version of the order.
    fn place(&self, text: &str) -> (u32, bool) {
        let at = self.place.get(text).copied().unwrap_or(u32::MAX);
        (at, (at as usize) < self.sorted.len())
    }

    fn write(&self, out: &mut Out) {
        out.size(self.sorted.len());
        out.size(self.bad.len());
        let mut end = 0u32;
        for text in self.sorted.iter().chain(&self.bad) {
            out.0.extend_from_slice(&end.to_le_bytes());
            end = end.saturating_add(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        out.0.extend_from_slice(&end.to_le_bytes());
        for text in self.sorted.iter().chain(&self.bad) {
            out.0.extend_from_slice(text.as_bytes());
        }
    }
}

fn bound(end: &End) -> Option<&str> {
    match end {
        End::Open => None,
        End::Fixed(version) | End::LastAffected(version) | End::Limit(version) => Some(version),
    }
}

/// Build tags that tell a module stream: a modular package without its label is known by them.
fn write_streams(said: &[Said], out: &mut Out) {
    let mut streams: Vec<(&str, &str)> = Vec::new();
    for said in said {
        let Some(module) = said.statement.module.as_deref() else { continue };
        for version in said.statement.ranges.iter().filter_map(|range| bound(&range.end)) {
            streams.extend(rpm::build_tag(version).map(|tag| (tag, module)));
        }
    }
    streams.sort_unstable();
    streams.dedup();
    out.list(&streams, |out, (tag, module)| {
        out.text(tag);
        out.text(module);
    });
}

fn write_body(said: &Said, versions: &Versions<'_>, out: &mut Out) -> u64 {
    let statement = &said.statement;
    let mut unparsable = 0;
    out.number(said.record.into());
    out.number(said.source.into());
    out.u8(said.tier as u8);
    out.u8(wire::class_code(statement.class.unwrap_or(said.class)));
    let mut flags = 0;
    if said.withdrawn {
        flags |= FLAG_WITHDRAWN;
    }
    if statement.module.is_some() {
        flags |= FLAG_MODULE;
    }
    if tagged(statement) {
        flags |= FLAG_BUILD_TAG;
    }
    if said.builds {
        flags |= FLAG_BUILDS;
    }
    out.u8(flags);
    let (status, reason) = wire::status_code(&statement.status);
    out.u8(status);
    out.u8(wire::severity_code(statement.severity));
    out.list(&statement.ranges, |out, range| {
        let introduced = range.introduced.as_deref().map(|version| versions.place(version));
        let end = bound(&range.end).map(|version| versions.place(version));
        let good = introduced.is_none_or(|(_, good)| good) && end.is_none_or(|(_, good)| good);
        if !good {
            unparsable += 1;
        }
        out.number(introduced.map_or(0, |(at, _)| u64::from(at) + 1));
        out.u8(match &range.end {
            _ if !good => BAD_END,
            End::Open => 0,
            End::Fixed(_) => 1,
            End::LastAffected(_) => 2,
            End::Limit(_) => 3,
        });
        out.number(end.map_or(0, |(at, _)| u64::from(at) + 1));
    });
    let mut listed: Vec<u32> = statement.versions.iter().map(|version| versions.place(version).0).collect();
    listed.sort_unstable();
    listed.dedup();
    out.list(&listed, |out, at| out.number((*at).into()));
    if let Some(module) = &statement.module {
        out.text(module);
    }
    out.text(reason);
    out.texts(&statement.platforms);
    out.list(&statement.imports, |out, import| {
        out.text(&import.path);
        out.texts(&import.platforms);
    });
    unparsable
}

fn tagged(statement: &Statement) -> bool {
    statement
        .ranges
        .iter()
        .filter_map(|range| bound(&range.end))
        .any(|version| rpm::build_tag(version).is_some())
}

/// One rpm advisory often lists several builds of a package, each with the fix: rebuilds for another minor release
/// (`16.el8` and `16.el8_5.13`), by the distribution itself (`.el8.alma`), or for another platform of the same module
/// stream. Read as a union of ranges they would call every build but the highest affected. A package is held against the
/// lowest build for its own platform, and where there is none against the lowest of all.
fn join_builds(ecosystem: Ecosystem, said: Vec<Said>) -> Vec<Said> {
    let order = ecosystem.row().order;
    let mut out: Vec<Said> = Vec::with_capacity(said.len());
    for next in said {
        if !is_fixed_builds(&next.statement) {
            out.push(next);
            continue;
        }
        let same = out.iter_mut().rev().find(|seen| {
            seen.record == next.record
                && is_fixed_builds(&seen.statement)
                && seen.statement.module == next.statement.module
                && tagged(&seen.statement) == tagged(&next.statement)
        });
        match same {
            Some(seen) => seen.statement.ranges.extend(next.statement.ranges),
            None => out.push(next),
        }
    }
    for said in &mut out {
        if !is_fixed_builds(&said.statement) {
            continue;
        }
        let ranges = said.statement.ranges.iter();
        let mut builds: Vec<(Version, Range)> =
            ranges.filter_map(|range| Some((order.parse(bound(&range.end)?).ok()?, range.clone()))).collect();
        if builds.is_empty() {
            continue;
        }
        builds.sort_by(|a, b| a.0.compare(&b.0).then_with(|| bound(&a.1.end).cmp(&bound(&b.1.end))));
        let mut platforms = Vec::new();
        builds.retain(|(version, _)| {
            let platform = rpm::platform(version.text()).map(str::to_owned);
            let first = !platforms.contains(&platform);
            if first {
                platforms.push(platform);
            }
            first
        });
        said.builds = builds.len() > 1;
        said.statement.ranges = builds.into_iter().map(|(_, range)| range).collect();
    }
    out
}

fn is_fixed_builds(statement: &Statement) -> bool {
    let from_beginning = |range: &Range| range.introduced.is_none() && matches!(range.end, End::Fixed(_));
    statement.status == Status::Affected
        && statement.versions.is_empty()
        && !statement.ranges.is_empty()
        && statement.ranges.iter().all(from_beginning)
}

/// Order of statements before a group is written: by record.
pub(super) fn by_record(a: &Said, b: &Said) -> Ordering {
    a.record.cmp(&b.record)
}
