//! What a transaction is, and that both databases read a statement alike.

use std::sync::{Arc, Barrier};

use store::{StoreError, Value, values};

use crate::harness::{Db, on_both};

on_both! {
    values_come_back_as_they_were_given,
    expressions_mean_the_same,
    text_is_ordered_and_compared_by_its_bytes,
    what_fails_changes_nothing,
    a_read_cannot_write,
    errors_say_what_they_are,
    many_rows_are_written_in_one_go,
    changes_that_met_are_made_one_after_the_other,
    a_read_sees_one_state,
}

async fn values_come_back_as_they_were_given(db: Db) {
    let given = values![
        i64::MIN,
        i64::MAX,
        0.1_f64,
        "",
        "ünï \u{1F600} '$1' \"x\" \\ %",
        vec![0_u8, 255, 1],
        Vec::<u8>::new()
    ];
    for value in given {
        let asked = value.clone();
        let row =
            db.store.read(move |tx| tx.query_one("SELECT $1", std::slice::from_ref(&asked))).await.unwrap();
        assert_eq!(row.get::<Value>(0).unwrap(), value);
    }
    let row = db
        .store
        .write(|tx| {
            tx.execute(
                "INSERT INTO api_token (id, name, hash, created, expires, created_by) SELECT $1, $1, $1, $2, $3, $1 \
                 WHERE 1 = 0",
                &values!["a", 1_i64, None::<i64>],
            )?;
            tx.query_one("SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT)", &values![None::<&str>, None::<i64>])
        })
        .await
        .unwrap();
    assert_eq!((row.get(0).unwrap(), row.get(1).unwrap()), (None::<String>, None::<i64>));
    let nul = db.store.read(|tx| tx.query_one("SELECT $1", &[Value::Text("a\0b".to_owned())])).await.unwrap();
    assert_eq!(nul.text(0).unwrap(), "a\u{fffd}b");
}

async fn expressions_mean_the_same(db: Db) {
    db.store
        .write(|tx| {
            for (day, current) in [(1, 10_i64), (2, 20), (3, 31)] {
                // A parameter of the same statement may be of another kind each time.
                let max = if day == 2 { Value::Int(7) } else { Value::Real(0.5) };
                tx.execute(
                    "INSERT INTO score_snapshot (day, scope, control_group, current, max, healthy, unhealthy) \
                     VALUES ($1, $2, $2, $3, $4, $3, $5)",
                    &[Value::Int(day), Value::Text(String::new()), Value::Int(current), max, Value::Int(0)],
                )?;
            }
            Ok(())
        })
        .await
        .unwrap();
    for (sql, given, wanted) in [
        ("SELECT sum(healthy) FROM score_snapshot", vec![], Value::Int(61)),
        ("SELECT sum(healthy) FROM score_snapshot WHERE day > 9", vec![], Value::Null),
        ("SELECT count(*) FROM score_snapshot WHERE healthy > $1", vec![Value::Int(10)], Value::Int(2)),
        ("SELECT max FROM score_snapshot WHERE day = 2", vec![], Value::Real(7.0)),
        ("SELECT sum(max) FROM score_snapshot", vec![], Value::Real(8.0)),
        ("SELECT $1 + 1", vec![Value::Int(i64::from(u32::MAX))], Value::Int(4_294_967_296)),
        ("SELECT $2 - $1", vec![Value::Int(1), Value::Int(3)], Value::Int(2)),
        ("SELECT coalesce($1, 0)", vec![Value::Int(1 << 40)], Value::Int(1 << 40)),
        ("SELECT 7 / 2", vec![], Value::Int(3)),
        ("SELECT 2 > 1", vec![], Value::Int(1)),
        ("SELECT 'a' || $1 || 'c'", vec![Value::Text("b".to_owned())], Value::Text("abc".to_owned())),
        ("SELECT '$1' || $1", vec![Value::Text("b".to_owned())], Value::Text("$1b".to_owned())),
        ("SELECT CASE WHEN 'Abc' LIKE 'a%' THEN 1 ELSE 0 END", vec![], Value::Int(0)),
        ("SELECT CASE WHEN NULL IS DISTINCT FROM $1 THEN 1 ELSE 0 END", vec![Value::Int(1)], Value::Int(1)),
        (
            "SELECT healthy FROM (SELECT healthy, row_number() OVER (ORDER BY day DESC) AS n FROM score_snapshot) x WHERE n = 1",
            vec![],
            Value::Int(31),
        ),
    ] {
        let row =
            db.store.read(move |tx| tx.query_one(sql, &given)).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert_eq!(row.get::<Value>(0).unwrap(), wanted, "{sql}");
    }
}

