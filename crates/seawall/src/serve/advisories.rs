//! The database of advisories that a hub begins with.

use std::path::Path;

use anyhow::{Context, Result};
use vulndb::{Builder, Database};

/// Opens the file; `None`: there is none.
pub(crate) fn open(path: &Path) -> Result<Option<Database>> {
    if !path.exists() {
        return Ok(None);
    }
    let database = Database::open(path).with_context(|| {
        format!(
            "the database of advisories {} cannot be used; make it again with: seawall db update",
            path.display()
        )
    })?;
    Ok(Some(database))
}

/// A database that knows nothing: whatever is judged by it is not assessed.
pub(crate) fn nothing(folder: &Path) -> Result<Database> {
    let place = tempfile::Builder::new().prefix(".empty-").tempdir_in(folder);
    let place = place.with_context(|| format!("{} cannot be written", folder.display()))?;
    let file = place.path().join("advisories");
    Builder::new(place.path())?.finish(&file)?;
    // Mapped: it stays readable when its name is gone.
    Ok(Database::open(&file)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_nothing_has_no_records_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(&folder.path().join("vulnerabilities.db")).unwrap().is_none());
        let database = nothing(folder.path()).unwrap();
        assert_eq!(database.info().records, 0);
        database.verify_all().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
