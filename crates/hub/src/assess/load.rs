//! Images and registries with their facts and findings, and what people said: everything that judging asks for.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use posture::{
    Criteria, DisableRule, Exemption, ExemptionCategory, FindingFacts, ImageAsset, ImageFacts, Parameters,
    Plan, PlanSet, RegistryFacts, Releases, Scope, Settings, Target, Time,
};
use store::{
    MAX_LIMIT, Micros, PageRequest, StoreError, Tx, disable_rules, exemptions,
    judging::{self, Place},
    registries, scopes,
};

use super::{
    facts::{self, Bases, Data, Known, Looked},
    world::World,
};

/// What people said, as posture reads it.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Disable rules that hold; their ids are the store's numbers.
    pub rules: Vec<DisableRule>,
    /// Exemptions that hold.
    pub exemptions: Vec<Exemption>,
    /// Values of parameters that differ from the defaults, by the control's id.
    pub parameters: BTreeMap<String, Parameters>,
    /// What is said about plans, by scope and plan.
    plans: HashMap<(String, Plan), bool>,
}

/// A scope of the store as posture knows it.
///
/// # Errors
/// [`StoreError::Invalid`] for a path that the hub never wrote.
pub fn scope(path: &str) -> Result<Scope, StoreError> {
    Scope::new(path).map_err(|error| StoreError::Invalid(error.to_string()))
}

/// A rule of the store as posture knows it.
///
/// # Errors
/// [`StoreError::Invalid`] when its criteria do not read: it would hide other things than it was made for.
pub fn rule(rule: &disable_rules::Rule) -> Result<DisableRule, StoreError> {
    let criteria: Criteria = serde_json::from_str(&rule.made.criteria).map_err(|error| {
        StoreError::Invalid(format!("the criteria of disable rule {} do not read: {error}", rule.id))
    })?;
    Ok(DisableRule {
        id: rule.id.to_string(),
        scope: scope(&rule.made.scope)?,
        control: rule.made.control.clone(),
        criteria,
        justification: rule.made.justification.clone(),
        created: Time(rule.made.created.0),
        expires: rule.made.expires.map(|at| Time(at.0)),
    })
}

/// An exemption of the store as posture knows it.
///
/// # Errors
/// [`StoreError::Invalid`] for words that the hub never wrote.
pub fn exemption(exemption: &exemptions::Exemption) -> Result<Exemption, StoreError> {
    let category: ExemptionCategory = exemption.made.category.parse().map_err(StoreError::Invalid)?;
    Ok(Exemption {
        id: exemption.id.to_string(),
        control: exemption.made.control.clone(),
        target: match &exemption.made.target {
            exemptions::Target::Scope(path) => Target::Scope(scope(path)?),
            exemptions::Target::Asset(asset) => Target::Asset(asset.clone()),
        },
        category,
        reason: exemption.made.reason.clone(),
        created: Time(exemption.made.created.0),
        expires: exemption.made.expires.map(|at| Time(at.0)),
    })
}

impl Said {
    /// What holds at `now`.
    ///
    /// # Errors
    /// The store's.
    pub fn read(tx: &mut Tx<'_>, now: Micros) -> Result<Self, StoreError> {
        let rules = disable_rules::active(tx, now)?.iter().map(rule).collect::<Result<_, _>>()?;
        let exempted = exemptions::active(tx, now)?.iter().map(exemption).collect::<Result<_, _>>()?;
        let plans = scopes::plans(tx)?;
        // A plan that an older or newer release knew says nothing here.
        let plans =
            plans.into_iter().filter_map(|said| Some(((said.scope, said.plan.parse().ok()?), said.on)));
        Ok(Self { rules, exemptions: exempted, parameters: BTreeMap::new(), plans: plans.collect() })
    }

    /// Which plans are on in a scope: as is said there or nearest above, and on where nothing is said.
    #[must_use]
    pub fn plans_of(&self, scope: &Scope) -> PlanSet {
        Plan::ALL.into_iter().fold(PlanSet::ALL, |set, plan| {
            let on = scope
                .with_those_above()
                .find_map(|above| self.plans.get(&(above.as_str().to_owned(), plan)).copied());
            set.with(plan, on.unwrap_or(true))
        })
    }

