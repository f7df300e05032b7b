//! How records, statements, enrichment and coverage are written.

use std::borrow::Cow;

use model::{Class, Kev, Rating, Reference, Severity, Ssvc};
use package::{Ecosystem, NameKind, ecosystem::TABLE};

use crate::{
    Coverage, End, Enrichment, Import, Lint, Range, Record, Statement, Status,
    codec::{In, Malformed, Out},
    rating,
};

type Result<T> = std::result::Result<T, Malformed>;

const CLASSES: [Class; 5] =
    [Class::Malware, Class::Vulnerability, Class::Unmaintained, Class::Maintenance, Class::Unimportant];

const SEVERITIES: [Severity; 6] = [
    Severity::Unknown,
    Severity::Negligible,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];

pub(crate) fn class_code(class: Class) -> u8 {
    match class {
        Class::Malware => 0,
        Class::Vulnerability => 1,
        Class::Unmaintained => 2,
        Class::Maintenance => 3,
        Class::Unimportant => 4,
    }
}

pub(crate) fn class_of(code: u8) -> Result<Class> {
    CLASSES.get(usize::from(code)).copied().ok_or(Malformed)
}

pub(crate) fn severity_code(severity: Severity) -> u8 {
    match severity {
        Severity::Unknown => 0,
        Severity::Negligible => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

pub(crate) fn severity_of(code: u8) -> Result<Severity> {
    SEVERITIES.get(usize::from(code)).copied().ok_or(Malformed)
}

pub(crate) fn ecosystem_of(code: u8) -> Result<Ecosystem> {
    TABLE.get(usize::from(code)).map(|row| row.ecosystem).ok_or(Malformed)
}

pub(crate) fn kind_code(kind: NameKind) -> u8 {
    match kind {
        NameKind::Source => 0,
        NameKind::Binary => 1,
    }
}

pub(crate) fn kind_of(code: u8) -> Result<NameKind> {
    match code {
        0 => Ok(NameKind::Source),
        1 => Ok(NameKind::Binary),
        _ => Err(Malformed),
    }
}

/// The key of a name: what its hash is taken of, and what a group begins with.
pub(crate) fn key(ecosystem: Ecosystem, release: &str, kind: NameKind, name: &str, out: &mut Out) {
    out.u8(ecosystem as u8);
    out.u8(kind_code(kind));
    out.text(release);
    out.text(name);
}

/// Everything of a record but its source and statements.
pub(crate) fn write_record(record: &Record, out: &mut Out) {
    out.text(&record.id);
    out.u8(class_code(record.class));
    out.u8(u8::from(record.withdrawn));
    out.texts(&record.cves);
    out.texts(&record.aliases);
    out.text(&record.summary);
    out.option(record.published.as_deref(), Out::text);
    out.option(record.modified.as_deref(), Out::text);
    out.list(&record.ratings, write_rating);
    out.texts(&record.cwes);
    out.list(&record.references, |out, reference| {
        out.text(&reference.kind);
        out.text(&reference.url);
    });
}

/// A record in place: matching reads thousands and keeps few of their texts.
pub(crate) struct RecordRef<'a> {
    pub(crate) source: &'a str,
    pub(crate) id: &'a str,
    pub(crate) class: Class,
    pub(crate) withdrawn: bool,
    pub(crate) cves: Vec<&'a str>,
    pub(crate) aliases: Vec<&'a str>,
    pub(crate) summary: &'a str,
    pub(crate) published: Option<&'a str>,
    pub(crate) modified: Option<&'a str>,
    pub(crate) ratings: Vec<RatingRef<'a>>,
    pub(crate) cwes: Vec<&'a str>,
    references: In<'a>,
}

/// Kinds of links in OSV's schema.
const KINDS: [&str; 10] = [
    "WEB",
    "ADVISORY",
    "FIX",
    "REPORT",
    "PACKAGE",
    "ARTICLE",
    "EVIDENCE",
    "DETECTION",
    "DISCUSSION",
    "INTRODUCED",
];

/// A rating in place.
#[derive(Clone, Copy)]
pub(crate) struct RatingRef<'a> {
    pub(crate) source: &'a str,
    pub(crate) severity: Severity,
    pub(crate) score: Option<f64>,
    pub(crate) vector: Option<&'a str>,
}

