//! CycloneDX: the catalogue as a bill of materials.

use std::io::{self, Write};

use sbom::formats::{DocumentInfo, SubjectKind, cyclonedx};
use scan::{Kind, Outcome};

use crate::Options;

pub(crate) fn write(outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    let image = outcome.subject.image.as_ref();
    let kind = match outcome.subject.kind {
        Kind::Image => SubjectKind::Image,
        Kind::RootFs => SubjectKind::FileSystem,
        Kind::SourceTree | Kind::Document => SubjectKind::SourceTree,
    };
    let info = DocumentInfo {
        name: &outcome.subject.target,
        kind,
        digest: image.map(|image| image.config_digest.0),
        tool_version: &options.version,
        timestamp: Some(&options.timestamp),
        layers: image.map_or(&[][..], |image| image.layers.as_slice()),
        ..DocumentInfo::default()
    };
    cyclonedx::write(&outcome.catalogue, &info, to)
}
