//! `seawall images`, `recommendations`, `score`, `cve`: what a hub knows of its fleet.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};

use super::{
    part,
    rows::{Column, From, page, plain, rows},
    show,
};
use crate::{
    cli::{Asked, By, Cve, Images, ImagesCommand, ImagesList, Recommendations, Score},
    client::Asking,
};

const IMAGE: [Column; 6] = [
    Column("Image", From::Field("/assetId")),
    Column("Id", From::Field("/id")),
    Column("Tags", From::Field("/tags")),
    Column("State", From::Field("/state")),
    Column("Findings", From::Worst("/findings")),
    Column("Owner", From::Field("/owner/name")),
];

pub(crate) fn images(args: &Images) -> Result<u8> {
    match &args.command {
        ImagesCommand::List(list) => list_images(list),
        ImagesCommand::Show { id, part: rows, asked } => {
            let asking = Asking::new(&asked.hub)?;
            let path = format!("/api/v1/images/{}", part(id));
            let limit = rows.limit.to_string();
            let answer = asking.run(async {
                let image: Value = asking.client.get(&path, &[]).await?;
                let findings: Value =
                    asking.client.get(&format!("{path}/findings"), &[("limit", limit.as_str())]).await?;
                Ok(json!({ "image": image, "findings": findings }))
            })?;
            show(asked.shown, &answer, image)
        }
    }
}

fn list_images(args: &ImagesList) -> Result<u8> {
    let limit = args.part.limit.to_string();
    let mut query = vec![("limit", limit.as_str()), ("sort", "worst")];
    for (name, value) in [
        ("text", &args.text),
        ("severity", &args.severity),
        ("state", &args.state),
        ("cve", &args.cve),
        ("package", &args.package),
        ("repository", &args.repository),
        ("scope", &args.scope),
    ] {
        query.extend(value.as_deref().map(|value| (name, value)));
    }
    for (name, set) in [("kev", args.kev), ("fixable", args.fixable)] {
        query.extend(set.then_some((name, "true")));
    }
    list(&args.asked, "/api/v1/images", &query, &IMAGE)
}

/// One page of a list.
fn list(asked: &Asked, path: &str, query: &[(&str, &str)], columns: &[Column]) -> Result<u8> {
    let asking = Asking::new(&asked.hub)?;
    let answer: Value = asking.run(asking.client.get(path, query))?;
    show(asked.shown, &answer, |answer| page(answer, columns))
}

fn image(answer: &Value) -> String {
    let image = answer.get("image").unwrap_or(&Value::Null);
    let field = |at: &str| report::plain(&plain(image.pointer(at))).into_owned();
    let mut text = String::new();
    let mut line = |title: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "{title:<12} {value}");
        }
    };
    line("Image", field("/assetId"));
    line("Tags", field("/tags"));
    let cause = field("/cause");
    line("State", if cause.is_empty() { field("/state") } else { format!("{}: {cause}", field("/state")) });
    line("System", format!("{} {}", field("/distro"), field("/distroVersion")).trim().to_owned());
    line("Base", field("/base/name"));
    line("Owner", field("/owner/name"));
    line("Packages", field("/packages"));
    line(
        "Published",
        [
            field("/publish/workflow"),
            field("/publish/runUrl"),
            field("/publish/branch"),
            field("/publish/commit"),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", "),
    );
    let problems = image.get("problems").and_then(Value::as_array).map_or(0, Vec::len);
    line(
        "Problems",
        if problems > 0 { format!("{problems}: some of it was not read") } else { String::new() },
    );
    text.push('\n');
    text.push_str(&page(
        answer.get("findings").unwrap_or(&Value::Null),
        &[
            Column("Vulnerability", From::Field("/vulnerability")),
            Column("Severity", From::Field("/severity")),
            Column("KEV", From::Field("/kev")),
            Column("Package", From::Field("/package/name")),
            Column("Version", From::Field("/package/version")),
            Column("Fixed in", From::Either("/fixedVersion", "/fixStatus")),
        ],
    ));
    text
}

