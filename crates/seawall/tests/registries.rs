//! Registries through the interface: connected, told of, looked at, and what they may not do. The registry, skopeo and the
//! scans are real. Needs what `scripts/setup test` installs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "registries/hostile.rs"]
mod hostile;
#[path = "docs/image.rs"]
mod image;
#[path = "registries/liar.rs"]
mod liar;
#[path = "registries/manual.rs"]
mod manual;
#[path = "../../oci/tests/sources/services.rs"]
#[allow(dead_code, reason = "a daemon is not started here")]
mod services;
#[path = "../../hub/tests/support/hub.rs"]
mod support;
#[path = "registries/world.rs"]
mod world;

use api::{
    Page,
    feed::Feeds,
    job::{Job, JobKind, JobState, Priority},
    registry::{Check, MadeRegistry, Registry, RegistryState, Removal, Repository, Tag, TagSpan},
    who::Role,
};
use serde_json::{Value, json};
use services::{Access, skopeo};
use world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pushed_is_told_of_scanned_and_shown_until_it_is_deleted() {
    let mut world = World::start().await;
    let made = world.connect("main", json!({"pollMinutes": 0})).await;
    let id = made.registry.id.clone();
    assert_eq!(made.registry.state, RegistryState::New);
    // What the answer says is what the registry is given.
    let registry = world.registry(&Access::Open, made.notifications.example.expose());
    world.at(&id, &registry.address).await;
    let check: Check = world
        .post("/api/v1/registries/check", json!({"name": "x", "address": registry.address}))
        .await
        .ok(200);
    assert_eq!(
        (check.reached, check.tls, check.anonymous_write),
        (true, Some(false), Some(true)),
        "{check:?}"
    );
    assert_eq!(check.api.as_deref(), Some("registry/2.0"));
    world.work();
    world.push(&registry.address, "team/app:1", "1.0.1e-2");

    let tag: Tag = world
        .wait("a scanned tag", async |w| {
            w.tags(&id, "team/app").await.into_iter().find(|t| t.findings.is_some())
        })
        .await;
    assert_eq!(tag.tag, "1");
    assert_eq!(tag.findings.unwrap().high, 1, "Heartbleed is in the sample");
    let jobs: Page<Job> = world.get("/api/v1/jobs?state=done&kind=scan").await.ok(200);
    let [job] = &jobs.items[..] else { panic!("{jobs:?}") };
    assert_eq!(
        (job.kind, job.priority, job.image.as_ref()),
        (JobKind::Scan, Priority::Pushed, tag.image.as_ref())
    );
    assert!(job.subject.starts_with("main/team/app@sha256:"), "{}", job.subject);
    let repository = world.repository(&id, "team/app").await;
    assert_eq!((repository.images, repository.tags, repository.findings.high), (1, 1, 1));
    let shown = world.registry_now(&id).await;
    assert_eq!((shown.repositories, shown.images, shown.findings.high, shown.queue), (1, 1, 1, 0));
    assert!(shown.notified.is_some());
    assert_eq!(world.trigger(&tag).await, ("push".to_owned(), None));

    // The scan fetched the manifest, and the registry told of it: that is no pull.
    world.wait("our own pulls", async |w| (w.notifications("own").await >= 2).then_some(())).await;
    assert_eq!(world.registry_now(&id).await.tells_pulls, Some(true));
    assert_eq!(world.trigger(&tag).await.1, None);
    world.hub.clock.advance(10);
    let source = format!("docker://{}/team/app:1", registry.address);
    skopeo(&["inspect", "--tls-verify=false", &source]);
    world.wait("a pull", async |w| w.trigger(&tag).await.1).await;
    assert_eq!(world.trigger(&tag).await.0, "pull");

    // Asked for, it is read again, though nothing of it changed.
    let path = format!("/api/v1/images/{}/scan", tag.image.as_ref().unwrap());
    let again: Job = world.post(&path, json!({})).await.ok(202);
    assert_eq!((again.kind, again.priority), (JobKind::Scan, Priority::Running));
    world
        .wait("the second scan", async |w| {
            let done: Page<Job> = w.get("/api/v1/jobs?state=done&kind=scan").await.ok(200);
            done.items.iter().any(|job| job.id == again.id).then_some(())
        })
        .await;
    assert_eq!(world.trigger(&tag).await.0, "manual");

    // A second image under the same tag, then the first is deleted.
    world.hub.clock.advance(10);
    world.push(&registry.address, "team/app:1", "1.0.1e-2+deb7u9");
    world
        .wait("the rebuild", async |w| {
            w.tags(&id, "team/app").await.into_iter().find(|t| t.findings.is_some_and(|f| f.high == 0))
        })
        .await;
    let spans: Page<TagSpan> =
        world.get(&format!("/api/v1/repositories/{}/history", repository.id)).await.ok(200);
    assert_eq!(spans.items.len(), 2);
    assert!(spans.items[0].until.is_none() && spans.items[1].until.is_some(), "{spans:?}");
    let old = format!("docker://{}/team/app@{}", registry.address, tag.digest);
    skopeo(&["delete", "--tls-verify=false", &old]);
    world.wait("retirement", async |w| (w.repository(&id, "team/app").await.images == 1).then_some(())).await;
    let gone = world.post(&path, json!({})).await;
    assert_eq!(gone.problem(), (409, api::ProblemKind::Conflict));
    let repeated = world.notifications("altered").await + world.notifications("refused").await;
    assert_eq!(repeated, 0, "the real registry sends nothing that is refused");

    // What goes with it is said before it goes.
    let removal: Removal = world.get(&format!("/api/v1/registries/{id}/removal")).await.ok(200);
    assert_eq!((removal.repositories, removal.images), (1, 2), "{removal:?}");
    let refused = world.delete(&format!("/api/v1/registries/{id}?name=other")).await;
    assert_eq!(refused.status, 422);
    let removed: Removal = world.delete(&format!("/api/v1/registries/{id}?name=main")).await.ok(200);
    assert_eq!(removed, removal);
    assert_eq!(world.get(&format!("/api/v1/registries/{id}")).await.status, 404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_there_is_imported_with_sealed_credentials_and_filters_retire() {
    let mut world = World::start().await;
    let registry = world.registry(&Access::TlsAndPassword, "");
    let ca = std::fs::read_to_string(registry.authority.as_ref().unwrap()).unwrap();
    for name in ["team/app:1", "secret/app:1"] {
        world.push_as(&registry, name, "1.0.1e-2");
    }
    let mut asked = json!({
        "name": "closed", "address": registry.address, "ca": ca, "user": "ann", "password": "wrong-password",
        "pollMinutes": 1,
    });
    let check: Check = world.post("/api/v1/registries/check", asked.clone()).await.ok(200);
    assert_eq!((check.reached, check.tls), (false, Some(true)), "{check:?}");
    assert!(check.detail.contains("denies access") && !check.detail.contains("wrong-password"), "{check:?}");
    asked["password"] = json!("s3cret-of-ann");
    let check: Check = world.post("/api/v1/registries/check", asked.clone()).await.ok(200);
    assert_eq!((check.reached, check.anonymous_write), (true, Some(false)), "{check:?}");
    let made: MadeRegistry = world.post("/api/v1/registries", asked.clone()).await.ok(201);
    assert_eq!(world.post("/api/v1/registries", asked.clone()).await.status, 409, "the name is taken");
    let id = made.registry.id;
    world.work();
    world.wait("two imports", async |w| (w.registry_now(&id).await.images == 2).then_some(())).await;
    let tag = world
        .wait("a scan", async |w| w.tags(&id, "team/app").await.into_iter().find(|t| t.findings.is_some()))
        .await;
    assert_eq!(world.trigger(&tag).await.0, "import");
    let shown = world
        .wait("the end of the look", async |w| Some(w.registry_now(&id).await).filter(|r| r.polled.is_some()))
        .await;
    assert_eq!((shown.state, shown.tls, shown.anonymous_write), (RegistryState::Ok, Some(true), Some(false)));
    assert!(shown.has_credentials && shown.has_ca && shown.user.as_deref() == Some("ann"));
    assert_eq!(shown.tells_pulls, None, "it sends no notifications");

    // The password is nowhere in clear: not in answers, not in the trail, not in the store.
    for path in ["/api/v1/registries", &format!("/api/v1/registries/{id}"), "/api/v1/audit"] {
        let text = world.get(path).await.text();
        assert!(!text.contains("s3cret-of-ann"), "{path}");
    }
    world.hub.state.store.write(|tx| tx.execute("UPDATE registry SET state = state", &[])).await.unwrap();
    for file in std::fs::read_dir(world.hub.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(13).any(|part| part == b"s3cret-of-ann"), "{}", path.display());
        }
    }

    // Whoever points it elsewhere gets no credentials to go with it.
    let path = format!("/api/v1/registries/{id}");
    let stolen = world.patch(&path, json!({"address": "127.0.0.1:1"})).await;
    assert_eq!(stolen.status, 422, "{}", stolen.text());
    let changed: Registry =
        world.patch(&path, json!({"exclude": ["secret/*"], "windowDays": 7})).await.ok(200);
    assert_eq!((changed.images, changed.window_days, changed.exclude), (1, 7, vec!["secret/*".to_owned()]));
    let paused: Registry = world.post(&format!("{path}/pause"), json!({})).await.ok(200);
    assert_eq!(paused.state, RegistryState::Paused);
    assert_eq!(world.post(&format!("{path}/poll"), json!({})).await.status, 409);
    let resumed: Registry = world.post(&format!("{path}/resume"), json!({})).await.ok(200);
    assert_eq!(resumed.state, RegistryState::New);
    let polled: Registry = world.post(&format!("{path}/poll"), json!({})).await.ok(202);
    assert_eq!(polled.id, id);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_sees_its_own_part_of_a_registry_and_changes_nothing_of_it() {
    let mut world = World::start().await;
    world.hub.scope(&world.owner, "team").await;
    let ops: Value = world.post("/api/v1/owners", json!({"name": "ops"})).await.ok(201);
    let rules = json!({"rules": [{"repositoryPrefix": "team", "scope": "team"}]});
    let _: Value = world.hub.put(&world.owner, "/api/v1/scope-rules", &rules).await.ok(200);
    let registry = world.registry(&Access::Open, "");
    for name in ["team/app:1", "other/app:1"] {
        world.push(&registry.address, name, "1.0.1e-2");
    }
    let made = world.connect("shared", json!({"address": registry.address, "owner": ops["id"]})).await;
    let id = made.registry.id;
    world.work();
    world
        .wait("both", async |w| {
            let registry = w.registry_now(&id).await;
            (registry.images == 2 && registry.queue == 0).then_some(())
        })
        .await;
    world.hub.user(&world.owner, "jane", &[("team", Role::SecurityAdmin)]).await;
    let jane = world.hub.login("jane").await;
    let listed: Page<Registry> = world.hub.get(&jane, "/api/v1/registries").await.ok(200);
    assert_eq!((listed.total, listed.items[0].images, listed.items[0].repositories), (Some(1), 1, 1));
    let own: Page<Repository> =
        world.hub.get(&jane, &format!("/api/v1/registries/{id}/repositories?sort=worst")).await.ok(200);
    assert_eq!(own.items.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["team/app"]);
    let other = world.repository(&id, "other/app").await;
    for path in [
        format!("/api/v1/repositories/{}", other.id),
        format!("/api/v1/repositories/{}/tags", other.id),
        format!("/api/v1/repositories/{}/history", other.id),
    ] {
        assert_eq!(world.hub.get(&jane, &path).await.status, 404, "{path}");
    }
    let hidden = world.tags(&id, "other/app").await[0].image.clone().unwrap();
    let mine = world.tags(&id, "team/app").await[0].image.clone().unwrap();
    for (path, status) in [(hidden, 404), (mine, 202)] {
        let answer = world.hub.post(&jane, &format!("/api/v1/images/{path}/scan"), &json!({})).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let jobs: Page<Job> = world.hub.get(&jane, "/api/v1/jobs").await.ok(200);
    assert!(jobs.items.is_empty(), "the registry's jobs are those of its scope");
    for path in [format!("/api/v1/registries/{id}"), format!("/api/v1/registries/{id}?name=shared")] {
        let answer = match path.contains('?') {
            true => world.hub.delete(&jane, &path).await,
            false => world.hub.change(&jane, reqwest::Method::PATCH, &path, &json!({"insecure": true})).await,
        };
        assert_eq!(answer.problem(), (403, api::ProblemKind::Forbidden));
    }
    // Nobody's by a rule: the registry's owner's.
    let owners = world
        .hub
        .state
        .store
        .read(|tx| {
            let rows = tx.query("SELECT DISTINCT owner FROM placement", &[])?;
            rows.iter().map(|row| row.get::<Option<String>>(0)).collect::<Result<Vec<_>, _>>()
        })
        .await
        .unwrap();
    assert_eq!(owners, [ops["id"].as_str().map(ToOwned::to_owned)]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_database_of_advisories_is_found_and_the_fleet_is_judged_by_it() {
    let mut world = World::without_advisories().await;
    let registry = world.registry(&Access::Open, "");
    world.push(&registry.address, "app:1", "1.0.1e-2");
    let id = world.connect("main", json!({"address": registry.address})).await.registry.id;
    world.work();
    let tag = world
        .wait("a scan", async |w| w.tags(&id, "app").await.into_iter().find(|t| t.findings.is_some()))
        .await;
    assert_eq!(tag.findings.unwrap().high, 0, "there are no advisories");
    let feeds: Feeds = world.get("/api/v1/feeds").await.ok(200);
    assert_eq!((feeds.state, feeds.history.len()), (api::feed::FeedState::None, 1), "{feeds:?}");
    // A damaged file changes nothing.
    let database = world.hub.folder.path().join("advisories");
    let place = |bytes: &[u8]| {
        let new = database.with_extension("new");
        std::fs::write(&new, bytes).unwrap();
        std::fs::rename(new, &database).unwrap();
    };
    place(b"no database");
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let sample = world.hub.folder.path().join("sample");
    feeds::sample(&sample).unwrap();
    place(&std::fs::read(sample).unwrap());
    world
        .wait("the finding", async |w| {
            w.tags(&id, "app").await.into_iter().find(|t| t.findings.is_some_and(|f| f.high == 1))
        })
        .await;
    let feeds: Feeds = world
        .wait("the generation", async |w| {
            let feeds: Feeds = w.get("/api/v1/feeds").await.ok(200);
            (feeds.history.len() == 2).then_some(feeds)
        })
        .await;
    assert!(feeds.database.unwrap().records > 5);
    let done: Page<Job> = world.get("/api/v1/jobs?state=done&kind=scan").await.ok(200);
    assert_eq!(done.items.len(), 1, "no byte was read again");
    assert!(done.items.iter().all(|job| job.state == JobState::Done));
    let system: api::feed::System = world.get("/api/v1/system").await.ok(200);
    assert_eq!((system.workers, system.store), (2, api::feed::StoreKind::Sqlite));
    world.end().await;
}
