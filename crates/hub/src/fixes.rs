//! Recommendations by fix: what of the whole fleet is repaired by one deed.

pub(crate) mod facts;
