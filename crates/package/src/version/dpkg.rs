//! Debian's order: `[epoch:]version[-revision]` (deb-version(7)).
//!
//! Refused is what dpkg refuses as an error: an epoch that is no number of 31 bits, nothing after the epoch, an empty
//! revision, white space inside. Characters that dpkg only warns of are read.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Cursor, Span, significant},
};

#[derive(Clone, Debug)]
pub(super) struct Key {
    epoch: u32,
    version: Span,
    revision: Span,
}

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::trimmed(text);
        if cursor.rest().iter().any(u8::is_ascii_whitespace) {
            return None;
        }
        let mut epoch = 0;
        if let Some(colon) = cursor.rest().iter().position(|c| *c == b':') {
            for c in cursor.rest().iter().take(colon) {
                if !c.is_ascii_digit() {
                    return None;
                }
                epoch = epoch * 10 + u64::from(c - b'0');
                if epoch > i32::MAX as u64 {
                    return None;
                }
            }
            if colon == 0 {
                return None;
            }
            cursor.set(cursor.at() + colon + 1);
        }
        let (start, end) = (cursor.at(), cursor.end());
        let (version, revision) = match cursor.rest().iter().rposition(|c| *c == b'-') {
            Some(dash) if start + dash + 1 == end => return None,
            Some(dash) => (Span::new(start, start + dash), Span::new(start + dash + 1, end)),
            None => (Span::new(start, end), Span::default()),
        };
        (!version.of(text).is_empty()).then_some(Self {
            epoch: u32::try_from(epoch).ok()?,
            version,
            revision,
        })
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_part(self.version.of(text), other.version.of(other_text)))
            .then_with(|| compare_part(self.revision.of(text), other.revision.of(other_text)))
    }

    fn is_prerelease(&self, _text: &str) -> bool {
        false
    }
}

/// Weight of what is no digit: `~` before the end, the end before letters, letters before the rest. A digit weighs
/// like the end: there the other side's run of characters is over too.
fn weight(c: Option<u8>) -> i32 {
    match c {
        None | Some(b'0'..=b'9') => 0,
        Some(b'~') => -1,
        Some(c) if c.is_ascii_alphabetic() => i32::from(c),
        Some(c) => i32::from(c) + 256,
    }
}

fn split(text: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let length = text.iter().take_while(|c| belongs(**c)).count();
    text.split_at_checked(length).unwrap_or((text, &[]))
}

/// Runs of characters and numbers in turn.
fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        loop {
            let (x, y) = (a.first().copied(), b.first().copied());
            let over = |c: Option<u8>| c.is_none_or(|c| c.is_ascii_digit());
            if over(x) && over(y) {
                break;
            }
            match weight(x).cmp(&weight(y)) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
            a = a.get(1..).unwrap_or_default();
            b = b.get(1..).unwrap_or_default();
        }
        let (x, rest_a) = split(significant(a), |c| c.is_ascii_digit());
        let (y, rest_b) = split(significant(b), |c| c.is_ascii_digit());
        match x.len().cmp(&y.len()).then_with(|| x.cmp(y)) {
            Ordering::Equal => {}
            unequal => return unequal,
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}
