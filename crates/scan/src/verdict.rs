//! Catalogue → verdict: what the database says of each package, what people hide, and the state that follows.

use std::collections::BTreeMap;

use model::{
    Class, ControlId, Detail, Effect, Evidence, Finding, FindingId, Judgement, LayerIndex, Problems,
    Severity, State, Vulnerability,
};
use package::{Catalogue, Ecosystem, Package, PackageIndex, Presence, purl};
use vulndb::{Assessment, Context, CoverageState, Judge, Match};

use crate::{Catalogued, Coverage, Database, Funnel, Gap, Outcome, Subject, base, plan, suppress};

/// What judging needs beside packages and data.
#[derive(Clone, Copy)]
pub struct Judging<'a> {
    /// The database; `None`: only catalogue.
    pub database: Option<&'a vulndb::Database>,
    /// Rules of ignore files and VEX documents.
    pub rules: &'a [suppress::Rule],
    /// Today, `YYYY-MM-DD`: rules expire.
    pub today: &'a str,
    /// Why the data is too old to be believed, where it is.
    pub stale: Option<&'a str>,
}

/// The slug of the source that is built in: famous records for a first look, not a feed.
pub const SAMPLE_SOURCE: &str = "builtin-sample";

/// Judges what was catalogued.
#[must_use]
pub fn judge(catalogued: Catalogued, judging: &Judging<'_>) -> Outcome {
    let Catalogued { subject, catalogue, problems: found, skipped } = catalogued;
    let mut problems = Problems::new();
    problems.extend(found);
    let Some(database) = judging.database else {
        let state = State::NotAssessed(vec!["only catalogued: no database was asked".to_owned()]);
        return Outcome {
            subject,
            catalogue,
            problems: problems.into_vec(),
            skipped,
            incomplete: vec!["no database was asked".to_owned()],
            ..Outcome::empty(state)
        };
    };
    let judge = match subject.judged {
        Some(Presence::Declared) => Judge::Declared,
        _ => Judge::Installed,
    };
    let Assessment { matches, coverage: states, problems: more, counts, .. } =
        database.assess(&catalogue, &Context { judge });
    problems.extend(more);
    let mut findings: Vec<Finding> =
        matches.into_iter().filter_map(|found| finding(found, &catalogue)).collect();
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    let suppressions = suppress::apply(&mut findings, &subject, judging.rules, judging.today);
    let plan = plan::plan(&findings, &catalogue, Some(&plan::Targets { database, judge }));
    let base = subject.image.as_ref().and_then(|image| base::base(image, &catalogue, &findings));
    let funnel = Funnel {
        hits: counts.hits,
        merged: counts.merged,
        overruled: counts.overruled,
        rejected: counts.rejected,
        findings: findings.len() as u64,
    };
    let coverage = coverage(&catalogue, &states, judge);
    let info = database.info();
    let known = Database {
        newest: info.newest_advisory().map(ToOwned::to_owned),
        records: info.records,
        sample: info.sources.iter().any(|source| source.slug == SAMPLE_SOURCE),
    };
    let problems = problems.into_vec();
    let incomplete = incomplete(&subject, &catalogue, &coverage, &known, &problems, judging.stale);
    let state = if findings.iter().any(|finding| finding.judgement == Judgement::Counts) {
        State::Unhealthy
    } else if incomplete.is_empty() {
        State::Healthy
    } else {
        State::NotAssessed(incomplete.clone())
    };
    Outcome {
        subject,
        catalogue,
        findings,
        plan,
        funnel,
        base,
        state,
        incomplete,
        coverage,
        database: Some(known),
        problems,
        skipped,
        suppressions,
    }
}

/// What comes first: what counts, hostile code, worse, known to be exploited, fixable; then names.
fn order(finding: &Finding) -> impl Ord + '_ {
    let Detail::Vulnerability(vulnerability) = &finding.detail else {
        return (2, 1, 0, 1, 1, finding.id.0.as_str());
    };
    let counts = match finding.judgement {
        Judgement::Counts => 0,
        Judgement::Apart(_) => 1,
        Judgement::Suppressed(_) => 2,
    };
    let rank = Severity::WORST_FIRST.iter().position(|severity| *severity == finding.severity).unwrap_or(0);
    (
        counts,
        u8::from(vulnerability.class != Class::Malware),
        rank,
        u8::from(vulnerability.kev.is_none()),
        u8::from(!matches!(vulnerability.fix, model::FixStatus::Fixed { .. })),
        finding.id.0.as_str(),
    )
}

fn finding(found: Match, catalogue: &Catalogue) -> Option<Finding> {
    let package = catalogue.package(found.package)?;
    let purl = purl(package, catalogue.distro.as_ref());
    let remedy = vulndb::remedy(&found, package, catalogue);
    let layer = package.layer.map(LayerIndex);
    let evidence = package.evidence.iter().map(|path| Evidence { path: path.clone(), layer }).collect();
    let owner = package.owner.and_then(|owner| catalogue.package(owner)).map(|owner| owner.name.clone());
    let title = match found.summary.as_str() {
        "" => format!("{} in {}", found.id, package.name),
        summary => format!("{} in {}: {summary}", found.id, package.name),
    };
    Some(Finding {
        id: FindingId(identity(&found.id, package)),
        control: ControlId::IMAGE_VULNERABILITIES,
        severity: found.severity,
        title,
        remedy,
        evidence,
        judgement: found.judgement,
        detail: Detail::Vulnerability(Box::new(Vulnerability {
            id: found.id,
            aliases: found.aliases,
            class: found.class,
            summary: found.summary,
            package_type: package.kind.as_str().to_owned(),
            package: package.name.clone(),
            source_package: package
                .source
                .as_ref()
                .map(|source| source.name.clone())
                .filter(|name| *name != package.name),
            purl,
            package_index: found.package.0,
            owner,
            installed: found.installed,
            fix: found.fix,
            ratings: found.ratings,
            severity_source: found.severity_source,
            cwes: found.cwes,
            kev: found.kev,
            epss: found.epss,
            ssvc: found.ssvc,
            references: found.references,
            published: found.published,
            records: found.records,
            disagreement: found.disagreement,
        })),
    })
}

