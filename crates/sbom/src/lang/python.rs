//! Python: dist-info, egg-info and lock files.

use serde::{Deserialize, Serialize};

use crate::{assembly::Draft, reader::Row};

pub(crate) static READERS: &[Row] = &[];

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {}

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {}

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {}

pub(crate) fn assemble(_draft: &mut Draft<'_>) {}
