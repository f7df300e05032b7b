//! Assessments, assets as wholes, marks, exemptions, rules and scores.

use model::StateKind;
use store::{
    Micros, PageRequest, StoreError, Tx,
    assessments::{self, Assessed, AssetKind, Counts, Exempted, Filter, Whole},
    audit, disable_rules,
    exemptions::{self, Target},
    judging, placements,
    placements::{Sighting, Trigger},
    registries::{self, Observed, Settings},
    scopes::{self, Scope},
    scores::{self, Snapshot},
};

use crate::harness::{Db, on_both};

on_both! {
    what_changes_marks_what_hangs_on_it,
    assessments_are_written_listed_and_forgotten,
    exemptions_and_rules_end_and_are_taken_back,
    scores_are_sums_of_what_is_alike,
    a_registry_takes_its_assessments_with_it,
}

const ALL: &[&str] = &[""];

fn within(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(ToString::to_string).collect()
}

/// A registry with an image in each of two scopes; gives the registry's number and the places.
fn fleet(tx: &mut Tx<'_>) -> Result<(i64, [i64; 2]), StoreError> {
    for id in ["shop", "shop/web", "shopping"] {
        let parent = id.rsplit_once('/').map_or("", |(above, _)| above).to_owned();
        scopes::create(
            tx,
            &Scope { id: id.to_owned(), parent: Some(parent), name: id.to_owned(), created: Micros(1) },
        )?;
    }
    let registry = registries::create(tx, "main", "registry.test", "", &Settings::default(), Micros(1))?;
    let mut places = [0; 2];
    for (place, (repository_name, scope)) in
        places.iter_mut().zip([("shop/web", "shop/web"), ("shopping", "shopping")])
    {
        let repository = placements::repository(tx, registry, repository_name, Micros(2))?;
        let seen = Sighting {
            registry: "main",
            repository,
            repository_name,
            digest: "sha256:aa",
            scope,
            owner: None,
            trigger: Trigger::Push,
            evidence: "{}",
            at: Micros(3),
        };
        *place = placements::see(tx, &seen)?.id;
    }
    Ok((registry, places))
}

fn judged(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let due = assessments::due_placements(tx, 100)?;
    judging::placements_judged(tx, &due)?;
    for registry in assessments::due_registries(tx)? {
        judging::registry_judged(tx, registry)?;
    }
    Ok(())
}

/// Which places are due, and whether the registry is; all are judged then.
fn due(tx: &mut Tx<'_>, places: [i64; 2]) -> Result<(bool, bool, bool), StoreError> {
    let found = assessments::due_placements(tx, 100)?;
    let registry = !assessments::due_registries(tx)?.is_empty();
    judged(tx)?;
    Ok((found.contains(&places[0]), found.contains(&places[1]), registry))
}

