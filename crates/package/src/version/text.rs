//! Reading texts in place: spans, a cursor, and numbers of any length.

use std::cmp::Ordering;

/// A part of a version's text. Texts are at most 4,096 bytes long, so 16 bits hold every offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u16,
    end: u16,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        // Saturation cannot happen (see above); a span past the end reads as empty.
        let offset = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        Self { start: offset(start), end: offset(end) }
    }

    pub(super) fn of(self, text: &str) -> &[u8] {
        text.as_bytes().get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }
}

/// Reads a text from its front.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// Over the whole text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, end: text.len() }
    }

    /// Without white space at both ends.
    pub(super) fn trimmed(text: &'a str) -> Self {
        let end = text.trim_end().len();
        let at = end - text.get(..end).unwrap_or_default().trim_start().len();
        Self { bytes: text.as_bytes(), at, end }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back (or forth) to an offset that [`Cursor::at`] gave.
    pub(super) fn set(&mut self, at: usize) {
        self.at = at.min(self.end);
    }

    pub(super) fn end(&self) -> usize {
        self.end
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Takes the next byte if it is one of `wanted`.
    pub(super) fn eat(&mut self, wanted: &[u8]) -> bool {
        let found = self.peek().is_some_and(|c| wanted.contains(&c));
        self.at += usize::from(found);
        found
    }

    /// Takes `word`, in whatever case.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found =
            self.rest().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes what satisfies `wanted`, perhaps nothing.
    pub(super) fn take(&mut self, wanted: impl Fn(u8) -> bool) -> Span {
        let start = self.at;
        let length = self.rest().iter().take_while(|c| wanted(**c)).count();
        self.at += length;
        Span::new(start, self.at)
    }

    /// Takes one digit or more.
    pub(super) fn digits(&mut self) -> Option<Span> {
        let start = self.at;
        let span = self.take(|c| c.is_ascii_digit());
        (self.at > start).then_some(span)
    }

    /// Takes `identifier(.identifier)*` of letters, digits and hyphens, as semantic versions have them. `valid` judges
    /// each identifier.
    pub(super) fn identifiers(&mut self, valid: impl Fn(&[u8]) -> bool) -> Option<Span> {
        let start = self.at;
        loop {
            let from = self.at;
            self.take(|c| c.is_ascii_alphanumeric() || c == b'-');
            let identifier = self.bytes.get(from..self.at).unwrap_or_default();
            if identifier.is_empty() || !valid(identifier) {
                return None;
            }
            if !self.eat(b".") {
                return Some(Span::new(start, self.at));
            }
        }
    }
}

pub(super) fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// A number without its leading zeros; zero is empty.
pub(super) fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|c| **c == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

/// Compares numbers of any length, leading zeros or not; nothing is zero.
pub(super) fn compare_numbers(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}
