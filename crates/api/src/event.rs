//! What the hub tells a page that is open.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something changed. It says what to ask for again, not what the new value is: who may see that is decided there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The kind of thing that changed: `scope`, `image`, `job`, `score`.
    pub topic: String,
    /// The thing's id, if it is one thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The scope in which it lies: told only to those who may look there. Empty: the root.
    pub scope: String,
}
