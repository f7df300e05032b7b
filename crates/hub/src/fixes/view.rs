//! The plan as one caller sees it: of some scopes, of one owner.

use std::collections::{BTreeMap, HashMap};

use posture::FixPlan;
use store::{Micros, fixes::Kept};

use super::{
    fleet::{Fleet, NONE},
    kept::{self, Shown},
};
use crate::permissions::covers;

/// Which images a plan is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In these scopes and those below them: what the caller sees.
    pub visible: Vec<String>,
    /// In this scope and those below it; empty: in all.
    pub scope: String,
    /// Of an owner; `Some(None)`: of nobody.
    pub owner: Option<Option<String>>,
}

impl Wanted {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self { visible: vec![String::new()], ..Self::default() }
    }

    fn scope_has(&self, scope: &str) -> bool {
        covers(&self.scope, scope) && self.visible.iter().any(|seen| covers(seen, scope))
    }

    fn owner_is(&self, owner: Option<&str>) -> bool {
        self.owner.as_ref().is_none_or(|wanted| wanted.as_deref() == owner)
    }

    /// Does it keep nothing away?
    pub(super) fn is_all(&self) -> bool {
        self.owner.is_none() && self.scope.is_empty() && self.visible.iter().any(String::is_empty)
    }
}

/// Whether `wanted` has a place, with each scope asked once.
pub(super) struct Seen<'f> {
    fleet: &'f Fleet,
    wanted: &'f Wanted,
    scopes: HashMap<u32, bool>,
}

impl<'f> Seen<'f> {
    pub(super) fn new(fleet: &'f Fleet, wanted: &'f Wanted) -> Self {
        Self { fleet, wanted, scopes: HashMap::new() }
    }

    pub(super) fn has(&mut self, scope: u32, owner: u32) -> bool {
        let Self { fleet, wanted, scopes } = self;
        let in_scope = *scopes.entry(scope).or_insert_with(|| wanted.scope_has(fleet.texts.get(scope)));
        in_scope && wanted.owner_is(fleet.texts.find(owner).filter(|_| owner != NONE))
    }

    /// For each place.
    pub(super) fn places(&mut self) -> Vec<bool> {
        let fleet = self.fleet;
        fleet.places.iter().map(|place| self.has(place.scope, place.owner)).collect()
    }
}

/// How far a fix got in some images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Images that had it.
    pub earlier: u64,
    /// Of them, those in which the work has arrived.
    pub arrived: u64,
    /// Since when there was something to do.
    pub since: Micros,
}

/// A fix with nothing left to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its id.
    pub id: String,
    /// What it is.
    pub(crate) shown: Shown,
    /// How far it got.
    pub arrived: Arrived,
}

/// A plan and how far it got.
#[derive(Debug)]
pub struct View {
    /// The plan; indices are those of the fleet.
    pub plan: FixPlan,
    /// How far each action got; `None`: all that is left of it was replaced, and it is not shown.
    pub arrived: Vec<Option<Arrived>>,
    /// What is done since less than a day, and in no action any more.
    pub finished: Vec<Finished>,
}

impl View {
    pub(super) fn of(fleet: &Fleet, wanted: &Wanted, plan: FixPlan, all: &BTreeMap<String, Kept>) -> Self {
        let mut seen = Seen::new(fleet, wanted);
        let mut arrived = Vec::with_capacity(plan.actions.len());
        for action in &plan.actions {
            let kept = all.get(&action.id.0);
            let (far, open) = kept.map(|kept| far(fleet, &mut seen, kept)).unwrap_or_default();
            let is_done = kept.is_some_and(|kept| kept.done.is_some());
            arrived.push((open > 0 || is_done && far.earlier > 0).then_some(far));
        }
        let there: std::collections::BTreeSet<&str> =
            plan.actions.iter().map(|action| action.id.0.as_str()).collect();
        let mut finished = Vec::new();
        for kept in all.values().filter(|kept| !there.contains(kept.id.as_str())) {
            let (far, open) = far(fleet, &mut seen, kept);
            if open == 0 && far.arrived > 0 {
                let shown = serde_json::from_str(&kept.shown).unwrap_or_default();
                finished.push(Finished { id: kept.id.clone(), shown, arrived: far });
            }
        }
        Self { plan, arrived, finished }
    }

    /// The place of an action that is shown.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<usize> {
        let at = self.plan.actions.iter().position(|action| action.id.0 == id)?;
        self.arrived.get(at).copied().flatten().map(|_| at)
    }
}

/// How far a fix got in what is seen, and in how many images it is open.
fn far(fleet: &Fleet, seen: &mut Seen<'_>, kept: &Kept) -> (Arrived, u64) {
    let mut far = Arrived { since: kept.since, ..Arrived::default() };
    for entry in kept::unpack(&kept.images) {
        let place = fleet.index_of(entry.place).and_then(|index| fleet.places.get(index as usize));
        let of = match place {
            Some(place) => Some((place.scope, place.owner)),
            None => fleet.gone.get(&entry.place).map(|gone| (gone.scope, gone.owner)),
        };
        if of.is_some_and(|(scope, owner)| seen.has(scope, owner)) {
            far.earlier += 1;
            far.arrived += u64::from(entry.arrived > 0);
        }
    }
    (far, far.earlier - far.arrived)
}
