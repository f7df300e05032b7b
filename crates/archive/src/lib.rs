//! Tar, gzip and zstd readers with limits; the index of a layer; merging layers into one tree.
//!
//! A layer is read once, as a stream: [`read_layer`] inflates, hashes and parses it in one pass, hands over the files
//! that a [`Select`] wants and returns a [`LayerIndex`] of every path. [`merge`] lays the indexes of an image's layers
//! over one another and gives the [`Tree`] that a container would see, with the history of each path.
//!
//! Everything here is hostile input: memory, depth and time are bounded by a [`model::Budget`], what is broken becomes
//! a [`model::Problem`], and nothing panics.

mod content;
mod decode;
mod digest;
mod index;
mod inflate;
mod inflated;
mod layer;
mod path;
pub mod problems;
mod stream;
mod table;
pub mod tar;
mod tree;

pub use content::{Content, FilePart, MEMORY_MAX, ReadAt};
pub use decode::Compression;
pub use index::{Entry, EntryId, IndexFault, Kind, LayerIndex, LayerIndexBuilder};
pub use inflated::inflated;
pub use layer::{
    Hints, LayerRead, Select, SkipAll, Want, WantedLink, read_layer, read_layer_of, read_linked,
};
pub use path::{PathFault, clean_path, decode_path, encode_path};
pub use tree::{Node, Place, Tree, Version, merge};

#[cfg(test)]
mod testing;
