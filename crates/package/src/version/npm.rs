//! npm's order: node-semver's `compare` in loose mode, which reads all that strict mode reads and, like the registry's
//! older packages, `=1.2.3`, `1.2.3beta` and leading zeros.
//!
//! Also tolerated: missing minor and patch (`1`, `1.2`), as OSV's `introduced: "0"` has them.

use std::cmp::Ordering;

use super::{
    Order, semver,
    text::{Cursor, Span, compare_numbers, significant},
};

/// node-semver's own limit.
const MAX_LENGTH: usize = 256;
/// JavaScript's largest exact integer, 2^53 - 1; node-semver refuses greater components.
const MAX_SAFE_INTEGER: &[u8] = b"9007199254740991";

#[derive(Clone, Debug)]
pub(super) struct Key(semver::Key);

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut cursor = Cursor::trimmed(text);
        cursor.take(|c| matches!(c, b'v' | b'=') || c.is_ascii_whitespace());
        let mut core = [Span::default(); 3];
        for (index, part) in core.iter_mut().enumerate() {
            if index > 0 && !cursor.eat(b".") {
                return cursor.is_end().then_some(Self(semver::Key { core, prerelease: None }));
            }
            *part = cursor.digits().filter(|n| compare_numbers(n.of(text), MAX_SAFE_INTEGER).is_le())?;
        }
        let end_of_patch = cursor.at();
        let tail = read_tail(&mut cursor).or_else(|| {
            // The hyphen before a pre-release is optional in loose mode, so a patch of several digits may leave its last one
            // to it: `1.2.34.5` is 1.2.3 with the pre-release 4.5.
            let patch = core.get(2)?.of(text);
            (patch.len() > 1).then_some(())?;
            cursor.set(end_of_patch - 1);
            core[2] = Span::new(end_of_patch - patch.len(), end_of_patch - 1);
            read_tail(&mut cursor)
        })?;
        Some(Self(semver::Key { core, prerelease: tail }))
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        self.0.compare_with(text, &other.0, other_text, compare_as_javascript)
    }

    fn is_prerelease(&self, text: &str) -> bool {
        self.0.is_prerelease(text)
    }
}

/// Pre-release and build up to the end of the text: `Some(None)` where there is no pre-release, `None` where something else
/// follows.
fn read_tail(cursor: &mut Cursor<'_>) -> Option<Option<Span>> {
    let start = cursor.at();
    let skip_hyphen = usize::from(cursor.peek() == Some(b'-'));
    // With the hyphen as a separator first, then as the first character of an identifier (`1.2.3-` has the one `-`).
    for from in [start + skip_hyphen, start] {
        cursor.set(from);
        if let Some(span) = cursor.identifiers(|_| true)
            && build_ends(cursor)
        {
            return Some(Some(span));
        }
    }
    cursor.set(start);
    build_ends(cursor).then_some(None)
}

fn build_ends(cursor: &mut Cursor<'_>) -> bool {
    (!cursor.eat(b"+") || cursor.identifiers(|_| true).is_some()) && cursor.is_end()
}

/// Numbers of the pre-release are JavaScript's: past 2^53 only about 16 digits count.
fn compare_as_javascript(a: &[u8], b: &[u8]) -> Ordering {
    let exact = |n: &[u8]| significant(n).len() < MAX_SAFE_INTEGER.len();
    if exact(a) && exact(b) {
        return compare_numbers(a, b);
    }
    let float =
        |n: &[u8]| std::str::from_utf8(n).ok().and_then(|n| n.parse::<f64>().ok()).unwrap_or_default();
    float(a).total_cmp(&float(b))
}
