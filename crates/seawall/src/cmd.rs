//! One module for each command.

pub(crate) mod catalogue;
pub(crate) mod db;
pub(crate) mod scan;
pub(crate) mod shell;
pub(crate) mod up;
pub(crate) mod why;
