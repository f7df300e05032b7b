//! Scopes, owners, the rules that assign assets to them, and plans.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A node of the tree on which assets, roles, plans, rules and scores hang.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scope {
    /// The path: `shop/checkout`. The root's is empty.
    #[schema(example = "shop/checkout")]
    pub id: String,
    /// The path of the scope above; absent for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What people call it.
    pub name: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub created: String,
}

/// Makes a scope.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScope {
    /// The path of the scope above; empty for a scope right below the root.
    pub parent: String,
    /// The last part of the new path: lower-case letters, digits, `.`, `_`, `-`.
    #[schema(example = "checkout", min_length = 1, max_length = 64)]
    pub slug: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
}

/// Renames a scope. Its path stays.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeScope {
    /// What people call it from now on.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
}

/// The team that fixes what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Owner {
    /// The id.
    pub id: String,
    /// The team's name.
    pub name: String,
    /// How to reach it: an address, a channel, a link. May be empty.
    pub contact: String,
}

/// Makes or changes an owner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOwner {
    /// The team's name; unique.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// How to reach it. May be empty.
    #[serde(default)]
    #[schema(max_length = 256)]
    pub contact: String,
}

/// One rule of assignment: what matches goes to the scope and the owner. The first rule that matches counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScopeRule {
    /// The registry's name; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// How the repository's name begins; empty: any.
    #[serde(default)]
    pub repository_prefix: String,
    /// The scope that what matches goes to.
    pub scope: String,
    /// The owner's id; absent: no owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// All rules of assignment, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeRules {
    /// The rules; the first that matches counts.
    #[schema(max_items = 1000)]
    pub rules: Vec<ScopeRule>,
}

/// A kind of protection that can be on or off for a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlanKind {
    /// Images in registries.
    Registries,
    /// Docker hosts.
    Hosts,
    /// Kubernetes clusters.
    Kubernetes,
    /// What happens at run time.
    Runtime,
}

impl PlanKind {
    /// All plans.
    pub const ALL: [Self; 4] = [Self::Registries, Self::Hosts, Self::Kubernetes, Self::Runtime];

    /// How it is written on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registries => "registries",
            Self::Hosts => "hosts",
            Self::Kubernetes => "kubernetes",
            Self::Runtime => "runtime",
        }
    }
}

/// Whether a plan is on for a scope, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// The plan.
    pub plan: PlanKind,
    /// Whether it is on here.
    pub on: bool,
    /// The scope where this was said; absent if nowhere, and the default (on) holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Says for a scope whether a plan is on; what lies below inherits it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPlan {
    /// The plan.
    pub plan: PlanKind,
    /// On or off; absent takes back what was said here, so that the scope inherits again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
}
