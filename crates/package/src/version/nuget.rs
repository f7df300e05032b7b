//! NuGet's order (NuGet.Versioning): one to four numbers of 31 bits, pre-release labels without regard to case, metadata that
//! does not count.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Cursor, Span, is_number},
};

#[derive(Clone, Debug)]
pub(super) struct Key {
    numbers: [i32; 4],
    labels: Option<Span>,
}

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::trimmed(text);
        let mut numbers = [0; 4];
        for (index, number) in numbers.iter_mut().enumerate() {
            if index > 0 && !cursor.eat(b".") {
                break;
            }
            cursor.take(|c| c.is_ascii_whitespace());
            for c in cursor.digits()?.of(text) {
                *number = i32::checked_add(i32::checked_mul(*number, 10)?, i32::from(c - b'0'))?;
            }
            cursor.take(|c| c.is_ascii_whitespace());
        }
        let labels =
            if cursor.eat(b"-") {
                Some(cursor.identifiers(|label| {
                    label.len() == 1 || label.first() != Some(&b'0') || !is_number(label)
                })?)
            } else {
                None
            };
        if cursor.eat(b"+") {
            cursor.identifiers(|_| true)?;
        }
        cursor.is_end().then_some(Self { numbers, labels })
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.labels, other.labels) {
            (Some(a), Some(b)) => compare_labels(a.of(text), b.of(other_text)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        })
    }

    fn is_prerelease(&self, _text: &str) -> bool {
        self.labels.is_some()
    }
}

/// Numbers before words; fewer labels before more. A number is what .NET's `int.TryParse` reads: 32 bits, a minus sign
/// allowed; longer ones are words.
fn compare_labels(a: &[u8], b: &[u8]) -> Ordering {
    let number = |label: &[u8]| std::str::from_utf8(label).ok().and_then(|label| label.parse::<i32>().ok());
    let (mut a, mut b) = (a.split(|c| *c == b'.'), b.split(|c| *c == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (number(x), number(y)) {
                (Some(x), Some(y)) => x.cmp(&y),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                // .NET's ordinal comparison folds to upper case, so `-` and digits come before letters.
                (None, None) => {
                    x.iter().map(u8::to_ascii_uppercase).cmp(y.iter().map(u8::to_ascii_uppercase))
                }
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}
