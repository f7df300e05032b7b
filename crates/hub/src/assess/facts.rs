//! What predicates look at, made of what is stored. What is not known stays unknown.

use std::collections::{BTreeMap, HashMap};

use model::{Credential, Effect, Problem};
use posture::{Address, BaseFacts, Day, Distribution, ImageFacts, RegistryFacts, Releases, Time, Use};
use serde::{Deserialize, de::IgnoredAny};
use store::{
    Micros, StoreError, Tx,
    judging::{self, Content, Place},
    registries::{Observed, Registry},
};
use vulndb::CoverageState;

use super::world::Package;
use crate::registries::{Seen, Standing, standing};

/// What the database of advisories is, as far as it decides what counts as looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Data {
    /// It holds records of hostile packages.
    pub(crate) malware_records: bool,
    /// It is the sample that is built in.
    pub(crate) is_sample: bool,
}

impl Data {
    /// Of a database.
    #[must_use]
    pub(crate) fn of(database: &vulndb::Database) -> Self {
        let info = database.info();
        Self {
            // OSV's files of a language ecosystem hold both flaws and hostile packages.
            malware_records: database.coverage().iter().any(|row| {
                row.ecosystem.row().os_ids.is_empty() && row.packages.is_none() && row.records > 0
            }),
            is_sample: info.sources.iter().any(|source| source.slug == scan::SAMPLE_SOURCE),
        }
    }
}

/// A registry with what was seen of it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The registry.
    pub(crate) registry: Registry,
    /// What was seen.
    pub(crate) observed: Observed,
    /// The team that runs it.
    pub(crate) owner: Option<String>,
}

impl Known {
    pub(crate) fn facts(&self) -> RegistryFacts {
        RegistryFacts {
            address: self.address(),
            anonymous_write: self.observed.anonymous_write,
            owner: self.owner.clone(),
        }
    }

    fn address(&self) -> Option<Address> {
        let is_loopback = is_loopback(&self.registry.address);
        match (self.observed.tls, self.observed.verified) {
            (Some(true), Some(false)) => return Some(Address::HttpsUnverified),
            (Some(true), _) => return Some(Address::Https),
            (Some(false), _) if is_loopback => return Some(Address::HttpLoopback),
            (Some(false), _) => return Some(Address::Http),
            (None, _) => {}
        }
        // A look at the whole catalogue ended, so it answered: over verified TLS, unless something else was allowed.
        self.registry.polled_at?;
        match (is_loopback, self.registry.settings.insecure) {
            (true, _) => Some(Address::HttpLoopback),
            (false, false) => Some(Address::Https),
            (false, true) => None,
        }
    }
}

