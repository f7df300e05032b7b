//! Who an archive is, from the best evidence that it carries: pom.properties, then manifest and file name together.

use crate::lang::java::{
    Component, file_name, groups,
    manifest::{Manifest, Pom},
};

/// What was seen inside one archive, without the archives in it.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// pom.properties with all three coordinates.
    pub(crate) poms: Vec<Pom>,
    /// The manifest.
    pub(crate) manifest: Manifest,
    /// The first parts of paths of classes; bounded.
    pub(crate) directories: Vec<String>,
    /// Has it classes, so that it is software and not a bundle of texts?
    pub(crate) classes: bool,
}

/// Components of the archive whose file name without extension is `stem`. The first is the archive itself, where it is
/// known which that is; then `bool` is true. Empty: nothing tells.
pub(crate) fn identify(stem: &str, evidence: &Evidence) -> (Vec<Component>, bool) {
    let named = file_name::parse(stem);
    let itself = evidence.poms.iter().position(|pom| is_itself(pom, stem, named));
    let mut components: Vec<Component> = evidence
        .poms
        .iter()
        .map(|pom| Component {
            inside: String::new(),
            name: format!("{}:{}", pom.group, pom.artifact),
            version: pom.version.clone(),
            probable: false,
            carrier: None,
        })
        .collect();
    if let Some(at) = itself {
        components.swap(0, at);
    }
    let mut known = itself.is_some() || components.len() == 1 && named.is_none();
    // With coordinates of others only, a file name that tells a version still says who carries them.
    if !known
        && (components.is_empty() || named.is_some())
        && let Some(probable) = probable(stem, named, evidence)
    {
        components.insert(0, probable);
        known = true;
    }
    (components, known)
}

/// Do these coordinates belong to the archive itself, and not to something that was copied into it?
fn is_itself(pom: &Pom, stem: &str, named: Option<(&str, &str)>) -> bool {
    match named {
        Some((artifact, version)) => {
            artifact == pom.artifact
                || (version == pom.version
                    && (artifact.ends_with(&pom.artifact)
                        || artifact.starts_with(&pom.artifact)
                        || pom.artifact.ends_with(artifact)))
        }
        None => {
            stem == pom.artifact
                || stem.strip_prefix(&pom.artifact).is_some_and(|rest| rest.starts_with(['-', '_']))
        }
    }
}

fn probable(stem: &str, named: Option<(&str, &str)>, evidence: &Evidence) -> Option<Component> {
    let manifest = &evidence.manifest;
    let version = named
        .map(|(_, version)| version)
        .or_else(|| manifest.version.as_deref().and_then(version_in))
        .or_else(|| manifest.bundle_version.as_deref().and_then(version_in))?;
    let artifact = match named {
        Some((artifact, _)) => artifact,
        None => manifest.title.as_deref().filter(|title| is_id(title)).unwrap_or(stem),
    };
    if artifact.is_empty() {
        return None;
    }
    if let Some((group, artifact)) = tomcat(artifact, manifest) {
        return Some(component(Some(group), &artifact, version));
    }
    // An OSGi or module name as file name: `org.apache.commons.lang3_3.1.0.jar`.
    let by_bundle = [&manifest.bundle, &manifest.module]
        .into_iter()
        .flatten()
        .find_map(|symbolic| group_in(symbolic, artifact));
    let vendor = manifest.vendor_id.as_deref().filter(|vendor| is_id(vendor) && vendor.contains('.'));
    let group = groups::group_of(artifact, &evidence.directories)
        .map(str::to_owned)
        .or_else(|| vendor.map(str::to_owned))
        .or(by_bundle);
    Some(component(group.as_deref(), artifact, version))
}

fn component(group: Option<&str>, artifact: &str, version: &str) -> Component {
    Component {
        inside: String::new(),
        name: group.map_or_else(|| artifact.to_owned(), |group| format!("{group}:{artifact}")),
        version: version.to_owned(),
        probable: true,
        carrier: None,
    }
}

/// Tomcat's own archives have neither coordinates nor a version in their names: `lib/catalina.jar`.
fn tomcat<'a>(artifact: &'a str, manifest: &'a Manifest) -> Option<(&'static str, String)> {
    (manifest.title.as_deref() == Some("Apache Tomcat") && !artifact.starts_with("tomcat-embed")).then(|| {
        (
            "org.apache.tomcat",
            if artifact.starts_with("tomcat") { artifact.to_owned() } else { format!("tomcat-{artifact}") },
        )
    })
}

