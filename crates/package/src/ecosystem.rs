//! One table, one row per ecosystem: how os-release maps to it, which name is looked up, which order compares, where
//! CVE ids stand, whose severity counts first. A new distribution or language is a new row.

mod release;

pub use release::Release;

use serde::{Deserialize, Serialize};

use crate::{OsRelease, PackageType, VersionOrder};

/// A source's world of names and versions. Releases of distributions are text beside it (`12`, `v3.22`, `8`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[allow(missing_docs, reason = "each is a proper name")]
pub enum Ecosystem {
    Debian,
    Ubuntu,
    Alpine,
    AlmaLinux,
    RockyLinux,
    RedHat,
    CentOs,
    Fedora,
    Amazon,
    Oracle,
    Suse,
    OpenSuse,
    AzureLinux,
    Photon,
    Wolfi,
    Chainguard,
    Npm,
    PyPi,
    Go,
    CratesIo,
    Maven,
    RubyGems,
    NuGet,
    Packagist,
    Bitnami,
}

/// Which of a package's names advisories use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NameKind {
    /// The source package (Debian's Source, Alpine's origin).
    Source,
    /// The binary package, or the only name there is.
    Binary,
}

/// Where a record of this ecosystem names its CVEs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CveField {
    /// `aliases`, or the id itself.
    Aliases,
    /// `upstream`, else the id's tail (`DEBIAN-CVE-…`).
    Upstream,
    /// `related`.
    Related,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// OSV's name, without a release; also Seawall's slug where OSV has none.
    pub osv: &'static str,
    /// purl type.
    pub package_type: PackageType,
    /// purl namespace of OS packages.
    pub purl_namespace: &'static str,
    /// Order of its versions.
    pub order: VersionOrder,
    /// Name that is looked up.
    pub name: NameKind,
    /// Where CVE ids stand.
    pub cves: CveField,
    /// `ID`s of os-release.
    pub os_ids: &'static [&'static str],
    /// How VERSION_ID becomes the release of advisories.
    pub release: Release,
    /// Sources of severity, first counts first: `record` is the advisory's own, `cve` the CVE record's.
    pub severity: &'static [&'static str],
    /// Is there a public feed in a format that Seawall reads? Else a scan says "no feed".
    pub has_feed: bool,
    /// Fewer records than this is a sample, not a feed: silence about a package then means nothing.
    pub feed_floor: u32,
}

const RECORD_FIRST: &[&str] = &["record", "cve"];

const SUSE_IDS: &[&str] =
    &["sles", "sled", "sles_sap", "sle_hpc", "sle-micro", "sle-micro-rancher", "sl-micro"];
const OPENSUSE_IDS: &[&str] =
    &["opensuse-leap", "opensuse-tumbleweed", "opensuse-leap-micro", "opensuse-microos", "opensuse"];

macro_rules! os {
    ($eco:ident, $osv:literal, $ty:ident, $ns:literal, $order:ident, $name:ident, $cves:ident, $ids:expr, $rel:ident, $feed:literal, $floor:literal) => {
        Row {
            ecosystem: Ecosystem::$eco,
            osv: $osv,
            package_type: PackageType::$ty,
            purl_namespace: $ns,
            order: VersionOrder::$order,
            name: NameKind::$name,
            cves: CveField::$cves,
            os_ids: $ids,
            release: Release::$rel,
            severity: RECORD_FIRST,
            has_feed: $feed,
            feed_floor: $floor,
        }
    };
}

macro_rules! lang {
    ($eco:ident, $osv:literal, $ty:ident, $order:ident, $floor:literal) => {
        os!($eco, $osv, $ty, "", $order, Binary, Aliases, &[], None, true, $floor)
    };
}

