//! The part of the suite that needs no server; `crates/store/tests/store.rs` runs far more on both databases.

use crate::{Micros, Store, StoreError, StoreUrl, Value, values};

async fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(&StoreUrl::sqlite(folder.path().join("s.db"))).await.unwrap()
}

#[tokio::test]
async fn what_is_written_is_read_and_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder).await;
    first
        .write(|tx| {
            tx.execute(
                "INSERT INTO scope (created, name, parent, id) VALUES ($4, $3, $2, $1)",
                &values!["org", "", "Org", Micros(7)],
            )
        })
        .await
        .unwrap();
    let read = |store: Store| async move {
        store.read(|tx| tx.query("SELECT id, parent, created FROM scope ORDER BY id", &[])).await.unwrap()
    };
    let rows = read(first.clone()).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].get::<String>(0).unwrap(), "org");
    assert_eq!(rows[0].get::<Option<String>>(1).unwrap(), None);
    assert_eq!(rows[1].get::<Micros>(2).unwrap(), Micros(7));
    first.close().await;
    assert!(matches!(first.read(|_| Ok(())).await, Err(StoreError::Closed)));
    assert_eq!(read(store(&folder).await).await, rows);
}

#[tokio::test]
async fn a_closure_that_fails_or_panics_changes_nothing_and_the_store_works_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let add = "INSERT INTO owner (id, name) VALUES ($1, $1)";
    let failed = store
        .write(move |tx| {
            tx.execute(add, &values!["a"])?;
            Err::<(), _>(StoreError::Invalid("no".to_owned()))
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Invalid(_))));
    let panicked = store
        .write(move |tx| {
            tx.execute(add, &values!["a"])?;
            if true {
                panic!("oh");
            }
            Ok(())
        })
        .await;
    assert!(matches!(panicked, Err(StoreError::Panicked(text)) if text == "oh"));
    let swallowed = store
        .write(move |tx| {
            tx.execute(add, &values!["a"])?;
            let _ = tx.execute(add, &values!["a"]);
            Ok(())
        })
        .await;
    assert!(matches!(swallowed, Err(StoreError::Swallowed(_))));
    let count = store.read(|tx| tx.query_one("SELECT count(*) FROM owner", &[])).await.unwrap();
    assert_eq!(count.get::<u64>(0).unwrap(), 0);
}

#[tokio::test]
async fn a_reader_cannot_write_and_a_value_too_few_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let wrote = store.read(|tx| tx.execute("DELETE FROM scope", &[])).await;
    assert!(matches!(wrote, Err(StoreError::Statement { .. })), "{wrote:?}");
    let few = store.read(|tx| tx.query("SELECT $1, $2", &values![1_i64])).await;
    assert!(few.unwrap_err().to_string().contains("wants 2 values, 1 were given"));
    let column = store.read(|tx| tx.query_one("SELECT 'x'", &[])?.get::<i64>(0)).await;
    assert_eq!(column.unwrap_err().to_string(), "column 0 holds text, an integer was read");
}

#[tokio::test]
async fn a_nul_in_text_is_kept_as_a_replacement_character() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let row = store.read(|tx| tx.query_one("SELECT $1", &[Value::Text("a\0b".to_owned())])).await.unwrap();
    assert_eq!(row.text(0).unwrap(), "a\u{fffd}b");
}

#[tokio::test]
async fn files_that_are_not_ours_are_refused_by_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        let url = StoreUrl::sqlite(folder.path().join(name));
        async move { Store::open(&url).await.unwrap_err().to_string() }
    };
    assert!(open("none/s.db").await.contains("none is not there; make it"));
    std::fs::write(
        folder.path().join("text"),
        "no database at all, but long enough to be looked at".repeat(9),
    )
    .unwrap();
    assert!(open("text").await.contains("the file is no SQLite database"));
    let other = rusqlite::Connection::open(folder.path().join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE photos (id INTEGER)").unwrap();
    assert!(open("other.db").await.contains("tables that are not Seawall's (photos, …)"));
}
