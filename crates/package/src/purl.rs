//! Package URLs (purl-spec): one package's name across tools.
//!
//! Two rules of the specification are not followed, as they would name other packages: it wants Go's module paths and npm's
//! names in lower case, but both ecosystems tell case apart.

mod escape;

use escape::{decode, encode};

use crate::{Distro, Ecosystem, OsRelease, Package, PackageType, Source, ecosystem::TABLE};

/// Longer texts are no package URLs; the longest in public SBOMs have a few hundred bytes.
const MAX_LENGTH: usize = 8192;

/// A text is no package URL that Seawall can read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no package URL: {reason}")]
pub struct PurlError {
    /// The text, cut to 100 characters.
    pub text: String,
    /// What is wrong.
    pub reason: PurlReason,
}

/// What is wrong with a package URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurlReason {
    /// Another scheme or none.
    #[error("it does not start with 'pkg:'")]
    Scheme,
    /// No type, or one with characters that types do not have.
    #[error("it has no type, such as 'pkg:npm/…'")]
    Type,
    /// A type that no package of Seawall has.
    #[error("its type is unknown here")]
    UnknownType,
    /// No name.
    #[error("it has no name")]
    Name,
    /// A percent sign without two hexadecimal digits behind it.
    #[error("a '%' in it is not followed by two hexadecimal digits")]
    Escape,
    /// Escapes that give no UTF-8, or control characters.
    #[error("an escape in it gives no printable UTF-8 text")]
    Text,
    /// A qualifier without a key, or the same key twice.
    #[error("a qualifier has no key, or its key stands there twice")]
    Qualifier,
    /// Longer than 8,192 bytes.
    #[error("it is longer than 8,192 bytes")]
    Length,
}

/// The package URL of `package` in an image of `distro`. OS packages get the namespace and the qualifiers `arch`, `distro`,
/// `epoch` (rpm) and `upstream` (the source package, where it differs: `name@version`, of an rpm `name-version.src.rpm`),
/// as Syft writes them.
#[must_use]
pub fn purl(package: &Package, distro: Option<&Distro>) -> String {
    let kind = package.kind;
    let mut out = String::with_capacity(96);
    out.push_str("pkg:");
    out.push_str(kind.as_str());
    out.push('/');
    let os = distro.filter(|_| kind.is_os()).map(|distro| &distro.os_release);
    let (namespace, name) = match kind {
        PackageType::Deb | PackageType::Apk | PackageType::Rpm => {
            (os.map(namespace_of), package.name.as_str())
        }
        PackageType::Npm if package.name.starts_with('@') => {
            split(package.name.split_once('/'), &package.name)
        }
        PackageType::Golang => split(package.name.rsplit_once('/'), &package.name),
        PackageType::Maven => split(package.name.split_once(':'), &package.name),
        PackageType::Composer => split(package.name.split_once('/'), &package.name),
        _ => (None, package.name.as_str()),
    };
    for segment in namespace.into_iter().flat_map(|namespace| namespace.split('/')).filter(|s| !s.is_empty())
    {
        encode(&mut out, &spell(kind, segment));
        out.push('/');
    }
    encode(&mut out, &spell(kind, name));

    let (epoch, version) = match kind {
        PackageType::Rpm => split_epoch(&package.version),
        _ => (None, package.version.as_str()),
    };
    if !version.is_empty() {
        out.push('@');
        encode(&mut out, version);
    }

    // In the order of the keys, as the specification wants.
    let mut separator = '?';
    let mut qualifier = |key: &str, value: &str| {
        if !value.is_empty() {
            out.push(separator);
            separator = '&';
            out.push_str(key);
            out.push('=');
            encode(&mut out, value);
        }
    };
    qualifier("arch", package.arch.as_deref().unwrap_or_default());
    if let Some(os) = os.filter(|os| !os.id.is_empty()) {
        let dash = if os.version_id.is_empty() { "" } else { "-" };
        qualifier("distro", &format!("{}{dash}{}", os.id, os.version_id));
    }
    qualifier("epoch", epoch.unwrap_or_default());
    if let Some(source) = package.source.as_ref().filter(|_| kind.is_os()) {
        qualifier("upstream", &upstream(package, source));
    }
    out
}

fn split<'a>(parts: Option<(&'a str, &'a str)>, whole: &'a str) -> (Option<&'a str>, &'a str) {
    parts.map_or((None, whole), |(namespace, name)| (Some(namespace), name))
}

/// The namespace of a distribution's packages: the table's, else its ID.
fn namespace_of(os: &OsRelease) -> &str {
    Ecosystem::from_os_release(os).map_or(os.id.as_str(), |(ecosystem, _)| ecosystem.row().purl_namespace)
}

