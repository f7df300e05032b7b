//! What hubs are asked: a module for each command, and what they share.

pub(crate) mod export;
pub(crate) mod fleet;
pub(crate) mod registries;
mod rows;
pub(crate) mod token;

use std::io::{self, Write};

use anyhow::Result;
use api::who::ScopeRole;
use serde::Serialize;

use crate::{
    cli::{Print, Shown},
    output,
};

/// Prints an answer: as a table that `rows` makes of it, or as the hub gave it.
fn show<T: Serialize>(shown: Shown, answer: &T, table: impl FnOnce(&T) -> String) -> Result<u8> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match shown.format {
        Print::Table => write!(out, "{}", table(answer))?,
        Print::Json => {
            serde_json::to_writer_pretty(&mut out, answer)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(0)
}

/// A table with this head, as wide as what is printed to.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    report::list(head, rows, output::width())
}

/// A scope as people read it.
fn scope(scope: &str) -> &str {
    if scope.is_empty() { "everything" } else { scope }
}

/// What is granted, in words.
pub(crate) fn told_grants(grants: &[ScopeRole]) -> String {
    let one = |grant: &ScopeRole| {
        format!("{} on {}", grant.role.as_str().replace('_', " "), report::plain(scope(&grant.scope)))
    };
    grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The day of a time on the wire.
fn day(time: &str) -> &str {
    time.get(..10).filter(|_| time.len() > 10).unwrap_or(time)
}

/// A text as one part of an address.
fn part(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b':') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    // Alone they mean another place, escaped too; nothing is called so.
    if matches!(out.as_str(), "." | "..") { "-".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_stays_in_its_part_of_an_address() {
        for (text, part) in [
            ("a/b", "a%2Fb"),
            ("a b?c#d", "a%20b%3Fc%23d"),
            ("ü", "%C3%BC"),
            ("..", "-"),
            ("CVE-2024-1", "CVE-2024-1"),
        ] {
            assert_eq!(super::part(text), part);
        }
    }
}
