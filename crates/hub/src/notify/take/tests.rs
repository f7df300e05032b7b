use serde_json::json;
use store::{StoreUrl, registries::Settings};

use super::*;
use crate::registries::new_secrets;

const NOW: Micros = Micros(1_800_000_000_000_000);

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
    registry: i64,
    secret: String,
    mark: String,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url: StoreUrl = format!("sqlite:{}", folder.path().join("s.db").display()).parse().unwrap();
        let store = Store::open(&url).await.unwrap();
        let exclude = vec!["private/*".to_owned()];
        let (settings, secret) = new_secrets(Settings { exclude, ..Settings::default() }).unwrap();
        let mark = settings.mark.clone();
        let registry = store
            .write(move |tx| registries::create(tx, "prod", "registry.test", "", &settings, NOW))
            .await
            .unwrap();
        Self { _folder: folder, store, registry, secret: secret.expose().to_owned(), mark }
    }

    async fn take(&self, body: &str) -> Result<Receipt, Refusal> {
        take(&self.store, self.registry, Some(&self.secret), Form::Distribution, body.as_bytes(), NOW).await
    }

    async fn count(&self, table: &'static str) -> i64 {
        self.store
            .read(move |tx| tx.query_one(&format!("SELECT count(*) FROM {table}"), &[])?.get(0))
            .await
            .unwrap()
    }
}

fn digest(n: u8) -> String {
    format!("sha256:{}", format!("{n:02x}").repeat(32))
}

fn event(id: &str, action: &str, repository: &str, agent: &str) -> String {
    json!({"events": [{
        "id": id, "action": action, "request": {"useragent": agent},
        "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(1), "repository": repository,
            "tag": "1",
        },
    }]})
    .to_string()
}

#[tokio::test]
async fn what_a_notification_asks_for_is_there_when_it_is_answered() {
    let bench = Bench::new().await;
    let receipt = bench.take(&event("1", "push", "team/app", "skopeo")).await.unwrap();
    assert_eq!(receipt, Receipt { taken: 1, ..Receipt::default() });
    assert_eq!((bench.count("job").await, bench.count("notification_event").await), (1, 1));
    assert_eq!((bench.count("repository").await, bench.count("tag_history").await), (1, 1));
    let id = bench.registry;
    let registry = bench.store.read(move |tx| registries::get(tx, id)).await.unwrap();
    assert_eq!((registry.notified_at, registry.tells_pulls), (Some(NOW), None));
}

#[tokio::test]
async fn a_replay_and_a_forged_copy_change_nothing_and_are_counted() {
    let bench = Bench::new().await;
    let body = event("1", "push", "team/app", "skopeo");
    bench.take(&body).await.unwrap();
    assert_eq!(bench.take(&body).await.unwrap(), Receipt { replayed: 1, ..Receipt::default() });
    let forged = event("1", "push", "other/app", "skopeo");
    assert_eq!(bench.take(&forged).await.unwrap(), Receipt { altered: 1, ..Receipt::default() });
    assert_eq!((bench.count("job").await, bench.count("repository").await), (1, 1));
    // Another registry may use the same id.
    let (settings, secret) = new_secrets(Settings::default()).unwrap();
    let other = bench
        .store
        .write(move |tx| registries::create(tx, "other", "other.test", "", &settings, NOW))
        .await
        .unwrap();
    let taken =
        take(&bench.store, other, Some(secret.expose()), Form::Distribution, body.as_bytes(), NOW).await;
    assert_eq!(taken.unwrap().taken, 1);
}

#[tokio::test]
async fn own_pulls_do_not_count_and_show_that_pulls_are_told() {
    let bench = Bench::new().await;
    let own = format!("seawall/0.1.0 ({})", bench.mark);
    assert_eq!(bench.take(&event("1", "pull", "app", &own)).await.unwrap().own, 1);
    assert_eq!((bench.count("job").await, bench.count("notification_event").await), (0, 0));
    let id = bench.registry;
    let registry = bench.store.read(move |tx| registries::get(tx, id)).await.unwrap();
    assert_eq!(registry.tells_pulls, Some(true));
    assert_eq!(bench.take(&event("2", "pull", "app", "seawall/0.1.0 (guess)")).await.unwrap().taken, 1);
    assert_eq!(bench.take(&event("3", "pull", "private/app", "docker")).await.unwrap().unwatched, 1);
}

#[tokio::test]
async fn who_is_not_known_or_sends_no_envelope_is_refused_by_status() {
    let bench = Bench::new().await;
    let body = event("1", "push", "app", "x");
    let send = async |registry: i64, secret: Option<&str>, body: &[u8]| {
        let refusal = take(&bench.store, registry, secret, Form::Distribution, body, NOW).await.unwrap_err();
        assert!(!refusal.to_string().contains(&bench.secret));
        (refusal.status(), refusal.reason())
    };
    let (id, right) = (bench.registry, Some(bench.secret.as_str()));
    assert_eq!(send(id + 1, right, body.as_bytes()).await, (404, "unknown-registry"));
    for wrong in [None, Some(""), Some("swn_00"), Some(&bench.secret[1..])] {
        assert_eq!(send(id, wrong, body.as_bytes()).await, (401, "unauthorized"));
    }
    assert_eq!(send(id, right, b"{}").await, (400, "schema"));
    assert_eq!(send(id, right, &vec![b' '; envelope::MAX_BYTES + 1]).await, (413, "too-large"));
    // A registry that takes no notifications has no secret that would fit.
    bench
        .store
        .write(move |tx| registries::change(tx, id, "registry.test", "", &Settings::default()))
        .await
        .unwrap();
    assert_eq!(send(id, Some(""), body.as_bytes()).await, (401, "unauthorized"));
    assert_eq!(bench.count("job").await, 0);
}

#[tokio::test]
async fn a_deletion_of_what_is_not_known_is_taken_and_does_nothing() {
    let bench = Bench::new().await;
    assert_eq!(bench.take(&event("1", "delete", "app", "x")).await.unwrap().taken, 1);
    assert_eq!((bench.count("job").await, bench.count("repository").await), (0, 0));
}
