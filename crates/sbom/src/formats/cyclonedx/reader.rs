use model::{Budget, Effect, Problem};
use package::Catalogue;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::super::{
    DOCUMENT, check_size,
    collect::{Collector, Item},
    foreign,
};
use crate::{
    json::{self, Each, Object, Take, Text},
    lang::input,
    problems,
};

/// Reads a CycloneDX JSON document of any version and tool. Components without identity are kept as unidentified, a
/// component that cannot be read is a problem, and of a damaged document all components before the damage are kept.
#[must_use]
pub fn read(bytes: &[u8], budget: &Budget) -> (Catalogue, Vec<Problem>) {
    let mut collector = Collector::new(budget);
    if check_size(bytes, budget, &mut collector.problems) {
        let text = input::text(bytes);
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let parsed = Object(Document(&mut collector)).deserialize(&mut deserializer);
        if let Err(error) = parsed.and_then(|()| deserializer.end()) {
            collector.problems.push(input::malformed(
                DOCUMENT,
                Effect::MayHidePackages,
                format_args!("no valid CycloneDX JSON: {error}"),
            ));
        }
    }
    collector.finish()
}

struct Document<'c, 'b>(&'c mut Collector<'b>);

impl<'de> Take<'de> for Document<'_, '_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let collector = &mut *self.0;
        match key {
            "components" => map.next_value_seed(Each(|raw| component(collector, raw, 1))),
            "dependencies" => map.next_value_seed(Each(|raw| dependency(collector, raw))),
            "metadata" => {
                metadata(collector, map.next_value()?);
                Ok(())
            }
            "specVersion" => {
                let version = map.next_value::<Text>()?.0.unwrap_or_default();
                if !matches!(version.as_str(), "1.2" | "1.3" | "1.4" | "1.5" | "1.6" | "1.7") {
                    collector.problems.push(Problem::new(
                        problems::UNSUPPORTED_DOCUMENT,
                        DOCUMENT,
                        Effect::MayHidePackages,
                        format!(
                            "CycloneDX {} is not known; it was read as 1.6",
                            version.chars().take(20).collect::<String>()
                        ),
                    ));
                }
                Ok(())
            }
            _ => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

fn metadata<'a>(collector: &mut Collector<'_>, raw: &'a RawValue) {
    json::fields(raw, |key, value: &'a RawValue| match key {
        // What the document is about is no package of it, but some tools put its parts inside.
        "component" => json::fields(value, |key, value| {
            if key == "components" {
                json::each(value, |raw| component(collector, raw, 1));
            }
        }),
        "properties" => {
            for (name, value) in properties(value) {
                if name == "seawall:kernel:booted" {
                    collector.kernel(value);
                }
            }
        }
        _ => {}
    });
}

fn component<'a>(collector: &mut Collector<'_>, raw: &'a RawValue, depth: u64) {
    if !collector.charge() {
        return;
    }
    let mut item = Item::default();
    let mut kind = String::new();
    let mut description = None;
    let mut nested = None;
    json::fields(raw, |key, value: &'a RawValue| match key {
        "type" => kind = json::text(value).unwrap_or_default(),
        "bom-ref" => item.reference = json::text(value),
        "name" => item.name = json::text(value).unwrap_or_default(),
        "group" => item.group = json::text(value).filter(|group| !group.is_empty()),
        "version" => item.version = json::text(value),
        "purl" => item.purl = json::text(value),
        "description" => description = json::text(value),
        "licenses" => json::each(value, |choice| item.licences.extend(licence(choice))),
        "evidence" => json::fields(value, |key, value| {
            if key == "occurrences" {
                json::each(value, |occurrence| {
                    json::fields(occurrence, |key, value| {
                        if key == "location" {
                            item.locations.extend(json::text(value));
                        }
                    });
                });
            }
        }),
        "properties" => item.properties = properties(value),
        "components" => nested = Some(value),
        _ => {}
    });
    if let Some(nested) = nested {
        match collector.budget().check_depth(depth) {
            Ok(()) => json::each(nested, |raw| component(collector, raw, depth + 1)),
            Err(exceeded) => collector.problems.push(
                Problem::new(
                    problems::NESTING,
                    DOCUMENT,
                    Effect::MayHidePackages,
                    format!("components inside components: {exceeded}"),
                )
                .with_limit(exceeded.allowed),
            ),
        }
    }
    place(collector, item, &kind, description);
}

fn place(collector: &mut Collector<'_>, item: Item, kind: &str, description: Option<String>) {
    let known = item.purl.as_deref().is_some_and(|purl| !purl.is_empty());
    match kind {
        "operating-system" => collector.system(&item, description),
        "file" if item.property("seawall:unidentified") == Some("true") => collector.nameless(item.name),
        // A package may be called a file, an application or a container by its tool; its URL says what it is.
        _ if known => collector.package(item),
        // Trivy's lock files, which their packages hang on.
        "application" if has_prefix(&item, "aquasecurity:trivy:") => collector.file(item),
        "library" | "framework" | "application" | "" => collector.package(item),
        // Files, devices, certificates, models: no packages.
        _ => {}
    }
}

fn has_prefix(item: &Item, prefix: &str) -> bool {
    item.properties.iter().any(|(name, _)| name.starts_with(prefix))
}

fn licence(choice: &RawValue) -> Option<String> {
    let mut found = None;
    json::fields(choice, |key, value| match key {
        "expression" => found = json::text(value),
        "license" => json::fields(value, |key, value| {
            if matches!(key, "id" | "name") && found.is_none() {
                found = json::text(value);
            }
        }),
        _ => {}
    });
    found.filter(|text| !text.is_empty())
}

fn properties(raw: &RawValue) -> Vec<(String, String)> {
    let mut list = Vec::new();
    json::each(raw, |property| {
        let (mut name, mut text) = (None, None);
        json::fields(property, |key, value| match key {
            "name" => name = json::text(value),
            "value" => text = json::text(value),
            _ => {}
        });
        if let (Some(name), Some(text)) = (name, text)
            && foreign::PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        {
            list.push((name, text));
        }
    });
    list
}

fn dependency(collector: &mut Collector<'_>, raw: &RawValue) {
    let mut from = None;
    let mut targets = Vec::new();
    json::fields(raw, |key, value| match key {
        "ref" => from = json::text(value),
        "dependsOn" => json::each(value, |target| targets.extend(json::text(target))),
        _ => {}
    });
    let Some(from) = from else { return };
    for target in targets {
        collector.dependency(from.clone(), target);
    }
}