fn is_loopback(address: &str) -> bool {
    let Ok(url) = url::Url::parse(&format!("http://{address}/")) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Was the image used lately? What lies in no registry is used by whoever sent it.
pub(crate) fn usage(place: &Place, registry: Option<&Registry>, now: Micros) -> Use {
    let Some(registry) = registry else { return Use::Recent };
    let seen = Seen {
        first: place.first_seen,
        pushed: place.pushed,
        pulled: place.pulled,
        imported: place.imported,
        gone: place.gone,
    };
    match standing(&seen, registry.tells_pulls == Some(true), registry.settings.assess_days, now) {
        Standing::NotPulledSince(at) | Standing::Retired(at) => Use::NotSince(day(at)),
        Standing::PullTimeUnknown => Use::PullTimeUnknown,
        Standing::Pushed(_) | Standing::Pulled(_) | Standing::Imported(_) => Use::Recent,
    }
}

fn day(at: Micros) -> Day {
    Time(at.0).day()
}

/// What could be said about the packages of an image.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    judged: u64,
    covered: u64,
    has_os_packages: bool,
    gaps: BTreeMap<(CoverageState, &'static str), u64>,
}

impl Looked {
    /// Counts a package that is judged.
    pub(crate) fn add(&mut self, package: &Package) {
        self.judged += 1;
        self.has_os_packages |= package.ecosystem.is_empty();
        match package.coverage {
            CoverageState::Covered => self.covered += 1,
            // Its owner stands beside it and is counted there.
            CoverageState::ByOwner => {}
            _ => *self.gaps.entry((package.coverage.clone(), package.ecosystem)).or_default() += 1,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    user: String,
    credentials: Option<Vec<Credential>>,
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    distro: Option<Distro>,
    annotations: Option<BTreeMap<String, String>>,
    unidentified: Vec<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Distro {
    pretty_name: String,
}

/// Where the names of bases point to, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct Bases(HashMap<String, Option<(String, Micros)>>);

impl Bases {
    fn of(
        &mut self,
        tx: &mut Tx<'_>,
        facts: &Facts,
        labels: &BTreeMap<String, String>,
    ) -> Result<Option<BaseFacts>, StoreError> {
        // An annotation is of the image itself; a label may be inherited from the base.
        let told = |key: &str| {
            let annotation = facts.annotations.as_ref().and_then(|annotations| annotations.get(key));
            annotation.or_else(|| labels.get(key)).filter(|text| !text.is_empty())
        };
        let Some(name) = told("org.opencontainers.image.base.name") else { return Ok(None) };
        let mut base = BaseFacts { name: name.clone(), moved: None, checked: false };
        let Some(digest) = told("org.opencontainers.image.base.digest") else { return Ok(Some(base)) };
        if !self.0.contains_key(name) {
            let now = match split(name) {
                Some((address, repository, tag)) => judging::tag_of_address(tx, address, repository, tag)?,
                None => None,
            };
            self.0.insert(name.clone(), now);
        }
        if let Some(Some((now, since))) = self.0.get(name) {
            base.checked = true;
            base.moved = (now != digest).then(|| day(*since));
        }
        Ok(Some(base))
    }
}

/// Address, repository and tag of a name that has all three.
fn split(name: &str) -> Option<(&str, &str, &str)> {
    let (address, rest) = name.split_once('/')?;
    if !(address.contains(['.', ':']) || address == "localhost") {
        return None;
    }
    let (rest, _) = rest.split_once('@').unwrap_or((rest, ""));
    let (repository, tag) = rest.rsplit_once(':')?;
    Some((address, repository, tag))
}

fn plural<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// The facts of a content, without those of a place. The rules of what makes a look incomplete are those of a scan.
pub(crate) fn content(
    tx: &mut Tx<'_>,
    content: &Content,
    looked: &Looked,
    data: Data,
    releases: &Releases,
    bases: &mut Bases,
) -> Result<ImageFacts, StoreError> {
    let problems: Vec<Problem> = serde_json::from_str(&content.problems).unwrap_or_default();
    if !content.is_catalogued {
        let incomplete = problems.into_iter().map(|problem| format!("the scan failed: {}", problem.message));
        return Ok(ImageFacts { incomplete: incomplete.collect(), ..ImageFacts::default() });
    }
    let config: Config = serde_json::from_str(&content.config).unwrap_or_default();
    let facts: Facts = serde_json::from_str(&content.facts).unwrap_or_default();
    let is_image = content.kind == "image";
    let pretty = facts.distro.as_ref().map(|distro| distro.pretty_name.as_str()).unwrap_or_default();
    let distribution: Option<Distribution> = content
        .distro
        .as_deref()
        .map(|id| releases.distribution(id, content.distro_version.as_deref().unwrap_or_default(), pretty));
    let (mut unsupported, mut incomplete) = (Vec::new(), Vec::new());
    if let Some(os) = content.os.as_deref().filter(|os| *os != "linux") {
        unsupported.push(format!("images for {} are not judged", crate::problem::shown(os)));
    }
    if data.is_sample {
        incomplete.push("the database is the built-in sample of famous records".to_owned());
    }
    let hiding = problems.iter().filter(|problem| problem.effect != Effect::None);
    let hiding = hiding.map(|problem| problem.count).fold(0, u64::saturating_add);
    if hiding > 0 {
        incomplete.push(format!("{hiding} {} may hide packages", plural(hiding, "problem", "problems")));
    }
    let world = |ecosystem: &'static str| match (ecosystem, &distribution) {
        ("", Some(distribution)) => distribution.name.clone(),
        ("", None) => "its distribution".to_owned(),
        (ecosystem, _) => ecosystem.to_owned(),
    };
    let mut all_pass = !looked.gaps.is_empty();
    for ((state, ecosystem), count) in &looked.gaps {
        let packages = plural(*count, "package", "packages");
        let reason = match state {
            // No feed of the ecosystem could ever speak of these: the image may be clean all the same.
            CoverageState::Covered
            | CoverageState::ByOwner
            | CoverageState::ThirdParty
            | CoverageState::Unversioned => continue,
            CoverageState::NoFeed if ecosystem.is_empty() => {
                all_pass = false;
                unsupported.push(format!("no feed for {}", world(ecosystem)));
                continue;
            }
            CoverageState::NoFeed => format!("no feed for {}", world(ecosystem)),
            CoverageState::NoRelease => format!("no data for {}", world(ecosystem)),
            CoverageState::NoPackage => {
                format!("not among the packages that the {} data speaks of", world(ecosystem))
            }
            CoverageState::StreamUnknown => "of an unknown module stream".to_owned(),
            CoverageState::DistroUnknown => "of an unknown distribution".to_owned(),
            CoverageState::Damaged => "where the database is damaged; run seawall db verify".to_owned(),
        };
        all_pass = false;
        incomplete.push(format!("{count} {packages}: {reason}"));
    }
    let unidentified = facts.unidentified.len() as u64;
    if unidentified > 0 {
        let what = plural(unidentified, "program or archive", "programs or archives");
        incomplete.push(format!("{unidentified} {what} could not be identified"));
    }
    if looked.judged == 0 {
        unsupported.push("no packages were found".to_owned());
    } else if looked.covered == 0 && all_pass {
        // Each gap by itself may be, but clean is only what was looked at.
        incomplete.push("not one package could be judged".to_owned());
    }
    // Fixed stand-ins of reproducible builds tell no age.
    let created = content.created.map(day).filter(|day| day.date().0 >= 2000);
    Ok(ImageFacts {
        scanned: true,
        unsupported,
        incomplete,
        malware_records: data.malware_records,
        user: is_image.then_some(config.user),
        credentials: config.credentials,
        created,
        base: bases.of(tx, &facts, &config.labels)?,
        without_distribution: distribution.is_none() && !looked.has_os_packages,
        distribution,
        ..ImageFacts::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_bases_are_looked_up_where_they_name_a_registry() {
        assert_eq!(split("reg.test/base/debian:12"), Some(("reg.test", "base/debian", "12")));
        assert_eq!(split("localhost/debian:12@sha256:00"), Some(("localhost", "debian", "12")));
        assert_eq!(split("reg.test:5000/debian:12"), Some(("reg.test:5000", "debian", "12")));
        for name in ["debian:12", "library/debian:12", "reg.test/debian", "reg.test"] {
            assert_eq!(split(name), None, "{name}");
        }
    }

    #[test]
    fn loopback_is_this_machine() {
        for (address, is) in [
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("registry.test", false),
            ("localhost.evil.test", false),
            ("::", false),
        ] {
            assert_eq!(is_loopback(address), is, "{address}");
        }
    }
}