/// A name as its type spells it.
fn spell(kind: PackageType, name: &str) -> String {
    match kind {
        PackageType::Pypi => name.to_lowercase().replace('_', "-"),
        PackageType::Deb | PackageType::Apk | PackageType::Composer => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

fn split_epoch(version: &str) -> (Option<&str>, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|c| c.is_ascii_digit()) => {
            (Some(epoch), rest)
        }
        _ => (None, version),
    }
}

fn upstream(package: &Package, source: &Source) -> String {
    if source.version == package.version || source.version.is_empty() {
        // Nothing to say where name and version are the package's own.
        return if source.name == package.name { String::new() } else { source.name.clone() };
    }
    let is_file_name = package.kind == PackageType::Rpm
        && source.version.matches('-').count() == 1
        && split_epoch(&source.version).0.is_none();
    if is_file_name {
        format!("{}-{}.src.rpm", source.name, source.version)
    } else {
        format!("{}@{}", source.name, source.version)
    }
}

/// A package from its URL: type, name, version, architecture, source package and distribution as far as they stand in it.
/// The distribution comes from the qualifier `distro` (`debian-12`, also in the spellings of other tools: `redhat-9.4`,
/// `bookworm`), else from the namespace, and then without a release.
///
/// # Errors
/// When the text is no package URL or of a type that Seawall does not know.
pub fn parse_purl(text: &str) -> Result<(Package, Option<Distro>), PurlError> {
    parse(text).map_err(|reason| PurlError { text: text.chars().take(100).collect(), reason })
}

fn parse(text: &str) -> Result<(Package, Option<Distro>), PurlReason> {
    if text.len() > MAX_LENGTH {
        return Err(PurlReason::Length);
    }
    let text = text.trim();
    let rest = match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("pkg:") => rest.trim_start_matches('/'),
        _ => return Err(PurlReason::Scheme),
    };
    // The subpath leads into the package; it names no other.
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, path) = path.split_once('/').ok_or(PurlReason::Type)?;
    let kind = parse_type(kind)?;
    let path = path.trim_matches('/');

    // An `@` at the front of a segment is the scope of an npm package, written unescaped.
    let at = path.rmatch_indices('@').map(|(at, _)| at).find(|at| *at > 0 && !path[..*at].ends_with('/'));
    let (path, version) = at.and_then(|at| path.split_at_checked(at)).unwrap_or((path, ""));
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    let (namespace, name) = path.split_at_checked(name_at).unwrap_or(("", path));
    let version = decode(version.strip_prefix('@').unwrap_or(version))?;
    let name = spell(kind, &decode(name)?);
    if name.is_empty() {
        return Err(PurlReason::Name);
    }
    let mut namespaces = Vec::new();
    for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
        namespaces.push(spell(kind, &decode(segment)?));
    }
    let namespace = namespaces.join(if kind == PackageType::Maven { "." } else { "/" });
    let qualifiers = parse_qualifiers(qualifiers)?;

    let full_name = match kind {
        _ if kind.is_os() || namespace.is_empty() => name,
        PackageType::Maven => format!("{namespace}:{name}"),
        _ => format!("{namespace}/{name}"),
    };
    let version = match qualifiers.get("epoch") {
        Some(epoch) if kind == PackageType::Rpm => format!("{epoch}:{version}"),
        _ => version,
    };
    let mut package = Package::new(kind, full_name, version);
    package.arch = qualifiers.get("arch").map(str::to_owned);
    if !kind.is_os() {
        return Ok((package, None));
    }
    package.source = Some(parse_upstream(&package, qualifiers.get("upstream").unwrap_or_default()));
    let os_release = parse_distro(&namespace, qualifiers.get("distro").unwrap_or_default());
    Ok((package, os_release.map(|os_release| Distro { os_release, distroless: false })))
}

fn parse_type(text: &str) -> Result<PackageType, PurlReason> {
    if text.is_empty() || !text.bytes().all(|c| c.is_ascii_alphanumeric() || b".+-".contains(&c)) {
        return Err(PurlReason::Type);
    }
    let text = text.to_ascii_lowercase();
    Ok(match text.as_str() {
        "deb" => PackageType::Deb,
        "apk" => PackageType::Apk,
        "rpm" => PackageType::Rpm,
        "npm" => PackageType::Npm,
        "pypi" => PackageType::Pypi,
        "golang" => PackageType::Golang,
        "cargo" => PackageType::Cargo,
        "maven" => PackageType::Maven,
        "gem" => PackageType::Gem,
        "nuget" => PackageType::Nuget,
        "composer" => PackageType::Composer,
        "generic" | "bitnami" => PackageType::Generic,
        _ => return Err(PurlReason::UnknownType),
    })
}

struct Qualifiers(Vec<(String, String)>);

