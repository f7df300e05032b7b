//! Packages of documents: what every format comes to before it is a catalogue.

use std::collections::HashMap;

use model::{Budget, Effect, Problem, Problems};
use package::{Catalogue, Distro, Ecosystem, Kernel, Package, PackageIndex, PackageType, Source};

use super::{DOCUMENT, cyclonedx, foreign};
use crate::{assembly::in_order, lang::input, problems};

/// One component or package of a document, as it was written.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// How the document refers to it.
    pub(super) reference: Option<String>,
    /// The name without its group.
    pub(super) name: String,
    /// The name's first part, where the format keeps it apart.
    pub(super) group: Option<String>,
    /// Version.
    pub(super) version: Option<String>,
    /// Package URL.
    pub(super) purl: Option<String>,
    /// Licences.
    pub(super) licences: Vec<String>,
    /// Files that show it.
    pub(super) locations: Vec<String>,
    /// Its source package, where the document tells.
    pub(super) source: Option<Source>,
    /// Properties of this and other tools.
    pub(super) properties: Vec<(String, String)>,
}

impl Item {
    /// The value of a property.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn label(&self) -> String {
        let group = self.group.as_deref().map(|group| format!("{group}/")).unwrap_or_default();
        let version = self.version.as_deref().map(|version| format!("@{version}")).unwrap_or_default();
        format!("{group}{}{version}", self.name)
    }
}

/// What a package of Seawall's own documents says of others, by reference.
#[derive(Debug, Default)]
struct Links {
    owner: Option<String>,
    carrier: Option<String>,
    /// The carrier does not depend on it.
    carried_only: bool,
}

/// The longest list of names without identity that is kept; past it they are only counted.
const MAX_NAMELESS: usize = 10_000;

/// The most packages and dependencies that are kept of a document, some four times as many as the largest public ones have:
/// each takes ten times the room that it takes in the document, and a document may have half a gigabyte.
const MAX_PACKAGES: usize = 200_000;
const MAX_DEPENDENCIES: usize = 1_000_000;

/// The catalogue while a document is read.
pub(super) struct Collector<'b> {
    budget: &'b Budget,
    packages: Vec<Package>,
    /// Kept apart, as they refer to others.
    links: Vec<Links>,
    by_reference: HashMap<String, u32>,
    dependencies: Vec<(String, String)>,
    /// Files that are the evidence of what depends on them: lock files.
    files: HashMap<String, String>,
    distro: Option<Distro>,
    /// Distributions of package URLs and how many name them.
    votes: Vec<(Distro, u64)>,
    kernel: Kernel,
    nameless: Vec<String>,
    nameless_count: u64,
    full: bool,
    /// What went wrong.
    pub(super) problems: Problems,
}

impl<'b> Collector<'b> {
    /// An empty one.
    pub(super) fn new(budget: &'b Budget) -> Self {
        Self {
            budget,
            packages: Vec::new(),
            links: Vec::new(),
            by_reference: HashMap::new(),
            dependencies: Vec::new(),
            files: HashMap::new(),
            distro: None,
            votes: Vec::new(),
            kernel: Kernel::default(),
            nameless: Vec::new(),
            nameless_count: 0,
            full: false,
            problems: Problems::new(),
        }
    }

    /// May one more be read? Else the problem is said once.
    pub(super) fn charge(&mut self) -> bool {
        let charged = self.budget.charge_entries(1).and_then(|()| self.budget.check_time());
        if let Err(exceeded) = charged {
            // Said once for all that follow.
            self.full = true;
            self.limit(DOCUMENT, exceeded.to_string(), exceeded.allowed);
        }
        !self.full
    }

    fn limit(&mut self, subject: &str, message: String, limit: u64) {
        let problem = Problem::new(problems::LIMIT, subject, Effect::MayHidePackages, message);
        self.problems.push(problem.with_limit(limit));
    }

    /// The budget.
    pub(super) fn budget(&self) -> &Budget {
        self.budget
    }

    /// The booted kernel of a host.
    pub(super) fn kernel(&mut self, release: String) {
        self.kernel.booted = Some(release);
    }

