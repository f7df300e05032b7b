//! Statements as the file has them: read in place, compared by number.

use std::cmp::Ordering;

use model::{Class, FixStatus, Severity};
use package::{Ecosystem, NameKind, Version, VersionOrder};

use crate::{
    codec::{In, Malformed},
    precedence::Tier,
    rpm, wire,
};

/// The record was withdrawn.
pub(crate) const FLAG_WITHDRAWN: u8 = 1;
/// The statement concerns one module stream.
pub(crate) const FLAG_MODULE: u8 = 2;
/// A bound carries a module build's tag.
pub(crate) const FLAG_BUILD_TAG: u8 = 4;
/// The ranges are builds that have the fix, each for its platform: one of them counts, not all.
pub(crate) const FLAG_BUILDS: u8 = 8;
/// End of a range that can never match.
pub(crate) const BAD_END: u8 = 4;

/// What is said about one (ecosystem, release, name).
#[derive(Clone)]
pub(crate) struct Group<'a> {
    pub(crate) ecosystem: Ecosystem,
    pub(crate) kind: NameKind,
    pub(crate) release: &'a str,
    pub(crate) name: &'a str,
    sorted: usize,
    all: usize,
    offsets: &'a [u8],
    heap: &'a [u8],
    streams: In<'a>,
    statements: In<'a>,
}

/// Where an installed version stands among a group's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Versions before `lo` are lower, from `hi` on they are higher, between them equal.
    Ordered { lo: u32, hi: u32 },
    /// The text is no version of the order: it can only be found word by word.
    Unordered { exact: Option<u32> },
}

impl Position {
    /// A bound against the installed version: `Less` where the bound is lower.
    fn bound(self, at: u32) -> Ordering {
        match self {
            Self::Ordered { lo, .. } if at < lo => Ordering::Less,
            Self::Ordered { hi, .. } if at < hi => Ordering::Equal,
            _ => Ordering::Greater,
        }
    }
}

impl<'a> Group<'a> {
    /// Reads the head of a group.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut read = In(bytes);
        let ecosystem = wire::ecosystem_of(read.u8()?)?;
        let kind = wire::kind_of(read.u8()?)?;
        let release = read.text()?;
        let name = read.text()?;
        let sorted = read.count()?;
        let all = sorted.checked_add(read.count()?).ok_or(Malformed)?;
        let offsets = read.take(all.checked_add(1).and_then(|n| n.checked_mul(4)).ok_or(Malformed)?)?;
        let heap_len = offsets.last_chunk::<4>().map(|end| u32::from_le_bytes(*end)).ok_or(Malformed)?;
        let heap = read.take(heap_len as usize)?;
        let streams = read;
        read.list(|read| Ok((read.text()?, read.text()?)))?;
        Ok(Self { ecosystem, kind, release, name, sorted, all, offsets, heap, streams, statements: read })
    }

    /// The version at a place.
    pub(crate) fn version(&self, at: u32) -> Result<&'a str, Malformed> {
        let start = (at as usize).checked_mul(4).ok_or(Malformed)?;
        let mut read = In(self.offsets.get(start..).ok_or(Malformed)?);
        let (from, to) = (read.u32()? as usize, read.u32()? as usize);
        std::str::from_utf8(self.heap.get(from..to).ok_or(Malformed)?).map_err(|_| Malformed)
    }

    /// Where `text` stands; `parsed` is the same as a version of the ecosystem's order.
    pub(crate) fn locate(
        &self,
        order: VersionOrder,
        text: &str,
        parsed: Option<&Version>,
    ) -> Result<Position, Malformed> {
        let count = u32::try_from(self.sorted).map_err(|_| Malformed)?;
        let Some(parsed) = parsed else {
            let all = u32::try_from(self.all).map_err(|_| Malformed)?;
            for at in 0..all {
                if self.version(at)? == text {
                    return Ok(Position::Unordered { exact: Some(at) });
                }
            }
            return Ok(Position::Unordered { exact: None });
        };
        let compare = |at: u32| -> Result<Ordering, Malformed> {
            let version = order.parse(self.version(at)?).map_err(|_| Malformed)?;
            Ok(version.compare(parsed))
        };
        let (mut lo, mut end) = (0, count);
        while lo < end {
            let middle = lo + (end - lo) / 2;
            if compare(middle)? == Ordering::Less { lo = middle + 1 } else { end = middle }
        }
        let mut hi = lo;
        while hi < count && compare(hi)? == Ordering::Equal {
            hi += 1;
        }
        Ok(Position::Ordered { lo, hi })
    }

    /// The module stream whose build carries `tag`; `None` where no statement tells, or several tell different.
    pub(crate) fn stream_of_tag(&self, tag: &str) -> Result<Option<&'a str>, Malformed> {
        let mut read = self.streams;
        let mut found = None;
        for _ in 0..read.count()? {
            let (seen, module) = (read.text()?, read.text()?);
            if seen == tag {
                match found {
                    Some(other) if other != module => return Ok(None),
                    _ => found = Some(module),
                }
            }
        }
        Ok(found)
    }

    /// Its statements, one after the other.
    pub(crate) fn statements(&self) -> Result<Statements<'a>, Malformed> {
        let mut rest = self.statements;
        let left = rest.count()?;
        Ok(Statements { rest, left })
    }
}

