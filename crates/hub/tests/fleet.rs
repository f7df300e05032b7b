//! The fleet's packages, judged once: whatever the store says of an image is what a scan of the image says, before and
//! after a change of the database.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml allows these in tests, but not in what tests share"
)]

#[path = "../../store/tests/store/harness.rs"]
#[expect(dead_code, unused_imports, unused_macros, reason = "the store's own suite uses the rest")]
mod harness;
#[path = "fleet/made.rs"]
mod made;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::catalogue::{Document, from_scan};
use harness::Db;
use hub::{
    ingest,
    matching::{Matcher, Subject, judge},
};
use made::{Dice, Feeds};
use model::{Detail, Judgement};
use package::PackageIndex;
use store::{
    Dialect, Micros, PageRequest, Store,
    images::{self, Filter, Outcome},
    matches::{self, FINDING_ORDERS, FindingFilter, PackageFilter},
};
use vulndb::{Context, Database, Judge};

const THEN: Micros = Micros(1_000_000);
const NOW: Micros = Micros(2_000_000);

#[test]
fn findings_through_subjects_are_those_of_the_whole_catalogue() {
    let mut findings = 0;
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let database = Feeds::new(&mut dice).database();
        for _ in 0..20 {
            let catalogue = made::catalogue(&mut dice);
            let how = if dice.one_in(3) { Judge::Declared } else { Judge::Installed };
            let whole = database.assess(&catalogue, &Context { judge: how });
            for (number, package) in catalogue.packages.iter().enumerate() {
                let index = PackageIndex(number as u32);
                let subject = Subject::of(&catalogue, index, how).unwrap();
                let json = subject.to_json().unwrap();
                let again = Subject::from_json(&json).unwrap();
                assert_eq!(again, subject);
                let verdict = judge(&database, &again);
                let mut wanted: Vec<_> =
                    whole.matches.iter().filter(|found| found.package == index).cloned().collect();
                let remedies: Vec<String> =
                    wanted.iter().map(|found| vulndb::remedy(found, package, &catalogue)).collect();
                for found in &mut wanted {
                    found.package = PackageIndex(0);
                }
                assert_eq!(verdict.matches, wanted, "seed {seed}: {package:?}");
                assert_eq!(verdict.remedies, remedies, "seed {seed}");
                assert_eq!(verdict.coverage, whole.coverage[number], "seed {seed}: {package:?}");
                findings += wanted.len();
            }
        }
    }
    assert!(findings > 3_000, "only {findings} findings were compared");
}

/// Every field that tells subjects apart, by the order of what is shown.
type Finding = (String, String, String, String, i64, String, String, String, Option<i64>);

fn scanned(database: &Database, image: &scan::Catalogued) -> Vec<Finding> {
    let judging = scan::Judging { database: Some(database), rules: &[], today: "2026-01-01", stale: None };
    let outcome = scan::judge(image.clone(), &judging);
    let mut all: Vec<Finding> = outcome
        .findings
        .iter()
        .map(|finding| {
            let Detail::Vulnerability(detail) = &finding.detail else { panic!("another detail") };
            let package = &outcome.catalogue.packages[detail.package_index as usize];
            let judgement = match &finding.judgement {
                Judgement::Counts => "counts".to_owned(),
                other => format!("{other:?}"),
            };
            let fix = match &detail.fix {
                model::FixStatus::Fixed { version } => version.clone(),
                model::FixStatus::WontFix { reason } | model::FixStatus::Deferred { reason } => {
                    reason.clone()
                }
                _ => String::new(),
            };
            (
                detail.id.clone(),
                package.name.clone(),
                package.version.clone(),
                if judgement == "counts" { judgement } else { "apart".to_owned() },
                matches::severity_number(finding.severity),
                fix,
                finding.remedy.clone(),
                serde_json::to_string(&package.evidence).unwrap(),
                package.layer.map(i64::from),
            )
        })
        .collect();
    all.sort();
    all
}

