//! The fleet as fixes look at it: packages with findings and the images that have them, in little memory.
//!
//! What many images share is kept once: the images of a layer are one list to which all packages of the layer point, the
//! findings of a package are one list to which all its places point, and every text is kept once.

use std::collections::{BTreeSet, HashMap};

use model::{Class, Severity};
use package::{Ecosystem, PackageType};
use posture::{Base, Carrier, CarrierFinding, Deed, FixFleet, FixImage};

/// No text, no base.
pub(super) const NONE: u32 = u32::MAX;

/// Texts, each once.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: Vec<Box<str>>,
    /// Used while the fleet is read; empty afterwards.
    known: HashMap<Box<str>, u32>,
}

impl Texts {
    pub(super) fn add(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let number = number(self.all.len());
        self.all.push(text.into());
        self.known.insert(text.into(), number);
        number
    }

    pub(super) fn get(&self, number: u32) -> &str {
        self.all.get(number as usize).map_or("", AsRef::as_ref)
    }

    pub(super) fn find(&self, number: u32) -> Option<&str> {
        self.all.get(number as usize).map(AsRef::as_ref)
    }
}

/// An index. There is no memory for more than this.
pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

/// An image in one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The store's number.
    pub(super) id: i64,
    pub(super) scope: u32,
    pub(super) owner: u32,
    /// The newest place that took over all its tags, as an index.
    pub(super) replaced_by: u32,
    /// Its content never changes.
    pub(super) is_image: bool,
}

/// A place that is gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone {
    pub(super) scope: u32,
    pub(super) owner: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Finding {
    /// Index of the vulnerability.
    pub(super) vulnerability: u32,
    /// The version that repairs it.
    pub(super) fixed: u32,
    pub(super) severity: Severity,
    pub(super) class: Class,
    pub(super) kev: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) id: i64,
    pub(super) deed: Deed,
    pub(super) kind: PackageType,
    pub(super) part_kind: PackageType,
    pub(super) ecosystem: Option<Ecosystem>,
    pub(super) release: u32,
    /// What is acted upon.
    pub(super) name: u32,
    pub(super) part: u32,
    pub(super) package: u32,
    /// The source package, where there is one.
    pub(super) source: u32,
    pub(super) installed: u32,
    /// Its findings, from and to.
    pub(super) findings: (u32, u32),
}

/// Images that have a layer, or a part of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Index of the base that the layer belongs to in these images.
    pub(super) base: u32,
    /// In the arena, from and to.
    pub(super) images: (u32, u32),
}

/// A package in a layer of some images.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    pub(super) subject: u32,
    pub(super) group: u32,
    /// The path of the binary that it stands in.
    pub(super) path: u32,
    pub(super) findings: (u32, u32),
}

#[derive(Debug)]
pub(super) struct BaseKept {
    pub(super) name: u32,
    pub(super) newest: u32,
    /// Names of vulnerabilities of the newest build, sorted; `None`: it was not scanned.
    pub(super) newest_has: Option<Vec<u32>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Vulnerability {
    pub(super) name: u32,
    /// Negative: nobody tells.
    pub(super) epss: f32,
}

/// The fleet.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    pub(super) texts: Texts,
    /// By number.
    pub(super) places: Vec<Place>,
    /// Places that need not be looked at.
    pub(super) idle: BTreeSet<i64>,
    /// Places that are gone and had a fix.
    pub(super) gone: HashMap<i64, Gone>,
    pub(super) vulnerabilities: Vec<Vulnerability>,
    pub(super) findings: Vec<Finding>,
    pub(super) subjects: Vec<Subject>,
    pub(super) arena: Vec<u32>,
    pub(super) groups: Vec<Group>,
    pub(super) bases: Vec<BaseKept>,
    /// What counts.
    pub(super) carried: Vec<Carried>,
    /// What rules and exemptions hide.
    pub(super) hidden: Vec<Carried>,
    /// In how many places each vulnerability is.
    pub(super) reach: super::reach::Reach,
}

/// A part of a list by its ends; one that lies outside is empty.
pub(super) fn part<T>(all: &[T], (from, to): (u32, u32)) -> &[T] {
    all.get(from as usize..to as usize).unwrap_or_default()
}

