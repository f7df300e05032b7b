//! The audit trail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who changed what, and when. Written in the same transaction as the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The id; grows with time.
    pub id: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: `user/<name>`, `token/<name>` or `hub`.
    pub actor: String,
    /// What was done: `user.create`.
    pub action: String,
    /// To what: `user/jane`.
    pub subject: String,
    /// What was there before; absent for what is new. Secrets never stand here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<serde_json::Value>,
    /// What is there since; absent for what is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<serde_json::Value>,
    /// The entry that this one took back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_of: Option<String>,
    /// The request under whose id the log has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
