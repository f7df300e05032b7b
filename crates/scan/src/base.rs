//! The base of an image, and what a newer one would repair.
//!
//! An image does not say where its base ends. Two facts do, and they are tried in this order:
//!
//! 1. *History*: a build of a base ends with its `CMD`, which makes no layer. Where a `CMD` is followed by layers, what
//!    stands before the last such `CMD` is the base. (Only `CMD`: an `ENTRYPOINT` in the middle of one's own build is common.)
//! 2. *Packages*: else the base reaches through the first layer up to which more than half of the OS packages
//!    came.
//!
//! Nothing is said where the base would be the whole image, where history does not line up with the layers and no
//! OS package tells, or where no finding of the base has a fix.

use std::{collections::BTreeMap, ops::Range};

use model::{Detail, Finding, FixStatus, ImageConfig, Judgement};
use package::Catalogue;

use crate::Image;

/// What a newer base would repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Layers of the base: the first so many.
    pub layers: u32,
    /// How its end was found.
    pub rule: BaseRule,
    /// Its name, where the image tells: annotation of the manifest, else label `org.opencontainers.image.base.name`.
    pub name: Option<String>,
    /// Its digest, where the image tells: `org.opencontainers.image.base.digest`.
    pub digest: Option<String>,
    /// Findings that count and came with the base.
    pub findings: u64,
    /// Of them, those that a fix is known for.
    pub fixable: u64,
    /// All findings that count.
    pub of: u64,
}

/// How the end of the base was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BaseRule {
    /// By the last `CMD` of the history that is followed by layers.
    History,
    /// By the layers that brought most OS packages.
    Packages,
}

impl BaseRule {
    /// A stable slug.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Packages => "packages",
        }
    }
}

/// The base of `image`, where a newer one would help.
pub(crate) fn base(image: &Image, catalogue: &Catalogue, findings: &[Finding]) -> Option<Base> {
    let total = u32::try_from(image.layers.len()).ok()?;
    let (layers, rule) = base_end(&image.config, total, catalogue)?;
    let told = |key: &str| base_told(&image.annotations, &image.config, key);
    let mut base = Base {
        layers,
        rule,
        name: told(BASE_NAME),
        digest: told(BASE_DIGEST),
        findings: 0,
        fixable: 0,
        of: 0,
    };
    for finding in findings.iter().filter(|finding| finding.judgement == Judgement::Counts) {
        base.of += 1;
        let layer = finding.evidence.first().and_then(|evidence| evidence.layer);
        if layer.is_none_or(|layer| layer.0 >= layers) {
            continue;
        }
        base.findings += 1;
        let Detail::Vulnerability(vulnerability) = &finding.detail else { continue };
        base.fixable += u64::from(matches!(vulnerability.fix, FixStatus::Fixed { .. }));
    }
    (base.fixable > 0).then_some(base)
}

/// The annotation, or label, that names the base of an image.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// The annotation, or label, with the digest of the base.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// What an image tells of its base under `key`. A label may be inherited from the base, and then tells of the base's own base; an
/// annotation is never inherited, so it goes first.
#[must_use]
pub fn base_told(annotations: &BTreeMap<String, String>, config: &ImageConfig, key: &str) -> Option<String> {
    let told = annotations.get(key).or_else(|| config.labels.get(key));
    told.filter(|value| !value.is_empty()).cloned()
}

/// Of how many of `total` layers the base of an image consists, and how that was found; `None`: nothing tells.
#[must_use]
pub fn base_end(config: &ImageConfig, total: u32, catalogue: &Catalogue) -> Option<(u32, BaseRule)> {
    let inside: Range<u32> = 1..total;
    by_history(config, total)
        .filter(|layers| inside.contains(layers))
        .map(|layers| (layers, BaseRule::History))
        .or_else(|| {
            let layers = by_packages(catalogue, total).filter(|layers| inside.contains(layers))?;
            Some((layers, BaseRule::Packages))
        })
}

fn by_history(config: &ImageConfig, total: u32) -> Option<u32> {
    let made = config.history.iter().filter(|step| !step.empty_layer).count();
    if made != total as usize {
        return None;
    }
    let mut layers = 0;
    let mut end = None;
    let mut pending = None;
    for step in &config.history {
        if !step.empty_layer {
            layers += 1;
            end = pending.take().or(end);
        } else if step.created_by.as_deref().is_some_and(is_cmd) {
            pending = Some(layers);
        }
    }
    end
}

/// `CMD ["bash"]` of BuildKit and Buildah, `/bin/sh -c #(nop)  CMD ["bash"]` of Docker's older builder.
fn is_cmd(step: &str) -> bool {
    let step = step.strip_prefix("/bin/sh -c #(nop)").unwrap_or(step).trim_start();
    step.strip_prefix("CMD").is_some_and(|rest| rest.starts_with([' ', '[']))
}

