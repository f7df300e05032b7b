//! One module for each command.

pub(crate) mod ask;
pub(crate) mod catalogue;
pub(crate) mod db;
pub(crate) mod doctor;
pub(crate) mod hub;
pub(crate) mod login;
pub(crate) mod publish;
pub(crate) mod scan;
pub(crate) mod shell;
pub(crate) mod up;
pub(crate) mod why;