/// Iterates over a group's statements.
pub(crate) struct Statements<'a> {
    rest: In<'a>,
    left: usize,
}

impl<'a> Iterator for Statements<'a> {
    type Item = Result<View<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let view = self.rest.bytes().and_then(View::read);
        if view.is_err() {
            self.left = 0;
        }
        Some(view)
    }
}

/// One statement, its fixed part read.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) record: u32,
    pub(crate) source: u32,
    pub(crate) tier: Tier,
    pub(crate) class: Class,
    pub(crate) flags: u8,
    pub(crate) status: u8,
    pub(crate) severity: Severity,
    rest: In<'a>,
}

/// What of a statement holds for a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    /// Neither ranges nor versions: every version.
    All,
    /// The version lies in this range.
    Range(Bounds),
    /// The version is listed.
    Listed(u32),
}

/// A range by places in the group's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) introduced: Option<u32>,
    pub(crate) end: u8,
    pub(crate) at: u32,
}

/// The last part of a statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail<'a> {
    pub(crate) module: Option<&'a str>,
    pub(crate) reason: &'a str,
    pub(crate) platforms: Vec<&'a str>,
    pub(crate) imports: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> View<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut rest = In(bytes);
        Ok(Self {
            record: rest.index()?,
            source: rest.index()?,
            tier: Tier::from_code(rest.u8()?).ok_or(Malformed)?,
            class: wire::class_of(rest.u8()?)?,
            flags: rest.u8()?,
            status: rest.u8()?,
            severity: wire::severity_of(rest.u8()?)?,
            rest,
        })
    }

    pub(crate) fn withdrawn(&self) -> bool {
        self.flags & FLAG_WITHDRAWN != 0
    }

    /// Which part holds for a version at `position`, which was built for `platform`; the rest of the statement after
    /// ranges and versions.
    pub(crate) fn find(
        &self,
        group: &Group<'a>,
        position: Position,
        platform: Option<&str>,
    ) -> Result<(Option<Hit>, In<'a>), Malformed> {
        let mut read = self.rest;
        let ranges = read.count()?;
        let mut hit = None;
        if self.flags & FLAG_BUILDS == 0 {
            for _ in 0..ranges {
                let bounds = read_bounds(&mut read)?;
                if hit.is_none() && bounds.hold(position) {
                    hit = Some(Hit::Range(bounds));
                }
            }
        } else {
            // The lowest comes first: it counts where no build is for this platform.
            let mut counts = None;
            for at in 0..ranges {
                let bounds = read_bounds(&mut read)?;
                if at == 0 || platform == rpm::platform(group.version(bounds.at)?) {
                    counts = Some(bounds);
                }
            }
            hit = counts.filter(|bounds| bounds.hold(position)).map(Hit::Range);
        }
        let listed = read.count()?;
        for _ in 0..listed {
            let at = read.index()?;
            let equal = match position {
                Position::Ordered { .. } => position.bound(at) == Ordering::Equal,
                Position::Unordered { exact } => exact == Some(at),
            };
            if hit.is_none() && equal {
                hit = Some(Hit::Listed(at));
            }
        }
        if ranges == 0 && listed == 0 {
            hit = Some(Hit::All);
        }
        Ok((hit, read))
    }

    fn next_fix(&self, position: Position) -> Result<Option<u32>, Malformed> {
        let mut read = self.rest;
        let mut next: Option<u32> = None;
        if let Position::Ordered { .. } = position {
            for _ in 0..read.count()? {
                let bounds = read_bounds(&mut read)?;
                if bounds.end == 1 && position.bound(bounds.at) == Ordering::Greater {
                    next = Some(next.map_or(bounds.at, |next| next.min(bounds.at)));
                }
            }
        }
        Ok(next)
    }

    /// The ranges and listed versions.
    pub(crate) fn parts(&self) -> Result<(Vec<Bounds>, Vec<u32>), Malformed> {
        let mut read = self.rest;
        Ok((read.list(read_bounds)?, read.list(In::index)?))
    }

    /// The last part, from what [`View::find`] gave.
    pub(crate) fn tail(&self, mut rest: In<'a>) -> Result<Tail<'a>, Malformed> {
        let module = if self.flags & FLAG_MODULE != 0 { Some(rest.text()?) } else { None };
        Ok(Tail {
            module,
            reason: rest.text()?,
            platforms: rest.list(In::text)?,
            imports: rest.list(|read| Ok((read.text()?, read.list(In::text)?)))?,
        })
    }

    /// What it says about a fix where `hit` holds for the version at `position`.
    pub(crate) fn fix(
        &self,
        group: &Group<'_>,
        position: Position,
        hit: Hit,
        reason: &str,
    ) -> Result<FixStatus, Malformed> {
        Ok(match self.status {
            2 => FixStatus::WontFix { reason: reason.to_owned() },
            3 => FixStatus::Deferred { reason: reason.to_owned() },
            4 => FixStatus::Investigating,
            _ => match hit {
                Hit::Range(Bounds { end: 1, at, .. }) => {
                    FixStatus::Fixed { version: group.version(at)?.to_owned() }
                }
                // Listed and in no range (a pre-release of a branch): the next fix above.
                Hit::Listed(_) => match self.next_fix(position)? {
                    Some(at) => FixStatus::Fixed { version: group.version(at)?.to_owned() },
                    None => FixStatus::NoneKnown,
                },
                _ => FixStatus::NoneKnown,
            },
        })
    }
}

