//! `.trivyignore`, read as it is: one id a line, `#` comments, an optional `exp:YYYY-MM-DD`.

use super::{Rule, RuleSubject};

/// Reads the file; `name` is how entries are named in reports. Words that are no `exp:` are ids of their own, as
/// the format's home reads them.
#[must_use]
pub fn parse(text: &str, name: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut comment = String::new();
    for (number, line) in text.lines().enumerate() {
        let (entry, trailing) = line.split_once('#').unwrap_or((line, ""));
        let entry = entry.trim();
        if entry.is_empty() {
            comment = trailing.trim().to_owned();
            continue;
        }
        let mut words = entry.split_whitespace();
        let Some(id) = words.next() else { continue };
        let expires = words.find_map(|word| word.strip_prefix("exp:")).map(Into::into);
        let reason = if trailing.trim().is_empty() {
            std::mem::take(&mut comment)
        } else {
            trailing.trim().to_owned()
        };
        rules.push(Rule {
            by: format!("{name}:{}", number + 1),
            reason,
            subject: RuleSubject::Entry { id: Some(id.to_owned()), package: None, path: None },
            expires,
        });
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_comments_and_expiry() {
        let rules = parse("# accepted\nCVE-2018-14618\n\nCVE-2019-1 exp:2026-01-01 # soon\n", ".trivyignore");
        let seen: Vec<_> =
            rules.iter().map(|r| (r.by.as_str(), r.reason.as_str(), r.expires.as_deref())).collect();
        assert_eq!(
            seen,
            [(".trivyignore:2", "accepted", None), (".trivyignore:4", "soon", Some("2026-01-01"))]
        );
    }
}
