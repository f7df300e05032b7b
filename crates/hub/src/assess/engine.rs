//! Who judges: takes assets that are due, judges them, and writes what was found in the transaction that clears the mark.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use model::StateKind;
use posture::{Assessment, FindingFacts, Judge, Judged, RollUp, Settings, StateCounts, Time, Verdict};
use store::{
    Micros, StoreError, Tx,
    assessments::{self, Assessed, AssetKind, Counts, Exempted, Whole},
    disable_rules, exemptions, judging, matches, scopes,
};
use tokio::sync::watch;

use super::{
    facts::Data,
    load::{Around, Loaded, controls},
    scores,
    states::{self, letters},
    world::World,
};
use crate::AppState;

/// Images that one transaction judges: other writers wait no longer than for these.
const BATCH: u32 = 250;
/// How often it is looked whether something is due, when nobody said so.
const LOOK: Duration = Duration::from_secs(1);
/// Most scopes of one pass that pages are told of one by one.
const TOLD: usize = 32;

/// Why assets could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Images and registries that were judged.
    pub judged: u64,
    /// Scopes in which something is another since.
    pub changed: BTreeSet<String>,
}

/// Judges what is due.
#[derive(Clone)]
pub struct Engine {
    state: AppState,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    world: World,
    /// Of the database with this hash.
    data: (String, Data),
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Judges for a running hub until `stop` says so or is gone.
pub async fn run(state: AppState, mut stop: watch::Receiver<bool>) {
    let engine = Engine::new(&state);
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            changed = stop.changed() => if changed.is_err() || *stop.borrow() { break },
            () = state.to_assess.notified() => {}
            _ = ticks.tick() => {}
        }
        if let Err(error) = engine.pass().await {
            // What was due still is: the next pass takes it.
            tracing::warn!(%error, "assets could not be judged");
        }
    }
}

impl Engine {
    /// An engine of this hub. One at a time judges; a second would do the same work again.
    #[must_use]
    pub fn new(state: &AppState) -> Self {
        Self { state: state.clone(), shared: Arc::default() }
    }

    /// Judges all that is due now, tells open pages, and keeps the day's score.
    ///
    /// # Errors
    /// The store fails. What was judged until then is written; the rest is still due.
    pub async fn pass(&self) -> Result<Done, AssessError> {
        let now = self.state.clock.now();
        let data = self.data().await;
        let mut done = Done::default();
        let new_day = self.begin(now).await?;
        loop {
            let shared = Arc::clone(&self.shared);
            let (judged, changed) = self
                .state
                .store
                .write(move |tx| {
                    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    batch(tx, &mut shared.world, data, now)
                })
                .await?;
            done.changed.extend(changed);
            if judged == 0 {
                break;
            }
            done.judged += judged;
        }
        if new_day || !done.changed.is_empty() {
            self.state.store.write(move |tx| scores::snapshot(tx, now)).await?;
        }
        if done.changed.len() > TOLD {
            self.state.tell("score", None, "");
        } else {
            for scope in &done.changed {
                self.state.tell("score", None, scope);
            }
        }
        Ok(done)
    }

    async fn data(&self) -> Data {
        let database = self.state.matcher.database().await;
        let hash = database.sha256();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.data.0 != hash {
            shared.data = (hash, Data::of(&database));
        }
        shared.data.1
    }

    /// Marks due what the time changed: all when controls, database or day are others, and what rules and exemptions
    /// reached that ended. Says whether a day began.
    async fn begin(&self, now: Micros) -> Result<bool, StoreError> {
        let known = self
            .state
            .store
            .read(move |tx| Ok((basis(tx, now)?, judging::judged_by(tx)?, next_end(tx)?)))
            .await?;
        let (wanted, (basis_then, then), next) = known;
        if wanted == basis_then && next.is_none_or(|end| now < end) {
            return Ok(false);
        }
        let is_new = wanted != basis_then;
        self.state
            .store
            .write(move |tx| {
                if is_new {
                    assessments::mark_all_due(tx)?;
                }
                disable_rules::mark_ended(tx, then, now)?;
                exemptions::mark_ended(tx, then, now)?;
                judging::set_judged_by(tx, &wanted, now)
            })
            .await?;
        Ok(is_new)
    }
}

