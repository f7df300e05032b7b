//! Where readers of documents with many records put them.

use vulndb::{Enrichment, Lint, Record};

/// Takes what a reader finds.
pub(crate) trait Sink {
    /// An advisory.
    fn record(&mut self, record: &Record) -> Result<(), vulndb::Error>;
    /// What is known of a CVE beside advisories.
    fn enrich(&mut self, known: &Enrichment) -> Result<(), vulndb::Error>;
    /// Something that cannot be used as it stands.
    fn lint(&mut self, lint: Lint);
}

/// Why a document could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// It is broken: an unknown part is missing.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Its bytes could not be had.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// What it said could not be written.
    #[error(transparent)]
    Database(#[from] vulndb::Error),
}

/// Keeps all of it.
#[cfg(test)]
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) records: Vec<Record>,
    pub(crate) enriched: Vec<Enrichment>,
    pub(crate) lints: Vec<Lint>,
}

#[cfg(test)]
impl Sink for Kept {
    fn record(&mut self, record: &Record) -> Result<(), vulndb::Error> {
        self.records.push(record.clone());
        Ok(())
    }

    fn enrich(&mut self, known: &Enrichment) -> Result<(), vulndb::Error> {
        self.enriched.push(known.clone());
        Ok(())
    }

    fn lint(&mut self, lint: Lint) {
        self.lints.push(lint);
    }
}