    /// The same with a plan switched on or off on a scope, or (`None`) with nothing said there.
    #[must_use]
    pub fn with_plan(mut self, scope: &str, plan: Plan, on: Option<bool>) -> Self {
        let key = (scope.to_owned(), plan);
        match on {
            Some(on) => _ = self.plans.insert(key, on),
            None => _ = self.plans.remove(&key),
        }
        self
    }

    /// As settings at `now`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the controls that are carried in the binary do not load; a test loads them.
    pub fn settings(&self, now: Micros) -> Result<Settings<'_>, StoreError> {
        Ok(Settings {
            controls: controls()?,
            parameters: &self.parameters,
            rules: &self.rules,
            exemptions: &self.exemptions,
            now: Time(now.0),
        })
    }
}

/// The controls.
///
/// # Errors
/// When those that are carried in the binary do not load; a test loads them.
pub fn controls() -> Result<&'static posture::Controls, StoreError> {
    posture::builtin().map_err(|error| StoreError::Invalid(error.to_string()))
}

fn releases() -> Result<&'static Releases, StoreError> {
    posture::releases().map_err(|error| StoreError::Invalid(error.to_string()))
}

/// An image in one place, with its facts and findings.
#[derive(Clone, Debug)]
pub struct Image {
    /// The place.
    pub place: Place,
    /// Its scope.
    pub scope: Scope,
    /// What is on there.
    pub plans: PlanSet,
    /// Digests of its manifest and configuration.
    pub digests: Vec<String>,
    /// Its facts.
    pub facts: ImageFacts,
    /// Its findings that count before rules, as places in those that were loaded.
    pub findings: Vec<u32>,
}

impl Image {
    /// As posture reads it.
    #[must_use]
    pub fn asset(&self) -> ImageAsset<'_> {
        ImageAsset {
            id: &self.place.asset_id,
            scope: &self.scope,
            plans: self.plans,
            digests: &self.digests,
            facts: &self.facts,
            findings: &self.findings,
        }
    }
}

/// A registry with its facts.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Its number.
    pub number: i64,
    /// The asset's id.
    pub asset_id: String,
    /// Its scope.
    pub scope: Scope,
    /// What is on there.
    pub plans: PlanSet,
    /// Its facts.
    pub facts: RegistryFacts,
    /// The team that runs it.
    pub owner: Option<String>,
}

impl Registry {
    /// As posture reads it.
    #[must_use]
    pub fn asset(&self) -> posture::RegistryAsset<'_> {
        posture::RegistryAsset {
            id: &self.asset_id,
            scope: &self.scope,
            plans: self.plans,
            facts: &self.facts,
        }
    }
}

/// Images that were loaded together.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The images.
    pub images: Vec<Image>,
    /// Their findings, each once: places in the world.
    findings: Vec<u32>,
}

/// What loading needs beside the store.
#[derive(Debug)]
pub(crate) struct Around {
    pub(crate) now: Micros,
    pub(crate) data: Data,
    pub(crate) said: Said,
    pub(crate) registries: HashMap<i64, Known>,
}

impl Around {
    /// What holds at `now`.
    pub(crate) fn read(tx: &mut Tx<'_>, data: Data, now: Micros) -> Result<Self, StoreError> {
        let mut known = HashMap::new();
        let mut request = PageRequest::first(MAX_LIMIT);
        loop {
            let page = registries::list(tx, &request)?;
            for registry in page.items {
                let observed = registries::observed(tx, registry.id)?;
                let owner = registries::owner(tx, registry.id)?;
                known.insert(registry.id, Known { observed, owner, registry });
            }
            match page.next {
                Some(next) => request.after = Some(next),
                None => break,
            }
        }
        Ok(Self { now, data, said: Said::read(tx, now)?, registries: known })
    }

    /// Registries in a scope and below it.
    pub(crate) fn registries_within(&self, within: &Scope) -> Result<Vec<Registry>, StoreError> {
        let mut found = Vec::new();
        for known in self.registries.values() {
            let own = scope(&known.registry.scope)?;
            if within.holds(&own) {
                found.push(self.registry(known)?);
            }
        }
        found.sort_by_key(|registry| registry.number);
        Ok(found)
    }

