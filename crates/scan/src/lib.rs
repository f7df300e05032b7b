//! The pipeline source → catalogue → verdict, used by command line, hub and agent alike.

mod error;
mod gate;
mod outcome;
pub mod suppress;

pub use error::ScanError;
pub use gate::{Gate, Ruling, Threshold};
pub use outcome::{
    Coverage, Database, Gap, Image, Kind, Outcome, PrivilegedFile, Skipped, Subject, Suppression,
};
