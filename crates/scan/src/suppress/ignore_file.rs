//! `.seawallignore`: YAML, a list of entries under `ignore:`.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Rule, RuleSubject, SuppressError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ignore: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Option<String>,
    package: Option<String>,
    path: Option<String>,
    reason: String,
    expires: Option<String>,
}

/// Reads the file; `name` is how entries are named in reports. Unknown keys, entries that would hide everything and
/// dates that are none are errors.
///
/// # Errors
/// When the file is not what it should be: where and why.
pub fn parse(text: &str, name: &str) -> Result<Vec<Rule>, SuppressError> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| SuppressError {
        file: error.location().map_or_else(|| name.to_owned(), |at| format!("{name}:{}", at.line())),
        message: format!(
            "{}; an entry has id, package, path, reason (needed) and expires",
            error.without_snippet()
        ),
    })?;
    file.ignore
        .into_iter()
        .map(|spanned| {
            let by = format!("{name}:{}", spanned.referenced.line());
            let Entry { id, package, path, reason, expires } = spanned.value;
            let wrong = |message: &str| SuppressError { file: by.clone(), message: message.to_owned() };
            if id.is_none() && package.is_none() && path.is_none() {
                return Err(wrong("the entry would hide everything; give an id, a package or a path"));
            }
            if reason.trim().is_empty() {
                return Err(wrong("the reason is empty; say why this may be ignored"));
            }
            if expires.as_deref().is_some_and(|day| !is_day(day)) {
                return Err(wrong("expires is no date; write YYYY-MM-DD"));
            }
            Ok(Rule { by, reason, subject: RuleSubject::Entry { id, package, path }, expires })
        })
        .collect()
}

/// `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, len: usize| {
        (part.len() == len && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    match parts.as_slice() {
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|m| (1..=12).contains(&m))
                && number(day, 2).is_some_and(|d| (1..=31).contains(&d))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_with_their_lines() {
        let rules = parse(
            "ignore:\n  - id: CVE-2024-1\n    reason: not reachable\n    expires: 2026-12-31\n  - package: lodash\n    path: \"test/**\"\n    reason: tests only\n",
            ".seawallignore",
        )
        .unwrap();
        assert_eq!(rules[0].by, ".seawallignore:2");
        assert_eq!(rules[0].expires.as_deref(), Some("2026-12-31"));
        assert_eq!(rules[1].by, ".seawallignore:5");
    }

    #[test]
    fn what_is_wrong_is_an_error_that_says_so() {
        for (text, part) in [
            ("ignore:\n  - id: A\n    reson: x\n", "reson"),
            ("ignore:\n  - id: A\n", "reason"),
            ("ignore:\n  - reason: all of it\n", "hide everything"),
            ("ignore:\n  - id: A\n    reason: x\n    expires: soon\n", "YYYY-MM-DD"),
            ("ignored: []\n", "ignored"),
            ("a: [", ""),
        ] {
            let error = parse(text, "f").unwrap_err().to_string();
            assert!(error.contains(part), "{text:?} gave {error}");
        }
    }
}
