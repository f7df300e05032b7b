//! dpkg: status, status.d and file lists.

use serde::{Deserialize, Serialize};

use crate::{assembly::Draft, reader::Row};

pub(crate) static READERS: &[Row] = &[];

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {}

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileList {}

pub(crate) fn assemble(_draft: &mut Draft<'_>) {}
