//! What is judged, over HTTP: scores, recommendations, exemptions, rules, what they hide, and the way back.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml allows these in tests, but not in what tests share"
)]

#[path = "support/hub.rs"]
mod support;

use std::sync::Arc;

use api::catalogue::Document;
use hub::{assess::Engine, ingest};
use model::{Class, Rating, Severity};
use package::{Ecosystem, NameKind};
use serde_json::{Value, json};
use store::{
    Micros,
    placements::{self, Sighting, Trigger},
    registries,
};
use support::{Hub, Who};
use vulndb::{Builder, Coverage, Database, End, Range, Record, Statement, Status};

const DAY: i64 = 86_400;

/// One advisory a name: `NAME` is affected below 2.0.0, with the severity, and fixed there.
const ADVISORIES: &[(&str, &str, Severity, f64)] = &[
    ("CVE-2025-0001", "lodash", Severity::High, 7.5),
    ("CVE-2025-0002", "tar", Severity::Low, 3.1),
    ("MAL-2025-1", "evil", Severity::Critical, 9.8),
];

fn database(covered: &[Ecosystem]) -> Database {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut builder = Builder::new(folder.path()).unwrap();
    for (id, name, severity, score) in ADVISORIES {
        let is_malware = id.starts_with("MAL");
        builder
            .add(&Record {
                source: "osv-npm".into(),
                id: (*id).to_owned(),
                cves: if is_malware { Vec::new() } else { vec![(*id).to_owned()] },
                aliases: Vec::new(),
                class: if is_malware { Class::Malware } else { Class::Vulnerability },
                summary: format!("a flaw of {name}"),
                published: Some("2025-01-02T03:04:05Z".into()),
                modified: None,
                withdrawn: false,
                ratings: vec![Rating {
                    source: "ghsa".into(),
                    severity: *severity,
                    score: Some(*score),
                    vector: Some("CVSS:3.1/AV:N".into()),
                }],
                cwes: Vec::new(),
                references: Vec::new(),
                statements: vec![Statement {
                    ecosystem: Ecosystem::Npm,
                    release: None,
                    package: (*name).to_owned(),
                    name: NameKind::Binary,
                    module: None,
                    class: None,
                    status: Status::Affected,
                    ranges: vec![Range { introduced: None, end: End::Fixed("2.0.0".into()) }],
                    versions: Vec::new(),
                    severity: *severity,
                    platforms: Vec::new(),
                    imports: Vec::new(),
                }],
            })
            .unwrap();
    }
    for ecosystem in covered {
        builder.cover(Coverage {
            source: "osv-npm".into(),
            ecosystem: *ecosystem,
            release: None,
            packages: None,
            records: 1_000_000,
            newest: None,
        });
    }
    builder.finish(&path).unwrap();
    Database::from_bytes(std::fs::read(&path).unwrap()).unwrap()
}

/// An image as a test wants it.
#[derive(Clone, Copy)]
struct Made {
    repository: &'static str,
    user: &'static str,
    /// Name and version of its npm packages.
    packages: &'static [(&'static str, &'static str)],
}

const SOUND: Made = Made { repository: "shop/web", user: "app", packages: &[("lodash", "2.0.0")] };

struct World {
    hub: Hub,
    owner: Who,
    engine: Engine,
    registry: i64,
    made: u64,
}

impl World {
    async fn new() -> Self {
        let hub = Hub::start().await;
        let owner = hub.owner().await;
        for scope in ["shop", "bank"] {
            hub.scope(&owner, scope).await;
        }
        let team: Value = hub.post(&owner, "/api/v1/owners", &json!({"name": "web team"})).await.ok(201);
        let body = json!({"rules": [
            {"repositoryPrefix": "shop", "scope": "shop", "owner": team["id"]},
            {"repositoryPrefix": "bank", "scope": "bank", "owner": team["id"]}]});
        let _: Value = hub.put(&owner, "/api/v1/scope-rules", &body).await.ok(200);
        let now = hub.state.clock.now();
        hub.state.matcher.change(Arc::new(database(&[Ecosystem::Npm])), now).await.unwrap();
        let registry = hub
            .state
            .write(move |tx| {
                registries::create(tx, "main", "registry.test", "", &registries::Settings::default(), now)
                    .map(Ok)
            })
            .await
            .unwrap();
        let engine = Engine::new(&hub.state);
        // Sessions end while the clock goes on.
        let (owner, _) = hub.token(&owner, &[("", api::who::TokenRole::Owner)]).await;
        Self { hub, owner, engine, registry, made: 0 }
    }