/// The table. Sources of the ids: os-release files of the distributions; of the OSV names and of which name a record
/// has: the OSV schema's list of ecosystems, and the records themselves where they differ (AlmaLinux names binary
/// packages, Rocky's exporter writes source packages only). Floors: about a tenth of what the public source held in 2026.
#[rustfmt::skip]
pub static TABLE: &[Row] = &[
    os!(Debian,     "Debian",       Deb, "debian",     Dpkg, Source, Upstream, &["debian"],     Major,        true,  1_000),
    os!(Ubuntu,     "Ubuntu",       Deb, "ubuntu",     Dpkg, Source, Upstream, &["ubuntu"],     Ubuntu,       true,  1_000),
    os!(Alpine,     "Alpine",       Apk, "alpine",     Apk,  Source, Upstream, &["alpine"],     AlpineBranch, true,  100),
    os!(AlmaLinux,  "AlmaLinux",    Rpm, "almalinux",  Rpm,  Binary, Related,  &["almalinux"],  Major,        true,  500),
    os!(RockyLinux, "Rocky Linux",  Rpm, "rocky",      Rpm,  Source, Related,  &["rocky"],      Major,        true,  500),
    os!(RedHat,     "Red Hat",      Rpm, "redhat",     Rpm,  Binary, Upstream, &["rhel"],       RedHat,       true,  1_000),
    os!(CentOs,     "CentOS",       Rpm, "centos",     Rpm,  Binary, Aliases,  &["centos"],     Major,        false, 0),
    os!(Fedora,     "Fedora",       Rpm, "fedora",     Rpm,  Binary, Aliases,  &["fedora"],     Major,        false, 0),
    os!(Amazon,     "Amazon Linux", Rpm, "amazon",     Rpm,  Binary, Aliases,  &["amzn"],       Major,        false, 0),
    os!(Oracle,     "Oracle Linux", Rpm, "oracle",     Rpm,  Binary, Aliases,  &["ol"],         Major,        false, 0),
    os!(Suse,       "SUSE",         Rpm, "suse",       Rpm,  Source, Upstream, SUSE_IDS,        Suse,         true,  500),
    os!(OpenSuse,   "openSUSE",     Rpm, "opensuse",   Rpm,  Source, Upstream, OPENSUSE_IDS,    OpenSuse,     true,  500),
    os!(AzureLinux, "Azure Linux",  Rpm, "azurelinux", Rpm,  Source, Upstream, &["azurelinux", "mariner"], Major, true, 500),
    os!(Photon,     "Photon OS",    Rpm, "photon",     Rpm,  Binary, Aliases,  &["photon"],     Whole,        false, 0),
    os!(Wolfi,      "Wolfi",        Apk, "wolfi",      Apk,  Source, Upstream, &["wolfi"],      Rolling,      true,  500),
    os!(Chainguard, "Chainguard",   Apk, "chainguard", Apk,  Source, Upstream, &["chainguard"], Rolling,      true,  500),
    lang!(Npm,       "npm",       Npm,      Npm,      1_000),
    lang!(PyPi,      "PyPI",      Pypi,     Pep440,   1_000),
    lang!(Go,        "Go",        Golang,   Go,       500),
    lang!(CratesIo,  "crates.io", Cargo,    Semver,   500),
    lang!(Maven,     "Maven",     Maven,    Maven,    500),
    lang!(RubyGems,  "RubyGems",  Gem,      RubyGems, 300),
    lang!(NuGet,     "NuGet",     Nuget,    NuGet,    100),
    lang!(Packagist, "Packagist", Composer, Composer, 300),
    lang!(Bitnami,   "Bitnami",   Generic,  Semver,   500),
];

impl Ecosystem {
    /// Its row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        // The test below holds the table to the order of the enum.
        &TABLE[self as usize]
    }

    /// From OSV's text: `Debian:12` → (Debian, `12`), `Ubuntu:Pro:22.04:LTS` → (Ubuntu, `pro:22.04`), `npm` → (npm,
    /// none). The release is spelt as [`Ecosystem::from_os_release`] spells it.
    #[must_use]
    pub fn from_osv(text: &str) -> Option<(Self, Option<String>)> {
        let (name, release) =
            text.split_once(':').map_or((text, None), |(name, release)| (name, Some(release)));
        let row = TABLE.iter().find(|row| row.osv == name)?;
        let release = release.map(|text| row.release.of_osv(text)).filter(|release| !release.is_empty());
        Some((row.ecosystem, release))
    }

    /// The ecosystem and the release of advisories that an os-release file names; `None` for a distribution that is
    /// not in the table. An empty release means that it has none (Wolfi) or, where [`Release::is_needed`], that none
    /// could be told (Debian sid): then nothing can be judged.
    #[must_use]
    pub fn from_os_release(os: &OsRelease) -> Option<(Self, String)> {
        let row = TABLE.iter().find(|row| row.os_ids.contains(&os.id.as_str()))?;
        Some((row.ecosystem, row.release.of_os_release(os)))
    }

    /// The ecosystem that judges language packages of a type.
    #[must_use]
    pub fn of_language(kind: PackageType) -> Option<Self> {
        TABLE.iter().find(|row| row.package_type == kind && row.os_ids.is_empty()).map(|row| row.ecosystem)
    }

    /// The form of a name under which statements are stored and looked up: PEP 503 for PyPI (applied to both
    /// sides, as feeds hold unnormalised names), lower case for NuGet and Packagist, unchanged elsewhere.
    #[must_use]
    pub fn normalise(self, name: &str) -> String {
        match self {
            Self::PyPi => {
                let mut out = String::with_capacity(name.len());
                let mut gap = false;
                for c in name.chars() {
                    if matches!(c, '-' | '_' | '.') {
                        gap = true;
                    } else {
                        if gap {
                            out.push('-');
                            gap = false;
                        }
                        out.extend(c.to_lowercase());
                    }
                }
                if gap {
                    out.push('-');
                }
                out
            }
            Self::NuGet | Self::Packagist => name.to_lowercase(),
            _ => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.ecosystem as usize, index, "{}", row.osv);
        }
    }

    #[test]
    fn names() {
        assert_eq!(Ecosystem::PyPi.normalise("JW_Util"), "jw-util");
        assert_eq!(Ecosystem::PyPi.normalise("jw.util"), "jw-util");
        assert_eq!(Ecosystem::NuGet.normalise("Newtonsoft.Json"), "newtonsoft.json");
        assert_eq!(Ecosystem::Npm.normalise("JSONStream"), "JSONStream");
    }
}
