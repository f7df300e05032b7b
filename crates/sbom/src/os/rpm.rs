//! rpm: the SQLite database and its write-ahead log.

use serde::{Deserialize, Serialize};

use crate::{assembly::Draft, reader::Row};

pub(crate) static READERS: &[Row] = &[];

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFile {}

pub(crate) fn assemble(_draft: &mut Draft<'_>) {}
