//! A real registry is watched: pushes, pulls, imports and deletions become placements, and images are scanned by real
//! workers. Needs what `scripts/setup test` installs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "watch/bench.rs"]
mod bench;
#[path = "../../oci/tests/sources/image.rs"]
mod image;
#[path = "../../oci/tests/sources/services.rs"]
#[allow(dead_code, reason = "a daemon is not started here")]
mod services;

use std::{net::TcpListener, time::Duration};

use bench::{Bench, Post};
use hub::worker::Limits;
use image::{Made, two_platforms};
use services::{Access, Registry, skopeo};
use store::{placements, registries::RegistryState};

fn push(from: &std::path::Path, registry: &Registry, name: &str) {
    let from = format!("oci:{}:1", from.display());
    let to = format!("docker://{}/{name}", registry.address);
    skopeo(&["copy", "--all", "--dest-tls-verify=false", &from, &to]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_told_of_and_scanned_a_pull_counts_and_a_deletion_retires() {
    let bench = Bench::new(Limits::default()).await;
    let post = Post::start(&bench);
    let data = tempfile::tempdir().unwrap();
    let (id, secret) = bench.reserve("prod").await;
    let registry = Registry::with(&Access::Open, Some(data.path()), &post.configuration(id, &secret));
    // No catalogue is read: all that is known was told.
    bench.connect(id, &registry.address, 0).await;
    let runner = bench.run();
    let made = Made::new("amd64");
    made.write_layout(&data.path().join("layout"));
    push(&data.path().join("layout"), &registry, "team/app:1");

    let scanned = bench.wait("a scan", || bench.sink.scanned().first().cloned()).await;
    let image = scanned.subject.image.unwrap();
    assert_eq!(image.config_digest.0, made.config_digest);
    let layers: Vec<_> = image.layers.iter().map(|layer| layer.diff_id.0).collect();
    assert_eq!(layers, made.diff_ids);
    assert!(scanned.problems.is_empty(), "{:?}", scanned.problems);
    let placement = bench.placements(id, "team/app").await.remove(0);
    assert_eq!(placement.trigger, "push");
    assert!(placement.pushed_at.is_some() && placement.imported_at.is_none() && placement.image.is_some());
    let evidence = placement.evidence.clone().unwrap();
    assert!(evidence.contains("skopeo") && evidence.contains(r#""tag":"1""#), "{evidence}");
    assert_eq!(bench.tags(id, "team/app").await, [("1".to_owned(), placement.digest.clone(), true)]);

    // The scan fetched the manifest twice: told of, recognised, and no pull.
    bench.wait("our own pulls", || (post.receipt().own >= 2).then_some(())).await;
    assert_eq!(bench.placements(id, "team/app").await[0].pulled_at, None);
    assert_eq!(bench.registry(id).await.tells_pulls, Some(true));

    let source = format!("docker://{}/team/app:1", registry.address);
    skopeo(&["inspect", "--tls-verify=false", &source]);
    bench.wait_async("a pull", async || bench.placements(id, "team/app").await[0].pulled_at).await;
    assert_eq!(bench.placements(id, "team/app").await[0].trigger, "pull");

    // The same content elsewhere, and once more: no second scan.
    push(&data.path().join("layout"), &registry, "other/app:2");
    bench.wait_async("the other place", async || bench.placements(id, "other/app").await.pop()?.image).await;
    assert_eq!(bench.sink.scanned().len(), 1);

    skopeo(&["delete", "--tls-verify=false", &source]);
    bench.wait_async("retirement", async || bench.placements(id, "team/app").await[0].gone).await;
    assert!(!bench.tags(id, "team/app").await[0].2, "the tag's span has ended");
    assert_eq!(bench.placements(id, "other/app").await[0].gone, None, "another repository keeps it");
    assert_eq!((post.receipt().refused, post.receipt().altered), (0, 0), "{:?}", post.receipt());
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_there_before_is_an_import_and_what_went_unseen_is_retired() {
    let bench = Bench::new(Limits::default()).await;
    let data = tempfile::tempdir().unwrap();
    let registry = Registry::with(&Access::Open, Some(data.path()), "");
    let layout = data.path().join("layout");
    let (amd, arm) = two_platforms(&layout);
    push(&layout, &registry, "team/app:1");
    push(&layout, &registry, "secret/app:1");
    let (id, _) = bench.reserve("quiet").await;
    bench.change(id, |settings| settings.exclude = vec!["secret/*".to_owned()]).await;
    bench.connect(id, &registry.address, 1).await;
    let runner = bench.run();

    // One image for each platform of the index.
    bench.wait("two scans", || (bench.sink.scanned().len() == 2).then_some(())).await;
    let mut digests: Vec<_> =
        bench.sink.scanned().iter().map(|s| s.subject.image.as_ref().unwrap().config_digest.0).collect();
    digests.sort_unstable();
    let mut wanted = [amd.config_digest, arm.config_digest];
    wanted.sort_unstable();
    assert_eq!(digests, wanted);
    let placed = bench.placements(id, "team/app").await;
    assert_eq!(placed.len(), 2);
    for placement in &placed {
        assert_eq!(placement.trigger, "import");
        assert!(placement.imported_at.is_some() && placement.pushed_at.is_none());
    }
    assert!(bench.placements(id, "secret/app").await.is_empty(), "it is not watched");
    assert_eq!(bench.registry(id).await.tells_pulls, None);
    bench.wait_async("the end of the look", async || bench.registry(id).await.polled_at).await;

    // The tag moves on, and the old images go, with nobody telling.
    let only = Made::new("s390x");
    let layout = data.path().join("second");
    only.write_layout(&layout);
    push(&layout, &registry, "team/app:1");
    for placement in &placed {
        let name = format!("docker://{}/team/app@{}", registry.address, placement.digest);
        skopeo(&["delete", "--tls-verify=false", &name]);
    }
    bench
        .wait_async("retirement", async || {
            let gone = bench.placements(id, "team/app").await.iter().filter(|p| p.gone.is_some()).count();
            (gone == 2).then_some(())
        })
        .await;
    let tags = bench.tags(id, "team/app").await;
    assert_eq!(tags.len(), 2, "{tags:?}");
    assert_eq!(tags.iter().filter(|tag| tag.2).count(), 1, "{tags:?}");
    assert_eq!(bench.registry(id).await.state, RegistryState::Ok);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_stalls_is_said_to_fail_and_holds_up_no_other() {
    let bench = Bench::new(Limits::default()).await;
    // It takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (stalls, _) = bench.reserve("stalls").await;
    bench.connect(stalls, &silent.local_addr().unwrap().to_string(), 1).await;
    let data = tempfile::tempdir().unwrap();
    let registry = Registry::with(&Access::Open, Some(data.path()), "");
    let made = Made::new("amd64");
    made.write_layout(&data.path().join("layout"));
    push(&data.path().join("layout"), &registry, "app:1");
    let (works, _) = bench.reserve("works").await;
    bench.connect(works, &registry.address, 1).await;
    let runner = bench.run();
    bench.wait("a scan from the other", || bench.sink.scanned().first().cloned()).await;
    let state = bench
        .wait_async("its failure", async || {
            let registry = bench.registry(stalls).await;
            (registry.state == RegistryState::Failing).then_some(registry)
        })
        .await;
    assert!(state.detail.is_some_and(|why| why.contains("127.0.0.1")));
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_no_worker_survives_is_a_problem_and_nothing_more() {
    // The program is larger already: the first thing that it asks for is refused.
    let limits = Limits { address_space: 1 << 20, time: Duration::from_secs(20), ..Limits::default() };
    let bench = Bench::new(limits).await;
    let data = tempfile::tempdir().unwrap();
    let registry = Registry::with(&Access::Open, Some(data.path()), "");
    let made = Made::new("amd64");
    made.write_layout(&data.path().join("layout"));
    push(&data.path().join("layout"), &registry, "app:1");
    let (id, _) = bench.reserve("prod").await;
    bench.connect(id, &registry.address, 0).await;
    bench.ask_for(id, "app", &made_digest(&registry, "app:1")).await;
    let runner = bench.run();
    let (job, problem) = bench.wait("the problem", || bench.sink.failed().first().cloned()).await;
    assert_eq!(job.repository, "app");
    assert!(problem.code.as_str().starts_with("hub.scan-"), "{problem:?}");
    assert!(bench.sink.scanned().is_empty());
    let placement = bench.placements(id, "app").await.remove(0);
    assert_eq!(placement.trigger, placements::Trigger::Manual.as_str());
    // The image is known, was never catalogued, and says why.
    let content = job.config_digest.clone();
    let image = bench.store.read(move |tx| store::images::by_digest(tx, &content)).await.unwrap().unwrap();
    assert_eq!((Some(image.id), image.cataloguer), (placement.image, None));
    let told = bench
        .store
        .read(|tx| tx.query_one("SELECT problems_json FROM image", &[])?.get::<String>(0))
        .await
        .unwrap();
    assert!(told.contains(problem.code.as_str()), "{told}");
    runner.stop().await;
}

/// The digest of a tag, as skopeo tells it.
fn made_digest(registry: &Registry, name: &str) -> String {
    let image = format!("docker://{}/{name}", registry.address);
    let ran = std::process::Command::new("skopeo")
        .args(["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &image])
        .output()
        .expect("skopeo is needed: run scripts/setup test");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}
