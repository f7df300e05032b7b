//! Recommendations by fix over HTTP: what is to be done, whose it is, what remains, and how much has arrived.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "images/made.rs"]
#[allow(dead_code, reason = "the suite of images uses the rest")]
mod made;
#[path = "support/hub.rs"]
mod support;

use api::{
    Page, ProblemKind,
    fix::{Fix, FixDetail, FixImage, FixSummary},
    scope::Owner,
    tally::{Severity, TallyLite},
    who::Role,
};
use made::{digest, document, hub, publisher, pushed};
use serde_json::{Value, json};
use store::{Micros, disable_rules, exemptions, placements};
use support::{Hub, START, Who};

const OLD: &[made::Package<'_>] =
    &[("deb", "openssl", "3.0.1", 0), ("deb", "zlib", "1.2", 0), ("npm", "lodash", "4.17.20", 1)];
const NEW: &[made::Package<'_>] =
    &[("deb", "openssl", "3.0.9", 0), ("deb", "zlib", "1.2", 0), ("npm", "lodash", "4.17.20", 1)];

async fn fixes(hub: &Hub, who: &Who, query: &str) -> Page<Fix> {
    hub.get(who, &format!("/api/v1/fixes{query}")).await.ok(200)
}

fn titles(page: &Page<Fix>) -> Vec<&str> {
    page.items.iter().map(|fix| fix.title.as_str()).collect()
}

/// Takes a document in as the hub does that has read the image itself.
async fn read(hub: &Hub, document: &Value) {
    let document = api::catalogue::Document::read(&serde_json::to_vec(document).unwrap()).unwrap();
    hub::ingest::put(&hub.state.matcher, &document, "", hub.clock.now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_says_what_it_clears_in_whose_images_and_what_remains() {
    let (hub, owner) = hub().await;
    let team: Owner = hub.post(&owner, "/api/v1/owners", &json!({"name": "Checkout"})).await.ok(201);
    let rules = json!({"rules": [{"repositoryPrefix": "shop", "scope": "shop", "owner": team.id}]});
    let _: Value = hub.put(&owner, "/api/v1/scope-rules", &rules).await.ok(200);
    for (number, scope, name) in [(1, "shop", "shop/web"), (2, "shop", "shop/api"), (3, "bank", "bank/app")] {
        let ci = publisher(&hub, &owner, scope).await;
        let _: Value = hub.post(&ci, "/api/v1/catalogues", &document(number, name, OLD)).await.ok(201);
    }
    let all = fixes(&hub, &owner, "").await;
    assert_eq!(titles(&all), ["upgrade openssl to 3.0.9", "upgrade lodash to 4.17.21"]);
    assert_eq!((all.total, all.next.as_deref()), (Some(2), None));
    let openssl = &all.items[0];
    assert_eq!((openssl.deed.as_str(), openssl.kind.as_deref()), ("upgrade", Some("deb")));
    assert_eq!(openssl.id, "upgrade~deb~Debian:12~openssl");
    assert_eq!(openssl.clears, TallyLite { critical: 3, ..TallyLite::default() });
    assert_eq!((openssl.images, openssl.vulnerabilities, openssl.kev), (3, 1, 1));
    assert_eq!(openssl.epss, Some(0.9));
    assert_eq!(openssl.parts[0].from, ["3.0.1"]);
    let owners: Vec<_> = openssl
        .owners
        .iter()
        .map(|share| (share.owner.as_ref().map(|owner| owner.name.as_str()), share.images, share.findings))
        .collect();
    assert_eq!(owners, [(Some("Checkout"), 2, 2), (None, 1, 1)]);
    // lodash's and zlib's in each image, and nothing repairs zlib's.
    let remains = openssl.remains;
    assert_eq!((remains.healed, remains.images, remains.findings, remains.unfixed), (0, 3, 6, 3));
    assert!(!openssl.measured);
    let progress = openssl.progress.as_ref().unwrap();
    assert_eq!((progress.earlier, progress.arrived, progress.percent), (3, 0, 0));

    let summary: FixSummary = hub.get(&owner, "/api/v1/fixes/summary").await.ok(200);
    assert_eq!((summary.actions, summary.findings, summary.current), (2, 9, true));
    assert_eq!(summary.unfixed, TallyLite { low: 3, ..TallyLite::default() });

    let detail: FixDetail = hub.get(&owner, &format!("/api/v1/fixes/{}", openssl.id)).await.ok(200);
    assert_eq!(detail.fix, *openssl);
    assert!(detail.steps.iter().any(|step| step.contains("apt-get upgrade")), "{:?}", detail.steps);
    let [cve] = detail.vulnerabilities_list.as_slice() else { panic!("{:?}", detail.vulnerabilities_list) };
    assert_eq!(
        (cve.id.as_str(), cve.severity, cve.kev, cve.images),
        ("CVE-2026-1", Severity::Critical, true, 3)
    );

    // Every number leads to as many rows.
    let images: Page<FixImage> =
        hub.get(&owner, &format!("/api/v1/fixes/{}/images", openssl.id)).await.ok(200);
    assert_eq!((images.items.len() as u64, images.total), (openssl.images, Some(openssl.images)));
    assert!(images.items.iter().all(|row| row.findings == 1 && !row.done));
    let two: Page<FixImage> =
        hub.get(&owner, &format!("/api/v1/fixes/{}/images?limit=2", openssl.id)).await.ok(200);
    let next = two.next.unwrap();
    let third: Page<FixImage> =
        hub.get(&owner, &format!("/api/v1/fixes/{}/images?limit=2&cursor={next}", openssl.id)).await.ok(200);
    assert_eq!((two.items.len(), third.items.len(), third.next), (2, 1, None));
    let other = hub.get(&owner, &format!("/api/v1/fixes?cursor={next}")).await;
    assert_eq!(other.problem(), (400, ProblemKind::BadRequest));

    // Filters.
    for (query, expect) in [
        ("?kev=true", &["upgrade openssl to 3.0.9"][..]),
        ("?kev=false", &["upgrade lodash to 4.17.21"]),
        ("?text=LODASH", &["upgrade lodash to 4.17.21"]),
        ("?deed=rebuild,remove", &[]),
        ("?limit=1", &["upgrade openssl to 3.0.9"]),
    ] {
        assert_eq!(titles(&fixes(&hub, &owner, query).await), expect, "{query}");
    }
    let wrong = hub.get(&owner, "/api/v1/fixes?deed=pray").await;
    assert_eq!(wrong.problem(), (422, ProblemKind::Invalid));
    let mine = fixes(&hub, &owner, &format!("?owner={}", team.id)).await;
    assert_eq!((mine.items[0].images, mine.items[0].owners.len()), (2, 1));
    assert_eq!(fixes(&hub, &owner, "?owner=none").await.items[0].images, 1);
    let csv = hub.get(&owner, "/api/v1/fixes?format=csv").await;
    assert_eq!(csv.text().lines().count(), 3, "{}", csv.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_a_scope_sees_the_fixes_of_its_images_alone() {
    let (hub, owner) = hub().await;
    for (number, scope) in [(1, "shop"), (2, "shop"), (3, "bank")] {
        let ci = publisher(&hub, &owner, scope).await;
        let packages = if scope == "bank" { &OLD[..2] } else { OLD };
        let document = document(number, &format!("{scope}/{number}"), packages);
        let _: Value = hub.post(&ci, "/api/v1/catalogues", &document).await.ok(201);
    }
    hub.user(&owner, "john", &[("bank", Role::Viewer)]).await;
    let john = hub.login("john").await;
    for (who, query, images) in [
        (&owner, "", &[3, 2][..]),
        (&owner, "?scope=shop", &[2, 2]),
        (&owner, "?scope=bank", &[1]),
        (&john, "", &[1]),
    ] {
        let page = fixes(&hub, who, query).await;
        let found: Vec<u64> = page.items.iter().map(|fix| fix.images).collect();
        assert_eq!(found, images, "{query}");
    }
    assert!(fixes(&hub, &john, "?scope=shop").await.items.is_empty());
    let summary: FixSummary = hub.get(&john, "/api/v1/fixes/summary").await.ok(200);
    assert_eq!((summary.actions, summary.findings), (1, 2));
    let lodash = "/api/v1/fixes/upgrade~npm~lodash";
    assert_eq!(hub.get(&owner, lodash).await.status, 200);
    assert_eq!(hub.get(&john, lodash).await.problem(), (404, ProblemKind::NotFound));
    assert_eq!(hub.get(&john, &format!("{lodash}/images")).await.problem(), (404, ProblemKind::NotFound));
    let images: Page<FixImage> =
        hub.get(&john, "/api/v1/fixes/upgrade~deb~Debian:12~openssl/images").await.ok(200);
    assert!(images.items.len() == 1 && images.items[0].image.scope == "bank");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_image_shows_as_progress_and_a_finished_fix_for_a_day() {
    let (hub, owner) = hub().await;
    for (number, repository) in [(1, "shop/web"), (2, "shop/api")] {
        read(&hub, &document(number, repository, OLD)).await;
        pushed(&hub, repository, number, "latest", "shop").await;
    }
    let fix = "/api/v1/fixes/upgrade~deb~Debian:12~openssl";
    let before: FixDetail = hub.get(&owner, fix).await.ok(200);
    assert_eq!(before.fix.images, 2);
    let progress = before.fix.progress.unwrap();
    assert_eq!((progress.earlier, progress.arrived), (2, 0));

    // One image is built again and takes the tag; the old one stays in the registry without one.
    hub.clock.advance(3600);
    read(&hub, &document(11, "shop/web", NEW)).await;
    pushed(&hub, "shop/web", 11, "latest", "shop").await;
    let half: FixDetail = hub.get(&owner, fix).await.ok(200);
    let progress = half.fix.progress.unwrap();
    assert_eq!((progress.earlier, progress.arrived, progress.percent), (2, 1, 50));
    assert_eq!(progress.since, before.fix.since, "since when there was something to do");
    let images: Page<FixImage> = hub.get(&owner, &format!("{fix}/images")).await.ok(200);
    let mut done: Vec<_> = images
        .items
        .iter()
        .map(|row| {
            (row.image.repository.clone().unwrap(), row.image.config_digest.clone().unwrap(), row.done)
        })
        .collect();
    done.sort();
    assert_eq!(
        done,
        [("shop/api".to_owned(), digest(2), false), ("shop/web".to_owned(), digest(1), true)],
        "the new image never had it"
    );
    let open: Page<FixImage> = hub.get(&owner, &format!("{fix}/images?done=false")).await.ok(200);
    assert_eq!((open.items.len(), open.total), (1, Some(1)));

    // The other is retired, and the fix is done: shown for a day, also by a hub that was started anew.
    hub.state
        .store
        .write(|tx| {
            let registry = store::registries::by_name(tx, "main")?.unwrap().id;
            let repository = placements::find_repository(tx, registry, "shop/api")?.unwrap();
            placements::retire(tx, repository, &digest(1_000_002), Micros(START))
        })
        .await
        .unwrap();
    let done = fixes(&hub, &owner, "?text=openssl").await;
    let progress = done.items[0].progress.as_ref().unwrap();
    assert_eq!((progress.earlier, progress.arrived, progress.percent), (2, 2, 100));
    hub.clock.advance(23 * 3600);
    let owner = hub.login("root").await;
    assert_eq!(fixes(&hub, &owner, "?text=openssl").await.items.len(), 1);
    hub.clock.advance(2 * 3600);
    assert!(fixes(&hub, &owner, "?text=openssl").await.items.is_empty(), "the work is done");
    // What nobody touched goes on.
    let lodash = fixes(&hub, &owner, "").await;
    assert_eq!(titles(&lodash), ["upgrade lodash to 4.17.21"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_that_is_in_no_image_any_more_is_shown_as_done() {
    let (hub, owner) = hub().await;
    read(&hub, &document(1, "shop/web", OLD)).await;
    pushed(&hub, "shop/web", 1, "latest", "shop").await;
    assert_eq!(fixes(&hub, &owner, "").await.items.len(), 2);
    hub.state
        .store
        .write(|tx| {
            let registry = store::registries::by_name(tx, "main")?.unwrap().id;
            let repository = placements::find_repository(tx, registry, "shop/web")?.unwrap();
            placements::retire(tx, repository, &digest(1_000_001), Micros(START))
        })
        .await
        .unwrap();
    let done = fixes(&hub, &owner, "").await;
    assert_eq!(titles(&done), ["upgrade openssl to 3.0.9", "upgrade lodash to 4.17.21"]);
    let openssl = &done.items[0];
    assert_eq!((openssl.images, openssl.progress.as_ref().unwrap().percent), (0, 100));
    let detail: FixDetail = hub.get(&owner, &format!("/api/v1/fixes/{}", openssl.id)).await.ok(200);
    assert!(detail.vulnerabilities_list.is_empty());
    // A deleted registry is no work that was done.
    hub.clock.advance(60);
    hub.state
        .store
        .write(|tx| {
            let registry = store::registries::by_name(tx, "main")?.unwrap().id;
            store::registries::remove(tx, registry).map(drop)
        })
        .await
        .unwrap();
    assert!(fixes(&hub, &owner, "").await.items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rules_and_exemptions_hide_is_no_fix_and_no_progress() {
    let (hub, owner) = hub().await;
    for (number, scope) in [(1, "shop"), (2, "bank")] {
        read(&hub, &document(number, scope, OLD)).await;
        pushed(&hub, scope, number, "latest", scope).await;
    }
    assert_eq!(fixes(&hub, &owner, "?text=openssl").await.items[0].images, 2);
    let rule = disable_rules::NewRule {
        name: "accepted".to_owned(),
        scope: "shop".to_owned(),
        control: None,
        criteria: r#"{"cves":["CVE-2026-1"]}"#.to_owned(),
        justification: "behind a wall".to_owned(),
        expires: Some(hub.clock.now().plus(3600 * Micros::SECOND)),
        created: hub.clock.now(),
        created_by: "user/root".to_owned(),
    };
    hub.state.store.write(move |tx| disable_rules::create(tx, &rule)).await.unwrap();
    let openssl = fixes(&hub, &owner, "?text=openssl").await.items.remove(0);
    assert_eq!((openssl.images, openssl.clears.critical), (1, 1));
    let progress = openssl.progress.unwrap();
    assert_eq!((progress.earlier, progress.arrived), (2, 0), "hiding is no work");
    assert!(fixes(&hub, &owner, "?scope=shop&text=openssl").await.items.iter().all(|fix| fix.images == 0));
    // The rule ends by itself.
    hub.clock.advance(3601);
    assert_eq!(fixes(&hub, &owner, "?text=openssl").await.items[0].images, 2);
    let exemption = exemptions::NewExemption {
        control: "image.vulnerabilities".to_owned(),
        target: exemptions::Target::Scope("bank".to_owned()),
        category: "waiver".to_owned(),
        reason: "a test".to_owned(),
        expires: None,
        created: hub.clock.now(),
        created_by: "user/root".to_owned(),
    };
    hub.state.store.write(move |tx| exemptions::create(tx, &exemption)).await.unwrap();
    let all = fixes(&hub, &owner, "").await;
    assert!(all.items.iter().all(|fix| fix.images == 1), "{:?}", titles(&all));
    let summary: FixSummary = hub.get(&owner, "/api/v1/fixes/summary").await.ok(200);
    assert_eq!(summary.findings, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_whose_newest_build_was_scanned_is_measured() {
    let (hub, owner) = hub().await;
    // The base as it was, then as it is: openssl is repaired in it, zlib is not.
    let base = |number: u64, layer: u64, packages: &[made::Package<'_>]| {
        let mut document = document(number, "base/debian", packages);
        document["image"]["layers"] = json!([{"diffId": digest(layer), "size": 100}]);
        document["image"]["config"]["history"] = json!([{"createdBy": "ADD rootfs.tar /"}]);
        document
    };
    read(&hub, &base(20, 7, &OLD[..2])).await;
    pushed(&hub, "base/debian", 20, "12", "bank").await;
    read(&hub, &document(1, "shop/web", OLD)).await;
    pushed(&hub, "shop/web", 1, "latest", "shop").await;
    let mut told = document(2, "shop/api", OLD);
    told["image"]["config"]["labels"] =
        json!({"org.opencontainers.image.base.name": "r:5000/base/debian:12@sha256:00"});
    read(&hub, &told).await;
    pushed(&hub, "shop/api", 2, "latest", "shop").await;
    // As long as the base is no newer, nothing is gained by building on it.
    let all = fixes(&hub, &owner, "?scope=shop").await;
    assert_eq!(titles(&all), ["upgrade openssl to 3.0.9", "upgrade lodash to 4.17.21"]);

    hub.clock.advance(3600);
    read(&hub, &base(21, 8, &NEW[..2])).await;
    pushed(&hub, "base/debian", 21, "12", "bank").await;
    pushed(&hub, "base/debian", 21, "12.5", "bank").await;
    let all = fixes(&hub, &owner, "?scope=shop").await;
    assert_eq!(
        titles(&all),
        ["rebuild on r:5000/base/debian:12.5", "upgrade lodash to 4.17.21"],
        "by what one image tells, and by the layers that the other shares"
    );
    let rebuild = &all.items[0];
    assert!(rebuild.measured);
    assert_eq!(
        (rebuild.deed.as_str(), rebuild.kind.as_deref(), rebuild.images),
        ("rebuild-on-base", None, 2)
    );
    assert_eq!(rebuild.target.as_deref(), Some("r:5000/base/debian:12.5"));
    assert_eq!(rebuild.clears, TallyLite { critical: 2, ..TallyLite::default() });
    let detail: FixDetail =
        hub.get(&owner, &format!("/api/v1/fixes/{}?scope=shop", rebuild.id)).await.ok(200);
    assert!(detail.steps[0].contains("FROM r:5000/base/debian:12.5"), "{:?}", detail.steps);
    assert_eq!(detail.vulnerabilities_list[0].images, 2);
}
