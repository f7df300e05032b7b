//! The audit trail's end, and how far the store's time has come.

use store::{Micros, StoreError, Tx, audit, retention};

use crate::harness::{Db, on_both};

on_both! {
    old_entries_go_in_portions_and_what_was_taken_back_stays_with_its_undoing,
    the_newest_time_is_found_wherever_it_stands,
}

fn entry(tx: &mut Tx<'_>, at: i64, undo_of: Option<i64>) -> Result<(), StoreError> {
    let entry = audit::NewEntry {
        at: Micros(at),
        actor: "hub".to_owned(),
        action: "test".to_owned(),
        subject: "x".to_owned(),
        before: None,
        after: None,
        undo_of,
        request_id: None,
    };
    audit::record(tx, &entry)
}

fn times(tx: &mut Tx<'_>, sql: &str) -> Result<Vec<i64>, StoreError> {
    tx.query(sql, &[])?.iter().map(|row| row.get(0)).collect()
}

async fn old_entries_go_in_portions_and_what_was_taken_back_stays_with_its_undoing(db: Db) {
    db.store
        .write(|tx| {
            for at in 1..=6 {
                entry(tx, at, None)?;
            }
            let second: i64 = tx.query_one("SELECT id FROM audit WHERE at = 2", &[])?.get(0)?;
            entry(tx, 50, Some(second))?;
            let all = "SELECT at FROM audit ORDER BY at";
            assert_eq!(retention::audit(tx, Micros(6), 3)?, 3);
            assert_eq!(times(tx, all)?, [2, 5, 6, 50]);
            assert_eq!(retention::audit(tx, Micros(6), 3)?, 1);
            assert_eq!(retention::audit(tx, Micros(6), 3)?, 0);
            assert_eq!(times(tx, all)?, [2, 6, 50]);
            // When the undoing is old, both go: it first.
            assert_eq!(retention::audit(tx, Micros(60), 9)?, 2);
            assert_eq!(retention::audit(tx, Micros(60), 9)?, 1);
            assert!(times(tx, all)?.is_empty());
            Ok(())
        })
        .await
        .unwrap();
}

async fn the_newest_time_is_found_wherever_it_stands(db: Db) {
    db.store
        .write(|tx| {
            assert_eq!(retention::newest(tx)?, None);
            entry(tx, 7, None)?;
            assert_eq!(retention::newest(tx)?, Some(Micros(7)));
            let found = store::hosts::Found {
                asset_id: "host/x/rootfs",
                digest: "d",
                scope: "",
                evidence: "{}",
                at: Micros(8),
            };
            store::hosts::see(tx, &found)?;
            assert_eq!(retention::newest(tx)?, Some(Micros(8)));
            Ok(())
        })
        .await
        .unwrap();
}
