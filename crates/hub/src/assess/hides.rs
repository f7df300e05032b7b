//! What rules hide, one by one: of a rule across its images, and of an image by every rule.

use std::{collections::HashMap, fmt, str::FromStr};

use model::Severity;
use posture::{Disabler, ImageKey, Time};
use store::{Micros, StoreError, Tx, disable_rules, judging};

use super::{
    facts::Data,
    load::{Around, Image, Loaded},
    world::World,
};

/// Where a list of hidden findings goes on: at this image, behind so many of its findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hides {
    /// The asset's id; empty at the beginning.
    asset: String,
    /// So many of its findings were given already.
    given: usize,
}

impl fmt::Display for Hides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.given, self.asset)
    }
}

impl FromStr for Hides {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (given, asset) = text.split_once('~').ok_or(())?;
        Ok(Self { asset: asset.to_owned(), given: given.parse().map_err(|_| ())? })
    }
}

/// A finding that a rule hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenFinding {
    /// The number of the place.
    pub placement: i64,
    /// The asset.
    pub asset_id: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// The package.
    pub package: String,
    /// How bad.
    pub severity: Severity,
}

/// Images that are looked at in one go.
const CHUNK: u32 = 50;

/// What a rule hides, by asset, from a place on: at most `limit`, and where to go on.
///
/// # Errors
/// The store's.
pub fn of_rule(
    tx: &mut Tx<'_>,
    rule: i64,
    from: &Hides,
    limit: u32,
    now: Micros,
) -> Result<(Vec<HiddenFinding>, Option<Hides>), StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let around = Around::read(tx, Data::default(), now)?;
    let id = rule.to_string();
    let mut world = World::default();
    let (mut found, mut at) = (Vec::new(), from.clone());
    let mut with_it = !from.asset.is_empty();
    loop {
        let assets = disable_rules::assets(tx, rule, &at.asset, with_it, CHUNK)?;
        if assets.is_empty() {
            return Ok((found, None));
        }
        let places = judging::places(tx, &assets)?;
        let mut loaded = Loaded::read(tx, &mut world, &around, places)?;
        let facts = loaded.facts(&world)?;
        let disabler = Disabler::new(&around.said.rules, &facts, Time(now.0));
        loaded.images.sort_by(|a, b| a.place.asset_id.cmp(&b.place.asset_id));
        for image in &loaded.images {
            let skip = if image.place.asset_id == at.asset { at.given } else { 0 };
            at = Hides { asset: image.place.asset_id.clone(), given: skip };
            let hidden = disabler.hidden(&key(image), &image.findings);
            let own = hidden
                .into_iter()
                .filter(|hidden| around.said.rules.get(hidden.rule).is_some_and(|acting| acting.id == id));
            for hidden in own.skip(skip) {
                if found.len() == limit {
                    return Ok((found, Some(at)));
                }
                at.given += 1;
                if let Some(finding) = facts.get(hidden.finding as usize) {
                    found.push(HiddenFinding {
                        placement: image.place.id,
                        asset_id: image.place.asset_id.clone(),
                        vulnerability: finding.vulnerability.to_owned(),
                        package: finding.package.to_owned(),
                        severity: finding.severity,
                    });
                }
            }
        }
        with_it = false;
    }
}

fn key(image: &Image) -> ImageKey<'_> {
    let os = image.facts.distribution.as_ref();
    ImageKey {
        scope: &image.scope,
        digests: &image.digests,
        os: os.map(|os| (os.id.as_str(), os.version.as_str())),
    }
}

/// A package's name and a vulnerability, with the number of the rule that hides it.
pub type HiddenBy = HashMap<(String, String), i64>;

/// What rules hide of an image in a place, by package and vulnerability.
///
/// # Errors
/// The store's.
pub fn of_image(tx: &mut Tx<'_>, placement: i64, now: Micros) -> Result<HiddenBy, StoreError> {
    let around = Around::read(tx, Data::default(), now)?;
    if around.said.rules.is_empty() {
        return Ok(HashMap::new());
    }
    let mut world = World::default();
    let places = judging::places(tx, &[placement])?;
    let loaded = Loaded::read(tx, &mut world, &around, places)?;
    let facts = loaded.facts(&world)?;
    let disabler = Disabler::new(&around.said.rules, &facts, Time(now.0));
    let mut by = HashMap::new();
    for image in &loaded.images {
        for hidden in disabler.hidden(&key(image), &image.findings) {
            let rule = around.said.rules.get(hidden.rule).and_then(|rule| rule.id.parse::<i64>().ok());
            if let (Some(rule), Some(finding)) = (rule, facts.get(hidden.finding as usize)) {
                by.insert((finding.package.to_owned(), finding.vulnerability.to_owned()), rule);
            }
        }
    }
    Ok(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_list_goes_on_is_read_again() {
        let at = Hides { asset: "registry/main/a~b@sha256:00".to_owned(), given: 7 };
        assert_eq!(at.to_string().parse(), Ok(at));
        for wrong in ["", "x", "x~y", "-1~y"] {
            assert_eq!(wrong.parse::<Hides>(), Err(()), "{wrong}");
        }
    }
}
