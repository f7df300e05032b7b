use super::Given;
use crate::{Cause, EndOfLife, ImageFacts, Verdict};

/// What keeps the content of an image from being judged clean.
fn blind(facts: &ImageFacts) -> Vec<Cause> {
    if !facts.scanned && facts.incomplete.is_empty() {
        return vec![Cause::new(Cause::NOT_SCANNED, "not scanned yet")];
    }
    let unsupported = facts.unsupported.iter().map(|text| Cause::new(Cause::UNSUPPORTED, text));
    unsupported.chain(facts.incomplete.iter().map(|text| Cause::new(Cause::INCOMPLETE, text))).collect()
}

/// Healthy, unless the look was not complete: green is only what was seen.
fn clean(blind: Vec<Cause>) -> Verdict {
    if blind.is_empty() { Verdict::healthy() } else { Verdict::not_assessed(blind) }
}

/// The parameters were held to the predicate's list when they were loaded; one that lacks all the same is told, and
/// never counts as healthy.
fn without_parameter(name: &str) -> Verdict {
    let text = format!("the parameter {name} is missing or of the wrong kind");
    Verdict::not_assessed(vec![Cause::new(Cause::PARAMETERS, text)])
}

pub(super) fn no_vulnerabilities(facts: &ImageFacts, given: Given<'_>) -> Verdict {
    let Some(least) = given.parameters.severity("minimum-severity") else {
        return without_parameter("minimum-severity");
    };
    let Some(fixable_only) = given.parameters.flag("fixable-only") else {
        return without_parameter("fixable-only");
    };
    let all = if fixable_only { given.findings.fixable } else { given.findings.vulnerabilities };
    let counted = all.from(least);
    let blind = blind(facts);
    if counted.total() == 0 {
        return clean(blind);
    }
    let mut text = counted.words();
    if fixable_only {
        text.push_str(" with a fix");
    }
    if given.findings.exploited > 0 {
        text.push_str(&format!(", {} known to be exploited", given.findings.exploited));
    }
    let mut verdict = Verdict::unhealthy(Cause::new("vulnerabilities", text), counted.total());
    // What was not seen does not make it less unhealthy, but there may be more.
    verdict.causes.extend(blind);
    verdict
}

pub(super) fn no_malware(facts: &ImageFacts, given: Given<'_>) -> Verdict {
    let count = given.findings.malware;
    if count > 0 {
        let what = if count == 1 { "hostile package" } else { "hostile packages" };
        return Verdict::unhealthy(Cause::new("malware", format!("{count} {what}")), count);
    }
    let mut blind = blind(facts);
    if facts.scanned && !facts.malware_records {
        let text = "the database holds no records of hostile packages";
        blind.push(Cause::new(Cause::INCOMPLETE, text));
    }
    clean(blind)
}

pub(super) fn not_root(facts: &ImageFacts, given: Given<'_>) -> Verdict {
    let Some(numeric) = given.parameters.flag("numeric") else { return without_parameter("numeric") };
    let Some(user) = &facts.user else {
        return Verdict::not_assessed(vec![Cause::new(Cause::NOT_KNOWN, "its configuration was not read")]);
    };
    let name = user.split(':').next().unwrap_or_default().trim();
    let all_digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    // Without a user the runtime starts the process as root; `00` is 0 as well.
    if name.is_empty() {
        Verdict::unhealthy(Cause::new("root", "names no user, so it runs as root"), 1)
    } else if name == "root" || all_digits && name.bytes().all(|byte| byte == b'0') {
        Verdict::unhealthy(Cause::new("root", format!("runs as {name}")), 1)
    } else if numeric && !all_digits {
        let text = "its user is a name: Kubernetes cannot tell that it is not root";
        Verdict::unhealthy(Cause::new("not-numeric", text), 1)
    } else {
        Verdict::healthy()
    }
}

pub(super) fn no_credentials(facts: &ImageFacts) -> Verdict {
    let Some(credentials) = &facts.credentials else {
        let text = "the values of its configuration were not looked at";
        return Verdict::not_assessed(vec![Cause::new(Cause::NOT_KNOWN, text)]);
    };
    let Some(first) = credentials.first() else { return Verdict::healthy() };
    let name: String = first.name.chars().take(64).collect();
    let mut text = format!("{} {name}: {}", first.place.words(), first.kind.words());
    let more = credentials.len() - 1;
    if more > 0 {
        text.push_str(&format!(", and {more} more"));
    }
    Verdict::unhealthy(Cause::new("credential", text), credentials.len() as u64)
}

