//! One statement against one package: the step that `assess` and `why` share.

use package::{Detail, NameKind, Package, PackageType, Version};

use crate::{
    codec::{In, Malformed},
    lookup::Query,
    rpm,
    statement::{FLAG_BUILD_TAG, FLAG_MODULE, Group, Hit, Position, Tail, View},
};

/// The module stream that a package was built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream<'a> {
    /// Not built in a module, or no rpm.
    Plain,
    /// `nodejs:18`.
    Known(&'a str),
    /// Built in a module, and nothing tells in which stream.
    Unknown,
}

impl<'a> Stream<'a> {
    /// From the package's label, else from its build tag, where a statement about a build with the same tag names its
    /// stream.
    pub(crate) fn of(package: &'a Package, group: &Group<'a>) -> Result<Self, Malformed> {
        let Detail::Rpm { modularity, .. } = &package.detail else { return Ok(Self::Plain) };
        if let Some(stream) = modularity.as_deref().and_then(rpm::stream_of_label) {
            return Ok(Self::Known(stream));
        }
        match rpm::build_tag(&package.version) {
            None => Ok(Self::Plain),
            Some(tag) => Ok(group.stream_of_tag(tag)?.map_or(Self::Unknown, Self::Known)),
        }
    }

    /// Does a statement concern builds of this stream? `None`: that cannot be told.
    fn matches(self, flags: u8, module: Option<&str>) -> Option<bool> {
        let modular = flags & (FLAG_MODULE | FLAG_BUILD_TAG) != 0;
        match (self, module) {
            (Self::Plain, _) => Some(!modular),
            (Self::Known(stream), Some(module)) => Some(stream == module),
            (Self::Known(_) | Self::Unknown, _) if modular => None,
            (Self::Known(_) | Self::Unknown, _) => Some(false),
        }
    }
}

/// A name's statements with the package's place among their versions.
pub(crate) struct Placed<'a> {
    pub(crate) group: Group<'a>,
    pub(crate) position: Position,
    pub(crate) stream: Stream<'a>,
    /// What an rpm was built for.
    platform: Option<&'a str>,
}

impl<'a> Placed<'a> {
    /// `parsed` is the query's version in the ecosystem's order.
    pub(crate) fn new(
        group: Group<'a>,
        query: &Query<'_>,
        parsed: Option<&Version>,
        package: &'a Package,
    ) -> Result<Self, Malformed> {
        let position = group.locate(query.ecosystem.row().order, &query.version, parsed)?;
        let stream = Stream::of(package, &group)?;
        let platform = match (package.kind, query.kind, &package.source) {
            (PackageType::Rpm, NameKind::Source, Some(source)) => rpm::platform(&source.version),
            (PackageType::Rpm, ..) => rpm::platform(&package.version),
            _ => None,
        };
        Ok(Self { group, position, stream, platform })
    }

    /// What a statement says about the package's version.
    pub(crate) fn outcome(&self, view: &View<'a>) -> Result<Outcome<'a>, Malformed> {
        let (hit, rest) = view.find(&self.group, self.position, self.platform)?;
        let modular = view.flags & (FLAG_MODULE | FLAG_BUILD_TAG) != 0;
        let Some(hit) = hit else {
            // The usual case, and the one that must cost nothing: outside, and no streams to tell apart.
            if self.stream == Stream::Plain && !modular {
                return Ok(Outcome::Outside);
            }
            let tail = view.tail(rest)?;
            return Ok(match self.stream.matches(view.flags, tail.module) {
                Some(true) => Outcome::Outside,
                _ => Outcome::OtherStream(tail.module),
            });
        };
        self.held(view, hit, rest)
    }

    fn held(&self, view: &View<'a>, hit: Hit, rest: In<'a>) -> Result<Outcome<'a>, Malformed> {
        let tail = view.tail(rest)?;
        Ok(match self.stream.matches(view.flags, tail.module) {
            _ if view.withdrawn() => Outcome::Withdrawn,
            Some(true) => Outcome::Holds(hit, tail),
            Some(false) => Outcome::OtherStream(tail.module),
            None => Outcome::StreamUnknown(tail.module),
        })
    }
}

/// What a statement says about a version.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<'a> {
    /// It holds.
    Holds(Hit, Tail<'a>),
    /// The version lies in none of its ranges.
    Outside,
    /// It concerns another module stream.
    OtherStream(Option<&'a str>),
    /// It would hold, if the package were of its module stream, which cannot be told.
    StreamUnknown(Option<&'a str>),
    /// It would hold, and its source took it back.
    Withdrawn,
}
