//! Counting findings so that rows can be weighed and sums agree.

use std::collections::BTreeMap;

use model::{Class, Detail, Finding, Severity};

/// What a set of findings amounts to. A vulnerability of many packages is many findings and one CVE.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Findings: one for each vulnerability and package.
    pub findings: u64,
    /// Distinct vulnerabilities by their worst severity.
    pub severities: BTreeMap<Severity, u64>,
    /// Distinct vulnerabilities, those to be named first first.
    pub ids: Vec<String>,
    /// Of them, known to be exploited.
    pub exploited: u64,
    /// The highest probability of exploitation, 0.0 to 1.0, where any is known.
    pub epss: Option<f64>,
    /// Of the findings, about hostile code.
    pub malware: u64,
}

/// How urgent a severity is in rows for people, higher is more. What nobody rated stands between medium and low:
/// the average CVE is rated medium, and a row of unrated flaws must not vanish below one that is known to be minor.
#[must_use]
pub const fn urgency(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 5,
        Severity::High => 4,
        Severity::Medium => 3,
        Severity::Unknown => 2,
        Severity::Low => 1,
        Severity::Negligible => 0,
    }
}

/// What is known of one vulnerability over all its findings; sorts by what to name last.
#[derive(Clone, Copy, Default)]
struct One {
    exploited: bool,
    severity: Severity,
    epss: f64,
}

impl Tally {
    /// Counts `findings`.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut tally = Self::default();
        let mut ones: BTreeMap<&str, One> = BTreeMap::new();
        for finding in findings {
            tally.findings += 1;
            let Detail::Vulnerability(vulnerability) = &finding.detail else { continue };
            tally.malware += u64::from(vulnerability.class == Class::Malware);
            let one = ones
                .entry(&vulnerability.id)
                .or_insert_with(|| One { severity: finding.severity, ..One::default() });
            one.exploited |= vulnerability.kev.is_some();
            if urgency(finding.severity) > urgency(one.severity) {
                one.severity = finding.severity;
            }
            if let Some((probability, _)) = vulnerability.epss {
                one.epss = one.epss.max(probability);
                tally.epss = Some(tally.epss.unwrap_or(0.0).max(probability));
            }
        }
        for one in ones.values() {
            *tally.severities.entry(one.severity).or_default() += 1;
            tally.exploited += u64::from(one.exploited);
        }
        let mut ids: Vec<(&str, One)> = ones.into_iter().collect();
        ids.sort_by(|(a_id, a), (b_id, b)| {
            b.exploited
                .cmp(&a.exploited)
                .then(urgency(b.severity).cmp(&urgency(a.severity)))
                .then(b.epss.total_cmp(&a.epss))
                .then(a_id.cmp(b_id))
        });
        tally.ids = ids.into_iter().map(|(id, _)| id.to_owned()).collect();
        tally
    }

    /// Distinct vulnerabilities.
    #[must_use]
    pub fn cves(&self) -> u64 {
        self.ids.len() as u64
    }

    /// The most urgent severity and how many vulnerabilities have it.
    #[must_use]
    pub fn worst(&self) -> Option<(Severity, u64)> {
        let most = self.severities.iter().max_by_key(|(severity, _)| urgency(**severity));
        most.map(|(severity, count)| (*severity, *count))
    }

    /// What to do first: hostile code, then what is known to be exploited, then the worst severity, the probability of
    /// exploitation, and how many there are of each severity. `Less` is first.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let worst = |tally: &Self| tally.worst().map(|(severity, _)| urgency(severity));
        let counts = |tally: &Self| {
            [Severity::Critical, Severity::High, Severity::Medium, Severity::Unknown, Severity::Low]
                .map(|severity| tally.severities.get(&severity).copied().unwrap_or(0))
        };
        (other.malware > 0)
            .cmp(&(self.malware > 0))
            .then(other.exploited.cmp(&self.exploited))
            .then(worst(other).cmp(&worst(self)))
            .then(other.epss.unwrap_or(0.0).total_cmp(&self.epss.unwrap_or(0.0)))
            .then_with(|| counts(other).cmp(&counts(self)))
    }
}

#[cfg(test)]
mod tests {
    use model::Kev;

    use super::*;
    use crate::suppress::tests::finding;

    fn one(id: &str, severity: Severity, exploited: bool, epss: Option<f64>) -> Finding {
        let mut finding = finding(id, "p", "pkg:npm/p@1", "p");
        finding.severity = severity;
        if let Detail::Vulnerability(vulnerability) = &mut finding.detail {
            vulnerability.epss = epss.map(|probability| (probability, 0.5));
            vulnerability.kev = exploited.then(|| Kev {
                added: "2024-01-01".into(),
                due: "2024-02-01".into(),
                ransomware: false,
            });
        }
        finding
    }

    #[test]
    fn one_vulnerability_in_many_packages_is_one_and_has_its_worst_severity() {
        let findings = [
            one("CVE-1", Severity::Low, false, Some(0.1)),
            one("CVE-1", Severity::High, true, Some(0.3)),
            one("CVE-2", Severity::Unknown, false, None),
        ];
        let tally = Tally::of(&findings);
        assert_eq!((tally.findings, tally.cves(), tally.exploited, tally.epss), (3, 2, 1, Some(0.3)));
        assert_eq!(tally.worst(), Some((Severity::High, 1)));
        assert_eq!(tally.severities, BTreeMap::from([(Severity::High, 1), (Severity::Unknown, 1)]));
    }

    #[test]
    fn first_comes_hostile_code_then_exploited_then_worse_then_likelier_then_more() {
        let mut hostile = one("CVE-1", Severity::Unknown, false, None);
        if let Detail::Vulnerability(vulnerability) = &mut hostile.detail {
            vulnerability.class = Class::Malware;
        }
        let rows = [
            vec![hostile],
            vec![one("CVE-1", Severity::Low, true, None)],
            vec![one("CVE-1", Severity::Critical, false, None)],
            vec![one("CVE-1", Severity::High, false, Some(0.9))],
            vec![one("CVE-1", Severity::High, false, Some(0.2)), one("CVE-2", Severity::High, false, None)],
            vec![one("CVE-1", Severity::High, false, Some(0.2))],
            vec![one("CVE-1", Severity::Medium, false, None)],
            vec![one("CVE-1", Severity::Unknown, false, None)],
            vec![one("CVE-1", Severity::Low, false, None)],
            vec![],
        ];
        let tallies: Vec<Tally> = rows.iter().map(Tally::of).collect();
        for (first, second) in tallies.iter().zip(tallies.iter().skip(1)) {
            assert_eq!(first.order(second), std::cmp::Ordering::Less, "{first:?} {second:?}");
            assert_eq!(second.order(first), std::cmp::Ordering::Greater);
        }
    }

    #[test]
    fn ids_are_named_in_the_order_in_which_people_look() {
        let findings = [
            one("CVE-4", Severity::High, false, Some(0.1)),
            one("CVE-3", Severity::High, false, Some(0.2)),
            one("CVE-2", Severity::Low, true, None),
            one("CVE-1", Severity::High, false, Some(0.1)),
        ];
        assert_eq!(Tally::of(&findings).ids, ["CVE-2", "CVE-3", "CVE-1", "CVE-4"]);
    }
}
