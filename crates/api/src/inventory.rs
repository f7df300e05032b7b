//! The inventory: registries, repositories and images as one list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    image::OwnerRef,
    tally::{State, StateCounts, Tally},
};

/// The kinds of asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssetKind {
    /// A registry.
    Registry,
    /// A repository of a registry.
    Repository,
    /// An image in one place.
    Image,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Its kind.
    pub kind: AssetKind,
    /// Its id among those of its kind.
    pub id: String,
    /// Its id among all assets: `registry/main/shop/web@sha256:…`.
    pub asset_id: String,
    /// What people call it: `shop/web:1.2`.
    pub name: String,
    /// Its scope; the root is empty.
    pub scope: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerRef>,
    /// How it stands.
    pub state: State,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Its findings; of a repository or registry those of its images that the caller may see.
    pub findings: Tally,
    /// What it is judged by: of an image its controls, of others their images.
    pub parts: StateCounts,
    /// When it was first seen.
    #[schema(format = DateTime)]
    pub first_seen: String,
    /// When it was last seen.
    #[schema(format = DateTime)]
    pub last_seen: String,
    /// Where the console shows it.
    pub link: String,
}

/// How many assets there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InventoryCounts {
    /// By kind; each kind is there.
    pub kinds: Vec<KindCounts>,
}

/// How many assets of a kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KindCounts {
    /// The kind.
    pub kind: AssetKind,
    /// All.
    pub total: u64,
    /// By state.
    pub states: StateCounts,
}
