//! Java: jar, war, ear and their like, nested.
//!
//! An archive with pom.properties is certain, several of them are several components (a shaded jar). Without any, the
//! manifest and the file name make a *probable* one, named `group:artifact` where the group can be told and `artifact`
//! alone where it cannot: a guessed group would match another project's advisories. One that has classes and tells
//! nothing is counted as unidentified.

mod file_name;
mod groups;
mod identity;
#[cfg(test)]
pub(crate) mod made;
mod manifest;
#[cfg(test)]
mod tests;
mod zip;

use memchr::memrchr;
use model::{Budget, Effect, Problem, Problems};
use package::{Confidence, Package, PackageIndex, PackageType};
use serde::{Deserialize, Serialize};

use crate::{
    Content, Fact, FileFact, FileInfo,
    assembly::{Draft, layers_since},
    lang::bytes::ReadError,
    problems,
    reader::Row,
};

/// Names of Java archives: applications, resource adapters, plugins of Jenkins, Karaf, NiFi, JBoss.
const EXTENSIONS: &[&str] = &["jar", "war", "ear", "rar", "par", "sar", "har", "hpi", "jpi", "kar", "nar"];
/// Largest archive: only its directory and a few entries are read, but in an image it goes through a temporary file.
const FILE_MAX: u64 = 4 << 30;
/// Largest manifest or pom.properties.
const TEXT_MAX: u64 = 1 << 20;
/// What one file may inflate to, all that is nested in it together: so much, or so many times its size.
const INFLATED_MAX: u64 = 1 << 30;
const INFLATED_RATIO: u64 = 8;
/// Directories of classes that are remembered.
const DIRECTORIES_MAX: usize = 256;

pub(crate) static READERS: &[Row] = &[Row {
    name: "a Java archive",
    wants: |info| is_archive(info.name()),
    peek: None,
    // A file name is part of the identity.
    by_content: false,
    max: FILE_MAX,
    in_parts: true,
    read,
}];

/// What a Java archive and those nested in it hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// Components, each archive's own before those that it carries.
    pub components: Vec<Component>,
    /// Archives with classes that tell nothing of themselves: the way inside, empty for the file itself.
    pub unidentified: Vec<String>,
}

/// A component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The way to its archive inside the file: `WEB-INF/lib/b.jar`, `a.war!/WEB-INF/lib/b.jar`; empty for the file.
    pub inside: String,
    /// `group:artifact`, or `artifact` where no group can be told.
    pub name: String,
    /// Version.
    pub version: String,
    /// From manifest and file name only.
    pub probable: bool,
    /// Place in [`Archive::components`] of the component into which this one was copied.
    pub carrier: Option<u32>,
}

fn is_archive(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let mut walk = Walk {
        path: info.path,
        budget,
        problems,
        left: INFLATED_MAX.max(content.len().saturating_mul(INFLATED_RATIO)),
        held: budget.limits().file_bytes,
        archive: Archive::default(),
    };
    walk.archive(content, "", 0);
    let archive = walk.archive;
    (archive != Archive::default()).then_some(Fact::Jar(archive))
}

/// One file and all that is nested in it.
struct Walk<'a> {
    path: &'a str,
    budget: &'a Budget,
    problems: &'a mut Problems,
    /// Bytes that may still be inflated.
    left: u64,
    /// Bytes that archives around the current one leave of those that may be held at once.
    held: u64,
    archive: Archive,
}

