//! A new database: what it changed is judged again, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use store::{
    Micros, StoreError,
    matches::{self, Changes, Generation},
    subjects, units,
};
use vulndb::Database;

use super::{
    MatchError, Matcher, Subject, judge,
    verdict::{described, key, micros, stored_matches, stored_name},
};

/// Subjects that one transaction judges again: other writers wait no longer than for these.
const BATCH: usize = 250;

/// Names, or vulnerabilities, that are read at once.
const PAGE: usize = 5_000;

/// What a change of the database did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Names of the fleet under which something else is said.
    pub names: u64,
    /// Subjects that were judged again.
    pub judged: u64,
    /// Matches that are new, or back.
    pub opened: u64,
    /// Matches that are gone.
    pub closed: u64,
    /// Matches whose severity, judgement or fix is another.
    pub altered: u64,
}

/// What the comparison with the next database needs of this one beside the hashes of names.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Basis {
    /// Hash of its coverage, by ecosystem.
    coverage: BTreeMap<String, u64>,
    /// CVEs that are rejected and that advisories speak of all the same.
    rejected: BTreeSet<String>,
}

impl Basis {
    fn of(database: &Database) -> Result<Self, vulndb::Error> {
        let coverage = package::ecosystem::TABLE
            .iter()
            .map(|row| (row.osv.to_owned(), database.coverage_hash(row.ecosystem)))
            .collect();
        Ok(Self { coverage, rejected: database.rejected()?.into_iter().collect() })
    }
}

/// What is to be judged again, and what is to be noted when it is.
#[derive(Debug, Default)]
struct Work {
    subjects: BTreeSet<i64>,
    contents: Vec<(i64, Option<i64>)>,
    enriched: Vec<Enriched>,
}

/// What is known of a CVE beside advisories: probability of exploitation, and the hashes.
#[derive(Debug)]
struct Enriched {
    id: String,
    epss: Option<f64>,
    verdict: Option<i64>,
    content: Option<i64>,
}

impl Matcher {
    /// Judges by `database` from now on, and brings the fleet to it: subjects whose names say something else, whose
    /// CVEs are rated otherwise, known to be exploited or rejected, or whose ecosystem is covered otherwise. In
    /// transactions of at most `BATCH` subjects; the generation is noted last, so that whoever is killed begins again.
    /// Only one change at a time makes sense: the caller sees to it.
    ///
    /// # Errors
    /// When the database is damaged or the store fails; what was done until then is right and stays.
    pub async fn change(&self, database: Arc<Database>, now: Micros) -> Result<Changed, MatchError> {
        *self.database.write().await = Arc::clone(&database);
        let hash = database.sha256();
        let known = self.store.read(matches::generation).await?;
        if known.as_ref().is_some_and(|known| known.hash == hash) {
            return Ok(Changed::default());
        }
        let before: Option<Basis> = known.and_then(|known| serde_json::from_str(&known.basis).ok());
        let basis = Basis::of(&database)?;
        let work = self.work(&database, before.as_ref(), &basis).await?;
        let mut changed = Changed { names: work.contents.len() as u64, ..Changed::default() };
        let subjects: Vec<i64> = work.subjects.iter().copied().collect();
        for batch in subjects.chunks(BATCH) {
            let (batch, database) = (batch.to_vec(), Arc::clone(&database));
            let done = self
                .store
                .write(move |tx| {
                    units::lock(tx)?;
                    let mut changes = Changes::default();
                    let mut told = BTreeSet::new();
                    for (id, context) in subjects::contexts(tx, &batch)? {
                        let Ok(subject) = Subject::from_json(&context) else {
                            return Ok(Err(id));
                        };
                        write(tx, &database, id, &subject, now, &mut changes, &mut told)?;
                    }
                    matches::apply(tx, &changes)?;
                    crate::notices::changed(tx, &changes, now)?;
                    Ok(Ok((batch.len() as u64, changes.opened, changes.closed, changes.altered)))
                })
                .await?;
            let (judged, opened, closed, altered) = done.map_err(|subject| MatchError::Subject {
                subject,
                why: "its context is no JSON of a subject".to_owned(),
            })?;
            changed.judged += judged;
            changed.opened += opened;
            changed.closed += closed;
            changed.altered += altered;
        }
        let info = database.info();
        let generation = Generation {
            hash,
            opened_at: now,
            newest: info.newest_advisory().and_then(micros),
            records: info.records,
            basis: serde_json::to_string(&basis).unwrap_or_default(),
        };
        let Work { contents, enriched, .. } = work;
        self.store
            .write(move |tx| {
                units::lock(tx)?;
                subjects::set_contents(tx, &contents)?;
                for known in &enriched {
                    matches::enrich(tx, &known.id, known.epss, known.verdict, known.content)?;
                }
                matches::add_generation(tx, &generation)
            })
            .await?;
        Ok(changed)
    }

