//! Matches: which advisory concerns which subject, since when, and until when; and the sums of each image, which are
//! kept right by the difference that each change makes.

use std::collections::{BTreeMap, HashMap};

mod findings;

use model::Severity;

use crate::{Micros, Row, StoreError, Tx, Value, alarms::is_alarm, assessments, values};

pub(crate) use findings::contains;
pub use findings::{
    Concerned, FINDING_ORDERS, FindingFilter, FindingRow, ImagePackage, PackageFilter, apart, concerned,
    count_of_image, count_packages, of_image, packages_of_image, places_of_subject,
};

/// A verdict on a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMatch {
    /// The vulnerability: a CVE where there is one, else the record's own id.
    pub vulnerability: String,
    /// The severity that counts.
    pub severity: Severity,
    /// `vulnerability`, `malware`, …
    pub class: String,
    /// [`COUNTS`], or the slug of the reason for which it is shown apart.
    pub judgement: String,
    /// `fixed`, `none-known`, `wont-fix`, `deferred`, `investigating`.
    pub fix_status: String,
    /// The version that has the fix; where there is none, the source's reason, or nothing.
    pub fix: String,
    /// What to do, in words.
    pub remedy: String,
    /// Known to be exploited.
    pub kev: bool,
}

/// The judgement of what makes an image unhealthy.
pub const COUNTS: &str = "counts";

/// The fix status of what has a fix.
pub const FIXED: &str = "fixed";

/// What is told of a vulnerability, whatever it is found in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVulnerability {
    /// Its name.
    pub id: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// One line.
    pub summary: String,
    /// The severity that counted where it was last judged.
    pub severity: Severity,
    /// Known to be exploited.
    pub kev: bool,
    /// Probability of exploitation, 0 to 1.
    pub epss: Option<f64>,
    /// When it was published.
    pub published: Option<Micros>,
    /// Ratings, weaknesses, links and the rest, as JSON.
    pub detail: String,
    /// Hash of what is known of the CVE beside advisories and decides a verdict.
    pub verdict_hash: Option<i64>,
    /// Hash of all that is known of the CVE beside advisories.
    pub content_hash: Option<i64>,
}

/// The sums of an image, or what a change adds to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Findings that count, by severity in the order of [`Severity::WORST_FIRST`].
    pub severities: [i64; 6],
    /// Shown apart.
    pub apart: i64,
    /// That count and have a fix.
    pub fixable: i64,
    /// That count and are known to be exploited.
    pub kev: i64,
}

impl Tally {
    /// All that count.
    #[must_use]
    pub fn counted(&self) -> i64 {
        self.severities.iter().sum()
    }

    fn values(&self) -> [i64; 9] {
        let [critical, high, medium, low, negligible, unknown] = self.severities;
        [critical, high, medium, low, negligible, unknown, self.apart, self.fixable, self.kev]
    }

    /// Both together.
    pub(crate) fn with(self, other: Self) -> Self {
        let mut values = self.values();
        for (value, more) in values.iter_mut().zip(other.values()) {
            *value += more;
        }
        Self::from_values(values)
    }

    fn from_values(values: [i64; 9]) -> Self {
        let [critical, high, medium, low, negligible, unknown, apart, fixable, kev] = values;
        Self { severities: [critical, high, medium, low, negligible, unknown], apart, fixable, kev }
    }

    /// From nine columns in the order of [`TALLY`].
    pub(crate) fn read(row: &Row, from: usize) -> Result<Self, StoreError> {
        let mut values = [0; 9];
        for (at, value) in values.iter_mut().enumerate() {
            *value = row.get(from + at)?;
        }
        Ok(Self::from_values(values))
    }

    fn add(&mut self, found: &NewMatch, sign: i64) {
        if found.judgement != COUNTS {
            self.apart += sign;
            return;
        }
        let at = Severity::WORST_FIRST.iter().position(|severity| *severity == found.severity);
        if let Some(count) = at.and_then(|at| self.severities.get_mut(at)) {
            *count += sign;
        }
        self.fixable += if found.fix_status == FIXED { sign } else { 0 };
        self.kev += if found.kev { sign } else { 0 };
    }
}

/// The columns of a [`Tally`].
pub(crate) const TALLY: &str = "critical, high, medium, low, negligible, unknown, apart, fixable, kev";

/// The columns of a [`Tally`] over rows with `severity`, `counts`, `fixed` and `kev`.
pub(crate) const TALLY_OF_MATCHES: &str = "\
     CAST(COALESCE(SUM(CASE WHEN counts = 1 AND severity = 5 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN counts = 1 AND severity = 4 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN counts = 1 AND severity = 3 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN counts = 1 AND severity = 2 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN counts = 1 AND severity = 1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN counts = 1 AND severity = 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(1 - counts), 0) AS BIGINT), \
     CAST(COALESCE(SUM(counts * fixed), 0) AS BIGINT), \
     CAST(COALESCE(SUM(counts * kev), 0) AS BIGINT)";

