//! The release of a distribution as advisories name it, from the two places that tell it: an os-release file and the
//! suffix of an OSV ecosystem. Both must give the same text, else nothing matches in silence.

use crate::OsRelease;

/// How a distribution's releases are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The major number: `8.9` → `8`.
    Major,
    /// The number as it stands: `5.0` → `5.0`.
    Whole,
    /// `22.04`; OSV adds `:LTS`, and in front what is only for subscribers: `Pro:22.04:LTS` → `pro:22.04`,
    /// `Pro:FIPS:22.04:LTS` → `pro:fips:22.04`.
    Ubuntu,
    /// `3.22.1` → `v3.22`; a snapshot of the development branch (`3.23_alpha20250612`) → `edge`.
    AlpineBranch,
    /// `9.4` → `9`; OSV has CPEs: `enterprise_linux:9::baseos` → `9`, `rhel_eus:9.2::appstream` → `rhel_eus:9.2`.
    RedHat,
    /// `15.5`; OSV has names of products: `Linux Enterprise Server 15 SP5` and `Linux Enterprise Module for Basesystem
    /// 15 SP5` → `15.5`, `Linux Enterprise Server 15 SP3-LTSS` → `ltss:15.3`, `Linux Micro 6.0` → `micro:6.0`.
    Suse,
    /// `Leap 15.5` → `15.5`, `Leap Micro 5.5` → `micro:5.5`, `Tumbleweed` → `tumbleweed`.
    OpenSuse,
    /// The ID decides, VERSION_ID is ignored.
    Rolling,
    /// No releases: language ecosystems. What OSV appends there (`Packagist:https://packages.drupal.org/8`) is the
    /// address of a registry; names are the same in all of them, so it is dropped.
    None,
}

impl Release {
    /// Does a statement or an image without a release say too little to be matched?
    #[must_use]
    pub const fn is_needed(self) -> bool {
        !matches!(self, Self::Rolling | Self::None)
    }

    /// The release that an os-release file names; empty where none can be told (Debian testing and sid).
    #[must_use]
    pub fn of_os_release(self, os: &OsRelease) -> String {
        let version = os.version_id.as_str();
        match self {
            Self::Major | Self::RedHat => major(version).to_owned(),
            Self::Whole | Self::Ubuntu => version.to_owned(),
            Self::AlpineBranch => alpine_branch(version),
            Self::OpenSuse if os.id.ends_with("tumbleweed") || os.id.ends_with("microos") => {
                "tumbleweed".to_owned()
            }
            Self::Suse | Self::OpenSuse if os.id.contains("micro") && !version.is_empty() => {
                format!("micro:{version}")
            }
            Self::Suse | Self::OpenSuse => version.to_owned(),
            Self::Rolling | Self::None => String::new(),
        }
    }