    pub(crate) fn registry(&self, known: &Known) -> Result<Registry, StoreError> {
        let own = scope(&known.registry.scope)?;
        Ok(Registry {
            number: known.registry.id,
            asset_id: format!("registry/{}", known.registry.name),
            plans: self.said.plans_of(&own),
            scope: own,
            facts: known.facts(),
            owner: known.owner.clone(),
        })
    }
}

impl Loaded {
    /// Loads images in these places.
    pub(crate) fn read(
        tx: &mut Tx<'_>,
        world: &mut World,
        around: &Around,
        places: Vec<Place>,
    ) -> Result<Self, StoreError> {
        let numbers: BTreeSet<i64> = places.iter().filter_map(|place| place.image).collect();
        let numbers: Vec<i64> = numbers.into_iter().collect();
        let units_of = judging::units_of(tx, &numbers)?;
        world.read(tx, &units_of.iter().map(|(_, unit)| *unit).collect())?;
        let mut units: HashMap<i64, Vec<i64>> = HashMap::with_capacity(numbers.len());
        for (image, unit) in units_of {
            units.entry(image).or_default().push(unit);
        }
        let hidden: HashSet<(i64, i64)> = judging::hidden_of(tx, &numbers)?.into_iter().collect();
        let mut loaded = Self::default();
        let mut local: HashMap<u32, u32> = HashMap::new();
        let mut bases = Bases::default();
        let mut contents = HashMap::with_capacity(numbers.len());
        for content in judging::contents(tx, &numbers)? {
            let mut looked = Looked::default();
            let mut findings = Vec::new();
            let declared_counts = matches!(content.kind.as_str(), "source" | "sbom");
            for unit in units.get(&content.id).into_iter().flatten() {
                for (place, package) in world.packages(*unit) {
                    if !hidden.is_empty() && hidden.contains(&(content.id, place)) {
                        continue;
                    }
                    if declared_counts || !package.is_declared {
                        looked.add(package);
                    }
                    findings.extend(package.findings.clone().map(|global| {
                        *local.entry(global).or_insert_with(|| {
                            loaded.findings.push(global);
                            u32::try_from(loaded.findings.len() - 1).unwrap_or(u32::MAX)
                        })
                    }));
                }
            }
            let facts = facts::content(tx, &content, &looked, around.data, releases()?, &mut bases)?;
            contents.insert(content.id, (content.config_digest, facts, findings));
        }
        let mut plans: HashMap<String, (Scope, PlanSet)> = HashMap::new();
        for place in places {
            let (own, on) = match plans.get(&place.scope) {
                Some(known) => known.clone(),
                None => {
                    let own = scope(&place.scope)?;
                    let on = around.said.plans_of(&own);
                    plans.insert(place.scope.clone(), (own.clone(), on));
                    (own, on)
                }
            };
            let known = place.registry.and_then(|registry| around.registries.get(&registry));
            let usage = facts::usage(&place, known.map(|known| &known.registry), around.now);
            let mut digests = vec![place.manifest_digest.clone()];
            let (facts, findings) = match place.image.and_then(|image| contents.get(&image)) {
                Some((config_digest, facts, findings)) => {
                    digests.push(config_digest.clone());
                    (facts.clone(), findings.clone())
                }
                None => (ImageFacts::default(), Vec::new()),
            };
            let facts = ImageFacts { usage, owner: place.owner.clone(), ..facts };
            loaded.images.push(Image { place, scope: own, plans: on, digests, facts, findings });
        }
        Ok(loaded)
    }

    /// The findings, as rules look at them.
    pub(crate) fn facts<'w>(&self, world: &'w World) -> Result<Vec<FindingFacts<'w>>, StoreError> {
        self.findings
            .iter()
            .map(|global| {
                world.finding(*global).ok_or_else(|| {
                    StoreError::Invalid(
                        "a finding is no longer at hand: it was read in another turn".to_owned(),
                    )
                })
            })
            .collect()
    }
}