async fn what_changes_marks_what_hangs_on_it(db: Db) {
    db.store
        .write(|tx| {
            let (registry, places) = fleet(tx)?;
            assert_eq!(due(tx, places)?, (true, true, true), "what is new");
            assert_eq!(due(tx, places)?, (false, false, false));
            assessments::mark_scope_due(tx, "shop")?;
            assert_eq!(due(tx, places)?, (true, false, false), "not the one whose name begins alike");
            assessments::mark_scope_due(tx, "")?;
            assert_eq!(due(tx, places)?, (true, true, true));
            assessments::mark_asset_due(tx, "registry/main/shop")?;
            assert_eq!(due(tx, places)?, (true, false, false), "what is inside");
            assessments::mark_asset_due(tx, "registry/main/shop/web@sha256:aa")?;
            assert_eq!(due(tx, places)?, (true, false, false));
            assessments::mark_asset_due(tx, "registry/main/shop/web@sha256:a")?;
            assert_eq!(due(tx, places)?, (false, false, false));
            assessments::mark_asset_due(tx, "registry/main")?;
            assert_eq!(due(tx, places)?, (true, true, true));
            scopes::set_plan(tx, "shopping", "registries", false)?;
            assert_eq!(due(tx, places)?, (false, true, false));
            scopes::unset_plan(tx, "shopping", "registries")?;
            assert_eq!(due(tx, places)?, (false, true, false));
            assert_eq!(scopes::plans(tx)?, []);
            registries::notified(tx, registry, false, Micros(5))?;
            assert_eq!(due(tx, places)?, (false, false, false));
            registries::notified(tx, registry, true, Micros(5))?;
            assert_eq!(due(tx, places)?, (true, true, false), "pulls are told of from now on");
            registries::notified(tx, registry, true, Micros(6))?;
            assert_eq!(due(tx, places)?, (false, false, false));
            let seen = Observed { tls: Some(true), verified: Some(true), anonymous_write: Some(false) };
            registries::set_observed(tx, registry, &seen)?;
            assert_eq!(due(tx, places)?, (false, false, true));
            registries::set_observed(tx, registry, &seen)?;
            assert_eq!(due(tx, places)?, (false, false, false), "seen before");
            assert_eq!(registries::observed(tx, registry)?, seen);
            registries::change(tx, registry, "other.test", "", &Settings::default())?;
            assert_eq!(due(tx, places)?, (true, true, true));
            assert_eq!(registries::observed(tx, registry)?, Observed::default(), "another address");
            registries::set_cursor(tx, registry, None, Micros(7))?;
            assert_eq!(due(tx, places)?, (false, false, true), "it answered for the first time");
            placements::failed(tx, "sha256:aa", "sha256:cc", "[]", Micros(8))?;
            assert_eq!(due(tx, places)?, (true, true, false));
            let repository = placements::find_repository(tx, registry, "shopping")?.unwrap();
            placements::retire(tx, repository, "sha256:aa", Micros(9))?;
            assert_eq!(due(tx, places)?, (false, true, false));
            assessments::mark_all_due(tx)?;
            assert_eq!(due(tx, places)?, (true, false, true), "what is gone is judged no more");
            Ok(())
        })
        .await
        .unwrap();
}

fn says(control: &str, state: StateKind, findings: u64) -> Assessed {
    Assessed {
        control: control.to_owned(),
        state,
        causes: r#"[{"code":"not-scanned","text":"not scanned yet"}]"#.to_owned(),
        notes: "[]".to_owned(),
        findings,
        hidden: findings,
        exempted: None,
        first_evaluated: Micros(10),
        changed: Micros(10),
    }
}

fn whole(asset: &str, number: i64, scope: &str, states: &str) -> Whole {
    Whole {
        asset_id: asset.to_owned(),
        kind: AssetKind::Image,
        number,
        scope: scope.to_owned(),
        owner: None,
        state: StateKind::Unhealthy,
        cause: "1 high".to_owned(),
        parts: Counts { healthy: 1, unhealthy: 2, not_applicable: 3, not_assessed: 4 },
        states: states.to_owned(),
        since: Micros(10),
        evaluated: Micros(10),
    }
}

const WEB: &str = "registry/main/shop/web@sha256:aa";
const SHOPPING: &str = "registry/main/shopping@sha256:aa";

