//! Java: jar, war and ear, nested.

use serde::{Deserialize, Serialize};

use crate::{assembly::Draft, reader::Row};

pub(crate) static READERS: &[Row] = &[];

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {}

pub(crate) fn assemble(_draft: &mut Draft<'_>) {}
