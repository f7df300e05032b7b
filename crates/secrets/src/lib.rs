//! Credentials in image configurations. (Those in files will come here as well.)
//!
//! A value is looked at where it is read and stays there: what leaves is its place, its name and what it looks like.

mod configuration;

use model::CredentialKind;

pub use configuration::{Configuration, credentials};

/// Values longer than this are looked at up to here: credentials are short, and configurations may be hostile.
const LOOK: usize = 16 * 1024;

/// Beginnings that issuers gave their tokens so that they can be found, the least number of characters behind, and the kind.
const PREFIXES: &[(&str, usize, CredentialKind)] = &[
    ("AKIA", 16, CredentialKind::AwsAccessKey),
    ("ASIA", 16, CredentialKind::AwsAccessKey),
    ("ghp_", 36, CredentialKind::GithubToken),
    ("gho_", 36, CredentialKind::GithubToken),
    ("ghu_", 36, CredentialKind::GithubToken),
    ("ghs_", 36, CredentialKind::GithubToken),
    ("ghr_", 36, CredentialKind::GithubToken),
    ("github_pat_", 40, CredentialKind::GithubToken),
    ("glpat-", 20, CredentialKind::GitlabToken),
    ("xoxb-", 20, CredentialKind::SlackToken),
    ("xoxp-", 20, CredentialKind::SlackToken),
    ("xoxa-", 20, CredentialKind::SlackToken),
    ("AIza", 35, CredentialKind::GoogleApiKey),
    ("sk_live_", 20, CredentialKind::StripeKey),
    ("rk_live_", 20, CredentialKind::StripeKey),
    ("npm_", 36, CredentialKind::NpmToken),
];

/// Words at the end of a name that call its value a credential, parted as in `DB_PASSWORD`.
const NAMES: &[&[&str]] = &[
    &["password"],
    &["passwd"],
    &["passphrase"],
    &["pwd"],
    &["secret"],
    &["token"],
    &["credentials"],
    &["apikey"],
    &["api", "key"],
    &["access", "key"],
    &["secret", "key"],
    &["private", "key"],
    &["account", "key"],
    &["auth", "key"],
    &["encryption", "key"],
    &["signing", "key"],
];

/// What `value` looks like, by its form or else by the name it stands under; `None`: like no credential.
///
/// Empty values, references (`${X}`, `$X`, `<put it here>`), paths and bare flags or numbers are none.
#[must_use]
pub fn credential(name: &str, value: &str) -> Option<CredentialKind> {
    let value = cut(value.trim(), LOOK);
    if let Some(kind) = by_form(value) {
        return Some(kind);
    }
    (named(name) && says_something(value)).then_some(CredentialKind::ByName)
}

/// The first `most` bytes or less, ending between characters.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

fn by_form(value: &str) -> Option<CredentialKind> {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----") {
        return Some(CredentialKind::PrivateKey);
    }
    let parted = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ',' | ';');
    for word in value.split(parted) {
        for (prefix, least, kind) in PREFIXES {
            if word.strip_prefix(prefix).is_some_and(|rest| is_token(rest, *least)) {
                return Some(*kind);
            }
        }
        if is_jwt(word) {
            return Some(CredentialKind::Jwt);
        }
        if has_url_password(word) {
            return Some(CredentialKind::UrlPassword);
        }
    }
    None
}

