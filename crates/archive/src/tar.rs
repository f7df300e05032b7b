//! Tar: ustar, GNU long names, PAX headers, base-256 numbers, both ways of storing sparse files.
//!
//! [`index_members`] lists an archive that can be read at any offset, going over the content; the stream of a layer
//! is read by [`read_layer`](crate::read_layer).

mod assemble;
mod header;
mod members;
mod pax;
mod walk;

pub(crate) use assemble::{Assembled, Fault};
pub use members::{Member, Members, index_members};
pub(crate) use walk::{Halt, Item, Walker};

/// Tar's unit: headers are one block, content is padded to whole ones.
pub(crate) const BLOCK: usize = 512;

/// Bytes up to the next whole block.
pub(crate) const fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

/// Bytes of one extended header: real ones hold a path and a few attributes.
pub(crate) const EXTENSION_MAX: u64 = 1 << 20;
