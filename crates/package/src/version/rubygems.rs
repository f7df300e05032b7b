//! RubyGems' order, as `Gem::Version` has it. An empty text, which is `0` there, is refused here: it tells no version.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Cursor, Span, compare_numbers, significant},
};

/// Segments up to the first word, and from it on, each without trailing zeros: they do not count.
#[derive(Clone, Debug)]
pub(super) struct Key {
    numbers: Span,
    words: Span,
}

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::trimmed(text);
        let start = cursor.at();
        cursor.digits()?;
        while cursor.eat(b".") {
            let part = cursor.take(|c| c.is_ascii_alphanumeric());
            if part.of(text).is_empty() {
                return None;
            }
        }
        if cursor.eat(b"-") {
            cursor.identifiers(|_| true)?;
        }
        if !cursor.is_end() {
            return None;
        }
        let end = cursor.end();
        let all = text.as_bytes().get(start..end)?;
        let words = start + all.iter().position(|c| !c.is_ascii_digit() && *c != b'.').unwrap_or(all.len());
        Some(Self { numbers: without_zeros(text, start, words), words: without_zeros(text, words, end) })
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        let mut a = self.segments(text);
        let mut b = other.segments(other_text);
        loop {
            let (x, y) = (a.next(), b.next());
            if x.is_none() && y.is_none() {
                return Ordering::Equal;
            }
            // What is missing is the number 0.
            let zero = Segment::Number(&[]);
            let order = match (x.unwrap_or(zero), y.unwrap_or(zero)) {
                (Segment::Number(x), Segment::Number(y)) => compare_numbers(x, y),
                (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
                (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
                (Segment::Word(x), Segment::Word(y)) => x.cmp(y),
            };
            if order.is_ne() {
                return order;
            }
        }
    }

    fn is_prerelease(&self, text: &str) -> bool {
        !self.words.of(text).is_empty()
    }
}

impl Key {
    fn segments<'a>(&self, text: &'a str) -> impl Iterator<Item = Segment<'a>> {
        Segments(self.numbers.of(text)).chain(Segments(self.words.of(text)))
    }
}

fn without_zeros(text: &str, start: usize, mut end: usize) -> Span {
    loop {
        let part = text.as_bytes().get(start..end).unwrap_or_default();
        let dots = part.iter().rev().take_while(|c| **c == b'.').count();
        let part = part.get(..part.len() - dots).unwrap_or_default();
        let digits = part.iter().rev().take_while(|c| c.is_ascii_digit()).count();
        let last = part.get(part.len() - digits..).unwrap_or_default();
        if digits == 0 || !significant(last).is_empty() {
            return Span::new(start, start + part.len());
        }
        end = start + part.len() - digits;
    }
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Number(&'a [u8]),
    Word(&'a [u8]),
}

/// Runs of digits and of letters; dots only separate, and a hyphen is the word `pre`.
struct Segments<'a>(&'a [u8]);

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let dots = self.0.iter().take_while(|c| **c == b'.').count();
        let rest = self.0.get(dots..).unwrap_or_default();
        let first = *rest.first()?;
        let run = |belongs: fn(&u8) -> bool| rest.iter().take_while(|c| belongs(c)).count();
        let length = match first {
            b'0'..=b'9' => run(u8::is_ascii_digit),
            b'-' => 1,
            _ => run(u8::is_ascii_alphabetic).max(1),
        };
        let (segment, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(match first {
            b'0'..=b'9' => Segment::Number(segment),
            b'-' => Segment::Word(b"pre"),
            _ => Segment::Word(segment),
        })
    }
}
