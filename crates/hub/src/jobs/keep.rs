//! The sink of a hub: results are judged and stored for the fleet.

use model::Problem;
use store::{Micros, placements};

use super::{CatalogueSink, Kept, Scan, SinkError};
use crate::{ingest, matching::Matcher, worker::Scanned};

/// Stores what was scanned, judged by the database of the fleet.
#[derive(Clone)]
pub struct StoreSink {
    matcher: Matcher,
}

impl StoreSink {
    /// A sink that stores where `matcher` does.
    #[must_use]
    pub const fn new(matcher: Matcher) -> Self {
        Self { matcher }
    }
}

impl CatalogueSink for StoreSink {
    fn store<'a>(&'a self, job: &'a Scan, scanned: Scanned, now: Micros) -> Kept<'a> {
        Box::pin(async move {
            let document = api::catalogue::from_scan(&scanned.into(), sbom::CATALOGUER_VERSION);
            let asset = placements::asset_id(&job.registry_name, &job.repository, &job.digest);
            let put = ingest::put(&self.matcher, &document, &asset, now).await;
            put.map(drop).map_err(|error| SinkError(error.to_string()))
        })
    }

    fn failed<'a>(&'a self, job: &'a Scan, problem: &'a Problem, now: Micros) -> Kept<'a> {
        let job = job.clone();
        let problems = serde_json::to_string(&[problem]);
        Box::pin(async move {
            let problems = problems.map_err(|error| SinkError(error.to_string()))?;
            self.matcher
                .store()
                .write(move |tx| placements::failed(tx, &job.digest, &job.config_digest, &problems, now))
                .await
                .map_err(|error| SinkError(error.to_string()))
        })
    }
}