/// The earliest end of a rule or exemption that was not taken into account yet.
fn next_end(tx: &mut Tx<'_>) -> Result<Option<Micros>, StoreError> {
    let (_, then) = judging::judged_by(tx)?;
    let rule = disable_rules::next_end(tx, then)?;
    let exemption = exemptions::next_end(tx, then)?;
    Ok(rule.into_iter().chain(exemption).min())
}

/// By what all is judged: where it differs, all is judged again.
fn basis(tx: &mut Tx<'_>, now: Micros) -> Result<String, StoreError> {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    for control in controls()?.all() {
        // A control is content of the binary: what it says of itself is all that it is.
        format!("{control:?}").hash(&mut hasher);
    }
    let database = matches::generation(tx)?.map(|generation| (generation.hash, generation.opened_at));
    database.hash(&mut hasher);
    Ok(format!("{:016x}/{}", hasher.finish(), scores::day(now)))
}

/// Judges one batch; without images the registries that are due. Gives how many, and the scopes where something changed.
fn batch(
    tx: &mut Tx<'_>,
    world: &mut World,
    data: Data,
    now: Micros,
) -> Result<(u64, BTreeSet<String>), StoreError> {
    let due = assessments::due_placements(tx, BATCH)?;
    let mut writing = Writing { now, changed: BTreeSet::new(), turned: BTreeMap::new() };
    if due.is_empty() {
        let registries = assessments::due_registries(tx)?;
        if registries.is_empty() {
            return Ok((0, writing.changed));
        }
        let around = Around::read(tx, data, now)?;
        writing.registries(tx, &around, &registries)?;
        writing.tell(tx)?;
        return Ok((registries.len() as u64, writing.changed));
    }
    let around = Around::read(tx, data, now)?;
    let (gone, there): (Vec<_>, Vec<_>) =
        judging::places(tx, &due)?.into_iter().partition(|place| place.gone.is_some());
    let repositories: BTreeSet<i64> =
        gone.iter().chain(&there).filter_map(|place| place.repository).collect();
    writing.changed.extend(gone.iter().map(|place| place.scope.clone()));
    assessments::forget(tx, &gone.iter().map(|place| place.asset_id.as_str()).collect::<Vec<_>>())?;
    let loaded = Loaded::read(tx, world, &around, there)?;
    let facts = loaded.facts(world)?;
    writing.images(tx, &around, &loaded, &facts)?;
    judging::placements_judged(tx, &due)?;
    for repository in repositories {
        writing.repository(tx, repository)?;
    }
    writing.tell(tx)?;
    Ok((due.len() as u64, writing.changed))
}

/// What is written in one transaction.
struct Writing {
    now: Micros,
    /// Scopes where something is another.
    changed: BTreeSet<String>,
    /// So many assets turned unhealthy, by control and scope.
    turned: BTreeMap<(String, String), u64>,
}

impl Writing {
    /// Notes for people what turned unhealthy: one notice for each control and scope, however many assets it were.
    fn tell(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for ((control, scope), assets) in &self.turned {
            crate::notices::turned(tx, control, scope, *assets, self.now)?;
        }
        Ok(())
    }

