//! Registries, and where images lie in them.

use store::{
    Micros, PageRequest, StoreError, Tx,
    placements::{self, Placed, Placement, Sighting, Trigger},
    registries::{self, Holds, RegistryState, Settings, Taken},
};

use crate::harness::{Db, on_both};

on_both! {
    a_registry_is_connected_changed_and_removed_with_what_it_holds,
    events_are_known_again_by_registry_and_content,
    sightings_keep_the_latest_times_and_the_reason,
    tags_have_a_history_without_gaps_or_overlaps,
    what_is_gone_is_retired_once_and_comes_back_as_an_import,
    content_is_named_linked_and_found_outdated,
}

const DIGEST: &str = "sha256:aa";

fn registry(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreError> {
    let id = registries::create(tx, "prod", "registry.test", "", &Settings::default(), Micros(1))?;
    Ok((id, placements::repository(tx, id, "team/app", Micros(2))?))
}

fn see(
    tx: &mut Tx<'_>,
    repository: i64,
    digest: &str,
    trigger: Trigger,
    at: i64,
) -> Result<Placed, StoreError> {
    let sighting = Sighting {
        registry: "prod",
        repository,
        repository_name: "team/app",
        digest,
        scope: "",
        owner: None,
        trigger,
        evidence: &format!(r#"{{"by":"{}"}}"#, trigger.as_str()),
        at: Micros(at),
    };
    placements::see(tx, &sighting)
}

fn at(tx: &mut Tx<'_>, repository: i64) -> Result<Placement, StoreError> {
    Ok(placements::find(tx, repository, DIGEST)?.unwrap())
}

async fn a_registry_is_connected_changed_and_removed_with_what_it_holds(db: Db) {
    let (id, repository) = db.store.write(registry).await.unwrap();
    let again = db.store.write(registry).await.unwrap_err();
    assert!(matches!(again, StoreError::Duplicate(_)), "{again}");
    db.store
        .write(move |tx| {
            registries::set_secret(tx, id, Some(&[1, 2, 3]))?;
            registries::set_state(tx, id, RegistryState::Failing, Some("no answer"), Micros(5))?;
            registries::set_state(tx, id, RegistryState::Failing, Some("still none"), Micros(6))?;
            registries::set_cursor(tx, id, Some("here"), Micros(7))?;
            registries::notified(tx, id, false, Micros(8))
        })
        .await
        .unwrap();
    let read = move |tx: &mut Tx<'_>| Ok((registries::get(tx, id)?, registries::secret(tx, id)?));
    let (found, secret) = db.store.read(read).await.unwrap();
    assert_eq!((found.has_secret, secret.as_deref()), (true, Some(&[1, 2, 3][..])));
    assert_eq!((found.state, found.detail.as_deref()), (RegistryState::Failing, Some("still none")));
    assert_eq!(found.since, Micros(5), "since when, not how often");
    assert_eq!((found.poll_cursor.as_deref(), found.polled_at), (Some("here"), None));
    assert_eq!((found.notified_at, found.tells_pulls), (Some(Micros(8)), None));
    let settings = Settings { include: vec!["a/*".to_owned()], ..Settings::default() };
    let wanted = settings.clone();
    let changed = db
        .store
        .write(move |tx| {
            registries::change(tx, id, "other.test", "", &settings)?;
            registries::set_secret(tx, id, None)?;
            registries::set_cursor(tx, id, None, Micros(9))?;
            registries::notified(tx, id, true, Micros(9))?;
            registries::notified(tx, id, false, Micros(10))?;
            registries::by_name(tx, "prod")
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (changed.address.as_str(), changed.settings, changed.has_secret),
        ("other.test", wanted, false)
    );
    assert_eq!(
        (changed.polled_at, changed.poll_cursor, changed.tells_pulls),
        (Some(Micros(9)), None, Some(true))
    );
    let listed = db.store.read(|tx| registries::list(tx, &PageRequest::default())).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    let removed = db
        .store
        .write(move |tx| {
            see(tx, repository, DIGEST, Trigger::Push, 3)?;
            placements::tag(tx, repository, "1", DIGEST, Micros(3))?;
            registries::take_event(tx, id, "e", "push", &[0], Micros(3))?;
            assert_eq!(registries::holds(tx, id)?, Holds { repositories: 1, placements: 1 });
            registries::remove(tx, id)
        })
        .await
        .unwrap();
    assert_eq!(removed, Holds { repositories: 1, placements: 1 });
    for table in ["repository", "placement", "tag_history", "notification_event"] {
        let rows: i64 = db
            .store
            .read(move |tx| tx.query_one(&format!("SELECT count(*) FROM {table}"), &[])?.get(0))
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    let none = db.store.write(move |tx| registries::remove(tx, id)).await.unwrap_err();
    assert!(matches!(none, StoreError::NotFound { .. }), "{none}");
}

async fn events_are_known_again_by_registry_and_content(db: Db) {
    let taken = db
        .store
        .write(|tx| {
            let (id, _) = registry(tx)?;
            let other = registries::create(tx, "other", "h", "", &Settings::default(), Micros(1))?;
            let mut take = |registry, content: &[u8]| {
                registries::take_event(tx, registry, "e", "push", content, Micros(9))
            };
            let taken = [take(id, b"x")?, take(id, b"x")?, take(id, b"y")?, take(other, b"x")?];
            assert_eq!(registries::forget_events(tx, Micros(9))?, 0);
            assert_eq!(registries::forget_events(tx, Micros(10))?, 2);
            Ok(taken)
        })
        .await
        .unwrap();
    assert_eq!(taken, [Taken::New, Taken::Replayed, Taken::Altered, Taken::New]);
}

async fn sightings_keep_the_latest_times_and_the_reason(db: Db) {
    db.store
        .write(|tx| {
            let (_, r) = registry(tx)?;
            assert!(see(tx, r, DIGEST, Trigger::Push, 10)?.is_new);
            assert!(!see(tx, r, DIGEST, Trigger::Pull, 20)?.is_new);
            // An event that comes late.
            see(tx, r, DIGEST, Trigger::Pull, 15)?;
            let there = at(tx, r)?;
            assert_eq!((there.pushed_at, there.pulled_at), (Some(Micros(10)), Some(Micros(20))));
            assert_eq!((there.first_seen, there.last_seen), (Micros(10), Micros(20)));
            assert_eq!((there.trigger.as_str(), there.imported_at), ("pull", None));
            // A look at the catalogue is no reason.
            see(tx, r, DIGEST, Trigger::Poll, 30)?;
            let there = at(tx, r)?;
            assert_eq!((there.trigger.as_str(), there.last_seen), ("pull", Micros(30)));
            assert_eq!(there.evidence.as_deref(), Some(r#"{"by":"pull"}"#));
            assert_eq!(there.imported_at, None);
            // What appears by a pull was imported before.
            see(tx, r, "sha256:bb", Trigger::Pull, 40)?;
            let other = placements::find(tx, r, "sha256:bb")?.unwrap();
            assert_eq!((other.imported_at, other.pulled_at), (Some(Micros(40)), Some(Micros(40))));
            assert_eq!(
                (other.trigger.as_str(), other.asset_id.as_str()),
                ("import", "registry/prod/team/app@sha256:bb")
            );
            Ok(())
        })
        .await
        .unwrap();
}

async fn tags_have_a_history_without_gaps_or_overlaps(db: Db) {
    db.store
        .write(|tx| {
            let (_, r) = registry(tx)?;
            assert!(placements::tag(tx, r, "1", "a", Micros(10))?);
            assert!(!placements::tag(tx, r, "1", "a", Micros(11))?);
            assert!(placements::tag(tx, r, "1", "b", Micros(20))?);
            // In the same moment, and with a clock that was set back.
            assert!(placements::tag(tx, r, "1", "c", Micros(20))?);
            assert!(placements::tag(tx, r, "1", "d", Micros(5))?);
            assert!(placements::untag(tx, r, "1", Micros(6))?);
            assert!(!placements::untag(tx, r, "1", Micros(7))?);
            assert!(placements::tag(tx, r, "1", "e", Micros(8))?);
            let tags = placements::tags(tx, r, 10)?;
            let digests: Vec<&str> = tags.iter().map(|tag| tag.digest.as_str()).collect();
            assert_eq!(digests, ["e", "d", "c", "b", "a"]);
            for pair in tags.windows(2) {
                let (new, old) = (&pair[0], &pair[1]);
                let until = old.until.unwrap();
                assert!(old.since < until && until <= new.since, "{old:?} {new:?}");
            }
            assert_eq!(placements::current_tags(tx, r, "", 10)?.len(), 1);
            assert_eq!(placements::current_tags(tx, r, "1", 10)?.len(), 0);
            Ok(())
        })
        .await
        .unwrap();
}

async fn what_is_gone_is_retired_once_and_comes_back_as_an_import(db: Db) {
    db.store
        .write(|tx| {
            let (id, r) = registry(tx)?;
            see(tx, r, DIGEST, Trigger::Push, 10)?;
            placements::tag(tx, r, "1", DIGEST, Micros(10))?;
            assert_eq!(placements::unseen(tx, r, Micros(11), 0, 10)?.len(), 1);
            assert!(placements::unseen(tx, r, Micros(10), 0, 10)?.is_empty());
            assert!(placements::retire(tx, r, DIGEST, Micros(20))?);
            assert!(!placements::retire(tx, r, DIGEST, Micros(30))?);
            assert_eq!(at(tx, r)?.gone, Some(Micros(20)));
            assert!(placements::current_tags(tx, r, "", 10)?.is_empty());
            assert!(placements::unseen(tx, r, Micros(99), 0, 10)?.is_empty());
            assert!(see(tx, r, DIGEST, Trigger::Poll, 40)?.is_back);
            let there = at(tx, r)?;
            assert_eq!(
                (there.gone, there.imported_at, there.trigger.as_str()),
                (None, Some(Micros(40)), "import")
            );
            assert_eq!(placements::repositories_unseen(tx, id, Micros(3), "", 10)?, ["team/app"]);
            assert!(placements::repositories_unseen(tx, id, Micros(2), "", 10)?.is_empty());
            Ok(())
        })
        .await
        .unwrap();
}

async fn content_is_named_linked_and_found_outdated(db: Db) {
    db.store
        .write(|tx| {
            let (id, r) = registry(tx)?;
            see(tx, r, DIGEST, Trigger::Push, 10)?;
            for digest in [DIGEST, DIGEST, "sha256:index"] {
                placements::name(tx, "prod", "team/app", digest, "sha256:config")?;
            }
            assert_eq!(placements::named(tx, "prod", "team/app", DIGEST)?, ["sha256:config"]);
            assert_eq!(placements::manifests_of(tx, "prod", "team/app", "sha256:index")?, [DIGEST]);
            assert!(placements::manifests_of(tx, "other", "team/app", "sha256:index")?.is_empty());
            assert!(placements::link(tx, DIGEST, "sha256:config")?.is_empty(), "not in the store yet");
            let outdated = |tx: &mut Tx<'_>, cataloguer, failed| {
                placements::outdated(tx, id, cataloguer, Micros(failed), 0, 10)
            };
            assert_eq!(outdated(tx, 2, 0)?[0].1, "sha256:config");

            placements::failed(tx, DIGEST, "sha256:config", r#"["it crashed"]"#, Micros(11))?;
            assert!(at(tx, r)?.image.is_some());
            assert!(!placements::is_catalogued(tx, "sha256:config", 2)?);
            assert!(outdated(tx, 2, 11)?.is_empty(), "it failed not long ago");
            assert_eq!(outdated(tx, 2, 12)?.len(), 1);

            tx.execute("UPDATE image SET catalogued_at = 12, cataloguer = 2, problems_json = '[]'", &[])?;
            assert!(placements::is_catalogued(tx, "sha256:config", 2)?);
            assert!(!placements::is_catalogued(tx, "sha256:config", 3)?);
            assert!(outdated(tx, 2, 100)?.is_empty());
            assert_eq!(outdated(tx, 3, 0)?.len(), 1);
            assert!(placements::link(tx, DIGEST, "sha256:config")?.is_empty(), "it is linked");
            // A failure later takes nothing away.
            placements::failed(tx, DIGEST, "sha256:config", r#"["it crashed"]"#, Micros(13))?;
            let problems = tx.query_one("SELECT problems_json FROM image", &[])?;
            assert_eq!(problems.text(0)?, "[]");
            assert!(outdated(tx, 3, 13)?.is_empty(), "the newer cataloguer failed on it");
            assert_eq!(outdated(tx, 3, 14)?.len(), 1);
            let places = placements::places(tx, DIGEST)?;
            assert_eq!((places.len(), places[0].id, places[0].scope.as_str()), (1, at(tx, r)?.id, ""));
            Ok(())
        })
        .await
        .unwrap();
}
