//! Whether the hub is well.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether the hub can do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`, or the part that does not answer.
    #[schema(example = "ok")]
    pub status: String,
}
