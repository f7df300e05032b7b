use proptest::prelude::*;

use super::*;

fn distro(id: &str, version_id: &str) -> Distro {
    Distro {
        os_release: OsRelease { id: id.into(), version_id: version_id.into(), ..OsRelease::default() },
        distroless: false,
    }
}

fn os_package(kind: PackageType, name: &str, version: &str, arch: &str, source: (&str, &str)) -> Package {
    let mut package = Package::new(kind, name, version);
    package.arch = Some(arch.into());
    package.source = Some(Source { name: source.0.into(), version: source.1.into() });
    package
}

#[test]
fn a_source_without_a_name_is_the_package_itself() {
    for text in ["pkg:rpm/redhat/n@1-1?upstream=@/1-1x", "pkg:deb/debian/n@1?upstream=%402"] {
        let (package, _) = parse_purl(text).unwrap();
        assert_eq!(package.source.unwrap().name, "n", "{text}");
    }
}

#[test]
fn os_packages() {
    for (package, distro, expected) in [
        (
            os_package(PackageType::Deb, "bsdutils", "1:2.38.1-5+b1", "amd64", ("util-linux", "2.38.1-5")),
            Some(distro("debian", "12")),
            "pkg:deb/debian/bsdutils@1:2.38.1-5%2Bb1?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5",
        ),
        (
            os_package(
                PackageType::Deb,
                "libssl3",
                "3.0.22-1~deb12u1",
                "amd64",
                ("openssl", "3.0.22-1~deb12u1"),
            ),
            Some(distro("debian", "12")),
            "pkg:deb/debian/libssl3@3.0.22-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl",
        ),
        (
            os_package(PackageType::Deb, "bash", "5.2", "arm64", ("bash", "5.2")),
            Some(distro("ubuntu", "22.04")),
            "pkg:deb/ubuntu/bash@5.2?arch=arm64&distro=ubuntu-22.04",
        ),
        (
            os_package(PackageType::Apk, "libcrypto3", "3.5.4-r0", "x86_64", ("openssl", "3.5.4-r0")),
            Some(distro("alpine", "3.22.1")),
            "pkg:apk/alpine/libcrypto3@3.5.4-r0?arch=x86_64&distro=alpine-3.22.1&upstream=openssl",
        ),
        (
            os_package(
                PackageType::Rpm,
                "nodejs",
                "1:18.19.1-1.module_el8",
                "x86_64",
                ("nodejs", "18.19.1-1.module_el8"),
            ),
            Some(distro("almalinux", "8.10")),
            "pkg:rpm/almalinux/nodejs@18.19.1-1.module_el8?arch=x86_64&distro=almalinux-8.10&epoch=1\
             &upstream=nodejs-18.19.1-1.module_el8.src.rpm",
        ),
        (
            os_package(PackageType::Rpm, "python3-libs", "0:3.9-1", "x86_64", ("python", "0:3.9-2")),
            Some(distro("rhel", "9.4")),
            "pkg:rpm/redhat/python3-libs@3.9-1?arch=x86_64&distro=rhel-9.4&epoch=0&upstream=python%400:3.9-2",
        ),
        (
            os_package(PackageType::Rpm, "zlib", "1-1", "noarch", ("zlib", "1-1")),
            Some(distro("opensuse-tumbleweed", "20250131")),
            "pkg:rpm/opensuse/zlib@1-1?arch=noarch&distro=opensuse-tumbleweed-20250131",
        ),
        (
            os_package(PackageType::Apk, "busybox", "1.37.0-r1", "x86_64", ("busybox", "1.37.0-r1")),
            Some(distro("chainguard", "")),
            "pkg:apk/chainguard/busybox@1.37.0-r1?arch=x86_64&distro=chainguard",
        ),
        // A distribution that is not in the table keeps its own name.
        (
            os_package(PackageType::Deb, "bash", "5.2", "armhf", ("bash", "5.2")),
            Some(distro("raspbian", "12")),
            "pkg:deb/raspbian/bash@5.2?arch=armhf&distro=raspbian-12",
        ),
        (
            os_package(PackageType::Deb, "bash", "5.2", "amd64", ("bash", "5.2")),
            None,
            "pkg:deb/bash@5.2?arch=amd64",
        ),
    ] {
        let text = purl(&package, distro.as_ref());
        assert_eq!(text, expected);
        assert_eq!(parse_purl(&text), Ok((package, distro)), "{text}");
    }
}

