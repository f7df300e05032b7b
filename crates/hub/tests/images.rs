//! The fleet over HTTP: what is sent and seen is found again, in the caller's scopes and nowhere else.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "images/made.rs"]
mod made;
#[path = "support/hub.rs"]
mod support;
#[path = "images/vulnerabilities.rs"]
mod vulnerabilities;

use api::{
    Page, ProblemKind,
    image::{
        Compare, Evidence, Finding, History, ImageDetail, ImageRow, Ingest, Layers, PackageChange,
        PackageRow, Verdict, Why,
    },
    inventory::{Asset, AssetKind, InventoryCounts},
    search::{Found, FoundKind},
    software::{Software, SoftwareVersions},
    tally::{Severity, State},
    vulnerability::{Hit, Vulnerability, VulnerabilityRow},
    who::{Role, TokenRole},
};
use made::{digest, document, hub, publisher, pushed};
use serde_json::{Value, json};
use support::{Hub, Who};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const WEB: &[made::Package<'_>] = &[
    ("deb", "openssl", "3.0.1", 0),
    ("deb", "zlib", "1.2", 0),
    ("npm", "lodash", "4.17.20", 1),
    ("npm", "left-pad", "1.0.0", 1),
];

async fn send(hub: &Hub, who: &Who, document: &Value) -> Ingest {
    hub.post(who, "/api/v1/catalogues", document).await.ok(201)
}

