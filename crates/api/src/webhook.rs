//! Outgoing webhooks, and what is on its way to them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Secret, tally::Severity};

/// An address to which notices are posted. Its secret is told when it is made or changed, and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where notices are posted.
    pub url: String,
    /// Notices of this scope and those below it; empty: the whole hub.
    pub scope: String,
    /// The least severity that is posted; what nobody rated is posted too.
    pub severity: Severity,
    /// Kinds of notices that are posted; none: all.
    pub kinds: Vec<String>,
    /// The form of the body.
    pub format: WebhookFormat,
    /// Whether addresses that are not public are allowed.
    pub allow_private: bool,
    /// Whether it is used. What waits for one that is not, waits.
    pub on: bool,
    /// Since when it is there.
    #[schema(format = DateTime)]
    pub created: String,
}

/// The form of what is posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFormat {
    /// The notice as the interface has it.
    #[default]
    Json,
    /// A message as Slack's incoming webhooks take it, and those of other chats.
    Slack,
}

impl WebhookFormat {
    /// How it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
        }
    }

    /// The form of a word; one that nobody knows is JSON.
    #[must_use]
    pub fn of(word: &str) -> Self {
        if word == Self::Slack.as_str() { Self::Slack } else { Self::Json }
    }
}

/// Makes a webhook.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewWebhook {
    /// What people call it; unique.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// Where notices are posted: HTTPS, or HTTP.
    #[schema(max_length = 2048, example = "https://hooks.example.com/seawall")]
    pub url: String,
    /// Notices of this scope and those below it; absent: the whole hub.
    #[serde(default)]
    pub scope: String,
    /// The key that signs what is posted, 16 to 256 characters; absent: one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 16, max_length = 256)]
    pub secret: Option<Secret>,
    /// The least severity that is posted; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Kinds of notices that are posted; none: all.
    #[serde(default)]
    #[schema(max_items = 16)]
    pub kinds: Vec<String>,
    /// The form of the body; absent: JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<WebhookFormat>,
    /// Allows addresses that are not public. Only an owner of the hub may.
    #[serde(default)]
    pub allow_private: bool,
}

/// Changes a webhook; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeWebhook {
    /// What people call it; unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128)]
    pub name: Option<String>,
    /// Where notices are posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2048)]
    pub url: Option<String>,
    /// The key that signs what is posted, 16 to 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 16, max_length = 256)]
    pub secret: Option<Secret>,
    /// The least severity that is posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Kinds of notices that are posted; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 16)]
    pub kinds: Option<Vec<String>>,
    /// The form of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<WebhookFormat>,
    /// Whether addresses that are not public are allowed. Only an owner of the hub may allow them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_private: Option<bool>,
    /// Whether it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
}

/// A webhook that was made, with its secret, which is told this once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// The key that signs what is posted.
    #[schema(value_type = String)]
    pub secret: Secret,
}

/// A notice on its way to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id; the header `X-Seawall-Delivery` has it at each attempt.
    pub id: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub at: String,
    /// The notice; absent: a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// How it stands.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// HTTP status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it is tried next, if it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub next: Option<String>,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It is tried, or tried again.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It was given up.
    Failed,
}
