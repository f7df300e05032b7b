//! Who may: users, grants, sessions, tokens, the set-up link; and the trail of what they did.

use store::{
    Micros, PageRequest, StoreError, audit, grants, grants::Grant, sessions, sessions::Session, setup,
    tokens, tokens::Token, users, users::User,
};

use crate::harness::{Db, on_both};

on_both! {
    users_are_found_listed_and_changed,
    a_set_up_link_opens_the_door_once,
    grants_are_set_replaced_and_taken_back,
    sessions_end_in_every_way,
    tokens_are_revoked_for_good,
    a_change_and_its_entry_are_one,
    the_trail_is_listed_by_what_is_asked,
}

fn user(name: &str) -> User {
    User {
        id: format!("id-{name}"),
        name: name.to_owned(),
        password_hash: "$argon2id$secret".to_owned(),
        created: Micros(5),
        disabled: false,
    }
}

async fn users_are_found_listed_and_changed(db: Db) {
    db.store
        .write(|tx| {
            assert!(!users::any(tx)?);
            for name in ["carol", "al_ice", "alxice", "bob"] {
                users::create(tx, &user(name))?;
            }
            assert!(users::any(tx)?);
            users::set_disabled(tx, "id-bob", true)?;
            users::set_password(tx, "id-bob", "other")
        })
        .await
        .unwrap();
    let names = |filter: users::Filter| {
        let store = db.store.clone();
        async move {
            let page = store.read(move |tx| users::list(tx, &filter, &PageRequest::default())).await.unwrap();
            page.items.into_iter().map(|u| u.name).collect::<Vec<_>>()
        }
    };
    assert_eq!(names(users::Filter::default()).await, ["al_ice", "alxice", "bob", "carol"]);
    assert_eq!(names(users::Filter { name: Some("l_i".to_owned()), disabled: None }).await, ["al_ice"]);
    assert_eq!(names(users::Filter { name: None, disabled: Some(true) }).await, ["bob"]);
    let bob = db.store.read(|tx| users::by_name(tx, "bob")).await.unwrap().unwrap();
    assert_eq!(bob, User { disabled: true, password_hash: "other".to_owned(), ..user("bob") });
    assert!(!format!("{:?}", user("x")).contains("secret"));
    let twice = db.store.write(|tx| users::create(tx, &User { id: "new".to_owned(), ..user("bob") })).await;
    assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
    let nobody = db.store.write(|tx| users::set_disabled(tx, "nobody", true)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })), "{nobody:?}");
}