async fn stored(store: &Store, image: i64) -> Vec<Finding> {
    store
        .read(move |tx| {
            let mut all = Vec::new();
            let mut request = PageRequest::first(7);
            loop {
                let page =
                    matches::of_image(tx, image, &FindingFilter::default(), &FINDING_ORDERS[0], &request)?;
                all.extend(page.items.into_iter().map(|row| {
                    let counts = row.found.judgement == matches::COUNTS;
                    (
                        row.found.vulnerability,
                        row.package.name,
                        row.package.version,
                        if counts { "counts" } else { "apart" }.to_owned(),
                        matches::severity_number(row.found.severity),
                        row.found.fix,
                        row.found.remedy,
                        row.package.evidence,
                        row.package.layer,
                    )
                }));
                match page.next {
                    Some(next) => request.after = Some(next),
                    None => break,
                }
            }
            all.sort();
            assert_eq!(all.len() as u64, matches::count_of_image(tx, image, &FindingFilter::default())?);
            let row = images::by_id(tx, image)?.unwrap();
            assert_eq!(row.tally, matches::tally(tx, image)?, "the sums of image {image}");
            assert_eq!(row.tally.counted() + row.tally.apart, all.len() as i64);
            Ok(all)
        })
        .await
        .unwrap()
}

struct Fleet {
    matcher: Matcher,
    _db: Db,
}

impl Fleet {
    async fn new(on: Dialect, database: Database) -> Self {
        let db = match on {
            Dialect::Sqlite => Db::sqlite().await,
            Dialect::Postgres => Db::postgres().await,
        };
        let database = Arc::new(database);
        let matcher = Matcher::new(db.store.clone(), Arc::clone(&database));
        matcher.change(database, THEN).await.unwrap();
        Self { matcher, _db: db }
    }

    async fn put(&self, image: &scan::Catalogued) -> i64 {
        // As it is sent.
        let bytes = serde_json::to_vec(&from_scan(image, 2)).unwrap();
        let document = Document::read(&bytes).unwrap();
        ingest::put(&self.matcher, &document, "", THEN).await.unwrap().image
    }

    async fn counts(&self) -> Vec<i64> {
        self.matcher
            .store()
            .read(|tx| {
                [
                    "image",
                    "unit",
                    "image_layer",
                    "subject",
                    "unit_subject",
                    "image_hidden",
                    "match",
                    "lookup_name",
                ]
                .iter()
                .map(|table| tx.query_one(&format!("SELECT count(*) FROM {table}"), &[])?.get(0))
                .collect()
            })
            .await
            .unwrap()
    }
}

/// Runs a test on one database, and on the other.
fn on_both(test: impl AsyncFn(Dialect)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for on in [Dialect::Sqlite, Dialect::Postgres] {
        runtime.block_on(test(on));
    }
}

#[test]
fn an_image_in_the_store_has_the_findings_of_its_scan_whatever_shares_its_layers() {
    on_both(async |on| {
        for seed in 0..12 {
            let mut dice = Dice::new(seed);
            let feeds = Feeds::new(&mut dice);
            let database = feeds.database();
            let layers = made::layers(&mut dice);
            let fleet = Fleet::new(on, feeds.database()).await;
            let mut images = BTreeMap::new();
            for _ in 0..25 {
                // Numbers repeat: a host, or an image that a newer cataloguer reads again.
                let number = dice.below(15);
                let image = made::image(&mut dice, number, &layers);
                let id = fleet.put(&image).await;
                images.insert(id, image);
            }
            for (id, image) in &images {
                assert_eq!(
                    stored(fleet.matcher.store(), *id).await,
                    scanned(&database, image),
                    "seed {seed}"
                );
                let row = *id;
                let packages = fleet
                    .matcher
                    .store()
                    .read(move |tx| {
                        matches::packages_of_image(
                            tx,
                            row,
                            &PackageFilter::default(),
                            &PageRequest::first(500),
                        )
                    })
                    .await
                    .unwrap();
                assert_eq!(packages.items.len(), image.catalogue.packages.len());
            }
            // What earlier contents of those numbers left behind goes, and nothing else.
            fleet.matcher.store().write(store::units::sweep).await.unwrap();
            for (id, image) in &images {
                assert_eq!(
                    stored(fleet.matcher.store(), *id).await,
                    scanned(&database, image),
                    "seed {seed}"
                );
            }
            let before = fleet.counts().await;
            for image in images.values() {
                fleet.put(image).await;
            }
            assert_eq!(fleet.counts().await, before, "what was written twice");
        }
    });
}

