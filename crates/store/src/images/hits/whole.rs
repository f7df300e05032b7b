//! All places of some packages at once.
//!
//! A package that stands in a base lies in thousands of places by way of a few layers. So packages, their layers, the images
//! of those and the places are each read once, and put together here; a join would walk every package of every place. What
//! is asked of all places stands in one index; names of assets are read for a page alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Filter, HitPackage, Verdict};
use crate::{
    Order, Page, PageRequest, Row, Select, StoreError, Tx, Value, images::places::narrow, page,
    subjects::by_number, values,
};

/// Numbers asked for at once.
const CHUNK: usize = 200;
/// Up to so many images, their places are asked for; beyond, those of all.
const FEW: usize = 1_000;
/// Names of assets read at once where a page is looked for among all.
const STEP: u32 = 1_000;
/// Packages that are told at most.
const MOST: usize = 500;

/// A package in its unit.
struct Package {
    /// Its number, which is what images hide.
    id: i64,
    told: (String, String, String),
    verdict: Option<Verdict>,
}

/// A place that the filter leaves.
struct Place {
    id: i64,
    image: i64,
    owner: Option<String>,
    /// Its packages.
    rows: usize,
}

/// A place of a page, by its asset's id.
struct Named {
    place: i64,
    image: i64,
    asset_id: String,
}

/// Packages and their places.
pub(super) struct Whole {
    /// By unit, in the order of their numbers.
    packages: BTreeMap<i64, Vec<Package>>,
    /// Position and unit of the layers of images that have a package.
    layers: HashMap<i64, Vec<(i64, i64)>>,
    /// Image and package of what images do not have.
    hidden: HashSet<(i64, i64)>,
    /// With a package, in no order.
    places: Vec<Place>,
}

/// A row of the list.
pub(super) struct Hit {
    pub(super) place: i64,
    pub(super) image: i64,
    pub(super) package: i64,
    pub(super) position: i64,
    pub(super) verdict: Option<Verdict>,
}

impl Whole {
    /// Reads the packages that `select` gives, in the places that `filter` leaves.
    pub(super) fn read(
        tx: &mut Tx<'_>,
        select: &Select,
        filter: &Filter,
        verdict: impl Fn(&Row) -> Result<Option<Verdict>, StoreError>,
    ) -> Result<Self, StoreError> {
        let mut packages: BTreeMap<i64, Vec<Package>> = BTreeMap::new();
        for row in select.all(tx, "ORDER BY 1")? {
            let told = (row.get(3)?, row.get(4)?, row.get(5)?);
            let package = Package { id: row.get(0)?, told, verdict: verdict(&row)? };
            packages.entry(row.get(1)?).or_default().push(package);
        }
        let mut whole = Self { packages, layers: HashMap::new(), hidden: HashSet::new(), places: Vec::new() };
        whole.read_layers(tx)?;
        whole.read_places(tx, filter)?;
        Ok(whole)
    }

