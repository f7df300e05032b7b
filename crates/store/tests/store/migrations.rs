//! From an older release to this one, and no further.

use store::{MIGRATIONS, Migration, Store, StoreError, StoreUrl, values};

use crate::harness::{Db, Server, on_both};

on_both! {
    an_older_store_is_brought_up_to_date_with_its_rows,
    a_newer_store_is_refused_by_name,
    an_altered_store_is_refused_by_name,
    a_migration_that_fails_leaves_nothing,
    processes_that_start_at_once_migrate_once,
    tables_that_are_not_ours_are_refused,
}

const FIRST: Migration = MIGRATIONS[0];
const SECOND: Migration = Migration {
    number: 9_001,
    name: "second",
    sql: "ALTER TABLE owner ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'; -- a comment; with a semicolon\n\
          CREATE TABLE extra (id IDENTITY, at BIGINT NOT NULL, share DOUBLE, raw BLOB, name TEXT UNIQUE) STRICT;",
};
const BROKEN: Migration = Migration {
    number: 9_002,
    name: "broken",
    sql: "CREATE TABLE half (id IDENTITY) STRICT; CREATE TABLE (;",
};
const ALTERED: Migration = Migration { sql: "CREATE TABLE other (id IDENTITY) STRICT;", ..SECOND };
const OLD: &[Migration] = &[FIRST];
const NEW: &[Migration] = &[FIRST, SECOND];

/// An address of a store in which nothing is yet.
async fn empty(db: &Db) -> StoreUrl {
    // The harness opens what it makes; take its tables away again.
    let drop_all = match db.url.is_postgres() {
        true => {
            "SELECT 'DROP TABLE ' || CAST(tablename AS TEXT) || ' CASCADE' FROM pg_tables WHERE schemaname = 'public'"
        }
        false => {
            db.store.close().await;
            let path = db.url.to_string().trim_start_matches("sqlite:").to_owned();
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{path}{end}"));
            }
            return db.url.clone();
        }
    };
    db.store
        .write(move |tx| {
            for row in tx.query(drop_all, &[])? {
                tx.execute(row.text(0)?, &[])?;
            }
            Ok(())
        })
        .await
        .unwrap();
    db.store.close().await;
    db.url.clone()
}

async fn an_older_store_is_brought_up_to_date_with_its_rows(db: Db) {
    let url = empty(&db).await;
    let old = Store::open_at(&url, OLD).await.unwrap();
    old.write(|tx| tx.execute("INSERT INTO owner (id, name) VALUES ('a', 'Team A')", &[])).await.unwrap();
    old.close().await;
    let new = Store::open_at(&url, NEW).await.unwrap();
    let row = new
        .write(|tx| {
            tx.execute(
                "INSERT INTO extra (at, share, raw, name) VALUES ($1, $2, $3, $4)",
                &values![i64::MAX, 0.25_f64, [1_u8], "é"],
            )?;
            tx.query_one("SELECT owner.name, colour, extra.id, at FROM owner, extra", &[])
        })
        .await
        .unwrap();
    assert_eq!((row.text(0).unwrap(), row.text(1).unwrap()), ("Team A", "grey"));
    assert_eq!((row.get::<i64>(2).unwrap(), row.get::<i64>(3).unwrap()), (1, i64::MAX));
    new.close().await;
    Store::open_at(&url, NEW).await.unwrap();
}

async fn a_newer_store_is_refused_by_name(db: Db) {
    let url = empty(&db).await;
    Store::open_at(&url, NEW).await.unwrap().close().await;
    let error = Store::open_at(&url, OLD).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("9001_second") && text.contains("0001_first") && text.contains("run the newer"),
        "{text}"
    );
    // It was left as it is.
    Store::open_at(&url, NEW).await.unwrap();
}

async fn an_altered_store_is_refused_by_name(db: Db) {
    let url = empty(&db).await;
    Store::open_at(&url, NEW).await.unwrap().close().await;
    let error = Store::open_at(&url, &[FIRST, ALTERED]).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Altered { migration, .. } if migration == "9001_second"),
        "{error:?}"
    );
    // A number that came in between: nobody knows what it would do to what came after it.
    const BETWEEN: Migration = Migration { number: 9_000, name: "between", sql: "SELECT 1;" };
    let error = Store::open_at(&url, &[FIRST, BETWEEN, SECOND]).await.unwrap_err();
    assert!(matches!(error, StoreError::Altered { .. }), "{error:?}");
}

async fn a_migration_that_fails_leaves_nothing(db: Db) {
    let url = empty(&db).await;
    let error = Store::open_at(&url, &[FIRST, SECOND, BROKEN]).await.unwrap_err().to_string();
    assert!(error.contains("9002_broken") && error.contains("nothing of it was kept"), "{error}");
    let store = Store::open_at(&url, NEW).await.unwrap();
    let half = store.read(|tx| tx.query("SELECT * FROM half", &[])).await;
    assert!(matches!(half, Err(StoreError::Statement { .. })), "{half:?}");
}

async fn processes_that_start_at_once_migrate_once(db: Db) {
    let url = empty(&db).await;
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open_at(&url, NEW).await })
        })
        .collect();
    for start in starts {
        let store = start.await.unwrap().unwrap();
        let done =
            store.read(|tx| tx.query_one("SELECT count(*) FROM schema_migration", &[])?.get::<u64>(0)).await;
        assert_eq!(done.unwrap(), 2);
    }
}

async fn tables_that_are_not_ours_are_refused(db: Db) {
    let url = empty(&db).await;
    const PHOTOS: &[Migration] =
        &[Migration { number: 1, name: "photos", sql: "CREATE TABLE photos (id IDENTITY) STRICT;" }];
    let other = Store::open_at(&url, PHOTOS).await.unwrap();
    other.write(|tx| tx.execute("DROP TABLE schema_migration", &[])).await.unwrap();
    other.close().await;
    let error = Store::open(&url).await.unwrap_err().to_string();
    assert!(error.contains("photos") && error.contains("name an empty database"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_refuses_is_named_without_the_password() {
    let nobody: StoreUrl = "postgres://u:geheim@127.0.0.1:1/d".parse().unwrap();
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let folder = server.folder.display().to_string();
    let _ = server.url().await;
    let no_database: StoreUrl =
        format!("postgres:///none?host={folder}&user=postgres&password=geheim").parse().unwrap();
    // The first is waited for, as a server that starts up would be.
    let (away, wrong) = tokio::join!(Store::open(&nobody), Store::open(&no_database));
    for (error, says) in [(away, "refused"), (wrong, "database \"none\" does not exist")] {
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains(says) && error.contains("postgres://") && !error.contains("geheim"),
            "{error}"
        );
    }
}
