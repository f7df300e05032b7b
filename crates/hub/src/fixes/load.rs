//! The fleet out of the store, in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use package::Ecosystem;
use posture::Deed;
use serde::Deserialize;
use store::{
    Micros, StoreError, Tx,
    fixes::{self as stored, ImageRow, SubjectRow},
};

use super::{
    bases,
    facts::{class, kind},
    fleet::{Carried, Finding, Fleet, Gone, Group, NONE, Place, Subject, Vulnerability, number},
    hide,
    reach::Reach,
};
use crate::{assess::Said, matching::Other};

/// A content while the fleet is read.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) row: ImageRow,
    /// Its places, as indices.
    pub(super) places: Vec<u32>,
    /// The scope of each of its places, with those that need not be looked at.
    pub(super) scopes: Vec<u32>,
    /// Units of its layers, base first; a layer that is there twice has none the second time.
    pub(super) layers: Vec<Option<i64>>,
    /// The unit of what is of no layer.
    pub(super) whole: Option<i64>,
    /// Index of its base, and of how many layers that consists.
    pub(super) base: Option<(u32, i64)>,
}

/// What rules look at beside the fleet, while it is read.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// By place.
    pub(super) content_of: Vec<u32>,
    pub(super) asset_ids: Vec<String>,
    pub(super) manifests: Vec<String>,
    /// By vulnerability: summary, aliases, detail.
    pub(super) told: Vec<(String, String, String)>,
    /// By finding: what the source says of a fix.
    pub(super) fix_status: Vec<&'static str>,
}

/// Reads the fleet as it is, with what holds at `now`. `kept` are the places that had a fix.
pub(super) fn read(
    tx: &mut Tx<'_>,
    now: Micros,
    kept: &HashSet<i64>,
) -> Result<(Fleet, Option<Micros>), StoreError> {
    let said = Said::read(tx, now)?;
    let ends = said.rules.iter().filter_map(|rule| rule.expires);
    let ends = ends.chain(said.exemptions.iter().filter_map(|exemption| exemption.expires));
    let until = ends.map(|at| Micros(at.0)).min();
    let asks = !said.rules.is_empty() || !said.exemptions.is_empty();
    let mut fleet = Fleet::default();
    let mut rest = Rest::default();
    let mut contents = contents(tx)?;
    places(tx, &mut fleet, &mut contents, &mut rest, kept)?;
    bases::read(tx, &mut fleet, &mut contents)?;
    findings(tx, &mut fleet, &mut rest, asks)?;
    packages(tx, &mut fleet, &contents)?;
    if asks {
        hide::hide(&mut fleet, &contents, &rest, &said, now);
    }
    for (old, new) in stored::replaced(tx)? {
        if let (Some(old), Some(new)) = (fleet.index_of(old), fleet.index_of(new))
            && let Some(place) = fleet.places.get_mut(old as usize)
        {
            place.replaced_by = new;
        }
    }
    fleet.finish();
    Ok((fleet, until))
}

fn contents(tx: &mut Tx<'_>) -> Result<BTreeMap<i64, Content>, StoreError> {
    let mut contents = BTreeMap::new();
    stored::images(tx, |row| {
        contents.insert(
            row.id,
            Content {
                row,
                places: Vec::new(),
                scopes: Vec::new(),
                layers: Vec::new(),
                whole: None,
                base: None,
            },
        );
    })?;
    stored::layers(tx, |image, position, unit| {
        let Some(content) = contents.get_mut(&image) else { return };
        if position < 0 {
            content.whole = unit;
        } else {
            content.layers.push(unit);
        }
    })?;
    Ok(contents)
}

