//! Which image of an index is meant.

use model::Platform;

/// Picks from `available` the best for `wanted`: the same variant, then none told, then (arm only) the next lower one,
/// which newer processors run (OCI image index, "platform.variant"). `None` when none fits.
pub(crate) fn choose(available: &[Option<Platform>], wanted: &Platform) -> Option<usize> {
    available
        .iter()
        .enumerate()
        .filter_map(|(index, have)| Some((rank(have.as_ref()?, wanted)?, index)))
        .min()
        .map(|(_, index)| index)
}

/// 0 is best; `None` does not run.
fn rank(have: &Platform, wanted: &Platform) -> Option<u32> {
    if have.os != wanted.os || have.architecture != wanted.architecture {
        return None;
    }
    if have.variant == wanted.variant {
        return Some(0);
    }
    let number = |variant: &Option<String>| {
        variant.as_deref().map_or(Some(0), |text| text.strip_prefix('v')?.parse::<u32>().ok())
    };
    let (Some(have_number), Some(wanted_number)) = (number(&have.variant), number(&wanted.variant)) else {
        return have.satisfies(wanted).then_some(50);
    };
    match (have_number, wanted_number) {
        (0, _) => Some(1),
        // Nothing was asked for: the plainest.
        (_, 0) => Some(1 + have_number),
        _ if have.architecture == "arm" && have_number < wanted_number => {
            Some(1 + wanted_number - have_number)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_variant_wins() {
        let cases: &[(&str, &[&str], Option<&str>)] = &[
            ("linux/amd64", &["linux/arm64", "linux/amd64"], Some("linux/amd64")),
            ("linux/amd64", &["linux/amd64/v3", "linux/amd64/v2", "windows/amd64"], Some("linux/amd64/v2")),
            ("linux/amd64", &["linux/amd64/v3", "linux/amd64"], Some("linux/amd64")),
            ("linux/arm64/v8", &["linux/arm64"], Some("linux/arm64")),
            ("linux/arm64", &["linux/arm64/v8"], Some("linux/arm64/v8")),
            ("linux/arm/v7", &["linux/arm/v5", "linux/arm/v6"], Some("linux/arm/v6")),
            ("linux/arm/v7", &["linux/arm/v6", "linux/arm/v7"], Some("linux/arm/v7")),
            ("linux/arm/v6", &["linux/arm/v7"], None),
            ("linux/arm64/v8", &["linux/arm64/v9"], None),
            ("linux/s390x", &["linux/amd64"], None),
            ("linux/amd64", &[], None),
        ];
        for (wanted, available, best) in cases {
            let list: Vec<Option<Platform>> = available.iter().map(|text| text.parse().ok()).collect();
            let chosen = choose(&list, &wanted.parse().unwrap()).map(|index| available[index]);
            assert_eq!(chosen, *best, "{wanted} of {available:?}");
        }
    }
}
