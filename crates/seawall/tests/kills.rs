//! A hub that is killed at any moment loses nothing that it acknowledged, and does nothing twice: on both stores, in the
//! middle of a storm of scans. `SEAWALL_SOAK=1` kills it 200 times instead of 15 (`make soak`).

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of a test: what is not there fails it; its last line is kept"
)]

#[path = "../../store/tests/store/harness.rs"]
#[expect(dead_code, unused_imports, unused_macros, reason = "the store's own suite uses the rest")]
mod harness;
#[path = "docs/image.rs"]
#[allow(dead_code, reason = "images are served here and not written")]
mod image;
#[path = "kills/images.rs"]
mod images;
#[path = "kills/storm.rs"]
mod storm;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use harness::Db;
use images::Images;
use store::{Store, StoreUrl, Tx, values};
use storm::{Dice, Storm};

/// Kills a store.
fn kills() -> u32 {
    if std::env::var_os("SEAWALL_SOAK").is_some() { 200 } else { 15 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    storm_on("sqlite", &StoreUrl::sqlite(folder.path().join("kills.db"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_on_postgres() {
    let db = Db::postgres().await;
    db.store.close().await;
    storm_on("postgres", &db.url).await;
}

async fn storm_on(name: &str, url: &StoreUrl) {
    let seed = std::env::var("SEAWALL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_130);
    let (begin, kills) = (Instant::now(), kills());
    let images = Images::serve();
    let mut dice = Dice::new(seed);
    let mut storm = Storm::begin(url, &images).await;
    let mut starting = 0;
    for _ in 0..kills {
        // Sometimes before it answers at all: while it opens the store and takes up what was left.
        let early = dice.one_in(5);
        starting += u32::from(early);
        storm.round(&mut dice, early).await;
    }
    let taken = storm.finish().await;
    let store = Store::open(url).await.unwrap();
    let lost = store.read(move |tx| check(tx, &taken)).await.unwrap();
    assert!(lost.is_empty(), "seed {seed}: {lost:#?}");
    store.close().await;
    println!(
        "kills: {name}: seed {seed}: {kills} kills ({starting} of them while it started), {} notifications acknowledged, {} \
         answers that never came, {} sent twice; 0 lost, 0 doubled; {} s",
        storm.acknowledged.len(),
        storm.unanswered,
        storm.repeated,
        begin.elapsed().as_secs(),
    );
    assert!(
        storm.acknowledged.len() * 3 > kills as usize,
        "the storm was none: {}",
        storm.acknowledged.len()
    );
}

/// What is wrong in the store, when all is done.
fn check(
    tx: &mut Tx<'_>,
    acknowledged: &BTreeSet<(String, String)>,
) -> Result<Vec<String>, store::StoreError> {
    let mut wrong = Vec::new();
    for (event, digest) in acknowledged {
        let sql = "SELECT count(*) FROM notification_event WHERE id = $1";
        if tx.query_one(sql, &values![format!("1/{event}")])?.get::<u64>(0)? != 1 {
            wrong.push(format!("the event {event} is not there"));
        }
        let sql = "SELECT count(*), count(i.catalogued_at), count(p.pushed_at), count(s.state) FROM placement p \
                   LEFT JOIN image i ON i.id = p.image LEFT JOIN asset_state s ON s.placement = p.id \
                   WHERE p.manifest_digest = $1 AND p.gone IS NULL";
        let row = tx.query_one(sql, &values![digest])?;
        let there: Vec<u64> = (0..4).map(|at| row.get(at)).collect::<Result<_, _>>()?;
        if there != [1, 1, 1, 1] {
            wrong.push(format!("{digest}: placed, scanned, pushed, judged {there:?} times"));
        }
    }
    let number = |tx: &mut Tx<'_>, sql: &str| tx.query_one(sql, &[])?.get::<u64>(0);
    let images = number(tx, "SELECT count(*) FROM image")?;
    for (what, sql, wanted) in [
        ("events that came without an image", "SELECT count(*) FROM notification_event", images),
        ("placements", "SELECT count(*) FROM placement", images),
        ("states", "SELECT count(*) FROM asset_state WHERE kind = 'image'", images),
        ("jobs that are not done", "SELECT count(*) FROM job WHERE state <> 'done'", 0),
        ("scans", "SELECT count(*) FROM job WHERE kind = 'registry.scan'", images),
        ("look-ups", "SELECT count(*) FROM job WHERE kind = 'registry.resolve'", images),
        (
            "things done twice",
            "SELECT count(*) FROM (SELECT dedupe_key FROM job GROUP BY dedupe_key HAVING count(*) > 1) AS twice",
            0,
        ),
        // One layer is shared by all, each image has one of its own; packages lie in the shared one alone.
        ("units", "SELECT count(*) FROM unit", images + 1),
        ("packages of units", "SELECT count(*) FROM unit_subject", 2),
        ("subjects", "SELECT count(*) FROM subject", 2),
        (
            "images with other sums",
            "SELECT count(*) FROM image WHERE packages <> 2 OR high <> 1 OR critical <> 0",
            0,
        ),
        ("assets that wait to be judged", "SELECT count(*) FROM placement WHERE due = 1", 0),
        ("registries", "SELECT count(*) FROM audit WHERE action = 'registry.create'", 1),
    ] {
        let is = number(tx, sql)?;
        if is != wanted {
            wrong.push(format!("{what}: {is}, not {wanted}"));
        }
    }
    Ok(wrong)
}

/// As long as the slowest machine takes for one step.
const PATIENCE: Duration = Duration::from_secs(60);
