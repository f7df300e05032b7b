use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Write},
};

use package::{Catalogue, Confidence, Distro, Package, PackageType};
use serde::{Serialize, Serializer};

use super::{
    super::{DocumentInfo, SubjectKind},
    licences,
    properties::{self, Property},
    vulnerabilities::Vulnerabilities,
};

/// The `bom-ref` of each package: its package URL, with `#2`, `#3` … after it where several have the same. Equal
/// catalogues give equal references.
#[must_use]
pub fn bom_refs(catalogue: &Catalogue) -> Vec<String> {
    references(&purls(catalogue))
}

fn purls(catalogue: &Catalogue) -> Vec<String> {
    catalogue.packages.iter().map(|package| package::purl(package, catalogue.distro.as_ref())).collect()
}

fn references(purls: &[String]) -> Vec<String> {
    let mut seen: HashMap<&str, u32> = HashMap::with_capacity(purls.len());
    purls
        .iter()
        .map(|purl| {
            let count = seen.entry(purl).or_default();
            *count += 1;
            if *count == 1 && !purl.is_empty() { purl.clone() } else { format!("{purl}#{count}") }
        })
        .collect()
}

/// Writes the catalogue as CycloneDX 1.6 JSON. Equal inputs give equal bytes; nothing but `out` is buffered twice, so
/// hand in a buffered writer.
///
/// # Errors
/// What `out` says.
pub fn write(catalogue: &Catalogue, info: &DocumentInfo<'_>, mut out: impl Write) -> io::Result<()> {
    let purls = purls(catalogue);
    let refs = references(&purls);
    let root = format!("seawall:{}", info.name);
    let writing = Writing { catalogue, info, purls: &purls, refs: &refs, root: &root };
    let bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: info.serial_number,
        version: 1,
        metadata: writing.metadata(),
        components: Components(&writing),
        dependencies: Dependencies(&writing),
        vulnerabilities: Vulnerabilities { list: info.vulnerabilities, refs: &refs },
    };
    serde_json::to_writer(&mut out, &bom)?;
    out.write_all(b"\n")?;
    out.flush()
}

struct Writing<'a> {
    catalogue: &'a Catalogue,
    info: &'a DocumentInfo<'a>,
    purls: &'a [String],
    refs: &'a [String],
    root: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<&'a str>,
    version: u32,
    metadata: Metadata<'a>,
    components: Components<'a>,
    dependencies: Dependencies<'a>,
    #[serde(skip_serializing_if = "Vulnerabilities::is_empty")]
    vulnerabilities: Vulnerabilities<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'a str>,
    tools: Tools<'a>,
    component: Component<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Component<'a>; 1],
}

