//! Registries, and where images lie in them.

use store::{
    Micros, PageRequest, StoreError, Tx, assessments, judging,
    placements::{self, Placed, Placement, Sighting, Trigger},
    registries::{self, Holds, RegistryState, Settings, Taken},
    scopes::{self, Scope},
    values,
    watched::{self, Filter, RepositoryFilter, RepositorySort},
};

use crate::harness::{Db, on_both};

on_both! {
    a_registry_is_connected_changed_and_removed_with_what_it_holds,
    events_are_known_again_by_registry_and_content,
    sightings_keep_the_latest_times_and_the_reason,
    tags_have_a_history_without_gaps_or_overlaps,
    what_is_gone_is_retired_once_and_comes_back_as_an_import,
    content_is_named_linked_and_found_outdated,
    what_registries_hold_is_told_as_far_as_it_may_be_seen,
    sums_that_are_kept_are_those_of_the_images,
    tags_lead_to_images_and_have_a_history_by_page,
    what_is_not_watched_any_more_is_retired_and_what_goes_is_counted,
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

/// Puts an image with this many critical findings into a repository, in a scope, judged as this.
fn place(
    tx: &mut Tx<'_>,
    repository: (i64, &str),
    number: i64,
    scope: &str,
    state: Option<&str>,
) -> Result<i64, StoreError> {
    let digest = format!("sha256:{number}");
    let sighting = Sighting {
        registry: "prod",
        repository: repository.0,
        repository_name: repository.1,
        digest: &digest,
        scope,
        owner: None,
        trigger: Trigger::Push,
        evidence: "{}",
        at: Micros(10 + number),
    };
    let id = placements::see(tx, &sighting)?.id;
    let config = format!("sha256:c{number}");
    let sql = "INSERT INTO image (config_digest, first_seen, last_seen, catalogued_at, cataloguer, critical, apart, kev) \
               VALUES ($1, 1, 1, 1, 1, $2, 1, 1) ON CONFLICT (config_digest) DO NOTHING";
    tx.execute(sql, &values![config, number])?;
    placements::name(tx, "prod", repository.1, &digest, &config)?;
    placements::link(tx, &digest, &config)?;
    if let Some(state) = state {
        let sql = "INSERT INTO asset_state (asset_id, kind, placement, scope, state, since, evaluated) \
                   VALUES ($1, 'image', $2, $3, $4, 1, 1)";
        tx.execute(sql, &values![placements::asset_id("prod", repository.1, &digest), id, scope, state])?;
    }
    Ok(id)
}

fn scope(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    let parent = Some(String::new());
    scopes::create(tx, &Scope { id: id.to_owned(), parent, name: id.to_owned(), created: Micros(0) })
}

async fn what_registries_hold_is_told_as_far_as_it_may_be_seen(db: Db) {
    db.store
        .write(|tx| {
            for name in ["a", "ab", "b"] {
                scope(tx, name)?;
            }
            let (prod, app) = registry(tx)?;
            let empty = registries::create(tx, "Empty", "quiet.test", "b", &Settings::default(), Micros(1))?;
            registries::set_state(tx, empty, RegistryState::Failing, Some("no answer"), Micros(1))?;
            let web = placements::repository(tx, prod, "team/web", Micros(30))?;
            place(tx, (app, "team/app"), 1, "a", Some("healthy"))?;
            place(tx, (app, "team/app"), 2, "b", Some("unhealthy"))?;
            place(tx, (web, "team/web"), 3, "ab", None)?;
            place(tx, (web, "team/web"), 4, "b", Some("not_applicable"))?;
            placements::retire(tx, web, "sha256:4", Micros(40))?;
            placements::tag(tx, app, "1", "sha256:1", Micros(3))?;
            let job = store::jobs::NewJob {
                kind: "registry.poll".to_owned(),
                dedupe_key: None,
                lane: Some(format!("registry/{prod}")),
                priority: 0,
                payload: "{}".to_owned(),
                max_attempts: 1,
                not_before: Micros(0),
                created: Micros(0),
            };
            store::jobs::enqueue(tx, &job)?;
            let all = vec![String::new()];
            let of = |scopes: &[&str]| scopes.iter().map(ToString::to_string).collect::<Vec<_>>();

            let held = watched::held(tx, &[prod, empty], &all)?;
            let images = held[&prod].images;
            assert_eq!((held[&prod].repositories, images.images, held[&prod].queue), (2, 3, 1));
            assert_eq!((images.states.healthy, images.states.unhealthy), (1, 1));
            assert_eq!((images.states.not_assessed, images.states.not_applicable), (1, 0), "one is gone");
            assert_eq!((images.findings.severities[0], images.findings.apart, images.findings.kev), (6, 3, 3));
            assert_eq!(held[&empty], watched::Held::default());
            let held = watched::held(tx, &[prod], &of(&["a"]))?;
            let images = held[&prod].images;
            assert_eq!((held[&prod].repositories, images.images, images.findings.severities[0]), (1, 1, 1));

            let names = |tx: &mut Tx<'_>, filter: Filter| {
                let page = watched::list(tx, &filter, &PageRequest::default())?;
                assert_eq!(page.items.len() as u64, watched::count(tx, &filter)?);
                Ok::<_, StoreError>(page.items.into_iter().map(|r| r.name).collect::<Vec<_>>())
            };
            let filter = |within: &[&str]| Filter { within: of(within), ..Filter::default() };
            assert_eq!(names(tx, filter(&[""]))?, ["Empty", "prod"], "bytewise");
            assert_eq!(names(tx, filter(&["a"]))?, ["prod"], "an image of it lies there");
            assert_eq!(names(tx, filter(&["b"]))?, ["Empty", "prod"]);
            assert!(names(tx, filter(&[]))?.is_empty());
            let text = |text: &str| Filter { text: Some(text.to_owned()), ..filter(&[""]) };
            assert_eq!(names(tx, text("EMP"))?, ["Empty"]);
            assert_eq!(names(tx, text("quiet"))?, ["Empty"]);
            assert!(names(tx, text("%"))?.is_empty(), "no pattern");
            assert_eq!(names(tx, Filter { states: vec!["failing".to_owned()], ..filter(&[""]) })?, ["Empty"]);
            assert!(watched::holds_within(tx, prod, &of(&["ab"]))?);
            assert!(!watched::holds_within(tx, empty, &of(&["b"]))?);
            assert_eq!(registries::of_scopes(tx, &of(&["b"]))?, [empty]);
            assert_eq!(registries::name_of(tx, empty)?.as_deref(), Some("Empty"));
            assert_eq!(registries::scope_of(tx, empty)?.as_deref(), Some("b"));

            let listed = |tx: &mut Tx<'_>, within: &[&str], sort| {
                let filter = RepositoryFilter { registry: prod, within: of(within), text: None };
                let page = watched::repositories(tx, &filter, sort, &PageRequest::default())?;
                assert_eq!(page.items.len() as u64, watched::count_repositories(tx, &filter)?);
                Ok::<_, StoreError>(page.items.into_iter().map(|r| r.name).collect::<Vec<_>>())
            };
            assert_eq!(listed(tx, &[""], RepositorySort::Name)?, ["team/app", "team/web"]);
            assert_eq!(listed(tx, &[""], RepositorySort::Newest)?, ["team/web", "team/app"]);
            assert_eq!(listed(tx, &["ab"], RepositorySort::Worst)?, ["team/web"]);
            assert!(listed(tx, &[], RepositorySort::Name)?.is_empty());
            let sql = "INSERT INTO asset_state (asset_id, kind, repository, scope, state, unhealthy, since, evaluated) \
                       VALUES ('registry/prod/team/web', 'repository', $1, '', 'unhealthy', 7, 1, 1)";
            tx.execute(sql, &values![web])?;
            assert_eq!(listed(tx, &[""], RepositorySort::Worst)?, ["team/web", "team/app"]);
            let one = watched::repository(tx, app, &of(&["a"]))?.unwrap();
            assert_eq!((one.tags, one.images.images, one.registry_name.as_str()), (1, 1, "prod"));
            assert!(watched::repository(tx, web, &of(&["a"]))?.is_none());
            assert!(watched::repository(tx, 4711, &all)?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

/// What a registry and a repository of it hold, for who sees all and for who sees the scope `a`.
fn sums(tx: &mut Tx<'_>, registry: i64, repository: i64) -> Result<Vec<watched::Images>, StoreError> {
    let mut sums = Vec::new();
    for within in ["", "a"].map(|scope| vec![scope.to_owned()]) {
        sums.push(watched::held(tx, &[registry], &within)?[&registry].images);
        sums.push(watched::repository(tx, repository, &within)?.map(|it| it.images).unwrap_or_default());
    }
    Ok(sums)
}

async fn sums_that_are_kept_are_those_of_the_images(db: Db) {
    db.store
        .write(|tx| {
            for name in ["a", "b"] {
                scope(tx, name)?;
            }
            let (prod, app) = registry(tx)?;
            let web = placements::repository(tx, prod, "team/web", Micros(30))?;
            place(tx, (app, "team/app"), 1, "a", Some("healthy"))?;
            let second = place(tx, (app, "team/app"), 2, "b", Some("unhealthy"))?;
            place(tx, (web, "team/web"), 3, "a", None)?;
            let live = sums(tx, prod, app)?;
            let told = |images: &watched::Images| (images.images, images.findings.severities[0]);
            assert_eq!(live.iter().map(told).collect::<Vec<_>>(), [(3, 6), (2, 3), (2, 4), (1, 1)]);
            let kept = "SELECT count(*) FROM repository_sum";
            assert_eq!(tx.query_one(kept, &[])?.get::<i64>(0)?, 0, "all is due");

            let due = assessments::due_placements(tx, 100)?;
            judging::placements_judged(tx, &due)?;
            assert_eq!(tx.query_one(kept, &[])?.get::<i64>(0)?, 3, "by repository and scope");
            assert_eq!(sums(tx, prod, app)?, live);
            // They are what is told: nobody said that anything changed.
            tx.execute("UPDATE repository_sum SET critical = critical + 100", &[])?;
            assert_eq!(told(&sums(tx, prod, app)?[0]), (3, 306));

            // Where something is due, the images are asked; beside it, what is kept stands.
            assessments::mark_placement_due(tx, second)?;
            assert_eq!(
                sums(tx, prod, app)?.iter().map(told).collect::<Vec<_>>(),
                [(3, 106), (2, 3), (2, 104), (1, 1)]
            );
            placements::retire(tx, web, "sha256:3", Micros(50))?;
            place(tx, (app, "team/app"), 5, "a", None)?;
            let live = sums(tx, prod, app)?;
            assert_eq!(live.iter().map(told).collect::<Vec<_>>(), [(3, 8), (3, 8), (2, 6), (2, 6)]);
            let due = assessments::due_placements(tx, 100)?;
            judging::placements_judged(tx, &due)?;
            assert_eq!(sums(tx, prod, app)?, live);
            assert_eq!(tx.query_one(kept, &[])?.get::<i64>(0)?, 2, "what holds nothing has no sums");
            Ok(())
        })
        .await
        .unwrap();
}

async fn tags_lead_to_images_and_have_a_history_by_page(db: Db) {
    db.store
        .write(|tx| {
            scope(tx, "a")?;
            let (_, app) = registry(tx)?;
            let image = place(tx, (app, "team/app"), 1, "a", Some("healthy"))?;
            placements::name(tx, "prod", "team/app", "sha256:index", "sha256:c1")?;
            for (tag, digest, at) in
                [("1", "sha256:1", 3), ("all", "sha256:index", 4), ("none", "sha256:x", 5)]
            {
                placements::tag(tx, app, tag, digest, Micros(at))?;
            }
            placements::tag(tx, app, "1", "sha256:index", Micros(6))?;
            let all = [String::new()];
            let current = watched::current(tx, app, None, &all, &PageRequest::default())?;
            let told: Vec<_> = current.items.iter().map(|t| (t.tagged.tag.as_str(), t.placement)).collect();
            assert_eq!(told, [("1", Some(image)), ("all", Some(image)), ("none", None)]);
            assert_eq!(watched::count_tags(tx, app, Some("A"))?, 1);
            let hidden = watched::current(tx, app, Some("all"), &["b".to_owned()], &PageRequest::default())?;
            assert_eq!(hidden.items[0].placement, None, "it lies in another scope");
            let stands = watched::stands(tx, image)?.unwrap();
            assert_eq!((stands.state.as_str(), stands.findings.unwrap().severities[0]), ("healthy", 1));
            assert!(watched::stands(tx, 4711)?.is_none());
            let asked = watched::image(tx, image)?.unwrap();
            assert_eq!((asked.scope.as_str(), asked.digest.as_str(), asked.gone), ("a", "sha256:1", false));
            assert_eq!(asked.lies_in.unwrap().1, "team/app");
            placements::asked_for(tx, image, r#"{"by":"user/ann"}"#)?;
            assert_eq!(placements::of_asset(tx, &asked.asset_id)?.unwrap().id, image);

            let mut spans = Vec::new();
            let mut request = PageRequest::first(1);
            loop {
                let page = watched::history(tx, app, None, &request)?;
                spans.extend(page.items.into_iter().map(|s| (s.tag, s.since.0, s.until.map(|at| at.0))));
                match page.next {
                    Some(next) => request.after = Some(next),
                    None => break,
                }
            }
            let wanted = [("1", 6, None), ("none", 5, None), ("all", 4, None), ("1", 3, Some(6))];
            assert_eq!(spans, wanted.map(|(tag, since, until)| (tag.to_owned(), since, until)));
            assert_eq!(watched::history(tx, app, Some("1"), &PageRequest::default())?.items.len(), 2);
            Ok(())
        })
        .await
        .unwrap();
}

async fn what_is_not_watched_any_more_is_retired_and_what_goes_is_counted(db: Db) {
    db.store
        .write(|tx| {
            let (prod, app) = registry(tx)?;
            let web = placements::repository(tx, prod, "team/web", Micros(2))?;
            place(tx, (app, "team/app"), 1, "", None)?;
            place(tx, (web, "team/web"), 2, "", None)?;
            placements::tag(tx, web, "1", "sha256:2", Micros(3))?;
            let judged = "INSERT INTO asset_state (asset_id, kind, scope, state, since, evaluated) \
                          VALUES ($1, 'image', '', 'healthy', 1, 1)";
            let says = "INSERT INTO assessment (asset, control, state, first_evaluated, changed) \
                        SELECT id, 'c', 'healthy', 1, 1 FROM asset_state WHERE asset_id = $1";
            for asset in
                ["registry/prod", "registry/prod/team/app@sha256:1", "registry/production/x@sha256:1"]
            {
                tx.execute(judged, &values![asset])?;
                tx.execute(says, &values![asset])?;
            }
            assert_eq!(watched::goes_with(tx, prod, "prod")?, watched::GoesWith { assessments: 2, jobs: 0 });
            let settings = Settings { exclude: vec!["*/web".to_owned()], ..Settings::default() };
            assert_eq!(watched::retire_unwatched(tx, prod, &settings, Micros(9))?, 1);
            assert_eq!(watched::retire_unwatched(tx, prod, &settings, Micros(10))?, 0);
            assert_eq!(placements::find(tx, web, "sha256:2")?.unwrap().gone, Some(Micros(9)));
            assert_eq!(placements::find(tx, app, "sha256:1")?.unwrap().gone, None);
            assert_eq!(watched::count_tags(tx, web, None)?, 0);
            registries::set_cursor(tx, prod, Some("here"), Micros(1))?;
            registries::begin_anew(tx, prod)?;
            let hash = Settings { events_hash: "ff".to_owned(), ..Settings::default() };
            registries::set_settings(tx, prod, &hash)?;
            let now = registries::get(tx, prod)?;
            assert_eq!(
                (now.poll_cursor, now.polled_at, now.settings.events_hash.as_str()),
                (None, None, "ff")
            );
            let job = store::jobs::NewJob {
                kind: "registry.poll".to_owned(),
                dedupe_key: None,
                lane: Some(format!("registry/{prod}")),
                priority: 0,
                payload: "{}".to_owned(),
                max_attempts: 1,
                not_before: Micros(0),
                created: Micros(0),
            };
            store::jobs::enqueue(tx, &job)?;
            assert_eq!(watched::forget_jobs(tx, prod)?, 1);
            Ok(())
        })
        .await
        .unwrap();
}