fn by_packages(catalogue: &Catalogue, total: u32) -> Option<u32> {
    let mut by_layer = vec![0_u64; total as usize];
    for package in catalogue.packages.iter().filter(|package| package.kind.is_os()) {
        if let Some(count) = package.layer.and_then(|layer| by_layer.get_mut(layer as usize)) {
            *count += 1;
        }
    }
    let all: u64 = by_layer.iter().sum();
    let mut below = 0;
    for (layer, count) in (1..).zip(&by_layer) {
        below += count;
        if below * 2 > all {
            return Some(layer);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use model::{ConfigDigest, DiffId, Digest, Evidence, History, Layer, LayerIndex, Platform};
    use package::{Package, PackageType};

    use super::*;
    use crate::suppress::tests::finding;

    /// Steps: `L` makes a layer, anything else is an instruction that makes none.
    fn image(steps: &[&str]) -> Image {
        let history: Vec<History> = steps
            .iter()
            .map(|step| History {
                created: None,
                created_by: Some((*step).to_owned()),
                empty_layer: *step != "L",
            })
            .collect();
        let digest = Digest::from_bytes([0; 32]);
        let layers = steps.iter().filter(|step| **step == "L").map(|_| Layer {
            diff_id: DiffId(digest),
            blob: None,
            size: 0,
            created_by: None,
        });
        Image {
            config_digest: ConfigDigest(digest),
            manifest_digest: None,
            names: Vec::new(),
            platform: Platform::host(),
            platforms: Vec::new(),
            layers: layers.collect(),
            annotations: BTreeMap::new(),
            config: ImageConfig { history, ..ImageConfig::default() },
        }
    }

    /// OS packages in these layers.
    fn packages(layers: &[u32]) -> Catalogue {
        let packages = layers.iter().map(|layer| {
            let mut package = Package::new(PackageType::Deb, "p", "1");
            package.layer = Some(*layer);
            package
        });
        Catalogue { packages: packages.collect(), ..Catalogue::default() }
    }

    /// A finding in a layer, with a fix or without.
    fn at(layer: Option<u32>, fixed: bool) -> Finding {
        let mut finding = finding("CVE-1", "p", "pkg:deb/debian/p@1", "p");
        finding.evidence = vec![Evidence { path: "p".into(), layer: layer.map(LayerIndex) }];
        if let Detail::Vulnerability(vulnerability) = &mut finding.detail {
            vulnerability.fix = match fixed {
                true => FixStatus::Fixed { version: "2".into() },
                false => FixStatus::NoneKnown,
            };
        }
        finding
    }

    #[test]
    fn the_base_ends_at_the_last_cmd_with_layers_after_it_else_where_most_packages_came() {
        const OLD: &str = "/bin/sh -c #(nop)  CMD [\"bash\"]";
        for (steps, layers, expect) in [
            (
                &["L", "CMD [\"bash\"]", "L", "ENV A=1", "L", "CMD [\"app\"]"][..],
                &[0, 1][..],
                Some((1, "history")),
            ),
            (&["L", OLD, "L", "L", OLD, "L", "ENTRYPOINT [\"x\"]", "L"], &[0], Some((3, "history"))),
            (&["L", "ENTRYPOINT [\"x\"]", "L"], &[0, 0, 1], Some((1, "packages"))),
            (&["L", "L", "L"], &[0, 1, 1, 1, 2], Some((2, "packages"))),
            // The whole image is the base: nothing to say.
            (&["L", "CMD [\"bash\"]"], &[0], None),
            (&["L", "L"], &[1, 1], None),
            (&["L", "L"], &[], None),
            (&["L", "CMDR x", "L"], &[], None),
        ] {
            let image = image(steps);
            let found = base(&image, &packages(layers), &[at(Some(0), true)]);
            assert_eq!(found.map(|base| (base.layers, base.rule.as_str())), expect, "{steps:?} {layers:?}");
        }
    }

    #[test]
    fn a_history_that_does_not_line_up_tells_nothing() {
        let mut image = image(&["L", "CMD [\"bash\"]", "L"]);
        image.config.history.push(History::default());
        let found = base(&image, &packages(&[0]), &[at(Some(0), true)]);
        assert_eq!(found.map(|base| base.rule), Some(BaseRule::Packages));
    }

    #[test]
    fn counts_are_of_what_counts_and_a_base_without_fixes_is_not_named() {
        let mut image = image(&["L", "L"]);
        let label = "org.opencontainers.image.base.name".to_owned();
        image.config.labels.insert(label.clone(), "inherited:1".into());
        let mut apart = at(Some(0), true);
        apart.judgement = Judgement::Apart(model::ApartReason::NoKernel);
        let findings = [at(Some(0), true), at(Some(0), false), apart, at(Some(1), true), at(None, true)];
        let found = base(&image, &packages(&[0]), &findings).unwrap();
        assert_eq!((found.findings, found.fixable, found.of), (2, 1, 4));
        assert_eq!(found.name.as_deref(), Some("inherited:1"));
        image.annotations.insert(label, "docker.io/library/debian:12".into());
        let found = base(&image, &packages(&[0]), &findings).unwrap();
        assert_eq!(found.name.as_deref(), Some("docker.io/library/debian:12"));
        assert_eq!(base(&image, &packages(&[0]), &[at(Some(0), false), at(Some(1), true)]), None);
    }
}
