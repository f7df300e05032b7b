//! What images were built on, and what its newest build has.
//!
//! The end of a base is what a scan finds (`scan::base_end`). Its name is what the image tells; where it tells none, another
//! image of the fleet whose layers are the first of this one's is the base, under the tag that it has, or had last.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use store::{StoreError, Tx, fixes as stored};

use super::{
    fleet::{BaseKept, Fleet, NONE, number},
    load::Content,
};

/// The registry whose images are named without one.
const DOCKER_HUB: [&str; 3] = ["docker.io", "registry-1.docker.io", "index.docker.io"];

/// Finds the base of every content that lies somewhere.
pub(super) fn read(
    tx: &mut Tx<'_>,
    fleet: &mut Fleet,
    contents: &mut BTreeMap<i64, Content>,
) -> Result<(), StoreError> {
    let lineage = lineage(contents);
    let mut names: HashMap<i64, Option<Name>> = HashMap::new();
    let mut known: HashMap<String, u32> = HashMap::new();
    let wanted: Vec<i64> =
        contents.iter().filter(|(_, content)| !content.places.is_empty()).map(|(id, _)| *id).collect();
    for id in wanted {
        let below = lineage.get(&id).copied();
        let Some(content) = contents.get(&id) else { continue };
        let told = content.row.base_name.as_deref().map(Name::told);
        let name = match (told, below) {
            (Some(name), _) => Some(name),
            (None, Some((base, _))) => {
                if let Entry::Vacant(unknown) = names.entry(base) {
                    let digest = contents.get(&base).map(|base| base.row.config_digest.clone());
                    unknown.insert(Name::of_image(tx, digest.as_deref().unwrap_or_default())?);
                }
                names.get(&base).cloned().flatten()
            }
            (None, None) => None,
        };
        let layers = content.row.base_layers.or(below.map(|(_, layers)| layers));
        let (Some(name), Some(layers)) = (name, layers) else { continue };
        let shown = name.shown();
        let index = match known.get(&shown) {
            Some(index) => *index,
            None => {
                let kept = kept(tx, fleet, &name, &shown)?;
                fleet.bases.push(kept);
                let index = number(fleet.bases.len() - 1);
                known.insert(shown, index);
                index
            }
        };
        if let Some(content) = contents.get_mut(&id) {
            content.base = Some((index, layers));
        }
    }
    Ok(())
}

/// For each content the one with most layers that are all the first of its own, but not all of them.
fn lineage(contents: &BTreeMap<i64, Content>) -> HashMap<i64, (i64, i64)> {
    // A unit stands for a layer and the cataloguer that read it; a chain of them for all layers up to one.
    let chain = |content: &Content| {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let layers = content.layers.iter();
        layers
            .map(|unit| {
                for byte in unit.unwrap_or(-1).to_le_bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
                hash
            })
            .collect::<Vec<u64>>()
    };
    let chains: Vec<(i64, Vec<u64>)> = contents.iter().map(|(id, content)| (*id, chain(content))).collect();
    let mut whole: HashMap<(usize, u64), i64> = HashMap::new();
    for (id, chain) in &chains {
        if let Some(last) = chain.last() {
            whole.entry((chain.len(), *last)).or_insert(*id);
        }
    }
    let mut found = HashMap::new();
    for (id, chain) in &chains {
        let shorter = chain.iter().enumerate().rev().skip(1);
        let below = shorter.filter_map(|(at, hash)| Some((*whole.get(&(at + 1, *hash))?, at + 1))).next();
        if let Some((base, layers)) = below {
            found.insert(*id, (base, i64::from(number(layers))));
        }
    }
    found
}

/// The name of a base.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    address: String,
    repository: String,
    tag: String,
    /// The repository here, where that is known already.
    number: Option<i64>,
}