#[test]
fn writers_at_once_of_images_that_share_layers_lose_nothing() {
    on_both(async |on| {
        let mut dice = Dice::new(77);
        let feeds = Feeds::new(&mut dice);
        let database = feeds.database();
        let layers = made::layers(&mut dice);
        let fleet = Arc::new(Fleet::new(on, feeds.database()).await);
        let images: Vec<_> = (0..24).map(|number| made::image(&mut dice, number, &layers)).collect();
        let tasks: Vec<_> = images
            .iter()
            .cloned()
            .map(|image| {
                let fleet = Arc::clone(&fleet);
                tokio::spawn(async move { fleet.put(&image).await })
            })
            .collect();
        for (task, image) in tasks.into_iter().zip(&images) {
            let id = task.await.unwrap();
            assert_eq!(stored(fleet.matcher.store(), id).await, scanned(&database, image));
        }
    });
}

#[test]
fn a_new_database_gives_what_matching_everything_afresh_gives() {
    on_both(async |on| {
        for seed in 100..112 {
            let mut dice = Dice::new(seed);
            let old = Feeds::new(&mut dice);
            let layers = made::layers(&mut dice);
            let fleet = Fleet::new(on, old.database()).await;
            let images: Vec<_> = (0..12).map(|number| made::image(&mut dice, number, &layers)).collect();
            let mut ids = Vec::new();
            for image in &images {
                ids.push(fleet.put(image).await);
            }
            let mut new = old.clone();
            for _ in 0..dice.below(6) {
                let at = dice.below(new.records.len());
                match dice.below(4) {
                    0 => new.records[at].withdrawn ^= true,
                    1 => _ = new.records.remove(at),
                    2 => new.records[at] = made::record(&mut dice, at),
                    _ => new.records.push(made::record(&mut dice, 500 + at)),
                }
            }
            for _ in 0..dice.below(4) {
                let at = dice.below(new.cves.len());
                match dice.below(4) {
                    0 => new.cves[at].rejected ^= true,
                    1 => new.cves[at].kev = None,
                    2 => _ = new.cves.remove(at),
                    _ => new.cves[at].epss = Some((0.99, 0.99)),
                }
            }
            if dice.one_in(3) {
                new.covered.pop();
            }
            let database = Arc::new(new.database());
            if dice.one_in(2) {
                // Cut off somewhere, and begun again by another process.
                let (matcher, database) = (fleet.matcher.clone(), Arc::clone(&database));
                let task = tokio::spawn(async move { matcher.change(database, NOW).await });
                tokio::time::sleep(std::time::Duration::from_micros(dice.below(4_000) as u64)).await;
                task.abort();
                _ = task.await;
            }
            let matcher = Matcher::new(fleet.matcher.store().clone(), Arc::clone(&database));
            matcher.change(Arc::clone(&database), NOW).await.unwrap();
            for (id, image) in ids.iter().zip(&images) {
                assert_eq!(stored(matcher.store(), *id).await, scanned(&database, image), "seed {seed}");
            }
            // What is told of CVEs is that of the new database, and the next change finds nothing to do.
            let again = matcher.change(Arc::clone(&database), NOW).await.unwrap();
            assert_eq!(again, hub::matching::Changed::default());
            let coverage: BTreeSet<(String, String)> = matcher
                .store()
                .read(|tx| {
                    tx.query("SELECT context_json, coverage FROM subject", &[])?
                        .iter()
                        .map(|row| Ok((row.get(0)?, row.get(1)?)))
                        .collect()
                })
                .await
                .unwrap();
            for (context, coverage) in coverage {
                let subject = Subject::from_json(&context).unwrap();
                assert_eq!(judge(&database, &subject).coverage.as_str(), coverage, "seed {seed}");
            }
        }
    });
}

