//! What fixes are made of is read alike on both databases.

use std::fmt::Debug;

use model::Severity;
use store::{
    Micros, StoreError, Tx, alarms,
    fixes::{self, Kept},
    images::{self, NewImage, NewLayer},
    matches::{self, Changes, NewMatch, NewVulnerability},
    placements::{self, Sighting, Trigger},
    registries::{self, Settings},
    subjects::{self, Name, NewSubject},
    units::{self, Placed},
};

use crate::harness::{Db, on_both};

on_both! {
    the_fleet_is_read_as_it_lies_there,
    how_far_a_fix_got_is_kept_and_forgotten,
}

fn subject(tx: &mut Tx<'_>, number: u8, kind: &str, name: &str) -> Result<i64, StoreError> {
    let subject = NewSubject {
        hash: [number; 16],
        kind: kind.to_owned(),
        name: name.to_owned(),
        version: "1".to_owned(),
        ecosystem: "debian".to_owned(),
        release: "12".to_owned(),
        source_name: String::new(),
        source_version: String::new(),
        purl: String::new(),
        presence: "installed".to_owned(),
        context: "{}".to_owned(),
    };
    let name = Name {
        ecosystem: "debian".to_owned(),
        release: "12".to_owned(),
        kind: "source".to_owned(),
        name: name.to_owned(),
        content: None,
    };
    subjects::add(tx, &subject, &[name], "matched", Micros(5))
}

fn found(vulnerability: &str, severity: Severity, fix: &str) -> NewMatch {
    NewMatch {
        vulnerability: vulnerability.to_owned(),
        severity,
        class: "vulnerability".to_owned(),
        judgement: matches::COUNTS.to_owned(),
        fix_status: if fix.is_empty() { "none-known" } else { matches::FIXED }.to_owned(),
        fix: fix.to_owned(),
        remedy: String::new(),
        kev: severity == Severity::Critical,
    }
}