pub(crate) fn recommendations(args: &Recommendations) -> Result<u8> {
    let limit = args.part.limit.to_string();
    let mut query = Vec::new();
    query.extend(args.scope.as_deref().map(|scope| ("scope", scope)));
    match args.by {
        By::Fix => {
            query.push(("limit", limit.as_str()));
            list(
                &args.asked,
                "/api/v1/fixes",
                &query,
                &[
                    Column("What to do", From::Field("/title")),
                    Column("Clears", From::Worst("/clears")),
                    Column("KEV", From::Field("/kev")),
                    Column("Images", From::Field("/images")),
                    Column("Id", From::Field("/id")),
                ],
            )
        }
        By::Control => {
            let asking = Asking::new(&args.asked.hub)?;
            let answer: Value = asking.run(asking.client.get("/api/v1/recommendations", &query))?;
            show(args.asked.shown, &answer, |answer| {
                page(
                    answer,
                    &[
                        Column("Recommendation", From::Field("/title")),
                        Column("Severity", From::Field("/severity")),
                        Column("Unhealthy", From::States("/states")),
                        Column("Gain", From::Field("/gain")),
                        Column("State", From::Field("/state")),
                        Column("Control", From::Field("/control")),
                    ],
                )
            })
        }
    }
}

pub(crate) fn score(args: &Score) -> Result<u8> {
    let query: Vec<(&str, &str)> = args.scope.as_deref().map(|scope| ("scope", scope)).into_iter().collect();
    let asking = Asking::new(&args.asked.hub)?;
    let answer: api::score::Score = asking.run(asking.client.get("/api/v1/score", &query))?;
    show(args.asked.shown, &answer, |score| {
        let mut text = match score.percent {
            Some(percent) => format!("{percent} % ({} of {} points)\n", score.current, score.max),
            None => "no score: nothing counts yet\n".to_owned(),
        };
        if score.not_assessed > 0 {
            let _ = writeln!(text, "{} not assessed: in neither count", score.not_assessed);
        }
        let groups = serde_json::to_value(&score.groups).unwrap_or_default();
        text.push('\n');
        text.push_str(&rows(
            groups.as_array().map_or(&[][..], Vec::as_slice),
            &[
                Column("Security control", From::Field("/title")),
                Column("Current", From::Field("/current")),
                Column("Max", From::Field("/max")),
                Column("Could gain", From::Field("/potential")),
                Column("Healthy", From::Field("/healthy")),
                Column("Unhealthy", From::Field("/unhealthy")),
            ],
        ));
        let _ = writeln!(text, "\n{}", report::plain(&score.formula));
        text
    })
}

pub(crate) fn cve(args: &Cve) -> Result<u8> {
    let limit = args.part.limit.to_string();
    let scope: Vec<(&str, &str)> = args.scope.as_deref().map(|scope| ("scope", scope)).into_iter().collect();
    let path = format!("/api/v1/vulnerabilities/{}", part(&args.id));
    let asking = Asking::new(&args.asked.hub)?;
    let answer = asking.run(async {
        let vulnerability: Value = asking.client.get(&path, &scope).await?;
        let mut query = scope.clone();
        query.extend([("verdict", "affected"), ("limit", limit.as_str())]);
        let hits: Value = asking.client.get(&format!("{path}/hits"), &query).await?;
        Ok(json!({ "vulnerability": vulnerability, "hits": hits }))
    })?;
    show(args.asked.shown, &answer, |answer| {
        let of =
            |at: &str| report::plain(&plain(answer.pointer(&format!("/vulnerability{at}")))).into_owned();
        let mut text = format!("{}, {}\n", of("/id"), of("/severity"));
        for line in [of("/title"), of("/sentence")].iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "{line}");
        }
        text.push('\n');
        text.push_str(&page(
            answer.get("hits").unwrap_or(&Value::Null),
            &[
                Column("Image", From::Field("/image/assetId")),
                Column("Package", From::Field("/package/name")),
                Column("Version", From::Field("/package/version")),
                Column("Fixed in", From::Field("/fixedVersion")),
                Column("Owner", From::Field("/image/owner/name")),
                Column("Since", From::Day("/firstSeen")),
            ],
        ));
        text
    })
}
