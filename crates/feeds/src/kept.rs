//! What is noted beside fetched files: from where and when, and the marks by which a server knows that a file is still
//! the same. It is carried with the files, so that data without a date of its own has one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Its name in the folder.
pub(crate) const NAME: &str = "seawall-sources.json";

/// The notes of a folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Kept {
    /// Tells the file apart from feeds, and its form.
    #[serde(rename = "seawallSources")]
    form: u32,
    /// By path below the folder.
    pub(crate) files: BTreeMap<String, Note>,
    /// Where the notes lay, with its slash.
    #[serde(skip)]
    folder: String,
}

/// What is noted of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Note {
    /// From where.
    pub(crate) url: String,
    /// The server's mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    /// The server's word for when it changed, as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified: Option<String>,
    /// When the data is of: RFC 3339 of `last_modified`, else when it was fetched.
    pub(crate) time: String,
    /// Its size: a file that was changed by hand is fetched again.
    pub(crate) bytes: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { form: 1, files: BTreeMap::new(), folder: String::new() }
    }
}

impl Kept {
    /// Reads the notes that lie at `path`.
    pub(crate) fn read(bytes: &[u8], path: &str) -> Result<Self, serde_json::Error> {
        let mut kept: Self = serde_json::from_slice(bytes)?;
        kept.folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        Ok(kept)
    }

    /// When the data of the file at `path` is of.
    pub(crate) fn time_of(&self, path: &str) -> Option<String> {
        let below = path.strip_prefix(self.folder.as_str())?;
        self.files.get(below).map(|note| note.time.clone())
    }
}
