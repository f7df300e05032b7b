//! The pipeline source → catalogue → verdict, used by command line, hub and agent alike.

mod base;
mod cache;
mod catalogue;
mod error;
mod gate;
mod layer;
mod outcome;
mod plan;
pub mod problems;
pub mod suppress;
mod tally;
mod target;
mod tree_view;
mod verdict;
mod walk;

pub use base::{BASE_DIGEST, BASE_NAME, Base, BaseRule, base_end, base_told};
pub use cache::LayerCache;
pub use catalogue::{
    Catalogued, Workers, catalogue_document, catalogue_image, catalogue_rootfs, catalogue_sources,
};
pub use error::ScanError;
pub use gate::{Gate, Ruling, Threshold};
pub use outcome::{
    Coverage, Database, Funnel, Gap, Image, Kind, Outcome, PrivilegedFile, Skipped, Subject, Suppression,
};
pub use plan::{Action, Deed, Part, Plan};
pub use tally::{Tally, urgency};
pub use target::{Forced, Target};
pub use verdict::{Judging, SAMPLE_SOURCE, judge};
