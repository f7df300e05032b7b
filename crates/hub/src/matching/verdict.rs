//! A subject's verdicts, and their form in the store.

use model::{ApartReason, FixStatus, Judgement};
use package::{NameKind, PackageIndex};
use serde_json::json;
use store::{
    Micros,
    matches::{COUNTS, FIXED, NewMatch, NewVulnerability},
    subjects::{Name, NewSubject},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use vulndb::{Context, CoverageState, Database, Match, NameKey, lookups};

use super::Subject;

/// What the database says of a subject.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Advisories that concern it; [`Match::package`] is 0.
    pub matches: Vec<Match>,
    /// What the database could say.
    pub coverage: CoverageState,
    /// What to do about each match, in words.
    pub remedies: Vec<String>,
}

/// Judges one subject.
#[must_use]
pub fn judge(database: &Database, subject: &Subject) -> Verdict {
    let catalogue = subject.catalogue();
    let assessment = database.assess(&catalogue, &Context { judge: subject.judge() });
    // Behind the package stand those that its verdict names; what concerns them is not asked here.
    let matches: Vec<Match> =
        assessment.matches.into_iter().filter(|found| found.package == PackageIndex(0)).collect();
    // The package in its catalogue: only there it points at its owner and carrier.
    let package = catalogue.packages.first().unwrap_or(&subject.package);
    let remedies = matches.iter().map(|found| vulndb::remedy(found, package, &catalogue)).collect();
    let coverage = assessment.coverage.into_iter().next().unwrap_or(CoverageState::Damaged);
    Verdict { matches, coverage, remedies }
}

/// The names under which a subject is looked up, with what `database` says under them.
///
/// # Errors
/// When the database is damaged there.
pub fn names(database: &Database, subject: &Subject) -> Result<Vec<Name>, vulndb::Error> {
    lookups(&subject.package, &subject.catalogue())
        .into_iter()
        .map(|key| {
            let content = database.content(&key)?;
            Ok(stored_name(key, content))
        })
        .collect()
}

pub(super) fn stored_name(key: NameKey, content: Option<u64>) -> Name {
    Name {
        ecosystem: key.ecosystem.row().osv.to_owned(),
        release: key.release,
        kind: match key.kind {
            NameKind::Source => "source",
            NameKind::Binary => "binary",
        }
        .to_owned(),
        name: key.name,
        content: content.map(u64::cast_signed),
    }
}

/// The name as the database knows it; `None` for an ecosystem that this program does not have.
pub(super) fn key(name: &Name) -> Option<NameKey> {
    let row = package::ecosystem::TABLE.iter().find(|row| row.osv == name.ecosystem)?;
    Some(NameKey {
        ecosystem: row.ecosystem,
        release: name.release.clone(),
        kind: if name.kind == "source" { NameKind::Source } else { NameKind::Binary },
        name: name.name.clone(),
    })
}

/// A subject in the form of the store. `names` are its look-ups; the first says which ecosystem judges it.
pub(crate) fn stored_subject(subject: &Subject, json: String, names: &[Name]) -> NewSubject {
    let package = &subject.package;
    let world = names.first();
    NewSubject {
        hash: Subject::hash(&json),
        kind: package.kind.as_str().to_owned(),
        name: package.name.clone(),
        version: package.version.clone(),
        ecosystem: world.map(|name| name.ecosystem.clone()).unwrap_or_default(),
        release: world.map(|name| name.release.clone()).unwrap_or_default(),
        source_name: package.source.as_ref().map(|source| source.name.clone()).unwrap_or_default(),
        source_version: package.source.as_ref().map(|source| source.version.clone()).unwrap_or_default(),
        purl: subject.purl(),
        presence: match package.presence {
            package::Presence::Installed => "installed",
            package::Presence::Declared => "declared",
        }
        .to_owned(),
        context: json,
    }
}

/// A verdict's matches in the form of the store, one for each vulnerability.
pub(crate) fn stored_matches(verdict: &Verdict) -> Vec<NewMatch> {
    verdict
        .matches
        .iter()
        .zip(&verdict.remedies)
        .map(|(found, remedy)| {
            let (fix_status, fix) = fix(&found.fix);
            NewMatch {
                vulnerability: found.id.clone(),
                severity: found.severity,
                class: found.class.as_str().to_owned(),
                judgement: judgement(&found.judgement).to_owned(),
                fix_status: fix_status.to_owned(),
                fix: fix.to_owned(),
                remedy: remedy.clone(),
                kev: found.kev.is_some(),
            }
        })
        .collect()
}

fn fix(fix: &FixStatus) -> (&'static str, &str) {
    match fix {
        FixStatus::Fixed { version } => (FIXED, version),
        FixStatus::NoneKnown => ("none-known", ""),
        FixStatus::WontFix { reason } => ("wont-fix", reason),
        FixStatus::Deferred { reason } => ("deferred", reason),
        FixStatus::Investigating => ("investigating", ""),
    }
}

/// The word of the store for a judgement. What people hide is not decided when matching.
pub(crate) const fn judgement(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Counts | Judgement::Suppressed(_) => COUNTS,
        Judgement::Apart(reason) => match reason {
            ApartReason::NoKernel => "no-kernel",
            ApartReason::DistributionBinary => "distribution-binary",
            ApartReason::OwnedByDistribution => "owned-by-distribution",
            ApartReason::Unimportant => "unimportant",
            ApartReason::Unmaintained => "unmaintained",
            ApartReason::Maintenance => "maintenance",
            ApartReason::Investigating => "investigating",
            ApartReason::Probable => "probable",
            ApartReason::DeclaredOnly => "declared-only",
            ApartReason::NotLinked => "not-linked",
        },
    }
}

/// What is told of a match's vulnerability.
///
/// # Errors
/// When the database is damaged where the CVE's enrichment lies.
pub(crate) fn described(database: &Database, found: &Match) -> Result<NewVulnerability, vulndb::Error> {
    let known = database.enrichment(&found.id)?;
    let detail = json!({
        "class": found.class,
        "cwes": found.cwes,
        "epssPercentile": found.epss.map(|(_, percentile)| percentile),
        "kev": found.kev,
        "ratings": found.ratings,
        "references": found.references,
        "severitySource": found.severity_source,
        "ssvc": found.ssvc,
    });
    Ok(NewVulnerability {
        id: found.id.clone(),
        aliases: found.aliases.clone(),
        summary: found.summary.clone(),
        severity: found.severity,
        kev: found.kev.is_some(),
        epss: found.epss.map(|(score, _)| score),
        published: found.published.as_deref().and_then(micros),
        detail: detail.to_string(),
        verdict_hash: known.as_ref().map(|known| known.verdict_hash().cast_signed()),
        content_hash: known.as_ref().map(|known| known.content_hash().cast_signed()),
    })
}

/// The time of an RFC 3339 text; `None` for what is none, and for one without an offset or a time of day, which is taken
/// as UTC and midnight.
pub(crate) fn micros(text: &str) -> Option<Micros> {
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    };
    let time = OffsetDateTime::parse(&whole, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1000).ok().map(Micros)
}