async fn assessments_are_written_listed_and_forgotten(db: Db) {
    db.store
        .write(|tx| {
            let (registry, places) = fleet(tx)?;
            let of = |states| {
                [whole(WEB, places[0], "shop/web", states), whole(SHOPPING, places[1], "shopping", states)]
            };
            assessments::put_state(tx, &of("uh"))?;
            assessments::put_state(tx, &of("uu"))?;
            assert_eq!(assessments::state_of(tx, &[WEB, "nothing"])?[WEB], of("uu")[0]);
            let exempted = Exempted { exemption: 7, state: StateKind::Unhealthy, findings: 3 };
            let not = Assessed { exempted: Some(exempted), ..says("a", StateKind::NotApplicable, 0) };
            let rows = [
                (WEB, says("a", StateKind::Unhealthy, 2)),
                (WEB, says("b", StateKind::Healthy, 0)),
                (SHOPPING, not.clone()),
            ];
            assessments::put_assessments(tx, &rows)?;
            assessments::put_assessments(tx, &rows)?;
            let found = assessments::assessments_of(tx, &[WEB, SHOPPING])?;
            assert_eq!((found[WEB].len(), &found[SHOPPING]), (2, &vec![not]));
            let list = |tx: &mut Tx<'_>, filter: Filter| {
                let filter = Filter { control: "a".to_owned(), ..filter };
                let page = assessments::list(tx, &filter, &PageRequest::first(1))?;
                let count = assessments::count(tx, &filter)?;
                let mut assets: Vec<String> = page.items.iter().map(|row| row.asset_id.clone()).collect();
                if let Some(next) = page.next {
                    let request = PageRequest { after: Some(next), ..PageRequest::first(9) };
                    assets.extend(
                        assessments::list(tx, &filter, &request)?.items.into_iter().map(|row| row.asset_id),
                    );
                }
                assert_eq!(assets.len() as u64, count);
                Ok::<_, StoreError>(assets)
            };
            let all = Filter { within: within(ALL), ..Filter::default() };
            assert_eq!(list(tx, all.clone())?, [WEB, SHOPPING], "most findings first");
            assert_eq!(list(tx, Filter { within: within(&["shop"]), ..all.clone() })?, [WEB]);
            assert_eq!(list(tx, Filter { within: within(&[]), ..all.clone() })?, [] as [&str; 0]);
            assert_eq!(
                list(tx, Filter { states: vec![StateKind::NotApplicable], ..all.clone() })?,
                [SHOPPING]
            );
            assert_eq!(list(tx, Filter { text: "/web@".to_owned(), ..all.clone() })?, [WEB]);
            assert_eq!(list(tx, Filter { owner: Some(String::new()), ..all.clone() })?.len(), 2);
            assert_eq!(list(tx, Filter { owner: Some("x".to_owned()), ..all.clone() })?.len(), 0);
            assert_eq!(list(tx, Filter { code: Some("not-scanned".to_owned()), ..all.clone() })?.len(), 2);
            assert_eq!(list(tx, Filter { code: Some("scanned".to_owned()), ..all })?.len(), 0);
            assert_eq!(assessments::causes(tx, "a", &within(ALL))?.len(), 1);
            assert_eq!(assessments::scopes_of_asset(tx, "registry/main")?, ["", "shop/web", "shopping"]);
            assert_eq!(assessments::scopes_of_asset(tx, "registry/main/shop")?, ["shop/web"]);
            assert_eq!(assessments::scopes_of_asset(tx, "registry/mai")?, [] as [&str; 0]);
            let effect = exemptions::effect(tx, 7)?;
            assert_eq!((effect.assets, effect.unhealthy, effect.findings), (1, 1, 3));
            assessments::put_hidden(tx, &[WEB, SHOPPING], &[(WEB, 1, 4), (SHOPPING, 1, 5), (WEB, 2, 6)])?;
            assert_eq!((disable_rules::hides(tx, 1)?, disable_rules::hides(tx, 2)?), (9, 6));
            assessments::put_hidden(tx, &[WEB], &[(WEB, 1, 3)])?;
            assert_eq!((disable_rules::hides(tx, 1)?, disable_rules::hides(tx, 2)?), (8, 0));
            assert_eq!(disable_rules::assets(tx, 1, "", false, 9)?, places);
            assert_eq!(disable_rules::assets(tx, 1, WEB, false, 9)?, [places[1]]);
            assert_eq!(disable_rules::assets(tx, 1, WEB, true, 1)?, [places[0]]);
            assert_eq!(scores::hidden(tx, &within(&["shop"]))?, [("a".to_owned(), 2)]);
            assert_eq!(scores::unhealthy_since(tx, "a", &within(ALL))?, Some(Micros(10)));
            assert_eq!(scores::unhealthy_since(tx, "b", &within(ALL))?, None);
            // A repository and a registry by what is in them.
            let repository = placements::find_repository(tx, registry, "shopping")?.unwrap();
            let of = assessments::repository(tx, repository)?.unwrap();
            assert_eq!((of.name.as_str(), of.parts.unhealthy), ("shopping", 1));
            let own = Whole {
                kind: AssetKind::Repository,
                number: repository,
                ..whole("registry/main/shopping", 0, "shopping", "")
            };
            assessments::put_state(tx, &[own])?;
            assert_eq!(assessments::images_of_registry(tx, registry)?.not_assessed, 4);
            assert_eq!(assessments::problems(tx, &within(ALL))?, []);
            assessments::forget(tx, &[WEB])?;
            assert_eq!(assessments::assessments_of(tx, &[WEB])?.len(), 0);
            assert_eq!(assessments::state_of(tx, &[WEB, SHOPPING])?.len(), 1);
            assert_eq!(disable_rules::hides(tx, 1)?, 5);
            Ok(())
        })
        .await
        .unwrap();
}