/// The group in a symbolic name that is group and artifact in one: `com.fasterxml.jackson.core.jackson-databind`,
/// or, where the artifact repeats the group's end, `org.eclipse.jetty.server` for `jetty-server`.
fn group_in(symbolic: &str, artifact: &str) -> Option<String> {
    let before =
        |end: &str| symbolic.strip_suffix(end)?.strip_suffix('.').filter(|group| group.contains('.'));
    // Groups mostly end with the project's name, so the repeated one is the likelier reading.
    let repeated = || {
        let (group, last) = symbolic.rsplit_once('.')?;
        let (_, of_group) = group.rsplit_once('.')?;
        let rest = artifact.strip_prefix(of_group)?.strip_prefix('-')?;
        (rest == last).then_some(group)
    };
    before(artifact).or_else(repeated).or_else(|| before(&artifact.replace('-', "."))).map(str::to_owned)
}

/// Is it written like an id, not like a title for people?
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The version at the beginning of a text such as `1.2.3 (build 7)`.
fn version_in(text: &str) -> Option<&str> {
    let word = text.split_whitespace().next()?;
    (word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 100).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pom(artifact: &str, version: &str) -> Pom {
        Pom { group: "g".into(), artifact: artifact.into(), version: version.into() }
    }

    fn names(stem: &str, evidence: &Evidence) -> (Vec<String>, bool) {
        let (components, known) = identify(stem, evidence);
        let name = |c: &Component| format!("{} {}{}", c.name, c.version, if c.probable { " ?" } else { "" });
        (components.iter().map(name).collect(), known)
    }

    #[test]
    fn of_several_coordinates_the_ones_of_the_file_name_come_first() {
        let poms = vec![pom("shaded", "9"), pom("app", "1.0"), pom("other", "2")];
        let evidence = Evidence { poms, ..Evidence::default() };
        assert_eq!(
            names("app-1.0", &evidence),
            (vec!["g:app 1.0".into(), "g:shaded 9".into(), "g:other 2".into()], true)
        );
        assert!(names("app", &evidence).1);
        assert!(!names("unknown", &evidence).1);
        // A file name with a version that is none of them: it carries them all.
        assert_eq!(names("tool-3.1", &evidence).0[0], "tool 3.1 ?");
    }

    #[test]
    fn one_pom_under_another_name_is_the_archive() {
        let evidence = Evidence { poms: vec![pom("app", "1.0")], ..Evidence::default() };
        assert_eq!(names("renamed", &evidence), (vec!["g:app 1.0".into()], true));
        assert_eq!(names("com.acme.app_1.0", &evidence), (vec!["g:app 1.0".into()], true));
    }

    #[test]
    fn case_48_manifest_and_file_name_are_probable() {
        let with = |title: Option<&str>,
                    version: Option<&str>,
                    bundle: Option<&str>,
                    vendor: Option<&str>,
                    dir: &str| Evidence {
            manifest: Manifest {
                title: title.map(str::to_owned),
                version: version.map(str::to_owned),
                bundle: bundle.map(str::to_owned),
                vendor_id: vendor.map(str::to_owned),
                ..Manifest::default()
            },
            directories: vec![dir.to_owned()],
            classes: true,
            ..Evidence::default()
        };
        for (stem, evidence, expected) in [
            (
                "spring-beans-5.3.17",
                with(Some("spring-beans"), Some("5.3.17"), None, None, "org/springframework/beans"),
                "org.springframework:spring-beans 5.3.17 ?",
            ),
            ("spring-beans-5.3.17", with(None, None, None, None, "com/acme"), "spring-beans 5.3.17 ?"),
            (
                "spring-boot-2.6.6",
                with(None, None, None, None, "org/springframework/boot"),
                "org.springframework.boot:spring-boot 2.6.6 ?",
            ),
            (
                "jackson-databind-2.9.0",
                with(None, None, Some("com.fasterxml.jackson.core.jackson-databind"), None, ""),
                "com.fasterxml.jackson.core:jackson-databind 2.9.0 ?",
            ),
            (
                "jetty-server-9.4.1",
                with(None, None, Some("org.eclipse.jetty.server"), None, ""),
                "org.eclipse.jetty:jetty-server 9.4.1 ?",
            ),
            (
                "catalina",
                with(Some("Apache Tomcat"), Some("9.0.50"), None, None, ""),
                "org.apache.tomcat:tomcat-catalina 9.0.50 ?",
            ),
            (
                "tomcat-embed-core-9.0.50",
                with(Some("Apache Tomcat"), Some("9.0.50"), None, None, "org/apache/catalina"),
                "org.apache.tomcat.embed:tomcat-embed-core 9.0.50 ?",
            ),
            (
                "thing",
                with(Some("A Thing for People"), Some("1.2 (r7)"), None, Some("com.acme"), ""),
                "com.acme:thing 1.2 ?",
            ),
            (
                "thing",
                with(Some("thing-core"), Some("1.2"), None, Some("Acme, Inc."), ""),
                "thing-core 1.2 ?",
            ),
        ] {
            assert_eq!(names(stem, &evidence), (vec![expected.to_owned()], true), "{stem}");
        }
        assert_eq!(names("thing", &with(Some("thing"), Some("${version}"), None, None, "")), (vec![], false));
    }
}