#[test]
fn a_new_advisory_changes_what_it_must_and_a_withdrawn_one_ends_its_matches() {
    on_both(async |on| {
        let mut dice = Dice::new(5);
        let mut feeds = Feeds::new(&mut dice);
        feeds.cves.clear();
        let layers = made::layers(&mut dice);
        let fleet = Fleet::new(on, feeds.database()).await;
        let mut ids = Vec::new();
        for number in 0..10 {
            ids.push(fleet.put(&made::image(&mut dice, number, &layers)).await);
        }
        let mut advisory = made::record(&mut dice, 900);
        advisory.id = "DSA-900".into();
        advisory.source = "tracker".into();
        advisory.cves = vec!["CVE-2026-9999".into()];
        advisory.aliases = Vec::new();
        advisory.withdrawn = false;
        advisory.class = model::Class::Vulnerability;
        let statement = &mut advisory.statements[0];
        statement.ecosystem = package::Ecosystem::Debian;
        statement.release = Some("12".into());
        statement.package = "openssl".into();
        statement.name = package::NameKind::Source;
        statement.module = None;
        statement.status = vulndb::Status::Affected;
        statement.ranges = vec![vulndb::Range { introduced: None, end: vulndb::End::Fixed("9".into()) }];
        statement.imports = Vec::new();
        advisory.statements.truncate(1);

        feeds.records.push(advisory);
        let subjects = fleet.counts().await[3] as u64;
        let done = fleet.matcher.change(Arc::new(feeds.database()), NOW).await.unwrap();
        assert!(done.opened > 0 && done.closed == 0 && done.altered == 0, "{done:?}");
        assert_eq!(done.names, 1, "{done:?}");
        assert!(done.judged < subjects / 2, "{done:?} of {subjects}");
        let rows = of_cve(&fleet).await;
        assert_eq!(rows.len() as u64, done.opened);
        assert!(rows.iter().all(|(first_seen, gone)| *first_seen == NOW && gone.is_none()), "{rows:?}");
        for id in &ids {
            stored(fleet.matcher.store(), *id).await;
        }

        feeds.records.last_mut().unwrap().withdrawn = true;
        let later = Micros(3_000_000);
        let done = fleet.matcher.change(Arc::new(feeds.database()), later).await.unwrap();
        assert_eq!((done.closed, done.opened), (rows.len() as u64, 0), "{done:?}");
        let rows = of_cve(&fleet).await;
        assert!(rows.iter().all(|(first_seen, gone)| *first_seen == NOW && *gone == Some(later)), "{rows:?}");

        feeds.records.last_mut().unwrap().withdrawn = false;
        fleet.matcher.change(Arc::new(feeds.database()), Micros(4_000_000)).await.unwrap();
        let rows = of_cve(&fleet).await;
        assert!(rows.iter().all(|(first_seen, gone)| *first_seen == NOW && gone.is_none()), "{rows:?}");
        for id in &ids {
            stored(fleet.matcher.store(), *id).await;
        }
    });
}

async fn of_cve(fleet: &Fleet) -> Vec<(Micros, Option<Micros>)> {
    fleet
        .matcher
        .store()
        .read(|tx| {
            tx.query("SELECT first_seen, gone FROM match WHERE vulnerability = 'CVE-2026-9999'", &[])?
                .iter()
                .map(|row| Ok((row.get(0)?, row.get(1)?)))
                .collect()
        })
        .await
        .unwrap()
}

