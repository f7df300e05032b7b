//! Who may do what: first start, login, users, grants, tokens.

use crate::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a user may do on a scope and on all that lies below it. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees assets, findings, recommendations and the score.
    Viewer,
    /// Sees the rules, exemptions, registries' settings and the audit trail too.
    SecurityReader,
    /// Changes what is assessed and how: registries, rules, exemptions, assignments, plans.
    SecurityAdmin,
    /// Says who may do what.
    Owner,
}

impl Role {
    /// All roles, the weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::SecurityReader, Self::SecurityAdmin, Self::Owner];

    /// How the role is written on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::SecurityReader => "security_reader",
            Self::SecurityAdmin => "security_admin",
            Self::Owner => "owner",
        }
    }
}

/// What a token may do: what a role may, or one duty of a machine and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenRole {
    /// As the role of the same name.
    Viewer,
    /// As the role of the same name.
    SecurityReader,
    /// As the role of the same name.
    SecurityAdmin,
    /// As the role of the same name.
    Owner,
    /// Sends catalogues of what a pipeline built. Reads nothing.
    Publish,
    /// Sends a registry's notifications. Reads nothing.
    Notify,
    /// Reads `/metrics`. Nothing else.
    Metrics,
}

impl TokenRole {
    /// All, the roles first.
    pub const ALL: [Self; 7] = [
        Self::Viewer,
        Self::SecurityReader,
        Self::SecurityAdmin,
        Self::Owner,
        Self::Publish,
        Self::Notify,
        Self::Metrics,
    ];

    /// How it is written on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::SecurityReader => "security_reader",
            Self::SecurityAdmin => "security_admin",
            Self::Owner => "owner",
            Self::Publish => "publish",
            Self::Notify => "notify",
            Self::Metrics => "metrics",
        }
    }

    /// The role it equals; none for a machine's duty.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Viewer => Some(Role::Viewer),
            Self::SecurityReader => Some(Role::SecurityReader),
            Self::SecurityAdmin => Some(Role::SecurityAdmin),
            Self::Owner => Some(Role::Owner),
            Self::Publish | Self::Notify | Self::Metrics => None,
        }
    }
}

/// Whether this hub still waits for its first owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetupState {
    /// True until the set-up link was used.
    pub needed: bool,
}

/// Redeems the one-time set-up link: makes the first user, who owns everything.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// What stands behind the `#` of the link that the hub printed at its first start.
    #[schema(value_type = String)]
    pub link: Secret,
    /// The name to log in with.
    pub name: String,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 256)]
    pub password: Secret,
}

/// Name and password.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The user's name.
    pub name: String,
    /// The user's password.
    #[schema(value_type = String, format = Password, max_length = 256)]
    pub password: Secret,
}

/// Who asks, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// A user in a browser, or a token.
    pub kind: PrincipalKind,
    /// The user's or token's id.
    pub id: String,
    /// The user's or token's name.
    pub name: String,
    /// What it was granted, by scope. What lies below a scope inherits it.
    pub grants: Vec<ScopeRole>,
    /// When the session or token ends; absent for a token without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires: Option<String>,
}

/// What is granted on one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeRole {
    /// The scope; the empty text is the root, which is everything.
    pub scope: String,
    /// What may be done there and below.
    pub role: TokenRole,
}

/// Changes one's own password. Every other session of the user ends.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    #[schema(value_type = String, format = Password, max_length = 256)]
    pub current: Secret,
    /// The one from now on; at least 12 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 256)]
    pub new: Secret,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The id.
    pub id: String,
    /// The name to log in with.
    pub name: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub created: String,
    /// A disabled user cannot log in; the user's sessions and tokens are dead.
    pub disabled: bool,
}

/// Makes a user.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name to log in with: letters, digits, `.`, `_`, `-`, `@`; unique.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// A first password; at least 12 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 256)]
    pub password: Secret,
}

/// Changes a user. What is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// True ends the user's sessions and tokens at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// A new password; ends the user's sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password, min_length = 12, max_length = 256)]
    pub password: Option<Secret>,
}

/// A user or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person with a password.
    User,
    /// An API token.
    Token,
}

/// A user's role on a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The user's id.
    pub user: String,
    /// The scope; the empty text is the root, which is everything.
    pub scope: String,
    /// What the user may do there and below.
    pub role: Role,
}

/// An API token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The id; the token begins with `swt_` and this.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub created: String,
    /// Until when; absent if it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires: Option<String>,
    /// The id of the user who made it. It may never do more than that user may at the time.
    pub created_by: String,
    /// A revoked token is dead for good.
    pub revoked: bool,
    /// What it may do.
    pub grants: Vec<ScopeRole>,
}

/// Makes an API token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// Days until it ends: 1 to 3650. Absent: 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub expires_in_days: Option<u32>,
    /// What it may do; at least one.
    #[schema(min_items = 1, max_items = 32)]
    pub grants: Vec<ScopeRole>,
}

/// A token that was just made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeToken {
    /// The token itself. Shown this once: only its hash is kept.
    #[schema(value_type = String, example = "swt_0123456789abcdef_…")]
    pub secret: Secret,
    /// What is kept of it.
    pub token: Token,
}
