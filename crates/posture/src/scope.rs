use std::fmt;

use serde::{Deserialize, Serialize};

/// A node of the tree of scopes, as a path: `org/shop`; that of the root is empty. Everything that hangs on a scope holds
/// for those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(String);

/// A text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no scope; write names joined by '/', such as org/shop, at most {max} bytes", max = Scope::MAX)]
pub struct ScopeError(String);

impl Scope {
    /// Longest path in bytes: far deeper than organisations are, short enough for a key.
    pub const MAX: usize = 1024;

    /// Takes a path.
    ///
    /// # Errors
    /// When it is too long, or a name in it is empty or has a control character.
    pub fn new(path: impl Into<String>) -> Result<Self, ScopeError> {
        let path = path.into();
        let named = path.is_empty()
            || path.split('/').all(|name| !name.is_empty() && !name.contains(char::is_control));
        if named && path.len() <= Self::MAX { Ok(Self(path)) } else { Err(ScopeError(path)) }
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is `other` this scope or below it? `org/shop` holds `org/shop/web`, not `org/shopping`; the root holds all.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self.0.is_empty() || below(&self.0, &other.0, &['/'])
    }

    /// This scope and all above it, this one first and the root last.
    pub fn with_those_above(&self) -> impl Iterator<Item = Self> + '_ {
        let ends = self.0.rmatch_indices('/').map(|(end, _)| end);
        let own = (!self.0.is_empty()).then_some(self.0.len());
        let paths = own.into_iter().chain(ends).chain([0]).filter_map(|end| self.0.get(..end));
        paths.map(|path| Self(path.to_owned()))
    }

    /// How many names deep, the root none: a deeper scope is nearer to its assets.
    #[must_use]
    pub fn depth(&self) -> usize {
        if self.0.is_empty() { 0 } else { self.0.split('/').count() }
    }
}

/// The path, as people see it.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(if self.0.is_empty() { "the whole fleet" } else { &self.0 })
    }
}

/// Is `path` the same as `above`, or does it go on behind it with one of `separators`?
pub(crate) fn below(above: &str, path: &str, separators: &[char]) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(separators))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_holds_itself_and_what_is_below() {
        let scope = |path: &str| Scope::new(path).unwrap();
        for (above, path, holds) in [
            ("org", "org", true),
            ("org", "org/shop", true),
            ("org/shop", "org/shop/web", true),
            ("org/shop", "org/shopping", false),
            ("org/shop", "org", false),
            ("", "org/shop", true),
            ("", "", true),
            ("org", "", false),
        ] {
            assert_eq!(scope(above).holds(&scope(path)), holds, "{above} {path}");
        }
        assert_eq!((scope("org/shop/web").depth(), scope("").depth()), (3, 0));
        let above: Vec<Scope> = scope("org/shop/web").with_those_above().collect();
        assert_eq!(above, [scope("org/shop/web"), scope("org/shop"), scope("org"), scope("")]);
        assert_eq!(scope("").with_those_above().collect::<Vec<_>>(), [scope("")]);
        for wrong in ["/", "org/", "/org", "a//b", "a\n", &"a".repeat(1025)] {
            assert!(Scope::new(wrong).is_err(), "{wrong}");
        }
    }
}
