//! An image's configuration and layers from registries, daemons, archives and layouts.
//!
//! [`open`] finds the image, chooses its platform, and reads and verifies its manifest and configuration. Layers leave
//! this crate as [`Blob`]s, which plain threads read: those of archives and layouts lie in a file and can be read at
//! any place ([`Blob::region`]), those of registries come through a bounded channel. Who reads a layer hashes it: the
//! digests to compare with stand in [`LayerSource::layer`].
//!
//! Trust in addresses: what the operator typed is trusted; what a server or a manifest names (redirects, token realms,
//! addresses of foreign layers) must be public, the same host, or in [`Options::allow_hosts`]. A name is judged by what
//! it resolves to, and the connection goes to the addresses that were judged; behind a proxy of the environment, which
//! resolves names itself, only addresses written as numbers can be judged here. Credentials never follow to another
//! host.

mod blob;
mod config;
mod credentials;
mod daemon;
mod descent;
mod error;
mod files;
mod image;
mod layout;
mod manifest;
mod members;
mod memory;
mod options;
mod platform;
pub mod problems;
mod progress;
mod reference;
mod registry;
mod saved;
mod secret;
#[cfg(test)]
mod testing;

pub use blob::{Blob, Region};
pub use daemon::{DaemonImage, daemon_images};
pub use error::Error;
pub use image::{Image, LayerSource, open};
pub use layout::is_oci_layout;
pub use manifest::Compression;
pub use members::is_archive;
pub use memory::{Known, Memory};
pub use options::{Limits, Options, Source, Timeouts};
pub use progress::{Progress, Transfer};
pub use reference::Reference;
pub use registry::{Download, Downloads, Entry, Found, Listing, Marks, Names, is_public};
pub use secret::Secret;