impl<'a> RecordRef<'a> {
    /// Reads what [`write_record`] wrote.
    pub(crate) fn read(read: &mut In<'a>, source: &'a str) -> Result<Self> {
        Ok(Self {
            source,
            id: read.text()?,
            class: class_of(read.u8()?)?,
            withdrawn: read.u8()? != 0,
            cves: read.list(In::text)?,
            aliases: read.list(In::text)?,
            summary: read.text()?,
            published: read.option(In::text)?,
            modified: read.option(In::text)?,
            ratings: read.list(RatingRef::read)?,
            cwes: read.list(In::text)?,
            references: {
                // Skipped: most records are read for their ids.
                let start = *read;
                for _ in 0..read.count()? {
                    read.bytes()?;
                    read.bytes()?;
                }
                start
            },
        })
    }

    /// Its links.
    pub(crate) fn references(&self) -> Result<impl Iterator<Item = Result<Reference>> + use<'a>> {
        let mut read = self.references;
        let count = read.count()?;
        Ok((0..count).map(move |_| {
            let kind = read.text()?;
            let known = KINDS.iter().find(|known| **known == kind);
            let kind = known.map_or_else(|| Cow::Owned(kind.to_owned()), |known| Cow::Borrowed(*known));
            Ok(Reference { kind, url: read.owned()? })
        }))
    }

    /// Is `id` its own, one of its CVEs or an alias? Case does not matter.
    pub(crate) fn bears(&self, id: &str) -> bool {
        let mut ids = std::iter::once(&self.id).chain(&self.cves).chain(&self.aliases);
        ids.any(|known| known.eq_ignore_ascii_case(id))
    }

    /// The same, kept; statements stay in the file.
    pub(crate) fn to_record(&self) -> Result<Record> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Ok(Record {
            source: self.source.to_owned(),
            id: self.id.to_owned(),
            cves: texts(&self.cves),
            aliases: texts(&self.aliases),
            class: self.class,
            summary: self.summary.to_owned(),
            published: self.published.map(str::to_owned),
            modified: self.modified.map(str::to_owned),
            withdrawn: self.withdrawn,
            ratings: self.ratings.iter().map(|rating| rating.to_rating()).collect(),
            cwes: texts(&self.cwes),
            references: self.references()?.collect::<Result<_>>()?,
            statements: Vec::new(),
        })
    }
}

impl<'a> RatingRef<'a> {
    fn read(read: &mut In<'a>) -> Result<Self> {
        Ok(Self {
            source: read.text()?,
            severity: severity_of(read.u8()?)?,
            score: read.option(In::float)?,
            vector: read.option(In::text)?,
        })
    }

    pub(crate) fn to_rating(self) -> Rating {
        Rating {
            source: self.source.to_owned(),
            severity: self.severity,
            score: self.score,
            vector: self.vector.map(str::to_owned),
        }
    }
}

fn write_rating(out: &mut Out, rating: &Rating) {
    // What follows from a vector is worked out once, here, and not at every match.
    let (severity, score) = rating::complete(rating);
    out.text(&rating.source);
    out.u8(severity_code(severity));
    out.option(score, Out::float);
    out.option(rating.vector.as_deref(), Out::text);
}

fn read_rating(read: &mut In<'_>) -> Result<Rating> {
    RatingRef::read(read).map(RatingRef::to_rating)
}

/// A statement without its key.
pub(crate) fn write_statement(statement: &Statement, out: &mut Out) {
    out.option(statement.class, |out, class| out.u8(class_code(class)));
    let (status, reason) = status_code(&statement.status);
    out.u8(status);
    out.text(reason);
    out.u8(severity_code(statement.severity));
    out.option(statement.module.as_deref(), Out::text);
    out.list(&statement.ranges, |out, range| {
        // OSV writes "from the beginning" as version 0.
        out.option(range.introduced.as_deref().filter(|version| *version != "0"), Out::text);
        let (end, version) = match &range.end {
            End::Open => (0, ""),
            End::Fixed(version) => (1, version.as_str()),
            End::LastAffected(version) => (2, version.as_str()),
            End::Limit(version) => (3, version.as_str()),
        };
        out.u8(end);
        out.text(version);
    });
    out.texts(&statement.versions);
    out.texts(&statement.platforms);
    out.list(&statement.imports, |out, import| {
        out.text(&import.path);
        out.texts(&import.platforms);
    });
}