fn places(
    tx: &mut Tx<'_>,
    fleet: &mut Fleet,
    contents: &mut BTreeMap<i64, Content>,
    rest: &mut Rest,
    kept: &HashSet<i64>,
) -> Result<(), StoreError> {
    let numbers: HashMap<i64, u32> = contents.keys().copied().zip(0..).collect();
    stored::places(tx, |place| {
        let Some(content) = contents.get_mut(&place.image) else { return };
        let scope = fleet.texts.add(&place.scope);
        content.scopes.push(scope);
        if place.is_idle {
            fleet.idle.insert(place.id);
            return;
        }
        content.places.push(number(fleet.places.len()));
        fleet.places.push(Place {
            id: place.id,
            scope,
            owner: place.owner.as_deref().map_or(NONE, |owner| fleet.texts.add(owner)),
            replaced_by: NONE,
            is_image: content.row.is_image,
        });
        rest.content_of.push(numbers.get(&place.image).copied().unwrap_or(NONE));
        rest.asset_ids.push(place.asset_id);
        rest.manifests.push(place.manifest_digest);
    })?;
    if kept.is_empty() {
        return Ok(());
    }
    stored::known_places(tx, &mut |id, scope, owner| {
        if kept.contains(&id) {
            let scope = fleet.texts.add(&scope);
            let owner = owner.as_deref().map_or(NONE, |owner| fleet.texts.add(owner));
            fleet.gone.insert(id, Gone { scope, owner });
        }
    })
}

fn findings(tx: &mut Tx<'_>, fleet: &mut Fleet, rest: &mut Rest, asks: bool) -> Result<(), StoreError> {
    let mut known: HashMap<String, u32> = HashMap::new();
    stored::vulnerabilities(tx, asks, |told| {
        #[expect(clippy::cast_possible_truncation, reason = "a probability of which three digits are shown")]
        let epss = told.epss.map_or(-1.0, |epss| epss as f32);
        known.insert(told.id.clone(), number(fleet.vulnerabilities.len()));
        fleet.vulnerabilities.push(Vulnerability { name: fleet.texts.add(&told.id), epss });
        if asks {
            rest.told.push((told.summary, told.aliases, told.detail));
        }
    })?;
    let mut of: HashMap<i64, (u32, u32)> = HashMap::new();
    stored::findings(tx, |row| {
        let at = number(fleet.findings.len());
        of.entry(row.subject).or_insert((at, at)).1 = at + 1;
        fleet.findings.push(Finding {
            vulnerability: known.get(&row.vulnerability).copied().unwrap_or(NONE),
            fixed: row.fixed.as_deref().map_or(NONE, |version| fleet.texts.add(version)),
            severity: row.severity,
            class: class(&row.class),
            kev: row.kev,
        });
        if asks {
            rest.fix_status.push(match row.fix_status.as_str() {
                "fixed" => "fixed",
                "wont-fix" => "wont-fix",
                "deferred" => "deferred",
                "investigating" => "investigating",
                _ => "none-known",
            });
        }
    })?;
    stored::subjects(tx, |row| {
        if let Some(findings) = of.get(&row.id) {
            let subject = subject(fleet, &row, *findings);
            fleet.subjects.push(subject);
        }
    })
}

/// A subject's place in the words of a scan's plan: who carries a package repairs it, else it is upgraded itself.
fn subject(fleet: &mut Fleet, row: &SubjectRow, findings: (u32, u32)) -> Subject {
    #[derive(Deserialize)]
    struct Carriers {
        owner: Option<Other>,
        carrier: Option<Other>,
    }
    let own = kind(&row.kind);
    let part = if row.source_name.is_empty() { &row.name } else { &row.source_name };
    // Most subjects have none: their text is not read.
    let carried = row.context.contains("\"owner\":") || row.context.contains("\"carrier\":");
    let carriers = carried.then(|| serde_json::from_str::<Carriers>(&row.context).ok()).flatten();
    let by = carriers.and_then(|carriers| carriers.owner.or(carriers.carrier));
    let (deed, kind, name) = match &by {
        Some(by) => (Deed::UpgradeCarrier, by.kind, by.name.as_str()),
        None => (Deed::Upgrade, own, part.as_str()),
    };
    Subject {
        id: row.id,
        deed,
        kind,
        part_kind: own,
        ecosystem: Ecosystem::from_osv(&row.ecosystem).map(|(ecosystem, _)| ecosystem),
        release: fleet.texts.add(&row.release),
        name: fleet.texts.add(name),
        part: fleet.texts.add(part),
        package: fleet.texts.add(&row.name),
        source: if row.source_name.is_empty() { NONE } else { fleet.texts.add(&row.source_name) },
        installed: fleet.texts.add(&row.version),
        findings,
    }
}

