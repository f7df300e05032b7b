//! What people wrote to hide findings: `.seawallignore`, `.trivyignore`, OpenVEX. Nothing vanishes: a hidden finding
//! keeps its place with who hid it and why, and an entry that hid nothing is reported with the nearest candidate.

mod ignore_file;
mod openvex;
mod purl_pattern;
mod trivyignore;

use model::{Detail, Finding, Judgement, Suppressed, Vulnerability};

use crate::{Subject, Suppression};

pub use ignore_file::parse as parse_ignore_file;
pub use openvex::parse as parse_openvex;
pub use trivyignore::parse as parse_trivyignore;

/// A file that hides findings cannot be used. It is an error and never passed over: a gate that ignores its ignore
/// file in part is worse than none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct SuppressError {
    /// The file, and the line where it is known: `.seawallignore:12`.
    pub file: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

/// One entry of an ignore file or one statement of a VEX document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Where it stands: `.seawallignore:12`, `vex.json#3`.
    pub(crate) by: String,
    /// The reason given.
    pub(crate) reason: String,
    /// What it is about.
    pub(crate) subject: RuleSubject,
    /// `YYYY-MM-DD`: from the day after it hides nothing.
    pub(crate) expires: Option<String>,
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuleSubject {
    /// An entry of an ignore file.
    Entry {
        /// Finding id, CVE or alias; `None`: any.
        id: Option<String>,
        /// Package name or purl; `None`: any.
        package: Option<String>,
        /// Glob over evidence paths; `None`: any.
        path: Option<String>,
    },
    /// A statement of a VEX document.
    Vex(openvex::Statement),
}

/// Applies `rules` to `findings`. `today` is `YYYY-MM-DD`, for expiry.
pub fn apply(findings: &mut [Finding], subject: &Subject, rules: &[Rule], today: &str) -> Vec<Suppression> {
    let conflicts = openvex::overruled(rules);
    rules
        .iter()
        .enumerate()
        .map(|(number, rule)| {
            let mut hidden = 0;
            let expired = rule.expires.as_deref().is_some_and(|day| day < today);
            let mute = match (&rule.subject, expired) {
                (_, true) => Some(format!("expired on {}", rule.expires.as_deref().unwrap_or_default())),
                (RuleSubject::Vex(statement), _) => statement.why_mute(),
                (RuleSubject::Entry { .. }, _) => None,
            };
            let mut overruled = None;
            if mute.is_none() {
                for finding in findings.iter_mut() {
                    let Detail::Vulnerability(vulnerability) = &finding.detail else { continue };
                    if !matches(rule, finding, vulnerability, subject) {
                        continue;
                    }
                    if let Some(why) = conflicts.get(&number) {
                        overruled = Some(why.clone());
                        continue;
                    }
                    if !matches!(finding.judgement, Judgement::Suppressed(_)) {
                        finding.judgement = Judgement::Suppressed(Suppressed {
                            by: rule.by.clone(),
                            reason: rule.reason.clone(),
                        });
                        hidden += 1;
                    }
                }
            }
            let nearest = if hidden > 0 {
                None
            } else {
                mute.or(overruled).or_else(|| nearest(rule, findings, subject))
            };
            Suppression { by: rule.by.clone(), reason: rule.reason.clone(), hidden, nearest }
        })
        .collect()
}

fn matches(rule: &Rule, finding: &Finding, vulnerability: &Vulnerability, subject: &Subject) -> bool {
    match &rule.subject {
        RuleSubject::Entry { id, package, path } => {
            id.as_deref().is_none_or(|id| names(vulnerability, id))
                && package.as_deref().is_none_or(|package| is_package(vulnerability, package))
                && path.as_deref().is_none_or(|glob| {
                    finding.evidence.iter().any(|evidence| glob_matches(glob, &evidence.path))
                })
        }
        RuleSubject::Vex(statement) => {
            statement.names.iter().any(|name| names(vulnerability, name))
                && statement.concerns(subject, &vulnerability.purl)
        }
    }
}

/// Is `id` one of the finding's names? Record ids count: people copy them from reports.
fn names(vulnerability: &Vulnerability, id: &str) -> bool {
    let same = |name: &str| name.eq_ignore_ascii_case(id);
    same(&vulnerability.id)
        || vulnerability.aliases.iter().any(|alias| same(alias))
        || vulnerability.records.iter().any(|record| same(&record.id))
}

