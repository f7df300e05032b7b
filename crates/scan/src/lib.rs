//! The pipeline source → catalogue → verdict, used by command line, hub and agent alike.

mod outcome;
pub mod suppress;

pub use outcome::{
    Coverage, Database, Gap, Image, Kind, Outcome, PrivilegedFile, Skipped, Subject, Suppression,
};