/// A package of a unit: its number, the unit, index of the subject, the path of the binary.
pub(super) type Row = (i64, i64, u32, u32);

/// The images of a unit, by the base that it belongs to in them.
type Groups = HashMap<i64, Vec<u32>>;

/// Puts packages into the layers of images.
fn packages(tx: &mut Tx<'_>, fleet: &mut Fleet, contents: &BTreeMap<i64, Content>) -> Result<(), StoreError> {
    let subjects: HashMap<i64, u32> = fleet.subjects.iter().map(|subject| subject.id).zip(0..).collect();
    let mut rows: Vec<Row> = Vec::new();
    stored::packages(tx, |id, unit, subject, evidence| {
        let Some(index) = subjects.get(&subject).copied() else { return };
        let path = path(fleet, index, evidence.as_deref());
        rows.push((id, unit, index, path));
    })?;
    let mut hidden: HashMap<i64, Vec<i64>> = HashMap::new();
    stored::hidden(tx, |image, package| {
        // Packages without findings are not at hand, and are not asked for.
        if rows.binary_search_by_key(&package, |row| row.0).is_ok() && contents.contains_key(&image) {
            hidden.entry(package).or_default().push(image);
        }
    })?;
    fleet.reach = Reach::of(fleet, contents, &rows, &hidden);
    let mut images_of: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
    for (image, content) in contents.iter().filter(|(_, content)| !content.places.is_empty()) {
        for (position, unit) in (0..).zip(&content.layers) {
            if let Some(unit) = unit {
                images_of.entry(*unit).or_default().push((*image, position));
            }
        }
        if let Some(unit) = content.whole {
            // It lies in no layer, so in no base.
            images_of.entry(unit).or_default().push((*image, i64::MAX));
        }
    }
    let mut groups = Groups::new();
    let mut apart: HashMap<(i64, Vec<i64>), Vec<u32>> = HashMap::new();
    for (id, unit, subject, path) in rows {
        let Some(images) = images_of.get(&unit) else { continue };
        let of = match hidden.remove(&id) {
            None => groups.entry(unit).or_insert_with(|| group(fleet, contents, images, &[])),
            Some(without) => {
                let key = (unit, without.clone());
                apart.entry(key).or_insert_with(|| group(fleet, contents, images, &without))
            }
        };
        let findings = fleet.subjects.get(subject as usize).map_or((0, 0), |subject| subject.findings);
        fleet.carried.extend(of.iter().map(|group| Carried { subject, group: *group, path, findings }));
    }
    Ok(())
}

/// Groups of the images of a unit, without some: one for each base. Hidden images come in order.
fn group(
    fleet: &mut Fleet,
    contents: &BTreeMap<i64, Content>,
    images: &[(i64, i64)],
    without: &[i64],
) -> Vec<u32> {
    let mut by_base: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (image, position) in images.iter().filter(|(image, _)| without.binary_search(image).is_err()) {
        let Some(content) = contents.get(image) else { continue };
        let base = content.base.filter(|(_, layers)| position < layers).map_or(NONE, |(base, _)| base);
        by_base.entry(base).or_default().extend(&content.places);
    }
    let mut made = Vec::with_capacity(by_base.len());
    for (base, mut places) in by_base {
        places.sort_unstable();
        let from = number(fleet.arena.len());
        fleet.arena.append(&mut places);
        made.push(number(fleet.groups.len()));
        fleet.groups.push(Group { base, images: (from, number(fleet.arena.len())) });
    }
    made
}

/// The binary that a Go module stands in, where it is not carried by another package.
fn path(fleet: &mut Fleet, subject: u32, evidence: Option<&str>) -> u32 {
    let Some(evidence) = evidence else { return NONE };
    if fleet.subjects.get(subject as usize).is_none_or(|subject| subject.deed != Deed::Upgrade) {
        return NONE;
    }
    let paths: Vec<String> = serde_json::from_str(evidence).unwrap_or_default();
    paths.first().map_or(NONE, |path| fleet.texts.add(path))
}
