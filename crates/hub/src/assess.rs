//! From the store to posture and back: which assets are to be judged, by what, and what came of it.
//!
//! - `world` keeps the fleet's packages and findings, each once; `facts` makes what predicates look at of what is stored;
//!   [`load`] puts both together for any set of images, with [`Said`]: rules, exemptions and plans.
//! - [`engine`] judges what is marked due and writes what it finds; [`run`] does so for a running hub.
//! - [`scores`] adds up what was found; [`preview`] judges twice, by the same code, before something is saved;
//!   [`hides`] tells one by one what rules hide.

pub mod engine;
mod facts;
pub mod hides;
pub mod load;
pub mod preview;
pub mod scores;
mod states;
mod world;

pub use engine::{AssessError, Done, Engine, run};
pub use load::Said;
