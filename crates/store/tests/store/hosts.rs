//! What lies on machines.

use store::{
    Micros, StoreError, Tx,
    hosts::{self, Found},
    placements, values,
};

use crate::harness::{Db, on_both};

on_both! {
    what_lies_on_a_machine_is_seen_retired_and_comes_back,
    what_could_not_be_read_is_kept_under_its_kind,
}

fn see(tx: &mut Tx<'_>, asset_id: &str, digest: &str, at: i64) -> Result<i64, StoreError> {
    hosts::see(tx, &Found { asset_id, digest, scope: "", evidence: r#"{"names":["app:1"]}"#, at: Micros(at) })
}

/// Last seen, gone since.
fn times(tx: &mut Tx<'_>, id: i64) -> Result<(i64, Option<i64>), StoreError> {
    let row = tx.query_one("SELECT last_seen, gone FROM placement WHERE id = $1", &values![id])?;
    Ok((row.get(0)?, row.get(1)?))
}

async fn what_lies_on_a_machine_is_seen_retired_and_comes_back(db: Db) {
    db.store
        .write(|tx| {
            let root = see(tx, &hosts::rootfs_id("box"), "sha256:00", 1)?;
            let a = see(tx, &hosts::image_id("box", "sha256:aa"), "sha256:aa", 1)?;
            let b = see(tx, &hosts::image_id("box", "sha256:bb"), "sha256:bb", 1)?;
            // A machine whose name begins alike, and one that comes after it.
            let other = see(tx, &hosts::image_id("box2", "sha256:aa"), "sha256:aa", 1)?;
            let beside = see(tx, &hosts::image_id("bo", "sha256:aa"), "sha256:aa", 1)?;
            assert_eq!(see(tx, &hosts::image_id("box", "sha256:aa"), "sha256:aa", 9)?, a);
            assert_eq!(hosts::retire(tx, "box", Micros(9), Micros(10))?, [b]);
            assert!(hosts::retire(tx, "box", Micros(9), Micros(11))?.is_empty(), "once");
            for (id, is) in [
                (root, (1, None)),
                (a, (9, None)),
                (b, (1, Some(10))),
                (other, (1, None)),
                (beside, (1, None)),
            ] {
                assert_eq!(times(tx, id)?, is, "{id}");
            }
            // The clock was set back: it is there again, and was seen last when it was.
            see(tx, &hosts::image_id("box", "sha256:bb"), "sha256:bb", 0)?;
            assert_eq!(times(tx, b)?, (1, None));
            Ok(())
        })
        .await
        .unwrap();
    let nowhere = |tx: &mut Tx<'_>| {
        let found =
            Found { asset_id: "host/x/rootfs", digest: "d", scope: "none", evidence: "{}", at: Micros(1) };
        hosts::see(tx, &found)
    };
    assert!(matches!(db.store.write(nowhere).await, Err(StoreError::Constraint(_))));
}

async fn what_could_not_be_read_is_kept_under_its_kind(db: Db) {
    db.store
        .write(|tx| {
            let id = see(tx, &hosts::rootfs_id("box"), "sha256:00", 1)?;
            hosts::failed(tx, "sha256:00", "rootfs", r#"[{"code":"x"}]"#, Micros(2))?;
            let sql = "SELECT i.kind, i.problems_json, i.config_digest FROM placement p JOIN image i ON i.id = p.image \
                       WHERE p.id = $1";
            let row = tx.query_one(sql, &values![id])?;
            assert_eq!((row.text(0)?, row.text(1)?), ("rootfs", r#"[{"code":"x"}]"#));
            assert!(!placements::is_catalogued(tx, "sha256:00", 0)?);
            Ok(())
        })
        .await
        .unwrap();
}
