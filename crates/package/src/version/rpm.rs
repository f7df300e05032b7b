//! rpm's order: `[epoch:]version[-release]` as rpm's own comparison of epoch, version and release has it (rpm-version(7)).
//!
//! A missing epoch is 0. A missing release comes before every release, as when rpm compares headers. When rpm compares a
//! *dependency* without a release it takes any release for equal; that is no order (1-1 = 1 = 1-2), and advisories need
//! none: a fix stated as `1.2` is reached by `1.2-1` either way.
//! `(none):`, which rpm prints for a missing epoch, is read as such. White space inside is refused: no package has it.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Cursor, Span, compare_numbers, significant},
};

#[derive(Clone, Debug)]
pub(super) struct Key {
    epoch: Span,
    version: Span,
    release: Option<Span>,
}

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::trimmed(text);
        if cursor.rest().iter().any(u8::is_ascii_whitespace) {
            return None;
        }
        cursor.eat_word("(none):");
        let start = cursor.at();
        let mut epoch = cursor.take(|c| c.is_ascii_digit());
        // Digits that no colon follows are the version's.
        if !cursor.eat(b":") {
            cursor.set(start);
            epoch = Span::default();
        }
        let (start, end) = (cursor.at(), cursor.end());
        let (version, release) = match cursor.rest().iter().rposition(|c| *c == b'-') {
            Some(dash) => (Span::new(start, start + dash), Some(Span::new(start + dash + 1, end))),
            None => (Span::new(start, end), None),
        };
        (!version.of(text).is_empty()).then_some(Self { epoch, version, release })
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        compare_numbers(self.epoch.of(text), other.epoch.of(other_text))
            .then_with(|| compare_part(self.version.of(text), other.version.of(other_text)))
            .then_with(|| match (self.release, other.release) {
                (Some(a), Some(b)) => compare_part(a.of(text), b.of(other_text)),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }

    fn is_prerelease(&self, text: &str) -> bool {
        self.version.of(text).contains(&b'~')
    }
}

fn split(text: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let length = text.iter().take_while(|c| belongs(**c)).count();
    text.split_at_checked(length).unwrap_or((text, &[]))
}

/// Segments of digits or of letters in turn; everything else only separates, but `~` sorts before the end of the text
/// and `^` after it, before any other segment.
fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let separates = |c: u8| !c.is_ascii_alphanumeric() && c != b'~' && c != b'^';
    loop {
        a = split(a, separates).1;
        b = split(b, separates).1;
        match (a, b) {
            ([b'~', x @ ..], [b'~', y @ ..]) | ([b'^', x @ ..], [b'^', y @ ..]) => (a, b) = (x, y),
            ([b'~', ..], _) => return Ordering::Less,
            (_, [b'~', ..]) => return Ordering::Greater,
            ([], []) => return Ordering::Equal,
            ([], _) => return Ordering::Less,
            (_, []) => return Ordering::Greater,
            ([b'^', ..], _) => return Ordering::Less,
            (_, [b'^', ..]) => return Ordering::Greater,
            ([x, ..], [y, ..]) => match (x.is_ascii_digit(), y.is_ascii_digit()) {
                (true, false) => return Ordering::Greater,
                (false, true) => return Ordering::Less,
                (true, true) => {
                    let (x, rest_a) = split(significant(a), |c| c.is_ascii_digit());
                    let (y, rest_b) = split(significant(b), |c| c.is_ascii_digit());
                    match x.len().cmp(&y.len()).then_with(|| x.cmp(y)) {
                        Ordering::Equal => (a, b) = (rest_a, rest_b),
                        unequal => return unequal,
                    }
                }
                (false, false) => {
                    let (x, rest_a) = split(a, |c| c.is_ascii_alphabetic());
                    let (y, rest_b) = split(b, |c| c.is_ascii_alphabetic());
                    match x.cmp(y) {
                        Ordering::Equal => (a, b) = (rest_a, rest_b),
                        unequal => return unequal,
                    }
                }
            },
        }
    }
}