async fn a_set_up_link_opens_the_door_once(db: Db) {
    db.store
        .write(|tx| {
            setup::replace(tx, "old", Micros(10))?;
            setup::replace(tx, "new", Micros(20))
        })
        .await
        .unwrap();
    let kept = db.store.read(setup::find).await.unwrap().unwrap();
    assert_eq!((kept.hash.as_str(), kept.expires, kept.used), ("new", Micros(20), false));
    assert!(db.store.write(|tx| setup::used(tx, "old")).await.is_err());
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let store = db.store.clone();
            tokio::spawn(async move { store.write(|tx| setup::used(tx, "new")).await })
        })
        .collect();
    let mut redeemed = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(()) => redeemed += 1,
            Err(StoreError::NotFound { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(redeemed, 1);
    assert!(db.store.read(setup::find).await.unwrap().unwrap().used);
}

fn grant(kind: &str, principal: &str, scope: &str, role: &str) -> Grant {
    Grant {
        kind: kind.to_owned(),
        principal: principal.to_owned(),
        scope: scope.to_owned(),
        role: role.to_owned(),
    }
}

async fn grants_are_set_replaced_and_taken_back(db: Db) {
    db.store
        .write(|tx| {
            for name in ["a", "b"] {
                users::create(tx, &user(name))?;
            }
            for id in ["org", "orga", "org/x"] {
                let parent = id.rsplit_once('/').map_or("", |p| p.0);
                tx.execute(
                    "INSERT INTO scope (id, parent, name, created) VALUES ($1, $2, '', 0)",
                    &store::values![id, parent],
                )?;
            }
            grants::put(tx, &grant("user", "id-a", "", "viewer"))?;
            grants::put(tx, &grant("user", "id-a", "", "owner"))?;
            grants::put(tx, &grant("user", "id-b", "", "owner"))?;
            grants::put(tx, &grant("user", "id-b", "org/x", "viewer"))?;
            grants::put(tx, &grant("user", "id-b", "orga", "viewer"))?;
            grants::put(tx, &grant("token", "id-a", "org", "publish"))?;
            users::set_disabled(tx, "id-b", true)
        })
        .await
        .unwrap();
    db.store
        .read(|tx| {
            assert_eq!(grants::of(tx, "user", "id-a")?, [grant("user", "id-a", "", "owner")]);
            assert_eq!(grants::of(tx, "token", "id-a")?, [grant("token", "id-a", "org", "publish")]);
            assert_eq!(grants::users_with(tx, "", "owner")?, ["id-a"], "who cannot log in owns nothing");
            let list = |tx: &mut _, within: &[&str]| {
                let within = within.iter().map(|s| (*s).to_owned()).collect();
                let filter = grants::Filter { within, ..grants::Filter::default() };
                grants::list(tx, &filter, &PageRequest::default()).map(|page| page.items.len())
            };
            assert_eq!(list(tx, &[])?, 0);
            assert_eq!(list(tx, &[""])?, 4);
            assert_eq!(list(tx, &["org"])?, 1);
            assert_eq!(list(tx, &["org", "orga"])?, 2);
            Ok(())
        })
        .await
        .unwrap();
    let took =
        db.store.write(|tx| Ok([(); 2].map(|()| grants::remove(tx, "user", "id-b", "orga").unwrap()))).await;
    assert_eq!(took.unwrap(), [true, false]);
    let nowhere = db.store.write(|tx| grants::put(tx, &grant("user", "id-a", "none", "owner"))).await;
    assert!(matches!(nowhere, Err(StoreError::Constraint(_))), "{nowhere:?}");
}

async fn sessions_end_in_every_way(db: Db) {
    let session = |id: &str, expires: i64, last_seen: i64| Session {
        id_hash: id.to_owned(),
        user: "id-a".to_owned(),
        created: Micros(0),
        expires: Micros(expires),
        last_seen: Micros(last_seen),
    };
    db.store
        .write(move |tx| {
            users::create(tx, &user("a"))?;
            for (id, expires, seen) in
                [("s1", 100, 90), ("s2", 50, 90), ("s3", 100, 10), ("s4", 100, 90), ("s5", 100, 90)]
            {
                sessions::create(tx, &session(id, expires, seen))?;
            }
            assert_eq!(sessions::purge(tx, Micros(60), Micros(20))?, 2);
            sessions::touch(tx, "s1", Micros(95))?;
            sessions::touch(tx, "s1", Micros(93))?;
            assert_eq!(sessions::find(tx, "s1")?, Some(session("s1", 100, 95)));
            sessions::delete(tx, "s4")?;
            assert_eq!(sessions::delete_of_user(tx, "id-a", Some("s1"))?, 1);
            assert!(sessions::find(tx, "s5")?.is_none());
            assert_eq!(sessions::delete_of_user(tx, "id-a", None)?, 1);
            assert!(sessions::find(tx, "s1")?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn tokens_are_revoked_for_good(db: Db) {
    let token = |id: &str, created: i64, by: &str| Token {
        id: id.to_owned(),
        name: "ci".to_owned(),
        hash: "h".to_owned(),
        created: Micros(created),
        expires: (created == 1).then_some(Micros(9)),
        created_by: format!("id-{by}"),
        revoked: false,
    };
    db.store
        .write(move |tx| {
            users::create(tx, &user("a"))?;
            users::create(tx, &user("b"))?;
            for (id, created, by) in [("t3", 1, "a"), ("t1", 2, "a"), ("t2", 2, "b")] {
                tokens::create(tx, &token(id, created, by))?;
            }
            tokens::revoke(tx, "t1")?;
            assert_eq!(tokens::find(tx, "t3")?, Some(token("t3", 1, "a")));
            assert_eq!(tokens::find(tx, "t1")?, Some(Token { revoked: true, ..token("t1", 2, "a") }));
            let ids = |tx: &mut _, filter: &tokens::Filter| {
                let newest_first = PageRequest { backwards: true, ..PageRequest::default() };
                let page = tokens::list(tx, filter, &newest_first)?;
                Ok::<_, StoreError>(page.items.into_iter().map(|t| t.id).collect::<Vec<_>>())
            };
            assert_eq!(ids(tx, &tokens::Filter::default())?, ["t2", "t1", "t3"]);
            assert_eq!(ids(tx, &tokens::Filter { revoked: Some(true), created_by: None })?, ["t1"]);
            let of_a = tokens::Filter { created_by: Some("id-a".to_owned()), revoked: None };
            assert_eq!(ids(tx, &of_a)?, ["t1", "t3"]);
            Ok(())
        })
        .await
        .unwrap();
    let nothing = db.store.write(|tx| tokens::revoke(tx, "none")).await;
    assert!(matches!(nothing, Err(StoreError::NotFound { .. })), "{nothing:?}");
}

fn entry(at: i64, actor: &str, subject: &str) -> audit::NewEntry {
    audit::NewEntry {
        at: Micros(at),
        actor: actor.to_owned(),
        action: "user.create".to_owned(),
        subject: subject.to_owned(),
        before: None,
        after: Some("{}".to_owned()),
        undo_of: None,
        request_id: Some("r1".to_owned()),
    }
}

async fn a_change_and_its_entry_are_one(db: Db) {
    let failed = db
        .store
        .write(|tx| {
            audit::record(tx, &entry(1, "user/a", "user/b"))?;
            users::create(tx, &user("b"))?;
            users::create(tx, &user("b"))
        })
        .await;
    assert!(failed.is_err());
    let trail = db
        .store
        .read(|tx| audit::list(tx, &audit::Filter::default(), &PageRequest::default()))
        .await
        .unwrap();
    assert!(trail.items.is_empty());
}

async fn the_trail_is_listed_by_what_is_asked(db: Db) {
    db.store
        .write(|tx| {
            // Several at one time, and one that comes late.
            for n in 0..6 {
                audit::record(
                    tx,
                    &entry(10 * (n / 2), if n == 5 { "hub" } else { "user/a" }, &format!("user/{n}")),
                )?;
            }
            audit::record(tx, &entry(5, "hub", "user/late"))
        })
        .await
        .unwrap();
    let subjects = |filter: audit::Filter| {
        let store = db.store.clone();
        async move {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let (filter, request) = (filter.clone(), PageRequest { limit: 2, after, backwards: true });
                let page = store.read(move |tx| audit::list(tx, &filter, &request)).await.unwrap();
                found
                    .extend(page.items.into_iter().map(|e| e.subject.trim_start_matches("user/").to_owned()));
                after = page.next;
                if after.is_none() {
                    return found;
                }
            }
        }
    };
    let all = audit::Filter::default;
    assert_eq!(subjects(all()).await, ["5", "4", "3", "2", "late", "1", "0"]);
    assert_eq!(subjects(audit::Filter { actor: Some("hub".to_owned()), ..all() }).await, ["5", "late"]);
    assert_eq!(subjects(audit::Filter { subject: Some("user/3".to_owned()), ..all() }).await, ["3"]);
    assert_eq!(subjects(audit::Filter { action: Some("user.delete".to_owned()), ..all() }).await, [""; 0]);
    let between = audit::Filter { since: Some(Micros(5)), until: Some(Micros(20)), ..all() };
    assert_eq!(subjects(between).await, ["3", "2", "late"]);
    let undo = || audit::NewEntry { undo_of: Some(1), ..entry(30, "user/a", "user/0") };
    db.store.write(move |tx| audit::record(tx, &undo())).await.unwrap();
    let twice = db.store.write(move |tx| audit::record(tx, &undo())).await;
    assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
    assert_eq!(db.store.read(|tx| audit::find(tx, 1)).await.unwrap().unwrap().subject, "user/0");
}
