//! Stores as each release left them, kept so that every later one is held to opening them. For SQLite the file itself, for
//! PostgreSQL its rows. `SEAWALL_BLESS=1` writes those of the newest migration: with a release, and never again.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json, json};
use store::{MIGRATIONS, Store, StoreUrl, Value};

use crate::harness::{Db, Server};

/// The migrations with which releases ended; a release adds its own.
const RELEASES: [u32; 1] = [1];
/// Rows of each table.
const ROWS: i64 = 2;

/// A column as the migration declares it.
struct Column {
    name: String,
    kind: String,
    rest: String,
}

/// The tables of the first migration, in its order, without those that it fills itself.
fn tables(sql: &str) -> Vec<(String, Vec<Column>)> {
    let plain: String =
        sql.lines().filter(|line| !line.trim_start().starts_with("--")).map(|l| format!("{l}\n")).collect();
    plain
        .split(';')
        .filter_map(|statement| statement.trim().strip_prefix("CREATE TABLE "))
        .map(|rest| {
            let (name, body) = rest.split_once('(').unwrap();
            let columns = body
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
                .map(|line| {
                    let mut words = line.trim_end_matches(',').splitn(3, ' ');
                    let mut next = || words.next().unwrap_or_default().to_owned();
                    Column { name: next(), kind: next().trim_end_matches(',').to_owned(), rest: next() }
                })
                .collect();
            (name.trim().to_owned(), columns)
        })
        .filter(|(name, _)| !sql.contains(&format!("INSERT INTO {name} ")) || name == "scope")
        .collect()
}

/// What rules over several columns ask for.
fn fixed(table: &str, column: &str, row: i64) -> Option<Value> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    match (table, column) {
        ("scope", "parent") => text(""),
        ("exemption", "asset_id") | ("job" | "webhook_delivery", "finished") => Some(Value::Null),
        ("job", "leased_by" | "lease_until") => Some(Value::Null),
        ("job", "state") => text("queued"),
        ("webhook_delivery", "state") => text("waiting"),
        ("audit", "undo_of") => Some(if row == 1 { Value::Null } else { Value::Int(1) }),
        _ => None,
    }
}

/// A value that the column takes: the same in both databases, another in each row.
fn value(table: &str, column: &Column, row: i64) -> Value {
    if let Some(value) = fixed(table, &column.name, row) {
        return value;
    }
    if let Some((_, rest)) = column.rest.split_once("REFERENCES ") {
        let (of, rest) = rest.split_once(" (").unwrap();
        let (key, _) = rest.split_once(')').unwrap();
        return if column.kind == "TEXT" {
            Value::Text(format!("{of}-{key}-{row}"))
        } else {
            Value::Int(row)
        };
    }
    if let Some((_, rest)) = column.rest.split_once(&format!("CHECK ({} IN (", column.name)) {
        let (list, _) = rest.split_once(')').unwrap();
        let words: Vec<&str> = list.split(", ").collect();
        let word = words[usize::try_from(row).unwrap() % words.len()];
        return match word.strip_prefix('\'') {
            Some(text) => Value::Text(text.trim_end_matches('\'').to_owned()),
            None => Value::Int(word.parse().unwrap()),
        };
    }
    match column.kind.as_str() {
        "TEXT" if column.name.ends_with("_json") => {
            Value::Text(if column.rest.contains("'[]'") { "[]" } else { "{}" }.to_owned())
        }
        "TEXT" => Value::Text(format!("{table}-{}-{row}", column.name)),
        "BIGINT" if column.rest.contains("BETWEEN") => Value::Int(row),
        "BIGINT" => Value::Int(1_790_000_000_000_000 + row),
        #[expect(clippy::cast_precision_loss, reason = "1 and 2")]
        "DOUBLE" => Value::Real(row as f64 / 4.0),
        "BLOB" => Value::Bytes(vec![u8::try_from(row).unwrap(); 16]),
        other => panic!("{table}.{}: nobody knows how to fill {other}", column.name),
    }
}

/// The text of a migration.
fn text_of(number: u32) -> &'static str {
    MIGRATIONS.iter().find(|migration| migration.number == number).unwrap().sql
}

type Table = (String, Vec<String>, Vec<Vec<Value>>);

/// All tables with rows, from the text of a migration.
fn made(sql: &str) -> Vec<Table> {
    tables(sql)
        .into_iter()
        .map(|(name, columns)| {
            let columns: Vec<Column> =
                columns.into_iter().filter(|column| column.kind != "IDENTITY").collect();
            let rows = (1..=ROWS)
                .map(|row| columns.iter().map(|column| value(&name, column, row)).collect())
                .collect();
            (name, columns.into_iter().map(|column| column.name).collect(), rows)
        })
        .collect()
}