    /// Pushes an image now; gives the number of its place and the asset's id.
    async fn push(&mut self, made: Made) -> (i64, String) {
        self.made += 1;
        let config = format!("sha256:{:064x}", self.made);
        let manifest = format!("sha256:{:064x}", self.made + 1_000_000);
        let packages: Vec<Value> = made
            .packages
            .iter()
            .map(|(name, version)| json!({"type": "npm", "name": name, "version": version, "evidence": ["app/x"], "layer": 0}))
            .collect();
        let document = json!({
            "format": "seawall-catalogue", "version": 1, "cataloguer": 1, "target": "t", "kind": "image",
            "image": {
                "configDigest": config,
                "platform": {"os": "linux", "architecture": "amd64"},
                "config": {"user": made.user, "created": "2025-12-31T00:00:00Z", "credentials": []},
                "layers": [{"diffId": format!("sha256:{:064x}", self.made + 2_000_000)}],
            },
            "packages": packages,
        });
        let document: Document = Document::read(document.to_string().as_bytes()).unwrap();
        let (state, now) = (&self.hub.state, self.hub.state.clock.now());
        ingest::put(&state.matcher, &document, "t", now).await.unwrap();
        let (registry, repository) = (self.registry, made.repository);
        state
            .write(move |tx| {
                let number = placements::repository(tx, registry, repository, now)?;
                let rules = store::scopes::rules(tx)?;
                let belongs = store::scopes::assign(&rules, "main", repository, "", None);
                let placed = placements::see(
                    tx,
                    &Sighting {
                        registry: "main",
                        repository: number,
                        repository_name: repository,
                        digest: &manifest,
                        scope: &belongs.scope,
                        owner: belongs.owner.as_deref(),
                        trigger: Trigger::Push,
                        evidence: "{}",
                        at: now,
                    },
                )?;
                placements::link(tx, &manifest, &config)?;
                Ok(Ok((placed.id, placements::asset_id("main", repository, &manifest))))
            })
            .await
            .unwrap()
    }

    async fn judge(&self) -> hub::assess::Done {
        self.engine.pass().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.hub.get(&self.owner, &format!("/api/v1{path}")).await.ok(200)
    }

