//! SPDX 2.2 and 2.3 JSON, in.

use std::collections::HashSet;

use model::{Budget, Effect, Problem};
use package::{Catalogue, Source};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::{
    DOCUMENT, check_size,
    collect::{Collector, Item},
};
use crate::{
    json::{self, Each, Object, Take},
    lang::input,
};

/// Reads an SPDX 2 JSON document of any tool. Packages without identity are kept as unidentified, and of a damaged
/// document all packages before the damage are kept.
#[must_use]
pub fn read(bytes: &[u8], budget: &Budget) -> (Catalogue, Vec<Problem>) {
    let mut collector = Collector::new(budget);
    if check_size(bytes, budget, &mut collector.problems) {
        let text = input::text(bytes);
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let mut document =
            Document { collector: &mut collector, described: HashSet::new(), waiting: Vec::new() };
        let parsed = Object(&mut document).deserialize(&mut deserializer);
        document.place();
        if let Err(error) = parsed.and_then(|()| deserializer.end()) {
            collector.problems.push(input::malformed(
                DOCUMENT,
                Effect::MayHidePackages,
                format_args!("no valid SPDX JSON: {error}"),
            ));
        }
    }
    collector.finish()
}

struct Document<'c, 'b> {
    collector: &'c mut Collector<'b>,
    /// What the document is about: no package of it.
    described: HashSet<String>,
    /// Packages without a package URL, until it is known what the document describes.
    waiting: Vec<Item>,
}

impl<'de> Take<'de> for &mut Document<'_, '_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "packages" => map.next_value_seed(Each(|raw| self.package(raw))),
            "relationships" => map.next_value_seed(Each(|raw| self.relationship(raw))),
            "documentDescribes" => map.next_value_seed(Each(|raw| self.described.extend(json::text(raw)))),
            _ => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

impl Document<'_, '_> {
    fn package(&mut self, raw: &RawValue) {
        if !self.collector.charge() {
            return;
        }
        let mut item = Item::default();
        let mut purpose = String::new();
        json::fields(raw, |key, value| match key {
            "SPDXID" => item.reference = json::text(value),
            "name" => item.name = json::text(value).unwrap_or_default(),
            "versionInfo" => item.version = json::text(value).filter(|text| said(text)),
            "licenseDeclared" | "licenseConcluded" if item.licences.is_empty() => {
                item.licences.extend(json::text(value).filter(|text| said(text)));
            }
            "externalRefs" => json::each(value, |reference| {
                if item.purl.is_none() {
                    item.purl = purl(reference);
                }
            }),
            "sourceInfo" => source_info(&mut item, &json::text(value).unwrap_or_default()),
            "primaryPackagePurpose" => purpose = json::text(value).unwrap_or_default(),
            _ => {}
        });
        match (purpose.replace('_', "-").as_str(), &item.purl) {
            ("OPERATING-SYSTEM", _) => self.collector.system(&item, None),
            // The image itself, a file of it, a device.
            ("CONTAINER" | "FILE" | "DEVICE" | "FIRMWARE" | "SOURCE" | "ARCHIVE", None) => {}
            ("CONTAINER", Some(purl)) if purl.starts_with("pkg:oci/") || purl.starts_with("pkg:docker/") => {}
            (_, Some(_)) => self.collector.package(item),
            (_, None) => self.waiting.push(item),
        }
    }

    fn relationship(&mut self, raw: &RawValue) {
        let (mut from, mut to, mut kind) = (None, None, String::new());
        json::fields(raw, |key, value| match key {
            "spdxElementId" => from = json::text(value),
            "relatedSpdxElement" => to = json::text(value),
            "relationshipType" => kind = json::text(value).unwrap_or_default(),
            _ => {}
        });
        let (Some(from), Some(to)) = (from, to) else { return };
        match kind.as_str() {
            "DESCRIBES" => {
                self.described.insert(to);
            }
            "DESCRIBED_BY" => {
                self.described.insert(from);
            }
            "DEPENDS_ON" => self.collector.dependency(from, to),
            "DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF" => self.collector.dependency(to, from),
            _ => {}
        }
    }

    fn place(&mut self) {
        for item in std::mem::take(&mut self.waiting) {
            let subject = item.reference.as_ref().is_some_and(|id| self.described.contains(id));
            if !subject {
                self.collector.package(item);
            }
        }
    }
}

/// SPDX writes words where it knows nothing.
fn said(text: &str) -> bool {
    !matches!(text, "" | "NOASSERTION" | "NONE")
}

fn purl(reference: &RawValue) -> Option<String> {
    let (mut kind, mut locator) = (None, None);
    json::fields(reference, |key, value| match key {
        "referenceType" => kind = json::text(value),
        "referenceLocator" => locator = json::text(value),
        _ => {}
    });
    // Some tools write the type as an address that ends in it.
    locator.filter(|_| kind.is_some_and(|kind| kind == "purl" || kind.ends_with("/purl")))
}

/// `built package from: util-linux 2.38.1-5` is Trivy's, `acquired package info from …: /var/lib/dpkg/status, …` Syft's.
fn source_info(item: &mut Item, text: &str) {
    if let Some(source) = text.strip_prefix("built package from: ") {
        if let Some((name, version)) = source.trim().split_once(' ') {
            item.source = Some(Source { name: name.to_owned(), version: version.to_owned() });
        }
    } else if text.starts_with("acquired package info from")
        && let Some((_, paths)) = text.split_once(": ")
    {
        item.locations.extend(paths.split(", ").map(str::to_owned));
    }
}
