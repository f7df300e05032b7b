//! Does a package URL that a person wrote cover the URL of a package? What the pattern leaves out matches anything.

use std::borrow::Cow;

struct Parts<'a> {
    /// `type/namespace/name`, decoded; type lower case.
    base: String,
    version: Option<Cow<'a, str>>,
    qualifiers: Vec<(&'a str, Cow<'a, str>)>,
}

/// Type, namespace and name must be equal; version and each qualifier of `pattern` must be the package's, where
/// `pattern` has them.
pub(crate) fn covers(pattern: &str, purl: &str) -> bool {
    let (Some(pattern), Some(purl)) = (split(pattern), split(purl)) else { return false };
    pattern.base == purl.base
        && pattern.version.is_none_or(|version| purl.version.as_ref() == Some(&version))
        && pattern.qualifiers.iter().all(|wanted| purl.qualifiers.contains(wanted))
}

fn split(purl: &str) -> Option<Parts<'_>> {
    let rest = purl.strip_prefix("pkg:")?.trim_start_matches('/');
    let rest = rest.split_once('#').map_or(rest, |(rest, _subpath)| rest);
    let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, rest) = rest.split_once('/')?;
    // An npm scope written without its escape starts with '@': the version's '@' is the last one after the name.
    let at = rest.rfind('@').filter(|at| *at > 0 && !rest[*at..].contains('/'));
    let (name, version) = match at {
        Some(at) => (&rest[..at], Some(decode(&rest[at + 1..]))),
        None => (rest, None),
    };
    let base = format!("{}/{}", kind.to_ascii_lowercase(), decode(name));
    let qualifiers = qualifiers
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key, decode(value)))
        .collect();
    Some(Parts { base, version, qualifiers })
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |digit: u8| char::from(digit).to_digit(16);
        let mut ahead = bytes.clone();
        let escape =
            if byte == b'%' { ahead.next().and_then(hex).zip(ahead.next().and_then(hex)) } else { None };
        match escape.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(decoded) => {
                out.push(decoded);
                bytes = ahead;
            }
            None => out.push(byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn patterns() {
        let openssl = "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12";
        for (pattern, purl, expect) in [
            ("pkg:deb/debian/openssl", openssl, true),
            ("pkg:deb/debian/openssl@3.0.11-1~deb12u2", openssl, true),
            ("pkg:deb/debian/openssl@3.0.11-1%7Edeb12u2", openssl, true),
            ("pkg:deb/debian/openssl@3.0.12", openssl, false),
            ("pkg:deb/debian/openssl?arch=amd64", openssl, true),
            ("pkg:deb/debian/openssl?arch=arm64", openssl, false),
            ("pkg:deb/ubuntu/openssl", openssl, false),
            ("pkg:npm/%40babel/core", "pkg:npm/%40babel/core@7.0.0", true),
            ("pkg:npm/@babel/core@7.0.0", "pkg:npm/%40babel/core@7.0.0", true),
            ("pkg:npm/@babel/core@7.0.1", "pkg:npm/%40babel/core@7.0.0", false),
            ("openssl", openssl, false),
            ("pkg:%zz", openssl, false),
        ] {
            assert_eq!(covers(pattern, purl), expect, "{pattern}");
        }
    }
}
