//! Reads advisory sources, each in its own format, into `vulndb`.
//!
//! [`import`] takes a folder in the layout of the OSV bucket (`<Ecosystem>/all.zip`), with `kev/` and `CVE/` beside, and
//! compiles it to one database. A record that cannot be read is counted as a lint and never matches.

mod cve;
mod import;
mod kev;
mod osv;

pub use import::{FeedError, Imported, import};
