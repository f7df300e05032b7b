//! What the fuzz targets do with their input: one function for each parser of what comes from outside. It must not
//! panic, hang or take memory that the input does not justify; where a second opinion is cheap, the answers are compared.
//!
//! A target is a function here, a line in `src/bin/`, and its parsers' rows in `parsers.tsv`.

use std::time::Duration;

use model::{Budget, Limits};

pub mod documents;
pub mod feed;
pub mod files;
pub mod hub_input;
pub mod images;
pub mod layers;
pub mod made;
mod memory;
pub mod names;
pub mod rules;
pub mod seeds;

/// Limits of one run: low enough to be met.
#[must_use]
pub fn limits() -> Limits {
    Limits {
        bytes: 64 << 20,
        entries: 20_000,
        path_len: 4096,
        depth: 8,
        file_bytes: 16 << 20,
        time: Duration::from_secs(4),
        ..Limits::default()
    }
}

/// What one run may use.
#[must_use]
pub fn budget() -> Budget {
    Budget::new(limits())
}

/// Cuts `n` parts off at the byte 0xFF, which no text has; the last is the rest.
#[must_use]
pub fn parts(data: &[u8], n: usize) -> Vec<&[u8]> {
    let mut parts: Vec<&[u8]> = data.splitn(n, |&byte| byte == 0xFF).collect();
    parts.resize(n, &[]);
    parts
}

/// The input as text, as far as it is any.
#[must_use]
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// A target: its name, which is the binary's, and what it does with the input.
#[macro_export]
macro_rules! target {
    ($name:literal, $run:path) => {
        libfuzzer_sys::fuzz_target!(init: $crate::seeds::write($name), |data: &[u8]| $run(data));
    };
}
