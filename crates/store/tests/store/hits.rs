//! Who is hit where more places are than names are read for.

use store::{
    Micros, PageRequest, StoreError, Tx,
    images::{self, Filter, Outcome},
    values,
};

use crate::harness::{Db, on_both};

on_both! {
    hits_in_many_places_are_listed_once_each_in_order,
}

/// Places in turn of an image that has the package and of one that has not.
const PLACES: i64 = 2_600;

fn fleet(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO subject (id, hash, kind, name, version, ecosystem, release, source_name, source_version, purl, presence, \
         context_json, coverage, first_seen) VALUES (1, $1, 'deb', 'openssl', '3', 'debian', '12', 'openssl', '3', \
         'pkg:deb/debian/openssl@3', 'installed', '{}', 'covered', 1)",
        &[store::Value::Bytes(vec![1])],
    )?;
    for sql in [
        "INSERT INTO unit (id, diff_id, cataloguer) VALUES (1, 'sha256:l', 1)",
        "INSERT INTO place (id, hash, evidence_json) VALUES (1, 1, '[]')",
        "INSERT INTO unit_subject (id, unit, subject, place) VALUES (1, 1, 1, 1)",
        "INSERT INTO image (id, config_digest, first_seen, last_seen) VALUES (1, 'sha256:1', 1, 1), (2, 'sha256:2', 1, 1)",
        "INSERT INTO image_layer (image, position, diff_id, unit) VALUES (1, 0, 'sha256:l', 1)",
        "INSERT INTO vulnerability (id, severity) VALUES ('CVE-1', 5)",
        "INSERT INTO match (subject, vulnerability, severity, class, judgement, fix_status, first_seen) \
         VALUES (1, 'CVE-1', 5, 'vulnerability', 'counts', 'fixed', 1)",
    ] {
        tx.execute(sql, &[])?;
    }
    let places: Vec<Vec<store::Value>> = (0..PLACES)
        .map(|number| values![asset(number), 1 + number % 2, format!("sha256:{number}")].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO placement (asset_id, image, manifest_digest, scope, first_seen, last_seen, trigger) \
         VALUES ($1, $2, $3, '', 1, 1, 'push')",
        &places,
    )
    .map(drop)
}

/// Their order is another one than that of their numbers.
fn asset(number: i64) -> String {
    format!("published/{:04}@{number}", (number * 7) % PLACES)
}

async fn hits_in_many_places_are_listed_once_each_in_order(db: Db) {
    db.store
        .write(|tx| {
            fleet(tx)?;
            let mut wanted: Vec<String> = (0..PLACES).step_by(2).map(asset).collect();
            wanted.sort_unstable();
            for (backwards, limit) in [(false, 500), (true, 500), (false, 37), (true, 499)] {
                let mut request = PageRequest { backwards, ..PageRequest::first(limit) };
                let mut told = Vec::new();
                loop {
                    let (page, count) = images::hits_and_count(
                        tx,
                        "CVE-1",
                        Outcome::Hit(None),
                        &Filter::default(),
                        &request,
                    )?;
                    assert_eq!(count, wanted.len() as u64);
                    told.extend(page.items.into_iter().map(|hit| hit.asset.asset_id));
                    match page.next {
                        Some(next) => request = PageRequest { after: Some(next), ..request },
                        None => break,
                    }
                }
                if backwards {
                    told.reverse();
                }
                assert_eq!(told, wanted, "{limit} a page");
            }
            // Few of them are asked for by name.
            tx.execute("UPDATE placement SET gone = 5 WHERE id > 100", &[])?;
            let few =
                images::hits(tx, "CVE-1", Outcome::Hit(None), &Filter::default(), &PageRequest::first(500))?;
            assert_eq!(few.items.len(), 50);
            assert!(few.items.is_sorted_by(|a, b| a.asset.asset_id < b.asset.asset_id));
            let owners = images::owners_hit(tx, "CVE-1", &Filter::default())?;
            assert_eq!(owners, [images::OwnerHit { owner: None, images: 50 }]);
            assert_eq!(few.items.first().map(|hit| hit.asset.first_seen), Some(Micros(1)));
            Ok(())
        })
        .await
        .unwrap();
}
