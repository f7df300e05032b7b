//! Rows of the store as the wire has them.

use super::super::wire::time;
use api::{
    image::{FindingPackage, ImageRow, LayerPlace, OwnerRef},
    tally::{State, Tally, TallyLite},
};
use serde::Deserialize;
use store::{
    images::{AssetRow, LayerName},
    matches,
    subjects::PackageRow,
};

/// How long a text of an image's metadata may be before it is cut: nobody reads more, and a page must stay a page.
const LONGEST: usize = 4096;

/// A count of the store. None is negative; one that were is shown as nought.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

pub(super) fn tally(tally: &matches::Tally) -> Tally {
    let [critical, high, medium, low, negligible, unknown] = tally.severities.map(count);
    Tally {
        critical,
        high,
        medium,
        low,
        negligible,
        unknown,
        apart: count(tally.apart),
        fixable: count(tally.fixable),
        kev: count(tally.kev),
    }
}

pub(in crate::http) fn image_row(asset: &AssetRow) -> ImageRow {
    let (state, cause) = state(asset);
    ImageRow {
        id: asset.placement.to_string(),
        asset_id: asset.asset_id.clone(),
        registry: asset.registry.as_ref().map(|(_, name)| name.clone()),
        registry_id: asset.registry.as_ref().map(|(id, _)| id.to_string()),
        repository: asset.repository.as_ref().map(|(_, name)| name.clone()),
        repository_id: asset.repository.as_ref().map(|(id, _)| id.to_string()),
        digest: asset.digest.clone(),
        config_digest: asset.config_digest.clone(),
        tags: asset.tags.clone(),
        scope: asset.scope.clone(),
        owner: asset.owner.as_ref().map(owner),
        distro: asset.distro.as_deref().map(cut),
        distro_version: asset.distro_version.as_deref().map(cut),
        os: asset.os.as_deref().map(cut),
        arch: asset.arch.as_deref().map(cut),
        state,
        cause,
        findings: tally(&asset.tally),
        packages: count(asset.packages),
        size: count(asset.size),
        created: asset.created_at.map(time),
        first_seen: time(asset.first_seen),
        last_seen: time(asset.last_seen),
        gone: asset.gone.map(time),
        trigger: asset.trigger.clone(),
        pushed: asset.pushed_at.map(time),
        pulled: asset.pulled_at.map(time),
        scanned: asset.catalogued_at.map(time),
    }
}

/// How an asset stands, and why. One that nobody judged yet is not assessed: nothing is healthy before it was looked at.
fn state(asset: &AssetRow) -> (State, Option<String>) {
    let cause = match &asset.state {
        Some((state, cause)) => {
            return ((*state).into(), Some(cause.clone()).filter(|cause| !cause.is_empty()));
        }
        None if asset.gone.is_some() => {
            return (State::NotApplicable, Some("it is not there any more".to_owned()));
        }
        None if asset.catalogued_at.is_none() => "its content was not read yet",
        None => "not judged yet",
    };
    (State::NotAssessed, Some(cause.to_owned()))
}

pub(super) fn owner((id, name): &(String, String)) -> OwnerRef {
    OwnerRef { id: id.clone(), name: name.clone() }
}

pub(super) fn package(row: &PackageRow) -> FindingPackage {
    FindingPackage {
        subject: row.subject.to_string(),
        kind: row.kind.clone(),
        name: row.name.clone(),
        version: row.version.clone(),
        source_name: Some(&row.source_name).filter(|name| !name.is_empty() && **name != row.name).cloned(),
        purl: row.purl.clone(),
    }
}

/// The layer of a package among those of its image.
pub(super) fn layer(position: Option<i64>, layers: &[LayerName]) -> Option<LayerPlace> {
    let layer = layers.iter().find(|layer| Some(layer.position) == position)?;
    Some(LayerPlace {
        position: u32::try_from(layer.position).ok()?,
        diff_id: layer.diff_id.clone(),
        created_by: layer.created_by.as_deref().map(cut),
    })
}

/// The paths of evidence, as it is stored.
pub(super) fn paths(evidence: &str) -> Vec<String> {
    let paths: Vec<String> = serde_json::from_str(evidence).unwrap_or_default();
    paths.iter().take(50).map(|path| cut(path)).collect()
}

/// Is it an address that a page may link to?
pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The word of the store for a kind of name.
pub(super) const fn name_kind(kind: package::NameKind) -> &'static str {
    match kind {
        package::NameKind::Source => "source",
        package::NameKind::Binary => "binary",
    }
}

/// Why a finding is shown apart, for people, by the store's word.
pub(super) fn apart(judgement: &str) -> &'static str {
    match judgement {
        "no-kernel" => "it is a kernel's flaw, and this package holds no kernel that runs here",
        "distribution-binary" => {
            "it is in the toolchain or a module of a binary that the distribution builds"
        }
        "owned-by-distribution" => "its files belong to a package of the distribution, which judges them",
        "unimportant" => "its source calls it unimportant",
        "unmaintained" => "the package is no longer maintained, and that record knows no flaw",
        "maintenance" => "it is a bug fix or an enhancement, no flaw",
        "investigating" => "its source is still looking into it",
        "probable" => "the package was recognised by its name only",
        "declared-only" => "the package is only declared, and what is installed counts here",
        "not-linked" => "the flawed part is not in this binary, or not for this system",
        _ => "it is shown apart",
    }
}

pub(super) fn tally_lite(tally: &matches::Tally) -> TallyLite {
    let [critical, high, medium, low, negligible, unknown] = tally.severities.map(count);
    TallyLite { critical, high, medium, low, negligible, unknown }
}

/// What people call an image: `shop/web:1.2`, or with the beginning of its digest where no tag points at it.
pub(super) fn image_name(asset: &AssetRow) -> String {
    match (&asset.repository, asset.tags.first()) {
        (Some((_, repository)), Some(tag)) => format!("{repository}:{tag}"),
        (Some((_, repository)), None) => format!("{repository}@{}", short(&asset.digest)),
        (None, _) => {
            let name = asset.asset_id.split_once('/').map_or(asset.asset_id.as_str(), |(_, name)| name);
            name.split_once("@sha256:").map_or(name, |(name, _)| name).to_owned()
        }
    }
}

/// The beginning of a digest.
fn short(digest: &str) -> &str {
    let hash = digest.split_once(':').map_or(digest, |(_, hash)| hash);
    hash.get(..12).unwrap_or(hash)
}

/// What of a vulnerability's stored detail is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    /// Ratings, those that count first first.
    pub(super) ratings: Vec<model::Rating>,
    /// Links.
    pub(super) references: Vec<model::Reference>,
}

/// A vulnerability's detail as it is stored.
pub(super) fn told(detail: &str) -> Told {
    serde_json::from_str(detail).unwrap_or_default()
}

/// The CVSS base score of the rating that counts first and has one.
pub(super) fn score(detail: &str) -> Option<f64> {
    told(detail).ratings.iter().find_map(|rating| rating.score)
}

/// A text of an image's metadata, which anybody may have written, cut to a length that a page can show.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_endless_is_cut_between_characters() {
        assert_eq!(cut("é"), "é");
        assert_eq!(cut(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        assert_eq!(cut(&"é".repeat(10_000_000)), format!("{}…", "é".repeat(LONGEST)));
    }
}
