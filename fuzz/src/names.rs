//! Versions, package URLs and other short texts.

use std::cmp::Ordering;

use package::{Ecosystem, Version, VersionOrder, parse_purl, purl};

use crate::{parts, text};

/// Three versions of one order: comparing them is an order. Not so Maven's own: of `1.0-alpha-1`, `1.PS-OT` and `1.0.ga`
/// each is greater than the next and the last than the first, in its ComparableVersion as here.
fn order(order: VersionOrder, data: &[u8]) {
    let texts: Vec<String> = parts(data, 3).into_iter().map(text).collect();
    let versions: Vec<Version> = texts.iter().filter_map(|text| order.parse(text).ok()).collect();
    for a in &versions {
        assert_eq!(a.compare(a), Ordering::Equal, "{a:?} with itself");
        let _ = a.is_prerelease();
        for b in &versions {
            let ab = a.compare(b);
            assert_eq!(ab, b.compare(a).reverse(), "{a:?} and {b:?}");
            assert_eq!(order.compare(a.text(), b.text()), Ok(ab), "{a:?} and {b:?}");
            for c in versions.iter().filter(|_| order != VersionOrder::Maven) {
                if ab == b.compare(c) {
                    assert_eq!(a.compare(c), ab, "{a:?}, {b:?} and {c:?}");
                } else if ab == Ordering::Equal {
                    assert_eq!(a.compare(c), b.compare(c), "{a:?}, {b:?} and {c:?}");
                }
            }
        }
    }
}

macro_rules! orders {
    ($($name:ident $order:ident;)*) => {$(
        #[doc = concat!("Versions of the order `", stringify!($order), "`.")]
        pub fn $name(data: &[u8]) {
            order(VersionOrder::$order, data);
        }
    )*};
}

orders! {
    version_dpkg Dpkg;
    version_rpm Rpm;
    version_apk Apk;
    version_semver Semver;
    version_npm Npm;
    version_pep440 Pep440;
    version_maven Maven;
    version_go Go;
    version_rubygems RubyGems;
    version_nuget NuGet;
    version_composer Composer;
}

/// A package URL: what is read is written so that it is read as the same package.
pub fn package_url(data: &[u8]) {
    let text = text(data);
    let _ = Ecosystem::from_osv(&text);
    let Ok((package, distro)) = parse_purl(&text) else { return };
    let written = purl(&package, distro.as_ref());
    let Ok((again, _)) = parse_purl(&written) else {
        // Escaping may make a text longer than any that is read.
        assert!(written.len() > 8192, "{text:?} is written as {written:?}");
        return;
    };
    assert_eq!(
        (package.kind, &package.name, &package.version),
        (again.kind, &again.name, &again.version),
        "{written}"
    );
}