async fn text_is_ordered_and_compared_by_its_bytes(db: Db) {
    let names = ["B", "a", "Z", "é", "a b", "a-b", "ab", "", "\u{1F600}", "\u{FFFD}"];
    let rows = db
        .store
        .write(move |tx| {
            for name in names {
                tx.execute("INSERT INTO owner (id, name) VALUES ($1, $1)", &values![name])?;
            }
            tx.query("SELECT name FROM owner ORDER BY name", &[])
        })
        .await
        .unwrap();
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(rows.iter().map(|r| r.text(0).unwrap()).collect::<Vec<_>>(), sorted);
}

async fn what_fails_changes_nothing(db: Db) {
    let add = "INSERT INTO owner (id, name) VALUES ($1, $1)";
    let refused = db
        .store
        .write(move |tx| {
            tx.execute(add, &values!["a"])?;
            Err::<(), _>(StoreError::Invalid("no".to_owned()))
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    let panicked = db
        .store
        .write(move |tx| {
            tx.execute(add, &values!["a"])?;
            if tx.query("SELECT 1", &[])?.len() == 1 {
                panic!("oh");
            }
            Ok(())
        })
        .await;
    assert!(matches!(&panicked, Err(StoreError::Panicked(text)) if text == "oh"), "{panicked:?}");
    let swallowed = db
        .store
        .write(move |tx| {
            tx.execute(add, &values!["a"])?;
            let _ = tx.execute(add, &values!["a"]);
            Ok(())
        })
        .await;
    assert!(matches!(swallowed, Err(StoreError::Swallowed(_))), "{swallowed:?}");
    let left = db.store.read(|tx| tx.query_one("SELECT count(*) FROM owner", &[])?.get::<u64>(0)).await;
    assert_eq!(left.unwrap(), 0);
}

async fn a_read_cannot_write(db: Db) {
    let wrote = db.store.read(|tx| tx.execute("INSERT INTO owner (id, name) VALUES ('a', 'a')", &[])).await;
    assert!(matches!(wrote, Err(StoreError::Statement { .. })), "{wrote:?}");
    // It spoilt nothing for those who come after.
    for _ in 0..20 {
        db.store.write(|tx| tx.execute("UPDATE owner SET name = name", &[])).await.unwrap();
    }
}

async fn errors_say_what_they_are(db: Db) {
    let write = |sql: &'static str| db.store.write(move |tx| tx.execute(sql, &[]));
    write("INSERT INTO owner (id, name) VALUES ('a', 'a')").await.unwrap();
    let twice = write("INSERT INTO owner (id, name) VALUES ('b', 'a')").await;
    assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
    let nowhere = write("INSERT INTO plan (scope, plan, is_on) VALUES ('none', 'a', 1)").await;
    assert!(matches!(nowhere, Err(StoreError::Constraint(_))), "{nowhere:?}");
    let off_the_list = write("INSERT INTO plan (scope, plan, is_on) VALUES ('', 'a', 2)").await;
    assert!(matches!(off_the_list, Err(StoreError::Constraint(_))), "{off_the_list:?}");
    let pointed_at = write("DELETE FROM scope").await;
    assert!(pointed_at.is_ok(), "{pointed_at:?}");
    let no_table = write("DELETE FROM nothing").await;
    assert!(
        matches!(&no_table, Err(StoreError::Statement { statement, .. }) if statement == "DELETE FROM nothing")
    );
    let too_few = db.store.read(|tx| tx.query("SELECT $1, $2", &values!["a"])).await;
    assert!(matches!(too_few, Err(StoreError::Statement { .. })), "{too_few:?}");
    // PostgreSQL finds out by types, SQLite by its strict tables.
    let wrong_type = db
        .store
        .write(|tx| tx.execute("INSERT INTO plan (scope, plan, is_on) VALUES ($1, $1, $1)", &values!["x"]))
        .await;
    assert!(wrong_type.is_err());
}

async fn many_rows_are_written_in_one_go(db: Db) {
    let rows: Vec<Vec<Value>> = (0..1_000)
        .map(|n| values![format!("o{n:04}"), if n % 3 == 0 { "x" } else { "" }, n].to_vec())
        .collect();
    let changed = db
        .store
        .write(move |tx| {
            tx.execute_many(
                "INSERT INTO owner (id, name, contact) VALUES ($1, $1, $2 || CAST($3 AS TEXT))",
                &rows,
            )
        })
        .await
        .unwrap();
    assert_eq!(changed, 1_000);
    let failed = db
        .store
        .write(|tx| {
            let rows: Vec<_> = ["p1", "p2", "p1"].map(|id| values![id].to_vec()).into();
            tx.execute_many("INSERT INTO owner (id, name) VALUES ($1, $1)", &rows)
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Duplicate(_))), "{failed:?}");
    let sql = "SELECT count(*), sum(CASE WHEN contact LIKE 'x%' THEN 1 ELSE 0 END) FROM owner";
    let row = db.store.read(move |tx| tx.query_one(sql, &[])).await.unwrap();
    assert_eq!((row.get::<u64>(0).unwrap(), row.get::<u64>(1).unwrap()), (1_000, 334));
}

async fn changes_that_met_are_made_one_after_the_other(db: Db) {
    const TASKS: usize = 4;
    const EACH: usize = 25;
    db.store
        .write(|tx| tx.execute("INSERT INTO plan (scope, plan, is_on) VALUES ('', '0', 1)", &[]))
        .await
        .unwrap();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let store = db.store.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    store
                        .write(|tx| {
                            // Read, think, write: what is lost unless the two are one.
                            let now: u64 =
                                tx.query_one("SELECT plan FROM plan", &[])?.text(0)?.parse().unwrap();
                            tx.execute("UPDATE plan SET plan = $1", &values![(now + 1).to_string()])
                        })
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let row = db.store.read(|tx| tx.query_one("SELECT plan FROM plan", &[])).await.unwrap();
    assert_eq!(row.text(0).unwrap(), (TASKS * EACH).to_string());
}

async fn a_read_sees_one_state(db: Db) {
    let (looked, written) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (store, at_look, at_write) = (db.store.clone(), Arc::clone(&looked), Arc::clone(&written));
    let reading = tokio::spawn(async move {
        store
            .read(move |tx| {
                let count = "SELECT count(*) FROM owner";
                let before: u64 = tx.query_one(count, &[])?.get(0)?;
                at_look.wait();
                at_write.wait();
                Ok((before, tx.query_one(count, &[])?.get::<u64>(0)?))
            })
            .await
            .unwrap()
    });
    tokio::task::spawn_blocking(move || looked.wait()).await.unwrap();
    db.store.write(|tx| tx.execute("INSERT INTO owner (id, name) VALUES ('a', 'a')", &[])).await.unwrap();
    tokio::task::spawn_blocking(move || written.wait()).await.unwrap();
    assert_eq!(reading.await.unwrap(), (0, 0));
}