#[test]
fn language_packages() {
    for (kind, name, version, expected) in [
        (PackageType::Npm, "lodash", "4.17.21", "pkg:npm/lodash@4.17.21"),
        (PackageType::Npm, "@angular/core", "17.0.0", "pkg:npm/%40angular/core@17.0.0"),
        (PackageType::Npm, "JSONStream", "1.0.0-rc.1+b", "pkg:npm/JSONStream@1.0.0-rc.1%2Bb"),
        (PackageType::Pypi, "jw-util", "2.3", "pkg:pypi/jw-util@2.3"),
        (PackageType::Pypi, "a", "1!2.0+local.1", "pkg:pypi/a@1%212.0%2Blocal.1"),
        (
            PackageType::Golang,
            "github.com/BurntSushi/toml",
            "v1.2.3",
            "pkg:golang/github.com/BurntSushi/toml@v1.2.3",
        ),
        (
            PackageType::Golang,
            "github.com/docker/docker",
            "v20.10.24+incompatible",
            "pkg:golang/github.com/docker/docker@v20.10.24%2Bincompatible",
        ),
        (PackageType::Golang, "stdlib", "1.25.3", "pkg:golang/stdlib@1.25.3"),
        (PackageType::Golang, "gopkg.in/yaml.v3", "(devel)", "pkg:golang/gopkg.in/yaml.v3@%28devel%29"),
        (PackageType::Cargo, "ring", "0.17.8", "pkg:cargo/ring@0.17.8"),
        (
            PackageType::Maven,
            "org.apache.logging.log4j:log4j-core",
            "2.14.1",
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        ),
        (PackageType::Maven, "no-group", "1", "pkg:maven/no-group@1"),
        (PackageType::Gem, "nokogiri", "1.16.0-x86_64-linux", "pkg:gem/nokogiri@1.16.0-x86_64-linux"),
        (PackageType::Nuget, "Newtonsoft.Json", "13.0.3", "pkg:nuget/Newtonsoft.Json@13.0.3"),
        (PackageType::Composer, "symfony/http-kernel", "v6.0.0", "pkg:composer/symfony/http-kernel@v6.0.0"),
        (PackageType::Generic, "node", "22.1.0", "pkg:generic/node@22.1.0"),
        (PackageType::Generic, "odd name/é", "", "pkg:generic/odd%20name%2F%C3%A9"),
    ] {
        let package = Package::new(kind, name, version);
        // The distribution is no part of a language package's name.
        let text = purl(&package, Some(&distro("debian", "12")));
        assert_eq!(text, expected);
        assert_eq!(parse_purl(&text), Ok((package, None)), "{text}");
    }
    assert_eq!(purl(&Package::new(PackageType::Pypi, "JW_Util", "1"), None), "pkg:pypi/jw-util@1");
    assert_eq!(
        purl(&Package::new(PackageType::Composer, "Drupal/Core", "1"), None),
        "pkg:composer/drupal/core@1"
    );
}

/// What other tools and the specification's examples write.
#[test]
fn spellings_of_others() {
    for (text, name, version, arch) in [
        ("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", "curl", "7.50.3-1", Some("i386")),
        ("PKG://Deb/Debian/Curl@7.50.3-1", "curl", "7.50.3-1", None),
        ("pkg:npm/@babel/core", "@babel/core", "", None),
        ("pkg:npm/@babel/core@7.0.0", "@babel/core", "7.0.0", None),
        ("pkg:npm/%40babel%2Fcore@7.0.0", "@babel/core", "7.0.0", None),
        (
            "pkg:golang/google.golang.org/genproto@abcdedf#/googleapis/api/annotations/",
            "google.golang.org/genproto",
            "abcdedf",
            None,
        ),
        (
            "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?repository_url=repo.spring.io%2Frelease&classifier=sources",
            "org.apache.xmlgraphics:batik-anim",
            "1.9.1",
            None,
        ),
        ("pkg:maven/org/apache/batik@1", "org.apache:batik", "1", None),
        ("pkg:generic/tool@refs/heads/main", "tool", "refs/heads/main", None),
        ("pkg:pypi/Django_package@1.11.1.dev1", "django-package", "1.11.1.dev1", None),
        (
            "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25&epoch=2",
            "curl",
            "2:7.50.3-1.fc25",
            Some("i386"),
        ),
        (
            "pkg:deb/debian/passwd@1%3A4.13%2Bdfsg1-1%2Bb1?arch=amd64",
            "passwd",
            "1:4.13+dfsg1-1+b1",
            Some("amd64"),
        ),
        ("pkg:gem/ruby-advisory-db-check@0.12.4?checksum=&=", "", "", None),
        ("pkg:generic/a%2525b@1", "a%25b", "1", None),
        ("  pkg:cargo/rand@0.7.2 ", "rand", "0.7.2", None),
    ] {
        match parse_purl(text) {
            Ok((package, _)) => {
                assert_eq!(
                    (package.name.as_str(), package.version.as_str(), package.arch.as_deref()),
                    (name, version, arch),
                    "{text}"
                );
            }
            Err(error) => assert_eq!((error.reason, name), (PurlReason::Qualifier, ""), "{text}"),
        }
    }
}

