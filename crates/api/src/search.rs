//! Search over everything that has a page.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was found, the likeliest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    /// The hits.
    pub items: Vec<FoundItem>,
}

/// The kinds of what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FoundKind {
    /// A vulnerability.
    Vulnerability,
    /// An image in one place.
    Image,
    /// A package of the fleet's software.
    Package,
    /// A repository.
    Repository,
    /// A registry.
    Registry,
    /// A page of the console.
    Page,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundItem {
    /// What it is.
    pub kind: FoundKind,
    /// What people call it.
    pub title: String,
    /// More of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where the console shows it.
    pub link: String,
}