    /// The component of the operating system.
    pub(super) fn system(&mut self, item: &Item, description: Option<String>) {
        let distro = foreign::distro(item, description);
        match &self.distro {
            None => self.distro = Some(distro),
            Some(first) if first.os_release.id == distro.os_release.id => {}
            Some(first) => {
                let message = format!(
                    "the document names {} {} and {} {}; packages are judged as of the first",
                    first.os_release.id,
                    first.os_release.version_id,
                    distro.os_release.id,
                    distro.os_release.version_id
                );
                self.problems.push(Problem::new(
                    problems::DISTRO_CONFLICT,
                    DOCUMENT,
                    Effect::MayHideFindings,
                    message,
                ));
            }
        }
    }

    /// A file that other components are found in: nothing by itself.
    pub(super) fn file(&mut self, item: Item) {
        if let Some(reference) = item.reference {
            self.files.insert(reference, item.name);
        }
    }

    /// Software without identity: it cannot be judged and is not lost.
    pub(super) fn nameless(&mut self, label: String) {
        if self.nameless.len() < MAX_NAMELESS {
            self.nameless.push(label);
        } else {
            self.nameless_count += 1;
        }
    }

    /// `from` needs `to`, by reference.
    pub(super) fn dependency(&mut self, from: String, to: String) {
        if self.dependencies.len() >= MAX_DEPENDENCIES {
            let message = format!("only the first {MAX_DEPENDENCIES} are kept; split the document");
            self.limit("dependencies", message, MAX_DEPENDENCIES as u64);
        } else if self.charge() {
            self.dependencies.push((from, to));
        }
    }

    /// A package.
    pub(super) fn package(&mut self, item: Item) {
        if self.packages.len() >= MAX_PACKAGES {
            let message = format!("only the first {MAX_PACKAGES} are judged; split the document");
            return self.limit("components", message, MAX_PACKAGES as u64);
        }
        let Some(purl) = item.purl.as_deref().filter(|purl| !purl.is_empty()) else {
            self.problems.push(Problem::new(
                problems::NO_IDENTITY,
                "components without package URL",
                Effect::MayHideFindings,
                "they are listed as unidentified and not judged; write the document with a tool that names them",
            ));
            self.nameless(item.label());
            return;
        };
        let (mut package, distro) = match package::parse_purl(purl) {
            Ok(parsed) => parsed,
            Err(error) => {
                let subject: String =
                    purl.split(['/', '@']).next().unwrap_or_default().chars().take(40).collect();
                self.problems.push(Problem::new(
                    problems::NO_IDENTITY,
                    subject,
                    Effect::MayHideFindings,
                    format!("listed as unidentified and not judged: {error}"),
                ));
                self.nameless(item.label());
                return;
            }
        };
        if let Some(distro) = distro {
            self.vote(distro);
        }
        own_spelling(&mut package, &item);
        if package.version.is_empty() {
            package.version = item.version.as_deref().and_then(input::word).unwrap_or_default().to_owned();
        }
        foreign::epoch(&mut package, purl);
        package.licences.clone_from(&item.licences);
        package.evidence.clone_from(&item.locations);
        if let Some(source) = &item.source {
            package.source = Some(source.clone());
        }
        foreign::apply(&mut package, &item);
        let mut links = Links::default();
        for (name, value) in &item.properties {
            match name.strip_prefix(cyclonedx::PREFIX) {
                Some("owner") => links.owner = Some(value.clone()),
                Some("bundledIn") => links.carrier = Some(value.clone()),
                Some("carriedOnly") => links.carried_only = true,
                Some(name) => cyclonedx::apply(&mut package, name, value),
                None => {}
            }
        }
        let index = u32::try_from(self.packages.len()).unwrap_or(u32::MAX);
        if let Some(reference) = item.reference {
            self.by_reference.entry(reference).or_insert(index);
        }
        self.packages.push(package);
        self.links.push(links);
    }

    fn vote(&mut self, distro: Distro) {
        let seen = self.votes.iter_mut().find(|(seen, _)| seen.os_release.id == distro.os_release.id);
        if let Some((_, votes)) = seen {
            *votes += 1;
        } else if self.votes.len() < 64 {
            // Few distributions are real; the rest of a hostile document's does not matter.
            self.votes.push((distro, 1));
        }
    }