fn excuse(target: Target, expires: Option<i64>) -> exemptions::NewExemption {
    exemptions::NewExemption {
        control: "image.root-user".to_owned(),
        target,
        category: "waiver".to_owned(),
        reason: "r".to_owned(),
        expires: expires.map(Micros),
        created: Micros(20),
        created_by: "user/jane".to_owned(),
    }
}

async fn exemptions_and_rules_end_and_are_taken_back(db: Db) {
    db.store
        .write(|tx| {
            let (_, places) = fleet(tx)?;
            judged(tx)?;
            let scoped = exemptions::create(tx, &excuse(Target::Scope("shop".to_owned()), Some(50)))?;
            assert_eq!(due(tx, places)?, (true, false, false));
            let asset = exemptions::create(tx, &excuse(Target::Asset(SHOPPING.to_owned()), None))?;
            assert_eq!(due(tx, places)?, (false, true, false));
            let list = |tx: &mut Tx<'_>, scopes: &[&str], active: Option<(bool, i64)>| {
                let filter = exemptions::Filter {
                    within: within(scopes),
                    active: active.map(|(active, at)| (active, Micros(at))),
                    ..exemptions::Filter::default()
                };
                let ids: Vec<i64> = exemptions::list(tx, &filter, &PageRequest::default())?
                    .items
                    .iter()
                    .map(|row| row.id)
                    .collect();
                assert_eq!(exemptions::count(tx, &filter)?, ids.len() as u64);
                Ok::<_, StoreError>(ids)
            };
            assert_eq!(list(tx, ALL, None)?, [asset, scoped], "the newest first");
            assert_eq!(list(tx, &["shopping"], None)?, [asset], "where its place lies");
            assert_eq!(list(tx, &["shop"], None)?, [scoped]);
            assert_eq!(list(tx, ALL, Some((true, 49)))?, [asset, scoped]);
            assert_eq!(list(tx, ALL, Some((true, 50)))?, [asset]);
            assert_eq!(list(tx, ALL, Some((false, 50)))?, [scoped]);
            assert_eq!(exemptions::next_end(tx, Micros(20))?, Some(Micros(50)));
            assert_eq!(exemptions::mark_ended(tx, Micros(20), Micros(49))?, 0);
            assert_eq!(exemptions::mark_ended(tx, Micros(49), Micros(50))?, 1);
            assert_eq!(due(tx, places)?, (true, false, false));
            exemptions::set_removed(tx, asset, Some((Micros(60), "user/joe")))?;
            assert_eq!(due(tx, places)?, (false, true, false));
            let found = exemptions::find(tx, asset)?.unwrap();
            assert_eq!((found.removed, found.removed_by.as_deref()), (Some(Micros(60)), Some("user/joe")));
            assert_eq!(exemptions::active(tx, Micros(49))?.len(), 1);
            exemptions::set_removed(tx, asset, None)?;
            assert_eq!(exemptions::active(tx, Micros(49))?.len(), 2);
            judged(tx)?;
            let rule = disable_rules::NewRule {
                name: "n".to_owned(),
                scope: "shopping".to_owned(),
                control: None,
                criteria: "{}".to_owned(),
                justification: "j".to_owned(),
                expires: Some(Micros(70)),
                created: Micros(20),
                created_by: "user/jane".to_owned(),
            };
            let id = disable_rules::create(tx, &rule)?;
            assert_eq!(due(tx, places)?, (false, true, false));
            assert_eq!(disable_rules::find(tx, id)?.unwrap().made, rule);
            assert_eq!(disable_rules::next_end(tx, Micros(20))?, Some(Micros(70)));
            assert_eq!(disable_rules::active(tx, Micros(69))?.len(), 1);
            assert_eq!(disable_rules::active(tx, Micros(70))?.len(), 0);
            assert_eq!(disable_rules::mark_ended(tx, Micros(20), Micros(70))?, 1);
            assert_eq!(due(tx, places)?, (false, true, false));
            disable_rules::set_removed(tx, id, Some((Micros(30), "user/joe")))?;
            assert_eq!(due(tx, places)?, (false, true, false));
            let over = disable_rules::Filter { within: within(ALL), active: Some((false, Micros(40))) };
            assert_eq!(disable_rules::list(tx, &over, &PageRequest::default())?.items.len(), 1);
            assert_eq!(disable_rules::count(tx, &over)?, 1);
            assert_eq!(disable_rules::next_end(tx, Micros(20))?, None);
            // By what all was judged, and the way back in the trail.
            assert_eq!(judging::judged_by(tx)?, (String::new(), Micros(0)));
            judging::set_judged_by(tx, "x", Micros(9))?;
            assert_eq!(judging::judged_by(tx)?, ("x".to_owned(), Micros(9)));
            let entry = |undo_of| audit::NewEntry {
                at: Micros(1),
                actor: "hub".to_owned(),
                action: "x".to_owned(),
                subject: "y".to_owned(),
                before: None,
                after: None,
                undo_of,
                request_id: None,
            };
            audit::record(tx, &entry(None))?;
            assert_eq!(audit::undo_of(tx, 1)?, None);
            audit::record(tx, &entry(Some(1)))?;
            assert_eq!(audit::undo_of(tx, 1)?.map(|entry| entry.id), Some(2));
            Ok(())
        })
        .await
        .unwrap();
}

