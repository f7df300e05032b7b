//! Where images lie: registries, scopes, owners, placements with what was seen when.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::{
    Micros, Store,
    placements::{self, Sighting, Trigger},
    registries::{self, Settings},
    scopes::{self, Assignment, Owner, Rule, Scope},
};

use super::{
    DAY, Failed, Plan,
    dice::{below, chance, hash},
};

/// A team: what it owns, and where.
#[derive(Debug)]
pub(crate) struct Team {
    pub(crate) name: &'static str,
    /// Its repositories begin so.
    pub(crate) prefix: &'static str,
    scope: &'static str,
    /// Somebody is told to fix things.
    is_owner: bool,
}

const fn team(name: &'static str, prefix: &'static str, scope: &'static str, is_owner: bool) -> Team {
    Team { name, prefix, scope, is_owner }
}

/// Teams, the largest first.
pub(crate) const TEAMS: &[Team] = &[
    team("Checkout", "retail/checkout", "retail/checkout", true),
    team("Search", "retail/search", "retail/search", true),
    team("Payments", "payments", "payments", true),
    team("Platform", "platform", "platform", true),
    team("Data", "data", "data", true),
    team("Mobile", "mobile", "mobile", true),
    team("Cards", "cards", "payments/cards", true),
    team("Observability", "observability", "platform/observability", true),
    team("Catalogue", "retail/catalogue", "retail", true),
    team("Support", "support", "support", false),
    team("Research", "research", "data/research", true),
    team("Identity", "identity", "platform/identity", true),
];

const SCOPES: &[(&str, &str)] = &[
    ("retail", "Retail"),
    ("retail/checkout", "Checkout"),
    ("retail/search", "Search"),
    ("payments", "Payments"),
    ("payments/cards", "Cards"),
    ("platform", "Platform"),
    ("platform/observability", "Observability"),
    ("platform/identity", "Identity"),
    ("data", "Data"),
    ("data/research", "Research"),
    ("mobile", "Mobile"),
    ("support", "Support"),
];

/// Name, address, does it tell of pulls.
const REGISTRIES: &[(&str, &str, Option<bool>)] = &[
    ("prod", "prod.registry.example", Some(true)),
    ("staging", "staging.registry.example", Some(true)),
    ("edge", "edge.registry.example", Some(true)),
    ("legacy", "legacy.registry.example", None),
];

/// An image that waits for its place.
pub(crate) struct Placed {
    pub(crate) repository: String,
    pub(crate) manifest: String,
    pub(crate) config: String,
    pub(crate) tag: String,
    pub(crate) at: Micros,
    pub(crate) is_newest: bool,
    /// What its chances hang on.
    pub(crate) parts: u64,
}