    fn read_layers(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let units: Vec<i64> = self.packages.keys().copied().collect();
        // The position is a part of the key, so that the index of units has it too.
        let sql =
            |marks: &str| format!("SELECT image, position, unit FROM image_layer WHERE unit IN ({marks})");
        let layers = by_number(tx, &units, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for (image, position, unit) in layers {
            self.layers.entry(image).or_default().push((position, unit));
        }
        let ids: Vec<i64> = self.packages.values().flatten().map(|package| package.id).collect();
        let sql = |marks: &str| {
            format!("SELECT image, unit_subject FROM image_hidden WHERE unit_subject IN ({marks})")
        };
        self.hidden.extend(by_number(tx, &ids, sql, |row| Ok((row.get(0)?, row.get(1)?)))?);
        Ok(())
    }

    fn read_places(&mut self, tx: &mut Tx<'_>, filter: &Filter) -> Result<(), StoreError> {
        let image = if filter.asks_of_image() { " JOIN image i ON i.id = a.image" } else { "" };
        let mut all = Select::new("a.id, a.image, a.owner", format!("placement a{image}"));
        narrow(&mut all, filter);
        let mut selects = Vec::new();
        let images: BTreeSet<i64> = self.layers.keys().copied().collect();
        if images.len() > FEW {
            all.and("a.image IS NOT NULL", []);
            selects.push(all);
        } else {
            let images: Vec<i64> = images.into_iter().collect();
            for chunk in images.chunks(CHUNK) {
                let mut select = all.clone();
                select.is_in("a.image", chunk.iter().map(|image| Value::Int(*image)));
                selects.push(select);
            }
        }
        for select in selects {
            for row in select.all(tx, "")? {
                let image = row.get(1)?;
                let rows = self.of_image(image).count();
                if rows > 0 {
                    self.places.push(Place { id: row.get(0)?, image, owner: row.get(2)?, rows });
                }
            }
        }
        Ok(())
    }

    /// Packages of an image, with the position of their layer.
    fn of_image(&self, image: i64) -> impl Iterator<Item = (&Package, i64)> {
        let layers = self.layers.get(&image).into_iter().flatten();
        layers
            .flat_map(|(position, unit)| {
                self.packages.get(unit).into_iter().flatten().map(|package| (package, *position))
            })
            .filter(move |(package, _)| self.hidden.is_empty() || !self.hidden.contains(&(image, package.id)))
    }

    /// How many rows there are, and in how many places.
    pub(super) fn count(&self) -> (u64, u64) {
        let rows: usize = self.places.iter().map(|place| place.rows).sum();
        (rows as u64, self.places.len() as u64)
    }

    /// Places by owner.
    pub(super) fn owners(&self) -> BTreeMap<Option<String>, u64> {
        let mut owners = BTreeMap::new();
        for place in &self.places {
            match owners.get_mut(&place.owner) {
                Some(images) => *images += 1,
                None => _ = owners.insert(place.owner.clone(), 1),
            }
        }
        owners
    }

    /// The packages that lie in a place, by name and version; at most [`MOST`].
    pub(super) fn packages(&self) -> Vec<HitPackage> {
        let images: BTreeSet<i64> = self.places.iter().map(|place| place.image).collect();
        let mut seen = HashSet::new();
        let mut found = BTreeMap::new();
        for package in images.iter().flat_map(|image| self.of_image(*image)).map(|(package, _)| package) {
            if !seen.insert(package.id) {
                continue;
            }
            let (kind, name, version) = &package.told;
            let verdict = package.verdict.as_ref();
            let fix_status = verdict.map_or("", |verdict| &verdict.fix_status);
            let fix = verdict.map_or("", |verdict| &verdict.fix);
            found.insert((name, kind, version, fix_status, fix), ());
        }
        let told = found.into_keys().take(MOST).map(|(name, kind, version, fix_status, fix)| HitPackage {
            kind: kind.clone(),
            name: name.clone(),
            version: version.clone(),
            fix_status: fix_status.to_owned(),
            fix: fix.to_owned(),
        });
        told.collect()
    }

    /// The places in the order of their assets, from one on: as many as are wanted, or more.
    fn named(
        &self,
        tx: &mut Tx<'_>,
        from: Option<&str>,
        backwards: bool,
        wanted: usize,
    ) -> Result<Vec<Named>, StoreError> {
        let images: HashMap<i64, i64> = self.places.iter().map(|place| (place.id, place.image)).collect();
        let mut named = Vec::new();
        let mut take = |row: &Row| -> Result<usize, StoreError> {
            let place = row.get(0)?;
            if let Some(image) = images.get(&place) {
                named.push(Named { place, image: *image, asset_id: row.get(1)? });
            }
            Ok(named.len())
        };
        let (with, tail) = if backwards { ("<", "DESC") } else { (">", "ASC") };
        if images.len() <= FEW {
            let ids: Vec<i64> = images.keys().copied().collect();
            for chunk in ids.chunks(CHUNK) {
                let mut select = Select::new("a.id, a.asset_id", "placement a");
                select.is_in("a.id", chunk.iter().map(|id| Value::Int(*id)));
                if let Some(from) = from {
                    select.and(&format!("a.asset_id {with}= ?"), values![from]);
                }
                for row in select.all(tx, "")? {
                    take(&row)?;
                }
            }
            named.sort_unstable_by(|a, b| a.asset_id.cmp(&b.asset_id));
            if backwards {
                named.reverse();
            }
            return Ok(named);
        }
        // One place in so many is among them: the index of assets is walked until there are enough.
        let (mut with, mut from) = (format!("{with}="), from.map(str::to_owned));
        loop {
            let mut select = Select::new("a.id, a.asset_id", "placement a");
            if let Some(from) = &from {
                select.and(&format!("a.asset_id {with} ?"), values![from]);
            }
            let rows = select.all(tx, &format!("ORDER BY a.asset_id {tail} LIMIT {STEP}"))?;
            let mut enough = rows.len() < STEP as usize;
            for row in &rows {
                enough |= take(row)? >= wanted;
            }
            match rows.last() {
                Some(last) if !enough => from = Some(last.get(1)?),
                _ => return Ok(named),
            }
            with.truncate(1);
        }
    }

    /// A page in the order of assets, packages and positions.
    pub(super) fn page(
        &self,
        tx: &mut Tx<'_>,
        order: &Order,
        request: &PageRequest,
    ) -> Result<Page<Hit>, StoreError> {
        let after = match page::after(order, request)? {
            None => None,
            Some(keys) => match <[Value; 3]>::try_from(keys) {
                Ok([Value::Text(asset), Value::Int(package), Value::Int(position)]) => {
                    Some((asset, package, position))
                }
                _ => return Err(StoreError::Cursor),
            },
        };
        let backwards = request.backwards;
        let limit = request.limit.clamp(1, crate::MAX_LIMIT) as usize;
        // Each place has a row at least, the one where the page before ended perhaps none that is left.
        let places =
            self.named(tx, after.as_ref().map(|(asset, ..)| asset.as_str()), backwards, limit + 2)?;
        let mut hits: Vec<(&Named, &Package, i64)> = Vec::new();
        for place in &places {
            let from = hits.len();
            hits.extend(self.of_image(place.image).filter_map(|(package, position)| {
                let key = (&place.asset_id, package.id, position);
                let is_behind = after.as_ref().is_none_or(|(asset, id, at)| {
                    if backwards { key < (asset, *id, *at) } else { key > (asset, *id, *at) }
                });
                is_behind.then_some((place, package, position))
            }));
            if let Some(of_place) = hits.get_mut(from..) {
                of_place.sort_unstable_by_key(|(_, package, position)| (package.id, *position));
                if backwards {
                    of_place.reverse();
                }
            }
            if hits.len() > limit {
                break;
            }
        }
        let more = hits.len() > limit;
        hits.truncate(limit);
        let next = hits.last().filter(|_| more).map(|(place, package, position)| {
            let keys = [Value::Text(place.asset_id.clone()), Value::Int(package.id), Value::Int(*position)];
            page::cursor(order, request, &keys)
        });
        let items = hits.into_iter().map(|(place, package, position)| Hit {
            place: place.place,
            image: place.image,
            package: package.id,
            position,
            verdict: package.verdict.clone(),
        });
        Ok(Page { items: items.collect(), next })
    }
}