    /// The release that stands after the colon of an OSV ecosystem.
    #[must_use]
    pub fn of_osv(self, text: &str) -> String {
        match self {
            Self::Major => major(text).to_owned(),
            Self::Whole => text.to_owned(),
            Self::Ubuntu => {
                let parts: Vec<String> =
                    text.split(':').filter(|part| *part != "LTS").map(str::to_ascii_lowercase).collect();
                parts.join(":")
            }
            Self::AlpineBranch => alpine_branch(text.strip_prefix('v').unwrap_or(text)),
            Self::RedHat => red_hat(text),
            Self::Suse => suse(text),
            Self::OpenSuse => match text.rsplit_once(' ') {
                Some(("Leap", version)) => version.to_owned(),
                Some(("Leap Micro", version)) => format!("micro:{version}"),
                _ => text.to_ascii_lowercase(),
            },
            Self::Rolling | Self::None => String::new(),
        }
    }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

fn alpine_branch(version: &str) -> String {
    if version == "edge" || version.contains("_alpha") {
        return "edge".to_owned();
    }
    let mut parts = version.split('.');
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) if is_number(major) && is_number(minor) => format!("v{major}.{minor}"),
        _ => String::new(),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// Only the product `enterprise_linux` is what every subscriber gets; the others (`rhel_eus`, `rhel_aus`, layered
/// products) are streams of their own. The variant (`::baseos`, `::appstream`) says from which repository a package
/// comes; package names do not repeat among those of one release.
fn red_hat(cpe: &str) -> String {
    let mut parts = cpe.split(':');
    let (product, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match product {
        "enterprise_linux" => major(version).to_owned(),
        _ if product.starts_with("rhel_") || product.starts_with("enterprise_linux_") => {
            format!("{product}:{version}")
        }
        _ => cpe.to_owned(),
    }
}

/// SUSE names products: `Linux Enterprise <product> <version>[ SP<n>][-<programme>]`. Server, Desktop, their modules and
/// extensions are what an installed system is made of, so they share one release; whatever needs another
/// subscription is a release of its own.
fn suse(name: &str) -> String {
    let name = name.strip_prefix("SUSE ").unwrap_or(name);
    if let Some(version) = name.strip_prefix("Linux Micro ") {
        return format!("micro:{version}");
    }
    let Some(rest) = name.strip_prefix("Linux Enterprise ") else {
        return name.to_owned();
    };
    let words: Vec<&str> = rest.split(' ').collect();
    // `15 SP5-LTSS`: the version is the last word that starts with a digit, a service pack may follow.
    let Some(at) = words.iter().rposition(|word| word.starts_with(|c: char| c.is_ascii_digit())) else {
        return name.to_owned();
    };
    let (product, tail) = words.split_at(at);
    let product = product.join(" ");
    let tail = tail.join(" ");
    let (number, programme) = match tail.split_once('-') {
        Some((number, programme)) => (number, programme.to_ascii_lowercase()),
        None => (tail.as_str(), String::new()),
    };
    let version = number.replace(" SP", ".");
    let stream = match product.as_str() {
        "Micro" => "micro".to_owned(),
        "Server"
        | "Desktop"
        | "Software Development Kit"
        | "Workstation Extension"
        | "Live Patching"
        | "High Availability Extension" => String::new(),
        "Server for SAP Applications" => "sap".to_owned(),
        "High Performance Computing" => "hpc".to_owned(),
        "Server LTSS Extended Security" => "ltss-extended".to_owned(),
        _ if product.starts_with("Module for ") => String::new(),
        other => other.to_ascii_lowercase().replace(' ', "-"),
    };
    match (stream.as_str(), programme.as_str()) {
        ("", "") => version,
        ("", one) | (one, "") => format!("{one}:{version}"),
        (stream, programme) => format!("{stream}-{programme}:{version}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::Ecosystem;

    #[test]
    fn osv_names_of_releases() {
        for (text, ecosystem, release) in [
            ("Debian:12", Ecosystem::Debian, Some("12")),
            ("Debian:sid", Ecosystem::Debian, Some("sid")),
            ("Debian", Ecosystem::Debian, None),
            ("Ubuntu:22.04:LTS", Ecosystem::Ubuntu, Some("22.04")),
            ("Ubuntu:22.04", Ecosystem::Ubuntu, Some("22.04")),
            ("Ubuntu:25.04", Ecosystem::Ubuntu, Some("25.04")),
            ("Ubuntu:Pro:22.04:LTS", Ecosystem::Ubuntu, Some("pro:22.04")),
            ("Ubuntu:Pro:FIPS-updates:20.04:LTS", Ecosystem::Ubuntu, Some("pro:fips-updates:20.04")),
            ("Alpine:v3.22", Ecosystem::Alpine, Some("v3.22")),
            ("Alpine:3.22", Ecosystem::Alpine, Some("v3.22")),
            ("Alpine:edge", Ecosystem::Alpine, Some("edge")),
            ("Alpine", Ecosystem::Alpine, None),
            ("AlmaLinux:8", Ecosystem::AlmaLinux, Some("8")),
            ("Rocky Linux:9", Ecosystem::RockyLinux, Some("9")),
            ("Red Hat:enterprise_linux:9::baseos", Ecosystem::RedHat, Some("9")),
            ("Red Hat:enterprise_linux:8::crb", Ecosystem::RedHat, Some("8")),
            ("Red Hat:enterprise_linux:10.1", Ecosystem::RedHat, Some("10")),
            ("Red Hat:rhel_aus:8.4::appstream", Ecosystem::RedHat, Some("rhel_aus:8.4")),
            ("Red Hat:enterprise_linux_eus:10.0", Ecosystem::RedHat, Some("enterprise_linux_eus:10.0")),
            ("Red Hat:service_mesh:1.1::el7", Ecosystem::RedHat, Some("service_mesh:1.1::el7")),
            ("Red Hat", Ecosystem::RedHat, None),
            ("SUSE:Linux Enterprise Server 15 SP5", Ecosystem::Suse, Some("15.5")),
            ("SUSE:Linux Enterprise Server 15", Ecosystem::Suse, Some("15")),
            ("SUSE:Linux Enterprise Server 16.0", Ecosystem::Suse, Some("16.0")),
            ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", Ecosystem::Suse, Some("15.5")),
            ("SUSE:Linux Enterprise Module for Web and Scripting 12", Ecosystem::Suse, Some("12")),
            ("SUSE:Linux Enterprise Software Development Kit 12 SP5", Ecosystem::Suse, Some("12.5")),
            ("SUSE:Linux Enterprise Server 15 SP3-LTSS", Ecosystem::Suse, Some("ltss:15.3")),
            ("SUSE:Linux Enterprise Server for SAP Applications 15 SP4", Ecosystem::Suse, Some("sap:15.4")),
            (
                "SUSE:Linux Enterprise High Performance Computing 15 SP3-ESPOS",
                Ecosystem::Suse,
                Some("hpc-espos:15.3"),
            ),
            (
                "SUSE:Linux Enterprise Server LTSS Extended Security 12 SP5",
                Ecosystem::Suse,
                Some("ltss-extended:12.5"),
            ),
            ("SUSE:Linux Enterprise Micro 5.3", Ecosystem::Suse, Some("micro:5.3")),
            ("SUSE:Linux Micro 6.0", Ecosystem::Suse, Some("micro:6.0")),
            ("SUSE:Manager Server 4.3", Ecosystem::Suse, Some("Manager Server 4.3")),
            ("openSUSE:Leap 15.5", Ecosystem::OpenSuse, Some("15.5")),
            ("openSUSE:Leap Micro 5.5", Ecosystem::OpenSuse, Some("micro:5.5")),
            ("openSUSE:Tumbleweed", Ecosystem::OpenSuse, Some("tumbleweed")),
            ("Azure Linux:3", Ecosystem::AzureLinux, Some("3")),
            ("Photon OS:5.0", Ecosystem::Photon, Some("5.0")),
            ("Wolfi", Ecosystem::Wolfi, None),
            ("Chainguard", Ecosystem::Chainguard, None),
            ("Bitnami", Ecosystem::Bitnami, None),
            ("npm", Ecosystem::Npm, None),
            ("Packagist:https://packages.drupal.org/8", Ecosystem::Packagist, None),
            ("Maven:https://maven.google.com", Ecosystem::Maven, None),
        ] {
            assert_eq!(Ecosystem::from_osv(text), Some((ecosystem, release.map(str::to_owned))), "{text}");
        }
    }

    #[test]
    fn odd_texts_are_refused_or_kept_without_a_panic() {
        for text in ["", ":", "debian:12", "Root:Debian:12", "Haskell"] {
            assert_eq!(Ecosystem::from_osv(text), None, "{text}");
        }
        assert_eq!(Ecosystem::from_osv("Debian:"), Some((Ecosystem::Debian, None)));
        assert_eq!(Ecosystem::from_osv("Alpine:vé.1"), Some((Ecosystem::Alpine, None)));
        assert_eq!(
            Ecosystem::from_osv("SUSE:Linux Enterprise "),
            Some((Ecosystem::Suse, Some("Linux Enterprise ".into())))
        );
    }
}
