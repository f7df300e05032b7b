//! What store and database tell of a vulnerability.

use super::super::{super::wire::time, evidence::vulnerability_id, explain, wire};
use crate::{AppState, Error, matching::micros};
use api::{
    tally::Severity,
    vulnerability::{Counts, HitPackage, OwnerShare, Record, Vulnerability, WebLink},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{images, matches, subjects::Name, vulnerabilities as stored};
use vulndb::{Database, Enrichment};

/// Records that are shown; a kernel's flaw stands in every distribution's.
const RECORDS: usize = 200;
/// Links that are shown.
const LINKS: usize = 100;

/// What is known of a vulnerability.
pub(in super::super) struct Told {
    /// Its id: a CVE where there is one.
    pub(in super::super) id: String,
    /// What the store has of it.
    row: Option<stored::VulnerabilityRow>,
    /// Records of the database about it.
    records: Vec<vulndb::Record>,
    /// What the database knows of it beside records.
    enrichment: Option<Enrichment>,
}

/// What a vulnerability does here.
pub(super) struct Here {
    pub(super) affected: u64,
    pub(super) places: u64,
    pub(super) apart: u64,
    pub(super) not_affected: u64,
    pub(super) not_assessed: u64,
    pub(super) owners: Vec<images::OwnerHit>,
    pub(super) packages: Vec<images::HitPackage>,
}

/// What is known of a vulnerability under this name, with the database that told it.
///
/// # Errors
/// *Not found* where neither store nor database knows the name.
pub(in super::super) async fn known(state: &AppState, name: &str) -> Result<(Arc<Database>, Told), Error> {
    let name = vulnerability_id(name).map_err(|_| Error::not_found("vulnerability", name))?;
    let asked = name.clone();
    let rows = state.read(move |tx| stored::named(tx, &asked).map(Ok)).await?;
    // A name may be an alias of several; the one that bears it as its own goes first.
    let row = rows.iter().find(|row| row.id.eq_ignore_ascii_case(&name)).or(rows.first()).cloned();
    let database = state.matcher.database().await;
    let id = match &row {
        Some(row) => row.id.clone(),
        None => {
            let records = database.records(&name).map_err(Error::internal)?;
            let cves: Vec<&String> = records.iter().flat_map(|(record, _)| &record.cves).collect();
            let own = cves.iter().find(|cve| cve.eq_ignore_ascii_case(&name)).or(cves.first());
            match (own, records.first()) {
                (Some(cve), _) => (*cve).clone(),
                (None, Some((record, _))) => record.id.clone(),
                (None, None) => name.clone(),
            }
        }
    };
    let records: Vec<vulndb::Record> =
        database.records(&id).map_err(Error::internal)?.into_iter().map(|(record, _)| record).collect();
    let enrichment = database.enrichment(&id).map_err(Error::internal)?;
    if row.is_none() && records.is_empty() && enrichment.is_none() {
        return Err(Error::not_found("vulnerability", &name));
    }
    Ok((database, Told { id, row, records, enrichment }))
}

/// The names of packages that records of a vulnerability speak of.
///
/// # Errors
/// When the database is damaged.
pub(super) fn names(database: &Database, id: &str) -> Result<Vec<Name>, vulndb::Error> {
    let names = database.records(id)?.into_iter().flat_map(|(_, names)| names);
    let mut seen = BTreeSet::new();
    Ok(names
        .filter(|name| seen.insert((name.ecosystem, name.release.clone(), name.kind, name.name.clone())))
        .map(|name| Name {
            ecosystem: name.ecosystem.row().osv.to_owned(),
            release: name.release,
            kind: wire::name_kind(name.kind).to_owned(),
            name: name.name,
            content: None,
        })
        .collect())
}

pub(super) fn vulnerability(told: Told, here: &Here) -> Vulnerability {
    let Told { id, row, records, enrichment } = told;
    let mut ratings = row.as_ref().map(|row| wire::told(&row.detail)).unwrap_or_default().ratings;
    if ratings.is_empty() {
        ratings.extend(records.iter().flat_map(|record| record.ratings.iter().cloned()));
        ratings.extend(enrichment.iter().flat_map(|known| known.ratings.iter().cloned()));
        ratings.dedup();
        ratings.truncate(RECORDS);
    }
    let rated = ratings.first().map_or(Severity::Unknown, |rating| rating.severity.into());
    let mut aliases: BTreeSet<String> = BTreeSet::new();
    if let Some(row) = &row {
        aliases.extend(serde_json::from_str::<Vec<String>>(&row.aliases).unwrap_or_default());
    }
    for record in &records {
        // A record about several CVEs lends none of them the names of the others.
        if record.cves.len() < 2 {
            aliases.extend(record.aliases.iter().cloned());
        }
        aliases.insert(record.id.clone());
    }
    aliases.remove(&id);
    let title = row.as_ref().map(|row| row.summary.as_str()).into_iter();
    let title = title.chain(records.iter().map(|record| record.summary.as_str()));
    let title =
        title.chain(enrichment.iter().map(|known| known.title.as_str())).find(|text| !text.is_empty());
    let published = row.as_ref().and_then(|row| row.published).or_else(|| {
        let told = records.iter().filter_map(|record| record.published.as_deref());
        told.chain(enrichment.iter().filter_map(|known| known.published.as_deref())).filter_map(micros).min()
    });
    let mut links: BTreeMap<&str, &str> = BTreeMap::new();
    for link in records.iter().flat_map(|record| &record.references).filter(|link| wire::is_web(&link.url)) {
        if links.len() < LINKS {
            links.entry(&link.url).or_insert(&link.kind);
        }
    }
    let owners = here.owners.iter().filter(|hit| hit.owner.is_some()).count() as u64;
    Vulnerability {
        sentence: sentence(&id, here, owners),
        title: wire::cut(title.unwrap_or_default()),
        severity: row.as_ref().map_or(rated, |row| row.severity.into()),
        kev: row.as_ref().is_some_and(|row| row.kev)
            || enrichment.as_ref().is_some_and(|known| known.kev.is_some()),
        epss: row
            .as_ref()
            .and_then(|row| row.epss)
            .or_else(|| enrichment.as_ref().and_then(|known| known.epss).map(|(score, _)| score)),
        published: published.map(time),
        ratings: ratings.iter().map(explain::rating).collect(),
        advisories: records
            .iter()
            .take(RECORDS)
            .map(|record| Record {
                source: record.source.clone(),
                id: record.id.clone(),
                url: explain::page(&record.references),
                statement: wire::cut(&record.summary),
                withdrawn: record.withdrawn,
            })
            .collect(),
        references: links
            .into_iter()
            .map(|(url, kind)| WebLink { kind: kind.to_owned(), url: wire::cut(url) })
            .collect(),
        counts: Counts {
            affected: here.affected,
            apart: here.apart,
            not_affected: here.not_affected,
            not_assessed: here.not_assessed,
            images: here.places,
            owners,
        },
        owners: here
            .owners
            .iter()
            .map(|hit| OwnerShare { owner: hit.owner.as_ref().map(wire::owner), images: hit.images })
            .collect(),
        packages: packages(&here.packages),
        aliases: aliases.into_iter().collect(),
        id,
    }
}

/// Versions that are here, and versions with the fix.
type Versions<'a> = (BTreeSet<&'a str>, BTreeSet<&'a str>);

fn packages(rows: &[images::HitPackage]) -> Vec<HitPackage> {
    let mut packages: BTreeMap<(&str, &str), Versions<'_>> = BTreeMap::new();
    for row in rows {
        let (versions, fixes) = packages.entry((&row.name, &row.kind)).or_default();
        versions.insert(&row.version);
        if row.fix_status == matches::FIXED {
            fixes.insert(&row.fix);
        }
    }
    packages
        .into_iter()
        .map(|((name, kind), (versions, fixes))| HitPackage {
            kind: kind.to_owned(),
            name: name.to_owned(),
            versions: versions.into_iter().map(str::to_owned).collect(),
            fixed: Some(fixes.into_iter().collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty()),
        })
        .collect()
}

fn sentence(id: &str, here: &Here, owners: u64) -> String {
    let many = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    if here.places > 0 {
        let whose = match owners {
            0 => "of nobody".to_owned(),
            owners => format!("of {}", many(owners, "owner", "owners")),
        };
        return format!("{id} hits {} {whose}.", many(here.places, "image", "images"));
    }
    if here.not_assessed > 0 {
        let packages = many(here.not_assessed, "package that it speaks of", "packages that it speaks of");
        return format!("no image is known to be hit by {id}, and {packages} could not be judged.");
    }
    match (here.apart, here.not_affected) {
        (0, 0) => format!("no image here has a package that {id} speaks of."),
        (0, spared) => format!(
            "no image is hit by {id}: {} in a version that it does not concern.",
            many(spared, "package of its names is here", "packages of its names are here")
        ),
        (apart, _) => {
            format!(
                "no image counts as hit by {id}: {} shown apart.",
                many(apart, "finding is", "findings are")
            )
        }
    }
}