fn read_bounds(read: &mut In<'_>) -> Result<Bounds, Malformed> {
    let introduced = read.index()?.checked_sub(1);
    let end = read.u8()?;
    let at = read.index()?.saturating_sub(1);
    if end > BAD_END {
        return Err(Malformed);
    }
    Ok(Bounds { introduced, end, at })
}

impl Bounds {
    fn hold(self, position: Position) -> bool {
        if matches!(position, Position::Unordered { .. }) || self.end == BAD_END {
            return false;
        }
        let begun = self.introduced.is_none_or(|at| position.bound(at) != Ordering::Greater);
        begun
            && match self.end {
                0 => true,
                1 | 3 => position.bound(self.at) == Ordering::Greater,
                2 => position.bound(self.at) != Ordering::Less,
                _ => false,
            }
    }

    /// In words: `>= 1.2, < 1.3`.
    pub(crate) fn words(self, group: &Group<'_>) -> Result<String, Malformed> {
        let from = match self.introduced {
            None => "0",
            Some(at) => group.version(at)?,
        };
        let (before, to, after) = match self.end {
            0 => ("", "", ""),
            1 => (", < ", group.version(self.at)?, ""),
            2 => (", <= ", group.version(self.at)?, ""),
            3 => (", < ", group.version(self.at)?, " (limit)"),
            _ => (", …", "", " (a range that cannot be read)"),
        };
        Ok([">= ", from, before, to, after].concat())
    }
}

impl Hit {
    /// In words.
    pub(crate) fn words(self, group: &Group<'_>) -> Result<String, Malformed> {
        Ok(match self {
            Self::All => "every version".to_owned(),
            Self::Range(bounds) => bounds.words(group)?,
            Self::Listed(at) => format!("= {}", group.version(at)?),
        })
    }
}