#[test]
fn distributions() {
    for (text, id, version) in [
        ("pkg:deb/debian/a@1?distro=debian-12", "debian", "12"),
        ("pkg:deb/debian/a@1?distro=debian-12.5", "debian", "12.5"),
        ("pkg:deb/debian/a@1?distro=bookworm", "debian", "12"),
        ("pkg:deb/ubuntu/a@1?distro=jammy", "ubuntu", "22.04"),
        ("pkg:deb/debian/a@1", "debian", ""),
        ("pkg:rpm/redhat/a@1?distro=redhat-9.4", "rhel", "9.4"),
        ("pkg:rpm/redhat/a@1", "rhel", ""),
        ("pkg:rpm/alma/a@1?distro=alma-8.9", "almalinux", "8.9"),
        ("pkg:rpm/rocky-linux/a@1?distro=rocky-linux-8", "rocky", "8"),
        ("pkg:rpm/amzn/a@1?distro=amzn-2023", "amzn", "2023"),
        ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", "opensuse-leap", "15.5"),
        ("pkg:rpm/suse/a@1?distro=sle-micro-rancher-5.2", "sle-micro-rancher", "5.2"),
        ("pkg:apk/wolfi/a@1?distro=wolfi-20230201", "wolfi", "20230201"),
        ("pkg:apk/alpine/a@1?distro=alpine-3.23_alpha20250612", "alpine", "3.23_alpha20250612"),
        ("pkg:deb/my-os/a@1?distro=my-os-1.2", "my-os", "1.2"),
        ("pkg:deb/my-os/a@1?distro=my-os", "my-os", ""),
    ] {
        let (_, distro) = parse_purl(text).unwrap();
        let os = distro.unwrap().os_release;
        assert_eq!((os.id.as_str(), os.version_id.as_str()), (id, version), "{text}");
    }
    assert_eq!(parse_purl("pkg:deb/a@1").unwrap().1, None);
}

#[test]
fn sources() {
    for (text, name, version) in [
        ("pkg:deb/debian/a@1-2", "a", "1-2"),
        ("pkg:deb/debian/a@1-2?upstream=b", "b", "1-2"),
        ("pkg:deb/debian/a@1-2?upstream=b@", "b", "1-2"),
        ("pkg:deb/debian/a@1-2?upstream=b%403", "b", "3"),
        ("pkg:rpm/fedora/a@1-2?upstream=b-c-3.1-4.fc41.src.rpm", "b-c", "3.1-4.fc41"),
        ("pkg:rpm/fedora/a@1-2?upstream=b-3-4.nosrc.rpm", "b", "3-4"),
        ("pkg:rpm/fedora/a@1-2?upstream=odd.src.rpm", "odd", "1-2"),
        ("pkg:rpm/fedora/a@1-2?epoch=3", "a", "3:1-2"),
    ] {
        let (package, _) = parse_purl(text).unwrap();
        assert_eq!(package.source, Some(Source { name: name.into(), version: version.into() }), "{text}");
    }
    assert_eq!(parse_purl("pkg:npm/a@1?upstream=b").unwrap().0.source, None);
}