fn is_package(vulnerability: &Vulnerability, package: &str) -> bool {
    if package.starts_with("pkg:") {
        return purl_pattern::covers(package, &vulnerability.purl);
    }
    vulnerability.package == package || vulnerability.source_package.as_deref() == Some(package)
}

/// `*` matches within a path component, `**` across components, `?` one character. A leading `/` is ignored.
fn glob_matches(glob: &str, path: &str) -> bool {
    fn go(glob: &[u8], path: &[u8], steps: &mut u32) -> bool {
        *steps += 1;
        if *steps > 100_000 {
            return false;
        }
        match glob {
            [] => path.is_empty(),
            [b'*', b'*', b'/', rest @ ..] => {
                go(rest, path, steps)
                    || path
                        .iter()
                        .enumerate()
                        .filter(|(_, byte)| **byte == b'/')
                        .any(|(at, _)| go(rest, &path[at + 1..], steps))
            }
            [b'*', b'*', rest @ ..] => (0..=path.len()).any(|at| go(rest, &path[at..], steps)),
            [b'*', rest @ ..] => {
                let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
                (0..=end).any(|at| go(rest, &path[at..], steps))
            }
            [b'?', rest @ ..] => matches!(path, [c, tail @ ..] if *c != b'/' && go(rest, tail, steps)),
            [c, rest @ ..] => matches!(path, [d, tail @ ..] if c == d && go(rest, tail, steps)),
        }
    }
    go(glob.trim_start_matches('/').as_bytes(), path.as_bytes(), &mut 0)
}

/// The finding that a rule without effect may have meant, in words.
fn nearest(rule: &Rule, findings: &[Finding], subject: &Subject) -> Option<String> {
    let vulnerabilities = || {
        findings.iter().filter_map(|finding| {
            let Detail::Vulnerability(vulnerability) = &finding.detail else { return None };
            Some((finding, vulnerability))
        })
    };
    let describe = |vulnerability: &Vulnerability| format!("{} in {}", vulnerability.id, vulnerability.purl);
    match &rule.subject {
        RuleSubject::Entry { id, package, path } => {
            if let Some(id) = id {
                if let Some((finding, near)) = vulnerabilities().find(|(_, v)| names(v, id)) {
                    if let Judgement::Suppressed(by) = &finding.judgement
                        && package.as_deref().is_none_or(|package| is_package(near, package))
                    {
                        return Some(format!("{} is already hidden by {}", describe(near), by.by));
                    }
                    let place = finding.evidence.first().map_or("", |evidence| &evidence.path);
                    return Some(match path {
                        Some(_) => format!("{} at {place}", describe(near)),
                        None => describe(near),
                    });
                }
                return vulnerabilities()
                    .map(|(_, v)| (distance(&v.id, id), v))
                    .filter(|(distance, _)| *distance <= 2)
                    .min_by_key(|(distance, _)| *distance)
                    .map(|(_, v)| describe(v));
            }
            let package = package.as_deref()?;
            vulnerabilities()
                .map(|(_, v)| (distance(&v.package, package), v))
                .filter(|(distance, _)| *distance <= 2)
                .min_by_key(|(distance, _)| *distance)
                .map(|(_, v)| describe(v))
        }
        RuleSubject::Vex(statement) => {
            let (_, near) =
                vulnerabilities().find(|(_, v)| statement.names.iter().any(|name| names(v, name)))?;
            Some(if statement.concerns(subject, &near.purl) {
                format!("{} is already hidden", describe(near))
            } else {
                format!("{}, which is not the statement's product", describe(near))
            })
        }
    }
}

