//! How far fixes got: which images had one, and in which the work has arrived.
//!
//! A rebuild gives a new digest, so that the image that was to be repaired goes, or loses its tags to a newer one. What was
//! done stays in the count for [`SHOWN`] days, so that a fix whose target moves on for years does not count them all. A fix
//! with nothing left to do is shown as done for a day.

use std::collections::{BTreeMap, HashMap};

use posture::{Action, FixPlan, Now, Outcome};
use serde::{Deserialize, Serialize};
use store::{Micros, fixes::Kept};

use super::fleet::Fleet;

/// Days for which an image in which the work has arrived is counted.
const SHOWN: u32 = 30;
/// How long a fix that is done is shown.
pub(super) const DONE: i64 = Micros::DAY;

/// An image that had a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The place.
    pub(super) place: i64,
    /// Findings that were to be cleared.
    pub(super) findings: u32,
    /// The day, since 1970, on which the work was seen to have arrived; 0: it has not.
    pub(super) arrived: u32,
}

/// Entries by place, packed: numbers of seven bits a byte, places as the distance from the one before.
pub(super) fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * 3);
    let mut put = |mut number: u64| {
        while number >= 0x80 {
            out.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        out.push((number & 0x7f) as u8);
    };
    let mut before = 0;
    for entry in entries {
        put(entry.place.abs_diff(before));
        put(u64::from(entry.findings));
        put(u64::from(entry.arrived));
        before = entry.place;
    }
    out
}

/// The entries of packed ones; what does not read ends them.
pub(super) fn unpack(bytes: &[u8]) -> Vec<Entry> {
    let mut bytes = bytes.iter().copied();
    let mut next = || {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    };
    let mut entries = Vec::new();
    let mut before = 0_i64;
    while let (Some(distance), Some(findings), Some(arrived)) = (next(), next(), next()) {
        let place = i64::try_from(distance).ok().and_then(|distance| before.checked_add(distance));
        let (Some(place), Ok(findings), Ok(arrived)) =
            (place, u32::try_from(findings), u32::try_from(arrived))
        else {
            break;
        };
        entries.push(Entry { place, findings, arrived });
        before = place;
    }
    entries
}

/// What a fix is, so that it can be shown when it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Shown {
    pub(crate) title: String,
    pub(crate) deed: String,
    pub(crate) kind: Option<String>,
    pub(crate) name: String,
    pub(crate) target: Option<String>,
}

impl Shown {
    pub(super) fn of(action: &Action) -> Self {
        Self {
            title: action.title(),
            deed: action.deed.as_str().to_owned(),
            kind: action.kind.map(|kind| kind.as_str().to_owned()),
            name: action.name.clone(),
            target: action.target.clone(),
        }
    }
}

/// What changed of how far fixes got.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) kept: Vec<Kept>,
    pub(super) forgotten: Vec<String>,
}

/// Compares what was kept with the fleet of now, brings `kept` to it, and says what is to be written. `plan` and `hidden`
/// are of the whole fleet.
pub(super) fn update(
    fleet: &Fleet,
    plan: &FixPlan,
    hidden: &FixPlan,
    kept: &mut BTreeMap<String, Kept>,
    now: Micros,
) -> Changed {
    let by_id = |plan: &'_ FixPlan| -> HashMap<String, usize> {
        plan.actions.iter().enumerate().map(|(at, action)| (action.id.0.clone(), at)).collect()
    };
    let (open, hides) = (by_id(plan), by_id(hidden));
    let mut ids: Vec<String> = kept.keys().chain(open.keys()).cloned().collect();
    ids.sort();
    ids.dedup();
    let today = u32::try_from(now.0.div_euclid(Micros::DAY)).unwrap_or_default().max(1);
    let mut changed = Changed::default();
    for id in ids {
        let action = open.get(&id).and_then(|at| plan.actions.get(*at));
        let hidden = hides.get(&id).and_then(|at| hidden.actions.get(*at));
        let before = kept.get(&id);
        let entries = before.map(|kept| unpack(&kept.images)).unwrap_or_default();
        let entries = follow(fleet, action, hidden, &entries, today);
        let is_done = entries.iter().all(|entry| entry.arrived > 0);
        let done = match before.and_then(|kept| kept.done) {
            Some(since) if is_done => Some(since),
            _ => is_done.then_some(now),
        };
        if entries.is_empty() || done.is_some_and(|since| since.plus(DONE) <= now) {
            if kept.remove(&id).is_some() {
                changed.forgotten.push(id);
            }
            continue;
        }
        let shown = action.map(Shown::of).and_then(|shown| serde_json::to_string(&shown).ok());
        let after = Kept {
            since: before.map_or(now, |kept| kept.since),
            done,
            shown: shown.or_else(|| before.map(|kept| kept.shown.clone())).unwrap_or_default(),
            images: pack(&entries),
            id,
        };
        if before != Some(&after) {
            changed.kept.push(after.clone());
            kept.insert(after.id.clone(), after);
        }
    }
    changed
}