fn image(digest: &str, layers: &[&str], packages: &[(usize, i64)]) -> NewImage {
    NewImage {
        config_digest: digest.to_owned(),
        kind: "image".to_owned(),
        arch: Some("amd64".to_owned()),
        distro: Some("debian".to_owned()),
        distro_version: Some("12".to_owned()),
        config: "{}".to_owned(),
        facts: "{}".to_owned(),
        problems: "[]".to_owned(),
        cataloguer: 1,
        base_layers: Some(1),
        base_name: Some("debian:12".to_owned()),
        layers: layers
            .iter()
            .map(|id| NewLayer { diff_id: (*id).to_owned(), size: 5, created_by: None })
            .collect(),
        packages: packages
            .iter()
            .map(|(layer, subject)| Placed { layer: Some(*layer), subject: *subject, place: 1, evidence: 0 })
            .collect(),
        evidence: vec![r#"["usr/bin/app"]"#.to_owned()],
        ..NewImage::default()
    }
}

fn push(
    tx: &mut Tx<'_>,
    repository: i64,
    digest: &str,
    config: &str,
    tag: &str,
    at: i64,
) -> Result<i64, StoreError> {
    let placed = placements::see(
        tx,
        &Sighting {
            registry: "main",
            repository,
            repository_name: "shop/web",
            digest,
            scope: "",
            owner: None,
            trigger: Trigger::Push,
            evidence: "{}",
            at: Micros(at),
        },
    )?;
    placements::name(tx, "main", "shop/web", digest, config)?;
    placements::tag(tx, repository, tag, digest, Micros(at))?;
    placements::link(tx, digest, config)?;
    Ok(placed.id)
}

async fn the_fleet_is_read_as_it_lies_there(db: Db) {
    let before = db.store.fleet_version();
    let said = db.store.write(fill).await.unwrap();
    assert_ne!(db.store.fleet_version(), before, "the fleet is another one");
    let expected = [
        ("places", "[(1, \"sha256:m1\", false), (2, \"sha256:m2\", false)]"),
        ("images", "[(1, true, Some(1), Some(\"debian:12\")), (2, true, Some(1), Some(\"debian:12\"))]"),
        ("layers", "[(1, 0, true), (1, 1, true), (2, 0, true), (2, 1, true)]"),
        ("findings", "[(1, \"CVE-1\", Critical, Some(\"2\"), true), (2, \"CVE-2\", Low, None, false)]"),
        ("subjects", "[(1, \"deb\"), (2, \"golang\")]"),
        ("packages", "[(1, None), (2, Some(\"[\\\"usr/bin/app\\\"]\"))]"),
        ("hidden", "[(2, 1)]"),
        ("vulnerabilities", "[(\"CVE-1\", Some(0.5), \"\"), (\"CVE-2\", Some(0.5), \"\")]"),
        ("whole", "[\"flaw\", \"flaw\"]"),
        ("replaced", "[(1, 2)]"),
        ("tags_of", "[(\"r:5000\", \"shop/web\", \"latest\", false)]"),
        ("tagged", "([2], [\"1.2\", \"latest\"])"),
        ("repository_at", "(Some(1), None)"),
        ("vulnerabilities_of", "[\"CVE-1\", \"CVE-2\"]"),
        ("alarms", "[(\"CVE-1\", 1, true)]"),
        ("of_subject", "(true, false)"),
        ("places of an image", "1"),
        ("placed", "Some(1)"),
        ("spots", "[(\"\", Some(\"debian\"), 1)]"),
        ("gone", "[2]"),
    ];
    let said: Vec<(&str, &str)> = said.iter().map(|(what, said)| (*what, said.as_str())).collect();
    assert_eq!(said, expected);
    let version = db.store.fleet_version();
    db.store.read(fixes::kept).await.unwrap();
    db.store.write(|tx| fixes::keep(tx, &[], &[])).await.unwrap();
    assert_eq!(db.store.fleet_version(), version, "nothing of it changed");
}

fn fill(tx: &mut Tx<'_>) -> Result<Vec<(&'static str, String)>, StoreError> {
    units::lock(tx)?;
    for id in ["CVE-1", "CVE-2"] {
        let told = NewVulnerability {
            id: id.to_owned(),
            aliases: Vec::new(),
            summary: "flaw".to_owned(),
            severity: Severity::Low,
            kev: false,
            epss: Some(0.5),
            published: None,
            detail: "{}".to_owned(),
            verdict_hash: None,
            content_hash: None,
        };
        matches::describe(tx, &told)?;
    }
    let (deb, go, clean) =
        (subject(tx, 1, "deb", "a")?, subject(tx, 2, "golang", "b")?, subject(tx, 3, "deb", "c")?);
    let mut changes = Changes::default();
    matches::judged(tx, deb, "matched", &[found("CVE-1", Severity::Critical, "2")], Micros(5), &mut changes)?;
    matches::judged(tx, go, "matched", &[found("CVE-2", Severity::Low, "")], Micros(5), &mut changes)?;
    assert_eq!(changes.alarming, [(deb, "CVE-1".to_owned())]);
    let one = images::put(tx, &image("sha256:c1", &["base", "one"], &[(0, deb), (1, go)]), Micros(6))?;
    images::put(tx, &image("sha256:c2", &["base", "two"], &[(1, clean)]), Micros(6))?;
    let registry = registries::create(tx, "main", "r:5000", "", &Settings::default(), Micros(7))?;
    let repository = placements::repository(tx, registry, "shop/web", Micros(7))?;
    push(tx, repository, "sha256:m1", "sha256:c1", "latest", 8)?;
    push(tx, repository, "sha256:m2", "sha256:c2", "latest", 9)?;
    let second = push(tx, repository, "sha256:m2", "sha256:c2", "1.2", 9)?;

    let mut said = Vec::new();
    let mut note = |what, answer: &dyn Debug| said.push((what, format!("{answer:?}")));
    let mut all = Vec::new();
    fixes::places(tx, |it| all.push((it.id, it.manifest_digest, it.is_idle)))?;
    note("places", &all);
    let mut all = Vec::new();
    fixes::images(tx, |it| all.push((it.id, it.is_image, it.base_layers, it.base_name)))?;
    note("images", &all);
    let mut all = Vec::new();
    fixes::layers(tx, |image, position, unit| all.push((image, position, unit.is_some())))?;
    note("layers", &all);
    let mut all = Vec::new();
    fixes::findings(tx, |it| all.push((it.subject, it.vulnerability, it.severity, it.fixed, it.kev)))?;
    note("findings", &all);
    let mut all = Vec::new();
    fixes::subjects(tx, |it| all.push((it.id, it.kind)))?;
    note("subjects", &all);
    let mut all = Vec::new();
    fixes::packages(tx, |_, _, subject, evidence| all.push((subject, evidence)))?;
    note("packages", &all);
    let mut all = Vec::new();
    fixes::hidden(tx, |image, package| all.push((image, package)))?;
    note("hidden", &all);
    let mut all = Vec::new();
    fixes::vulnerabilities(tx, false, |it| all.push((it.id, it.epss, it.summary)))?;
    note("vulnerabilities", &all);
    let mut all = Vec::new();
    fixes::vulnerabilities(tx, true, |it| all.push(it.summary))?;
    note("whole", &all);
    note("replaced", &fixes::replaced(tx)?);
    let tags = fixes::tags_of(tx, "sha256:c1")?;
    let tags: Vec<_> = tags.into_iter().map(|it| (it.address, it.name, it.tag, it.is_now)).collect();
    note("tags_of", &tags);
    note("tagged", &fixes::tagged(tx, repository, "latest")?);
    let at = fixes::repository_at(tx, &["other", "r:5000"], "shop/web")?;
    note("repository_at", &(at, fixes::repository_at(tx, &["other"], "shop/web")?));
    note("vulnerabilities_of", &fixes::vulnerabilities_of(tx, one)?);
    let alarms = alarms::of_image(tx, one)?;
    let alarms: Vec<_> = alarms.into_iter().map(|it| (it.vulnerability, it.subject, it.kev)).collect();
    note("alarms", &alarms);
    let of = alarms::of_subject(tx, deb, "CVE-1")?.is_some();
    note("of_subject", &(of, alarms::of_subject(tx, deb, "CVE-2")?.is_some()));
    note("places of an image", &alarms::places(tx, one)?.len());
    note("placed", &alarms::placed(tx, 1)?.map(|(image, _)| image));
    let spots = alarms::spots(tx, &[deb, go])?;
    let spots: Vec<_> = spots.into_iter().map(|it| (it.scope, it.distro, it.places)).collect();
    note("spots", &spots);
    placements::retire(tx, repository, "sha256:m2", Micros(10))?;
    let mut all = Vec::new();
    fixes::known_places(tx, &mut |id, _, _| all.push(id))?;
    assert_eq!(all, [second]);
    note("gone", &all);
    Ok(said)
}

async fn how_far_a_fix_got_is_kept_and_forgotten(db: Db) {
    let fix = |id: &str, done: Option<i64>| Kept {
        id: id.to_owned(),
        since: Micros(1),
        done: done.map(Micros),
        shown: "{}".to_owned(),
        images: vec![0, 1, 255],
    };
    let first = [fix("a", None), fix("b", None)];
    db.store.write(move |tx| fixes::keep(tx, &first, &[])).await.unwrap();
    let second = [fix("b", Some(7))];
    db.store.write(move |tx| fixes::keep(tx, &second, &["a".to_owned()])).await.unwrap();
    assert_eq!(db.store.read(fixes::kept).await.unwrap(), [fix("b", Some(7))]);
}