/// Edit distance, given up past 3; both texts are cut to 64 characters.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().take(64).collect();
    let b: Vec<char> = b.to_lowercase().chars().take(64).collect();
    if a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(row[j] + 1).min(above + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use model::{Class, ControlId, Evidence, FindingId, FixStatus, Severity};

    use super::*;

    /// A finding of `id` in the package of `purl`, seen at `path`.
    pub(crate) fn finding(id: &str, package: &str, purl: &str, path: &str) -> Finding {
        Finding {
            id: FindingId(format!("{id}:{purl}")),
            control: ControlId::IMAGE_VULNERABILITIES,
            severity: Severity::High,
            title: id.into(),
            remedy: String::new(),
            evidence: vec![Evidence { path: path.into(), layer: None }],
            judgement: Judgement::Counts,
            detail: Detail::Vulnerability(Box::new(Vulnerability {
                id: id.into(),
                aliases: vec!["GHSA-xxxx-yyyy-zzzz".into()],
                class: Class::Vulnerability,
                summary: String::new(),
                package_type: "npm".into(),
                package: package.into(),
                source_package: None,
                purl: purl.into(),
                package_index: 0,
                owner: None,
                installed: "1".into(),
                fix: FixStatus::NoneKnown,
                ratings: vec![],
                severity_source: None,
                cwes: vec![],
                kev: None,
                epss: None,
                ssvc: None,
                references: vec![],
                published: None,
                records: vec![],
                disagreement: None,
            })),
        }
    }

    fn entry(id: Option<&str>, package: Option<&str>, path: Option<&str>, expires: Option<&str>) -> Rule {
        Rule {
            by: "test:1".into(),
            reason: "because".into(),
            subject: RuleSubject::Entry {
                id: id.map(Into::into),
                package: package.map(Into::into),
                path: path.map(Into::into),
            },
            expires: expires.map(Into::into),
        }
    }

    #[test]
    fn entries_hide_by_id_alias_package_purl_and_path_until_they_expire() {
        let lodash =
            || vec![finding("CVE-2021-23337", "lodash", "pkg:npm/lodash@4.17.20", "app/x/package.json")];
        let hidden = |rule: Rule| {
            let mut findings = lodash();
            let report = apply(&mut findings, &Subject::default(), &[rule], "2026-01-02");
            assert_eq!(report[0].hidden == 1, matches!(findings[0].judgement, Judgement::Suppressed(_)));
            report[0].hidden
        };
        assert_eq!(hidden(entry(Some("cve-2021-23337"), None, None, None)), 1);
        assert_eq!(hidden(entry(Some("GHSA-xxxx-yyyy-zzzz"), None, None, None)), 1);
        assert_eq!(hidden(entry(Some("CVE-2021-23338"), None, None, None)), 0);
        assert_eq!(hidden(entry(None, Some("lodash"), None, None)), 1);
        assert_eq!(hidden(entry(None, Some("pkg:npm/lodash"), None, None)), 1);
        assert_eq!(hidden(entry(None, Some("pkg:npm/lodash@4.17.21"), None, None)), 0);
        assert_eq!(hidden(entry(None, None, Some("/app/**"), None)), 1);
        assert_eq!(hidden(entry(None, None, Some("app/*"), None)), 0);
        assert_eq!(hidden(entry(Some("CVE-2021-23337"), None, None, Some("2026-01-02"))), 1);
        assert_eq!(hidden(entry(Some("CVE-2021-23337"), None, None, Some("2026-01-01"))), 0);
    }

    #[test]
    fn an_entry_without_effect_names_the_nearest_candidate() {
        let mut findings = vec![finding("CVE-2021-23337", "lodash", "pkg:npm/lodash@4.17.20", "a")];
        let near = |findings: &mut Vec<Finding>, rule| {
            apply(findings, &Subject::default(), &[rule], "2026-01-01").remove(0).nearest
        };
        let text = "CVE-2021-23337 in pkg:npm/lodash@4.17.20";
        assert_eq!(
            near(&mut findings, entry(Some("CVE-2021-23377"), None, None, None)).as_deref(),
            Some(text)
        );
        assert_eq!(
            near(&mut findings, entry(Some("CVE-2021-23337"), Some("left-pad"), None, None)).as_deref(),
            Some(text)
        );
        assert_eq!(near(&mut findings, entry(None, Some("lodahs"), None, None)).as_deref(), Some(text));
        assert_eq!(near(&mut findings, entry(Some("CVE-1999-0001"), None, None, None)), None);
    }

    #[test]
    fn globs() {
        for (glob, path, expect) in [
            ("opt/**/METADATA", "opt/venv/lib/METADATA", true),
            ("opt/**/METADATA", "opt/METADATA", true),
            ("**/test/**", "a/test/b/c", true),
            ("*.jar", "app.jar", true),
            ("*.jar", "lib/app.jar", false),
            ("lib/?.jar", "lib/a.jar", true),
            ("", "a", false),
        ] {
            assert_eq!(glob_matches(glob, path), expect, "{glob} {path}");
        }
        assert!(!glob_matches(&"**a".repeat(50), &"b".repeat(5000)), "ends in bounded time");
    }
}
