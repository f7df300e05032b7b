//! What programs of the benchmark share: the seeded fleet.

pub mod fleet;