/// The same problem in the same place keeps its identity when the package, the record or its rating changes: version
/// and severity are no part of it.
fn identity(id: &str, package: &Package) -> String {
    let arch = package.arch.as_deref().unwrap_or_default();
    let place = if package.kind.is_os() { "" } else { package.evidence.first().map_or("", String::as_str) };
    format!("{id}|{}|{}|{arch}|{place}", package.kind.as_str(), package.name)
}

/// Sums up what the database could say of the packages that are judged.
fn coverage(catalogue: &Catalogue, states: &[CoverageState], judge: Judge) -> Coverage {
    let mut covered = 0;
    let mut gaps: BTreeMap<(bool, String), Vec<PackageIndex>> = BTreeMap::new();
    for (number, (package, state)) in catalogue.packages.iter().zip(states).enumerate() {
        if judge == Judge::Installed && package.presence == Presence::Declared {
            continue;
        }
        // Who is judged by its owner is covered as far as the owner is.
        let owner = package.owner.filter(|_| *state == CoverageState::ByOwner);
        let (judged, state) = owner
            .and_then(|owner| catalogue.package(owner).zip(states.get(owner.0 as usize)))
            .unwrap_or((package, state));
        if state.is_assessed() {
            covered += 1;
            continue;
        }
        let index = PackageIndex(u32::try_from(number).unwrap_or(u32::MAX));
        let (reason, blocks) = reason(catalogue, judged, state);
        gaps.entry((!blocks, reason)).or_default().push(index);
    }
    let gaps = gaps
        .into_iter()
        .map(|((passes, reason), packages)| Gap { reason, blocks: !passes, packages })
        .collect();
    Coverage { covered, gaps }
}

/// Why a package could not be judged, in words, and whether the asset may be healthy all the same: it may where no
/// feed of its ecosystem could ever speak of it.
fn reason(catalogue: &Catalogue, package: &Package, state: &CoverageState) -> (String, bool) {
    let world = || {
        let os = catalogue.distro.as_ref().filter(|_| package.kind.is_os()).map(|distro| &distro.os_release);
        match os {
            Some(os) if os.pretty_name.is_empty() => format!("{} {}", os.id, os.version_id),
            Some(os) => os.pretty_name.clone(),
            None => Ecosystem::of_language(package.kind)
                .map_or_else(|| package.kind.as_str().to_owned(), |ecosystem| ecosystem.row().osv.to_owned()),
        }
    };
    match state {
        CoverageState::Covered | CoverageState::ByOwner => (String::new(), false),
        CoverageState::ThirdParty => {
            ("third-party packages, of which no advisory of the distribution speaks".into(), false)
        }
        CoverageState::Unversioned => ("of unknown version".into(), false),
        CoverageState::NoRelease => (format!("no data for {}", world()), true),
        CoverageState::NoFeed => (format!("no feed for {}", world()), true),
        CoverageState::NoPackage => {
            (format!("not among the packages that the {} data speaks of", world()), true)
        }
        CoverageState::StreamUnknown => ("of an unknown module stream".into(), true),
        CoverageState::DistroUnknown => ("of an unknown distribution".into(), true),
        CoverageState::Damaged => ("where the database is damaged; run seawall db verify".into(), true),
    }
}

fn incomplete(
    subject: &Subject,
    catalogue: &Catalogue,
    coverage: &Coverage,
    database: &Database,
    problems: &[model::Problem],
    stale: Option<&str>,
) -> Vec<String> {
    let mut causes = Vec::new();
    if database.sample {
        causes.push("the database is the built-in sample of famous records".to_owned());
    }
    causes.extend(stale.map(ToOwned::to_owned));
    let hidden: u64 = problems
        .iter()
        .filter(|problem| problem.effect != Effect::None)
        .map(|problem| problem.count)
        .fold(0, u64::saturating_add);
    if hidden > 0 {
        causes.push(format!("{hidden} {} may hide packages", plural(hidden, "problem", "problems")));
    }
    for gap in coverage.gaps.iter().filter(|gap| gap.blocks) {
        let count = gap.packages.len() as u64;
        causes.push(format!("{count} {}: {}", plural(count, "package", "packages"), gap.reason));
    }
    let unidentified = catalogue.unidentified.len() as u64;
    if unidentified > 0 {
        let what = plural(unidentified, "program or archive", "programs or archives");
        causes.push(format!("{unidentified} {what} could not be identified"));
    }
    let judged = |package: &Package| {
        subject.judged != Some(Presence::Installed) || package.presence == Presence::Installed
    };
    if !catalogue.packages.iter().any(judged) {
        causes.push("no packages were found".to_owned());
    } else if coverage.covered == 0
        && !coverage.gaps.is_empty()
        && coverage.gaps.iter().all(|gap| !gap.blocks)
    {
        // Each gap by itself may be, but clean is only what was looked at.
        causes.push("not one package could be judged".to_owned());
    }
    causes
}

fn plural<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
