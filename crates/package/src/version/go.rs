//! Go's order of module versions (golang.org/x/mod/semver), with or without the leading `v` that OSV leaves out.
//! `+incompatible` and other build metadata do not count; pseudo-versions are pre-releases like any other. Short forms (`v1`,
//! `v1.2`) are read as Go reads them.

use std::cmp::Ordering;

use super::{
    Order, semver,
    text::{Cursor, Span, compare_numbers, is_number},
};

#[derive(Clone, Debug)]
pub(super) struct Key(semver::Key);

fn has_no_leading_zero(number: &[u8]) -> bool {
    number.len() == 1 || number.first() != Some(&b'0')
}

impl Order for Key {
    fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::trimmed(text);
        cursor.eat(b"v");
        let mut core = [Span::default(); 3];
        for (index, part) in core.iter_mut().enumerate() {
            if index > 0 && !cursor.eat(b".") {
                // Only what has all three parts may go on.
                return cursor.is_end().then_some(Self(semver::Key { core, prerelease: None }));
            }
            *part = cursor.digits().filter(|number| has_no_leading_zero(number.of(text)))?;
        }
        let prerelease = if cursor.eat(b"-") {
            Some(cursor.identifiers(|id| !is_number(id) || has_no_leading_zero(id))?)
        } else {
            None
        };
        if cursor.eat(b"+") {
            cursor.identifiers(|_| true)?;
        }
        cursor.is_end().then_some(Self(semver::Key { core, prerelease }))
    }

    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
        self.0.compare_with(text, &other.0, other_text, compare_numbers)
    }

    fn is_prerelease(&self, text: &str) -> bool {
        self.0.is_prerelease(text)
    }
}

/// The semantic version of a Go toolchain as a binary names it (`runtime.Version`), spelt as Go's vulnerability database
/// spells it: `go1.25.3` → `1.25.3`, `go1.21` → `1.21.0`, `go1.27rc1` → `1.27.0-rc.1`. What follows a space (experiments, a
/// distributor's note) does not count, nor does a suffix behind a full version (`go1.22.1-corp`).
///
/// `None` where no release is named: development builds (`devel go1.26-…`) and builds between releases
/// (`go1.25-20250209-RC00 cl/…`). These must be shown as unknown, not judged as some release.
#[must_use]
pub fn go_toolchain_version(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let mut cursor = Cursor::new(word.strip_prefix("go")?);
    let number = |cursor: &mut Cursor<'_>| -> Option<u32> {
        let start = cursor.rest();
        cursor.digits()?;
        let length = start.len() - cursor.rest().len();
        std::str::from_utf8(start.get(..length)?).ok()?.parse().ok()
    };
    let major = number(&mut cursor)?;
    if !cursor.eat(b".") {
        return None;
    }
    let minor = number(&mut cursor)?;
    if cursor.is_end() {
        return Some(format!("{major}.{minor}.0"));
    }
    if cursor.eat(b".") {
        let patch = number(&mut cursor)?;
        return match cursor.peek() {
            None | Some(b'-' | b'+') => Some(format!("{major}.{minor}.{patch}")),
            Some(_) => None,
        };
    }
    let word = ["rc", "beta", "alpha"].into_iter().find(|word| cursor.eat_word(word))?;
    let n = number(&mut cursor)?;
    cursor.is_end().then(|| format!("{major}.{minor}.0-{word}.{n}"))
}