impl Walk<'_> {
    fn archive(&mut self, content: &dyn Content, inside: &str, depth: u64) {
        let mut evidence = identity::Evidence::default();
        let directory = zip::directory(content, self.budget, |name| {
            note_class(name, &mut evidence);
            is_wanted(name)
        });
        let directory = match directory {
            Ok(Some(directory)) => directory,
            Ok(None) => {
                // A text that is called .jar hides nothing; a zip that has lost its end does.
                let mut head = [0; 2];
                let is_zip = content.read_full_at(0, &mut head).is_ok_and(|n| n == 2 && head == *b"PK");
                let effect = if is_zip { Effect::MayHidePackages } else { Effect::None };
                self.report(&ReadError::Malformed("it has no central directory"), inside, effect);
                return;
            }
            Err(error) => return self.report(&error, inside, Effect::MayHidePackages),
        };
        self.report_count(directory.overlapping, inside, "entries that overlap others were not read");
        self.report_count(directory.missing, inside, "entries that it announces are not there");
        let mut nested = Vec::new();
        for entry in &directory.entries {
            if is_archive(&entry.name) {
                nested.push(entry);
                continue;
            }
            match self.read_entry(entry, content, TEXT_MAX) {
                Ok(bytes) if entry.name.ends_with("/pom.properties") => {
                    let pom = manifest::parse_pom(&bytes);
                    if [&pom.group, &pom.artifact, &pom.version].iter().all(|part| !part.is_empty())
                        && !evidence.poms.contains(&pom)
                    {
                        evidence.poms.push(pom);
                    }
                }
                Ok(bytes) => evidence.manifest = manifest::parse(&bytes),
                Err(error) => self.report(&error, &join(inside, &entry.name), Effect::MayHidePackages),
            }
        }
        self.identify(inside, &evidence);
        for entry in nested {
            self.nested(entry, content, inside, depth + 1);
        }
    }

    fn identify(&mut self, inside: &str, evidence: &identity::Evidence) {
        let name = if inside.is_empty() { self.path } else { inside };
        let name = name.rsplit('/').next().unwrap_or(name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let (components, known) = identity::identify(stem, evidence);
        if components.is_empty() && evidence.classes {
            self.archive.unidentified.push(inside.to_owned());
        }
        let first = u32::try_from(self.archive.components.len()).ok().filter(|_| known);
        for (number, component) in components.into_iter().enumerate() {
            let carrier = if number == 0 { None } else { first };
            self.archive.components.push(Component { inside: inside.to_owned(), carrier, ..component });
        }
    }

    fn nested(&mut self, entry: &zip::Entry, content: &dyn Content, inside: &str, depth: u64) {
        let inside = join(inside, &entry.name);
        if let Err(exceeded) = self.budget.check_depth(depth) {
            self.problems.push(
                Problem::new(
                    problems::NESTING,
                    join_path(self.path, &inside),
                    Effect::MayHidePackages,
                    format!("archives inside archives: {exceeded}; what is nested deeper was not read"),
                )
                .with_limit(exceeded.allowed),
            );
            return;
        }
        if let Err(exceeded) = self.budget.check_path(self.path.len() + inside.len()) {
            return self.report(
                &exceeded.into(),
                &inside[..inside.floor_char_boundary(256)],
                Effect::MayHidePackages,
            );
        }
        match entry.stored(content) {
            // Stored archives, as Spring Boot nests them, are read where they lie.
            Ok(Some(part)) => return self.archive(&part, &inside, depth),
            Ok(None) => {}
            Err(error) => return self.report(&error, &inside, Effect::MayHidePackages),
        }
        match self.read_entry(entry, content, self.held) {
            Ok(bytes) => {
                let held = self.held;
                self.held = held.saturating_sub(bytes.len() as u64);
                self.archive(&bytes.as_slice(), &inside, depth);
                self.held = held;
            }
            Err(error) => self.report(&error, &inside, Effect::MayHidePackages),
        }
    }

    fn read_entry(
        &mut self,
        entry: &zip::Entry,
        content: &dyn Content,
        max: u64,
    ) -> Result<Vec<u8>, ReadError> {
        if entry.size > self.left {
            return Err(ReadError::TooLarge { what: "all that is nested in it", limit: INFLATED_MAX });
        }
        // What a broken entry inflated to before it broke counts too.
        self.left -= entry.size;
        entry.read(content, self.budget, max)
    }

    fn report(&mut self, error: &ReadError, inside: &str, effect: Effect) {
        error.report(self.problems, &join_path(self.path, inside), "this Java archive", effect);
    }

    fn report_count(&mut self, count: u64, inside: &str, what: &str) {
        if count > 0 {
            let subject = join_path(self.path, inside);
            self.problems.push(
                Problem::new(problems::MALFORMED, subject, Effect::MayHidePackages, what).with_count(count),
            );
        }
    }
}

/// Texts that tell who an archive is, and archives.
fn is_wanted(name: &[u8]) -> bool {
    if name.eq_ignore_ascii_case(b"META-INF/MANIFEST.MF") {
        return true;
    }
    let Ok(name) = std::str::from_utf8(name) else {
        return memrchr(b'.', name)
            .is_some_and(|at| name[at..].is_ascii() && is_archive(&String::from_utf8_lossy(name)));
    };
    if let Some(parent) = name.strip_suffix("/pom.properties") {
        // Of a web application's own classes too.
        return ["", "WEB-INF/classes/", "BOOT-INF/classes/"]
            .iter()
            .any(|root| parent.strip_prefix(root).is_some_and(|rest| rest.starts_with("META-INF/maven/")));
    }
    is_archive(name)
}

/// Remembers that there are classes, and in which packages, two or three names deep.
fn note_class(name: &[u8], evidence: &mut identity::Evidence) {
    if !name.ends_with(b".class") || name.starts_with(b"META-INF/") {
        return;
    }
    evidence.classes = true;
    let mut ends = memchr::memchr_iter(b'/', name);
    let end = ends.by_ref().take(3).last().unwrap_or(0);
    if end == 0 || evidence.directories.len() >= DIRECTORIES_MAX {
        return;
    }
    let directory = &name[..end];
    // Neighbours share theirs.
    if evidence.directories.last().is_none_or(|last| last.as_bytes() != directory)
        && let Ok(directory) = std::str::from_utf8(directory)
        && !evidence.directories.iter().any(|seen| seen == directory)
    {
        evidence.directories.push(directory.to_owned());
    }
}

fn join(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}!/{name}") }
}

fn join_path(path: &str, inside: &str) -> String {
    join(if inside.is_empty() { "" } else { path }, if inside.is_empty() { path } else { inside })
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let facts: Vec<&FileFact> = draft.facts.visible().collect();
    for fact in facts {
        if let Fact::Jar(archive) = &fact.fact {
            add_archive(draft, fact, archive);
        }
    }
}

fn add_archive(draft: &mut Draft<'_>, file: &FileFact, archive: &Archive) {
    let layers = layers_since(draft, &file.path, |fact| match fact {
        Fact::Jar(archive) => archive.components.iter().map(key).collect(),
        _ => Vec::new(),
    });
    let mut places: Vec<PackageIndex> = Vec::with_capacity(archive.components.len());
    for component in &archive.components {
        let mut package = Package::new(PackageType::Maven, &component.name, &component.version);
        if component.probable {
            package.confidence = Confidence::Probable;
        }
        package.evidence.push(join_path(&file.path, &component.inside));
        package.layer = layers.get(&key(component)).copied();
        package.bundled_in = component.carrier.and_then(|place| places.get(place as usize).copied());
        places.push(draft.add(package));
    }
    for inside in &archive.unidentified {
        draft.unidentified.push(join_path(&file.path, inside));
    }
}

fn key(component: &Component) -> (&str, &str, &str) {
    (&component.inside, &component.name, &component.version)
}