    /// Resolves references and gives the catalogue.
    pub(super) fn finish(mut self) -> (Catalogue, Vec<Problem>) {
        let index =
            |map: &HashMap<String, u32>, reference: &str| map.get(reference).copied().map(PackageIndex);
        for (package, links) in self.packages.iter_mut().zip(&self.links) {
            package.owner = links.owner.as_deref().and_then(|r| index(&self.by_reference, r));
            package.bundled_in = links.carrier.as_deref().and_then(|r| index(&self.by_reference, r));
        }
        for (from, to) in &self.dependencies {
            let Some(target) = index(&self.by_reference, to) else { continue };
            if let Some(file) = self.files.get(from) {
                if let Some(package) = self.packages.get_mut(target.0 as usize)
                    && package.evidence.is_empty()
                {
                    package.evidence.push(file.clone());
                    foreign::presence(package);
                }
                continue;
            }
            let Some(from) = index(&self.by_reference, from) else { continue };
            // Seawall's own documents list what is carried among what is needed.
            let carried = self.links.get(target.0 as usize).is_some_and(|links| links.carried_only)
                && self.packages.get(target.0 as usize).is_some_and(|p| p.bundled_in == Some(from));
            if !carried && let Some(package) = self.packages.get_mut(from.0 as usize) {
                package.depends_on.push(target);
            }
        }
        self.sources();
        if self.nameless_count > 0 {
            self.problems.push(
                Problem::new(
                    problems::LIMIT,
                    "unidentified",
                    Effect::MayHideFindings,
                    format!("only the first {MAX_NAMELESS} components without identity are listed by name"),
                )
                .with_limit(MAX_NAMELESS as u64)
                .with_count(self.nameless_count),
            );
        }
        self.nameless.sort();
        self.nameless.dedup();
        let catalogue = Catalogue {
            distro: self.decide(),
            packages: in_order(self.packages),
            kernel: self.kernel,
            unidentified: self.nameless,
        };
        (catalogue, self.problems.into_vec())
    }

    /// The distribution: that of the system component, else that which most package URLs name.
    fn decide(&mut self) -> Option<Distro> {
        if self.distro.is_some() {
            return self.distro.take();
        }
        self.votes.sort_by(|(a, na), (b, nb)| nb.cmp(na).then_with(|| a.os_release.id.cmp(&b.os_release.id)));
        let (first, others) = self.votes.split_first()?;
        if !others.is_empty() {
            let names: Vec<&str> =
                self.votes.iter().map(|(distro, _)| distro.os_release.id.as_str()).collect();
            let message =
                format!("package URLs name {}; packages are judged as of the first", names.join(", "));
            let problem = Problem::new(problems::DISTRO_CONFLICT, DOCUMENT, Effect::MayHideFindings, message);
            self.problems.push(problem);
        }
        Some(first.0.clone())
    }

    /// Every OS package has a source: its own name and version where nothing else is said. Where a document tells no
    /// source at all, its tool knows none, and that hides findings.
    fn sources(&mut self) {
        let os = || self.packages.iter().filter(|package| package.kind.is_os());
        let (all, told) = (os().count(), os().filter(|p| foreign::tells_source(p)).count());
        // A handful of packages may all be built from sources of their own name.
        if told == 0 && all >= 20 {
            self.problems.push(
                Problem::new(
                    problems::NO_SOURCES,
                    DOCUMENT,
                    Effect::MayHideFindings,
                    "no OS package names its source package; advisories that name only the source are not found",
                )
                .with_count(all as u64),
            );
        }
        for package in self.packages.iter_mut().filter(|package| package.kind.is_os()) {
            package.source.get_or_insert_with(|| Source {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        }
    }
}

/// Some types of package URL fold case and separators; the component's own name is the one that metadata writes.
fn own_spelling(package: &mut Package, item: &Item) {
    let full = match (&item.group, package.kind) {
        (Some(group), PackageType::Composer) => format!("{group}/{}", item.name),
        (Some(_), _) => return,
        (None, _) => item.name.clone(),
    };
    let same = match Ecosystem::of_language(package.kind) {
        Some(ecosystem) => ecosystem.normalise(&full) == ecosystem.normalise(&package.name),
        None => full.eq_ignore_ascii_case(&package.name),
    };
    if same {
        package.name = full;
    }
}
