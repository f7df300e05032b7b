//! Python's order (PEP 440), as the `packaging` library has it: epochs, pre-, post- and development releases, local
//! versions, and all spellings that it normalises. What is no PEP 440 version (`2004d`) is refused, as there.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Cursor, Span, compare_numbers, is_number, significant},
};

#[derive(Clone, Debug)]
pub(super) struct Key {
    epoch: Span,
    /// Without trailing zeros: 1.0 = 1.
    release: Span,
    pre: Option<(Stage, Span)>,
    post: Option<Span>,
    dev: Option<Span>,
    local: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Alpha,
    Beta,
    Candidate,
}

/// Longer words first where one begins another.
const STAGES: &[(&str, Stage)] = &[
    ("alpha", Stage::Alpha),
    ("a", Stage::Alpha),
    ("beta", Stage::Beta),
    ("b", Stage::Beta),
    ("preview", Stage::Candidate),
    ("pre", Stage::Candidate),
    ("c", Stage::Candidate),
    ("rc", Stage::Candidate),
];

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::trimmed(text);
        cursor.eat(b"vV");
        let mut epoch = cursor.digits()?;
        let mut start = cursor.at() - epoch.of(text).len();
        if cursor.eat(b"!") {
            start = cursor.at();
            cursor.digits()?;
        } else {
            epoch = Span::default();
        }
        // `start..end` grows only over components that are not zero.
        let mut end = cursor.at();
        if significant(Span::new(start, end).of(text)).is_empty() {
            end = start;
        }
        loop {
            let before = cursor.at();
            if !cursor.eat(b".") {
                break;
            }
            let Some(component) = cursor.digits() else {
                cursor.set(before);
                break;
            };
            if !significant(component.of(text)).is_empty() {
                end = cursor.at();
            }
        }
        let release = Span::new(start, end);
        let pre = tagged(&mut cursor, STAGES);
        let before = cursor.at();
        let post = if cursor.eat(b"-")
            && let Some(number) = cursor.digits()
        {
            Some(number)
        } else {
            cursor.set(before);
            tagged(&mut cursor, &[("post", ()), ("rev", ()), ("r", ())]).map(|((), number)| number)
        };
        let dev = tagged(&mut cursor, &[("dev", ())]).map(|((), number)| number);
        let local = if cursor.eat(b"+") {
            let start = cursor.at();
            loop {
                let part = cursor.take(|c| c.is_ascii_alphanumeric());
                if part.of(text).is_empty() {
                    return None;
                }
                if !cursor.eat(b"-_.") {
                    break Some(Span::new(start, cursor.at()));
                }
            }
        } else {
            None
        };
        cursor.is_end().then_some(Self { epoch, release, pre, post, dev, local })
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        let number = |a: Span, b: Span| compare_numbers(a.of(text), b.of(other_text));
        number(self.epoch, other.epoch)
            .then_with(|| compare_releases(self.release.of(text), other.release.of(other_text)))
            .then_with(|| {
                self.stage().cmp(&other.stage()).then_with(|| match (self.pre, other.pre) {
                    (Some((_, a)), Some((_, b))) => number(a, b),
                    _ => Ordering::Equal,
                })
            })
            .then_with(|| match (self.post, other.post) {
                (Some(a), Some(b)) => number(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
            .then_with(|| match (self.dev, other.dev) {
                (Some(a), Some(b)) => number(a, b),
                // A development release comes before what it develops.
                (a, b) => b.is_some().cmp(&a.is_some()),
            })
            .then_with(|| match (self.local, other.local) {
                (Some(a), Some(b)) => compare_locals(a.of(text), b.of(other_text)),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }

    fn is_prerelease(&self, _text: &str) -> bool {
        self.pre.is_some() || self.dev.is_some()
    }
}

impl Key {
    /// 1.dev1 < 1a1 < 1b1 < 1rc1 < 1 (and 1.post1.dev2, which is no pre-release).
    fn stage(&self) -> u8 {
        match self.pre {
            None if self.post.is_none() && self.dev.is_some() => 0,
            Some((stage, _)) => 1 + stage as u8,
            None => 4,
        }
    }
}

/// `[sep]word[sep][number]`, where the separator is one of `-_.`; a missing number is 0.
fn tagged<T: Copy>(cursor: &mut Cursor<'_>, words: &[(&str, T)]) -> Option<(T, Span)> {
    let before = cursor.at();
    cursor.eat(b"-_.");
    let Some((_, tag)) = words.iter().find(|(word, _)| cursor.eat_word(word)) else {
        cursor.set(before);
        return None;
    };
    // A separator behind the word is the tag's own, number or not, as in the grammar's greedy reading.
    cursor.eat(b"-_.");
    Some((*tag, cursor.digits().unwrap_or_default()))
}

fn compare_releases(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a.split(|c| *c == b'.'), b.split(|c| *c == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => compare_numbers(x, y),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Words before numbers, words in lower case by bytes; fewer parts before more.
fn compare_locals(a: &[u8], b: &[u8]) -> Ordering {
    let separates = |c: &u8| matches!(c, b'-' | b'_' | b'.');
    let (mut a, mut b) = (a.split(separates), b.split(separates));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (is_number(x), is_number(y)) {
                (true, true) => compare_numbers(x, y),
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => {
                    x.iter().map(u8::to_ascii_lowercase).cmp(y.iter().map(u8::to_ascii_lowercase))
                }
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}
