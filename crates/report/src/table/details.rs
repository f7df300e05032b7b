//! Every finding, for `--all`: below its action, or below the cause that set it apart.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    io::{self, Write},
};

use model::{Detail, Finding, Judgement};
use scan::{Action, Deed, urgency};

use super::{Sheet, severity_word};
use crate::{
    text::{count, cut, pad, plain, width, wrap},
    words,
};

/// One vulnerability in the packages of one source: what a line shows.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Line<'a> {
    urgency: Reverse<(bool, u8)>,
    id: &'a str,
    name: &'a str,
    installed: &'a str,
}

/// The package as it is installed.
fn package(finding: &Finding) -> Option<&str> {
    let Detail::Vulnerability(vulnerability) = &finding.detail else { return None };
    Some(&vulnerability.package)
}

impl Sheet<'_> {
    /// Places, parts and findings of an action.
    pub(super) fn details(&self, action: &Action, to: &mut dyn Write) -> io::Result<()> {
        let own = action.places.len() == 1 && action.places.first() == Some(&action.name);
        for place in action.places.iter().filter(|_| !own) {
            self.line(to, &format!("    at {}", plain(place)))?;
        }
        let carries = matches!(action.deed, Deed::Rebuild | Deed::UpgradeCarrier);
        for part in action.parts.iter().filter(|_| carries) {
            let (name, from) = (plain(words::part_name(part)), words::versions(&part.from));
            let target = plain(part.to.as_deref().unwrap_or("?"));
            let findings = count(part.findings, "finding", "findings");
            self.line(to, &format!("    {name} {from} → {target}: {findings}"))?;
        }
        let all: Vec<&Finding> = self.of(&action.findings).collect();
        let mut packages: Vec<&str> = all.iter().filter_map(|finding| package(finding)).collect();
        packages.sort_unstable();
        packages.dedup();
        if !carries && (packages.len() > 1 || packages.first().is_some_and(|only| *only != action.name)) {
            let text = format!("    packages: {}", plain(&packages.join(", ")));
            writeln!(to, "{}", self.style.dim(&wrap(&text, self.width, 6)))?;
        }
        let known = if carries { 0 } else { packages.len() };
        self.findings(&all, Some((action, known)), to)
    }

    /// What does not count, by cause, and what counts without a fix.
    pub(super) fn set_apart(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut causes: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
        for finding in self.outcome.findings.iter().filter(|finding| self.options.filter.shows(finding)) {
            let cause = match &finding.judgement {
                Judgement::Counts => match words::unfixed(finding) {
                    None => continue,
                    Some(what) => format!("Count, {what}"),
                },
                Judgement::Apart(reason) => format!("Set apart: {}", words::apart(*reason)),
                Judgement::Suppressed(by) => format!("Hidden by {}: {}", by.by, by.reason),
            };
            causes.entry(cause).or_default().push(finding);
        }
        for (cause, findings) in causes {
            let findings_count = count(findings.len() as u64, "finding", "findings");
            writeln!(to, "\n{}", self.style.bold(&format!("{}: {findings_count}", plain(&cause))))?;
            self.findings(&findings, None, to)?;
        }
        Ok(())
    }

    /// One line for each vulnerability and source. What the row above says already is left out: the name of its one
    /// package, and which packages are concerned where all `known` ones are.
    fn findings(
        &self,
        findings: &[&Finding],
        above: Option<(&Action, usize)>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let mut lines: BTreeMap<Line<'_>, (&Finding, Vec<&str>)> = BTreeMap::new();
        for finding in findings {
            let Detail::Vulnerability(vulnerability) = &finding.detail else { continue };
            let name = vulnerability.source_package.as_deref().unwrap_or(&vulnerability.package);
            let key = Line {
                urgency: Reverse((vulnerability.kev.is_some(), urgency(finding.severity))),
                id: &vulnerability.id,
                name,
                installed: &vulnerability.installed,
            };
            lines.entry(key).or_insert((finding, Vec::new())).1.push(&vulnerability.package);
        }
        for (key, (finding, mut packages)) in lines {
            let Detail::Vulnerability(vulnerability) = &finding.detail else { continue };
            let mut words: Vec<String> = Vec::new();
            if vulnerability.kev.is_some() {
                words.push("KEV".to_owned());
            }
            if let Some((probability, _)) = vulnerability.epss {
                words.push(format!("EPSS {:.1} %", probability * 100.0));
            }
            let times = packages.len();
            packages.sort_unstable();
            packages.dedup();
            let one = above.filter(|(action, known)| *known > 0 && action.parts.len() == 1);
            let several =
                one.is_some_and(|(action, _)| action.parts.first().is_some_and(|part| part.from.len() > 1));
            if one.is_none() || several {
                words.push(format!("{} {}", plain(key.name), plain(key.installed)));
            }
            let every = one.is_some_and(|(_, known)| packages.len() == known);
            match packages.as_slice() {
                [only] if *only == key.name && times == 1 => {}
                [only] if *only == key.name => words.push(format!("× {times}")),
                packages if !every => words.push(format!("({})", plain(&packages.join(", ")))),
                _ => {}
            }
            words.push(plain(&vulnerability.summary).into_owned());
            let head = format!("    {}  ", pad(&plain(key.id), 18));
            let left = self.width.saturating_sub(width(&head) + 10);
            let severity = severity_word(self.style, finding.severity);
            let line = format!("{head}{severity}{}", cut(words.join("  ").trim_end(), left));
            writeln!(to, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn line(&self, to: &mut dyn Write, text: &str) -> io::Result<()> {
        writeln!(to, "{}", self.style.dim(&cut(text, self.width)))
    }
}
