//! Composer's order: composer/semver's normal form, compared as PHP's `version_compare` does.
//!
//! Branches (`dev-main`, `master`) have no order and are refused: Composer never lets them match a range of versions.
//! Numeric branches (`1.x-dev`) have one. Numbers saturate at 63 bits, as PHP's do.

use std::cmp::Ordering;

use super::{
    Order,
    text::{Cursor, significant},
};

#[derive(Clone, Debug)]
pub(super) struct Key(Box<[Token]>);

#[derive(Clone, Copy, Debug)]
enum Token {
    Number(u64),
    /// A word by its rank in `version_compare`.
    Word(i8),
}

/// Ranks of words in `version_compare`; a number has [`NUMBER`], an unknown word comes before all.
const DEV: i8 = 0;
const NUMBER: i8 = 4;
const UNKNOWN: i8 = -1;

/// Stability words of composer/semver and their ranks. Longer words first where one begins another.
const STABILITIES: &[(&str, i8)] = &[
    ("stable", UNKNOWN),
    ("beta", 2),
    ("b", 2),
    ("rc", 3),
    ("alpha", 1),
    ("a", 1),
    ("patch", 5),
    ("pl", 5),
    ("p", 5),
];

/// What stands for the missing numbers of a branch: `1.x` is newer than all of 1.
const BRANCH: u64 = 9_999_999;

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let text = without_extras(text.trim())?;
        classical(text)
            .or_else(|| dated(text))
            .or_else(|| branch(text))
            .map(|tokens| Self(tokens.into_boxed_slice()))
    }

    fn compare(&self, _text: &str, other: &Self, _other_text: &str) -> Ordering {
        let (mut a, mut b) = (self.0.iter(), other.0.iter());
        loop {
            let order = match (a.next(), b.next()) {
                (None, None) => return Ordering::Equal,
                (Some(Token::Number(x)), Some(Token::Number(y))) => x.cmp(y),
                (Some(x), Some(y)) => x.rank().cmp(&y.rank()),
                // Longer is newer, unless it goes on with a word that says otherwise.
                (Some(Token::Number(_)), None) => Ordering::Greater,
                (None, Some(Token::Number(_))) => Ordering::Less,
                (Some(x), None) => x.rank().cmp(&NUMBER),
                (None, Some(y)) => NUMBER.cmp(&y.rank()),
            };
            if order.is_ne() {
                return order;
            }
        }
    }

    fn is_prerelease(&self, _text: &str) -> bool {
        self.0.iter().any(|token| matches!(token, Token::Word(rank) if (DEV..NUMBER).contains(rank)))
    }
}

impl Token {
    fn rank(self) -> i8 {
        match self {
            Self::Number(_) => NUMBER,
            Self::Word(rank) => rank,
        }
    }

    fn number(digits: &[u8]) -> Self {
        let value = significant(digits).iter().fold(0_u64, |value, c| {
            value.saturating_mul(10).saturating_add(u64::from(c.saturating_sub(b'0')))
        });
        Self::Number(value.min(i64::MAX as u64))
    }
}

/// Without an alias (`1.0 as 2.0`), a stability flag (`1.0@dev`) and build metadata. `None` for branches.
fn without_extras(text: &str) -> Option<&str> {
    let mut text = text;
    if let Some((version, alias)) = text.split_once(" as ") {
        let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c == ',' || c.is_whitespace());
        if plain(version.trim_end_matches(' ')) && plain(alias.trim_start_matches(' ')) {
            text = version.trim_end_matches(' ');
        }
    }
    if let Some((version, flag)) = text.rsplit_once('@')
        && ["stable", "RC", "beta", "alpha", "dev"].iter().any(|known| known.eq_ignore_ascii_case(flag))
    {
        text = version;
    }
    let is_branch = text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("dev-"));
    if is_branch || matches!(text, "master" | "trunk" | "default") {
        return None;
    }
    if let Some((version, build)) = text.split_once('+')
        && !version.is_empty()
        && !version.contains(|c: char| c == ',' || c.is_whitespace())
        && !build.is_empty()
        && !build.contains(char::is_whitespace)
    {
        text = version;
    }
    Some(text)
}

/// `[v]1[.2[.3[.4]]]` with a first number of at most five digits, and a modifier.
fn classical(text: &str) -> Option<Vec<Token>> {
    let mut cursor = Cursor::new(text);
    cursor.eat(b"vV");
    let mut tokens = Vec::with_capacity(8);
    let first = cursor.digits()?.of(text);
    if first.len() > 5 {
        return None;
    }
    tokens.push(Token::number(first));
    for _ in 0..3 {
        let before = cursor.at();
        let digits = if cursor.eat(b".") { cursor.digits() } else { None };
        if digits.is_none() {
            cursor.set(before);
        }
        tokens.push(digits.map_or(Token::Number(0), |digits| Token::number(digits.of(text))));
    }
    modifier(&mut cursor, tokens)
}