impl Name {
    /// As an image tells it: `debian:12-slim`, `registry.example/base/java:21@sha256:…`.
    fn told(text: &str) -> Self {
        let text = crate::problem::line(text);
        let (text, _) = text.split_once('@').unwrap_or((&text, ""));
        let (address, path) = match text.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => ("docker.io", text),
        };
        let (path, tag) = match path.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (path, "latest"),
        };
        let hub = DOCKER_HUB.contains(&address);
        let repository = if hub && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        let address = if hub { "docker.io" } else { address };
        Self { address: address.to_owned(), repository, tag: tag.to_owned(), number: None }
    }

    /// By the tag that a content has, or had: one that moved on is what a rebuild would be built on.
    fn of_image(tx: &mut Tx<'_>, config_digest: &str) -> Result<Option<Self>, StoreError> {
        let tag = stored::tags_of(tx, config_digest)?.into_iter().next();
        Ok(tag.map(|row| Self {
            address: row.address,
            repository: row.name,
            tag: row.tag,
            number: Some(row.repository),
        }))
    }

    /// As people write it.
    fn shown(&self) -> String {
        self.with(&self.tag)
    }

    fn with(&self, tag: &str) -> String {
        let Self { address, repository, .. } = self;
        if !DOCKER_HUB.contains(&address.as_str()) {
            return format!("{address}/{repository}:{tag}");
        }
        format!("{}:{tag}", repository.strip_prefix("library/").unwrap_or(repository))
    }
}

/// What is known of the newest build of a base.
fn kept(tx: &mut Tx<'_>, fleet: &mut Fleet, name: &Name, shown: &str) -> Result<BaseKept, StoreError> {
    let mut base = BaseKept { name: fleet.texts.add(shown), newest: NONE, newest_has: None };
    let repository = match name.number {
        Some(number) => Some(number),
        None if name.address == "docker.io" => stored::repository_at(tx, &DOCKER_HUB, &name.repository)?,
        None => stored::repository_at(tx, &[&name.address], &name.repository)?,
    };
    let Some(repository) = repository else { return Ok(base) };
    let (images, tags) = stored::tagged(tx, repository, &name.tag)?;
    if images.is_empty() {
        return Ok(base);
    }
    let mut has = Vec::new();
    for image in images {
        for vulnerability in stored::vulnerabilities_of(tx, image)? {
            has.push(fleet.texts.add(&vulnerability));
        }
    }
    has.sort_unstable();
    has.dedup();
    base.newest_has = Some(has);
    if let Some(exact) = exact(&name.tag, &tags) {
        base.newest = fleet.texts.add(&name.with(exact));
    }
    Ok(base)
}

/// Of the tags of one image the one that says the version best: it begins like a version and has more parts than the tag
/// that is asked about.
fn exact<'a>(tag: &str, tags: &'a [String]) -> Option<&'a str> {
    let parts = |tag: &str| {
        let version = tag.split('-').next().unwrap_or_default();
        let digits = version.starts_with(|c: char| c.is_ascii_digit());
        if digits { version.split('.').count() } else { 0 }
    };
    let better = tags.iter().map(String::as_str).filter(|other| parts(other) > parts(tag).max(1));
    better.max_by(|a, b| parts(a).cmp(&parts(b)).then_with(|| b.len().cmp(&a.len())).then_with(|| a.cmp(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_docker_reads_them() {
        for (text, address, repository, tag, shown) in [
            ("debian:12-slim", "docker.io", "library/debian", "12-slim", "debian:12-slim"),
            ("docker.io/library/debian:12", "docker.io", "library/debian", "12", "debian:12"),
            ("bitnami/redis", "docker.io", "bitnami/redis", "latest", "bitnami/redis:latest"),
            (
                "reg.test:5000/base/java:21@sha256:00",
                "reg.test:5000",
                "base/java",
                "21",
                "reg.test:5000/base/java:21",
            ),
            ("localhost/base", "localhost", "base", "latest", "localhost/base:latest"),
        ] {
            let name = Name::told(text);
            assert_eq!((name.address.as_str(), name.repository.as_str()), (address, repository), "{text}");
            assert_eq!((name.tag.as_str(), name.shown().as_str()), (tag, shown), "{text}");
        }
    }

    #[test]
    fn the_exact_tag_says_the_version_best() {
        let tags = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (tag, all, exact_tag) in [
            ("12-slim", "12-slim 12.12-slim bookworm-slim latest", Some("12.12-slim")),
            ("12", "12 12.12 12.12-20260101 bookworm", Some("12.12")),
            ("latest", "latest 3 3.22 3.22.1", Some("3.22.1")),
            ("3.22.1", "3.22.1 latest", None),
            ("latest", "latest stable", None),
        ] {
            assert_eq!(exact(tag, &tags(all)), exact_tag, "{tag}");
        }
    }
}