fn is_token(rest: &str, least: usize) -> bool {
    rest.len() >= least && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Three base64url parts of which the first two begin as `{"` does; without a signature nobody could use it.
fn is_jwt(word: &str) -> bool {
    let parts: Vec<&str> = word.splitn(4, '.').collect();
    matches!(parts.as_slice(), [head, body, signature]
        if head.starts_with("eyJ") && body.starts_with("eyJ")
            && is_token(head, 10) && is_token(body, 10) && is_token(signature, 16))
}

fn has_url_password(word: &str) -> bool {
    let Some((scheme, rest)) = word.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    let Some((_, password)) = user.split_once(':') else { return false };
    !scheme.is_empty() && says_something(password)
}

/// Does the name end in a word for a credential? `TOKEN`, `dbPassword`, `AWS_SECRET_ACCESS_KEY`; not `TOKEN_FILE`.
fn named(name: &str) -> bool {
    let words = words(cut(name, 256));
    NAMES.iter().any(|ending| {
        words.len() >= ending.len() && words.iter().rev().zip(ending.iter().rev()).all(|(a, b)| a == b)
    })
}

/// The words of a name, lower case: parted by what is no letter or digit, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let begins = c.is_ascii_uppercase() && small;
        if (begins || !c.is_alphanumeric()) && out.last().is_some_and(|word| !word.is_empty()) {
            out.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = out.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    out.retain(|word| !word.is_empty());
    out
}

/// Is it a value, and no stand-in for one?
fn says_something(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let stand_in = value.is_empty()
        || value.starts_with(['$', '<', '{', '%'])
        || value.starts_with("/run/secrets/")
        || value.starts_with('/')
        || value.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.'))
        || matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "null" | "none")
        || value.len() < 6 && value.bytes().all(|b| b.is_ascii_digit());
    !stand_in
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_look_like_credentials_and_those_that_do_not() {
        use CredentialKind as Kind;
        let letters = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0";
        let github = format!("ghp_{}", &letters[..36]);
        let jwt = format!("eyJ{}.eyJ{}.{}", &letters[..12], &letters[..14], &letters[..30]);
        for (name, value, expect) in [
            ("DB_PASSWORD", "hunter2", Some(Kind::ByName)),
            ("dbPassword", "hunter2", Some(Kind::ByName)),
            ("AWS_SECRET_ACCESS_KEY", "whatever", Some(Kind::ByName)),
            ("STRIPE_API_KEY", "abc", Some(Kind::ByName)),
            ("TOKEN_FILE", "/run/secrets/token", None),
            ("TOKEN", "/run/secrets/token", None),
            ("TOKEN_TTL", "3600", None),
            ("TOKEN", "3600", None),
            ("PASSWORD", "", None),
            ("PASSWORD", "${PASSWORD}", None),
            ("PASSWORD", "<put yours here>", None),
            ("PASSWORD", "********", None),
            ("REQUIRE_PASSWORD", "true", None),
            ("PATH", "/usr/bin:/bin", None),
            ("GPG_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568", None),
            ("MONKEY", "banana", None),
            ("X", &github, Some(Kind::GithubToken)),
            ("X", &format!("curl -H Authorization={github}"), Some(Kind::GithubToken)),
            ("X", "ghp_short", None),
            ("X", &format!("AKIA{}", "ABCDEFGHIJKLMNOP"), Some(Kind::AwsAccessKey)),
            ("X", &jwt, Some(Kind::Jwt)),
            ("X", "eyJa.eyJb.", None),
            ("DATABASE_URL", "postgres://app:s3cret@db/shop", Some(Kind::UrlPassword)),
            ("DATABASE_URL", "postgres://app:${PW}@db/shop", None),
            ("DATABASE_URL", "postgres://app@db/shop", None),
            ("HOMEPAGE", "https://example.org/a:b@c", None),
            ("K", "-----BEGIN RSA PRIVATE KEY-----\nMII", Some(Kind::PrivateKey)),
            ("K", "-----BEGIN PUBLIC KEY-----\nMII", None),
        ] {
            assert_eq!(credential(name, value), expect, "{name}={value}");
        }
    }

    #[test]
    fn long_and_odd_values_end() {
        let long = "é".repeat(1 << 20);
        assert_eq!(credential("X", &long), None);
        assert_eq!(credential(&long, "hunter2"), None);
        assert_eq!(credential("TOKEN", &long), Some(CredentialKind::ByName));
    }
}
