//! Maven's order, as `ComparableVersion` of maven-artifact 3.9 has it. It reads every text; only digits of ASCII are digits
//! here.
//!
//! Maven reads a version as a list whose last item may be a list again (a hyphen, or a change between digits and letters,
//! opens one). As a nested list is always the last item, the whole is kept flat here: a [`Item::List`] opens the next
//! level, and comparing two versions is walking both rows once.
//!
//! The tool's order is not transitive: 1.sp.1 > 1 > 1-alpha > 1.sp.1. So is this one; texts that people publish do not go in
//! circles.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Span, significant},
};

#[derive(Clone, Debug)]
pub(super) struct Key {
    /// In lower case where the text is not: spans are of this.
    lower: Option<Box<str>>,
    items: Box<[Item]>,
}

#[derive(Clone, Copy, Debug)]
enum Item {
    /// A word and its rank among the qualifiers.
    Word(u8, Span),
    /// What follows is a list inside.
    List,
    /// A number without leading zeros, and Maven's class of its size: up to 9, up to 18, more digits.
    Number(u8, Span),
}

/// Ranks of qualifiers; unknown words come last, in the order of their letters.
const QUALIFIERS: &[&str] = &["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE: u8 = 5;
const UNKNOWN: u8 = 7;

impl Item {
    fn number(text: &str, start: usize, end: usize) -> Self {
        let digits = Span::new(start, end).of(text);
        let number = significant(digits);
        // Maven takes the class of a zero from all its digits: 0000000000 is greater than 9 where both count.
        let length = if number.is_empty() { digits.len() } else { number.len() };
        let class = match length {
            0..=9 => 0,
            10..=18 => 1,
            _ => 2,
        };
        Self::Number(class, Span::new(end - number.len(), end))
    }

    fn word(text: &str, start: usize, end: usize, before_digit: bool) -> Self {
        let span = Span::new(start, end);
        let word = match text.get(start..end).unwrap_or_default() {
            "a" if before_digit => "alpha",
            "b" if before_digit => "beta",
            "m" if before_digit => "milestone",
            "ga" | "final" | "release" => "",
            "cr" => "rc",
            other => other,
        };
        let rank = QUALIFIERS.iter().position(|known| *known == word);
        Self::Word(rank.and_then(|rank| u8::try_from(rank).ok()).unwrap_or(UNKNOWN), span)
    }

    /// Equal to nothing at all, so that it does not count at the end of a list.
    fn is_null(self, text: &str) -> bool {
        match self {
            Self::Word(rank, _) => rank == RELEASE,
            Self::Number(_, digits) => digits.of(text).is_empty(),
            Self::List => false,
        }
    }

    fn compare_to_nothing(self, text: &str) -> Ordering {
        match self {
            Self::Word(rank, _) => rank.cmp(&RELEASE),
            Self::Number(_, digits) if !digits.of(text).is_empty() => Ordering::Greater,
            Self::Number(..) | Self::List => Ordering::Equal,
        }
    }
}

/// The lists in the making: each is the last item of the one before.
struct Lists<'a> {
    text: &'a str,
    items: Vec<Item>,
    /// Where each list starts in `items`.
    starts: Vec<usize>,
}

impl Lists<'_> {
    fn open(&mut self) {
        self.starts.push(self.items.len());
    }

    fn open_unless_empty(&mut self) {
        if self.starts.last().is_none_or(|start| *start < self.items.len()) {
            self.open();
        }
    }

    fn add(&mut self, start: usize, end: usize, is_digit: bool) {
        let item = if is_digit || start == end {
            Item::number(self.text, start, end)
        } else {
            Item::word(self.text, start, end, false)
        };
        self.items.push(item);
    }

    /// Takes off what does not count at the end of each list, and empty lists at the end of all.
    fn finish(self) -> Box<[Item]> {
        let mut flat = Vec::with_capacity(self.items.len() + self.starts.len());
        // How much of `flat` is needed: lists at the end that came out empty are not.
        let mut needed = 0;
        let mut ends = self.starts.iter().skip(1).copied().chain([self.items.len()]);
        for (depth, start) in self.starts.iter().enumerate() {
            if depth > 0 {
                flat.push(Item::List);
            }
            let list = self.items.get(*start..ends.next().unwrap_or(*start)).unwrap_or_default();
            let count = list.iter().rposition(|item| !item.is_null(self.text)).map_or(0, |last| last + 1);
            flat.extend(list.iter().take(count));
            if count > 0 {
                needed = flat.len();
            }
        }
        flat.truncate(needed);
        flat.into_boxed_slice()
    }
}

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let is_lower = !text.chars().any(|c| c.is_ascii_uppercase() || !c.is_ascii());
        let lower = (!is_lower).then(|| text.to_lowercase().into_boxed_str());
        let items = read(lower.as_deref().unwrap_or(text));
        Some(Self { lower, items })
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        let text = self.lower.as_deref().unwrap_or(text);
        let other_text = other.lower.as_deref().unwrap_or(other_text);
        let (mut a, mut b) = (self.items.iter(), other.items.iter());
        loop {
            let order = match (a.next(), b.next()) {
                (None, None) => return Ordering::Equal,
                (Some(x), None) => x.compare_to_nothing(text),
                (None, Some(y)) => y.compare_to_nothing(other_text).reverse(),
                (Some(Item::Word(x, _)), Some(Item::Word(y, _))) if *x != UNKNOWN || *y != UNKNOWN => {
                    x.cmp(y)
                }
                (Some(Item::Word(_, x)), Some(Item::Word(_, y))) => x.of(text).cmp(y.of(other_text)),
                (Some(Item::Number(x_class, x)), Some(Item::Number(y_class, y))) => {
                    let (x, y) = (x.of(text), y.of(other_text));
                    x_class.cmp(y_class).then_with(|| x.len().cmp(&y.len())).then_with(|| x.cmp(y))
                }
                (Some(Item::List), Some(Item::List)) => Ordering::Equal,
                // Words before lists before numbers.
                (Some(Item::Word(..)), Some(_)) | (Some(Item::List), Some(Item::Number(..))) => {
                    Ordering::Less
                }
                (Some(_), Some(_)) => Ordering::Greater,
            };
            if order.is_ne() {
                return order;
            }
        }
    }

    fn is_prerelease(&self, _text: &str) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Word(rank, _) if *rank < RELEASE))
    }
}

fn read(text: &str) -> Box<[Item]> {
    let mut lists = Lists { text, items: Vec::new(), starts: vec![0] };
    let mut start = 0;
    let mut is_digit = false;
    for (at, c) in text.bytes().enumerate() {
        match c {
            b'.' | b'-' => {
                lists.add(start, at, is_digit);
                start = at + 1;
                if c == b'-' {
                    lists.open();
                }
            }
            b'0'..=b'9' => {
                if !is_digit && at > start {
                    // 1.0.RC1 is 1.0-RC1: a word before a number opens a list of its own.
                    lists.open_unless_empty();
                    lists.items.push(Item::word(text, start, at, true));
                    start = at;
                    lists.open();
                }
                is_digit = true;
            }
            _ => {
                if is_digit && at > start {
                    lists.add(start, at, true);
                    start = at;
                    lists.open();
                }
                is_digit = false;
            }
        }
    }
    if text.len() > start {
        if !is_digit {
            lists.open_unless_empty();
        }
        lists.add(start, text.len(), is_digit);
    }
    lists.finish()
}