async fn fill(store: &Store, tables: &[Table]) {
    let tables = tables.to_vec();
    store
        .write(move |tx| {
            for (name, columns, rows) in &tables {
                let marks: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
                let sql =
                    format!("INSERT INTO {name} ({}) VALUES ({})", columns.join(", "), marks.join(", "));
                tx.execute_many(&sql, rows)?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// The rows of a table, as texts in order.
async fn rows(store: &Store, table: &str, columns: &[String]) -> Vec<String> {
    let sql = format!("SELECT {} FROM {table}", columns.join(", "));
    let count = columns.len();
    let found = store.read(move |tx| tx.query(&sql, &[])).await.unwrap();
    let mut texts: Vec<String> = found
        .iter()
        .map(|row| format!("{:?}", (0..count).map(|at| row.get::<Value>(at).unwrap()).collect::<Vec<_>>()))
        .collect();
    texts.sort();
    texts
}

fn path(migration: u32, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/golden-{migration:04}.{ending}"))
}

fn to_json(tables: &[Table]) -> Json {
    let value = |value: &Value| match value {
        Value::Null => Json::Null,
        Value::Int(number) => json!(number),
        Value::Real(number) => json!({ "real": number }),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({ "bytes": bytes }),
    };
    tables
        .iter()
        .map(|(name, columns, rows)| {
            let rows: Vec<Vec<Json>> = rows.iter().map(|row| row.iter().map(value).collect()).collect();
            json!({ "table": name, "columns": columns, "rows": rows })
        })
        .collect()
}

fn from_json(text: &str) -> Vec<Table> {
    let value = |value: &Json| match value {
        Json::Null => Value::Null,
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => Value::Int(number.as_i64().unwrap()),
        Json::Object(map) if map.contains_key("real") => Value::Real(map["real"].as_f64().unwrap()),
        other => Value::Bytes(serde_json::from_value(other["bytes"].clone()).unwrap()),
    };
    let all: Vec<Map<String, Json>> = serde_json::from_str(text).unwrap();
    all.into_iter()
        .map(|table| {
            let rows = table["rows"].as_array().unwrap().iter();
            let rows = rows.map(|row| row.as_array().unwrap().iter().map(value).collect()).collect();
            let columns = serde_json::from_value(table["columns"].clone()).unwrap();
            (table["table"].as_str().unwrap().to_owned(), columns, rows)
        })
        .collect()
}

/// Writes the store of the newest migration: its rows, and the file of SQLite.
async fn bless(migration: u32) {
    let tables = made(text_of(migration));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("golden.db");
    let store = Store::open(&StoreUrl::sqlite(&file)).await.unwrap();
    fill(&store, &tables).await;
    store.close().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&fs::read(&file).unwrap()).unwrap();
    fs::create_dir_all(path(migration, "").parent().unwrap()).unwrap();
    fs::write(path(migration, "db.gz"), packed.finish().unwrap()).unwrap();
    fs::write(path(migration, "json"), serde_json::to_string(&to_json(&tables)).unwrap() + "\n").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_of_every_release_is_opened_and_has_all_that_was_in_it() {
    if std::env::var_os("SEAWALL_BLESS").is_some() {
        bless(*RELEASES.last().unwrap()).await;
    }
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    for release in RELEASES {
        let text = fs::read_to_string(path(release, "json")).unwrap();
        let tables = from_json(&text);
        assert!(tables.len() > 30, "{} tables", tables.len());
        // SQLite: the very file.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hub.db");
        let mut bytes = Vec::new();
        let packed = fs::File::open(path(release, "db.gz")).unwrap();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        fs::write(&file, bytes).unwrap();
        let sqlite = Store::open(&StoreUrl::sqlite(&file)).await.unwrap_or_else(|error| {
            panic!("{error}: a migration that was released was edited, or SEAWALL_BLESS=1 is due before the release")
        });
        // PostgreSQL: as that release made it, with the same rows.
        let url = server.url().await;
        let until = MIGRATIONS.iter().position(|migration| migration.number == release).unwrap();
        let old = Store::open_at(&url, &MIGRATIONS[..=until]).await.unwrap();
        fill(&old, &tables).await;
        old.close().await;
        let postgres = Store::open(&url).await.unwrap();
        for (table, columns, expected) in &tables {
            let mut expected: Vec<String> = expected.iter().map(|row| format!("{row:?}")).collect();
            if table == "scope" {
                // The root is there from the beginning.
                expected.extend(
                    rows(&sqlite, "scope", columns).await.into_iter().filter(|row| row.contains("Null")),
                );
            }
            expected.sort();
            for store in [&sqlite, &postgres] {
                assert_eq!(rows(store, table, columns).await, expected, "{table} of {store:?}");
            }
        }
        sqlite.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_golden_store_is_made_of_fits_every_table_of_the_newest_release() {
    let db = Db::sqlite().await;
    let tables = made(text_of(*RELEASES.last().unwrap()));
    fill(&db.store, &tables).await;
    for (table, columns, _) in &tables {
        assert!(rows(&db.store, table, columns).await.len() >= 2, "{table}");
    }
}
