//! What people write to hide findings and to set gates.

use scan::{Threshold, suppress};

use crate::text;

/// `.seawallignore`.
pub fn ignore_file(data: &[u8]) {
    if let Err(error) = suppress::parse_ignore_file(&text(data), ".seawallignore") {
        assert!(!error.message.is_empty());
    }
}

/// `.trivyignore`.
pub fn trivyignore(data: &[u8]) {
    let text = text(data);
    assert!(suppress::parse_trivyignore(&text, ".trivyignore").len() <= text.lines().count());
}

/// OpenVEX.
pub fn openvex(data: &[u8]) {
    if let Err(error) = suppress::parse_openvex(&text(data), "vex.json") {
        assert!(!error.message.is_empty());
    }
}

/// `--fail-on`.
pub fn threshold(data: &[u8]) {
    let _ = text(data).parse::<Threshold>();
}
