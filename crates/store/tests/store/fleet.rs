//! The fleet's tables: every statement runs on both databases, and both give the same answers.

use std::{collections::BTreeSet, fmt::Debug};

use model::{Severity, StateKind};
use store::{
    Micros, Order, PageRequest, Store, StoreError, Tx,
    assessments::AssetKind,
    images::{self, NewImage, NewLayer, Outcome},
    inventory,
    matches::{self, Changes, FindingFilter, NewMatch, NewVulnerability, PackageFilter},
    placements::{self, Sighting, Trigger},
    published::{self, Published},
    registries::{self, RegistryState, Settings},
    scopes::{self, Scope},
    subjects::{self, Name, NewSubject},
    units::{self, Placed},
    values,
    vulnerabilities::{self, Counted, Listed, ListedRow},
};

use crate::harness::Db;

/// What was asked, and what was answered.
type Answers = Vec<(&'static str, String)>;

fn name(name: &str) -> Name {
    Name {
        ecosystem: "debian".to_owned(),
        release: "12".to_owned(),
        kind: "source".to_owned(),
        name: name.to_owned(),
        content: None,
    }
}

fn subject(tx: &mut Tx<'_>, number: u8, text: &str, version: &str) -> Result<i64, StoreError> {
    let subject = NewSubject {
        hash: [number; 16],
        kind: "deb".to_owned(),
        name: text.to_owned(),
        version: version.to_owned(),
        ecosystem: "debian".to_owned(),
        release: "12".to_owned(),
        source_name: text.to_owned(),
        source_version: version.to_owned(),
        purl: format!("pkg:deb/debian/{text}@{version}"),
        presence: "installed".to_owned(),
        context: "{}".to_owned(),
    };
    subjects::add(tx, &subject, &[name(text)], "matched", Micros(5))
}

fn found(vulnerability: &str, severity: Severity, judgement: &str, fix: &str) -> NewMatch {
    NewMatch {
        vulnerability: vulnerability.to_owned(),
        severity,
        class: "vulnerability".to_owned(),
        judgement: judgement.to_owned(),
        fix_status: if fix.is_empty() { "none-known" } else { matches::FIXED }.to_owned(),
        fix: fix.to_owned(),
        remedy: "upgrade".to_owned(),
        kev: severity == Severity::Critical,
    }
}

fn image(digest: &str, layers: &[&str], packages: &[(Option<usize>, i64)]) -> NewImage {
    NewImage {
        config_digest: digest.to_owned(),
        kind: "image".to_owned(),
        os: Some("linux".to_owned()),
        distro: Some("debian".to_owned()),
        size: 10,
        config: "{}".to_owned(),
        facts: "{}".to_owned(),
        problems: "[]".to_owned(),
        cataloguer: 1,
        layers: layers
            .iter()
            .map(|id| NewLayer { diff_id: (*id).to_owned(), size: 5, created_by: None })
            .collect(),
        packages: packages
            .iter()
            .map(|(layer, subject)| Placed { layer: *layer, subject: *subject, place: 1, evidence: 0 })
            .collect(),
        evidence: vec![r#"["var/lib/dpkg/status"]"#.to_owned()],
        ..NewImage::default()
    }
}

/// Two images on one base; the second removed a package of it. One lies in two places, one of which is gone.
fn fill(tx: &mut Tx<'_>) -> Result<Answers, StoreError> {
    let mut answers = Answers::new();
    let mut note = |what, answer: &dyn Debug| answers.push((what, format!("{answer:?}")));
    units::lock(tx)?;
    let org = Scope { id: "org".into(), parent: Some(String::new()), name: "Org".into(), created: Micros(1) };
    scopes::create(tx, &org)?;
    for (id, severity) in [("CVE-1", Severity::Critical), ("CVE-2", Severity::Low)] {
        let told = NewVulnerability {
            id: id.to_owned(),
            aliases: vec![format!("GHSA-{id}"), "ALIAS".to_owned()],
            summary: "overflow".to_owned(),
            severity,
            kev: severity == Severity::Critical,
            epss: (severity == Severity::Low).then_some(0.25),
            published: Some(Micros(3)),
            detail: "{}".to_owned(),
            verdict_hash: None,
            content_hash: Some(i64::MIN),
        };
        matches::describe(tx, &told)?;
        matches::describe(tx, &told)?;
    }
    matches::enrich(tx, "CVE-1", Some(0.5), Some(1), None)?;
    let (ssl, zlib, curl) =
        (subject(tx, 1, "openssl", "3.0")?, subject(tx, 2, "zlib", "1.2")?, subject(tx, 3, "curl", "7.88")?);
    let mut changes = Changes::default();
    let of_ssl = [
        found("CVE-1", Severity::Critical, matches::COUNTS, "3.1"),
        found("CVE-2", Severity::Low, "unimportant", ""),
    ];
    matches::judged(tx, ssl, "matched", &of_ssl, Micros(5), &mut changes)?;
    matches::judged(
        tx,
        zlib,
        "no-data",
        &[found("CVE-2", Severity::Low, matches::COUNTS, "")],
        Micros(5),
        &mut changes,
    )?;
    let one = image(
        "sha256:01",
        &["base", "app"],
        &[(Some(0), ssl), (Some(0), zlib), (Some(1), curl), (None, zlib)],
    );
    let two = image("sha256:02", &["base", "other"], &[(Some(0), zlib), (Some(1), curl)]);
    let base = image("sha256:03", &["base"], &[(Some(0), ssl), (Some(0), zlib)]);
    for made in [&one, &two, &base, &one] {
        note("put", &images::put(tx, made, Micros(6))?);
    }
    note("opened", &(changes.opened, changes.closed, changes.altered));
    let mut later = Changes::default();
    matches::judged(tx, ssl, "matched", &of_ssl[..1], Micros(8), &mut later)?;
    matches::judged(
        tx,
        curl,
        "matched",
        &[found("CVE-2", Severity::High, matches::COUNTS, "")],
        Micros(8),
        &mut later,
    )?;
    note("apply", &matches::apply(tx, &later)?);
    let generation = matches::Generation {
        hash: "h".to_owned(),
        opened_at: Micros(4),
        newest: None,
        records: 7,
        basis: "{}".to_owned(),
    };
    matches::add_generation(tx, &generation)?;
    note("generation", &matches::generation(tx)?);

    let registry = registries::create(tx, "main", "r:5000", "org", &Settings::default(), Micros(1))?;
    let repository = placements::repository(tx, registry, "shop/web", Micros(2))?;
    note("same repository", &(repository == placements::repository(tx, registry, "shop/web", Micros(3))?));
    for (digest, config, trigger, at) in [
        ("sha256:a1", "sha256:01", Trigger::Push, 10),
        ("sha256:a2", "sha256:02", Trigger::Poll, 11),
        ("sha256:a1", "sha256:01", Trigger::Pull, 12),
        ("sha256:a1", "sha256:01", Trigger::Poll, 9),
        ("sha256:a4", "sha256:04", Trigger::Event, 9),
    ] {
        let sighting = Sighting {
            registry: "main",
            repository,
            repository_name: "shop/web",
            digest,
            scope: "org",
            owner: None,
            trigger,
            evidence: "{}",
            at: Micros(at),
        };
        note("see", &placements::see(tx, &sighting)?);
        placements::name(tx, "main", "shop/web", digest, config)?;
        placements::name(tx, "main", "shop/web", "sha256:index", config)?;
        note("link", &placements::link(tx, digest, config)?);
    }
    placements::failed(tx, "sha256:a4", "sha256:04", "[1]", Micros(13))?;
    for (tag, digest, at) in
        [("v1", "sha256:a1", 10), ("latest", "sha256:a1", 10), ("latest", "sha256:a2", 11)]
    {
        note("tag", &placements::tag(tx, repository, tag, digest, Micros(at))?);
    }
    note("untag", &placements::untag(tx, repository, "v1", Micros(20))?);
    note("tag again", &placements::tag(tx, repository, "v1", "sha256:a2", Micros(15))?);
    registries::set_secret(tx, registry, Some(b"sealed"))?;
    registries::set_state(tx, registry, RegistryState::Ok, None, Micros(9))?;
    registries::set_cursor(tx, registry, Some("shop"), Micros(9))?;
    registries::set_cursor(tx, registry, None, Micros(10))?;
    registries::notified(tx, registry, true, Micros(11))?;
    for hash in [b"x", b"x", b"y"] {
        note("event", &registries::take_event(tx, registry, "e1", "push", hash, Micros(12))?);
    }
    let content = images::by_digest(tx, "sha256:02")?.expect("it was put").id;
    for publish in [r#"{"branch":"main"}"#, "null"] {
        let sent = Published {
            asset_id: "published/web@sha256:a2",
            image: content,
            digest: "sha256:a2",
            scope: "org",
            owner: None,
            publish,
            at: Micros(14),
        };
        note("publish", &published::keep(tx, &sent)?);
    }
    let asset = placements::asset_id("main", "shop/web", "sha256:a1");
    tx.execute(
        "INSERT INTO asset_state (asset_id, kind, scope, state, since, evaluated) VALUES ($1, 'image', '', 'unhealthy', 1, 1)",
        &values![asset],
    )?;
    tx.execute(
        "INSERT INTO assessment (asset, control, state, first_evaluated, changed) \
         SELECT id, 'image.vulnerabilities', 'unhealthy', 1, 1 FROM asset_state WHERE asset_id = $1",
        &values![asset],
    )?;
    Ok(answers)
}

/// Asks everything that can be asked, page by page.
fn ask(tx: &mut Tx<'_>) -> Result<Answers, StoreError> {
    let mut answers = Answers::new();
    macro_rules! note {
        ($what:literal, $answer:expr) => {{
            let answer = $answer;
            answers.push(($what, format!("{answer:?}")));
        }};
    }
    // One row a page: the keyset conditions of every list are run too.
    macro_rules! pages {
        ($what:literal, $request:ident => $page:expr) => {
            for backwards in [false, true] {
                let mut after = None;
                loop {
                    let $request = PageRequest { limit: 1, after, backwards };
                    let page = $page;
                    note!($what, (backwards, &page.items));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
        };
    }
    let registry = registries::by_name(tx, "main")?.expect("it was made").id;
    let repository = placements::find_repository(tx, registry, "shop/web")?.expect("it was seen");
    let all = images::Filter::default();
    let filters = [
        all.clone(),
        images::Filter { text: "shop_web!".to_owned(), ..all.clone() },
        images::Filter {
            text: "shop/web".to_owned(),
            registry: Some(registry),
            severities: vec![Severity::Critical, Severity::Low],
            states: vec![StateKind::Unhealthy, StateKind::NotAssessed],
            cve: "ghsa-cve-1".to_owned(),
            scope: "org".to_owned(),
            visible: Some(vec!["org".to_owned(), "other".to_owned()]),
            repository: "shop/web".to_owned(),
            package: "openssl".to_owned(),
            package_kind: "deb".to_owned(),
            package_version: "3.0".to_owned(),
            distro: "debian".to_owned(),
            kev: Some(true),
            fixable: Some(true),
            trigger: "pull".to_owned(),
            gone: true,
            ..all.clone()
        },
        images::Filter { scope: String::new(), visible: Some(vec![String::new()]), ..all.clone() },
        images::Filter { visible: Some(Vec::new()), ..all.clone() },
        images::Filter { owner: Some("nobody".to_owned()), ..all.clone() },
        images::Filter { places: Some(vec![1, 2, 99]), ..all.clone() },
        images::Filter { places: Some(Vec::new()), ..all.clone() },
        images::Filter { unowned: true, kev: Some(false), fixable: Some(false), ..all.clone() },
        images::Filter { distro: "debian:12".to_owned(), ..all.clone() },
        images::Filter { text: "LATEST".to_owned(), ..all.clone() },
    ];
    for filter in &filters {
        note!("count", images::count(tx, filter)?);
        for order in images::ORDERS {
            pages!("images", request => images::list(tx, filter, order, &request)?);
        }
        for id in ["CVE-1", "CVE-2"] {
            let names = images::name_numbers(tx, &["openssl", "zlib", "none"].map(name))?;
            for outcome in [
                Outcome::Hit(None),
                Outcome::Hit(Some(true)),
                Outcome::Hit(Some(false)),
                Outcome::NotHit(&names, true),
                Outcome::NotHit(&names, false),
                Outcome::NotHit(&[], true),
            ] {
                pages!("hits", request => images::hits(tx, id, outcome, filter, &request)?);
                note!("count hits", images::count_hits(tx, id, outcome, filter)?);
            }
            note!("owners hit", images::owners_hit(tx, id, filter)?);
            note!("packages hit", images::packages_hit(tx, id, filter)?);
        }
        pages!("having", request => images::having(tx, "deb", "zlib", "", filter, &request)?);
        pages!("having", request => images::having(tx, "deb", "zlib", "1.2", filter, &request)?);
    }
    for digest in ["sha256:01", "sha256:02", "sha256:03"] {
        let id = images::by_digest(tx, digest)?.expect("it was put").id;
        note!("image", images::by_id(tx, id)?);
        note!("layers", images::layers(tx, id)?);
        note!("bases", images::bases(tx, id)?);
        note!("tally", matches::tally(tx, id)?);
        let some = FindingFilter {
            severities: vec![Severity::Critical, Severity::High],
            counts: Some(true),
            fixable: Some(true),
            kev: Some(true),
            layer: Some(0),
            text: "cve".to_owned(),
            package: "openssl".to_owned(),
            pairs: Some(
                subjects::of_vulnerability(tx, "CVE-1")?
                    .into_iter()
                    .map(|id| (id, "CVE-1".to_owned()))
                    .collect(),
            ),
        };
        for filter in [FindingFilter::default(), some] {
            note!("findings", matches::count_of_image(tx, id, &filter)?);
            let orders: &[Order] = matches::FINDING_ORDERS;
            for order in orders {
                pages!("findings", request => matches::of_image(tx, id, &filter, order, &request)?);
            }
        }
        for filter in [
            PackageFilter::default(),
            PackageFilter { text: "SSL".to_owned(), kind: "deb".to_owned(), vulnerable: Some(true) },
            PackageFilter { vulnerable: Some(false), ..PackageFilter::default() },
        ] {
            note!("count packages", matches::count_packages(tx, id, &filter)?);
            pages!("packages", request => matches::packages_of_image(tx, id, &filter, &request)?);
        }
        note!("apart", matches::apart(tx, id)?);
        note!("layer names", (images::layer_names(tx, id)?, images::base_layers(tx, id)?));
        note!("versions of", images::versions_of(tx, id)?);
        note!("findings of", images::findings_of(tx, id)?);
        let zlib = subjects::of_vulnerability(tx, "CVE-2")?;
        for subject in zlib {
            note!("places of subject", matches::places_of_subject(tx, id, subject)?);
        }
        let names = ["zlib", "openssl"].map(ToOwned::to_owned);
        note!("concerned", matches::concerned(tx, id, "cve-2", &names)?);
        note!("catalogued", placements::is_catalogued(tx, digest, 1)?);
    }
    let everything = inventory::Filter {
        visible: vec!["org".to_owned(), "other".to_owned()],
        ..inventory::Filter::default()
    };
    for assets in [
        inventory::Filter { visible: vec![String::new()], ..inventory::Filter::default() },
        everything.clone(),
        inventory::Filter { visible: Vec::new(), ..everything.clone() },
        inventory::Filter {
            kinds: vec![AssetKind::Repository, AssetKind::Image],
            text: "SHOP".to_owned(),
            states: vec![StateKind::NotAssessed, StateKind::Unhealthy],
            scope: "org".to_owned(),
            unowned: true,
            registry: Some(registry),
            ..everything.clone()
        },
        inventory::Filter { owner: Some("nobody".to_owned()), ..everything },
    ] {
        note!("count inventory", inventory::count(tx, &assets)?);
        note!("counts", inventory::counts(tx, &assets)?);
        for order in inventory::ORDERS {
            pages!("inventory", request => inventory::list(tx, &assets, order, &request)?);
        }
    }
    for places in &filters {
        for digest in ["sha256:01", "sha256:02"] {
            let id = images::by_digest(tx, digest)?.expect("it was put").id;
            note!("layer sums", images::layer_sums(tx, id, places)?);
        }
        pages!("software", request => images::software(tx, "L", "deb", places, &request)?);
        pages!("software", request => images::software(tx, "", "", places, &request)?);
        note!("versions", images::versions(tx, "deb", "zlib", places)?);
        let all = Listed { places: places.clone(), ..Listed::default() };
        let some = Listed {
            text: "OVERFLOW".to_owned(),
            severities: vec![Severity::Critical, Severity::Low],
            kev: Some(true),
            fixable: Some(true),
            ..all.clone()
        };
        for listed in [all.clone(), some, Listed { fixable: Some(false), ..all }] {
            note!("count vulnerabilities", vulnerabilities::count(tx, &listed, None)?);
            for order in vulnerabilities::ORDERS {
                pages!("vulnerabilities", request => vulnerabilities::list(tx, &listed, order, &request, None)?);
            }
            counted_beforehand(tx, &listed)?;
        }
    }
    for alias in ["alias", "cve-2", "none"] {
        note!("named", vulnerabilities::named(tx, alias)?);
        note!("beginning", vulnerabilities::beginning(tx, alias, 5)?);
    }
    note!("places", {
        let mut numbers = Vec::new();
        for asset in ["sha256:a1", "sha256:a2", "none"] {
            numbers.extend(published::find(tx, &placements::asset_id("main", "shop/web", asset))?);
        }
        let (first, _) = numbers[0].clone();
        let place = images::place(tx, first)?;
        let image = place.as_ref().and_then(|place| place.asset.image).unwrap_or_default();
        let elsewhere = images::elsewhere(tx, image, 0, &["org".to_owned()], 10)?;
        (place, images::place(tx, 99)?, elsewhere, images::tags_of(tx, first, 10)?)
    });
    note!("known", matches::known(tx, "CVE-1", 10)?);
    note!("names", subjects::names(tx, 0, 10)?);
    let mut known: Vec<_> = subjects::known(tx, &[[1; 16], [9; 16]])?.into_iter().collect();
    known.sort_unstable();
    note!("known", known);
    let hit = subjects::of_vulnerability(tx, "CVE-2")?;
    note!("contexts", subjects::contexts(tx, &hit)?);
    pages!("registries", request => registries::list(tx, &request)?);
    note!("registry", (registries::get(tx, registry)?, registries::secret(tx, registry)?));
    note!("holds", registries::holds(tx, registry)?);
    note!("place", placements::find(tx, repository, "sha256:a1")?);
    note!("unseen", placements::unseen(tx, repository, Micros(100), 0, 10)?);
    note!("tags", placements::tags(tx, repository, 10)?);
    note!("current", placements::current_tags(tx, repository, "", 10)?);
    note!("named", placements::named(tx, "main", "shop/web", "sha256:index")?);
    note!("manifests", placements::manifests_of(tx, "main", "shop/web", "sha256:index")?);
    note!("repositories", placements::repositories_unseen(tx, registry, Micros(100), "", 10)?);
    note!("outdated", placements::outdated(tx, registry, 2, Micros(100), 0, 10)?);
    Ok(answers)
}

/// Counted beforehand, vulnerabilities are listed as without; by counts that are old too, but for their order.
fn counted_beforehand(tx: &mut Tx<'_>, listed: &Listed) -> Result<(), StoreError> {
    let mut rows = |order: &Order, counted: Option<&Counted>| -> Result<Vec<ListedRow>, StoreError> {
        let mut rows = Vec::new();
        for backwards in [false, true] {
            let mut after = None;
            loop {
                let request = PageRequest { limit: 1, after, backwards };
                let page = vulnerabilities::list(tx, listed, order, &request, counted)?;
                rows.extend(page.items);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(rows)
    };
    let by_images = vulnerabilities::ORDERS.iter().find(|order| order.name.ends_with("/images")).unwrap();
    let exact = rows(by_images, None)?;
    let images = exact.iter().map(|row| (row.told.id.clone(), row.images)).collect();
    let counted = Counted { images, is_current: true };
    for order in vulnerabilities::ORDERS {
        assert_eq!(rows(order, Some(&counted))?, rows(order, None)?);
    }
    let of_before = Counted::default();
    let ids = |rows: &[ListedRow]| rows.iter().map(|row| row.told.id.clone()).collect::<BTreeSet<_>>();
    let old = rows(by_images, Some(&of_before))?;
    assert_eq!((old.len(), ids(&old)), (exact.len(), ids(&exact)));
    let expected = vulnerabilities::count(tx, listed, None)?;
    for counted in [&counted, &of_before] {
        assert_eq!(vulnerabilities::count(tx, listed, Some(counted))?, expected);
    }
    Ok(())
}

fn end(tx: &mut Tx<'_>) -> Result<Answers, StoreError> {
    let mut answers = Answers::new();
    let mut note = |what, answer: &dyn Debug| answers.push((what, format!("{answer:?}")));
    let registry = registries::by_name(tx, "main")?.expect("it was made").id;
    let repository = placements::find_repository(tx, registry, "shop/web")?.expect("it was seen");
    note("retire", &placements::retire(tx, repository, "sha256:a2", Micros(30))?);
    note("current", &placements::current_tags(tx, repository, "", 10)?);
    registries::change(tx, registry, "r:5001", "", &Settings::default())?;
    let names = subjects::names(tx, 0, 10)?;
    subjects::set_contents(tx, &[(names[0].id, Some(-1)), (names[1].id, None)])?;
    note("of name", &subjects::of_name(tx, names[0].id)?);
    note("forget", &registries::forget_events(tx, Micros(100))?);
    note("remove", &registries::remove(tx, registry)?);
    tx.execute("DELETE FROM image WHERE config_digest = 'sha256:01'", &[])?;
    note("sweep", &units::sweep(tx)?);
    Ok(answers)
}

async fn answers(store: &Store) -> Answers {
    let mut all = store.write(fill).await.unwrap();
    all.extend(store.read(ask).await.unwrap());
    all.extend(store.write(end).await.unwrap());
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_answer_alike() {
    let (one, two) = (Db::sqlite().await, Db::postgres().await);
    let (ours, theirs) = (answers(&one.store).await, answers(&two.store).await);
    for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        assert_eq!(ours, theirs, "answer {at}: SQLite, PostgreSQL");
    }
    assert_eq!(ours.len(), theirs.len());
    // They are answers, and not all empty.
    assert!(ours.len() > 200, "{}", ours.len());
    let of = |what: &str| ours.iter().filter(|(w, a)| *w == what && a.contains("CVE-")).count();
    assert!(of("findings") > 10, "{ours:#?}");
}

/// Two at once that each bring a package of a shared layer: whoever goes second sees what the first added.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn catalogues_that_come_at_once_are_written_one_after_the_other() {
    for db in [Db::sqlite().await, Db::postgres().await] {
        let subjects = db
            .store
            .write(|tx| {
                units::lock(tx)?;
                (0..8).map(|n| subject(tx, n, &format!("p{n}"), "1")).collect::<Result<Vec<_>, _>>()
            })
            .await
            .unwrap();
        let writers: Vec<_> = subjects
            .into_iter()
            .map(|subject| {
                let store = db.store.clone();
                tokio::spawn(async move {
                    let made = image(&format!("sha256:{subject}"), &["base"], &[(Some(0), subject)]);
                    store
                        .write(move |tx| {
                            units::lock(tx)?;
                            images::put(tx, &made, Micros(1))
                        })
                        .await
                        .unwrap()
                })
            })
            .collect();
        for writer in writers {
            let id = writer.await.unwrap();
            // Later ones may still come: each hides what it adds from those that are there.
            let shown = db
                .store
                .read(move |tx| {
                    matches::packages_of_image(tx, id, &PackageFilter::default(), &PageRequest::default())
                })
                .await;
            assert_eq!(shown.unwrap().items.len(), 1);
        }
    }
}
