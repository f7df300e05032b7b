//! META-INF/MANIFEST.MF and pom.properties: small texts of keys and values.

/// Keys of a manifest's main section that tell who an archive is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) title: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) vendor_id: Option<String>,
    pub(crate) bundle: Option<String>,
    pub(crate) bundle_version: Option<String>,
    pub(crate) module: Option<String>,
}

/// Reads the main section (JAR File Specification): `Name: value`, continued on lines that begin with a space, up to
/// an empty line.
pub(crate) fn parse(bytes: &[u8]) -> Manifest {
    let mut manifest = Manifest::default();
    let text = String::from_utf8_lossy(bytes);
    let mut joined: Option<String> = None;
    // `lines` leaves out the empty one that may end the text; one more takes the last value.
    for line in text.lines().chain([""]) {
        if let (Some(more), Some(value)) = (line.strip_prefix(' '), joined.as_mut()) {
            value.push_str(more);
            continue;
        }
        if let Some(whole) = joined.replace(line.to_owned()) {
            manifest.take(&whole);
        }
        if line.is_empty() {
            break;
        }
    }
    manifest
}

impl Manifest {
    fn take(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else { return };
        let slot = match name.to_ascii_lowercase().as_str() {
            "implementation-title" => &mut self.title,
            "implementation-version" => &mut self.version,
            "implementation-vendor-id" => &mut self.vendor_id,
            "bundle-symbolicname" => &mut self.bundle,
            "bundle-version" => &mut self.bundle_version,
            "automatic-module-name" => &mut self.module,
            _ => return,
        };
        // Directives follow a semicolon: `org.x.y;singleton:=true`. Build tools leave `${…}` where they knew no value.
        let value = value.split(';').next().unwrap_or_default().trim().trim_matches('"');
        if !value.is_empty() && !value.contains("${") {
            *slot = Some(value.to_owned());
        }
    }
}

/// The coordinates of a pom.properties, or as many as are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pom {
    pub(crate) group: String,
    pub(crate) artifact: String,
    pub(crate) version: String,
}

/// Reads pom.properties: `key=value`, as Maven's archiver writes it.
pub(crate) fn parse_pom(bytes: &[u8]) -> Pom {
    let mut pom = Pom::default();
    for line in String::from_utf8_lossy(bytes).lines() {
        let line = line.trim();
        if line.starts_with(['#', '!']) {
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let value = value.trim();
        if value.contains("${") || value.contains(char::is_whitespace) {
            continue;
        }
        match key.trim() {
            "groupId" => pom.group = value.to_owned(),
            "artifactId" => pom.artifact = value.to_owned(),
            "version" => pom.version = value.to_owned(),
            _ => {}
        }
    }
    pom
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_are_joined_and_sections_after_the_first_do_not_count() {
        let manifest = parse(
            b"Manifest-Version: 1.0\r\nImplementation-Title: spring-\r\n core\r\nBundle-SymbolicName: org.x.y;single\r\n ton:=true\r\n\
            implementation-version: ${project.version}\r\n\r\nName: a/b\r\nImplementation-Version: 9\r\n",
        );
        assert_eq!(manifest.title.as_deref(), Some("spring-core"));
        assert_eq!(manifest.bundle.as_deref(), Some("org.x.y"));
        assert_eq!(manifest.version, None);
        assert_eq!(parse(b"Implementation-Version: 1").version.as_deref(), Some("1"));
        assert_eq!(parse(b" x\n\xff:\n"), Manifest::default());
    }

    #[test]
    fn properties() {
        let pom = parse_pom(
            b"#Generated\n#Fri\nversion=2.14.1\ngroupId = org.apache.logging.log4j\nartifactId: log4j-core\n",
        );
        assert_eq!(
            (pom.group.as_str(), pom.artifact.as_str(), pom.version.as_str()),
            ("org.apache.logging.log4j", "log4j-core", "2.14.1")
        );
        assert_eq!(parse_pom(b"version=${revision}"), Pom::default());
    }
}
