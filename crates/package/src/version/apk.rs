//! Alpine's order: `digits{.digits}{letter}{_suffix{digits}}{~hash}{-rN}` (apk-version(8)). Refused is what `apk version
//! --check` refuses. Numbers have no bound here; apk's have 64 bits.

use std::cmp::Ordering;

use super::{
    Order,
    text::{compare_numbers, is_number},
};

#[derive(Clone, Debug)]
pub(super) struct Key;

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut tokens = Tokens::new(text);
        loop {
            match tokens.next()?.part {
                Part::End => return Some(Self),
                _ => continue,
            }
        }
    }

    fn compare(&self, text: &str, _other: &Self, other_text: &str) -> Ordering {
        let (mut a, mut b) = (Tokens::new(text), Tokens::new(other_text));
        loop {
            // Both texts were parsed before, so both always have a next token.
            let (Some(x), Some(y)) = (a.next(), b.next()) else {
                return Ordering::Equal;
            };
            if x.part != y.part {
                return uneven(&x, &y);
            }
            let order = match x.part {
                Part::End => return Ordering::Equal,
                // As in Gentoo's rules: a component with a leading zero is a decimal fraction.
                Part::Component if x.text.first() == Some(&b'0') || y.text.first() == Some(&b'0') => {
                    x.text.cmp(y.text)
                }
                Part::First | Part::Component | Part::SuffixNumber | Part::Revision => {
                    compare_numbers(x.text, y.text)
                }
                Part::Letter | Part::Hash => x.text.cmp(y.text),
                Part::Suffix => x.suffix.cmp(&y.suffix),
            };
            if order.is_ne() {
                return order;
            }
        }
    }

    fn is_prerelease(&self, text: &str) -> bool {
        let mut tokens = Tokens::new(text);
        while let Some(token) = tokens.next() {
            match token.part {
                Part::End => return false,
                Part::Suffix if token.suffix < RELEASE => return true,
                _ => {}
            }
        }
        false
    }
}

/// One text has a part where the other has another or none: the one that goes on in an earlier part is newer, unless it
/// goes on with the mark of a pre-release.
fn uneven(x: &Token<'_>, y: &Token<'_>) -> Ordering {
    if x.part == Part::Suffix && x.suffix < RELEASE {
        Ordering::Less
    } else if y.part == Part::Suffix && y.suffix < RELEASE {
        Ordering::Greater
    } else {
        y.part.cmp(&x.part)
    }
}

/// Parts in the order in which they stand in a version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    First,
    Component,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
    End,
}

/// Suffixes in their order; [`RELEASE`] is the place of a version without one.
const SUFFIXES: &[(&[u8], u8)] = &[
    (b"alpha", 0),
    (b"beta", 1),
    (b"pre", 2),
    (b"rc", 3),
    (b"cvs", 5),
    (b"svn", 6),
    (b"git", 7),
    (b"hg", 8),
    (b"p", 9),
];
const RELEASE: u8 = 4;

struct Token<'a> {
    part: Part,
    text: &'a [u8],
    suffix: u8,
}

struct Tokens<'a> {
    rest: &'a [u8],
    last: Option<Part>,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.trim_ascii().as_bytes(), last: None }
    }

    fn take(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().take_while(|c| belongs(**c)).count();
        let (head, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        head
    }

    /// The next token; [`Part::End`] at the end, `None` where the text is no version.
    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.read()?;
        self.last = Some(token.part);
        Some(token)
    }

    fn read(&mut self) -> Option<Token<'a>> {
        let number = |part: Part, text: &'a [u8]| is_number(text).then_some(Token { part, text, suffix: 0 });
        let digit = |c: u8| c.is_ascii_digit();
        let Some(last) = self.last else {
            return number(Part::First, self.take(digit));
        };
        match *self.rest {
            [] => Some(Token { part: Part::End, text: &[], suffix: 0 }),
            [b'.', ref rest @ ..] if last <= Part::Component => {
                self.rest = rest;
                number(Part::Component, self.take(digit))
            }
            [b'a'..=b'z', ref rest @ ..] if last <= Part::Component => {
                let text = self.rest.get(..1)?;
                self.rest = rest;
                Some(Token { part: Part::Letter, text, suffix: 0 })
            }
            [b'0'..=b'9', ..] if last == Part::Suffix => number(Part::SuffixNumber, self.take(digit)),
            [b'_', ref rest @ ..] if last <= Part::SuffixNumber => {
                self.rest = rest;
                let text = self.take(|c| c.is_ascii_lowercase());
                let (_, suffix) = SUFFIXES.iter().find(|(name, _)| *name == text)?;
                Some(Token { part: Part::Suffix, text, suffix: *suffix })
            }
            [b'~', ref rest @ ..] if last < Part::Hash => {
                self.rest = rest;
                let text = self.take(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
                (!text.is_empty()).then_some(Token { part: Part::Hash, text, suffix: 0 })
            }
            [b'-', b'r', ref rest @ ..] if last < Part::Revision => {
                self.rest = rest;
                number(Part::Revision, self.take(digit))
            }
            _ => None,
        }
    }
}
