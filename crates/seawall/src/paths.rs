//! Where data and caches lie.

use std::{env, path::PathBuf};

use anyhow::{Result, anyhow};

use crate::cli::Common;

/// The database file.
pub(crate) fn database(common: &Common) -> Result<PathBuf> {
    Ok(data_dir(common)?.join("vulnerabilities.db"))
}

/// The folder of what must be kept.
pub(crate) fn data_dir(common: &Common) -> Result<PathBuf> {
    folder(common.data_dir.as_ref(), "/var/lib/seawall", "XDG_DATA_HOME", ".local/share")
}

/// The folder of what can be made again.
pub(crate) fn cache_dir(common: &Common) -> Result<PathBuf> {
    folder(common.cache_dir.as_ref(), "/var/cache/seawall", "XDG_CACHE_HOME", ".cache")
}

fn folder(typed: Option<&PathBuf>, of_root: &str, variable: &str, below_home: &str) -> Result<PathBuf> {
    if let Some(typed) = typed {
        return Ok(typed.clone());
    }
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from(of_root));
    }
    let base = match env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(base) => PathBuf::from(base),
        None => env::var_os("HOME")
            .map(|home| PathBuf::from(home).join(below_home))
            .ok_or_else(|| anyhow!("HOME is not set; name a folder with --data-dir and --cache-dir"))?,
    };
    Ok(base.join("seawall"))
}