/// What became of the images of one fix.
fn follow(
    fleet: &Fleet,
    action: Option<&Action>,
    hidden: Option<&Action>,
    entries: &[Entry],
    today: u32,
) -> Vec<Entry> {
    let outcome =
        |index: u32| Outcome::of(now(fleet, action, hidden, index), |by| now(fleet, action, hidden, by));
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut entry = *entry;
        let index = fleet.index_of(entry.place);
        let outcome = match index {
            Some(index) => outcome(index),
            None if fleet.gone.contains_key(&entry.place) => Outcome::Gone,
            // Nobody uses it any more, or its registry was taken away: no work was done, and none is left.
            None => continue,
        };
        // Content that never changes is not repaired: advisories say something else, or another deed clears more.
        let place = index.and_then(|index| fleet.places.get(index as usize));
        if outcome == Outcome::Cleared && place.is_some_and(|place| place.is_image) {
            continue;
        }
        let open = index.map_or(0, |index| findings(action, index));
        if outcome.is_done() {
            entry.arrived = if entry.arrived == 0 { today } else { entry.arrived };
            if today.saturating_sub(entry.arrived) > SHOWN {
                continue;
            }
        } else if entry.arrived > 0 {
            entry = Entry { arrived: 0, findings: open, ..entry };
        }
        entry.findings = entry.findings.max(open);
        out.push(entry);
    }
    let known = out.len();
    for (index, findings) in action.iter().flat_map(|action| action.images.iter().zip(&action.per_image)) {
        let Some(place) = fleet.places.get(*index as usize).map(|place| place.id) else { continue };
        let is_known =
            out.get(..known).is_some_and(|out| out.binary_search_by_key(&place, |it| it.place).is_ok());
        // What is replaced when it is first looked at was never to be done.
        if !is_known && outcome(*index) == Outcome::Open {
            out.push(Entry { place, findings: *findings, arrived: 0 });
        }
    }
    out.sort_unstable_by_key(|entry| entry.place);
    out
}

fn now(fleet: &Fleet, action: Option<&Action>, hidden: Option<&Action>, index: u32) -> Option<Now<u32>> {
    let place = fleet.places.get(index as usize)?;
    Some(Now {
        asset: index,
        open: u64::from(findings(action, index)),
        hidden: u64::from(findings(hidden, index)),
        replaced_by: Some(place.replaced_by).filter(|by| *by != super::fleet::NONE),
    })
}

/// Findings that an action clears in an image.
pub(super) fn findings(action: Option<&Action>, index: u32) -> u32 {
    action
        .and_then(|action| action.per_image.get(action.images.binary_search(&index).ok()?))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_packed_and_unpacked() {
        let entries: Vec<Entry> =
            [(1, 1, 0), (2, 300, 0), (70_000, 4, 20_500), (i64::MAX, u32::MAX, u32::MAX)]
                .map(|(place, findings, arrived)| Entry { place, findings, arrived })
                .to_vec();
        let packed = pack(&entries);
        assert_eq!(unpack(&packed), entries);
        assert_eq!(pack(&entries[..2]).len(), 7, "three or four bytes an image");
        for cut in 0..packed.len() {
            let some = unpack(&packed[..cut]);
            assert_eq!(some, entries[..some.len()], "what was cut is the beginning");
        }
        assert!(unpack(&[0xff; 40]).is_empty());
    }
}