impl Fleet {
    /// The index of a place.
    pub(super) fn index_of(&self, place: i64) -> Option<u32> {
        self.places.binary_search_by_key(&place, |place| place.id).ok().map(number)
    }

    /// Forgets what only reading needs.
    pub(super) fn finish(&mut self) {
        self.texts.known = HashMap::new();
        self.texts.all.shrink_to_fit();
        self.findings.shrink_to_fit();
        self.subjects.shrink_to_fit();
        self.arena.shrink_to_fit();
        self.groups.shrink_to_fit();
        self.carried.shrink_to_fit();
    }

    /// Calls `with` with the fleet as `posture` reads it: `carried` in those images that `seen` has.
    pub(super) fn with<T>(
        &self,
        carried: impl Iterator<Item = Carried>,
        seen: Option<&[bool]>,
        with: impl FnOnce(&FixFleet<'_>) -> T,
    ) -> T {
        let texts = &self.texts;
        let images: Vec<FixImage<'_>> =
            self.places.iter().map(|place| FixImage { team: texts.find(place.owner) }).collect();
        let (arena, groups): (std::borrow::Cow<'_, [u32]>, Vec<(u32, u32)>) = match seen {
            None => (self.arena.as_slice().into(), self.groups.iter().map(|group| group.images).collect()),
            Some(seen) => {
                let mut arena = Vec::new();
                let mut groups = Vec::with_capacity(self.groups.len());
                for group in &self.groups {
                    let from = number(arena.len());
                    let images = part(&self.arena, group.images).iter().copied();
                    arena.extend(images.filter(|image| seen.get(*image as usize) == Some(&true)));
                    groups.push((from, number(arena.len())));
                }
                (arena.into(), groups)
            }
        };
        let findings: Vec<CarrierFinding<'_>> = self.findings.iter().map(|it| self.finding(it)).collect();
        let has: Vec<Option<Vec<&str>>> = self
            .bases
            .iter()
            .map(|base| {
                let mut names: Vec<&str> =
                    base.newest_has.as_ref()?.iter().map(|name| texts.get(*name)).collect();
                names.sort_unstable();
                Some(names)
            })
            .collect();
        let bases: Vec<Base<'_>> = self
            .bases
            .iter()
            .zip(&has)
            .map(|(base, has)| Base {
                name: texts.get(base.name),
                newest: texts.find(base.newest),
                newest_has: has.as_deref(),
            })
            .collect();
        let carriers: Vec<Carrier<'_>> = carried
            .filter_map(|it| {
                let subject = self.subjects.get(it.subject as usize)?;
                let images = part(&arena, *groups.get(it.group as usize)?);
                let base = self.groups.get(it.group as usize)?.base;
                let release = texts.get(subject.release);
                (!images.is_empty()).then(|| Carrier {
                    deed: if it.path == NONE { subject.deed } else { Deed::Rebuild },
                    kind: subject.kind,
                    ecosystem: subject.ecosystem,
                    distribution: subject.ecosystem.map(|ecosystem| (ecosystem, release)),
                    name: texts.find(it.path).unwrap_or_else(|| texts.get(subject.name)),
                    part: texts.get(subject.part),
                    part_kind: subject.part_kind,
                    installed: texts.get(subject.installed),
                    base: (base != NONE).then_some(base),
                    images,
                    findings: part(&findings, it.findings),
                })
            })
            .collect();
        with(&FixFleet { images: &images, bases: &bases, carriers: &carriers })
    }

    fn finding(&self, finding: &Finding) -> CarrierFinding<'_> {
        let vulnerability = self.vulnerabilities.get(finding.vulnerability as usize);
        CarrierFinding {
            vulnerability: vulnerability.map_or("", |it| self.texts.get(it.name)),
            severity: finding.severity,
            class: finding.class,
            exploited: finding.kev,
            epss: vulnerability.map(|it| f64::from(it.epss)).filter(|epss| *epss >= 0.0),
            fixed: self.texts.find(finding.fixed),
        }
    }
}