    async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.hub.post(&self.owner, &format!("/api/v1{path}"), body).await.ok(status)
    }

    async fn group(&self, scope: &str, id: &str) -> Value {
        let score = self.get(&format!("/score?scope={scope}")).await;
        let groups = score["groups"].as_array().unwrap();
        groups.iter().find(|group| group["id"] == id).unwrap().clone()
    }

    /// What a control says of an asset.
    async fn says(&self, control: &str, asset: &str) -> Value {
        let page = self.get(&format!("/recommendations/{control}/assets?limit=500")).await;
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["assetId"] == asset)
            .unwrap_or_else(|| panic!("{asset} in {page}"))
            .clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_of_78_healthy_assets_are_0_31_of_4_points() {
    let mut world = World::new().await;
    for number in 0..78 {
        let user = if number < 6 { "app" } else { "" };
        world.push(Made { user, ..SOUND }).await;
    }
    let done = world.judge().await;
    // And the registry.
    assert_eq!(done.judged, 79);
    let group = world.group("shop", "manage-access-and-permissions").await;
    assert_eq!((&group["healthy"], &group["unhealthy"], &group["max"]), (&json!(6), &json!(72), &json!(4)));
    assert_eq!((&group["current"], &group["potential"]), (&json!(0.31), &json!(3.69)));
    assert_eq!(group["state"], "open");
    let found = world.get("/recommendations?scope=shop&state=open").await;
    let root = &found["items"][0];
    assert_eq!((&root["control"], &root["gain"]), (&json!("image.root-user"), &json!(3.69)));
    assert_eq!(root["states"], json!({"healthy": 6, "unhealthy": 72, "notApplicable": 0, "notAssessed": 0}));
    // All 6 points for vulnerabilities, and what the whole would be with the recommendation followed.
    let score = world.get("/score?scope=shop").await;
    assert_eq!(
        (&score["current"], &score["max"], &score["percent"]),
        (&json!(6.31), &json!(10), &json!(63.1))
    );
    assert_eq!(root["score"], json!(100.0));
    assert!(score["formula"].as_str().unwrap().contains("4 × 6 ÷ 78 = 0.31"), "{score}");
    let done = world.judge().await;
    assert_eq!(done.judged, 0, "nothing is due twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_with_29_of_60_has_48_percent_and_scopes_inherit() {
    let mut world = World::new().await;
    for number in 0..60 {
        let healthy = number < 29;
        let packages: &[_] = if healthy { &[("lodash", "2.0.0")] } else { &[("lodash", "1.0.0")] };
        let user = if healthy { "app" } else { "root" };
        world.push(Made { repository: "shop/web", user, packages }).await;
    }
    world.push(Made { repository: "bank/core", ..SOUND }).await;
    world.judge().await;
    let score = world.get("/score?scope=shop").await;
    assert_eq!((&score["percent"], &score["current"]), (&json!(48.3), &json!(4.83)), "29/60 of 10");
    let scores = world.get("/score/scopes").await;
    let of = |scope: &str| {
        scores["items"].as_array().unwrap().iter().find(|item| item["scope"] == scope).unwrap().clone()
    };
    assert_eq!((&of("shop")["percent"], &of("bank")["percent"]), (&json!(48.3), &json!(100.0)));
    assert_eq!(scores["items"].as_array().unwrap().len(), 2, "those right below, not the root itself");
    // The root has both branches: 30 of 61 in each group.
    assert_eq!(world.get("/score").await["percent"], json!(49.2));
    // A caller of one scope sees that one, and asking for another shows nothing.
    world.hub.user(&world.owner, "jane", &[("bank", api::who::Role::Viewer)]).await;
    let jane = world.hub.login("jane").await;
    let own: Value = world.hub.get(&jane, "/api/v1/score").await.ok(200);
    assert_eq!(own["percent"], json!(100.0));
    let other: Value = world.hub.get(&jane, "/api/v1/score?scope=shop").await.ok(200);
    assert_eq!((&other["percent"], &other["max"]), (&Value::Null, &json!(0)));
    let assets: Value = world.hub.get(&jane, "/api/v1/recommendations/image.root-user/assets").await.ok(200);
    assert_eq!((assets["items"].as_array().unwrap().len(), &assets["total"]), (1, &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_looked_at_is_never_green() {
    let mut world = World::new().await;
    // Of an ecosystem without data; without packages; with a user that is fine.
    let (_, unknown) = world.push(Made { packages: &[], ..SOUND }).await;
    let now = world.hub.state.clock.now();
    let registry = world.registry;
    // Known by its manifest, and not scanned yet.
    let unscanned = world
        .hub
        .state
        .write(move |tx| {
            let number = placements::repository(tx, registry, "shop/new", now)?;
            placements::see(
                tx,
                &Sighting {
                    registry: "main",
                    repository: number,
                    repository_name: "shop/new",
                    digest: "sha256:00",
                    scope: "shop",
                    owner: None,
                    trigger: Trigger::Push,
                    evidence: "{}",
                    at: now,
                },
            )?;
            Ok(Ok(placements::asset_id("main", "shop/new", "sha256:00")))
        })
        .await
        .unwrap();
    world.judge().await;
    let says = world.says("image.vulnerabilities", &unknown).await;
    assert_eq!((&says["state"], &says["cause"]), (&json!("not_assessed"), &json!("no packages were found")));
    let says = world.says("image.vulnerabilities", &unscanned).await;
    assert_eq!((&says["state"], &says["cause"]), (&json!("not_assessed"), &json!("not scanned yet")));
    let group = world.group("shop", "remediate-vulnerabilities").await;
    assert_eq!(
        (&group["healthy"], &group["unhealthy"], &group["notAssessed"]),
        (&json!(0), &json!(0), &json!(2))
    );
    assert_eq!(group.get("current"), None, "without an asset that counts there are no points");
    assert_eq!(group["state"], "not_assessed");
    // A registry that never answered is not known to be reached by TLS.
    let says = world.says("registry.tls", "registry/main").await;
    assert_eq!(says["state"], "not_assessed");
    // The database no longer covers npm: what was healthy is not assessed from then on.
    let (_, sound) = world.push(Made { packages: &[("left-pad", "1.0.0")], ..SOUND }).await;
    world.judge().await;
    assert_eq!(world.says("image.vulnerabilities", &sound).await["state"], "healthy");
    world.hub.clock.advance(60);
    let now = world.hub.state.clock.now();
    world.hub.state.matcher.change(Arc::new(database(&[])), now).await.unwrap();
    world.judge().await;
    let says = world.says("image.vulnerabilities", &sound).await;
    assert_eq!(says["state"], "not_assessed", "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_alone_makes_an_image_not_applicable_or_its_pull_unknown() {
    let mut world = World::new().await;
    let (_, asset) = world.push(SOUND).await;
    world.judge().await;
    world.hub.clock.advance(31 * DAY);
    assert!(world.judge().await.judged >= 1, "a day began");
    let says = world.says("image.vulnerabilities", &asset).await;
    assert_eq!((&says["state"], &says["notes"]), (&json!("healthy"), &json!(["pull time unknown"])));
    // The registry tells of pulls from now on, so that silence means something.
    let (registry, now) = (world.registry, world.hub.state.clock.now());
    world.hub.state.write(move |tx| registries::notified(tx, registry, true, now).map(Ok)).await.unwrap();
    world.judge().await;
    let says = world.says("image.vulnerabilities", &asset).await;
    assert_eq!(
        (&says["state"], &says["cause"]),
        (&json!("not_applicable"), &json!("not pulled since 2026-01-01"))
    );
    assert_eq!(world.get("/score").await.get("percent"), None);
    // Days of the score: the first day's, and today's.
    let history = world.get("/score/history").await;
    let days = history["items"].as_array().unwrap();
    assert_eq!(days[0], json!({"day": "2026-01-01", "percent": 100.0, "current": 10.0, "max": 10.0}));
    assert_eq!(days.last().unwrap()["day"], "2026-02-01");
    // What is gone is in no count at all.
    let repository = asset.split('@').next().unwrap().trim_start_matches("registry/main/").to_owned();
    let digest = asset.split('@').nth(1).unwrap().to_owned();
    let now = Micros(now.0 + 1);
    world
        .hub
        .state
        .write(move |tx| {
            let number = placements::find_repository(tx, registry, &repository)?.unwrap();
            placements::retire(tx, number, &digest, now).map(Ok)
        })
        .await
        .unwrap();
    world.judge().await;
    let page = world.get("/recommendations/image.vulnerabilities/assets").await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["total"]), (0, &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exemption_does_what_its_preview_said_and_ends_when_it_is_over() {
    let mut world = World::new().await;
    let (_, bad) = world.push(Made { packages: &[("lodash", "1.0.0")], ..SOUND }).await;
    world.push(SOUND).await;
    world.judge().await;
    let before = world.get("/score?scope=shop").await;
    assert_eq!(before["percent"], json!(70.0), "3 of 6 and 4 of 4");
    let new = json!({"control": "image.vulnerabilities", "assetId": bad, "category": "waiver",
        "reason": "replaced next week", "expires": "2026-01-11T00:00:00Z"});
    let effect = world.post("/exemptions/preview", &new, 200).await;
    assert_eq!((&effect["score"]["before"], &effect["score"]["after"]), (&json!(70.0), &json!(100.0)));
    assert_eq!((&effect["hides"], &effect["changed"]), (&json!(1), &json!(1)));
    assert_eq!(effect["changes"][0]["assetId"], json!(bad));
    assert!(!effect["not"].as_array().unwrap().is_empty());
    assert_eq!(world.get("/exemptions").await["total"], json!(0), "a preview saves nothing");
    let made = world.post("/exemptions", &new, 201).await;
    world.judge().await;
    let after = world.get("/score?scope=shop").await;
    assert_eq!(after["percent"], effect["score"]["after"]);
    assert_eq!(after["exempt"], json!(1));
    let says = world.says("image.vulnerabilities", &bad).await;
    assert_eq!(says["state"], "not_applicable");
    assert_eq!(says["cause"], "exempt: risk accepted until 2026-01-11");
    assert_eq!(says["exemption"], made["id"]);
    // What it excuses is counted and listed.
    let listed = world.get("/exemptions?active=true").await;
    assert_eq!(listed["items"][0]["effect"], json!({"assets": 1, "unhealthy": 1, "findings": 1}));
    let one = world.get("/recommendations/image.vulnerabilities").await;
    assert_eq!((&one["exempt"], one["exemptions"].as_array().unwrap().len()), (&json!(1), 1));
    // It ends by itself.
    world.hub.clock.advance(10 * DAY - 1);
    world.judge().await;
    assert_eq!(world.says("image.vulnerabilities", &bad).await["state"], "not_applicable");
    world.hub.clock.advance(1);
    world.judge().await;
    assert_eq!(world.says("image.vulnerabilities", &bad).await["state"], "unhealthy");
    assert_eq!(world.get("/exemptions?active=true").await["total"], json!(0));
    assert_eq!(world.get("/exemptions?active=false").await["total"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_or_may_not_be_done_is_refused_with_its_field() {
    let mut world = World::new().await;
    let (_, asset) = world.push(SOUND).await;
    world.judge().await;
    let good = json!({"control": "image.root-user", "scope": "shop", "category": "waiver", "reason": "r"});
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    for (body, field) in [
        (with("control", json!("image.rooted")), "control"),
        (with("assetId", json!(asset)), "scope"),
        (with("scope", json!("nowhere")), "scope"),
        (with("scope", json!("a//b")), "scope"),
        (with("reason", json!("  ")), "reason"),
        (with("expires", json!("2025-01-01T00:00:00Z")), "expires"),
        (with("expires", json!("tomorrow")), "expires"),
    ] {
        for path in ["/exemptions", "/exemptions/preview"] {
            let answer = world.hub.post(&world.owner, &format!("/api/v1{path}"), &body).await;
            let problem: api::Problem = answer.json();
            assert_eq!(answer.status, 422, "{body}: {}", answer.text());
            assert_eq!(problem.errors[0].field, field, "{body}: {}", answer.text());
        }
    }
    world.hub.user(&world.owner, "john", &[("bank", api::who::Role::SecurityAdmin)]).await;
    let john = world.hub.login("john").await;
    let answer = world.hub.post(&john, "/api/v1/exemptions", &good).await;
    assert_eq!(answer.problem(), (403, api::ProblemKind::Forbidden));
    let unseen = json!({"control": "image.root-user", "assetId": asset, "category": "waiver", "reason": "r"});
    let answer = world.hub.post(&john, "/api/v1/exemptions", &unseen).await;
    assert_eq!(answer.status, 422, "an asset that he does not see is not there for him");
    // Nobody excuses a whole registry who may not everywhere in it.
    let whole = json!({"control": "image.root-user", "assetId": "registry/main", "category": "waiver", "reason": "r"});
    let answer = world.hub.post(&john, "/api/v1/exemptions", &whole).await;
    assert_ne!(answer.status, 201);
    let made: Value = world.hub.post(&world.owner, "/api/v1/exemptions", &good).await.ok(201);
    let path = format!("/api/v1/exemptions/{}", made["id"].as_str().unwrap());
    assert_eq!(world.hub.get(&john, &path).await.status, 404);
    assert_eq!(world.hub.delete(&john, &path).await.status, 404);
    assert_eq!(world.hub.get(&world.owner, &path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_hides_what_its_preview_said_and_what_it_hides_is_listed() {
    let mut world = World::new().await;
    const BOTH: &[(&str, &str)] = &[("lodash", "1.0.0"), ("tar", "1.0.0"), ("evil", "1.0.0")];
    let (_, worst) = world.push(Made { packages: BOTH, ..SOUND }).await;
    let (place, low) = world.push(Made { packages: &[("tar", "1.0.0")], ..SOUND }).await;
    let (_, elsewhere) =
        world.push(Made { repository: "bank/core", packages: &[("tar", "1.0.0")], ..SOUND }).await;
    world.judge().await;
    let says = world.says("image.vulnerabilities", &worst).await;
    assert_eq!((&says["cause"], &says["findings"]), (&json!("1 high, 1 low"), &json!(2)));
    assert_eq!(world.says("image.malware", &worst).await["cause"], "1 hostile package");
    let new = json!({"name": "noise", "scope": "shop", "criteria": {"cvssBelow": 10.0, "category": "language"},
        "justification": "not reachable from outside"});
    let effect = world.post("/disable-rules/preview", &new, 200).await;
    // One high and two low findings; the hostile package is not named, so it stays.
    assert_eq!((&effect["hides"], &effect["changed"]), (&json!(3), &json!(1)));
    assert_eq!(effect["findings"]["before"]["critical"], json!(1));
    assert_eq!(effect["findings"]["after"]["critical"], json!(1));
    assert_eq!(effect["findings"]["after"]["low"], json!(0));
    assert_eq!(world.get("/disable-rules").await["total"], json!(0), "a preview saves nothing");
    let made = world.post("/disable-rules", &new, 201).await;
    world.judge().await;
    assert_eq!(world.get("/score?scope=shop").await["percent"], effect["score"]["after"]);
    assert_eq!(world.says("image.vulnerabilities", &low).await["state"], "healthy");
    assert_eq!(world.says("image.vulnerabilities", &low).await["hidden"], json!(1));
    assert_eq!(world.says("image.malware", &worst).await["state"], "unhealthy");
    assert_eq!(world.says("image.vulnerabilities", &elsewhere).await["state"], "unhealthy", "another scope");
    // Counted and listed, by page.
    let id = made["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("/disable-rules/{id}")).await["hides"], json!(3));
    let recommendation = world.get("/recommendations/image.vulnerabilities?scope=shop").await;
    assert_eq!((&recommendation["hidden"], &recommendation["rules"]), (&json!(3), &json!(1)));
    let mut found = Vec::new();
    let mut path = format!("/disable-rules/{id}/findings?limit=1");
    loop {
        let page = world.get(&path).await;
        for item in page["items"].as_array().unwrap() {
            found.push((
                item["assetId"].as_str().unwrap().to_owned(),
                item["package"].as_str().unwrap().to_owned(),
            ));
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/disable-rules/{id}/findings?limit=1&cursor={next}"),
            None => break,
        }
    }
    found.sort();
    let of = |asset: &String, package: &str| (asset.clone(), package.to_owned());
    assert_eq!(found, [of(&worst, "lodash"), of(&worst, "tar"), of(&low, "tar")]);
    let by = world
        .hub
        .state
        .read(move |tx| hub::assess::hides::of_image(tx, place, Micros(support::START)).map(Ok));
    let by = by.await.unwrap();
    assert_eq!(by[&("tar".to_owned(), "CVE-2025-0002".to_owned())].to_string(), id);
    // Away again, and all is as it was.
    let path = format!("/api/v1/disable-rules/{id}");
    let gone: Value = world.hub.delete(&world.owner, &path).await.ok(200);
    assert!(gone["removed"].is_string());
    world.judge().await;
    assert_eq!(world.get("/score?scope=shop").await["percent"], effect["score"]["before"]);
    assert_eq!(world.get(&format!("/disable-rules/{id}")).await["hides"], json!(0));
    for (criteria, field) in [
        (json!({}), "criteria"),
        (json!({"cves": ["GHSA-1"]}), "criteria.cves"),
        (json!({"cvssBelow": 11.0}), "criteria.cvssBelow"),
    ] {
        let body = json!({"name": "n", "scope": "shop", "criteria": criteria, "justification": "j"});
        let answer = world.hub.post(&world.owner, "/api/v1/disable-rules", &body).await;
        let problem: api::Problem = answer.json();
        assert_eq!(answer.status, 422);
        assert_eq!(problem.errors[0].field, field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_ends_by_itself() {
    let mut world = World::new().await;
    let (_, low) = world.push(Made { packages: &[("tar", "1.0.0")], ..SOUND }).await;
    let body = json!({"name": "n", "scope": "", "criteria": {"severities": ["low"]}, "justification": "j",
        "expires": "2026-01-01T06:00:00Z"});
    world.post("/disable-rules", &body, 201).await;
    world.judge().await;
    assert_eq!(world.says("image.vulnerabilities", &low).await["state"], "healthy");
    world.hub.clock.advance(6 * 3600);
    assert!(world.judge().await.judged >= 1);
    assert_eq!(world.says("image.vulnerabilities", &low).await["state"], "unhealthy");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_taken_back_for_a_day_and_once() {
    let mut world = World::new().await;
    let (_, bad) = world.push(Made { packages: &[("lodash", "1.0.0")], ..SOUND }).await;
    world.judge().await;
    let score = world.get("/score").await["percent"].clone();
    let exemption =
        json!({"control": "image.vulnerabilities", "scope": "shop", "category": "mitigated", "reason": "r"});
    let rule =
        json!({"name": "n", "scope": "shop", "criteria": {"severities": ["high"]}, "justification": "j"});
    for (path, body) in [("/exemptions", exemption), ("/disable-rules", rule)] {
        let made = world.post(path, &body, 201).await;
        let id = made["id"].as_str().unwrap().to_owned();
        world.judge().await;
        assert_ne!(world.says("image.vulnerabilities", &bad).await["state"], "unhealthy", "{path}");
        let entry = world.get("/audit?limit=1").await["items"][0].clone();
        let undo = format!("/audit/{}/undo", entry["id"].as_str().unwrap());
        let undone = world.post(&undo, &json!({}), 200).await;
        assert_eq!((&undone["undoOf"], &undone["action"]), (&entry["id"], &json!("undo")));
        world.judge().await;
        assert_eq!(world.get("/score").await["percent"], score, "{path}");
        assert!(world.get(&format!("{path}/{id}")).await["removed"].is_string());
        world.post(&undo, &json!({}), 409).await;
        // What was taken away comes back as well.
        let made = world.post(path, &body, 201).await;
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        let _: Value = world.hub.delete(&world.owner, &format!("/api/v1{one}")).await.ok(200);
        let entry = world.get("/audit?limit=1").await["items"][0].clone();
        world.post(&format!("/audit/{}/undo", entry["id"].as_str().unwrap()), &json!({}), 200).await;
        assert_eq!(world.get(&one).await.get("removed"), None);
        world.judge().await;
        assert_ne!(world.says("image.vulnerabilities", &bad).await["state"], "unhealthy", "{path}");
        let _: Value = world.hub.delete(&world.owner, &format!("/api/v1{one}")).await.ok(200);
    }
    // After a day it is too late.
    world.hub.clock.advance(DAY + 1);
    let entry = world.get("/audit?limit=1").await["items"][0].clone();
    world.post(&format!("/audit/{}/undo", entry["id"].as_str().unwrap()), &json!({}), 409).await;
    world.post("/audit/999999/undo", &json!({}), 404).await;
    // A scope that was made is not taken back here; and nobody learns of it who may not read the trail.
    world.hub.scope(&world.owner, "late").await;
    let entry = world.get("/audit?limit=1").await["items"][0].clone();
    let path = format!("/api/v1/audit/{}/undo", entry["id"].as_str().unwrap());
    assert_eq!(world.hub.post(&world.owner, &path, &json!({})).await.status, 409);
    world.hub.user(&world.owner, "john", &[("bank", api::who::Role::SecurityAdmin)]).await;
    let john = world.hub.login("john").await;
    assert_eq!(world.hub.post(&john, &path, &json!({})).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_switched_off_is_shown_before_and_taken_back_after() {
    let mut world = World::new().await;
    let (_, asset) = world.push(SOUND).await;
    world.judge().await;
    let off = json!({"plan": "registries", "on": false});
    let effect = world.post("/scopes/shop/plans/preview", &off, 200).await;
    assert_eq!((&effect["score"]["before"], effect["score"].get("after")), (&json!(100.0), None));
    assert_eq!(effect["changed"], json!(1));
    assert_eq!(world.get("/score?scope=shop").await["percent"], json!(100.0), "a preview saves nothing");
    let _: Value = world.hub.put(&world.owner, "/api/v1/scopes/shop/plans", &off).await.ok(200);
    world.judge().await;
    let says = world.says("image.vulnerabilities", &asset).await;
    assert_eq!((&says["state"], &says["codes"]), (&json!("not_applicable"), &json!(["plan-off"])));
    let coverage = world.get("/coverage").await;
    assert_eq!(coverage["plans"][0]["state"], "partial", "the registry itself lies at the root");
    assert_eq!(coverage["assets"]["notApplicable"], json!(1));
    assert_eq!(
        (&coverage["causes"][0]["code"], &coverage["causes"][0]["count"]),
        (&json!("plan-off"), &json!(1))
    );
    let entry = world.get("/audit?limit=1").await["items"][0].clone();
    assert_eq!(entry["action"], "plan.set");
    world.post(&format!("/audit/{}/undo", entry["id"].as_str().unwrap()), &json!({}), 200).await;
    world.judge().await;
    assert_eq!(world.says("image.vulnerabilities", &asset).await["state"], "healthy");
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_tells_blind_spots_and_a_whole_rolls_up() {
    let mut world = World::new().await;
    world.push(SOUND).await;
    world.push(Made { packages: &[], ..SOUND }).await;
    world.push(Made { repository: "shop/bad", packages: &[("lodash", "1.0.0")], ..SOUND }).await;
    world.judge().await;
    let coverage = world.get("/coverage?scope=shop").await;
    let assets = json!({"total": 3, "assessed": 2, "notAssessed": 1, "notApplicable": 0});
    assert_eq!(coverage["assets"], assets);
    assert_eq!(
        (&coverage["causes"][0]["code"], &coverage["causes"][0]["count"]),
        (&json!("unsupported"), &json!(1))
    );
    assert_eq!(coverage["feeds"]["state"], "stale", "advisories without a date are of unknown age");
    assert_eq!(world.get("/coverage").await["registries"][0]["name"], "main");
    let wholes = world
        .hub
        .state
        .read(|tx| {
            let ids = ["registry/main/shop/web", "registry/main/shop/bad", "registry/main"];
            store::assessments::state_of(tx, &ids).map(Ok)
        })
        .await
        .unwrap();
    let of = |id: &str| (wholes[id].state, wholes[id].parts.healthy, wholes[id].parts.unhealthy);
    use model::StateKind::Unhealthy;
    assert_eq!(of("registry/main/shop/web"), (Unhealthy, 1, 1));
    assert_eq!(of("registry/main/shop/bad"), (Unhealthy, 0, 1));
    assert_eq!(of("registry/main"), (Unhealthy, 1, 2));
}
