//! What a registry asks for: the `WWW-Authenticate` header (RFC 9110, 11.6.1).

use std::collections::BTreeMap;

/// One way in that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// `basic`, `bearer`; in lower case.
    pub(crate) scheme: String,
    /// Its parameters, names in lower case; of equal ones the first counts.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Bytes of a header that are looked at.
const MAX: usize = 8192;

/// Reads all challenges of one header. What follows a mistake is left out: a hostile header gives fewer challenges,
/// never wrong ones.
pub(crate) fn parse(header: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = header.get(..MAX).unwrap_or(header).trim_start();
    while !rest.is_empty() {
        let (word, after) = token(rest);
        if word.is_empty() {
            break;
        }
        let after_space = after.trim_start();
        if let Some(value) = after_space.strip_prefix('=') {
            let Some((value, after)) = value_of(value.trim_start()) else { break };
            let Some(challenge) = found.last_mut() else { break };
            challenge.parameters.entry(word.to_ascii_lowercase()).or_insert(value);
            rest = after.trim_start();
        } else {
            found.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: BTreeMap::new() });
            rest = after_space;
        }
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start_matches([',', ' ', '\t']),
            // Only a scheme is followed by something else than a comma.
            None if found.last().is_some_and(|challenge| challenge.parameters.is_empty()) => {}
            None => break,
        }
    }
    found
}

/// Characters of an HTTP token (RFC 9110, 5.6.2).
fn token(text: &str) -> (&str, &str) {
    let end = text
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)))
        .unwrap_or(text.len());
    text.split_at(end)
}

fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Some servers write addresses without quotes.
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (!value.is_empty()).then(|| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((value, quoted.get(at + 1..).unwrap_or(""))),
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: &str) -> String {
        parse(header)
            .iter()
            .map(|c| {
                let list: Vec<_> = c.parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("{}({})", c.scheme, list.join(";"))
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn challenges_are_read() {
        let cases = [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                "bearer(realm=https://auth.docker.io/token;scope=repository:a/b:pull,push;service=registry.docker.io)",
            ),
            (r#"Basic realm="Registry Realm""#, "basic(realm=Registry Realm)"),
            (
                r#"basic realm="a", Bearer realm="b" , service = c"#,
                "basic(realm=a) bearer(realm=b;service=c)",
            ),
            ("Negotiate, Basic realm=x", "negotiate() basic(realm=x)"),
            (r#"Bearer realm="say \"hi\"""#, r#"bearer(realm=say "hi")"#),
            ("Bearer realm=https://h/t,service=s", "bearer(realm=https://h/t;service=s)"),
            (r#"Bearer realm="first",realm="second""#, "bearer(realm=first)"),
            ("", ""),
            ("=,=,=", ""),
            (r#"realm="x""#, ""),
            (r#"Bearer realm="unclosed"#, "bearer()"),
            ("Bearer \u{e9}", "bearer()"),
        ];
        for (header, wanted) in cases {
            assert_eq!(shown(header), wanted, "{header}");
        }
        assert!(parse(&"Basic ".repeat(100_000)).len() <= MAX);
    }
}