/// Reads what [`write_statement`] wrote; the key's fields are left as given.
pub(crate) fn read_statement(read: &mut In<'_>, key: &Statement) -> Result<Statement> {
    let class = read.option(In::u8)?.map(class_of).transpose()?;
    let status = read.u8()?;
    let reason = read.text()?;
    Ok(Statement {
        class,
        status: status_of(status, reason)?,
        severity: severity_of(read.u8()?)?,
        module: read.option(In::owned)?,
        ranges: read.list(|read| {
            let introduced = read.option(In::owned)?;
            let end = read.u8()?;
            let version = read.owned()?;
            let end = match end {
                0 => End::Open,
                1 => End::Fixed(version),
                2 => End::LastAffected(version),
                3 => End::Limit(version),
                _ => return Err(Malformed),
            };
            Ok(Range { introduced, end })
        })?,
        versions: read.texts()?,
        platforms: read.texts()?,
        imports: read.list(|read| Ok(Import { path: read.owned()?, platforms: read.texts()? }))?,
        ..key.clone()
    })
}

pub(crate) fn status_code(status: &Status) -> (u8, &str) {
    match status {
        Status::Affected => (0, ""),
        Status::NotAffected => (1, ""),
        Status::WontFix(reason) => (2, reason),
        Status::Deferred(reason) => (3, reason),
        Status::Investigating => (4, ""),
    }
}

pub(crate) fn status_of(code: u8, reason: &str) -> Result<Status> {
    Ok(match code {
        0 => Status::Affected,
        1 => Status::NotAffected,
        2 => Status::WontFix(reason.to_owned()),
        3 => Status::Deferred(reason.to_owned()),
        4 => Status::Investigating,
        _ => return Err(Malformed),
    })
}

/// Enrichment, its CVE first.
pub(crate) fn write_enrichment(cve: &Enrichment, out: &mut Out) {
    out.text(&cve.cve);
    out.text(&cve.title);
    out.list(&cve.ratings, write_rating);
    out.texts(&cve.cwes);
    out.option(cve.ssvc.as_ref(), |out, ssvc| {
        out.text(&ssvc.exploitation);
        out.text(&ssvc.automatable);
        out.text(&ssvc.technical_impact);
    });
    out.option(cve.kev.as_ref(), |out, kev| {
        out.text(&kev.added);
        out.text(&kev.due);
        out.u8(u8::from(kev.ransomware));
    });
    out.option(cve.epss, |out, (score, percentile)| {
        out.float(score);
        out.float(percentile);
    });
    out.option(cve.published.as_deref(), Out::text);
    out.u8(u8::from(cve.rejected));
}

/// Reads what [`write_enrichment`] wrote.
pub(crate) fn read_enrichment(read: &mut In<'_>) -> Result<Enrichment> {
    Ok(Enrichment {
        cve: read.owned()?,
        title: read.owned()?,
        ratings: read.list(read_rating)?,
        cwes: read.texts()?,
        ssvc: read.option(|read| {
            Ok(Ssvc {
                exploitation: read.owned()?,
                automatable: read.owned()?,
                technical_impact: read.owned()?,
            })
        })?,
        kev: read.option(|read| {
            Ok(Kev { added: read.owned()?, due: read.owned()?, ransomware: read.u8()? != 0 })
        })?,
        epss: read.option(|read| Ok((read.float()?, read.float()?)))?,
        published: read.option(In::owned)?,
        rejected: read.u8()? != 0,
    })
}

/// A row of the coverage table.
pub(crate) fn write_coverage(out: &mut Out, coverage: &Coverage) {
    out.text(&coverage.source);
    out.u8(coverage.ecosystem as u8);
    out.option(coverage.release.as_deref(), Out::text);
    out.option(coverage.packages.as_deref(), Out::texts);
    out.number(coverage.records);
    out.option(coverage.newest.as_deref(), Out::text);
}

/// Reads what [`write_coverage`] wrote.
pub(crate) fn read_coverage(read: &mut In<'_>) -> Result<Coverage> {
    Ok(Coverage {
        source: read.owned()?,
        ecosystem: ecosystem_of(read.u8()?)?,
        release: read.option(In::owned)?,
        packages: read.option(In::texts)?,
        records: read.number()?,
        newest: read.option(In::owned)?,
    })
}

/// A lint.
pub(crate) fn write_lint(out: &mut Out, lint: &Lint) {
    out.text(&lint.source);
    out.text(&lint.code);
    out.text(&lint.record);
    out.text(&lint.detail);
}

/// Reads what [`write_lint`] wrote.
pub(crate) fn read_lint(read: &mut In<'_>) -> Result<Lint> {
    Ok(Lint { source: read.owned()?, code: read.owned()?, record: read.owned()?, detail: read.owned()? })
}
