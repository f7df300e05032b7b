//! Thirty famous records that are built in, for a first look where there is neither a network nor a feed. A scan against
//! them finds examples and proves nothing, so no result of it is ever healthy.

use std::path::Path;

use crate::{FeedError, Imported, import::import_texts};

/// The source's slug, by which everyone downstream knows that a database is the sample.
pub const SAMPLE_SOURCE: &str = "builtin-sample";

/// One OSV record a line: facts (ids, packages, ranges, CVSS vectors) with summaries of our own.
const RECORDS: &str = include_str!("../../../content/sample/records.jsonl");

/// Compiles the sample to a database at `to`.
///
/// # Errors
/// When the database cannot be written.
pub fn sample(to: &Path) -> Result<Imported, FeedError> {
    import_texts(RECORDS.lines(), SAMPLE_SOURCE, to)
}

#[cfg(test)]
mod tests {
    use vulndb::Database;

    use super::*;

    #[test]
    fn the_sample_is_thirty_good_records_and_covers_only_what_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let done = sample(&path).unwrap();
        assert_eq!((done.summary.records, done.summary.unparsable_ranges), (30, 0));
        assert!(done.lints.is_empty(), "{:?}", done.lints);
        let database = Database::open(&path).unwrap();
        let info = database.info();
        assert_eq!(info.sources.len(), 1);
        assert_eq!(info.sources[0].slug, SAMPLE_SOURCE);
        assert!(info.sources[0].coverage.iter().all(|row| row.packages.is_some()));
        for id in ["CVE-2014-0160", "CVE-2021-44228", "CVE-2024-3094", "GHSA-35jh-r3h4-6jhm"] {
            assert_eq!(database.records(id).unwrap().len(), 1, "{id}");
        }
    }
}
