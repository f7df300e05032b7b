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

/// A schema has the bare name of its Rust type, and the last of two types of one name is the one that stays: clients would be
/// told of the wrong one. So a name that two types bear may only be used inline.
#[test]
fn a_name_in_the_document_is_that_of_one_type() {
    let document = serde_json::to_value(hub::openapi()).unwrap();
    let registered = document["components"]["schemas"].as_object().unwrap();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![crates.join("api/src"), crates.join("hub/src")];
    let mut places = std::collections::BTreeMap::<String, Vec<String>>::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        for name in schemas(&fs::read_to_string(&path).unwrap()) {
            places.entry(name).or_default().push(path.display().to_string());
        }
    }
    // What is registered and not found here was not looked for well: the check would be blind. `Page_User` is a `Page`.
    for name in registered.keys() {
        let bare = name.split('_').next().unwrap();
        assert!(places.contains_key(bare), "no type {bare} is found in the source");
    }
    for (name, places) in places {
        assert!(
            places.len() == 1 || !registered.contains_key(&name),
            "{name} is the name of {} types: rename all but one of them, or use them inline: {places:?}",
            places.len()
        );
    }
}

/// The types of a source file that derive a schema.
fn schemas(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in source.split("#[derive(").skip(1) {
        let Some((derived, rest)) = part.split_once(")]") else { continue };
        if !derived.split(',').any(|one| one.trim() == "ToSchema") {
            continue;
        }
        let mut words = rest
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//") && !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .skip_while(|word| !matches!(*word, "struct" | "enum"));
        let name = words.nth(1).unwrap_or_default();
        names.push(name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned());
    }
    names
}
