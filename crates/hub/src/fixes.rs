//! Recommendations by fix: what of the whole fleet is repaired by one deed, how far that got, and what remains.
//!
//! The fleet is read once and kept in little memory (`fleet`), with the plan of everything; plans of scopes and owners are
//! made of it when they are asked for, and kept as well. Whatever changes the fleet raises [`store::Store::fleet_version`];
//! who asks then waits for a new reading where that is quick, and gets the last one, with the time of which it is, where it is
//! not, while a new one is made. What of a fix arrived (`kept`) is noted in the store at each reading.

mod bases;
pub(crate) mod facts;
mod fleet;
mod hide;
mod kept;
mod load;
mod reach;
mod view;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use model::Severity;
use posture::{Action, ActionId, FixPlan};
use store::{Micros, fixes as stored};
use tokio::sync::{Mutex as Gate, watch};

pub use view::{Arrived, Finished, View, Wanted};

use self::{
    fleet::{Carried, Fleet},
    view::Seen,
};
use crate::{AppState, Error};

/// Who asks waits for a reading that takes no longer than this, and is answered from the last one otherwise.
const QUICK: Duration = Duration::from_millis(300);
/// How often it is looked whether the fleet changed, when nobody asks.
const LOOK: Duration = Duration::from_secs(5);
/// A reading is made again after this in any case: clocks are set, and days pass.
const OLD: i64 = 600 * Micros::SECOND;
/// Plans of scopes and owners that are kept.
const VIEWS: usize = 8;

/// The fleet's fixes, as the hub keeps them.
#[derive(Debug, Default)]
pub struct Fixes {
    current: Mutex<Option<Arc<Current>>>,
    gate: Gate<()>,
    busy: AtomicBool,
}

/// One reading.
#[derive(Debug)]
pub struct Current {
    version: u64,
    /// When it was made.
    pub at: Micros,
    /// When a rule or exemption ends.
    until: Option<Micros>,
    took: Duration,
    fleet: Fleet,
    kept: BTreeMap<String, stored::Kept>,
    views: Mutex<Vec<(Wanted, Arc<View>)>>,
}

/// A reading, and whether the fleet has changed since.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The reading.
    pub current: Arc<Current>,
    /// Something changed since: a new reading is being made.
    pub is_old: bool,
}

/// A vulnerability that a fix clears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// Its name.
    pub id: String,
    /// How bad, where it is worst.
    pub severity: Severity,
    /// Known to be exploited.
    pub kev: bool,
    /// Images that have it.
    pub images: u64,
}

impl Fixes {
    fn now(&self) -> Option<Arc<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The fixes of the fleet.
    ///
    /// # Errors
    /// The store fails, and there is no earlier reading.
    pub async fn get(&self, state: &AppState) -> Result<Answer, Error> {
        let last = self.now();
        if let Some(current) = &last {
            if current.is_good(state) {
                return Ok(Answer { current: Arc::clone(current), is_old: false });
            }
            if current.took > QUICK {
                self.read_aside(state);
                return Ok(Answer { current: Arc::clone(current), is_old: true });
            }
        }
        self.read(state).await.map(|current| Answer { is_old: false, current })
    }

    /// Makes a reading beside whoever asks, unless one is being made.
    fn read_aside(&self, state: &AppState) {
        if self.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let state = state.clone();
        tokio::spawn(async move {
            if let Err(error) = state.fixes.read(&state).await {
                tracing::warn!(?error, "the fixes of the fleet could not be made anew");
            }
            state.fixes.busy.store(false, Ordering::Release);
            state.tell("fix", None, "");
        });
    }

