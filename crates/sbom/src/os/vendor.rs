//! Who built a package: the distribution, or a vendor with a repository of its own.
//!
//! A third party's package is never judged by the distribution's advisories, so a wrong "third party" hides findings
//! while a wrong "distribution" only looks a name up in vain, or wrongly where both use one name (nginx). The rules are
//! therefore positive ones: a package is the distribution's unless its own metadata names another builder.
//!
//! An allow-list of `@debian.org` addresses would be wrong: hundreds of Debian's own maintainers use private addresses.

use package::Origin;

/// How a vendor shows in a `Maintainer` field.
enum Mark {
    /// The address is at this domain, exactly. Listed only where no maintainer inside Debian or Ubuntu uses it:
    /// `intel.com`, `canonical.com` and `google.com` are not here for that reason.
    Mail(&'static str),
    /// The name, or the whole field where it has no address, starts so; lower case.
    Name(&'static str),
}

/// Vendors with Debian repositories of their own, by the `Maintainer` fields of the packages they publish.
#[rustfmt::skip]
static DEB_VENDORS: &[Mark] = &[
    // Containers and clusters.
    Mark::Mail("kubernetes.io"), Mark::Name("kubernetes authors"), Mark::Mail("docker.com"), Mark::Name("docker release"),
    Mark::Name("cri-o"), Mark::Mail("falco.org"), Mark::Mail("sysdig.com"), Mark::Mail("aquasec.com"),
    Mark::Mail("hashicorp.com"), Mark::Mail("rancher.com"), Mark::Mail("goteleport.com"),
    Mark::Mail("gravitational.com"), Mark::Mail("tailscale.com"),
    // Web servers and proxies.
    Mark::Mail("nginx.com"), Mark::Mail("nginx.org"), Mark::Mail("f5.com"), Mark::Name("nginx packaging"),
    Mark::Mail("openresty.com"), Mark::Mail("caddyserver.com"), Mark::Mail("varnish-software.com"), Mark::Mail("haproxy.com"),
    Mark::Mail("konghq.com"), Mark::Mail("cloudflare.com"), Mark::Mail("traefik.io"),
    // Databases and queues.
    Mark::Mail("oss.oracle.com"), Mark::Mail("mariadb.org"), Mark::Mail("mariadb.com"),
    Mark::Name("mariadb developers"), Mark::Mail("percona.com"), Mark::Mail("packaging.mongodb.com"), Mark::Name("mongodb packaging"),
    Mark::Mail("redis.com"), Mark::Mail("redis.io"), Mark::Mail("redislabs.com"), Mark::Mail("clickhouse.com"),
    Mark::Mail("yandex-team.ru"), Mark::Mail("influxdata.com"), Mark::Mail("timescale.com"), Mark::Mail("timescale.io"),
    Mark::Mail("citusdata.com"), Mark::Mail("neo4j.com"), Mark::Mail("couchbase.com"), Mark::Mail("rabbitmq.com"),
    Mark::Mail("cockroachlabs.com"), Mark::Mail("confluent.io"), Mark::Mail("elastic.co"), Mark::Mail("elasticsearch.com"),
    Mark::Mail("elasticsearch.org"), Mark::Mail("opensearch.org"), Mark::Mail("datastax.com"),
    // Observability and security.
    Mark::Mail("grafana.com"), Mark::Mail("datadoghq.com"), Mark::Mail("newrelic.com"), Mark::Mail("dynatrace.com"),
    Mark::Mail("splunk.com"), Mark::Mail("treasure-data.com"), Mark::Mail("treasuredata.com"), Mark::Mail("calyptia.com"), Mark::Mail("wazuh.com"),
    Mark::Mail("zabbix.com"), Mark::Mail("netdata.cloud"), Mark::Mail("crowdstrike.com"), Mark::Mail("sentinelone.com"),
    Mark::Mail("1password.com"), Mark::Mail("agilebits.com"), Mark::Mail("osquery.io"),
    // Languages and tools.
    Mark::Mail("nodesource.com"), Mark::Mail("dotnetfoundation.org"), Mark::Mail("microsoft.com"), Mark::Mail("azul.com"),
    Mark::Mail("azulsystems.com"), Mark::Mail("eclipse.org"), Mark::Mail("adoptium.net"), Mark::Name("eclipse adoptium"),
    Mark::Name("amazon corretto"), Mark::Name("amazon web services"), Mark::Mail("bell-sw.com"),
    Mark::Name("yarn developers"), Mark::Mail("yarnpkg.com"), Mark::Mail("github.com"), Mark::Mail("gitlab.com"),
    Mark::Mail("jenkins.io"), Mark::Mail("jenkins-ci.org"), Mark::Mail("puppet.com"), Mark::Mail("puppetlabs.com"), Mark::Mail("perforce.com"),
    Mark::Mail("chef.io"), Mark::Mail("progress.com"), Mark::Mail("saltstack.com"), Mark::Mail("saltproject.io"),
    Mark::Mail("sonatype.com"), Mark::Mail("jfrog.com"), Mark::Mail("sentry.io"), Mark::Mail("posit.co"), Mark::Mail("rstudio.com"),
    // Hardware and desktop.
    Mark::Mail("nvidia.com"), Mark::Name("cudatools"), Mark::Name("google cloud"), Mark::Name("google inc"), Mark::Name("google llc"),
    Mark::Name("chrome linux team"), Mark::Mail("mozilla.com"), Mark::Mail("brave.com"), Mark::Mail("slack-corp.com"),
    Mark::Mail("zoom.us"), Mark::Mail("spotify.com"), Mark::Mail("vivaldi.com"), Mark::Mail("opera.com"), Mark::Mail("sublimetext.com"),
    Mark::Mail("sublimehq.com"), Mark::Mail("proxmox.com"), Mark::Mail("plex.tv"),
];

/// Marks inside Debian versions that only builds outside the distribution carry.
static DEB_VERSION_MARKS: &[&str] = &[
    // apt.postgresql.org: the same maintainers as Debian, another build.
    ".pgdg",
    "nodesource",
    // Docker: `5:24.0.7-1~debian.12~bookworm`.
    "~debian.",
    "~ubuntu.",
    // Launchpad's personal archives: `1.2-1~ppa1`.
    "~ppa",
    // deb.sury.org: `8.2.13-1+0~20231125.30+debian12~1.gbpf3ee8d`.
    "+debian",
    // dotdeb and packages.x2go style.
    "+dotdeb",
    // MariaDB's own: `1:10.11.6+maria~deb12`.
    "+maria~",
    // Proxmox: `6.2.16-20-pve1`.
    "-pve",
];

/// Code names after `~` at the end of a version: nginx.org's `1.25.3-1~bookworm`. Debian's own backports and security
/// updates say `~bpo12+1` and `~deb12u1`, Ubuntu's `~22.04.1`.
static CODENAMES: &[&str] = &[
    "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "xenial", "bionic", "focal",
    "jammy", "noble", "plucky", "questing",
];

/// Values of an `Origin` or `Vendor` field that are distributions.
static DISTRIBUTIONS: &[&str] = &["debian", "ubuntu", "canonical", "raspbian", "kali", "devuan", "linuxmint"];

/// Who built a Debian package. `vendor` is its `Vendor` or `Origin` field, which distributions leave out and packaging
/// tools such as fpm fill in.
pub(crate) fn of_deb(maintainer: &str, vendor: Option<&str>, version: &str) -> Origin {
    let vendor = vendor.unwrap_or_default().trim().to_ascii_lowercase();
    // fpm writes `none` where nobody gave one: built outside a distribution all the same.
    if !vendor.is_empty() && !DISTRIBUTIONS.iter().any(|known| vendor.starts_with(known)) {
        return Origin::ThirdParty;
    }
    if DEB_VERSION_MARKS.iter().any(|mark| version.contains(mark)) {
        return Origin::ThirdParty;
    }
    if version.rsplit_once('~').is_some_and(|(_, tail)| CODENAMES.contains(&tail)) {
        return Origin::ThirdParty;
    }
    by_maintainer(DEB_VENDORS, maintainer)
}

/// Vendors that publish apks under names that Alpine uses too.
static APK_VENDORS: &[Mark] =
    &[Mark::Mail("nginx.com"), Mark::Mail("nginx.org"), Mark::Mail("f5.com"), Mark::Name("nginx packaging")];

/// Who built an apk, by its maintainer.
pub(crate) fn of_apk(maintainer: &str) -> Origin {
    by_maintainer(APK_VENDORS, maintainer)
}

/// `Name <mail@domain>`, or either alone.
fn by_maintainer(marks: &[Mark], maintainer: &str) -> Origin {
    let (name, mail) = match maintainer.rsplit_once('<') {
        Some((name, rest)) => (name.trim(), rest.trim_end_matches(['>', ' '])),
        None => (maintainer.trim(), maintainer.trim()),
    };
    let domain = mail.rsplit_once('@').map_or("", |(_, domain)| domain);
    let third = marks.iter().any(|mark| match mark {
        Mark::Mail(known) => domain.eq_ignore_ascii_case(known),
        Mark::Name(known) => name.get(..known.len()).is_some_and(|head| head.eq_ignore_ascii_case(known)),
    });
    if third { Origin::ThirdParty } else { Origin::Distribution }
}

/// What the `Vendor` tag of a distribution's own rpms starts with, lower case, by `ID` of os-release. A distribution
/// that is not listed is believed for all its packages.
static RPM_VENDORS: &[(&str, &[&str])] = &[
    ("almalinux", &["almalinux"]),
    ("rocky", &["rocky"]),
    ("rhel", &["red hat"]),
    ("centos", &["centos", "red hat"]),
    ("fedora", &["fedora"]),
    ("amzn", &["amazon"]),
    ("ol", &["oracle"]),
    ("sles", &["suse"]),
    ("sled", &["suse"]),
    ("sle_hpc", &["suse"]),
    ("sl-micro", &["suse"]),
    ("opensuse-leap", &["opensuse", "suse"]),
    ("opensuse-tumbleweed", &["opensuse", "suse"]),
    ("azurelinux", &["microsoft"]),
    ("mariner", &["microsoft"]),
    ("photon", &["vmware", "broadcom"]),
];

/// Who built an rpm, by its `Vendor` tag: EPEL's say `Fedora Project` on every distribution they are installed on. An
/// rpm without one is believed to be the distribution's.
pub(crate) fn of_rpm(vendor: Option<&str>, distro_id: &str) -> Origin {
    let vendor = vendor.unwrap_or_default().trim().to_ascii_lowercase();
    let own = RPM_VENDORS.iter().find(|(id, _)| *id == distro_id).map(|(_, own)| *own);
    match own {
        Some(own) if !vendor.is_empty() && !own.iter().any(|name| vendor.starts_with(name)) => {
            Origin::ThirdParty
        }
        _ => Origin::Distribution,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_11_vendors_of_debs() {
        for (maintainer, vendor, version) in [
            ("Kubernetes Authors <dev@kubernetes.io>", None, "1:528.0.0-0"),
            ("Google Cloud CLI Authors <https://code.google.com/p/google-cloud-sdk/>", None, "528.0.0-0"),
            ("Docker <support@docker.com>", None, "5:24.0.7-1~debian.12~bookworm"),
            ("NGINX Packaging <nginx-packaging@f5.com>", None, "1.25.3-1~bookworm"),
            ("Debian PostgreSQL Maintainers <team+postgresql@tracker.debian.org>", None, "16.1-1.pgdg120+1"),
            ("Ondřej Surý <ondrej@debian.org>", None, "8.2.13-1+0~20231125.30+debian12~1.gbpf3ee8d"),
            ("Somebody <somebody@example.org>", Some("none"), "1.0"),
        ] {
            assert_eq!(of_deb(maintainer, vendor, version), Origin::ThirdParty, "{maintainer}");
        }
        for (maintainer, vendor, version) in [
            ("Theodore Y. Ts'o <tytso@mit.edu>", None, "1.47.0-2"),
            ("Marco d'Itri <md@linux.it>", None, "5.5.17"),
            ("Debian Nginx Maintainers <pkg-nginx-maintainers@alioth-lists.debian.net>", None, "1.22.1-9"),
            (
                "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>",
                Some("Ubuntu"),
                "1.18.0-6ubuntu14.4",
            ),
            ("Maintainer <maintainer@intel.com>", None, "4.4.1-1"),
            ("Debian PostgreSQL Maintainers <team+postgresql@tracker.debian.org>", None, "15.5-0+deb12u1"),
            ("X <x@debian.org>", None, "2.0-1~bpo12+1"),
            ("", None, "1"),
        ] {
            assert_eq!(of_deb(maintainer, vendor, version), Origin::Distribution, "{maintainer}");
        }
    }

    #[test]
    fn vendors_of_rpms() {
        assert_eq!(of_rpm(Some("AlmaLinux"), "almalinux"), Origin::Distribution);
        assert_eq!(of_rpm(Some("Fedora Project"), "almalinux"), Origin::ThirdParty);
        assert_eq!(of_rpm(Some("Fedora Project"), "fedora"), Origin::Distribution);
        assert_eq!(of_rpm(None, "fedora"), Origin::Distribution);
        assert_eq!(of_rpm(Some("SUSE LLC <https://www.suse.com/>"), "opensuse-leap"), Origin::Distribution);
        assert_eq!(of_rpm(Some("Anyone"), "plan9"), Origin::Distribution);
    }
}