#[test]
fn refusals_name_their_reason() {
    for (text, reason) in [
        ("", PurlReason::Scheme),
        ("pkg", PurlReason::Scheme),
        ("npm/lodash@1", PurlReason::Scheme),
        ("https://example.org", PurlReason::Scheme),
        ("päg:npm/a", PurlReason::Scheme),
        ("pkg:", PurlReason::Type),
        ("pkg:npm", PurlReason::Type),
        ("pkg:n%70m/a", PurlReason::Type),
        ("pkg:swift/a/b@1", PurlReason::UnknownType),
        ("pkg:npm/", PurlReason::Name),
        ("pkg:npm/?a=b", PurlReason::Name),
        ("pkg:npm/a%", PurlReason::Escape),
        ("pkg:npm/a%4", PurlReason::Escape),
        ("pkg:npm/a%zz", PurlReason::Escape),
        ("pkg:npm/a%+1", PurlReason::Escape),
        ("pkg:npm/a@%FF%FE", PurlReason::Text),
        ("pkg:npm/a%00", PurlReason::Text),
        ("pkg:npm/a%1B%5B31m", PurlReason::Text),
        ("pkg:npm/a?x=1&x=2", PurlReason::Qualifier),
        ("pkg:npm/a?=2", PurlReason::Qualifier),
        ("pkg:deb/debian/a?arch=%C3%28", PurlReason::Text),
    ] {
        assert_eq!(parse_purl(text).map_err(|error| error.reason), Err(reason), "{text}");
    }
    let long = format!("pkg:npm/{}", "a".repeat(MAX_LENGTH));
    let error = parse_purl(&long).unwrap_err();
    assert_eq!((error.reason, error.text.len()), (PurlReason::Length, 100));
    assert!(error.to_string().ends_with("it is longer than 8,192 bytes"));
}

fn any_text() -> impl Strategy<Value = String> {
    "[a-z0-9][a-zA-Z0-9+.~ %&=?#@:/é-]{0,12}".prop_map(|text| text.trim().to_owned())
}

fn any_package() -> impl Strategy<Value = (Package, Option<Distro>)> {
    let kinds = prop::sample::select(vec![
        PackageType::Deb,
        PackageType::Apk,
        PackageType::Rpm,
        PackageType::Npm,
        PackageType::Pypi,
        PackageType::Golang,
        PackageType::Cargo,
        PackageType::Maven,
        PackageType::Gem,
        PackageType::Nuget,
        PackageType::Composer,
        PackageType::Generic,
    ]);
    let word = "[a-z0-9][a-z0-9.+-]{0,8}";
    let distros = prop::sample::select(vec![
        ("debian", "12"),
        ("alpine", "3.22.1"),
        ("opensuse-leap", "15.5"),
        ("sl-micro", "6.0"),
        ("wolfi", "20230201"),
        ("chainguard", ""),
        ("unknown-os", "7"),
    ]);
    (kinds, word, word, any_text(), prop::option::of("[a-z0-9_]{1,8}"), word, any_text(), distros).prop_map(
        |(kind, first, second, version, arch, source, source_version, (id, version_id))| {
            let name = match kind {
                PackageType::Npm => format!("@{first}/{second}"),
                PackageType::Golang => format!("{first}.com/x/{second}"),
                PackageType::Maven => format!("{first}:{second}"),
                PackageType::Composer => format!("{first}/{second}"),
                _ => first,
            };
            let mut package = Package::new(kind, name, version);
            package.arch = arch;
            if kind.is_os() {
                let version = if source == "0" { package.version.clone() } else { source_version };
                package.source = Some(Source { name: source, version });
            }
            (package, kind.is_os().then(|| distro(id, version_id)))
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read((package, distro) in any_package()) {
        let text = purl(&package, distro.as_ref());
        prop_assert!(text.is_ascii());
        prop_assert_eq!(parse_purl(&text), Ok((package, distro)), "{}", text);
    }

    #[test]
    fn hostile_texts_do_no_harm(text in "(pkg:)?(deb|npm|rpm)?[/@%?&=#a-z0-9\u{0}-\u{ff}]{0,60}") {
        if let Ok((package, distro)) = parse_purl(&text) {
            prop_assert!(!package.name.chars().any(char::is_control));
            // Reading what was written of it gives the same again.
            let (again, _) = parse_purl(&purl(&package, distro.as_ref())).unwrap();
            prop_assert_eq!(again.version, package.version);
        }
    }
}
