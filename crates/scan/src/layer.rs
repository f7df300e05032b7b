//! One layer: its index and the facts of its files, in one pass, or two where hard links ask for it.

use std::collections::HashMap;

use archive::{
    Content, Entry, EntryId, FilePart, Hints, Kind, LayerIndex, Select, Want, WantedLink, read_layer_of,
    read_linked,
};
use model::{BlobDigest, Budget, DiffId, Effect, Problem, Problems};
use sbom::{Fact, FileInfo, Reader, extract, interest};
use serde::{Deserialize, Serialize};

use crate::problems;

/// What was read of one layer: all that a later scan needs of it, so it is what the layer cache keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LayerData {
    /// Every path.
    pub(crate) index: LayerIndex,
    /// Facts by the entry they were read from, in the order of the archive.
    pub(crate) facts: Vec<(EntryId, Fact)>,
    /// What could not be read.
    pub(crate) problems: Vec<Problem>,
    /// Digest of the blob, where it was read to its end.
    pub(crate) blob: Option<BlobDigest>,
    /// Digest of the tar, where it was inflated to its end.
    pub(crate) diff_id: Option<DiffId>,
}

impl LayerData {
    /// Nothing but the reason why.
    pub(crate) fn unread(problem: Problem) -> Self {
        Self {
            index: archive::LayerIndexBuilder::new().finish(),
            facts: Vec::new(),
            problems: vec![problem],
            blob: None,
            diff_id: None,
        }
    }
}

/// Reads a layer. `open` is called once for the pass over it, and once more only where hard links name files whose
/// content had gone by; `name` is what problems call it; `hash_beside` as in
/// [`Hints`].
pub(crate) fn read(
    open: impl Fn() -> Result<oci::Blob, Problem>,
    name: &str,
    hash_beside: bool,
    budget: &Budget,
) -> LayerData {
    let source = match open() {
        Ok(source) => source,
        Err(problem) => return LayerData::unread(problem),
    };
    let mut reading = Reading {
        budget,
        facts: Vec::new(),
        asked: HashMap::new(),
        current: None,
        problems: Problems::new(),
    };
    let region = source.region().cloned();
    let place =
        region.as_ref().map(|region| FilePart { file: &region.file, offset: region.offset, len: region.len });
    let read = read_layer_of(source, Hints { place, hash_beside }, name, &mut reading, budget);
    reading.problems.extend(read.problems);

    let again = reading.alias_links(&read.index, &read.links);
    if !again.is_empty() {
        match open() {
            Ok(source) => {
                let more = read_linked(source, name, &read.index, &again, &mut reading, budget);
                reading.problems.extend(more);
            }
            Err(problem) => reading.problems.push(problem),
        }
    }
    let Reading { mut facts, problems, .. } = reading;
    facts.retain(|(id, _)| read.index.is_live(*id));
    LayerData {
        index: read.index,
        facts,
        problems: problems.into_vec(),
        blob: read.blob,
        diff_id: read.diff_id,
    }
}

struct Reading<'a> {
    budget: &'a Budget,
    facts: Vec<(EntryId, Fact)>,
    /// Which reader wanted an entry, whether or not it accepted it.
    asked: HashMap<EntryId, Reader>,
    current: Option<(EntryId, Reader)>,
    problems: Problems,
}

impl Reading<'_> {
    /// Gives links the facts of their targets where the facts do not hang on the name; returns those that must be
    /// read again under their own names.
    fn alias_links(&mut self, index: &LayerIndex, links: &[WantedLink]) -> Vec<WantedLink> {
        if links.is_empty() {
            return Vec::new();
        }
        let by_entry: HashMap<EntryId, usize> =
            self.facts.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
        let mut again = Vec::new();
        for link in links {
            let Some(target) = link.target else {
                if let Some(entry) = index.entry(link.name) {
                    self.problems.push(Problem::new(
                        problems::LOST_LINK,
                        entry.path,
                        Effect::MayHidePackages,
                        "is a hard link to a file that its own layer does not have",
                    ));
                }
                continue;
            };
            let reader = self.asked.get(&link.name).copied();
            match reader {
                Some(reader) if reader.by_content() && self.asked.get(&target) == Some(&reader) => {
                    if let Some((_, fact)) = by_entry.get(&target).and_then(|place| self.facts.get(*place)) {
                        let fact = fact.clone();
                        self.facts.push((link.name, fact));
                    }
                }
                _ => again.push(*link),
            }
        }
        again
    }
}