/// What changes of matches do to the sums of images; [`apply`] writes it.
#[derive(Debug, Default)]
pub struct Changes {
    by_subject: BTreeMap<i64, Tally>,
    /// Matches that are new, or back.
    pub opened: u64,
    /// Matches that are gone.
    pub closed: u64,
    /// Matches whose severity, judgement or fix is another.
    pub altered: u64,
    /// Subject and vulnerability of matches that people are told of ([`crate::alarms`]) and were not before.
    pub alarming: Vec<(i64, String)>,
}

impl Changes {
    /// Subjects whose matches changed.
    pub fn subjects(&self) -> impl Iterator<Item = i64> + '_ {
        self.by_subject.keys().copied()
    }

    fn note(&mut self, subject: i64, before: Option<&NewMatch>, after: Option<&NewMatch>) {
        let tally = self.by_subject.entry(subject).or_default();
        if let Some(before) = before {
            tally.add(before, -1);
        }
        if let Some(after) = after {
            tally.add(after, 1);
        }
        if let Some(after) = after.filter(|after| is_alarm(after))
            && !before.is_some_and(|before| is_alarm(before) && before.kev == after.kev)
        {
            self.alarming.push((subject, after.vulnerability.clone()));
        }
        match (before, after) {
            (None, _) => self.opened += 1,
            (_, None) => self.closed += 1,
            _ => self.altered += 1,
        }
    }
}

const MATCH: &str = "vulnerability, severity, class, judgement, fix_status, fixed_version, remedy, kev";

fn read_match(row: &Row, from: usize) -> Result<NewMatch, StoreError> {
    Ok(NewMatch {
        vulnerability: row.get(from)?,
        severity: severity(row.get(from + 1)?),
        class: row.get(from + 2)?,
        judgement: row.get(from + 3)?,
        fix_status: row.get(from + 4)?,
        fix: row.get(from + 5)?,
        remedy: row.get(from + 6)?,
        kev: row.get(from + 7)?,
    })
}

/// Severity as a number that sorts: 0 is unknown, 5 critical.
#[must_use]
pub const fn severity_number(severity: Severity) -> i64 {
    match severity {
        Severity::Unknown => 0,
        Severity::Negligible => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

/// The severity of a number.
#[must_use]
pub const fn severity(number: i64) -> Severity {
    match number {
        1 => Severity::Negligible,
        2 => Severity::Low,
        3 => Severity::Medium,
        4 => Severity::High,
        5 => Severity::Critical,
        _ => Severity::Unknown,
    }
}

/// Writes what a subject's verdicts are now, and what the database could say about it: new matches are first seen at
/// `now`, those that are no longer given are gone since `now`, one that is back keeps when it was first seen. Call
/// [`crate::units::lock`] first in the transaction, and [`apply`] before its end.
///
/// # Errors
/// What the database says.
pub fn judged(
    tx: &mut Tx<'_>,
    subject: i64,
    coverage: &str,
    matches: &[NewMatch],
    now: Micros,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE subject SET coverage = $2 WHERE id = $1 AND coverage <> $2",
        &values![subject, coverage],
    )?;
    let sql = format!("SELECT {MATCH}, gone FROM match WHERE subject = $1");
    let mut old: HashMap<String, (NewMatch, bool)> = HashMap::new();
    for row in tx.query(&sql, &values![subject])? {
        let found = read_match(&row, 0)?;
        let gone: Option<Micros> = row.get(8)?;
        old.insert(found.vulnerability.clone(), (found, gone.is_some()));
    }
    let mut rows = Vec::new();
    for found in matches {
        let before = old.remove(&found.vulnerability);
        match &before {
            Some((before, false)) if before == found => continue,
            Some((before, false)) => changes.note(subject, Some(before), Some(found)),
            _ => changes.note(subject, None, Some(found)),
        }
        rows.push(
            values![
                subject,
                found.vulnerability,
                severity_number(found.severity),
                found.class,
                found.judgement,
                found.fix_status,
                found.fix,
                found.remedy,
                found.kev,
                now,
            ]
            .to_vec(),
        );
    }
    tx.execute_many(
        "INSERT INTO match (subject, vulnerability, severity, class, judgement, fix_status, fixed_version, remedy, kev, \
         first_seen) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) \
         ON CONFLICT (subject, vulnerability) DO UPDATE SET severity = excluded.severity, class = excluded.class, \
         judgement = excluded.judgement, fix_status = excluded.fix_status, fixed_version = excluded.fixed_version, \
         remedy = excluded.remedy, kev = excluded.kev, gone = NULL",
        &rows,
    )?;
    let mut gone: Vec<(String, NewMatch)> =
        old.into_iter().filter(|(_, (_, gone))| !gone).map(|(id, (found, _))| (id, found)).collect();
    gone.sort_by(|a, b| a.0.cmp(&b.0));
    for (id, before) in gone {
        tx.execute(
            "UPDATE match SET gone = $3 WHERE subject = $1 AND vulnerability = $2",
            &values![subject, id, now],
        )?;
        changes.note(subject, Some(&before), None);
    }
    Ok(())
}

/// Places of a subject in images, without those that are hidden: the tail of `SELECT … FROM`.
pub(crate) const PLACES: &str = "unit_subject s JOIN image_layer l ON l.unit = s.unit \
     LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id";

/// Adds what changes of matches do to the sums of the images that have their subjects, and marks the places of those
/// images due to be judged. Gives how many images have other sums.
///
/// # Errors
/// What the database says.
pub fn apply(tx: &mut Tx<'_>, changes: &Changes) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT l.image, count(*) FROM {PLACES} WHERE s.subject = $1 AND h.image IS NULL GROUP BY l.image"
    );
    let mut images: BTreeMap<i64, [i64; 9]> = BTreeMap::new();
    for (subject, tally) in &changes.by_subject {
        // Also what changes no sum (another fix, another reason) may change what a rule says.
        let tally = tally.values();
        for row in tx.query(&sql, &values![subject])? {
            let places: i64 = row.get(1)?;
            let sums = images.entry(row.get(0)?).or_default();
            for (sum, change) in sums.iter_mut().zip(tally) {
                *sum += change * places;
            }
        }
    }
    let due: Vec<Vec<Value>> = images.keys().map(|image| vec![Value::Int(*image)]).collect();
    tx.execute_many(assessments::IMAGE_DUE, &due)?;
    let rows: Vec<Vec<Value>> = images
        .iter()
        .filter(|(_, sums)| **sums != [0; 9])
        .map(|(image, sums)| {
            let mut row = vec![Value::Int(*image)];
            row.extend(sums.iter().map(|sum| Value::Int(*sum)));
            row
        })
        .collect();
    tx.execute_many(
        "UPDATE image SET critical = critical + $2, high = high + $3, medium = medium + $4, low = low + $5, \
         negligible = negligible + $6, unknown = unknown + $7, apart = apart + $8, fixable = fixable + $9, kev = kev + $10 \
         WHERE id = $1",
        &rows,
    )
}