#[test]
fn lists_of_the_fleet_follow_from_the_images() {
    on_both(async |on| {
        let mut dice = Dice::new(9);
        let feeds = Feeds::new(&mut dice);
        let layers = made::layers(&mut dice);
        let database = feeds.database();
        let fleet = Fleet::new(on, feeds.database()).await;
        let mut images = Vec::new();
        for number in 0..14 {
            let image = made::image(&mut dice, number, &layers);
            let id = fleet.put(&image).await;
            images.push((id, image));
        }
        let store = fleet.matcher.store().clone();
        let ids: Vec<i64> = images.iter().map(|(id, _)| *id).collect();
        store
            .write(move |tx| {
                for id in &ids {
                    tx.execute(
                        "INSERT INTO placement (image, asset_id, manifest_digest, scope, first_seen, last_seen, trigger) \
                         VALUES ($1,$2,'sha256:0','',1,1,'manual')",
                        &store::values![id, format!("registry/r/app{id}@sha256:0")],
                    )?;
                }
                Ok(())
            })
            .await
            .unwrap();

        // Every order gives every image once, page by page.
        for order in images::ORDERS {
            let seen = store
                .read(|tx| {
                    let mut seen = Vec::new();
                    let mut request = PageRequest::first(3);
                    loop {
                        let page = images::list(tx, &Filter::default(), order, &request)?;
                        seen.extend(page.items.iter().filter_map(|row| row.image));
                        match page.next {
                            Some(next) => request.after = Some(next),
                            None => return Ok(seen),
                        }
                    }
                })
                .await
                .unwrap();
            let unique: BTreeSet<i64> = seen.iter().copied().collect();
            assert_eq!((seen.len(), unique.len()), (images.len(), images.len()), "{}", order.name);
        }

        // Who is hit is who has the finding; who is not hit has the package and no finding.
        let mut hits: BTreeMap<String, BTreeSet<(i64, String)>> = BTreeMap::new();
        let mut counted: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for (id, image) in &images {
            for found in scanned(&database, image) {
                hits.entry(found.0.clone()).or_default().insert((*id, found.1.clone()));
                if found.3 == "counts" {
                    counted.entry(found.0).or_default().insert(*id);
                }
            }
        }
        assert!(hits.len() > 5, "{}", hits.len());
        for (vulnerability, wanted) in hits.clone() {
            let name = vulnerability.clone();
            let found = store
                .read(move |tx| {
                    images::hits(tx, &name, Outcome::Hit(None), &Filter::default(), &PageRequest::first(500))
                })
                .await
                .unwrap();
            let found: BTreeSet<(i64, String)> = found
                .items
                .iter()
                .filter_map(|row| Some((row.asset.image?, row.package.name.clone())))
                .collect();
            assert_eq!(found, wanted, "{vulnerability}");
            let filter = Filter { cve: vulnerability.to_ascii_lowercase(), ..Filter::default() };
            let listed = store
                .read(move |tx| images::list(tx, &filter, &images::ORDERS[1], &PageRequest::first(500)))
                .await
                .unwrap();
            let listed: BTreeSet<i64> = listed.items.iter().filter_map(|row| row.image).collect();
            assert_eq!(listed, counted.get(&vulnerability).cloned().unwrap_or_default(), "{vulnerability}");
        }

        // Who has a package of which an advisory speaks, and is not hit by it.
        let mut spared = 0;
        for vulnerability in hits.into_keys() {
            let mut keys = Vec::new();
            for (_, names) in database.records(&vulnerability).unwrap() {
                keys.extend(names.into_iter().map(|name| store::subjects::Name {
                    ecosystem: name.ecosystem.row().osv.to_owned(),
                    release: name.release,
                    kind: match name.kind {
                        package::NameKind::Source => "source".to_owned(),
                        package::NameKind::Binary => "binary".to_owned(),
                    },
                    name: name.name,
                    content: None,
                }));
            }
            let name = vulnerability.clone();
            let found = store
                .read(move |tx| {
                    let numbers = images::name_numbers(tx, &keys)?;
                    let mut all = Vec::new();
                    for assessed in [true, false] {
                        let outcome = Outcome::NotHit(&numbers, assessed);
                        let page =
                            images::hits(tx, &name, outcome, &Filter::default(), &PageRequest::first(500))?;
                        let (rows, _) = images::count_hits(tx, &name, outcome, &Filter::default())?;
                        assert_eq!(rows, page.items.len() as u64);
                        all.extend(page.items);
                    }
                    Ok(all)
                })
                .await
                .unwrap();
            spared += found.len();
            for row in &found {
                let (_, image) = images.iter().find(|(id, _)| Some(*id) == row.asset.image).unwrap();
                let package = |f: &Finding| {
                    f.1 == row.package.name && f.2 == row.package.version && f.8 == row.package.layer
                };
                let hit = scanned(&database, image)
                    .iter()
                    .any(|f| f.0 == vulnerability && package(f) && f.7 == row.package.evidence);
                // The same name and version in the same place may be another subject (built by a third party).
                let twins = image
                    .catalogue
                    .packages
                    .iter()
                    .filter(|p| p.name == row.package.name && p.version == row.package.version)
                    .count();
                assert!(!hit || twins > 1, "{vulnerability}: {row:?}");
            }
        }
        assert!(spared > 20, "{spared}");

        // Software: each name with the images that have it.
        let software = store
            .read(|tx| images::software(tx, "", "", &Filter::default(), &PageRequest::first(500)))
            .await
            .unwrap();
        for row in &software.items {
            let wanted = images
                .iter()
                .filter(|(_, image)| {
                    image.catalogue.packages.iter().any(|p| p.name == row.name && p.kind.as_str() == row.kind)
                })
                .count();
            assert_eq!(row.images as usize, wanted, "{}", row.name);
        }
        let software = &software.items[0];
        let (kind, name) = (software.kind.clone(), software.name.clone());
        let versions =
            store.read(move |tx| images::versions(tx, &kind, &name, &Filter::default())).await.unwrap();
        assert_eq!(versions.len() as u64, software.versions);
        let (kind, name) = (software.kind.clone(), software.name.clone());
        let having = store
            .read(move |tx| {
                images::having(tx, &kind, &name, "", &Filter::default(), &PageRequest::first(500))
            })
            .await
            .unwrap();
        let having: BTreeSet<i64> = having.items.iter().filter_map(|row| row.asset.image).collect();
        assert_eq!(having.len() as u64, software.images);

        // Layers: their packages and findings are those of the image; a base has all its layers below the other's.
        let mut bases = 0;
        for (id, image) in &images {
            let row = *id;
            let (layers, told) =
                store.read(move |tx| Ok((images::layers(tx, row)?, images::bases(tx, row)?))).await.unwrap();
            let packages = &image.catalogue.packages;
            let placed = packages.iter().filter(|package| package.layer.is_some()).count();
            assert_eq!(layers.iter().map(|layer| layer.packages).sum::<i64>() as usize, placed);
            let own = |image: &scan::Catalogued| -> Vec<_> {
                image.subject.image.as_ref().unwrap().layers.iter().map(|layer| layer.diff_id).collect()
            };
            let mine = own(image);
            assert_eq!(layers.len(), mine.len());
            let wanted: BTreeSet<i64> = images
                .iter()
                .filter(|(_, other)| own(other).len() < mine.len() && mine.starts_with(&own(other)))
                .map(|(id, _)| *id)
                .collect();
            bases += wanted.len();
            assert_eq!(told.iter().map(|base| base.image).collect::<BTreeSet<_>>(), wanted);
        }
        assert!(bases > 0);
    });
}
