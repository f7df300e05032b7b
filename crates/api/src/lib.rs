//! The wire types of Seawall's REST interface, and a client for it.
//!
//! What goes over the wire stands here and nowhere else: the hub answers with these types, the console's types are
//! generated from the OpenAPI document that the hub makes of them (`openapi.json` beside this crate's manifest), and
//! the command line asks through [`Client`].
//!
//! Conventions: JSON with `camelCase` fields; times in RFC 3339, UTC; ids are opaque text; a list is a [`Page`]; an
//! error is a [`Problem`]. A request with a field nobody knows is refused: a typing error must not be obeyed in part.

pub mod audit;
pub mod catalogue;
mod client;
pub mod control;
pub mod coverage;
pub mod event;
pub mod exemption;
pub mod feed;
pub mod fix;
pub mod image;
pub mod inventory;
pub mod job;
pub mod notice;
pub mod ops;
mod page;
mod problem;
pub mod registry;
pub mod removal;
pub mod rule;
pub mod scope;
pub mod score;
pub mod search;
pub mod software;
pub mod tally;
pub mod vulnerability;
pub mod webhook;
pub mod who;

pub use client::{Client, ClientError, Secret};
pub use page::{Order, Page};
pub use problem::{FieldProblem, Problem, ProblemKind};

/// Where the interface begins.
pub const PREFIX: &str = "/api/v1";

/// The header that every changing request carries. A page of another site cannot set it without asking first (it is
/// no "simple" header, so the browser sends a preflight that the hub never grants).
pub const REQUEST_HEADER: &str = "x-seawall-request";

/// How an API token begins, so that people and secret scanners know one when they see it.
pub const TOKEN_PREFIX: &str = "swt_";