async fn page(hub: &Hub, who: &Who, path: &str) -> Page<ImageRow> {
    hub.get(who, path).await.ok(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_pipeline_sends_is_judged_and_found_again() {
    let (hub, owner) = hub().await;
    let ci = publisher(&hub, &owner, "shop").await;
    let sent = send(&hub, &ci, &document(1, "shop/web:1", WEB)).await;
    assert_eq!(sent.asset_id, format!("published/shop/web:1@{}", digest(1_000_001)));
    assert_eq!((sent.packages, sent.kept, sent.state), (4, false, State::NotAssessed));
    let counted = (sent.findings.critical, sent.findings.high, sent.findings.low);
    assert_eq!((counted, sent.findings.kev, sent.findings.fixable), ((1, 1, 1), 1, 2));

    let row = &page(&hub, &owner, "/api/v1/images").await.items[0];
    assert_eq!(
        (row.id.as_str(), row.scope.as_str(), row.trigger.as_str()),
        (&*sent.image, "shop", "publish")
    );
    assert_eq!(row.state, State::NotAssessed, "nothing is healthy before it was judged");
    assert_eq!(row.findings, sent.findings);

    let detail: ImageDetail = hub.get(&owner, &format!("/api/v1/images/{}", sent.image)).await.ok(200);
    assert_eq!(detail.row, *row);
    assert_eq!(detail.layers_count, 2);
    assert_eq!(detail.configuration.user.as_deref(), Some("app"));
    let publish = detail.publish.unwrap();
    assert_eq!(publish.run_url.as_deref(), Some("https://ci.example/1"));
    assert_eq!((publish.branch.as_deref(), publish.commit.as_deref()), (Some("main"), Some("abc")));

    // The same again changes nothing but when it was last seen.
    hub.clock.advance(3600);
    let again = send(&hub, &ci, &document(1, "shop/web:1", WEB)).await;
    assert_eq!(again.image, sent.image);
    let rows = page(&hub, &owner, "/api/v1/images").await;
    assert_eq!((rows.items.len(), rows.total), (1, Some(1)));
    assert!(rows.items[0].last_seen > row.last_seen);

    let trail: Value = hub.get(&owner, "/api/v1/audit?action=catalogue.publish").await.ok(200);
    assert_eq!(trail["items"].as_array().unwrap().len(), 2);
    assert_eq!(trail["items"][0]["subject"], sent.asset_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_publishes_does_so_in_their_scope_and_never_over_what_the_hub_has_read() {
    let (hub, owner) = hub().await;
    let shop = publisher(&hub, &owner, "shop").await;
    let elsewhere = hub.post(&shop, "/api/v1/catalogues?scope=bank", &document(1, "a", WEB)).await;
    assert_eq!(elsewhere.problem(), (403, ProblemKind::Forbidden));
    let (both, _) = hub.token(&owner, &[("shop", TokenRole::Publish), ("bank", TokenRole::Publish)]).await;
    let unclear = hub.post(&both, "/api/v1/catalogues", &document(1, "a", WEB)).await;
    assert_eq!(unclear.problem(), (422, ProblemKind::Invalid));
    let told: Ingest = hub.post(&both, "/api/v1/catalogues?scope=bank", &document(1, "a", WEB)).await.ok(201);
    let viewer = hub.token(&owner, &[("", TokenRole::Viewer)]).await.0;
    let refused = hub.post(&viewer, "/api/v1/catalogues", &document(1, "a", WEB)).await;
    assert_eq!(refused.problem(), (403, ProblemKind::Forbidden));

    // The same content under the same name in another scope: the place of the others stays theirs.
    let taken = hub.post(&shop, "/api/v1/catalogues", &document(1, "a", &[])).await;
    assert_eq!(taken.problem(), (422, ProblemKind::Invalid));
    let row: ImageDetail = hub.get(&owner, &format!("/api/v1/images/{}", told.image)).await.ok(200);
    assert_eq!(
        (row.row.scope.as_str(), row.row.packages),
        ("bank", 4),
        "nothing of what was refused is kept"
    );

    // What the hub has read itself is worth more than what is sent, whoever sends it and whenever.
    let bytes = serde_json::to_vec(&document(2, "b", WEB)).unwrap();
    let own = api::catalogue::Document::read(&bytes).unwrap();
    let now = hub.clock.now();
    hub::ingest::put(&hub.state.matcher, &own, "", now).await.unwrap();
    let clean = send(&hub, &shop, &document(2, "b", &[])).await;
    assert!(clean.kept);
    assert_eq!((clean.packages, clean.findings.critical), (4, 1));
    // What was sent before the hub read it makes way.
    let clean = send(&hub, &shop, &document(3, "c", &[])).await;
    assert_eq!((clean.packages, clean.kept), (0, false));
    let is_read = |digest: String| {
        let store = hub.state.store.clone();
        async move {
            let version = sbom::CATALOGUER_VERSION;
            store.read(move |tx| store::placements::is_catalogued(tx, &digest, version)).await.unwrap()
        }
    };
    assert!(!is_read(digest(3)).await, "the hub still looks itself");
    let bytes = serde_json::to_vec(&document(3, "c", WEB)).unwrap();
    let own = api::catalogue::Document::read(&bytes).unwrap();
    hub::ingest::put(&hub.state.matcher, &own, "", now).await.unwrap();
    assert!(is_read(digest(3)).await);
    let row: ImageDetail = hub.get(&owner, &format!("/api/v1/images/{}", clean.image)).await.ok(200);
    assert_eq!(row.row.packages, 4);

    let mut newer = document(4, "d", WEB);
    newer["cataloguer"] = json!(4_000_000_000_u32);
    assert_eq!(hub.post(&shop, "/api/v1/catalogues", &newer).await.problem(), (422, ProblemKind::Invalid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_is_none_is_refused_and_leaves_nothing() {
    let (hub, owner) = hub().await;
    let ci = publisher(&hub, &owner, "shop").await;
    let good = document(1, "a", WEB);
    let mut outside = good.clone();
    outside["packages"][0]["layer"] = json!(9);
    let mut long = good.clone();
    long["packages"][0]["name"] = json!("x".repeat(5000));
    let mut format = good.clone();
    format["format"] = json!("cyclonedx");
    let mut names = good.clone();
    names["image"]["names"] = json!(["n".repeat(10_000_000)]);
    let mut user = good.clone();
    user["image"]["config"]["user"] = json!("u".repeat(10_000_000));
    for wrong in [json!({}), json!([]), outside, long, format, names, user] {
        let answer = hub.post(&ci, "/api/v1/catalogues", &wrong).await;
        assert_eq!(answer.problem().0, 422);
        assert!(answer.body.len() < 1000, "what was sent is not sent back");
    }
    let text = Hub::send(
        hub.request(&ci, reqwest::Method::POST, "/api/v1/catalogues")
            .header("content-type", "text/plain")
            .body(good.to_string()),
    )
    .await;
    assert_eq!(text.problem(), (415, ProblemKind::UnsupportedMediaType));
    // The head alone: whoever announces too much is refused before anything of it comes.
    let Who::Token(token) = &ci else { panic!("a token publishes") };
    let head = format!(
        "POST /api/v1/catalogues HTTP/1.1\r\nhost: localhost:{}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        hub.address.port(),
        (64 << 20) + 1
    );
    let mut stream = tokio::net::TcpStream::connect(hub.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
    let unknown = hub.post(&owner, "/api/v1/catalogues?scope=nowhere", &good).await;
    assert_eq!(unknown.problem(), (404, ProblemKind::NotFound));
    assert!(page(&hub, &owner, "/api/v1/images").await.items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_filtered_sorted_and_shown_in_the_callers_scopes_only() {
    let (hub, owner) = hub().await;
    let shop = publisher(&hub, &owner, "shop").await;
    let bank = publisher(&hub, &owner, "bank").await;
    send(&hub, &shop, &document(1, "web", WEB)).await;
    send(&hub, &bank, &document(2, "ledger", &[("deb", "openssl", "3.0.9", 0), ("deb", "zlib", "1.2", 0)]))
        .await;
    send(&hub, &shop, &document(3, "cart", &[("npm", "lodash", "4.17.20", 1)])).await;
    let place = pushed(&hub, "shop/web", 1, "latest", "shop").await;

    let ids = |page: Page<ImageRow>| -> Vec<String> {
        page.items.into_iter().map(|row| row.asset_id.split('@').next().unwrap().to_owned()).collect()
    };
    for (query, wanted) in [
        ("sort=name", vec!["published/cart", "published/ledger", "published/web", "registry/main/shop/web"]),
        ("sort=worst", vec!["registry/main/shop/web", "published/web", "published/cart", "published/ledger"]),
        (
            "severity=critical,high&sort=name",
            vec!["published/cart", "published/web", "registry/main/shop/web"],
        ),
        ("cve=cve-2026-1&sort=name", vec!["published/web", "registry/main/shop/web"]),
        ("cve=DEBIAN-CVE-2026-1&sort=name", vec!["published/web", "registry/main/shop/web"]),
        ("package=openssl&packageVersion=3.0.9", vec!["published/ledger"]),
        ("package=openssl&packageKind=npm", vec![]),
        ("scope=bank", vec!["published/ledger"]),
        ("text=LATEST", vec!["registry/main/shop/web"]),
        ("text=shop%2Fweb&trigger=push", vec!["registry/main/shop/web"]),
        ("repository=shop%2Fweb", vec!["registry/main/shop/web"]),
        ("registry=999", vec![]),
        ("kev=true&trigger=publish", vec!["published/web"]),
        ("fixable=false", vec!["published/ledger"]),
        (
            "owner=none&distro=debian:12&sort=name&scope=shop&trigger=publish",
            vec!["published/cart", "published/web"],
        ),
        ("distro=alpine", vec![]),
        ("state=healthy", vec![]),
    ] {
        let found = page(&hub, &owner, &format!("/api/v1/images?{query}")).await;
        assert_eq!(found.total, Some(wanted.len() as u64), "{query}");
        assert_eq!(ids(found), wanted, "{query}");
    }
    for wrong in
        ["severity=worst", "state=green", "sort=luck", "colour=red", "kev=maybe", "limit=0", "cursor=x"]
    {
        let answer = hub.get(&owner, &format!("/api/v1/images?{wrong}")).await;
        assert!([400, 422].contains(&answer.problem().0), "{wrong}");
    }

    // Page by page, each row once.
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let rows = page(&hub, &owner, &format!("/api/v1/images?limit=1{next}")).await;
        assert_eq!(rows.total.is_some(), next.is_empty(), "the first page tells how many there are");
        seen.extend(rows.items.iter().map(|row| row.id.clone()));
        match rows.next {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 4);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);

    // Who sees one scope only.
    hub.user(&owner, "teller", &[("bank", Role::Viewer)]).await;
    let teller = hub.login("teller").await;
    assert_eq!(ids(page(&hub, &teller, "/api/v1/images").await), ["published/ledger"]);
    assert_eq!(page(&hub, &teller, "/api/v1/images?scope=shop").await.total, Some(0));
    for path in ["", "/findings"] {
        let hidden = hub.get(&teller, &format!("/api/v1/images/{place}{path}")).await;
        let missing = hub.get(&teller, &format!("/api/v1/images/99999{path}")).await;
        assert_eq!(hidden.problem(), (404, ProblemKind::NotFound));
        assert_eq!(missing.problem(), (404, ProblemKind::NotFound));
    }
    let detail: ImageDetail = hub.get(&owner, &format!("/api/v1/images/{place}")).await.ok(200);
    assert_eq!(detail.row.tags, ["latest"]);
    assert_eq!(
        (detail.row.registry.as_deref(), detail.row.repository.as_deref()),
        (Some("main"), Some("shop/web"))
    );
    assert_eq!(detail.evidence, Some(json!({"tag": "1"})));
    assert_eq!(detail.elsewhere.len(), 1);
    assert!(detail.elsewhere[0].asset_id.starts_with("published/web@"));
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_say_what_where_and_what_to_do() {
    let (hub, owner) = hub().await;
    let sent = send(&hub, &publisher(&hub, &owner, "shop").await, &document(1, "web", WEB)).await;
    let path = format!("/api/v1/images/{}/findings", sent.image);
    let all: Page<Finding> = hub.get(&owner, &path).await.ok(200);
    assert_eq!(all.total, Some(3));
    let names: Vec<&str> = all.items.iter().map(|finding| finding.vulnerability.as_str()).collect();
    assert_eq!(names, ["CVE-2026-1", "CVE-2026-3", "CVE-2026-2"]);
    let first = &all.items[0];
    assert_eq!((first.severity, first.kev, first.score), (Severity::Critical, true, Some(7.5)));
    assert_eq!((first.fix_status.as_str(), first.fixed_version.as_deref()), ("fixed", Some("3.0.9")));
    assert_eq!((first.package.name.as_str(), first.package.version.as_str()), ("openssl", "3.0.1"));
    assert_eq!(first.epss, Some(0.9));
    assert_eq!(first.paths, ["var/lib/dpkg/status"]);
    let layer = first.layer.as_ref().unwrap();
    assert_eq!((layer.position, layer.diff_id.as_str()), (0, &*digest(7)));
    assert_eq!(layer.created_by.as_deref(), Some("ADD rootfs.tar /"));
    for (query, wanted) in [
        ("severity=low", vec!["CVE-2026-2"]),
        ("text=OPENSSL", vec!["CVE-2026-1"]),
        ("text=flaw%20in%20lod", vec!["CVE-2026-3"]),
        ("package=zlib", vec!["CVE-2026-2"]),
        ("fixable=true&sort=package", vec!["CVE-2026-3", "CVE-2026-1"]),
        ("kev=false&severity=high,low", vec!["CVE-2026-3", "CVE-2026-2"]),
        ("judgement=apart", vec![]),
        ("judgement=all&sort=newest", vec!["CVE-2026-3", "CVE-2026-2", "CVE-2026-1"]),
    ] {
        let found: Page<Finding> = hub.get(&owner, &format!("{path}?{query}")).await.ok(200);
        let names: Vec<&str> = found.items.iter().map(|finding| finding.vulnerability.as_str()).collect();
        assert_eq!((names, found.total), (wanted.clone(), Some(wanted.len() as u64)), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_says_which_fix_repairs_it_and_what_hides_it() {
    let (hub, owner) = hub().await;
    let sent = send(&hub, &publisher(&hub, &owner, "shop").await, &document(1, "web", WEB)).await;
    let path = format!("/api/v1/images/{}/findings", sent.image);
    let all: Page<Finding> = hub.get(&owner, &path).await.ok(200);
    let fix = all.items[0].fix.clone().expect("a fix is known");
    assert!(all.items.iter().all(|finding| finding.hidden_by.is_none()));
    assert!(all.items[2].fix.is_none(), "nothing repairs zlib yet");
    let of: Page<Finding> = hub.get(&owner, &format!("{path}?fix={}", fix.id)).await.ok(200);
    assert!(of.total > Some(0) && of.items.iter().all(|finding| finding.fix.as_ref() == Some(&fix)));
    assert_eq!(of.items[0].vulnerability, "CVE-2026-1");
    let images = page(&hub, &owner, &format!("/api/v1/images?fix={}", fix.id)).await;
    assert_eq!((images.items.len(), images.items[0].id.as_str()), (1, &*sent.image));
    for path in [format!("{path}?fix=none"), "/api/v1/images?fix=none".to_owned()] {
        let none: Value = hub.get(&owner, &path).await.ok(200);
        assert_eq!(none["total"], 0, "{path}");
    }
    let now = hub.clock.now();
    let rule = hub
        .state
        .store
        .write(move |tx| {
            store::disable_rules::create(
                tx,
                &store::disable_rules::NewRule {
                    name: "low".to_owned(),
                    scope: "shop".to_owned(),
                    control: None,
                    criteria: r#"{"cves":["CVE-2026-2"]}"#.to_owned(),
                    justification: "accepted".to_owned(),
                    expires: None,
                    created: now,
                    created_by: "user/root".to_owned(),
                },
            )
        })
        .await
        .unwrap();
    let all: Page<Finding> = hub.get(&owner, &path).await.ok(200);
    let hidden = all.items[2].hidden_by.as_ref().expect("a rule hides it");
    assert_eq!(
        (hidden.rule.as_deref(), all.items[2].vulnerability.as_str()),
        (Some(&*rule.to_string()), "CVE-2026-2")
    );
    assert!(all.items[0].hidden_by.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_not_read_yet_stands_there_and_is_not_healthy() {
    let (hub, owner) = hub().await;
    let place = pushed(&hub, "shop/new", 5, "1", "shop").await;
    let row = &page(&hub, &owner, "/api/v1/images").await.items[0];
    assert_eq!(
        (row.state, row.config_digest.as_deref(), row.scanned.as_deref()),
        (State::NotAssessed, None, None)
    );
    assert_eq!(row.cause.as_deref(), Some("its content was not read yet"));
    let detail: ImageDetail = hub.get(&owner, &format!("/api/v1/images/{place}")).await.ok(200);
    assert_eq!((detail.layers_count, detail.row.packages), (0, 0));
    let none: Page<Finding> = hub.get(&owner, &format!("/api/v1/images/{place}/findings")).await.ok(200);
    assert!(none.items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_metadata_is_carried_as_text_and_never_as_a_formula() {
    let (hub, owner) = hub().await;
    let ci = publisher(&hub, &owner, "shop").await;
    let formula = "=cmd|' /C calc'!A0";
    let mut evil = document(1, "<script>alert(1)</script>\u{1b}[2J\u{202e}", WEB);
    evil["packages"]
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "npm", "name": "lodash", "version": "1.0.0", "layer": 1,
        "evidence": [formula]}));
    evil["packages"]
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "npm", "name": formula, "version": "1.0.0", "layer": 1,
        "evidence": ["app/x"]}));
    evil["image"]["config"]["labels"] =
        json!({"<img src=x onerror=alert(1)>": "v".repeat(60_000), "esc": "\u{1b}]0;x\u{7}"});
    evil["distro"]["id"] = json!("+debian");
    evil["published"]["runUrl"] = json!("javascript:alert(1)");
    let sent = send(&hub, &ci, &evil).await;
    assert!(!sent.asset_id.contains(['\u{1b}', '\u{202e}']), "{}", sent.asset_id);
    let path = format!("/api/v1/images/{}", sent.image);
    let answer = hub.get(&owner, &path).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let detail: ImageDetail = answer.ok(200);
    let publish = detail.publish.unwrap();
    assert_eq!(publish.run_url, None, "only an address of the web becomes a link");
    assert!(detail.configuration.labels.iter().all(|label| label.value.chars().count() <= 4097));
    for list in ["/api/v1/images?format=csv".to_owned(), format!("{path}/findings?format=csv")] {
        let csv = hub.get(&owner, &list).await;
        assert_eq!(csv.status, 200);
        let text = csv.text();
        let guarded =
            |start: char| !text.contains(&format!(",{start}")) && !text.contains(&format!(",\"{start}"));
        assert!(guarded('=') && guarded('+'), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_layers_and_history_are_those_of_the_image() {
    let (hub, owner) = hub().await;
    let ci = publisher(&hub, &owner, "shop").await;
    let sent = send(&hub, &ci, &document(1, "web", WEB)).await;
    send(&hub, &ci, &document(2, "cart", &[("deb", "openssl", "3.0.1", 0)])).await;
    let path = format!("/api/v1/images/{}", sent.image);
    let all: Page<PackageRow> = hub.get(&owner, &format!("{path}/packages")).await.ok(200);
    let names: Vec<&str> = all.items.iter().map(|row| row.name.as_str()).collect();
    assert_eq!((names, all.total), (vec!["left-pad", "lodash", "openssl", "zlib"], Some(4)));
    let openssl = &all.items[2];
    assert_eq!((openssl.findings.critical, openssl.coverage.as_str()), (1, "covered"));
    assert_eq!(openssl.layer.as_ref().unwrap().diff_id, digest(7));
    assert_eq!(openssl.paths, ["var/lib/dpkg/status"]);
    for (query, wanted) in [
        ("vulnerable=false", vec!["left-pad"]),
        ("kind=npm&vulnerable=true", vec!["lodash"]),
        ("text=SSL", vec!["openssl"]),
    ] {
        let found: Page<PackageRow> = hub.get(&owner, &format!("{path}/packages?{query}")).await.ok(200);
        let names: Vec<&str> = found.items.iter().map(|row| row.name.as_str()).collect();
        assert_eq!((names, found.total), (wanted.clone(), Some(wanted.len() as u64)), "{query}");
    }

    let layers: Layers = hub.get(&owner, &format!("{path}/layers")).await.ok(200);
    let [base, own] = layers.items.as_slice() else { panic!("{layers:?}") };
    assert_eq!((base.position, base.packages, base.shared_by, base.size), (0, 2, 2, 100));
    assert_eq!((own.position, own.packages, own.shared_by), (1, 2, 1));
    assert_eq!((base.findings.critical, base.findings.low, own.findings.high), (1, 1, 1));
    assert!(base.is_base && !own.is_base, "the history tells where the base ends");

    hub.clock.advance(60);
    let place = pushed(&hub, "shop/web", 1, "latest", "shop").await;
    let history: History = hub.get(&owner, &format!("/api/v1/images/{place}/history")).await.ok(200);
    assert_eq!(history.tags.len(), 1);
    assert_eq!((history.tags[0].tag.as_str(), history.tags[0].until.as_deref()), ("latest", None));
    let what: Vec<&str> = history.events.iter().map(|event| event.what.as_str()).collect();
    for wanted in ["built", "first-seen", "pushed", "scanned"] {
        assert!(what.contains(&wanted), "{what:?}");
    }
    assert!(history.events.is_sorted_by(|a, b| a.at >= b.at));
    let sent: History = hub.get(&owner, &format!("{path}/history")).await.ok(200);
    let published = sent.events.iter().find(|event| event.what == "published").unwrap();
    assert_eq!(published.detail.as_deref(), Some("build, main, abc"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_images_are_compared_by_packages_and_findings() {
    let (hub, owner) = hub().await;
    let ci = publisher(&hub, &owner, "shop").await;
    let old = send(&hub, &ci, &document(1, "web", WEB)).await;
    let new: &[made::Package<'_>] = &[
        ("deb", "openssl", "3.0.9", 0),
        ("deb", "zlib", "1.3", 0),
        ("npm", "lodash", "4.17.20", 1),
        ("npm", "tar", "1.0", 1),
    ];
    let new = send(&hub, &ci, &document(2, "web2", new)).await;
    let path = format!("/api/v1/images/{}/compare?with={}", old.image, new.image);
    let compare: Compare = hub.get(&owner, &path).await.ok(200);
    assert_eq!((compare.a.id.as_str(), compare.b.id.as_str()), (&*old.image, &*new.image));
    let packages: Vec<(PackageChange, &str)> =
        compare.packages.iter().map(|package| (package.change, package.name.as_str())).collect();
    assert_eq!(
        packages,
        [
            (PackageChange::Removed, "left-pad"),
            (PackageChange::Changed, "openssl"),
            (PackageChange::Added, "tar"),
            (PackageChange::Changed, "zlib"),
        ]
    );
    assert_eq!(
        (compare.packages[1].from.as_deref(), compare.packages[1].to.as_deref()),
        (Some("3.0.1"), Some("3.0.9"))
    );
    assert_eq!((compare.counts.new, compare.counts.gone, compare.counts.same), (0, 1, 2));
    assert_eq!(compare.findings[0].finding.vulnerability, "CVE-2026-1");
    let bank = send(&hub, &publisher(&hub, &owner, "bank").await, &document(3, "ledger", WEB)).await;
    hub.user(&owner, "teller", &[("bank", Role::Viewer)]).await;
    let teller = hub.login("teller").await;
    for (a, b) in [(&bank.image, &old.image), (&old.image, &bank.image)] {
        let answer = hub.get(&teller, &format!("/api/v1/images/{a}/compare?with={b}")).await;
        assert_eq!(answer.problem(), (404, ProblemKind::NotFound), "neither side may be out of sight");
    }
    for part in ["packages", "layers", "history", "why?vulnerability=CVE-2026-1"] {
        let answer = hub.get(&teller, &format!("/api/v1/images/{}/{part}", old.image)).await;
        assert_eq!(answer.problem(), (404, ProblemKind::NotFound), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inventory_has_every_asset_once_and_its_counts_are_those_of_its_rows() {
    let (hub, owner) = hub().await;
    let shop = publisher(&hub, &owner, "shop").await;
    send(&hub, &shop, &document(1, "web", WEB)).await;
    send(&hub, &publisher(&hub, &owner, "bank").await, &document(2, "ledger", WEB)).await;
    pushed(&hub, "shop/web", 1, "1.2", "shop").await;
    pushed(&hub, "bank/ledger", 2, "1", "bank").await;
    hub.user(&owner, "teller", &[("bank", Role::Viewer)]).await;
    let teller = hub.login("teller").await;
    let list = |who: &Who, query: &str| {
        let (hub, who, path) = (&hub, who.clone(), format!("/api/v1/inventory?{query}"));
        async move { hub.get(&who, &path).await.ok::<Page<Asset>>(200) }
    };
    let all = list(&owner, "").await;
    let names: Vec<(AssetKind, &str, &str)> =
        all.items.iter().map(|asset| (asset.kind, asset.name.as_str(), asset.scope.as_str())).collect();
    assert_eq!(
        names,
        [
            (AssetKind::Image, "ledger", "bank"),
            (AssetKind::Image, "web", "shop"),
            (AssetKind::Registry, "main", ""),
            (AssetKind::Repository, "bank/ledger", ""),
            (AssetKind::Image, "bank/ledger:1", "bank"),
            (AssetKind::Repository, "shop/web", ""),
            (AssetKind::Image, "shop/web:1.2", "shop"),
        ]
    );
    assert_eq!(all.total, Some(7));
    let registry = &all.items[2];
    assert_eq!((registry.findings.critical, registry.findings.high), (2, 2), "of the images in it");
    assert!(registry.link == format!("/registries/{}", registry.id));
    assert_eq!(all.items[3].link, format!("/registries/{}/{}", registry.id, all.items[3].id));
    assert_eq!(all.items[4].link, format!("/images/{}", all.items[4].id));
    assert!(all.items.iter().all(|asset| asset.state == State::NotAssessed && asset.cause.is_some()));
    for (query, wanted) in [
        ("kind=image&sort=newest", 4),
        ("kind=registry,repository", 3),
        ("sort=worst", 7),
        ("text=LEDGER", 3),
        ("state=not_assessed&kind=image&scope=shop", 2),
        ("state=healthy", 0),
        ("owner=none&kind=repository", 2),
        ("owner=nobody", 0),
        (&format!("registry={}", registry.id), 5),
        ("registry=999", 0),
    ] {
        let found = list(&owner, query).await;
        assert_eq!((found.items.len(), found.total), (wanted, Some(wanted as u64)), "{query}");
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = list(&owner, &format!("{query}&limit=1{next}")).await;
            seen.extend(page.items.iter().map(|asset| asset.asset_id.clone()));
            match page.next {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        let whole: Vec<String> = found.items.iter().map(|asset| asset.asset_id.clone()).collect();
        assert_eq!(seen, whole, "{query}: page by page");
    }
    let mine = list(&teller, "sort=worst").await;
    let names: Vec<&str> = mine.items.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!((names, mine.total), (vec!["bank/ledger:1", "ledger"], Some(2)));
    for (who, query) in [(&owner, ""), (&owner, "scope=shop"), (&owner, "text=web"), (&teller, "")] {
        let counts: InventoryCounts =
            hub.get(who, &format!("/api/v1/inventory/counts?{query}")).await.ok(200);
        for of in counts.kinds {
            let kind = serde_json::to_value(of.kind).unwrap();
            let rows = list(who, &format!("{query}&kind={}", kind.as_str().unwrap())).await;
            assert_eq!(rows.total, Some(of.total), "{query}: {kind}");
            assert_eq!(of.states.not_assessed, of.total);
        }
    }
    let csv = hub.get(&owner, "/api/v1/inventory?format=csv").await.text();
    assert!(csv.starts_with("kind,id,assetId,name,") && csv.lines().count() == 8, "{csv}");
    let lines = hub.get(&owner, "/api/v1/inventory?format=jsonl&kind=image").await.text();
    assert_eq!(lines.lines().count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn software_and_search_find_what_the_caller_may_see() {
    let (hub, owner) = hub().await;
    send(&hub, &publisher(&hub, &owner, "shop").await, &document(1, "web", WEB)).await;
    let ledger: &[made::Package<'_>] = &[("deb", "openssl", "3.0.9", 0), ("npm", "@bank/core", "1.0.0", 1)];
    send(&hub, &publisher(&hub, &owner, "bank").await, &document(2, "ledger", ledger)).await;
    pushed(&hub, "shop/web", 1, "1.2", "shop").await;
    hub.user(&owner, "teller", &[("bank", Role::Viewer)]).await;
    let teller = hub.login("teller").await;
    let software = |who: &Who, query: &str| {
        let (hub, who, path) = (&hub, who.clone(), format!("/api/v1/software?{query}"));
        async move {
            let page: Page<Software> = hub.get(&who, &path).await.ok(200);
            assert_eq!(page.total, Some(page.items.len() as u64), "{path}");
            page.items
                .into_iter()
                .map(|row| (row.name, row.versions, row.images, row.vulnerabilities))
                .collect::<Vec<_>>()
        }
    };
    let row =
        |name: &str, versions, images, vulnerabilities| (name.to_owned(), versions, images, vulnerabilities);
    assert_eq!(
        software(&owner, "").await,
        [
            row("@bank/core", 1, 1, 0),
            row("left-pad", 1, 2, 0),
            row("lodash", 1, 2, 1),
            row("openssl", 2, 3, 1),
            row("zlib", 1, 2, 1),
        ]
    );
    let mine = [row("@bank/core", 1, 1, 0), row("openssl", 1, 1, 0)];
    assert_eq!(software(&teller, "").await, mine, "what others have is not told");
    assert_eq!(software(&owner, "scope=bank").await, mine);
    assert_eq!(software(&owner, "text=SSL&kind=deb").await, [row("openssl", 2, 3, 1)]);
    let first: Page<Software> = hub.get(&owner, "/api/v1/software?limit=2").await.ok(200);
    assert_eq!((first.items.len(), first.total), (2, Some(5)), "the total is that of all pages");
    let versions: SoftwareVersions =
        hub.get(&owner, "/api/v1/software/versions?kind=deb&name=openssl").await.ok(200);
    let told: Vec<(&str, u64, u64)> =
        versions.items.iter().map(|row| (row.version.as_str(), row.images, row.findings.critical)).collect();
    assert_eq!(told, [("3.0.1", 2, 1), ("3.0.9", 1, 0)]);
    let hidden = hub.get(&teller, "/api/v1/software/versions?kind=npm&name=lodash").await;
    assert_eq!(hidden.problem(), (404, ProblemKind::NotFound));

    let found = |who: &Who, query: &str| {
        let (hub, who, path) = (&hub, who.clone(), format!("/api/v1/search?q={query}"));
        async move {
            let found: Found = hub.get(&who, &path).await.ok(200);
            found.items.into_iter().map(|item| (item.kind, item.title, item.link)).collect::<Vec<_>>()
        }
    };
    let cve = found(&owner, "cve-2026-1").await;
    assert_eq!(cve[0], (FoundKind::Vulnerability, "CVE-2026-1".to_owned(), "/cve/CVE-2026-1".to_owned()));
    assert_eq!(found(&owner, "GHSA-CVE-2026-4").await[0].1, "CVE-2026-4", "the database knows it");
    let web = found(&owner, "shop/web").await;
    let kinds: Vec<FoundKind> = web.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, [FoundKind::Repository, FoundKind::Image]);
    assert_eq!(found(&owner, "1.2").await[0].1, "shop/web:1.2", "by tag");
    let digest = digest(1_000_001);
    assert_eq!(found(&owner, &digest).await.len(), 2, "by digest, in both places");
    assert_eq!(found(&owner, "@bank").await[0].2, "/software/npm?name=%40bank%2Fcore");
    assert!(
        found(&owner, "audit")
            .await
            .iter()
            .any(|(kind, _, link)| *kind == FoundKind::Page && link == "/settings/audit")
    );
    assert!(found(&teller, "shop").await.is_empty() && found(&teller, "lodash").await.is_empty());
    for (query, status) in
        [("", 400), ("q=", 422), ("q=%1B", 422), ("q=x&limit=0", 422), ("q=x&limit=51", 422)]
    {
        assert_eq!(hub.get(&owner, &format!("/api/v1/search?{query}")).await.problem().0, status, "{query}");
    }
    let long = hub.get(&owner, &format!("/api/v1/search?q={}", "x".repeat(5000))).await;
    assert_eq!(long.problem().0, 422);
    for wild in ["%25", "_", "!", "'", "%5C"] {
        assert!(
            found(&owner, wild)
                .await
                .iter()
                .all(|(_, title, _)| title.contains(&wild.replace("%25", "%").replace("%5C", "\\"))),
            "{wild} is no pattern"
        );
    }
}