#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Component<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bom_ref: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Licence<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Licence<'a> {
    Expression { expression: &'a str },
    License { license: IdOrName<'a> },
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum IdOrName<'a> {
    Id(&'a str),
    Name(&'a str),
}

#[derive(Serialize)]
struct Evidence<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    identity: Vec<Identity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    occurrences: Vec<Occurrence<'a>>,
}

#[derive(Serialize)]
struct Identity {
    field: &'static str,
    confidence: f32,
}

#[derive(Serialize)]
struct Occurrence<'a> {
    location: Cow<'a, str>,
}

impl<'a> Writing<'a> {
    fn metadata(&self) -> Metadata<'a> {
        let info = self.info;
        let mut properties = Vec::new();
        if let Some(release) = &self.catalogue.kernel.booted {
            properties.push(Property { name: "seawall:kernel:booted", value: release.into() });
        }
        Metadata {
            timestamp: info.timestamp,
            tools: Tools {
                components: [Component {
                    r#type: "application",
                    name: "seawall",
                    version: Some(info.tool_version).filter(|version| !version.is_empty()),
                    ..Component::default()
                }],
            },
            component: Component {
                r#type: info.kind.component_type(),
                bom_ref: Some(self.root.into()),
                name: info.name,
                version: info.version,
                purl: info.purl,
                hashes: info
                    .digest
                    .iter()
                    .map(|digest| Hash { alg: "SHA-256", content: digest.hex() })
                    .collect(),
                ..Component::default()
            },
            properties,
        }
    }

    fn package(&self, index: usize, package: &'a Package) -> Component<'a> {
        let (group, name) = grouped(package);
        let location = |path: &'a String| Occurrence {
            location: match self.info.kind {
                // Paths of a source tree are relative to where it happens to lie.
                SubjectKind::SourceTree => path.into(),
                _ => format!("/{path}").into(),
            },
        };
        let identity = match package.confidence {
            Confidence::Certain => Vec::new(),
            Confidence::Probable => {
                ["name", "version"].map(|field| Identity { field, confidence: 0.5 }).into()
            }
        };
        let evidence = Evidence { identity, occurrences: package.evidence.iter().map(location).collect() };
        Component {
            r#type: "library",
            bom_ref: self.refs.get(index).map(|reference| reference.as_str().into()),
            group,
            name,
            version: Some(package.version.as_str()).filter(|version| !version.is_empty()),
            licenses: licences_of(package),
            purl: self.purls.get(index).map(String::as_str).filter(|purl| !purl.is_empty()),
            evidence: (!evidence.identity.is_empty() || !evidence.occurrences.is_empty()).then_some(evidence),
            properties: properties::of(
                package,
                self.carried_only(index, package),
                self.refs,
                self.info.layers,
            ),
            ..Component::default()
        }
    }

    /// Is it carried by a package that does not itself depend on it?
    fn carried_only(&self, index: usize, package: &Package) -> bool {
        let carrier = package.bundled_in.and_then(|carrier| self.catalogue.package(carrier));
        carrier.is_some_and(|carrier| carrier.depends_on.iter().all(|target| target.0 as usize != index))
    }

    fn system(&self, distro: &'a Distro) -> Component<'a> {
        let os = &distro.os_release;
        let mut properties = Vec::new();
        let mut add = |name: &'static str, value: Cow<'a, str>| {
            if !value.is_empty() {
                properties.push(Property { name, value });
            }
        };
        add("seawall:os:codename", os.codename.as_str().into());
        add("seawall:os:idLike", os.id_like.join(" ").into());
        add("seawall:os:distroless", if distro.distroless { "true" } else { "" }.into());
        Component {
            r#type: "operating-system",
            bom_ref: Some(format!("os:{}@{}", os.id, os.version_id).into()),
            name: &os.id,
            version: Some(os.version_id.as_str()).filter(|version| !version.is_empty()),
            description: Some(os.pretty_name.as_str()).filter(|name| !name.is_empty()),
            properties,
            ..Component::default()
        }
    }

    fn nameless(path: &'a str) -> Component<'a> {
        Component {
            r#type: "file",
            bom_ref: Some(format!("file:{path}").into()),
            name: path,
            properties: vec![Property { name: "seawall:unidentified", value: "true".into() }],
            ..Component::default()
        }
    }
}

/// Group and name: CycloneDX keeps apart what purl calls the namespace.
fn grouped(package: &Package) -> (Option<&str>, &str) {
    let apart = match package.kind {
        PackageType::Maven => package.name.split_once(':'),
        PackageType::Npm if package.name.starts_with('@') => package.name.split_once('/'),
        PackageType::Composer => package.name.split_once('/'),
        _ => None,
    };
    apart.map_or((None, package.name.as_str()), |(group, name)| (Some(group), name))
}

fn licences_of(package: &Package) -> Vec<Licence<'_>> {
    if let [only] = package.licences.as_slice()
        && licences::is_expression(only)
    {
        return vec![Licence::Expression { expression: only }];
    }
    let licence = |text| if licences::is_id(text) { IdOrName::Id(text) } else { IdOrName::Name(text) };
    package.licences.iter().map(|text| Licence::License { license: licence(text) }).collect()
}

struct Components<'a>(&'a Writing<'a>);

impl Serialize for Components<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let writing = self.0;
        let catalogue = writing.catalogue;
        let system = catalogue.distro.iter().map(|distro| writing.system(distro));
        let packages = catalogue.packages.iter().enumerate().map(|(n, package)| writing.package(n, package));
        let nameless = catalogue.unidentified.iter().map(|path| Writing::nameless(path));
        serializer.collect_seq(system.chain(packages).chain(nameless))
    }
}

struct Dependencies<'a>(&'a Writing<'a>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    r#ref: &'a str,
    depends_on: Vec<&'a str>,
}

impl Serialize for Dependencies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Writing { catalogue, refs, root, .. } = self.0;
        // What a package needs, and what it carries inside itself.
        let mut needs: Vec<Vec<u32>> =
            catalogue.packages.iter().map(|p| p.depends_on.iter().map(|i| i.0).collect()).collect();
        let mut wanted = vec![false; needs.len()];
        for (n, package) in catalogue.packages.iter().enumerate() {
            if let Some(list) = package.bundled_in.and_then(|carrier| needs.get_mut(carrier.0 as usize)) {
                list.extend(u32::try_from(n));
            }
        }
        for (n, list) in needs.iter_mut().enumerate() {
            list.sort_unstable();
            list.dedup();
            for &target in list.iter().filter(|&&target| target as usize != n) {
                if let Some(wanted) = wanted.get_mut(target as usize) {
                    *wanted = true;
                }
            }
        }
        let name = |n: usize| refs.get(n).map(String::as_str);
        let top = wanted.iter().enumerate().filter(|(_, wanted)| !**wanted).filter_map(|(n, _)| name(n));
        let first = Dependency { r#ref: root, depends_on: top.collect() };
        let rest = needs.iter().enumerate().filter(|(_, list)| !list.is_empty()).filter_map(|(n, list)| {
            let depends_on = list.iter().filter_map(|&target| name(target as usize)).collect();
            Some(Dependency { r#ref: name(n)?, depends_on })
        });
        serializer.collect_seq(std::iter::once(first).chain(rest))
    }
}
