//! ELF binaries: which language built them, and what they were built from.
//!
//! Only headers and the few sections that tell are read; never the whole file.

pub(crate) mod file;
#[cfg(test)]
mod made;
#[cfg(test)]
mod tests;

use model::{Budget, Effect, Problems};
use serde::{Deserialize, Serialize};

use crate::{
    Content, Fact, FileInfo,
    lang::{go, rust},
    reader::Row,
};

/// In an image a binary that is large goes through a temporary file, so there is an end: libraries
/// of CUDA, the largest that images hold, have 2 GiB.
const FILE_MAX: u64 = 4 << 30;

pub(crate) static READERS: &[Row] = &[Row {
    name: "an ELF binary",
    wants: |info| info.mode & 0o111 != 0 || is_library(info.name()),
    peek: Some((4, |head| head == file::MAGIC)),
    by_content: true,
    max: FILE_MAX,
    in_parts: true,
    read,
}];

/// An executable or shared library, and what it says of its making. One that says nothing is kept too, so that an
/// image whose main program nobody can judge is not called healthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binary {
    /// Built by Go.
    pub go: Option<Box<go::Build>>,
    /// Built by cargo with an audit section.
    pub rust: Option<Box<rust::Audit>>,
}

fn is_library(name: &str) -> bool {
    name.ends_with(".so") || name.contains(".so.")
}

fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let elf = match file::Elf::open(content) {
        Ok(elf) => elf?,
        Err(error) => {
            error.report(problems, info.path, "the ELF header", Effect::MayHidePackages);
            return None;
        }
    };
    if let Some(error) = &elf.damage {
        error.report(problems, info.path, "the ELF header's tables", Effect::MayHidePackages);
    }
    let binary = Binary {
        go: go::read_binary(&elf, info, budget, problems).map(Box::new),
        rust: rust::read_binary(&elf, info, budget, problems).map(Box::new),
    };
    let tells = binary.go.is_some() || binary.rust.is_some();
    (tells || !is_library(info.name())).then_some(Fact::Elf(binary))
}