async fn scores_are_sums_of_what_is_alike(db: Db) {
    db.store
        .write(|tx| {
            let (_, places) = fleet(tx)?;
            assessments::put_state(
                tx,
                &[whole(WEB, places[0], "shop/web", "uh"), whole(SHOPPING, places[1], "shopping", "uh")],
            )?;
            let assets = |tx: &mut Tx<'_>, scopes: &[&str]| {
                let alike = scores::alike(tx, &within(scopes))?;
                Ok::<_, StoreError>(alike.iter().map(|alike| alike.assets).sum::<u64>())
            };
            assert_eq!((assets(tx, ALL)?, assets(tx, &["shop"])?, assets(tx, &[])?), (2, 1, 0));
            let at = |day, scope: &str, current| Snapshot {
                day,
                scope: scope.to_owned(),
                group: String::new(),
                current,
                max: 10.0,
                healthy: 1,
                unhealthy: 2,
            };
            scores::put(tx, &[at(1, "", 1.0), at(2, "", 2.0), at(1, "shop", 3.0)])?;
            scores::put(tx, &[at(2, "", 2.5)])?;
            assert_eq!(scores::history(tx, "", "", 2)?, [at(2, "", 2.5)]);
            assert_eq!(scores::history(tx, "", "", 0)?.len(), 2);
            assert_eq!(scores::history(tx, "shop", "", 0)?.len(), 1);
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_registry_takes_its_assessments_with_it(db: Db) {
    db.store
        .write(|tx| {
            let (registry, places) = fleet(tx)?;
            assessments::put_state(tx, &[whole(WEB, places[0], "shop/web", "uh")])?;
            assessments::put_assessments(tx, &[(WEB, says("a", StateKind::Unhealthy, 1))])?;
            assessments::put_hidden(tx, &[WEB], &[(WEB, 1, 4)])?;
            // One that is called alike stays.
            let other = "registry/main-two/app@sha256:aa";
            let sql = "INSERT INTO asset_state (asset_id, kind, scope, state, since, evaluated) \
                       VALUES ($1, 'image', '', 'unhealthy', 1, 1)";
            tx.execute(sql, &store::values![other])?;
            assessments::put_assessments(tx, &[(other, says("a", StateKind::Unhealthy, 1))])?;
            registries::remove(tx, registry)?;
            assert_eq!(assessments::state_of(tx, &[WEB])?.len(), 0);
            assert_eq!(assessments::assessments_of(tx, &[WEB, other])?.len(), 1);
            assert_eq!(disable_rules::hides(tx, 1)?, 0);
            Ok(())
        })
        .await
        .unwrap();
}
