//! What a package has that CycloneDX has no field for, as properties of the `seawall:` namespace.

use std::borrow::Cow;

use model::Layer;
use package::{Confidence, Detail, GoModule, Origin, Package, Presence, Source};
use serde::Serialize;

/// Every name starts with it.
pub(in super::super) const PREFIX: &str = "seawall:";

/// A name and a value.
#[derive(Debug, Serialize)]
pub(super) struct Property<'a> {
    /// With its namespace.
    pub(super) name: &'a str,
    /// Text.
    pub(super) value: Cow<'a, str>,
}

/// The properties of a package. `carried_only`: the package that carries it does not itself depend on it.
pub(super) fn of<'a>(
    package: &'a Package,
    carried_only: bool,
    refs: &'a [String],
    layers: &'a [Layer],
) -> Vec<Property<'a>> {
    let mut list = Vec::new();
    let mut add = |name: &'static str, value: Cow<'a, str>| list.push(Property { name, value });
    let reference = |index: package::PackageIndex| refs.get(index.0 as usize).map(String::as_str);
    add(
        "seawall:presence",
        match package.presence {
            Presence::Installed => "installed".into(),
            Presence::Declared => "declared".into(),
        },
    );
    if package.confidence == Confidence::Probable {
        add("seawall:confidence", "probable".into());
    }
    if package.origin == Origin::ThirdParty {
        add("seawall:origin", "third-party".into());
    }
    if let Some(source) = &package.source {
        add("seawall:sourceName", source.name.as_str().into());
        add("seawall:sourceVersion", source.version.as_str().into());
    }
    if let Some(arch) = &package.arch {
        add("seawall:architecture", arch.as_str().into());
    }
    if let Some(layer) = package.layer {
        add("seawall:layer", layer.to_string().into());
        if let Some(layer) = layers.get(layer as usize) {
            add("seawall:diffId", layer.diff_id.to_string().into());
            if let Some(instruction) = &layer.created_by {
                add("seawall:instruction", instruction.as_str().into());
            }
        }
    }
    if let Some(owner) = package.owner.and_then(reference) {
        add("seawall:owner", owner.into());
    }
    if let Some(carrier) = package.bundled_in.and_then(reference) {
        add("seawall:bundledIn", carrier.into());
        if carried_only {
            // Its place in the carrier's dependencies says no more than that it is inside.
            add("seawall:carriedOnly", "true".into());
        }
    }
    match &package.detail {
        Detail::None => {}
        Detail::Deb { built_using } => {
            add("seawall:deb", "true".into());
            for (name, version) in built_using {
                add("seawall:builtUsing", format!("{name} (= {version})").into());
            }
        }
        Detail::Rpm { modularity, vendor } => {
            add("seawall:rpm", "true".into());
            if let Some(label) = modularity {
                add("seawall:modularity", label.as_str().into());
            }
            if let Some(vendor) = vendor {
                add("seawall:vendor", vendor.as_str().into());
            }
        }
        Detail::Dev => add("seawall:dev", "true".into()),
        Detail::Go(go) => {
            add("seawall:go:toolchain", go.binary.toolchain.as_str().into());
            let optional = [
                ("seawall:go:replaces", go.replaces.as_deref()),
                ("seawall:go:os", go.binary.goos.as_deref()),
                ("seawall:go:arch", go.binary.goarch.as_deref()),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    add(name, value.into());
                }
            }
            if go.main {
                add("seawall:go:main", "true".into());
            }
            if let Some(cgo) = go.binary.cgo {
                add("seawall:go:cgo", if cgo { "true" } else { "false" }.into());
            }
            if let Some(linked) = &go.linked {
                // Import paths have no spaces.
                add("seawall:go:linked", linked.join(" ").into());
            }
        }
    }
    list
}

/// Takes one property into the package; `name` is without the prefix. Links to other packages are the caller's.
pub(in super::super) fn apply(package: &mut Package, name: &str, value: &str) {
    fn go(package: &mut Package) -> Option<&mut GoModule> {
        if !matches!(package.detail, Detail::Go(_)) {
            package.detail = Detail::Go(GoModule::default());
        }
        match &mut package.detail {
            Detail::Go(go) => Some(go),
            _ => None,
        }
    }
    fn source(package: &mut Package) -> &mut Source {
        package.source.get_or_insert_with(|| Source { name: String::new(), version: String::new() })
    }
    if let Some(name) = name.strip_prefix("go:") {
        let Some(go) = go(package) else { return };
        match name {
            "toolchain" => value.clone_into(&mut go.binary.toolchain),
            "replaces" => go.replaces = Some(value.to_owned()),
            "os" => go.binary.goos = Some(value.to_owned()),
            "arch" => go.binary.goarch = Some(value.to_owned()),
            "main" => go.main = value == "true",
            "cgo" => go.binary.cgo = Some(value == "true"),
            "linked" => go.linked = Some(value.split_ascii_whitespace().map(str::to_owned).collect()),
            _ => {}
        }
        return;
    }
    match name {
        "presence" if value == "declared" => package.presence = Presence::Declared,
        "presence" if value == "installed" => package.presence = Presence::Installed,
        "confidence" if value == "probable" => package.confidence = Confidence::Probable,
        "origin" if value == "third-party" => package.origin = Origin::ThirdParty,
        "sourceName" => value.clone_into(&mut source(package).name),
        "sourceVersion" => value.clone_into(&mut source(package).version),
        "architecture" => package.arch = Some(value.to_owned()),
        "layer" => package.layer = value.parse().ok(),
        "dev" => package.detail = Detail::Dev,
        "deb" if !matches!(package.detail, Detail::Deb { .. }) => {
            package.detail = Detail::Deb { built_using: Vec::new() };
        }
        "rpm" if !matches!(package.detail, Detail::Rpm { .. }) => {
            package.detail = Detail::Rpm { modularity: None, vendor: None };
        }
        "builtUsing" => {
            if let (Detail::Deb { built_using }, Some((name, rest))) =
                (&mut package.detail, value.split_once(" (= "))
            {
                built_using.push((name.to_owned(), rest.trim_end_matches(')').to_owned()));
            }
        }
        "modularity" => {
            if let Detail::Rpm { modularity, .. } = &mut package.detail {
                *modularity = Some(value.to_owned());
            }
        }
        "vendor" => {
            if let Detail::Rpm { vendor, .. } = &mut package.detail {
                *vendor = Some(value.to_owned());
            }
        }
        _ => {}
    }
}
