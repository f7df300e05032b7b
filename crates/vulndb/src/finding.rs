//! From statements that hold to findings: one for each CVE, all records as evidence.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use model::{Class, FixStatus, MatchedRecord, Rating, Reference, Severity};
use package::{Package, PackageIndex};

use crate::{
    Enrichment, Error, Match,
    assess::{Cleared, Examined, Held, Rank, Run},
    codec::Malformed,
    judge,
    kernel::{self, Role},
    layout::Section,
    rating,
    wire::RatingRef,
};

/// Adds the findings of a package to `matches`, sorted by id.
pub(crate) fn of<'a>(
    run: &mut Run<'a>,
    index: PackageIndex,
    package: &'a Package,
    found: &Examined<'a>,
    matches: &mut Vec<Match>,
) -> Result<(), Error> {
    let overruling = Overruling::of(package, found);
    let subject = Subject { index, package, found, role: kernel::role(package, run.catalogue) };
    for held in group(&found.held).chunk_by(|a, b| a.id == b.id) {
        let Some(Member { id, .. }) = held.first() else { continue };
        let count = held.len() as u64;
        run.assessment.counts.hits += count;
        let best = held.iter().map(|member| member.held.rank).min();
        if let Some(best) = best
            && overruling.reaches(run, id, best)?
        {
            run.assessment.counts.overruled += count;
            continue;
        }
        let known = run.enrichment(id)?;
        if known.as_ref().is_some_and(|known| known.rejected) {
            run.assessment.counts.rejected += count;
            continue;
        }
        run.assessment.counts.merged += count - 1;
        matches.push(one(run, &subject, id, held, known.as_deref())?);
    }
    Ok(())
}

/// A statement that holds, and the finding that it belongs to.
struct Member<'h, 'a> {
    id: &'a str,
    held: &'h Held<'a>,
}

/// By CVE; a record without one joins the findings of records that share an id with it directly, else it names its own.
/// Sorted by finding, then by precedence; a record that holds twice in the same way (two names of one package) stands
/// once.
fn group<'h, 'a>(held: &'h [Held<'a>]) -> Vec<Member<'h, 'a>> {
    let mut members: Vec<Member<'h, 'a>> = Vec::with_capacity(held.len());
    for held in held {
        members.extend(held.record.cves.iter().map(|id| Member { id, held }));
    }
    if held.iter().any(|held| held.record.cves.is_empty()) {
        join(held, &mut members);
    }
    members.sort_by(|a, b| {
        let place = |member: &Member<'_, '_>| (member.held.rank, member.held.view.record, member.held.placed);
        a.id.cmp(b.id).then_with(|| place(a).cmp(&place(b)))
    });
    let mut kept: Vec<Member<'h, 'a>> = Vec::with_capacity(members.len());
    for next in members {
        let same = kept.iter().rev().take_while(|seen| {
            seen.id == next.id
                && seen.held.view.record == next.held.view.record
                && seen.held.placed == next.held.placed
        });
        if !same.into_iter().any(|seen| seen.held.hit == next.held.hit) {
            kept.push(next);
        }
    }
    kept
}

/// Adds the records without a CVE.
fn join<'h, 'a>(held: &'h [Held<'a>], members: &mut Vec<Member<'h, 'a>>) {
    // Ids of the records that made findings: several CVEs of one record share its ids.
    let mut shared: HashMap<&str, BTreeSet<&'a str>, FixedState> = HashMap::default();
    for Member { id, held } in &*members {
        for own in own_ids(held).chain([*id]) {
            shared.entry(own).or_default().insert(id);
        }
    }
    for held in held.iter().filter(|held| held.record.cves.is_empty()) {
        let mut joined: BTreeSet<&'a str> =
            own_ids(held).filter_map(|id| shared.get(id)).flatten().copied().collect();
        if joined.is_empty() {
            let id = held.record.id;
            joined.insert(id);
            // Only the record that names a finding lends it its ids: aliases are not closed transitively.
            for own in own_ids(held) {
                shared.entry(own).or_default().insert(id);
            }
        }
        members.extend(joined.into_iter().map(|id| Member { id, held }));
    }
}

