//! All that is known of one image.

use super::super::{super::wire::time, wire};
use api::{
    image::{
        Apart, Assessed, Base, Configuration, Elsewhere, Hidden, ImageDetail, Label, Publish, ReadingProblem,
    },
    tally::Severity,
};
use model::ImageConfig;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{
    StoreError, Tx,
    assessments::{self, Assessed as Assessment},
    images::{self as stored, ImageRow, PlaceDetail},
};

/// Entries of a list of metadata that are shown; labels may be thousands.
const ENTRIES: usize = 200;
/// Problems that are shown, those with most effect first.
const PROBLEMS: usize = 200;
/// Other places that are shown.
const PLACES: u32 = 100;

/// What of an image's facts is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Facts {
    annotations: Option<BTreeMap<String, String>>,
}

pub(super) fn of(
    tx: &mut Tx<'_>,
    place: &PlaceDetail,
    visible: &[String],
) -> Result<ImageDetail, StoreError> {
    let asset = &place.asset;
    let image = match asset.image {
        Some(id) => stored::by_id(tx, id)?,
        None => None,
    };
    let (layers_count, elsewhere, apart) = match &image {
        Some(image) => (
            stored::layer_names(tx, image.id)?.len() as u64,
            stored::elsewhere(tx, image.id, asset.placement, visible, PLACES)?,
            store::matches::apart(tx, image.id)?,
        ),
        None => (0, Vec::new(), Vec::new()),
    };
    let config: ImageConfig =
        image.as_ref().and_then(|image| serde_json::from_str(&image.config).ok()).unwrap_or_default();
    let mut said =
        assessments::assessments_of(tx, &[&asset.asset_id])?.remove(&asset.asset_id).unwrap_or_default();
    said.sort_by(|a, b| a.control.cmp(&b.control));
    Ok(ImageDetail {
        row: wire::image_row(asset),
        layers_count,
        base: image.as_ref().and_then(|image| base(image, &config)),
        problems: image.as_ref().map(problems).unwrap_or_default(),
        configuration: configuration(&config),
        evidence: place.evidence.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        publish: place.publish.as_deref().and_then(publish),
        elsewhere: elsewhere
            .into_iter()
            .map(|(id, asset_id, scope)| Elsewhere { id: id.to_string(), asset_id, scope })
            .collect(),
        assessments: said.iter().map(assessed).collect(),
        hidden: Hidden {
            rules: said.iter().map(|row| row.hidden).sum(),
            exemptions: said.iter().filter(|row| row.exempted.is_some()).count() as u64,
            apart: apart
                .into_iter()
                .map(|(reason, count)| Apart { reason, count: wire::count(count) })
                .collect(),
        },
    })
}

/// The base, as annotations of the manifest or labels tell it.
fn base(image: &ImageRow, config: &ImageConfig) -> Option<Base> {
    let facts: Facts = serde_json::from_str(&image.facts).unwrap_or_default();
    let told = |name: &str| {
        let annotation = facts.annotations.as_ref().and_then(|all| all.get(name));
        annotation
            .or_else(|| config.labels.get(name))
            .filter(|text| !text.is_empty())
            .map(|text| wire::cut(text))
    };
    let name = told("org.opencontainers.image.base.name")?;
    let digest = told("org.opencontainers.image.base.digest");
    Some(Base { name, version: image.distro_version.as_deref().map(wire::cut), digest })
}

fn problems(image: &ImageRow) -> Vec<ReadingProblem> {
    let mut problems: Vec<model::Problem> = serde_json::from_str(&image.problems).unwrap_or_default();
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.effect));
    problems
        .into_iter()
        .take(PROBLEMS)
        .map(|problem| ReadingProblem {
            code: problem.code.as_str().to_owned(),
            subject: wire::cut(&problem.subject),
            effect: match problem.effect {
                model::Effect::None => "none",
                model::Effect::MayHidePackages => "may-hide-packages",
                model::Effect::MayHideFindings => "may-hide-findings",
            }
            .to_owned(),
            count: problem.count,
            limit: problem.limit,
            message: wire::cut(&problem.message),
        })
        .collect()
}

fn configuration(config: &ImageConfig) -> Configuration {
    let text = |text: &str| Some(wire::cut(text)).filter(|text| !text.is_empty());
    let list = |list: &[String]| list.iter().take(ENTRIES).map(|text| wire::cut(text)).collect();
    Configuration {
        user: text(&config.user),
        entrypoint: list(&config.entrypoint),
        cmd: list(&config.cmd),
        exposed_ports: list(&config.exposed_ports),
        labels: config
            .labels
            .iter()
            .take(ENTRIES)
            .map(|(name, value)| Label { name: wire::cut(name), value: wire::cut(value) })
            .collect(),
        working_dir: text(&config.working_dir),
    }
}

/// What a pipeline said. Its address is shown as a link, so it must be one of the web.
pub(super) fn publish(text: &str) -> Option<Publish> {
    let told: Option<api::catalogue::Published> = serde_json::from_str(text).ok()?;
    let told = told?;
    let text = |text: &str| Some(wire::cut(text)).filter(|text| !text.is_empty());
    Some(Publish {
        workflow: text(&told.workflow),
        run_url: text(&told.run_url).filter(|url| wire::is_web(url)),
        branch: text(&told.branch),
        commit: text(&told.commit),
    })
}

/// Why, as an assessment keeps it: one of a list of causes.
#[derive(Deserialize)]
struct Cause {
    text: String,
}

fn assessed(row: &Assessment) -> Assessed {
    let controls = posture::builtin().ok();
    let control = controls.and_then(|all| all.find(&row.control)).map(|(_, control)| control);
    let causes: Vec<Cause> = serde_json::from_str(&row.causes).unwrap_or_default();
    let texts: Vec<String> = causes.into_iter().take(ENTRIES).map(|cause| cause.text).collect();
    Assessed {
        control: row.control.clone(),
        title: control.map_or_else(|| row.control.clone(), |control| control.title.clone()),
        severity: control.map_or(Severity::Unknown, |control| control.severity.into()),
        state: row.state.into(),
        cause: wire::cut(&texts.join("; ")),
        since: time(row.changed),
        findings: row.findings,
    }
}
