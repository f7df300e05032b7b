//! Lists.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows, in the order asked for.
    pub items: Vec<T>,
    /// What to give as `cursor` for the next page; absent on the last. Opaque: it belongs to the same filters and
    /// order, and is refused with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many rows there are with these filters, on the first page of a list that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Smallest, oldest or alphabetically first.
    #[default]
    Asc,
    /// Largest, newest or alphabetically last.
    Desc,
}
