//! A version just below another, and one just above it, in each native order.

use package::VersionOrder;

/// A version just below `version`: nothing that anybody would release lies between. `None` where the order's own way is
/// used up.
pub(crate) fn below(order: VersionOrder, version: &str) -> Option<String> {
    let version = without_build(order, version);
    let near = match order {
        VersionOrder::Dpkg | VersionOrder::Rpm => format!("{version}~"),
        VersionOrder::Apk => match version.rsplit_once("-r") {
            Some((base, "0")) => format!("{base}_alpha-r0"),
            Some((base, build)) => format!("{base}-r{}", build.parse::<u64>().ok()? - 1),
            None => format!("{version}_alpha"),
        },
        VersionOrder::Pep440 => match version.rsplit_once(".dev") {
            Some((base, number)) => format!("{base}.dev{}", number.parse::<u64>().ok()?.checked_sub(1)?),
            None => format!("{version}.dev0"),
        },
        VersionOrder::RubyGems => format!("{version}.a"),
        VersionOrder::Maven => format!("{version}-alpha"),
        VersionOrder::Composer => format!("{version}-dev"),
        VersionOrder::Semver | VersionOrder::Npm | VersionOrder::Go | VersionOrder::NuGet => {
            match version.split_once('-') {
                None => format!("{version}-0"),
                // One identifier less is lower; the last one goes down to the lowest there is.
                Some((base, rest)) => match rest.rsplit_once('.') {
                    Some((shorter, _)) => format!("{base}-{shorter}"),
                    None if rest == "0" => return None,
                    None => format!("{base}-0"),
                },
            }
        }
    };
    order.compare(&near, version).ok()?.is_lt().then_some(near)
}

/// A version just above `version`.
pub(crate) fn above(order: VersionOrder, version: &str) -> Option<String> {
    let version = without_build(order, version);
    let near = match order {
        VersionOrder::Dpkg => format!("{version}+"),
        VersionOrder::Rpm => format!("{version}.0"),
        VersionOrder::Apk => match version.rsplit_once("-r") {
            Some((base, build)) => format!("{base}-r{}", build.parse::<u64>().ok()? + 1),
            None => format!("{version}-r1"),
        },
        VersionOrder::Pep440 => format!("{version}+local1"),
        VersionOrder::RubyGems => format!("{version}.1"),
        VersionOrder::Maven => format!("{version}-sp"),
        VersionOrder::Composer => format!("{version}-patch1"),
        VersionOrder::Semver | VersionOrder::Npm | VersionOrder::Go | VersionOrder::NuGet => {
            match version.split_once('-') {
                Some(_) => format!("{version}.0"),
                None => {
                    let (base, last) = version.rsplit_once('.')?;
                    format!("{base}.{}-0", last.parse::<u64>().ok()? + 1)
                }
            }
        }
    };
    order.compare(&near, version).ok()?.is_gt().then_some(near)
}

/// Build metadata (`+incompatible`) is no part of the order.
fn without_build(order: VersionOrder, version: &str) -> &str {
    match order {
        VersionOrder::Semver | VersionOrder::Npm | VersionOrder::Go | VersionOrder::NuGet => {
            version.split_once('+').map_or(version, |(version, _)| version)
        }
        _ => version,
    }
}
