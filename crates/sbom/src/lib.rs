//! Cataloguers: files → packages; CycloneDX and SPDX in and out.
//!
//! Work is done in two steps. [`extract`] reads one file of one layer and gives a [`Fact`]: it depends on nothing else,
//! so facts are cached per layer. [`assemble`] looks at the facts of all layers through the merged tree ([`View`]) and
//! gives the [`package::Catalogue`]: here files are joined that only together say what is installed (dpkg's status and
//! lists, an rpm database and its write-ahead log), packages get the layer they came with and the OS package that owns
//! them.
//!
//! To add a cataloguer: a module with a row for each kind of file in `reader::READERS`, a variant of [`Fact`], an
//! `assemble` function called in `assembly.rs`.

mod assembly;
mod content;
mod fact;
pub mod formats;
mod json;
mod lang;
mod os;
pub mod problems;
mod reader;
#[cfg(test)]
mod testing;
mod view;

pub use assembly::{Assembled, Options, assemble};
pub use content::Content;
pub use fact::{Fact, FileFact};
pub use reader::{FileInfo, Reader, extract, interest};
pub use view::View;

/// Grows whenever a reader or a fact changes, so that no cached layer is read with old eyes.
pub const CATALOGUER_VERSION: u32 = 2;
