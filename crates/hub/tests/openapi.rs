//! The committed OpenAPI document is that of the code.

use std::{fs, path::Path};

#[test]
fn the_document_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/openapi.json");
    let mut now = hub::openapi().to_pretty_json().unwrap();
    now.push('\n');
    if std::env::var_os("SEAWALL_BLESS").is_some() {
        fs::write(&file, &now).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let differs = committed.lines().zip(now.lines()).position(|(old, new)| old != new);
    assert!(
        committed == now,
        "the interface changed (first in line {:?}): read the change, and run with SEAWALL_BLESS=1",
        differs.map(|line| line + 1)
    );
}

#[test]
fn every_operation_says_what_it_is_and_how_it_fails() {
    let document = serde_json::to_value(hub::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{at} has no summary"
            );
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{at} has no tag");
            let fails = operation["responses"]
                .as_object()
                .unwrap()
                .values()
                .any(|response| response["content"].get("application/problem+json").is_some());
            // Two cannot: they read nothing.
            let cannot = matches!(path.as_str(), "/healthz" | "/api/v1/openapi.json");
            assert!(fails || cannot, "{at} does not say how it fails");
        }
    }
}

#[test]
fn operations_have_names_of_their_own_and_every_reference_leads_somewhere() {
    let document = serde_json::to_value(hub::openapi()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{method} {path}: {name} is the name of another operation");
        }
    }
    let mut left = vec![&document];
    while let Some(value) = left.pop() {
        if let Some(reference) = value.get("$ref").and_then(|reference| reference.as_str()) {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference} leads nowhere: add the type to the components");
        }
        match value {
            serde_json::Value::Object(map) => left.extend(map.values()),
            serde_json::Value::Array(list) => left.extend(list),
            _ => {}
        }
    }
}