impl Qualifiers {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

fn parse_qualifiers(text: &str) -> Result<Qualifiers, PurlReason> {
    let mut qualifiers = Qualifiers(Vec::new());
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = key.to_ascii_lowercase();
        if key.is_empty() || qualifiers.get(&key).is_some() {
            return Err(PurlReason::Qualifier);
        }
        let value = decode(value)?;
        // The specification: an empty value is the same as no qualifier.
        if !value.is_empty() {
            qualifiers.0.push((key, value));
        }
    }
    Ok(qualifiers)
}

/// `name`, `name@version`, or `name-version-release.src.rpm`; what is missing is the package's own.
fn parse_upstream(package: &Package, text: &str) -> Source {
    let own = |name: &str| Source { name: name.to_owned(), version: package.version.clone() };
    if package.kind == PackageType::Rpm
        && let Some(file) = text
            .strip_suffix(".rpm")
            .and_then(|file| file.strip_suffix(".src").or(file.strip_suffix(".nosrc")))
    {
        let mut dashes = file.rmatch_indices('-').map(|(at, _)| at);
        return match (dashes.next(), dashes.next()) {
            (Some(_), Some(at)) if at > 0 => {
                let (name, version) = file.split_at_checked(at).unwrap_or((file, ""));
                Source { name: name.to_owned(), version: version.trim_start_matches('-').to_owned() }
            }
            _ => own(file),
        };
    }
    match text.split_once('@') {
        // A source without a name would be asked for in vain.
        _ if text.is_empty() || text.starts_with('@') => own(&package.name),
        Some((name, version)) if !version.is_empty() => {
            Source { name: name.to_owned(), version: version.to_owned() }
        }
        Some((name, _)) => own(name),
        None => own(text),
    }
}

/// What other tools call a distribution whose `ID` is another.
const ALIASES: &[(&str, &str)] = &[
    ("redhat", "rhel"),
    ("alma", "almalinux"),
    ("amazon", "amzn"),
    ("oracle", "ol"),
    ("rocky-linux", "rocky"),
    ("opensuse.leap", "opensuse-leap"),
    ("opensuse.tumbleweed", "opensuse-tumbleweed"),
];

/// Code names that stand for a release in `distro=` (Debian's and Ubuntu's own lists of releases).
const CODENAMES: &[(&str, &str, &str)] = &[
    ("jessie", "debian", "8"),
    ("stretch", "debian", "9"),
    ("buster", "debian", "10"),
    ("bullseye", "debian", "11"),
    ("bookworm", "debian", "12"),
    ("trixie", "debian", "13"),
    ("forky", "debian", "14"),
    ("duke", "debian", "15"),
    ("xenial", "ubuntu", "16.04"),
    ("bionic", "ubuntu", "18.04"),
    ("focal", "ubuntu", "20.04"),
    ("jammy", "ubuntu", "22.04"),
    ("noble", "ubuntu", "24.04"),
];

/// The release that a code name stands for in the distribution `id` of os-release: (`debian`, `bookworm`) → `12`.
#[must_use]
pub fn release_of_codename(id: &str, codename: &str) -> Option<&'static str> {
    CODENAMES.iter().find(|(name, of, _)| *name == codename && *of == id).map(|(.., version)| *version)
}

fn parse_distro(namespace: &str, distro: &str) -> Option<OsRelease> {
    let os = |id: &str, version_id: &str| OsRelease {
        id: ALIASES.iter().find(|(alias, _)| *alias == id).map_or(id, |(_, id)| id).to_owned(),
        version_id: version_id.to_owned(),
        ..OsRelease::default()
    };
    if distro.is_empty() {
        let row = TABLE.iter().find(|row| !row.os_ids.is_empty() && row.purl_namespace == namespace);
        let id = row.and_then(|row| row.os_ids.first().copied()).unwrap_or(namespace);
        return (!id.is_empty()).then(|| os(id, ""));
    }
    if let Some((codename, id, version)) = CODENAMES.iter().find(|(codename, _, _)| *codename == distro) {
        return Some(OsRelease { codename: (*codename).to_owned(), ..os(id, version) });
    }
    // IDs hold hyphens too (`opensuse-leap`), so a known one is sought first, the longest that fits.
    let known =
        TABLE.iter().flat_map(|row| row.os_ids).copied().chain(ALIASES.iter().map(|(alias, _)| *alias));
    let fits =
        |id: &&str| distro.strip_prefix(*id).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    if let Some(id) = known.filter(fits).max_by_key(|id| id.len()) {
        return Some(os(id, distro.get(id.len() + 1..).unwrap_or_default()));
    }
    let dash = distro
        .rmatch_indices('-')
        .map(|(at, _)| at)
        .find(|at| distro.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
    Some(match dash {
        Some(at) => os(distro.get(..at).unwrap_or_default(), distro.get(at + 1..).unwrap_or_default()),
        None => os(distro, ""),
    })
}

#[cfg(test)]
mod tests;
