//! Lists by page: every row once, in order, whatever ties and gaps there are.

use std::cmp::Ordering;

use store::{Cursor, Key, Order, Page, PageRequest, Select, Store, StoreError, values};

use crate::harness::{Db, on_both};

on_both! { pages_give_every_row_once_and_in_order, a_cursor_is_good_for_its_own_list_alone, rows_that_come_meanwhile_move_nothing }

/// Ties, NULLs, and text that would be ordered otherwise by a locale.
const ROWS: [(&str, Option<i64>, i64); 12] = [
    ("a", Some(2), 1),
    ("b", None, 1),
    ("B", Some(2), 2),
    ("é", Some(1), 1),
    ("z", None, 3),
    ("aa", Some(2), 1),
    ("-", Some(9), 2),
    ("ab", None, 1),
    ("Ab", Some(1), 2),
    ("x", Some(2), 3),
    ("y", None, 2),
    ("0", Some(-5), 1),
];

const BY_NAME: Order = Order { name: "t/name", keys: &[Key::up("name")] };
const BY_ROLE: Order = Order { name: "t/created-name", keys: &[Key::up("created"), Key::up("name")] };
const MIXED: Order = Order { name: "t/mixed", keys: &[Key::down("created"), Key::up("name")] };
const BY_END: Order = Order { name: "t/end", keys: &[Key::up("expires").nullable(), Key::up("name")] };
const THREE: Order = Order {
    name: "t/three",
    keys: &[Key::down("created"), Key::down("expires").nullable(), Key::up("name")],
};

async fn fill(store: &Store) {
    store
        .write(|tx| {
            tx.execute(
                "INSERT INTO app_user (id, name, password_hash, created) VALUES ('u', 'u', '', 0)",
                &[],
            )?;
            for (name, expires, created) in ROWS {
                tx.execute(
                    "INSERT INTO api_token (id, name, hash, created, expires, created_by) VALUES ($1, $1, '', $2, $3, 'u')",
                    &values![name, created, expires],
                )?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn page(
    store: &Store,
    order: &'static Order,
    request: PageRequest,
) -> Result<Page<String>, StoreError> {
    store
        .read(move |tx| {
            let mut select = Select::new("name", "api_token");
            select.and("created_by = ?", values!["u"]);
            assert!(select.count(tx)? >= ROWS.len() as u64);
            select.page(tx, order, &request, |row| row.get(0))
        })
        .await
}

fn sorted(order: &Order, backwards: bool) -> Vec<&'static str> {
    let mut rows = ROWS;
    rows.sort_by(|a, b| {
        order.keys.iter().fold(Ordering::Equal, |so_far, key| {
            so_far.then_with(|| {
                let turn = |o: Ordering| if key.descending == backwards { o } else { o.reverse() };
                match key.sql {
                    "name" => turn(a.0.cmp(b.0)),
                    "created" => turn(a.2.cmp(&b.2)),
                    _ => match (a.1, b.1) {
                        (Some(a), Some(b)) => turn(a.cmp(&b)),
                        // Last in either direction.
                        (a, b) => a.is_none().cmp(&b.is_none()),
                    },
                }
            })
        })
    });
    rows.iter().map(|row| row.0).collect()
}

async fn pages_give_every_row_once_and_in_order(db: Db) {
    fill(&db.store).await;
    for order in [&BY_NAME, &BY_ROLE, &MIXED, &BY_END, &THREE] {
        for backwards in [false, true] {
            for limit in [1, 2, 5, 11, 12, 13, 500] {
                let (mut names, mut after, mut pages) = (Vec::new(), None, 0);
                loop {
                    let page = page(&db.store, order, PageRequest { limit, after, backwards }).await.unwrap();
                    assert!(page.items.len() <= limit as usize);
                    names.extend(page.items);
                    pages += 1;
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(
                    names,
                    sorted(order, backwards),
                    "{} backwards: {backwards} limit: {limit}",
                    order.name
                );
                assert_eq!(pages, ROWS.len().div_ceil(limit as usize), "no empty page at the end");
            }
        }
    }
    let none = page(&db.store, &BY_NAME, PageRequest::first(0)).await.unwrap();
    assert_eq!(none.items.len(), 1, "a limit of 0 is 1");
}

async fn a_cursor_is_good_for_its_own_list_alone(db: Db) {
    fill(&db.store).await;
    let next = page(&db.store, &MIXED, PageRequest::first(3)).await.unwrap().next;
    for (order, backwards, after) in [
        (&BY_ROLE, false, next.clone()),
        (&BY_NAME, false, next.clone()),
        (&MIXED, true, next),
        (&MIXED, false, Some(Cursor("AAAA".to_owned()))),
        (&MIXED, false, Some(Cursor("' OR 1=1 --".to_owned()))),
    ] {
        let refused = page(&db.store, order, PageRequest { limit: 3, after, backwards }).await;
        assert!(matches!(refused, Err(StoreError::Cursor)), "{refused:?}");
    }
}

async fn rows_that_come_meanwhile_move_nothing(db: Db) {
    fill(&db.store).await;
    let first = page(&db.store, &BY_NAME, PageRequest::first(4)).await.unwrap();
    db.store
        .write(|tx| {
            tx.execute("DELETE FROM api_token WHERE name IN ('-', 'Ab')", &[])?;
            tx.execute(
                "INSERT INTO api_token (id, name, hash, created, created_by) VALUES ('!', '!', '', 0, 'u')",
                &[],
            )
        })
        .await
        .unwrap();
    let rest = PageRequest { limit: 500, after: first.next, backwards: false };
    let store = db.store.clone();
    let rest = store
        .read(move |tx| {
            Select::new("name", "api_token").page(tx, &BY_NAME, &rest, |row| row.get::<String>(0))
        })
        .await
        .unwrap();
    assert_eq!([first.items, rest.items].concat(), sorted(&BY_NAME, false));
}