/// The sums of an image from its matches.
///
/// # Errors
/// What the database says.
pub fn tally(tx: &mut Tx<'_>, image: i64) -> Result<Tally, StoreError> {
    let sql = format!(
        "SELECT CASE WHEN m.judgement = '{COUNTS}' THEN m.severity ELSE -1 END, count(*), \
         CAST(COALESCE(SUM(CASE WHEN m.judgement = '{COUNTS}' AND m.fix_status = '{FIXED}' THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN m.judgement = '{COUNTS}' THEN m.kev ELSE 0 END), 0) AS BIGINT) \
         FROM {PLACES} JOIN match m ON m.subject = s.subject AND m.gone IS NULL \
         WHERE l.image = $1 AND h.image IS NULL GROUP BY 1"
    );
    let mut tally = Tally::default();
    for row in tx.query(&sql, &values![image])? {
        let (number, count): (i64, i64) = (row.get(0)?, row.get(1)?);
        tally.fixable += row.get::<i64>(2)?;
        tally.kev += row.get::<i64>(3)?;
        if number < 0 {
            tally.apart += count;
            continue;
        }
        let at = Severity::WORST_FIRST.iter().position(|known| *known == severity(number));
        if let Some(sum) = at.and_then(|at| tally.severities.get_mut(at)) {
            *sum += count;
        }
    }
    Ok(tally)
}

/// Makes the sums of an image anew.
///
/// # Errors
/// What the database says.
pub fn recount(tx: &mut Tx<'_>, image: i64) -> Result<Tally, StoreError> {
    let tally = tally(tx, image)?;
    let mut row = vec![Value::Int(image)];
    row.extend(tally.values().iter().map(|sum| Value::Int(*sum)));
    tx.execute(
        "UPDATE image SET critical = $2, high = $3, medium = $4, low = $5, negligible = $6, unknown = $7, apart = $8, \
         fixable = $9, kev = $10 WHERE id = $1",
        &row,
    )?;
    Ok(tally)
}