/// The registries of a fleet, with the rules that say what belongs where.
#[derive(Clone, Debug)]
pub(crate) struct Registries {
    ids: Vec<(i64, &'static str)>,
    rules: Vec<Rule>,
    today: Micros,
    seed: u64,
}

impl Registries {
    /// The secret with which each registry takes notifications. Anybody can work it out: the store is made up.
    pub(crate) fn secrets(&self) -> BTreeMap<String, String> {
        self.ids.iter().map(|(_, name)| ((*name).to_owned(), secret(self.seed, name))).collect()
    }
}

fn secret(seed: u64, registry: &str) -> String {
    format!("fleet-{registry}-{seed}")
}

/// Makes scopes, owners, rules and registries.
pub(crate) async fn registries(store: &Store, plan: &Plan) -> Result<Registries, Failed> {
    let (seed, today) = (plan.seed, plan.today);
    let began = Micros(today.0 - 400 * DAY);
    let made = store
        .write(move |tx| {
            for (id, name) in SCOPES {
                let parent = Some(id.rsplit_once('/').map_or("", |(above, _)| above).to_owned());
                scopes::create(
                    tx,
                    &Scope { id: (*id).to_owned(), parent, name: (*name).to_owned(), created: began },
                )?;
            }
            let mut rules = Vec::new();
            for (number, team) in TEAMS.iter().enumerate() {
                let id = format!("{:016x}", hash(&[7, number as u64]));
                if team.is_owner {
                    let contact = format!("{}@example.com", team.name.to_lowercase());
                    scopes::create_owner(tx, &Owner { id: id.clone(), name: team.name.to_owned(), contact })?;
                }
                rules.push(Rule {
                    registry: None,
                    repository_prefix: team.prefix.to_owned(),
                    scope: team.scope.to_owned(),
                    owner: team.is_owner.then_some(id),
                });
            }
            scopes::set_rules(tx, &rules)?;
            let mut ids = Vec::new();
            for (name, address, tells_pulls) in REGISTRIES {
                let hash: String =
                    Sha256::digest(secret(seed, name)).iter().map(|byte| format!("{byte:02x}")).collect();
                let settings = Settings {
                    // Nobody answers there: it is never asked by itself.
                    poll_seconds: 0,
                    events_hash: hash,
                    mark: format!("mark-{name}"),
                    ..Settings::default()
                };
                let id = registries::create(tx, name, address, "", &settings, began)?;
                registries::set_state(tx, id, registries::RegistryState::Ok, None, began)?;
                if let Some(pull) = tells_pulls {
                    registries::notified(tx, id, *pull, Micros(today.0 - DAY / 24))?;
                }
                ids.push((id, *name));
            }
            Ok(Registries { ids, rules, today, seed })
        })
        .await?;
    Ok(made)
}

/// Puts images into their registries, in one transaction.
/// Gives those that are to go: by repository and manifest.
pub(crate) async fn place(
    store: &Store,
    registries: &Registries,
    placed: Vec<Placed>,
) -> Result<Vec<(i64, String)>, Failed> {
    let registries = registries.clone();
    let gone = store
        .write(move |tx| {
            let mut gone = Vec::new();
            for image in &placed {
                let dice = |turn: u64| hash(&[image.parts, turn]);
                // A seventh was promoted: the same content lies in staging and production.
                let first = if chance(14, &[dice(1)]) { 3 } else { below(3, &[dice(2)]) as usize };
                let also = chance(14, &[dice(3)]).then_some(1).filter(|also| *also != first);
                for at in std::iter::once(first).chain(also) {
                    let Some((registry, name)) = registries.ids.get(at) else { continue };
                    let repository = placements::repository(tx, *registry, &image.repository, image.at)?;
                    let Assignment { scope, owner } =
                        scopes::assign(&registries.rules, name, &image.repository, "", None);
                    let trigger = match below(10, &[dice(4)]) {
                        0..7 => Trigger::Push,
                        7 => Trigger::Poll,
                        _ => Trigger::Import,
                    };
                    let mut seen = Sighting {
                        registry: name,
                        repository,
                        repository_name: &image.repository,
                        digest: &image.manifest,
                        scope: &scope,
                        owner: owner.as_deref(),
                        trigger,
                        evidence: &json!({"actor": "ci", "tag": image.tag}).to_string(),
                        at: image.at,
                    };
                    placements::see(tx, &seen)?;
                    placements::link(tx, &image.manifest, &image.config)?;
                    placements::name(tx, name, &image.repository, &image.manifest, &image.config)?;
                    placements::tag(tx, repository, &image.tag, &image.manifest, image.at)?;
                    placements::tag(tx, repository, "latest", &image.manifest, image.at)?;
                    // What runs is pulled again and again; what was replaced, once.
                    let pulled = if image.is_newest {
                        registries.today.0 - i64::from(below(20, &[dice(5)])) * DAY - DAY / 3
                    } else {
                        image.at.0 + i64::from(below(40, &[dice(6)])) * DAY
                    };
                    if at != 3 && pulled < registries.today.0 && chance(80, &[dice(7)]) {
                        (seen.trigger, seen.at) = (Trigger::Pull, Micros(pulled.max(image.at.0)));
                        placements::see(tx, &seen)?;
                    }
                    let age = (registries.today.0 - image.at.0) / DAY;
                    if age > 200 && !image.is_newest && chance(10, &[dice(8)]) {
                        gone.push((repository, image.manifest.clone()));
                    }
                }
            }
            Ok(gone)
        })
        .await?;
    Ok(gone)
}

/// What is gone goes, and the looks at the registries have ended.
pub(crate) async fn settle(
    store: &Store,
    registries: &Registries,
    plan: &Plan,
    gone: Vec<(i64, String)>,
) -> Result<(), Failed> {
    let (registries, now) = (registries.clone(), Micros(plan.today.0 - DAY / 24));
    store
        .write(move |tx| {
            for (repository, manifest) in &gone {
                placements::retire(tx, *repository, manifest, now)?;
            }
            for (id, _) in &registries.ids {
                registries::set_cursor(tx, *id, None, now)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_team_has_its_scope_and_no_prefix_hides_another() {
        for team in TEAMS {
            assert!(SCOPES.iter().any(|(id, _)| *id == team.scope), "{}", team.scope);
            let hides = |other: &Team| {
                other.prefix.strip_prefix(team.prefix).is_some_and(|rest| rest.starts_with('/'))
            };
            assert!(!TEAMS.iter().any(hides), "{}", team.prefix);
        }
        for (id, _) in SCOPES {
            let above = id.rsplit_once('/').map(|(above, _)| above);
            assert!(above.is_none_or(|above| SCOPES.iter().any(|(id, _)| *id == above)), "{id}");
        }
    }
}