pub(super) fn supported_release(facts: &ImageFacts, given: Given<'_>) -> Verdict {
    let Some(long_term) = given.parameters.flag("long-term") else { return without_parameter("long-term") };
    let Some(days_before) = given.parameters.number("days-before") else {
        return without_parameter("days-before");
    };
    let unknown = |text: String| Verdict::not_assessed(vec![Cause::new(Cause::NOT_KNOWN, text)]);
    let Some(distribution) = &facts.distribution else {
        if facts.without_distribution {
            return Verdict::not_applicable(Cause::new("no-distribution", "it has no distribution"));
        }
        return match facts.scanned {
            true => unknown("its distribution could not be told".to_owned()),
            false => Verdict::not_assessed(vec![Cause::new(Cause::NOT_SCANNED, "not scanned yet")]),
        };
    };
    let name = match distribution.name.as_str() {
        "" => &distribution.id,
        name => name,
    };
    let last = match distribution.end_of_life {
        EndOfLife::Rolling => return Verdict::healthy(),
        EndOfLife::Unknown => return unknown(format!("no end of life is known for {name}")),
        EndOfLife::On { support, long_term: Some(end) } if long_term => support.max(end),
        EndOfLife::On { support, .. } => support,
    };
    let left = last.since(given.today);
    if left < 0 {
        Verdict::unhealthy(Cause::new("end-of-life", format!("{name} gets no repairs since {last}")), 1)
    } else if left < days_before {
        let text = format!("{name} gets no repairs after {last}, in {left} days");
        Verdict::unhealthy(Cause::new("end-of-life-near", text), 1)
    } else {
        Verdict::healthy()
    }
}

pub(super) fn fresh_base(facts: &ImageFacts, given: Given<'_>) -> Verdict {
    let Some(days) = given.parameters.number("days") else { return without_parameter("days") };
    let unknown = |text: &str| Verdict::not_assessed(vec![Cause::new(Cause::NOT_KNOWN, text)]);
    let Some(created) = facts.created else {
        return unknown("it does not tell when it was built");
    };
    let age = given.today.since(created);
    if age <= days {
        return Verdict::healthy();
    }
    match &facts.base {
        None => unknown("it does not tell what it was built on"),
        Some(base) if !base.checked => unknown("where its base's name points to was not looked up"),
        Some(base) => match base.moved {
            None => Verdict::healthy(),
            Some(moved) => {
                let name: String = base.name.chars().take(128).collect();
                let text = format!("built {age} days ago; {name} moved on {moved}");
                Verdict::unhealthy(Cause::new("stale-base", text), 1)
            }
        },
    }
}

pub(super) fn supported_content(facts: &ImageFacts) -> Verdict {
    if !facts.scanned {
        return Verdict::not_assessed(vec![Cause::new(Cause::NOT_SCANNED, "not scanned yet")]);
    }
    let Some(first) = facts.unsupported.first() else { return Verdict::healthy() };
    let mut verdict =
        Verdict::unhealthy(Cause::new(Cause::UNSUPPORTED, first), facts.unsupported.len() as u64);
    verdict.causes.extend(facts.unsupported.iter().skip(1).map(|text| Cause::new(Cause::UNSUPPORTED, text)));
    verdict
}

pub(super) fn owned(facts: &ImageFacts) -> Verdict {
    match facts.owner.as_deref().map(str::trim) {
        Some(owner) if !owner.is_empty() => Verdict::healthy(),
        _ => Verdict::unhealthy(Cause::new("no-owner", "no team owns it"), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Day, Parameters};

    /// Content always gives every parameter; a predicate that gets none must not call anything healthy.
    #[test]
    fn a_missing_parameter_is_never_healthy() {
        let facts = ImageFacts { scanned: true, user: Some("app".into()), ..ImageFacts::default() };
        let none = Parameters::default();
        let given = Given { parameters: &none, today: Day(0), findings: &facts.findings };
        for predicate in crate::Predicate::ALL {
            if predicate.parameters().is_empty() {
                continue;
            }
            let verdict = predicate.image(&facts, given).unwrap();
            assert_eq!(verdict.state, model::StateKind::NotAssessed, "{predicate:?}");
            assert_eq!(verdict.causes.first().unwrap().code, Cause::PARAMETERS);
        }
    }
}