    /// Makes a reading; who comes while one is made waits for it.
    async fn read(&self, state: &AppState) -> Result<Arc<Current>, Error> {
        let gate = self.gate.lock().await;
        if let Some(current) = self.now().filter(|current| current.is_good(state)) {
            return Ok(current);
        }
        let begun = Instant::now();
        let version = state.store.fleet_version();
        let now = state.clock.now();
        let before = self.now();
        let before = before.map(|before| before.kept.clone());
        let (fleet, until, mut kept) = state
            .store
            .read(move |tx| {
                let kept = match &before {
                    Some(before) => before.clone(),
                    None => stored::kept(tx)?.into_iter().map(|kept| (kept.id.clone(), kept)).collect(),
                };
                let places: HashSet<i64> = kept
                    .values()
                    .flat_map(|kept| kept::unpack(&kept.images))
                    .map(|entry| entry.place)
                    .collect();
                let (fleet, until) = load::read(tx, now, &places)?;
                Ok((fleet, until, kept))
            })
            .await?;
        let (fleet, kept, changed, plan) = tokio::task::spawn_blocking(move || {
            let plan = fleet.with(fleet.carried.iter().copied(), None, FixPlan::of);
            let hidden = fleet.with(fleet.hidden.iter().copied(), None, FixPlan::of);
            let changed = kept::update(&fleet, &plan, &hidden, &mut kept, now);
            (fleet, kept, changed, plan)
        })
        .await
        .map_err(Error::internal)?;
        if !changed.kept.is_empty() || !changed.forgotten.is_empty() {
            let kept::Changed { kept, forgotten } = changed;
            state.store.write(move |tx| stored::keep(tx, &kept, &forgotten)).await?;
        }
        let all = Wanted::all();
        let view = View::of(&fleet, &all, plan, &kept);
        let current = Arc::new(Current {
            version,
            at: now,
            until,
            took: begun.elapsed(),
            fleet,
            kept,
            views: Mutex::new(vec![(all, Arc::new(view))]),
        });
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&current));
        drop(gate);
        Ok(current)
    }
}

