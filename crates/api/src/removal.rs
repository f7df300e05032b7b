//! What a removal takes with it, told before it is done.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What removing something does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovalPreview {
    /// It can be removed: nothing holds it.
    pub possible: bool,
    /// What goes with it.
    pub removes: Vec<RemovalCount>,
    /// What must go, or go elsewhere, first.
    pub holds: Vec<RemovalCount>,
    /// All of that in one sentence.
    pub sentence: String,
}

/// So many of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovalCount {
    /// How many.
    pub count: u64,
    /// Of what, in words that fit the number.
    #[schema(example = "API tokens")]
    pub what: String,
}
