//! Who is hit by a vulnerability, who is not, and why.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_and_a_no_are_explained() {
    let (hub, owner) = hub().await;
    let ci = publisher(&hub, &owner, "shop").await;
    let hit = send(&hub, &ci, &document(1, "web", WEB)).await;
    let spared = send(
        &hub,
        &ci,
        &document(2, "new", &[("deb", "openssl", "3.0.9", 0), ("npm", "lodash", "4.17.21", 1)]),
    )
    .await;
    let why = |image: &str, id: &str| {
        let path = format!("/api/v1/images/{image}/why?vulnerability={id}");
        let (hub, owner) = (&hub, &owner);
        async move { hub.get(owner, &path).await.ok::<Why>(200) }
    };
    let yes = why(&hit.image, "CVE-2026-1").await;
    assert!(yes.affected);
    assert_eq!((yes.packages.len(), yes.considered), (1, 4));
    let evidence = &yes.packages[0];
    assert_eq!((evidence.verdict, evidence.package.name.as_str()), (Verdict::Affected, "openssl"));
    assert!(
        evidence.sentence.contains("openssl 3.0.1 is affected by CVE-2026-1: upgrade openssl to 3.0.9"),
        "{evidence:?}"
    );
    assert_eq!(evidence.instruction.as_deref(), Some("ADD rootfs.tar /"));
    let advisory = &evidence.advisories[0];
    assert_eq!((advisory.source.as_str(), advisory.holds), ("debian-tracker", true));
    assert_eq!(advisory.fixed.as_deref(), Some("3.0.9"));
    assert_eq!(advisory.url.as_deref(), Some("https://example.org/CVE-2026-1"));
    assert!(evidence.reasons[0].contains("source package openssl in Debian 12"), "{:?}", evidence.reasons);
    assert!(!evidence.ratings.is_empty());

    let alone: Evidence = hub
        .get(
            &owner,
            &format!(
                "/api/v1/images/{}/evidence?vulnerability=cve-2026-1&subject={}",
                hit.image, evidence.package.subject
            ),
        )
        .await
        .ok(200);
    assert_eq!((alone.verdict, &alone.paths), (Verdict::Affected, &evidence.paths));

    let no = why(&spared.image, "DEBIAN-CVE-2026-1").await;
    assert!(!no.affected);
    assert_eq!(no.packages[0].verdict, Verdict::NotAffected);
    assert!(no.sentence.contains("3.0.9 lies outside"), "{}", no.sentence);
    assert!(no.packages[0].advisories[0].range.is_some() && !no.packages[0].advisories[0].holds);

    let other = why(&spared.image, "CVE-2026-4").await;
    assert!(other.packages.is_empty() && other.sentence.contains("nobody-has-this"), "{}", other.sentence);
    let unknown = why(&spared.image, "CVE-1999-1").await;
    assert!(!unknown.affected && unknown.sentence.contains("not known"), "{}", unknown.sentence);

    // What cannot be judged is not called healthy.
    let mut strange = document(3, "strange", &[("deb", "openssl", "3.0.1", 0)]);
    strange["distro"]["versionId"] = json!("99");
    let strange = send(&hub, &ci, &strange).await;
    let unsure = why(&strange.image, "CVE-2026-1").await;
    assert!(!unsure.affected);
    assert_eq!(unsure.packages[0].verdict, Verdict::NotAssessed);
    assert!(unsure.sentence.contains("not known"), "{}", unsure.sentence);
    let unread = pushed(&hub, "shop/new", 9, "1", "shop").await;
    assert!(why(&unread, "CVE-2026-1").await.sentence.contains("not read yet"));

    for (path, status) in [
        (format!("{}/evidence?vulnerability=CVE-2026-1&subject=99999", hit.image), 404),
        (
            format!(
                "{}/evidence?vulnerability=CVE-2026-1&subject={}",
                spared.image, evidence.package.subject
            ),
            404,
        ),
        (format!("{}/evidence?vulnerability=CVE-2026-1", hit.image), 400),
        (format!("{}/why?vulnerability=%20", hit.image), 422),
        (format!("{}/why?vulnerability={}", hit.image, "x".repeat(500)), 422),
        (format!("{}/why?vulnerability=a%1Bb", hit.image), 422),
        ("99999/why?vulnerability=CVE-2026-1".to_owned(), 404),
    ] {
        assert_eq!(hub.get(&owner, &format!("/api/v1/images/{path}")).await.problem().0, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_hit_and_who_is_not_adds_up_to_the_counts() {
    let (hub, owner) = hub().await;
    let shop = publisher(&hub, &owner, "shop").await;
    let bank = publisher(&hub, &owner, "bank").await;
    send(&hub, &shop, &document(1, "web", WEB)).await;
    send(&hub, &shop, &document(2, "new", &[("deb", "openssl", "3.0.9", 0)])).await;
    send(&hub, &bank, &document(3, "ledger", &[("deb", "openssl", "3.0.2", 0), ("deb", "zlib", "1.2", 0)]))
        .await;
    let mut strange = document(4, "strange", &[("deb", "openssl", "3.0.1", 0)]);
    strange["distro"]["versionId"] = json!("99");
    send(&hub, &shop, &strange).await;
    hub.user(&owner, "teller", &[("bank", Role::Viewer)]).await;
    let teller = hub.login("teller").await;

    for (who, name, affected, spared, listed) in [
        (&owner, "all", 2, 1, vec!["CVE-2026-1", "CVE-2026-3", "CVE-2026-2"]),
        (&teller, "one scope", 1, 0, vec!["CVE-2026-1", "CVE-2026-2"]),
    ] {
        let told: Vulnerability = hub.get(who, "/api/v1/vulnerabilities/debian-cve-2026-1").await.ok(200);
        assert_eq!((told.id.as_str(), told.severity, told.kev), ("CVE-2026-1", Severity::Critical, true));
        assert_eq!(
            (told.counts.affected, told.counts.images, told.counts.not_affected),
            (affected, affected, spared),
            "{name}"
        );
        assert_eq!(told.owners.len(), 1);
        assert!(told.owners[0].owner.is_none() && told.owners[0].images == affected);
        assert_eq!(told.packages[0].fixed.as_deref(), Some("3.0.9"));
        assert_eq!(told.packages[0].versions.len() as u64, affected);
        assert_eq!(told.advisories[0].url.as_deref(), Some("https://example.org/CVE-2026-1"));
        assert!(told.sentence.starts_with("CVE-2026-1 hits"), "{}", told.sentence);
        for (verdict, count) in [
            ("affected", told.counts.affected),
            ("apart", told.counts.apart),
            ("not_affected", told.counts.not_affected),
            ("not_assessed", told.counts.not_assessed),
        ] {
            let path = format!("/api/v1/vulnerabilities/CVE-2026-1/hits?verdict={verdict}");
            let hits: Page<Hit> = hub.get(who, &path).await.ok(200);
            assert_eq!((hits.items.len() as u64, hits.total), (count, Some(count)), "{name}: {verdict}");
            for hit in &hits.items {
                assert_eq!(serde_json::to_value(hit.verdict).unwrap(), verdict);
                assert!(
                    hit.reason.as_ref().is_some_and(|reason| !reason.is_empty()),
                    "a no is explained too: {hit:?}"
                );
            }
        }
        let rows: Page<VulnerabilityRow> = hub.get(who, "/api/v1/vulnerabilities").await.ok(200);
        let ids: Vec<&str> = rows.items.iter().map(|row| row.id.as_str()).collect();
        assert_eq!((ids, rows.total), (listed.clone(), Some(listed.len() as u64)), "{name}");
        assert_eq!(
            (rows.items[0].images, rows.items[0].packages, rows.items[0].fixable),
            (affected, 1, true)
        );
        let most: Page<VulnerabilityRow> = hub.get(who, "/api/v1/vulnerabilities?sort=images").await.ok(200);
        assert!(most.items.is_sorted_by(|a, b| a.images >= b.images));
        assert_eq!(most.items.len(), listed.len());
    }
    for (query, wanted) in [
        ("severity=high", vec!["CVE-2026-3"]),
        ("kev=true", vec!["CVE-2026-1"]),
        ("fixable=false", vec!["CVE-2026-2"]),
        ("fixable=true&sort=newest", vec!["CVE-2026-3", "CVE-2026-1"]),
        ("text=FLAW%20in%20zlib", vec!["CVE-2026-2"]),
        ("text=ghsa", vec!["CVE-2026-3"]),
        ("scope=bank&severity=low", vec!["CVE-2026-2"]),
    ] {
        let rows: Page<VulnerabilityRow> =
            hub.get(&owner, &format!("/api/v1/vulnerabilities?{query}")).await.ok(200);
        let ids: Vec<&str> = rows.items.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, wanted, "{query}");
    }
    let images = page(&hub, &owner, "/api/v1/images?cve=CVE-2026-1").await;
    assert_eq!(images.total, Some(2), "the number of images is that of the rows it leads to");
    let known: Vulnerability = hub.get(&owner, "/api/v1/vulnerabilities/GHSA-CVE-2026-4").await.ok(200);
    assert_eq!(
        (known.id.as_str(), known.counts.affected),
        ("CVE-2026-4", 0),
        "the database knows what nobody here has"
    );
    assert!(known.sentence.contains("no image here"), "{}", known.sentence);
    for path in ["CVE-1999-1", "CVE-1999-1/hits", "%20", "x%1By"] {
        let answer = hub.get(&owner, &format!("/api/v1/vulnerabilities/{path}")).await;
        assert_eq!(answer.problem(), (404, ProblemKind::NotFound), "{path}");
    }
    let csv = hub.get(&owner, "/api/v1/vulnerabilities/CVE-2026-1/hits?format=csv").await.text();
    assert!(csv.starts_with("image.assetId,image.scope,") && csv.lines().count() == 3, "{csv}");
}
