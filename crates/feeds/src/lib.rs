//! Reads advisory sources, each in its own format, into `vulndb`; fetches them; carries a small sample.
//!
//! [`import`] takes a folder, or a zip of it, and compiles what it recognises to one database: the layout of the OSV
//! bucket (`<Ecosystem>/all.zip`), Debian's security tracker, Alpine's secdb, the CVE list, CISA's catalogue of exploited
//! vulnerabilities, EPSS. A record that cannot be read is counted as a lint and never matches.

mod carrier;
mod cve;
mod epss;
mod fetch;
mod import;
mod kept;
mod kev;
mod kind;
mod osv;
mod sample;
mod secdb;
mod sink;
mod tracker;

pub use fetch::{Event, FailedFile, FetchError, Fetched, PUBLIC, Source, fetch};
pub use import::{FeedError, Imported, import};
pub use sample::{SAMPLE_SOURCE, sample};