/// `[v]20230131`, `2023-01-31`, `2023.01.31.12`: four digits, one to six groups of two, up to two of one to three, with or
/// without separators between; and a modifier.
fn dated(text: &str) -> Option<Vec<Token>> {
    let mut cursor = Cursor::new(text);
    cursor.eat(b"vV");
    let start = cursor.at();
    let run = cursor.take(|c| c.is_ascii_digit() || matches!(c, b'.' | b':' | b'-')).of(text);
    // Separators at the end belong to the modifier.
    let length = run.iter().rposition(u8::is_ascii_digit)? + 1;
    let date = run.get(..length)?;
    if !date.get(..4)?.iter().all(u8::is_ascii_digit) || !fits(date.get(4..)?, 0) {
        return None;
    }
    cursor.set(start + length);
    let tokens = date.split(|c| !c.is_ascii_digit()).map(Token::number).collect();
    modifier(&mut cursor, tokens)
}

/// Can `rest` be split into the groups of a date, of which `groups` are behind us? Bounded: at most eight groups of at most
/// four bytes, the first six of fixed width.
fn fits(rest: &[u8], groups: u8) -> bool {
    if rest.is_empty() {
        return groups > 0;
    }
    let body = match rest {
        [b'.' | b':' | b'-', body @ ..] => body,
        body => body,
    };
    let digits = body.iter().take_while(|c| c.is_ascii_digit()).count();
    let next = |count: usize, groups: u8| body.get(count..).is_some_and(|rest| fits(rest, groups));
    (groups < 6 && digits >= 2 && next(2, groups + 1))
        || (groups > 0 && groups < 8 && (1..=digits.min(3)).any(|count| next(count, groups.max(6) + 1)))
}

/// `[sep][stability[numbers]][[sep]dev]` up to the end of the text.
fn modifier(cursor: &mut Cursor<'_>, mut tokens: Vec<Token>) -> Option<Vec<Token>> {
    let before = cursor.at();
    cursor.eat(b"._-");
    let word_at = cursor.rest();
    if let Some((word, rank)) = STABILITIES.iter().find(|(word, _)| cursor.eat_word(word)) {
        let is_stable = word_at.get(..word.len()) == Some(b"stable");
        let mut numbers = Vec::new();
        loop {
            let before = cursor.at();
            cursor.eat(b".-");
            let start = cursor.rest();
            if cursor.digits().is_none() {
                cursor.set(before);
                break;
            }
            numbers.push(Token::number(start.get(..start.len() - cursor.rest().len())?));
        }
        let dev = take_dev(cursor)?;
        // Written so, "stable" says nothing, not even with what follows.
        if !is_stable {
            tokens.push(Token::Word(*rank));
            tokens.extend(numbers);
            tokens.extend(dev);
        }
        return Some(tokens);
    }
    // The separator may stand before `dev` as well as before a stability.
    if let Some(dev) = take_dev(cursor) {
        tokens.extend(dev);
        return Some(tokens);
    }
    cursor.set(before);
    tokens.extend(take_dev(cursor)?);
    Some(tokens)
}

/// `[sep]dev` or nothing, and then the end.
fn take_dev(cursor: &mut Cursor<'_>) -> Option<Option<Token>> {
    let before = cursor.at();
    cursor.eat(b".-");
    let dev = cursor.eat_word("dev").then_some(Token::Word(DEV));
    if dev.is_none() {
        cursor.set(before);
    }
    cursor.is_end().then_some(dev)
}

/// `1.x-dev`: what does not stand there is as new as can be.
fn branch(text: &str) -> Option<Vec<Token>> {
    let at = text.len().checked_sub(3)?;
    let (name, dev) = text.split_at_checked(at)?;
    if !dev.eq_ignore_ascii_case("dev") {
        return None;
    }
    let name = name.strip_suffix(['.', '-']).unwrap_or(name).trim();
    let mut cursor = Cursor::new(name);
    cursor.eat(b"vV");
    let mut tokens = vec![Token::number(cursor.digits()?.of(name))];
    while cursor.eat(b".") {
        match cursor.digits() {
            Some(digits) => tokens.push(Token::number(digits.of(name))),
            None if cursor.eat(b"xX*") => tokens.push(Token::Number(BRANCH)),
            None => return None,
        }
    }
    if !cursor.is_end() || tokens.len() > 4 {
        return None;
    }
    tokens.resize(4, Token::Number(BRANCH));
    tokens.push(Token::Word(DEV));
    Some(tokens)
}