    fn images(
        &mut self,
        tx: &mut Tx<'_>,
        around: &Around,
        loaded: &Loaded,
        facts: &[FindingFacts<'_>],
    ) -> Result<(), StoreError> {
        let settings = around.said.settings(self.now)?;
        let judge = Judge::new(settings, facts).map_err(|error| StoreError::Invalid(error.to_string()))?;
        let assets: Vec<&str> = loaded.images.iter().map(|image| image.place.asset_id.as_str()).collect();
        let mut before = assessments::assessments_of(tx, &assets)?;
        let mut states = assessments::state_of(tx, &assets)?;
        let (mut rows, mut wholes, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        for image in &loaded.images {
            let judged = judge.image(&image.asset());
            let place = &image.place;
            let asset = place.asset_id.as_str();
            let mut by_rule: HashMap<i64, u64> = HashMap::new();
            let mut by_control: HashMap<&'static str, u64> = HashMap::new();
            for hides in &judged.hidden {
                if let Some(rule) = number(settings.rules.get(hides.rule).map(|rule| rule.id.as_str())) {
                    *by_rule.entry(rule).or_default() += 1;
                }
                if let Some(finding) = facts.get(hides.finding as usize) {
                    *by_control.entry(finding.control()).or_default() += 1;
                }
            }
            hidden.extend(by_rule.into_iter().map(|(rule, findings)| (asset, rule, findings)));
            let before = before.remove(asset).unwrap_or_default();
            let own = Own { asset, scope: &place.scope, before: &before, hidden: &by_control };
            self.verdicts(settings, &own, &judged, &mut rows)?;
            let verdicts: Vec<_> = judged.verdicts.iter().map(|(index, is)| (*index, is.state)).collect();
            let parts = states::counts(settings.controls, &verdicts);
            let state = parts.state().unwrap_or(StateKind::NotApplicable);
            let whole = Whole {
                asset_id: place.asset_id.clone(),
                kind: AssetKind::Image,
                number: place.id,
                scope: place.scope.clone(),
                owner: place.owner.clone(),
                state,
                cause: states::cause(settings.controls, state, &judged),
                parts: stored(&parts),
                states: letters(&judged),
                since: self.now,
                evaluated: self.now,
            };
            wholes.push(self.since(states.remove(asset), whole));
        }
        assessments::put_state(tx, &wholes)?;
        assessments::put_assessments(tx, &rows)?;
        assessments::put_hidden(tx, &assets, &hidden)
    }

    /// The rows of what is another than before.
    fn verdicts<'a>(
        &mut self,
        settings: Settings<'_>,
        own: &Own<'a, '_>,
        judged: &Judged,
        rows: &mut Vec<(&'a str, Assessed)>,
    ) -> Result<(), StoreError> {
        for (index, verdict) in &judged.verdicts {
            let Some(control) = settings.controls.get(*index) else { continue };
            let id = control.id.0.as_ref();
            let before = own.before.iter().find(|before| before.control == id);
            let previous = before.map(|before| Assessment {
                verdict: Verdict { state: before.state, ..Verdict::healthy() },
                first_evaluated: Time(before.first_evaluated.0),
                // All that is asked of it is that no time goes back behind it.
                last_evaluated: Time(before.changed.0),
                changed: Time(before.changed.0),
            });
            let (is, transition) = posture::assess(previous.as_ref(), verdict.clone(), Time(self.now.0));
            let exempted = judged.exempted.iter().find(|exempted| exempted.control == *index);
            let exempted = exempted.and_then(|by| {
                let exemption = settings.exemptions.get(by.exemption).map(|exemption| exemption.id.as_str());
                Some(Exempted { exemption: number(exemption)?, state: by.was, findings: by.findings })
            });
            let json = |error: serde_json::Error| StoreError::Invalid(error.to_string());
            let row = Assessed {
                control: id.to_owned(),
                state: is.verdict.state,
                causes: serde_json::to_string(&is.verdict.causes).map_err(json)?,
                notes: serde_json::to_string(&is.verdict.notes).map_err(json)?,
                findings: is.verdict.findings,
                hidden: own.hidden.get(id).copied().unwrap_or_default(),
                exempted,
                first_evaluated: Micros(is.first_evaluated.0),
                changed: Micros(is.changed.0),
            };
            if before == Some(&row) {
                continue;
            }
            self.changed.insert(own.scope.to_owned());
            if transition.turned_unhealthy() && !control.preview {
                *self.turned.entry((id.to_owned(), own.scope.to_owned())).or_default() += 1;
            }
            rows.push((own.asset, row));
        }
        Ok(())
    }

    /// The asset as it is, in its state since when it was.
    fn since(&mut self, before: Option<Whole>, mut is: Whole) -> Whole {
        match before {
            Some(before) if before.state == is.state => {
                is.since = before.since;
                if before.scope != is.scope {
                    self.changed.insert(before.scope);
                    self.changed.insert(is.scope.clone());
                }
            }
            _ => _ = self.changed.insert(is.scope.clone()),
        }
        is
    }

    /// A repository by its images. Where it is another, its registry is due.
    fn repository(&mut self, tx: &mut Tx<'_>, repository: i64) -> Result<(), StoreError> {
        let Some(of) = assessments::repository(tx, repository)? else { return Ok(()) };
        let roll_up = RollUp { counts: state_counts(&of.parts) };
        let owner = store::registries::owner(tx, of.registry)?;
        let rules = scopes::rules(tx)?;
        let belongs =
            scopes::assign(&rules, &of.registry_name, &of.name, &of.registry_scope, owner.as_deref());
        let state = roll_up.state();
        let whole = Whole {
            asset_id: format!("registry/{}/{}", of.registry_name, of.name),
            kind: AssetKind::Repository,
            number: repository,
            scope: belongs.scope,
            owner: belongs.owner,
            state,
            cause: of_images(&of.parts, state),
            parts: of.parts,
            states: String::new(),
            since: self.now,
            evaluated: self.now,
        };
        let before = assessments::state_of(tx, &[&whole.asset_id])?.remove(&whole.asset_id);
        if before.as_ref().is_none_or(|before| before.parts != whole.parts) {
            assessments::mark_registry_due(tx, of.registry)?;
        }
        let whole = self.since(before, whole);
        assessments::put_state(tx, &[whole])
    }

    /// Registries by their own controls and their images.
    fn registries(&mut self, tx: &mut Tx<'_>, around: &Around, due: &[i64]) -> Result<(), StoreError> {
        let settings = around.said.settings(self.now)?;
        let judge = Judge::new(settings, &[]).map_err(|error| StoreError::Invalid(error.to_string()))?;
        for number in due {
            let Some(known) = around.registries.get(number) else { continue };
            let registry = around.registry(known)?;
            let judged = judge.registry(&registry.asset());
            let asset = registry.asset_id.as_str();
            let before = assessments::assessments_of(tx, &[asset])?.remove(asset).unwrap_or_default();
            let mut rows = Vec::new();
            let hidden = HashMap::new();
            let own = Own { asset, scope: registry.scope.as_str(), before: &before, hidden: &hidden };
            self.verdicts(settings, &own, &judged, &mut rows)?;
            let parts = assessments::images_of_registry(tx, *number)?;
            let images = RollUp { counts: state_counts(&parts) };
            let verdicts: Vec<_> = judged.verdicts.iter().map(|(index, is)| (*index, is.state)).collect();
            let mut all = states::counts(settings.controls, &verdicts);
            if images.counts.total() > 0 {
                all.add(images.state(), 1);
            }
            let state = all.state().unwrap_or(StateKind::NotApplicable);
            let texts = [states::cause(settings.controls, state, &judged), of_images(&parts, state)];
            let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
            let whole = Whole {
                asset_id: registry.asset_id.clone(),
                kind: AssetKind::Registry,
                number: *number,
                scope: registry.scope.as_str().to_owned(),
                owner: registry.owner.clone(),
                state,
                cause: texts.join("; "),
                parts,
                states: letters(&judged),
                since: self.now,
                evaluated: self.now,
            };
            let before = assessments::state_of(tx, &[asset])?.remove(asset);
            let whole = self.since(before, whole);
            assessments::put_state(tx, &[whole])?;
            assessments::put_assessments(tx, &rows)?;
            judging::registry_judged(tx, *number)?;
        }
        Ok(())
    }
}

/// An asset, and what was said of it before.
struct Own<'a, 'b> {
    asset: &'a str,
    scope: &'b str,
    before: &'b [Assessed],
    hidden: &'b HashMap<&'static str, u64>,
}

/// The store's number in an id of ours.
fn number(id: Option<&str>) -> Option<i64> {
    id?.parse().ok()
}

fn stored(counts: &StateCounts) -> Counts {
    Counts {
        healthy: counts.healthy,
        unhealthy: counts.unhealthy,
        not_applicable: counts.not_applicable,
        not_assessed: counts.not_assessed,
    }
}

fn state_counts(counts: &Counts) -> StateCounts {
    StateCounts {
        healthy: counts.healthy,
        unhealthy: counts.unhealthy,
        not_applicable: counts.not_applicable,
        not_assessed: counts.not_assessed,
    }
}

/// What its images make it, in words.
fn of_images(parts: &Counts, state: StateKind) -> String {
    let counts = state_counts(parts);
    let (of, all) = (counts.get(state), counts.total());
    match state {
        StateKind::Healthy => String::new(),
        _ if all == 0 => "there are no images".to_owned(),
        _ if of == 0 => String::new(),
        StateKind::Unhealthy => format!("{of} of {all} images are unhealthy"),
        StateKind::NotAssessed => format!("{of} of {all} images are not assessed"),
        StateKind::NotApplicable => format!("{of} of {all} images are not applicable"),
    }
}
