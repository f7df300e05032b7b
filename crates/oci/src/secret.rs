//! What must never reach a message or a log.

use std::fmt;

use url::Url;

/// A password or token. It shows itself to nobody: `Debug` prints a placeholder and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, to be sent to the one it is for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An address fit for a message: no user name, password, query (signed addresses carry their signature there) or
/// fragment.
pub(crate) fn clean(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only on addresses that cannot have a user at all.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let signed = url.query().is_some();
    url.set_query(None);
    url.set_fragment(None);
    if signed { format!("{url}?…") } else { url.to_string() }
}

/// Text from outside, fit for one line of a message: no control characters, at most `most` characters.
pub(crate) fn tame(text: &str, most: usize) -> String {
    let mut tamed: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        tamed.push('…');
    }
    tamed.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
        let url = Url::parse("https://user:pass@host.example/blob?X-Signature=abc#frag").unwrap();
        assert_eq!(clean(&url), "https://host.example/blob?…");
        assert_eq!(tame("a\x1b[31mb\nc", 100), "a [31mb c");
        assert_eq!(tame("abcdef", 3), "abc…");
    }
}
