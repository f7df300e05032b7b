//! Semantic Versioning 2.0.0. Tolerated because advisories have them: a leading `v`, missing minor and patch (they
//! are 0), leading zeros. Build metadata does not count.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Cursor, Span, compare_numbers, is_number},
};

/// The parts of a semantic version; npm and Go share them and have grammars of their own.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Major, minor, patch; an empty one is 0.
    pub(super) core: [Span; 3],
    pub(super) prerelease: Option<Span>,
}

impl Key {
    /// Compares with `identifiers` for the order of two numeric pre-release identifiers.
    pub(super) fn compare_with(
        &self,
        text: &str,
        other: &Self,
        other_text: &str,
        numeric: fn(&[u8], &[u8]) -> Ordering,
    ) -> Ordering {
        for (a, b) in self.core.iter().zip(&other.core) {
            let order = compare_numbers(a.of(text), b.of(other_text));
            if order.is_ne() {
                return order;
            }
        }
        match (self.prerelease, other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => compare_identifiers(a.of(text), b.of(other_text), numeric),
        }
    }
}

/// Numbers before words, numbers by value, words by bytes; fewer identifiers before more.
fn compare_identifiers(a: &[u8], b: &[u8], numeric: fn(&[u8], &[u8]) -> Ordering) -> Ordering {
    let (mut a, mut b) = (a.split(|c| *c == b'.'), b.split(|c| *c == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (is_number(x), is_number(y)) {
                (true, true) => numeric(x, y),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => x.cmp(y),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::trimmed(text);
        cursor.eat(b"vV");
        let mut core = [Span::default(); 3];
        for (index, part) in core.iter_mut().enumerate() {
            if index > 0 && !cursor.eat(b".") {
                break;
            }
            *part = cursor.digits()?;
        }
        let prerelease = if cursor.eat(b"-") { Some(cursor.identifiers(|_| true)?) } else { None };
        if cursor.eat(b"+") {
            cursor.identifiers(|_| true)?;
        }
        cursor.is_end().then_some(Self { core, prerelease })
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        self.compare_with(text, other, other_text, compare_numbers)
    }

    fn is_prerelease(&self, _text: &str) -> bool {
        self.prerelease.is_some()
    }
}
