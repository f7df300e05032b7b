//! A small fleet: what pipelines send, what registries show, and a database that knows some of it.

use api::who::TokenRole;
use hub::matching::Matcher;
use model::{Class, Kev, Rating, Severity};
use package::{Ecosystem, NameKind};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{
    Micros,
    placements::{self, Sighting, Trigger},
    registries::{self, Settings},
};
use vulndb::{Builder, Coverage, Database, End, Enrichment, Range, Record, Statement, Status};

use crate::support::{Hub, START, Who};

/// A digest that stands for a number.
pub(crate) fn digest(number: u64) -> String {
    format!("sha256:{number:064x}")
}

/// A package of a catalogue: type, name, version, layer.
pub(crate) type Package<'a> = (&'a str, &'a str, &'a str, u32);

/// A catalogue document of an image on Debian 12. Its first layer is the base that all share, its second its own.
pub(crate) fn document(number: u64, name: &str, packages: &[Package<'_>]) -> Value {
    let packages: Vec<Value> = packages
        .iter()
        .map(|(kind, name, version, layer)| {
            let mut package = json!({"type": kind, "name": name, "version": version, "layer": layer,
                "evidence": [if *kind == "deb" { "var/lib/dpkg/status".to_owned() } else { format!("app/{name}") }]});
            if *kind == "deb" {
                package["source"] = json!({"name": name, "version": version});
            }
            package
        })
        .collect();
    json!({
        "format": "seawall-catalogue", "version": 1, "cataloguer": sbom::CATALOGUER_VERSION, "target": name,
        "kind": "image",
        "image": {
            "configDigest": digest(number), "manifestDigest": digest(number + 1_000_000), "names": [name],
            "platform": {"os": "linux", "architecture": "amd64"},
            "config": {"created": "2026-01-01T00:00:00Z", "user": "app", "entrypoint": ["/app"], "labels": {"team": "web"},
                "history": [
                    {"createdBy": "ADD rootfs.tar /"}, {"createdBy": "CMD [\"bash\"]", "emptyLayer": true},
                    {"createdBy": "COPY app /app"}]},
            "layers": [
                {"diffId": digest(7), "size": 100, "createdBy": "ADD rootfs.tar /"},
                {"diffId": digest(number + 2_000_000), "size": 10, "createdBy": "COPY app /app"}],
        },
        "distro": {"id": "debian", "versionId": "12", "prettyName": "Debian GNU/Linux 12"},
        "packages": packages,
        "published": {"workflow": "build", "runUrl": "https://ci.example/1", "branch": "main", "commit": "abc"},
    })
}

fn record(id: &str, ecosystem: Ecosystem, package: &str, fixed: Option<&str>, severity: Severity) -> Record {
    let debian = ecosystem == Ecosystem::Debian;
    Record {
        source: if debian { "debian-tracker" } else { "ghsa" }.into(),
        id: format!("{}-{id}", if debian { "DEBIAN" } else { "GHSA" }),
        cves: vec![id.to_owned()],
        aliases: Vec::new(),
        class: Class::Vulnerability,
        summary: format!("a flaw in {package}"),
        published: Some("2026-01-02T03:04:05Z".into()),
        modified: None,
        withdrawn: false,
        ratings: vec![Rating { source: "nvd".into(), severity, score: Some(7.5), vector: None }],
        cwes: Vec::new(),
        references: vec![model::Reference {
            kind: "ADVISORY".into(),
            url: format!("https://example.org/{id}"),
        }],
        statements: vec![Statement {
            ecosystem,
            release: debian.then(|| "12".to_owned()),
            package: package.to_owned(),
            name: if debian { NameKind::Source } else { NameKind::Binary },
            module: None,
            class: None,
            status: Status::Affected,
            ranges: vec![Range {
                introduced: None,
                end: fixed.map_or(End::Open, |version| End::Fixed(version.to_owned())),
            }],
            versions: Vec::new(),
            severity,
            platforms: Vec::new(),
            imports: Vec::new(),
        }],
    }
}

/// openssl before 3.0.9 is hit by CVE-2026-1 (critical, exploited), zlib in any version by CVE-2026-2 (low, no fix),
/// lodash before 4.17.21 by CVE-2026-3 (high).
pub(crate) fn database() -> Database {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut builder = Builder::new(folder.path()).unwrap();
    for record in [
        record("CVE-2026-1", Ecosystem::Debian, "openssl", Some("3.0.9"), Severity::Critical),
        record("CVE-2026-2", Ecosystem::Debian, "zlib", None, Severity::Low),
        record("CVE-2026-3", Ecosystem::Npm, "lodash", Some("4.17.21"), Severity::High),
        record("CVE-2026-4", Ecosystem::Npm, "nobody-has-this", Some("2.0.0"), Severity::High),
    ] {
        builder.add(&record).unwrap();
    }
    builder
        .enrich(&Enrichment {
            cve: "CVE-2026-1".into(),
            kev: Some(Kev { added: "2026-01-01".into(), due: "2026-02-01".into(), ransomware: false }),
            epss: Some((0.9, 0.99)),
            ..Enrichment::default()
        })
        .unwrap();
    for (ecosystem, release) in [(Ecosystem::Debian, Some("12".to_owned())), (Ecosystem::Npm, None)] {
        builder.cover(Coverage {
            source: "test".into(),
            ecosystem,
            release,
            packages: None,
            records: 1_000_000,
            newest: None,
        });
    }
    builder.finish(&path).unwrap();
    Database::from_bytes(std::fs::read(&path).unwrap()).unwrap()
}

/// A hub whose database knows some flaws, with two scopes: `shop` and `bank`.
pub(crate) async fn hub() -> (Hub, Who) {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    hub.scope(&owner, "shop").await;
    hub.scope(&owner, "bank").await;
    let matcher: &Matcher = &hub.state.matcher;
    matcher.change(Arc::new(database()), Micros(START)).await.unwrap();
    (hub, owner)
}

/// A token that publishes in a scope.
pub(crate) async fn publisher(hub: &Hub, owner: &Who, scope: &str) -> Who {
    hub.token(owner, &[(scope, TokenRole::Publish)]).await.0
}

/// Puts content that was published before into a registry's repository under a tag, as if it had been pushed there. Gives
/// the id of the place.
pub(crate) async fn pushed(hub: &Hub, repository: &str, number: u64, tag: &str, scope: &str) -> String {
    let (repository, tag, scope) = (repository.to_owned(), tag.to_owned(), scope.to_owned());
    let id = hub
        .state
        .store
        .write(move |tx| {
            let registry = match registries::by_name(tx, "main")? {
                Some(registry) => registry.id,
                None => registries::create(tx, "main", "r:5000", "", &Settings::default(), Micros(START))?,
            };
            let id = placements::repository(tx, registry, &repository, Micros(START))?;
            let manifest = digest(number + 1_000_000);
            let placed = placements::see(
                tx,
                &Sighting {
                    registry: "main",
                    repository: id,
                    repository_name: &repository,
                    digest: &manifest,
                    scope: &scope,
                    owner: None,
                    trigger: Trigger::Push,
                    evidence: r#"{"tag":"1"}"#,
                    at: Micros(START),
                },
            )?;
            placements::name(tx, "main", &repository, &manifest, &digest(number))?;
            placements::tag(tx, id, &tag, &manifest, Micros(START))?;
            placements::link(tx, &manifest, &digest(number))?;
            Ok(placed.id)
        })
        .await
        .unwrap();
    id.to_string()
}