impl Select for Reading<'_> {
    fn wants(&mut self, entry: &Entry<'_>) -> Want {
        self.current = None;
        let info = FileInfo { path: entry.path, size: entry.size, mode: entry.mode };
        let Some(reader) = interest(&info) else { return Want::Skip };
        self.asked.insert(entry.id, reader);
        self.current = Some((entry.id, reader));
        match reader.peek_len() {
            // A hard link has no bytes of its own to peek at.
            _ if entry.kind == Kind::Hardlink => Want::Read { max: reader.max(self.budget) },
            0 => Want::Read { max: reader.max(self.budget) },
            n => Want::Peek(n),
        }
    }

    fn peeked(&mut self, _: &Entry<'_>, head: &[u8]) -> Want {
        match self.current {
            Some((_, reader)) if reader.accepts(head) => Want::Read { max: reader.max(self.budget) },
            _ => Want::Skip,
        }
    }

    fn file(&mut self, entry: &Entry<'_>, content: Content<'_>) {
        let info = FileInfo { path: entry.path, size: content.len(), mode: entry.mode };
        let Some(reader) = interest(&info) else { return };
        if let Some(fact) = extract(reader, &info, &Bytes(content), self.budget, &mut self.problems) {
            self.facts.push((entry.id, fact));
        }
    }
}

/// An archive's content as the cataloguers see it.
struct Bytes<'a>(Content<'a>);

impl sbom::Content for Bytes<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        self.0.read_at(offset, buf)
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        self.0.as_memory()
    }
}

#[cfg(test)]
mod tests {
    use model::Limits;

    use super::*;

    /// A tar of executable files.
    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (path, content) in members {
            let mut header = [0_u8; 512];
            header[..path.len()].copy_from_slice(path.as_bytes());
            header[100..107].copy_from_slice(b"0000755");
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[136..147].copy_from_slice(b"00000000000");
            header[148..156].copy_from_slice(b"        ");
            header[156] = b'0';
            header[257..265].copy_from_slice(b"ustar\x0000");
            let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
            header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            out.extend_from_slice(&header);
            out.extend_from_slice(content);
            out.resize(out.len().next_multiple_of(512), 0);
        }
        out.resize(out.len() + 1024, 0);
        out
    }

    #[test]
    fn what_is_held_is_bounded_and_what_is_read_in_parts_may_be_larger() {
        // This very program is the binary, larger than any bound here.
        let program = std::fs::read("/proc/self/exe").unwrap();
        let manifest = format!(r#"{{"name":"a","version":"1.0.0","description":"{}"}}"#, "x".repeat(5000));
        let tar = tar(&[("bin/tool", &program), ("node_modules/a/package.json", manifest.as_bytes())]);
        let budget = Budget::new(Limits { file_bytes: 4096, ..Limits::default() });
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &tar).unwrap();
        let region = oci::Region { file: std::sync::Arc::new(file), offset: 0, len: tar.len() as u64 };
        let data = read(|| Ok(oci::Blob::from_region(region.clone())), "layer 1", false, &budget);
        assert!(program.len() > 4096 && matches!(data.facts[..], [(_, Fact::Elf(_))]), "{:?}", data.facts);
        let [problem] = &data.problems[..] else { panic!("one problem: {:?}", data.problems) };
        assert_eq!(
            (problem.code.as_str(), problem.subject.as_str(), problem.limit),
            ("archive.file-too-large", "node_modules/a/package.json", Some(4096))
        );
    }
}
