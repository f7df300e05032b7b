//! What a removal takes with it.

use store::{
    Micros, StoreError, Tx, grants, removal, scopes, sessions, tokens,
    users::{self, User},
    values,
};

use crate::harness::{Db, on_both};

on_both! {
    a_user_goes_with_sessions_tokens_and_roles_and_is_counted_before,
    a_scope_is_held_by_what_hangs_on_it_and_goes_with_what_is_its_own,
}

fn grant(tx: &mut Tx<'_>, kind: &str, principal: &str, scope: &str) -> Result<(), StoreError> {
    let grant = grants::Grant {
        kind: kind.to_owned(),
        principal: principal.to_owned(),
        scope: scope.to_owned(),
        role: "viewer".to_owned(),
    };
    grants::put(tx, &grant)
}

fn user(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    let user = User {
        id: id.to_owned(),
        name: id.to_owned(),
        password_hash: "x".to_owned(),
        created: Micros(1),
        disabled: false,
    };
    users::create(tx, &user)?;
    let session = sessions::Session {
        id_hash: format!("s-{id}"),
        user: id.to_owned(),
        created: Micros(1),
        expires: Micros(9),
        last_seen: Micros(1),
    };
    sessions::create(tx, &session)?;
    let token = format!("t-{id}");
    let sql = "INSERT INTO api_token (id, name, hash, created, created_by) VALUES ($1, $1, 'h', 1, $2)";
    tx.execute(sql, &values![token, id])?;
    grant(tx, "token", &token, "")?;
    grant(tx, "user", id, "")
}

fn told(found: &[removal::Counted]) -> Vec<(u64, &str)> {
    found.iter().map(|one| (one.count, one.what)).collect()
}

async fn a_user_goes_with_sessions_tokens_and_roles_and_is_counted_before(db: Db) {
    db.store
        .write(|tx| {
            for id in ["jane", "john"] {
                user(tx, id)?;
            }
            let all = [(1, "session"), (1, "API token"), (1, "role on a scope")];
            assert_eq!(told(&removal::of_user(tx, "jane")?), all);
            removal::user(tx, "jane")?;
            assert_eq!(told(&removal::of_user(tx, "jane")?), []);
            assert!(users::find(tx, "jane")?.is_none() && tokens::find(tx, "t-jane")?.is_none());
            assert!(grants::of(tx, "token", "t-jane")?.is_empty() && sessions::find(tx, "s-jane")?.is_none());
            // The other one keeps all.
            assert_eq!(told(&removal::of_user(tx, "john")?), all);
            assert_eq!(grants::of(tx, "token", "t-john")?.len(), 1);
            Ok(())
        })
        .await
        .unwrap();
    let again = db.store.write(|tx| removal::user(tx, "jane")).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
}

async fn a_scope_is_held_by_what_hangs_on_it_and_goes_with_what_is_its_own(db: Db) {
    db.store
        .write(|tx| {
            for (id, parent) in [("shop", ""), ("shop/web", "shop")] {
                let scope = scopes::Scope {
                    id: id.to_owned(),
                    parent: Some(parent.to_owned()),
                    name: id.to_owned(),
                    created: Micros(1),
                };
                scopes::create(tx, &scope)?;
            }
            grant(tx, "user", "jane", "shop")?;
            scopes::set_plan(tx, "shop", "images", true)?;
            assert_eq!(told(&scopes::holds(tx, "shop")?), [(1, "scope below it"), (1, "grant on it")]);
            assert_eq!(scopes::used_by(tx, "shop")?.as_deref(), Some("1 scope below it"));
            assert_eq!(told(&removal::of_scope(tx, "shop")?), [(1, "plan that is set on it")]);
            assert_eq!(told(&scopes::holds(tx, "shop/web")?), []);
            scopes::delete(tx, "shop/web")
        })
        .await
        .unwrap();
}