    async fn work(
        &self,
        database: &Arc<Database>,
        before: Option<&Basis>,
        basis: &Basis,
    ) -> Result<Work, MatchError> {
        let mut work = Work::default();
        // Without a basis nothing is known of what the store was judged by: all is judged again.
        let recovered: BTreeSet<&str> = package::ecosystem::TABLE
            .iter()
            .map(|row| row.osv)
            .filter(|osv| before.is_none_or(|before| before.coverage.get(*osv) != basis.coverage.get(*osv)))
            .collect();
        let mut after = 0;
        let mut names = Vec::new();
        loop {
            let page = self.store.read(move |tx| subjects::names(tx, after, PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for stored in &page {
                let content = match key(&stored.name) {
                    Some(key) => database.content(&key)?.map(u64::cast_signed),
                    None => None,
                };
                let differs = content != stored.name.content;
                if differs {
                    work.contents.push((stored.id, content));
                }
                if differs || recovered.contains(stored.name.ecosystem.as_str()) {
                    names.push(stored.id);
                }
            }
        }
        let mut cves = Vec::new();
        let mut after = String::new();
        loop {
            let from = after.clone();
            let page = self.store.read(move |tx| matches::known(tx, &from, PAGE)).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for stored in page {
                let known = database.enrichment(&stored.id)?;
                let content = known.as_ref().map(|known| known.content_hash().cast_signed());
                if content == stored.content_hash {
                    continue;
                }
                let verdict = known.as_ref().map(|known| known.verdict_hash().cast_signed());
                if verdict != stored.verdict_hash {
                    cves.push(stored.id.clone());
                }
                let epss = known.and_then(|known| known.epss).map(|(score, _)| score);
                work.enriched.push(Enriched { id: stored.id, epss, verdict, content });
            }
        }
        let none = BTreeSet::new();
        let rejected = before.map_or(&none, |before| &before.rejected);
        let mut spoken = Vec::new();
        for cve in rejected.symmetric_difference(&basis.rejected) {
            for (_, names) in database.records(cve)? {
                spoken.extend(names.into_iter().map(|name| {
                    stored_name(
                        vulndb::NameKey {
                            ecosystem: name.ecosystem,
                            release: name.release,
                            kind: name.kind,
                            name: name.name,
                        },
                        None,
                    )
                }));
            }
        }
        let subjects = self
            .store
            .read(move |tx| {
                let mut subjects = BTreeSet::new();
                let more = store::images::name_numbers(tx, &spoken)?;
                for name in names.iter().chain(&more) {
                    subjects.extend(subjects::of_name(tx, *name)?);
                }
                for cve in &cves {
                    subjects.extend(subjects::of_vulnerability(tx, cve)?);
                }
                Ok(subjects)
            })
            .await?;
        work.subjects = subjects;
        Ok(work)
    }
}

/// Judges a subject and writes what is found. `told` are the vulnerabilities that this transaction described already.
pub(crate) fn write(
    tx: &mut store::Tx<'_>,
    database: &Database,
    id: i64,
    subject: &Subject,
    now: Micros,
    changes: &mut Changes,
    told: &mut BTreeSet<String>,
) -> Result<(), StoreError> {
    let verdict = judge(database, subject);
    for found in &verdict.matches {
        if told.contains(&found.id) {
            continue;
        }
        let described = described(database, found).map_err(|error| damaged(&error))?;
        matches::describe(tx, &described)?;
        told.insert(found.id.clone());
    }
    matches::judged(tx, id, verdict.coverage.as_str(), &stored_matches(&verdict), now, changes)
}

/// An error of the database of advisories within a transaction of the store.
pub(crate) fn damaged(error: &vulndb::Error) -> StoreError {
    StoreError::Invalid(format!("the database of advisories cannot be read: {error}; run seawall db verify"))
}