fn own_ids<'h, 'a>(held: &'h Held<'a>) -> impl Iterator<Item = &'a str> + use<'h, 'a> {
    std::iter::once(held.record.id).chain(held.record.aliases.iter().copied())
}

/// What can say against findings of a package. The distribution is believed about its own packages whether it says
/// "not affected" in words or by a fix that is installed. About language packages only plain words count: curated lists
/// of ranges are not always complete.
struct Overruling<'s> {
    /// Records that could overrule the finding of the lowest precedence, sorted.
    cleared: Vec<&'s Cleared>,
    /// A fix of Ubuntu Pro is installed: it speaks for what the base system leaves open.
    pro: bool,
}

impl<'s> Overruling<'s> {
    fn of(package: &Package, found: &'s Examined<'_>) -> Self {
        let pro = found.placed.iter().any(|(query, _)| query.pro && query.version.contains("esm"));
        let lowest = found.held.iter().map(|held| held.rank.0).max();
        let by_pro = found.held.iter().any(|held| held.rank.1);
        let cleared = found
            .cleared
            .iter()
            .filter(|cleared| {
                let higher = lowest.is_some_and(|lowest| cleared.rank.0 < lowest);
                (higher && (cleared.explicit || package.kind.is_os()))
                    || (cleared.rank.1 && pro)
                    || (!cleared.rank.1 && by_pro)
            })
            .collect();
        Self { cleared, pro }
    }