/// Writes what is told of a vulnerability, and its names. The hashes are those of when it was first told of: they say by
/// what *all* subjects were judged, so [`enrich`] sets them, at the end of a change.
///
/// # Errors
/// What the database says.
pub fn describe(tx: &mut Tx<'_>, told: &NewVulnerability) -> Result<(), StoreError> {
    let mut aliases: Vec<&str> = told.aliases.iter().map(String::as_str).collect();
    aliases.sort_unstable();
    aliases.dedup();
    let json = serde_json::to_string(&aliases).unwrap_or_default();
    tx.execute(
        "INSERT INTO vulnerability (id, aliases_json, summary, severity, kev, epss, published, detail_json, verdict_hash, \
         content_hash) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) ON CONFLICT (id) DO UPDATE SET \
         aliases_json = excluded.aliases_json, summary = excluded.summary, severity = excluded.severity, \
         kev = excluded.kev, epss = excluded.epss, published = excluded.published, detail_json = excluded.detail_json",
        &values![
            told.id,
            json,
            told.summary,
            severity_number(told.severity),
            told.kev,
            told.epss,
            told.published,
            told.detail,
            told.verdict_hash,
            told.content_hash,
        ],
    )?;
    let rows: Vec<Vec<Value>> = aliases
        .iter()
        .copied()
        .chain([told.id.as_str()])
        .map(|alias| values![alias.to_ascii_uppercase(), told.id].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO vulnerability_alias (alias, vulnerability) VALUES ($1,$2) ON CONFLICT DO NOTHING",
        &rows,
    )?;
    Ok(())
}

/// A vulnerability's hashes of what is known beside advisories, in the order of ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The vulnerability.
    pub id: String,
    /// Hash of what decides a verdict.
    pub verdict_hash: Option<i64>,
    /// Hash of all.
    pub content_hash: Option<i64>,
}

/// Vulnerabilities that the fleet was matched with, `limit` from the one after `after`.
///
/// # Errors
/// What the database says.
pub fn known(tx: &mut Tx<'_>, after: &str, limit: usize) -> Result<Vec<Known>, StoreError> {
    let rows = tx.query(
        "SELECT id, verdict_hash, content_hash FROM vulnerability WHERE id > $1 ORDER BY id LIMIT $2",
        &values![after, limit],
    )?;
    rows.iter()
        .map(|row| Ok(Known { id: row.get(0)?, verdict_hash: row.get(1)?, content_hash: row.get(2)? }))
        .collect()
}

/// Writes what is known of a CVE beside advisories, when all subjects are judged by it.
///
/// # Errors
/// What the database says.
pub fn enrich(
    tx: &mut Tx<'_>,
    id: &str,
    epss: Option<f64>,
    verdict_hash: Option<i64>,
    content_hash: Option<i64>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE vulnerability SET epss = $2, verdict_hash = $3, content_hash = $4 WHERE id = $1",
        &values![id, epss, verdict_hash, content_hash],
    )?;
    Ok(())
}

/// A database that the fleet was matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// SHA-256 of its content.
    pub hash: String,
    /// When the fleet was matched with it.
    pub opened_at: Micros,
    /// When the newest advisory was changed.
    pub newest: Option<Micros>,
    /// Records in it.
    pub records: u64,
    /// Hashes of coverage by ecosystem, and what else the next comparison needs, as JSON.
    pub basis: String,
}

/// The database that the fleet is matched with.
///
/// # Errors
/// What the database says.
pub fn generation(tx: &mut Tx<'_>) -> Result<Option<Generation>, StoreError> {
    let row = tx.query_opt(
        "SELECT hash, opened_at, newest, records, basis_json FROM database_generation ORDER BY id DESC LIMIT 1",
        &[],
    )?;
    row.map(|row| {
        Ok(Generation {
            hash: row.get(0)?,
            opened_at: row.get(1)?,
            newest: row.get(2)?,
            records: row.get(3)?,
            basis: row.get(4)?,
        })
    })
    .transpose()
}

/// The databases that the fleet was matched with, the newest first, each with its number.
///
/// # Errors
/// What the database says.
pub fn generations(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<(i64, Generation)>, StoreError> {
    let rows = tx.query(
        "SELECT hash, opened_at, newest, records, id FROM database_generation ORDER BY id DESC LIMIT $1",
        &values![limit],
    )?;
    rows.iter()
        .map(|row| {
            let generation = Generation {
                hash: row.get(0)?,
                opened_at: row.get(1)?,
                newest: row.get(2)?,
                records: row.get(3)?,
                basis: String::new(),
            };
            Ok((row.get(4)?, generation))
        })
        .collect()
}

/// Notes that the fleet is matched with a database. The last step of a change: whoever is killed before begins again.
///
/// # Errors
/// What the database says.
pub fn add_generation(tx: &mut Tx<'_>, generation: &Generation) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO database_generation (hash, opened_at, newest, records, basis_json) VALUES ($1,$2,$3,$4,$5)",
        &values![
            generation.hash,
            generation.opened_at,
            generation.newest,
            generation.records,
            generation.basis
        ],
    )?;
    Ok(())
}