/// Keeps the reading fresh until `stop` says so or is gone: whoever asks first does not wait, and what arrived is noted though
/// nobody asks.
pub async fn run(state: AppState, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = state.fixes.get(&state).await {
            tracing::warn!(?error, "the fixes of the fleet could not be made");
        }
        // Readings take a tenth of the time at most.
        let pause = state.fixes.now().map_or(LOOK, |current| LOOK.max(current.took * 10));
        tokio::select! {
            changed = stop.changed() => if changed.is_err() || *stop.borrow() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Current {
    fn is_good(&self, state: &AppState) -> bool {
        let now = state.clock.now();
        let is_over =
            self.until.is_some_and(|until| until <= now) || self.at.plus(OLD) <= now || now < self.at;
        !is_over && self.version == state.store.fleet_version()
    }

    /// The plan of what is wanted.
    #[must_use]
    pub fn view(&self, wanted: &Wanted) -> Arc<View> {
        let wanted = if wanted.is_all() { Wanted::all() } else { wanted.clone() };
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, view)) = views.iter().find(|(known, _)| *known == wanted) {
            return Arc::clone(view);
        }
        let fleet = &self.fleet;
        let seen = Seen::new(fleet, &wanted).places();
        let plan = fleet.with(fleet.carried.iter().copied(), Some(&seen), FixPlan::of);
        let view = Arc::new(View::of(fleet, &wanted, plan, &self.kept));
        // That of everything stays; of the others the one that was made first goes.
        if views.len() > VIEWS {
            views.remove(1);
        }
        views.push((wanted, Arc::clone(&view)));
        view
    }

    /// In how many places each vulnerability has a finding that counts, by id, of those that the filter's scopes leave: those
    /// that need not be looked at and what rules hide included.
    #[must_use]
    pub fn reach(&self, filter: &store::images::Filter) -> HashMap<String, u64> {
        let visible = filter.visible.clone().unwrap_or_else(|| vec![String::new()]);
        let wanted = Wanted { visible, scope: filter.scope.clone(), owner: None };
        self.fleet.reach.seen(&self.fleet, &wanted)
    }

    /// Since when there is something to do about a fix.
    #[must_use]
    pub fn since(&self, id: &str) -> Micros {
        self.kept.get(id).map_or(self.at, |kept| kept.since)
    }

    /// The places in whose findings a fix has something to repair, by number: those that it counts as its images.
    #[must_use]
    pub fn holding(&self, id: &str, view: &View) -> Vec<i64> {
        let action = view.find(id).and_then(|at| view.plan.actions.get(at));
        let places = action.iter().flat_map(|action| &action.images);
        places.filter_map(|index| Some(self.fleet.places.get(*index as usize)?.id)).collect()
    }

    /// The places of a fix that are seen, by number: those that have it, with the findings that it clears there, and those
    /// in which it has arrived.
    #[must_use]
    pub fn places(&self, id: &str, view: &View, wanted: &Wanted) -> Vec<Affected> {
        let mut seen = Seen::new(&self.fleet, wanted);
        let action = view.find(id).and_then(|at| view.plan.actions.get(at));
        let mut places: BTreeMap<i64, Affected> = BTreeMap::new();
        for (index, findings) in action.iter().flat_map(|action| action.images.iter().zip(&action.per_image))
        {
            if let Some(place) = self.fleet.places.get(*index as usize) {
                let affected = Affected { place: place.id, findings: u64::from(*findings), done: false };
                places.insert(place.id, affected);
            }
        }
        let entries = self.kept.get(id).map(|kept| kept::unpack(&kept.images)).unwrap_or_default();
        for entry in entries.iter().filter(|entry| entry.arrived > 0) {
            let of = match self.fleet.index_of(entry.place) {
                Some(index) => self.fleet.places.get(index as usize).map(|place| (place.scope, place.owner)),
                None => self.fleet.gone.get(&entry.place).map(|gone| (gone.scope, gone.owner)),
            };
            if of.is_some_and(|(scope, owner)| seen.has(scope, owner)) {
                let findings = u64::from(entry.findings);
                places.insert(entry.place, Affected { place: entry.place, findings, done: true });
            }
        }
        places.into_values().collect()
    }

    /// The vulnerabilities that an action clears, the worst first, at most `most`.
    #[must_use]
    pub fn vulnerabilities(&self, action: &Action, wanted: &Wanted, most: usize) -> Vec<Cleared> {
        let fleet = &self.fleet;
        let seen = Seen::new(fleet, wanted).places();
        let name = action.name.as_str();
        // Whatever may be meant by the name alone; the exact question is asked of those few.
        let may = |it: &Carried| {
            let named = |text: u32| fleet.texts.find(text) == Some(name);
            let subject = fleet.subjects.get(it.subject as usize);
            let base = fleet.groups.get(it.group as usize).and_then(|it| fleet.bases.get(it.base as usize));
            named(it.path)
                || subject.is_some_and(|subject| named(subject.name) || named(subject.part))
                || base.is_some_and(|base| named(base.name))
        };
        let carried = fleet.carried.iter().filter(|it| may(it)).copied();
        let mut found: BTreeMap<String, (Severity, bool, BTreeSet<u32>)> = BTreeMap::new();
        fleet.with(carried, Some(&seen), |posture| {
            for carrier in posture.carriers {
                for finding in carrier.findings {
                    if FixPlan::action_of(posture, carrier, finding).as_ref() != Some(&action.id) {
                        continue;
                    }
                    let one = found.entry(finding.vulnerability.to_owned()).or_insert((
                        finding.severity,
                        false,
                        BTreeSet::new(),
                    ));
                    one.0 = one.0.max(finding.severity);
                    one.1 |= finding.exploited;
                    one.2.extend(carrier.images);
                }
            }
        });
        let mut found: Vec<Cleared> = found
            .into_iter()
            .map(|(id, (severity, kev, images))| Cleared { id, severity, kev, images: images.len() as u64 })
            .collect();
        found.sort_by(|a, b| {
            (b.kev, b.severity, b.images).cmp(&(a.kev, a.severity, a.images)).then_with(|| a.id.cmp(&b.id))
        });
        found.truncate(most);
        found
    }

    /// The fixes of the findings of one place: id and title, by subject and vulnerability.
    #[must_use]
    pub fn of_place(&self, place: i64) -> HashMap<(i64, String), (String, String)> {
        let fleet = &self.fleet;
        let Some(index) = fleet.index_of(place) else { return HashMap::new() };
        let view = self.view(&Wanted::all());
        let titles: HashMap<&ActionId, &Action> =
            view.plan.actions.iter().map(|action| (&action.id, action)).collect();
        let has: Vec<bool> = fleet
            .groups
            .iter()
            .map(|group| fleet::part(&fleet.arena, group.images).binary_search(&index).is_ok())
            .collect();
        let mine: Vec<Carried> =
            fleet.carried.iter().filter(|it| has.get(it.group as usize) == Some(&true)).copied().collect();
        let subjects: Vec<i64> = mine
            .iter()
            .map(|it| fleet.subjects.get(it.subject as usize).map_or(0, |subject| subject.id))
            .collect();
        let mut found = HashMap::new();
        fleet.with(mine.iter().copied(), None, |posture| {
            for (carrier, subject) in posture.carriers.iter().zip(subjects) {
                for finding in carrier.findings {
                    let id = FixPlan::action_of(posture, carrier, finding);
                    if let Some(action) = id.and_then(|id| titles.get(&id).copied()) {
                        let key = (subject, finding.vulnerability.to_owned());
                        found.insert(key, (action.id.0.clone(), action.title()));
                    }
                }
            }
        });
        found
    }
}

/// A place that has, or had, a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affected {
    /// The place's number.
    pub place: i64,
    /// Findings that are cleared in it, or were.
    pub findings: u64,
    /// The work has arrived.
    pub done: bool,
}