    /// Does one of them overrule a finding whose highest statement has rank `best`?
    fn reaches(&self, run: &Run<'_>, id: &str, best: Rank) -> Result<bool, Error> {
        if self.cleared.is_empty() {
            return Ok(false);
        }
        let overrules = |cleared: &Cleared| {
            cleared.rank.0 < best.0
                || (cleared.rank.1 && !best.1 && self.pro)
                // What the base system has fixed needs no Pro.
                || (best.1 && !cleared.rank.1)
        };
        for record in run.database.records_named(id)? {
            let from = self.cleared.partition_point(|cleared| cleared.record < record);
            let mut same = self.cleared.iter().skip(from).take_while(|cleared| cleared.record == record);
            if same.any(|cleared| overrules(cleared)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The package that findings are about.
struct Subject<'s, 'a> {
    index: PackageIndex,
    package: &'s Package,
    found: &'s Examined<'a>,
    role: Role,
}

fn one(
    run: &Run<'_>,
    subject: &Subject<'_, '_>,
    id: &str,
    held: &[Member<'_, '_>],
    known: Option<&Enrichment>,
) -> Result<Match, Error> {
    let &Subject { index, package, found, role } = subject;
    let damaged = |_: Malformed| run.database.corrupt(Section::Groups);
    let mut records = Vec::with_capacity(held.len());
    for Member { held, .. } in held {
        let Some((_, placed)) = found.placed.get(held.placed) else { continue };
        records.push(MatchedRecord {
            source: held.record.source.to_owned(),
            id: held.record.id.to_owned(),
            range: held.hit.words(&placed.group).map_err(damaged)?,
            fix: held
                .view
                .fix(&placed.group, placed.position, held.hit, held.tail.reason)
                .map_err(damaged)?,
            class: held.view.class,
            severity: held.view.severity,
        });
    }
    let fix = fix(package, found, held, &records);
    let unimportant = class(held);
    let known_exploited = known.is_some_and(|known| known.kev.is_some());
    let lifted = unimportant == Class::Unimportant && known_exploited;
    let class = if lifted { Class::Vulnerability } else { unimportant };
    let ratings = ratings(found, held, known);
    let (severity, severity_source) = severity(&ratings, lifted);
    let linked = held.iter().any(|member| Run::is_linked(package, &member.held.tail));
    let judgement = judge::judge(
        package,
        run.catalogue,
        run.context,
        &judge::Facts { class, fix: &fix, known_exploited, linked, role },
    );
    let aliases = distinct(held.iter().flat_map(|member| own_ids(member.held)).filter(|alias| *alias != id));
    let query = held.first().and_then(|member| found.placed.get(member.held.placed)).map(|(query, _)| query);
    let cwes = distinct(
        held.iter()
            .flat_map(|member| member.held.record.cwes.iter().copied())
            .chain(known.iter().flat_map(|known| known.cwes.iter().map(String::as_str))),
    );
    let mut references: Vec<Reference> = Vec::new();
    for Member { held, .. } in held {
        let damaged = |_: Malformed| run.database.corrupt(Section::Records);
        let links = held.record.references().map_err(damaged)?;
        references.reserve(links.size_hint().0);
        for link in links {
            let link = link.map_err(damaged)?;
            // A handful a record: a scan is cheaper than a set, and keeps their order.
            if !references.iter().any(|known| known.url == link.url) {
                references.push(link);
            }
        }
    }
    let title = known.map(|known| known.title.as_str());
    let summary =
        held.iter().map(|member| member.held.record.summary).chain(title).find(|text| !text.is_empty());
    let published = held
        .iter()
        .filter_map(|member| member.held.record.published)
        .chain(known.and_then(|known| known.published.as_deref()))
        .min();
    Ok(Match {
        package: index,
        aliases,
        class,
        summary: summary.unwrap_or_default().to_owned(),
        ecosystem: query.map_or(package::Ecosystem::Bitnami, |query| query.ecosystem),
        release: query.map_or_else(String::new, |query| query.release.to_string()),
        name: query.map_or_else(String::new, |query| query.name.to_string()),
        name_kind: query.map_or(package::NameKind::Binary, |query| query.kind),
        installed: query.map_or_else(String::new, |query| query.version.to_string()),
        disagreement: disagreement(&records, lifted),
        fix,
        severity,
        severity_source,
        ratings,
        cwes,
        kev: known.and_then(|known| known.kev.clone()),
        epss: known.and_then(|known| known.epss),
        ssvc: known.and_then(|known| known.ssvc.clone()),
        references,
        published: published.map(str::to_owned),
        records,
        judgement,
        id: id.to_owned(),
    })
}

/// Sorted, each once, kept.
fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().map(str::to_owned).collect()
}

/// Malware is malware whoever says it; else the word of the highest precedence.
fn class(held: &[Member<'_, '_>]) -> Class {
    if held.iter().any(|member| member.held.view.class == Class::Malware) {
        return Class::Malware;
    }
    held.iter()
        .map(|member| (member.held.rank, member.held.view.class))
        .min()
        .map_or(Class::Vulnerability, |(_, class)| class)
}

/// The status of the highest precedence. Among equals a fix counts before none, and the highest fix, which is sure to
/// hold all of it.
fn fix(
    package: &Package,
    found: &Examined<'_>,
    held: &[Member<'_, '_>],
    records: &[MatchedRecord],
) -> FixStatus {
    if let [only] = records
        && held.iter().all(|member| !member.held.rank.1)
    {
        return only.fix.clone();
    }
    let Some(best) = held.iter().map(|member| member.held.rank).min() else { return FixStatus::NoneKnown };
    let at = |rank: Rank| held.iter().zip(records).filter(move |(member, _)| member.held.rank == rank);
    let mut ranks: Vec<Rank> = held.iter().map(|member| member.held.rank).collect();
    ranks.dedup();
    let pro_fix = held.iter().zip(records).find_map(|(member, record)| match &record.fix {
        FixStatus::Fixed { version } if member.held.rank.1 => Some(version),
        _ => None,
    });
    for rank in ranks {
        // A distribution that knows no fix has none to offer: nobody below it can.
        if rank.1 || (rank != best && package.kind.is_os()) {
            break;
        }
        let order = found.placed.first().map(|(query, _)| query.ecosystem.row().order);
        let mut fixed: Option<&str> = None;
        for (_, record) in at(rank) {
            if let FixStatus::Fixed { version } = &record.fix {
                let higher = |old: &str| {
                    order
                        .is_some_and(|order| order.compare(old, version).is_ok_and(std::cmp::Ordering::is_lt))
                };
                if fixed.is_none_or(higher) {
                    fixed = Some(version);
                }
            }
        }
        if let Some(version) = fixed {
            return FixStatus::Fixed { version: version.to_owned() };
        }
        let said = at(rank).map(|(_, record)| &record.fix).filter(|fix| **fix != FixStatus::NoneKnown).min();
        if let Some(said) = said {
            return said.clone();
        }
    }
    match pro_fix {
        Some(version) => FixStatus::WontFix { reason: format!("fixed in {version}, which needs Ubuntu Pro") },
        None => FixStatus::NoneKnown,
    }
}

/// All ratings, first the sources that the ecosystem's row puts first. Of equal ones the first stays.
fn ratings(found: &Examined<'_>, held: &[Member<'_, '_>], known: Option<&Enrichment>) -> Vec<Rating> {
    let row = found.placed.first().map(|(query, _)| query.ecosystem.row());
    let mut out: Vec<Rating> = Vec::new();
    let mut add = |rating: Rating| {
        if !out.contains(&rating) {
            out.push(rating);
        }
    };
    for slot in row.map_or(&["record", "cve"][..], |row| row.severity) {
        if *slot != "record" {
            let mut cve: Vec<&Rating> = known.iter().flat_map(|known| &known.ratings).collect();
            let rank = |rating: &Rating| rating::rank(&rating.source, rating.score, rating.vector.as_deref());
            cve.sort_by(|a, b| (rank(a), &a.source).cmp(&(rank(b), &b.source)));
            cve.into_iter().cloned().for_each(&mut add);
            continue;
        }
        for Member { held, .. } in held {
            if held.view.severity != Severity::Unknown {
                // A distribution rates its packages under its own name, a language's source under its slug.
                let source = match row {
                    Some(row) if !row.os_ids.is_empty() => row.purl_namespace,
                    _ => held.record.source,
                };
                let source = source.to_owned();
                add(Rating { source, severity: held.view.severity, score: None, vector: None });
            }
            let mut own: Vec<&RatingRef<'_>> = held.record.ratings.iter().collect();
            own.sort_by_key(|rating| rating::rank(rating.source, rating.score, rating.vector));
            own.into_iter().map(|rating| rating.to_rating()).for_each(&mut add);
        }
    }
    out
}

/// The first word that is known. Where exploitation lifted an unimportant flaw, the worst: who called it unimportant
/// rated it so.
fn severity(ratings: &[Rating], lifted: bool) -> (Severity, Option<String>) {
    let known = || ratings.iter().filter(|rating| rating.severity != Severity::Unknown);
    let chosen = if lifted { known().rev().max_by_key(|rating| rating.severity) } else { known().next() };
    chosen.map_or((Severity::Unknown, None), |rating| (rating.severity, Some(rating.source.clone())))
}

fn disagreement(records: &[MatchedRecord], lifted: bool) -> Option<String> {
    let mut words = Vec::new();
    if lifted {
        words.push("called unimportant, and known to be exploited".to_owned());
    }
    if let Some((first, rest)) = records.split_first() {
        let mut seen = BTreeSet::new();
        for record in rest {
            if record.fix != first.fix && seen.insert((&record.source, &record.id)) {
                words.push(format!(
                    "{} ({}) says {}",
                    record.source,
                    record.id,
                    crate::remedy::status(&record.fix)
                ));
            }
        }
    }
    (!words.is_empty()).then(|| words.join("; "))
}
