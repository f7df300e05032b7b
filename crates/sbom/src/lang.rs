//! Packages of programming languages.

mod bytes;
pub(crate) mod carry;
pub(crate) mod elf;
pub(crate) mod go;
pub(crate) mod input;
pub(crate) mod java;
pub(crate) mod lock;
pub(crate) mod npm;
pub(crate) mod python;
pub(crate) mod rust;
pub(crate) mod toml_lock;
