//! The tree, and what hangs on it.

use store::{
    Micros, PageRequest, StoreError, Tx, scopes,
    scopes::{Owner, Rule, Scope},
    values,
};

use crate::harness::{Db, on_both};

on_both! {
    the_tree_grows_is_listed_and_pruned,
    plans_are_inherited_until_said_otherwise,
    rules_move_assets,
}

fn scope(id: &str) -> Scope {
    let parent = id.rsplit_once('/').map_or("", |(above, _)| above);
    Scope { id: id.to_owned(), parent: Some(parent.to_owned()), name: id.to_uppercase(), created: Micros(1) }
}

fn grow(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    ["org", "org/a", "org/a/x", "org-b", "org0", "zoo"]
        .iter()
        .try_for_each(|id| scopes::create(tx, &scope(id)))
}

async fn the_tree_grows_is_listed_and_pruned(db: Db) {
    db.store.write(grow).await.unwrap();
    let list = |within: &[&str]| {
        let filter = scopes::Filter { within: within.iter().map(|s| (*s).to_owned()).collect() };
        let store = db.store.clone();
        async move {
            let page =
                store.read(move |tx| scopes::list(tx, &filter, &PageRequest::default())).await.unwrap();
            page.items.into_iter().map(|s| s.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(list(&[""]).await, ["", "org", "org-b", "org/a", "org/a/x", "org0", "zoo"]);
    assert_eq!(list(&["org"]).await, ["org", "org/a", "org/a/x"]);
    assert_eq!(list(&["org/a", "zoo"]).await, ["org/a", "org/a/x", "zoo"]);
    assert_eq!(list(&[]).await, [""; 0]);
    for (wrong, parent) in [("org/q/r", Some("org")), ("q", None), ("org/", Some("org")), ("", Some(""))] {
        let made = Scope { parent: parent.map(str::to_owned), ..scope(wrong) };
        let refused = db.store.write(move |tx| scopes::create(tx, &made)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{wrong}: {refused:?}");
    }
    let orphan = db.store.write(|tx| scopes::create(tx, &scope("none/x"))).await;
    assert!(matches!(orphan, Err(StoreError::Constraint(_))), "{orphan:?}");
    db.store
        .write(|tx| {
            scopes::rename(tx, "zoo", "Zoo")?;
            assert_eq!(scopes::find(tx, "zoo")?, Some(Scope { name: "Zoo".to_owned(), ..scope("zoo") }));
            assert_eq!(scopes::used_by(tx, "org/a")?.as_deref(), Some("1 scope below it"));
            assert_eq!(scopes::used_by(tx, "zoo")?, None);
            scopes::set_plan(tx, "zoo", "registries", false)?;
            scopes::delete(tx, "zoo")?;
            assert_eq!(scopes::find(tx, "zoo")?, None);
            Ok(())
        })
        .await
        .unwrap();
    let used = db.store.write(|tx| scopes::delete(tx, "org/a")).await;
    assert!(matches!(used, Err(StoreError::Constraint(_))), "{used:?}");
    assert!(matches!(db.store.write(|tx| scopes::delete(tx, "")).await, Err(StoreError::Invalid(_))));
    assert!(matches!(db.store.write(|tx| scopes::delete(tx, "q")).await, Err(StoreError::NotFound { .. })));
}

async fn plans_are_inherited_until_said_otherwise(db: Db) {
    db.store
        .write(|tx| {
            grow(tx)?;
            assert!(scopes::is_on(tx, "org/a/x", "registries")?, "on where nothing is said");
            scopes::set_plan(tx, "", "registries", false)?;
            scopes::set_plan(tx, "org/a", "registries", true)?;
            scopes::set_plan(tx, "org/a", "registries", true)?;
            scopes::set_plan(tx, "org", "hosts", false)?;
            for (scope, plan, on) in [
                ("", "registries", false),
                ("org", "registries", false),
                ("org/a", "registries", true),
                ("org/a/x", "registries", true),
                ("org-b", "registries", false),
                ("org/a/x", "hosts", false),
                ("zoo", "hosts", true),
            ] {
                assert_eq!(scopes::is_on(tx, scope, plan)?, on, "{scope} {plan}");
            }
            let said: Vec<_> =
                scopes::plans_above(tx, "org/a/x")?.into_iter().map(|p| (p.scope, p.plan, p.on)).collect();
            let wanted = [("", "registries", false), ("org", "hosts", false), ("org/a", "registries", true)];
            assert_eq!(said, wanted.map(|(s, p, on)| (s.to_owned(), p.to_owned(), on)));
            Ok(())
        })
        .await
        .unwrap();
}

async fn rules_move_assets(db: Db) {
    let owner =
        |id: &str, name: &str| Owner { id: id.to_owned(), name: name.to_owned(), contact: String::new() };
    let rule = |prefix: &str, scope: &str, owner: Option<&str>| Rule {
        registry: Some("main".to_owned()),
        repository_prefix: prefix.to_owned(),
        scope: scope.to_owned(),
        owner: owner.map(str::to_owned),
    };
    let places = |tx: &mut Tx<'_>| {
        tx.query("SELECT asset_id, scope, owner FROM placement ORDER BY asset_id", &[])?
            .iter()
            .map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .collect::<Result<Vec<(String, String, Option<String>)>, StoreError>>()
    };
    db.store
        .write(move |tx| {
            grow(tx)?;
            scopes::create_owner(tx, &owner("o1", "Team"))?;
            scopes::create_owner(tx, &owner("o2", "Other"))?;
            let registry: i64 = tx
                .query_one(
                    "INSERT INTO registry (name, address, created, state_since) VALUES ('main', 'r:5000', 0, 0) RETURNING id",
                    &[],
                )?
                .get(0)?;
            for name in ["shop/web", "shopping"] {
                let repository: i64 = tx
                    .query_one(
                        "INSERT INTO repository (registry, name, first_seen, last_seen) VALUES ($1, $2, 0, 0) RETURNING id",
                        &values![registry, name],
                    )?
                    .get(0)?;
                tx.execute(
                    "INSERT INTO placement (asset_id, repository, manifest_digest, scope, first_seen, last_seen, trigger) \
                     VALUES ($1, $2, 'sha256:00', '', 0, 0, 'push')",
                    &values![name, repository],
                )?;
            }
            let rules = [rule("shop", "org/a", Some("o1")), rule("", "zoo", None)];
            scopes::set_rules(tx, &rules)?;
            assert_eq!(scopes::rules(tx)?, rules);
            let at = |a: &str, s: &str, o: Option<&str>| (a.to_owned(), s.to_owned(), o.map(str::to_owned));
            assert_eq!(places(tx)?, [at("shop/web", "org/a", Some("o1")), at("shopping", "zoo", None)]);
            assert_eq!(scopes::reassign(tx)?, 0, "what is right stays untouched");
            assert_eq!(scopes::owner_used_by(tx, "o1")?.as_deref(), Some("1 asset of it"));
            assert_eq!(scopes::used_by(tx, "zoo")?.as_deref(), Some("1 asset in it"));
            scopes::set_rules(tx, &[rule("shop/web", "org", Some("o2"))])?;
            assert_eq!(places(tx)?, [at("shop/web", "org", Some("o2")), at("shopping", "", None)]);
            scopes::change_owner(tx, &Owner { contact: "#team".to_owned(), ..owner("o1", "Team") })?;
            assert_eq!(scopes::find_owner(tx, "o1")?.unwrap().contact, "#team");
            assert_eq!(scopes::owner_by_name(tx, "Other")?, Some(owner("o2", "Other")));
            scopes::delete_owner(tx, "o1")?;
            let left = scopes::owners(tx, &PageRequest::default())?;
            assert_eq!(left.items, [owner("o2", "Other")]);
            Ok(())
        })
        .await
        .unwrap();
    let none = db.store.write(move |tx| scopes::set_rules(tx, &[rule("", "nowhere", None)])).await;
    assert!(matches!(none, Err(StoreError::Constraint(_))), "{none:?}");
    assert_eq!(db.store.read(scopes::rules).await.unwrap().len(), 1, "the rules that were there stay");
}
