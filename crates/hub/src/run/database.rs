//! The database of advisories: the fleet is judged by the file that lies there.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use vulndb::Database;

use super::rest;
use crate::AppState;

/// The pause before a change that failed is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// What tells two files of one name apart without reading them.
type Mark = (u64, u64, i64, i64);

fn mark(path: &Path) -> io::Result<Mark> {
    let is = fs::metadata(path)?;
    Ok((is.ino(), is.len(), is.mtime(), is.mtime_nsec()))
}

/// Brings the store to the matcher's database, then to each that comes to lie at `path`, until the hub stops.
pub(super) async fn watch(state: AppState, path: Option<PathBuf>, look: Duration) {
    let mut stop = state.stopping();
    // Taken before the first change, so that a file that came since the matcher was made is seen.
    let mut seen = None;
    let mut next = Some(state.matcher.database().await);
    loop {
        if let Some(database) = next.take() {
            tokio::select! {
                stopped = stop.wait_for(|stop| *stop) => { drop(stopped); return; }
                done = change(&state, Arc::clone(&database)) => if !done {
                    next = Some(database);
                }
            }
        }
        if rest(&mut stop, if next.is_some() { AGAIN } else { look }).await {
            return;
        }
        let Some(path) = &path else { continue };
        // Between the removal of the old file and the arrival of the new one there is none; the mapped old one stays in use.
        let Ok(now) = mark(path) else { continue };
        if seen == Some(now) {
            continue;
        }
        let file = path.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let database = Database::open(&file)?;
            // Damage is found here and not by the judging of a batch.
            database.verify_all()?;
            Ok::<_, vulndb::Error>(database)
        })
        .await;
        seen = Some(now);
        match opened {
            Ok(Ok(database)) if database.sha256() == state.matcher.database().await.sha256() => {}
            Ok(Ok(database)) => next = Some(Arc::new(database)),
            Ok(Err(error)) => {
                tracing::error!(%error, path = %path.display(), "the new database of advisories is not used");
            }
            Err(error) => tracing::error!(%error, "the database of advisories could not be looked at"),
        }
    }
}

/// Judges by a database from now on; `false`: it was not done to its end.
async fn change(state: &AppState, database: Arc<Database>) -> bool {
    match state.matcher.change(database, state.clock.now()).await {
        Ok(changed) => {
            tracing::info!(?changed, "the fleet is judged by the database of advisories");
            state.tell("feed", None, "");
            state.assess_soon();
            if changed.opened + changed.closed + changed.altered > 0 {
                state.tell("image", None, "");
            }
            true
        }
        Err(error) => {
            tracing::error!(%error, "the fleet could not be judged by the database of advisories");
            false
        }
    }
}
