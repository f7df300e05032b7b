//! A made-up fleet from a seed: registries, teams, images that share layers as real ones do, and the advisories that
//! concern them. The same seed gives the same fleet on every machine; only its times hang on the day, for a hub asks what
//! was pulled within a month.
//!
//! What is realistic about it, because figures hang on it:
//!
//! - Some sixty builds of twenty base images, chosen by a Zipf distribution; newer builds have more images.
//! - A layer of its team on top, then one of the app's dependencies, which three builds in a row share because the build's
//!   cache had it, then one of the app's own. A Go program's modules lie in that last one, which no other image has.
//! - 300 packages an image on average, half of the distribution, half of npm, PyPI, Maven or Go.
//! - Some 30 to 80 findings an image: fixed ones on older bases, a few that nobody fixes, few known to be exploited.
//!
//! Names, versions and CVEs are invented where they are not common knowledge.

mod advisories;
mod dice;
mod image;
mod language;
mod names;
mod os;
mod places;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use hub::{ingest, matching::Matcher};
use serde::Serialize;
use store::{Micros, Store, StoreUrl, Value};
use vulndb::Database;

use image::Apps;

/// What went wrong, in words.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Months of history that a fleet has; the last one is now.
pub(crate) const MONTHS: u32 = 12;
/// µs of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Contents: images by configuration digest. A seventh of them lies in two registries.
    pub images: u32,
    /// The seed.
    pub seed: u64,
    /// The day on which the fleet is as it is: midnight, µs.
    pub today: Micros,
}

/// What was made; counts are those of the store.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// Rows of each table, by its name.
    pub rows: BTreeMap<String, i64>,
    /// Packages of all images.
    pub packages: i64,
    /// Packages of an image on average.
    pub packages_each: f64,
    /// Findings of all images that count.
    pub findings: i64,
    /// Findings of an image on average.
    pub findings_each: f64,
    /// Records of the database of advisories.
    pub advisories: u64,
    /// A CVE that only the second database has, and that many images are hit by.
    pub new_vulnerability: String,
    /// Registries, and the secret with which each takes notifications.
    pub registries: BTreeMap<String, String>,
    /// A repository of the first registry.
    pub repository: String,
}

/// The database of advisories in a folder.
#[must_use]
pub fn database_of(folder: &Path) -> PathBuf {
    folder.join("vulnerabilities.db")
}

/// A newer one beside it: the same, and one CVE more.
#[must_use]
pub fn next_database_of(folder: &Path) -> PathBuf {
    folder.join("vulnerabilities.next.db")
}

/// Tables whose rows are told.
const TABLES: &[&str] = &[
    "registry",
    "repository",
    "image",
    "placement",
    "image_layer",
    "unit",
    "place",
    "unit_subject",
    "image_hidden",
    "subject",
    "lookup_name",
    "vulnerability",
    "match",
    "tag_history",
    "scope",
    "owner",
];

/// Compiles both databases into `folder` and fills the store, which must be empty, through what a hub writes it with.
///
/// # Errors
/// When the folder cannot be written, the store not be opened, or it is not empty.
pub async fn seed(folder: &Path, url: &StoreUrl, plan: &Plan) -> Result<Made, Failed> {
    std::fs::create_dir_all(folder)?;
    let world = os::World::new(plan.seed);
    let languages = language::World::new(plan.seed);
    let path = database_of(folder);
    let filler = if plan.images < 2_000 { 2_000 } else { 40_000 };
    let new_vulnerability = advisories::compile(folder, &path, &world, &languages, plan, filler, false)?;
    advisories::compile(folder, &next_database_of(folder), &world, &languages, plan, filler, true)?;
    let database = Database::open(&path)?;
    let advisories = database.info().records;
    let store = Store::open(url).await?;
    let known: i64 = store.read(|tx| tx.query_one("SELECT count(*) FROM image", &[])?.get(0)).await?;
    if known > 0 {
        return Err(format!("{url} has {known} images already; a fleet is seeded into an empty store").into());
    }
    let matcher = Matcher::new(store.clone(), Arc::new(Database::open(&path)?));
    matcher.change(Arc::new(database), Micros(plan.today.0 - i64::from(MONTHS) * 31 * DAY)).await?;
    let apps = Apps::new(plan, &world, &languages);
    let registries = places::registries(&store, plan).await?;
    let (mut waiting, mut gone) = (Vec::new(), Vec::new());
    for build in apps.builds() {
        let (document, placed) = apps.image(&build);
        ingest::put(&matcher, &document, "", placed.at).await?;
        waiting.push(placed);
        if waiting.len() == 200 {
            gone.extend(places::place(&store, &registries, std::mem::take(&mut waiting)).await?);
        }
    }
    gone.extend(places::place(&store, &registries, waiting).await?);
    places::settle(&store, &registries, plan, gone).await?;
    let mut made = counts(&store).await?;
    made.advisories = advisories;
    made.new_vulnerability = new_vulnerability;
    made.repository = apps.repository().unwrap_or_default();
    made.registries = registries.secrets();
    store.close().await;
    Ok(made)
}

async fn counts(store: &Store) -> Result<Made, Failed> {
    let mut made = store
        .write(|tx| {
            let mut made = Made::default();
            for table in TABLES {
                let rows = tx.query_one(&format!("SELECT count(*) FROM {table}"), &[])?.get(0)?;
                made.rows.insert((*table).to_owned(), rows);
            }
            let row = tx.query_one(
                "SELECT CAST(COALESCE(sum(packages), 0) AS BIGINT), \
                 CAST(COALESCE(sum(critical + high + medium + low + negligible + unknown), 0) AS BIGINT) FROM image",
                &[],
            )?;
            (made.packages, made.findings) = (row.get(0)?, row.get(1)?);
            Ok(made)
        })
        .await?;
    let images = made.rows.get("image").copied().unwrap_or_default().max(1) as f64;
    made.packages_each = (made.packages as f64 / images * 10.0).round() / 10.0;
    made.findings_each = (made.findings as f64 / images * 10.0).round() / 10.0;
    // The database learns what its tables hold: as a hub's own care for its store does.
    store.write(|tx| tx.execute("ANALYZE", &[] as &[Value]).map(drop)).await?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn made(images: u32, seed: u64) -> Made {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::sqlite(folder.path().join("hub.db"));
        let plan = Plan { images, seed, today: Micros(20_000 * DAY) };
        let made = super::seed(folder.path(), &url, &plan).await.unwrap();
        assert!(
            super::seed(folder.path(), &url, &plan).await.is_err(),
            "a store that is not empty is left alone"
        );
        let databases = [database_of(folder.path()), next_database_of(folder.path())].map(|path| {
            let database = Database::open(&path).unwrap();
            (database.info().records, database.records(&made.new_vulnerability).unwrap().len())
        });
        assert_eq!(databases, [(made.advisories, 0), (made.advisories + 1, 1)]);
        made
    }

    #[tokio::test]
    async fn a_fleet_hangs_on_its_seed_and_looks_like_one() {
        let first = made(120, 1).await;
        assert_eq!(serde_json::to_value(&first).unwrap(), serde_json::to_value(made(120, 1).await).unwrap());
        assert_ne!(first.rows, made(120, 2).await.rows);
        assert_eq!(first.rows["image"], 120);
        assert!(first.rows["placement"] > 120 && first.rows["unit"] < first.rows["image_layer"]);
        assert!((220.0..380.0).contains(&first.packages_each), "{}", first.packages_each);
        assert!((30.0..90.0).contains(&first.findings_each), "{}", first.findings_each);
    }
}
