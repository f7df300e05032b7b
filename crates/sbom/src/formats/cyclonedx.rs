//! CycloneDX JSON: version 1.6 out; 1.2 to 1.7 of any tool in.

mod licences;
mod properties;
mod reader;
mod vulnerabilities;
mod writer;

pub(super) use properties::{PREFIX, apply};
pub use reader::read;
pub use writer::{bom_refs, write};
