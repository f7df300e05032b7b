//! The one SQL layer: SQLite and PostgreSQL, migrations, queries.
//!
//! [`Store`] runs closures over a [`Tx`], each in one transaction. Statements are one text for both databases:
//! parameters are `$1…`, times are [`Micros`] that the caller gives (there is no clock here), truth values are 0 and 1,
//! text is ordered by its bytes. Nothing beyond `ON CONFLICT`, `RETURNING`, window functions and `NULLS LAST` is used,
//! so that a query can be read without asking which database it meets; the exceptions say so beside them.
//!
//! What a query may not do, because the two differ: `max(a, b)` of two columns (write `CASE`), `$1` where only its use
//! could tell its type and there is none (write `CAST($1 AS BIGINT)`), a number as a condition (`is_on = 1`, not `is_on`).
//! `LIKE` tells upper from lower case on both.
//!
//! Each concept has a module of plain functions over a `Tx`, so that several can share one transaction.

pub mod alarms;
pub mod assessments;
pub mod audit;
mod database;
mod dialect;
pub mod disable_rules;
mod error;
pub mod exemptions;
pub mod fixes;
pub mod grants;
pub mod hosts;
pub mod images;
pub mod inventory;
pub mod jobs;
pub mod judging;
pub mod matches;
mod migrate;
pub mod notices;
mod page;
pub mod placements;
mod postgres;
pub mod published;
pub mod registries;
pub mod removal;
pub mod retention;
pub mod scopes;
pub mod scores;
pub mod sessions;
pub mod setup;
mod sqlite;
pub mod subjects;
pub mod tokens;
mod tx;
pub mod units;
mod url;
pub mod users;
mod value;
pub mod vulnerabilities;
pub mod watched;
pub mod webhooks;

pub use database::Store;
pub use dialect::Dialect;
pub use error::StoreError;
pub use migrate::{MIGRATIONS, Migration};
pub use page::{Cursor, Key, MAX_LIMIT, Order, Page, PageRequest, Select, beginning, containing};
pub use tx::Tx;
pub use url::StoreUrl;
pub use value::{FromValue, Micros, Row, ToValue, Value};
