//! What must be found: OSV's algorithm for events, over places in the native order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::said::{Entry, Kind, Said};

/// A version that is tried, of a module stream.
pub(crate) type Probe = (String, Option<String>);

/// The part of a build that names the platform it was made for: `el8_6`, `module_el8.6.0`.
pub(crate) fn platform(build: &str) -> &str {
    let module = build.find("module_el").or_else(|| build.find("module+el"));
    if let Some(at) = module {
        let end = build[at + 7..].find('+').map_or(build.len(), |len| at + 7 + len);
        return &build[at..end];
    }
    let Some(at) = build.rfind(".el") else { return "" };
    let rest = &build[at + 3..];
    let len = rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
    &build[at..at + 3 + len]
}

/// Places of versions in the native order; equal ones share a place. Even: after a version comes the room between it and
/// the next, at an odd place.
pub(crate) type Places = HashMap<String, usize>;

/// An entry with places instead of versions.
pub(crate) struct Resolved<'s> {
    pub(crate) versions: &'s [String],
    /// Place, then what changes there: begins, ends.
    pub(crate) ranges: Vec<BTreeMap<usize, (bool, bool)>>,
    /// Where fixes stand.
    fixes: HashSet<usize>,
    listed: HashSet<usize>,
}

impl<'s> Resolved<'s> {
    pub(crate) fn new(entry: &'s Entry, places: &Places) -> Self {
        let fixed = entry.ranges.iter().flatten().filter(|(kind, _)| *kind == Kind::Fixed);
        Self {
            versions: &entry.versions,
            ranges: entry.ranges.iter().filter_map(|range| changes(range, places)).collect(),
            fixes: fixed.filter_map(|(_, version)| places.get(version).copied()).collect(),
            listed: entry.versions.iter().filter_map(|version| places.get(version).copied()).collect(),
        }
    }

    /// OSV's algorithm: the events up to the version decide. Where one range ends and the next begins at the same
    /// version the flaw goes on; what begins and ends there is empty.
    fn in_range(&self, place: usize) -> bool {
        self.ranges.iter().any(|range| {
            range.range(..=place).fold(false, |open, (_, change)| match change {
                (true, true) => open,
                (begins, _) => *begins,
            })
        })
    }

    /// Does it hold for a version, and what is the fix: the next version, from this one on, that lies in no range. Who is
    /// only listed has the next fix above.
    pub(crate) fn evaluate(&self, version: &str, places: &Places) -> Option<Option<usize>> {
        let Some(place) = places.get(version).copied() else {
            // No version of the order: it can be listed, word by word.
            return self.versions.iter().any(|listed| listed == version).then_some(None);
        };
        let ends = self.ranges.iter().flat_map(|range| range.keys());
        let mut ends = ends.copied().filter(|at| *at > place && !self.in_range(*at)).collect::<BTreeSet<_>>();
        if !self.in_range(place) {
            if !self.listed.contains(&place) {
                return None;
            }
            ends.retain(|at| self.fixes.contains(at) && self.in_range(at - 1));
        }
        Some(ends.first().copied().filter(|at| self.fixes.contains(at)))
    }
}

/// Where a range begins and ends. With a bound that is no version it tells nothing.
pub(crate) fn changes(range: &[(Kind, String)], places: &Places) -> Option<BTreeMap<usize, (bool, bool)>> {
    let mut changes: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
    for (kind, version) in range {
        let zero = *kind == Kind::Introduced && version == "0";
        let place = if zero { 0 } else { *places.get(version)? };
        match kind {
            Kind::Introduced => changes.entry(place).or_default().0 = true,
            Kind::LastAffected => changes.entry(place + 1).or_default().1 = true,
            Kind::Fixed | Kind::Limit => changes.entry(place).or_default().1 = true,
        }
    }
    Some(changes)
}

/// An advisory of rpms lists every build that has the fix. A build of the same platform tells most; without one the lowest
/// counts.
pub(crate) struct Builds<'s>(Vec<(&'s str, usize)>);

impl<'s> Builds<'s> {
    pub(crate) fn new(said: &'s Said, places: &Places) -> Self {
        let build = |range: &'s Vec<(Kind, String)>| match range.as_slice() {
            [(Kind::Introduced, zero), (Kind::Fixed, build)] if zero == "0" => {
                (platform(build), places[build])
            }
            _ => panic!("{} is no list of builds", said.id),
        };
        Self(said.entries.iter().flat_map(|entry| &entry.ranges).map(build).collect())
    }

    pub(crate) fn evaluate(&self, version: &str, places: &Places) -> Option<Option<usize>> {
        let (place, own) = (*places.get(version)?, platform(version));
        let same = self.0.iter().filter(|(platform, _)| *platform == own).map(|(_, place)| *place).min();
        let fix = same.or_else(|| self.0.iter().map(|(_, place)| *place).min())?;
        (place < fix).then_some(Some(fix))
    }
}

/// A record about a name, ready to be asked.
pub(crate) struct Asked<'s> {
    pub(crate) said: &'s Said,
    builds: Option<Builds<'s>>,
    pub(crate) entries: Vec<Resolved<'s>>,
}

impl<'s> Asked<'s> {
    pub(crate) fn new(rpm: bool, said: &'s Said, places: &Places) -> Self {
        let entries = said.entries.iter().filter(|_| !rpm);
        Self {
            said,
            builds: rpm.then(|| Builds::new(said, places)),
            entries: entries.map(|entry| Resolved::new(entry, places)).collect(),
        }
    }

    /// The fixes of all entries that hold.
    pub(crate) fn evaluate(&self, (version, label): &Probe, places: &Places) -> BTreeSet<Option<usize>> {
        let concerns = match (&self.said.streams, label) {
            (None, None) => true,
            (Some(streams), Some(label)) => streams.contains(label),
            _ => false,
        };
        if !concerns || self.said.withdrawn || self.said.rejected {
            return BTreeSet::new();
        }
        let builds = self.builds.iter().filter_map(|builds| builds.evaluate(version, places));
        builds.chain(self.entries.iter().filter_map(|entry| entry.evaluate(version, places))).collect()
    }
}
