//! Sorting what was collected and streaming the file.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::Path,
};

use package::Ecosystem;
use sha2::{Digest, Sha256};

use super::{
    Builder, RecordEntry, Summary,
    group::{self, Said},
    number_of,
    spill::Place,
};
use crate::{
    Coverage, Enrichment, Error, Lint, Statement, Status,
    codec::{In, Malformed, Out},
    error::io,
    hash::{hash64, join},
    layout::{BLOCK, FOOTER, Header, SECTIONS, Section, Span},
    precedence::Tier,
    wire,
};

/// Streams the data, hashing as it goes.
struct Writer<'a, W> {
    out: W,
    path: &'a Path,
    at: u64,
    block: Vec<u8>,
    sums: Vec<u8>,
    digest: Sha256,
    sections: [Span; SECTIONS],
}

impl<W: Write> Writer<'_, W> {
    fn begin(&mut self, section: Section) {
        self.sections[section as usize] = Span { offset: self.at, len: 0 };
    }

    fn end(&mut self, section: Section) {
        let span = &mut self.sections[section as usize];
        span.len = self.at - span.offset;
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        self.at += bytes.len() as u64;
        while !bytes.is_empty() {
            let room = (BLOCK as usize).saturating_sub(self.block.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == BLOCK as usize {
                self.flush_block()?;
            }
        }
        Ok(())
    }

    fn flush_block(&mut self) -> Result<(), Error> {
        if !self.block.is_empty() {
            self.sums.extend_from_slice(&hash64(&self.block).to_le_bytes());
            self.digest.update(&self.block);
            self.out.write_all(&self.block).map_err(io("write", self.path))?;
            self.block.clear();
        }
        Ok(())
    }
}

/// A name's hash, the name, its old number.
type Key = (u64, Box<[u8]>, u32);

/// Records in their final order.
struct Order {
    /// Old numbers by new.
    old: Vec<u32>,
    /// New numbers by old; duplicates have that of the one that stays.
    new: Vec<u32>,
    /// Old numbers that are dropped.
    dropped: Vec<bool>,
}

impl Builder {
    /// Writes the database beside `path` and renames it to it, so that who has the old one open keeps it.
    ///
    /// # Errors
    /// When a file cannot be written, or there is more than the format holds.
    pub fn finish(mut self, path: &Path) -> Result<Summary, Error> {
        self.spill.flush()?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io("create a file in", folder))?;
        let summary = {
            let mut out = std::io::BufWriter::with_capacity(1 << 18, file.as_file_mut());
            let summary = self.stream(&mut out, path)?;
            out.flush().map_err(io("write", path))?;
            summary
        };
        // The header is written last: a file that was cut has none.
        file.as_file().sync_all().map_err(io("write", path))?;
        // A database is no secret: the working file's private mode would hide it from the service's other users.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(io("set the mode of", path))?;
        file.persist(path).map_err(|error| io("rename", path)(error.error))?;
        Ok(summary)
    }

    fn stream<W: Write + std::io::Seek>(&mut self, out: W, path: &Path) -> Result<Summary, Error> {
        let mut writer = Writer {
            out,
            path,
            at: BLOCK,
            block: Vec::with_capacity(BLOCK as usize),
            sums: Vec::new(),
            digest: Sha256::new(),
            sections: [Span::default(); SECTIONS],
        };
        writer.out.write_all(&[0; BLOCK as usize]).map_err(io("write", path))?;
        let mut summary = Summary::default();
        let sources = self.sort_sources();
        let order = self.order_records();
        summary.records = order.old.len() as u64;
        summary.duplicates = (self.records.len() - order.old.len()) as u64;

        let (keys, positions) = self.sort_keys();
        summary.names = keys.len() as u64;
        let groups_of = self.write_groups(&mut writer, &keys, &positions, &order, &sources, &mut summary)?;
        self.write_records(&mut writer, &order, &sources, &groups_of)?;
        self.write_ids(&mut writer, &order)?;
        self.write_cves(&mut writer, &mut summary)?;
        self.write_facts(&mut writer, &sources, &order, &summary)?;
        writer.flush_block()?;

        let sums = Span { offset: writer.at, len: writer.sums.len() as u64 };
        let header = Header {
            file_len: sums.offset + sums.len + FOOTER,
            sections: writer.sections,
            sums,
            sums_hash: hash64(&writer.sums),
        }
        .encode();
        writer.digest.update(&writer.sums);
        writer.digest.update(&header);
        let digest = writer.digest.finalize();
        writer.out.write_all(&writer.sums).map_err(io("write", path))?;
        writer.out.write_all(&digest).map_err(io("write", path))?;
        writer.out.seek(std::io::SeekFrom::Start(0)).map_err(io("write", path))?;
        writer.out.write_all(&header).map_err(io("write", path))?;
        summary.bytes = sums.offset + sums.len + FOOTER;
        summary.sha256 = hex(&digest);
        Ok(summary)
    }

    /// New numbers of sources by old: sorted by slug.
    fn sort_sources(&self) -> Vec<u32> {
        let mut slugs: Vec<&String> = self.sources.iter().collect();
        slugs.sort_unstable();
        self.sources
            .iter()
            .map(|slug| slugs.binary_search(&slug).ok().and_then(|at| u32::try_from(at).ok()).unwrap_or(0))
            .collect()
    }

    fn id(&self, record: &RecordEntry) -> &str {
        self.ids.get(record.id.0 as usize..record.id.1 as usize).unwrap_or_default()
    }

    fn slug(&self, record: &RecordEntry) -> &str {
        self.sources.get(record.source as usize).map_or("", String::as_str)
    }

    fn order_records(&self) -> Order {
        let count = self.records.len();
        let mut sorted: Vec<(&RecordEntry, u32)> = self.records.iter().zip(0u32..).collect();
        sorted.sort_unstable_by(|(a, x), (b, y)| {
            (self.slug(a), self.id(a), a.content, x).cmp(&(self.slug(b), self.id(b), b.content, y))
        });
        let mut order =
            Order { old: Vec::with_capacity(count), new: vec![0; count], dropped: vec![false; count] };
        let mut last: Option<&RecordEntry> = None;
        for (record, old) in sorted {
            let again = last.is_some_and(|last| {
                last.content == record.content
                    && last.source == record.source
                    && self.id(last) == self.id(record)
            });
            if !again {
                order.old.push(old);
                last = Some(record);
            }
            let new = u32::try_from(order.old.len().saturating_sub(1)).unwrap_or(u32::MAX);
            if let Some(slot) = order.new.get_mut(old as usize) {
                *slot = new;
            }
            if again && let Some(slot) = order.dropped.get_mut(old as usize) {
                *slot = true;
            }
        }
        order
    }

    /// Keys in the order of the table of names, each with its old number; and new positions by old number.
    fn sort_keys(&mut self) -> (Vec<Key>, Vec<u32>) {
        let mut keys: Vec<Key> =
            std::mem::take(&mut self.keys).into_iter().map(|(key, old)| (hash64(&key), key, old)).collect();
        keys.sort_unstable();
        let mut positions = vec![0; keys.len()];
        for ((_, _, old), new) in keys.iter().zip(0u32..) {
            if let Some(slot) = positions.get_mut(*old as usize) {
                *slot = new;
            }
        }
        (keys, positions)
    }

    /// Writes groups and the table of names; gives (record, group) pairs, sorted.
    fn write_groups<W: Write>(
        &mut self,
        writer: &mut Writer<'_, W>,
        keys: &[Key],
        positions: &[u32],
        order: &Order,
        sources: &[u32],
        summary: &mut Summary,
    ) -> Result<Vec<(u32, u32)>, Error> {
        let mut statements = std::mem::take(&mut self.statements);
        statements.retain(|statement| !order.dropped.get(statement.record as usize).copied().unwrap_or(true));
        summary.statements = statements.len() as u64;
        for statement in &mut statements {
            statement.key = positions.get(statement.key as usize).copied().unwrap_or(u32::MAX);
        }
        let new = |old: u32| order.new.get(old as usize).copied().unwrap_or(u32::MAX);
        let mut pairs: Vec<(u32, u32)> =
            statements.iter().map(|statement| (new(statement.record), statement.key)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        // By group, then by record in its final order, then as the record has them.
        statements.sort_by_key(|statement| (statement.key, new(statement.record)));

        writer.begin(Section::Groups);
        let base = writer.at;
        let mut table = Out::default();
        let mut raw = Vec::new();
        let mut out = Out::default();
        let mut rest = statements.as_slice();
        for ((hash, key, _), position) in keys.iter().zip(0u32..) {
            let count = rest.iter().take_while(|statement| statement.key == position).count();
            let (these, later) = rest.split_at(count);
            rest = later;
            let (ecosystem, template) = read_key(key).map_err(internal)?;
            let mut said = Vec::with_capacity(these.len());
            let mut content = Vec::with_capacity(these.len());
            for statement in these {
                self.spill.read(statement.place, &mut raw)?;
                let Some(record) = self.records.get(statement.record as usize) else { continue };
                content.push(join(record.own, hash64(&raw)));
                said.push(Said {
                    record: new(statement.record),
                    source: sources.get(record.source as usize).copied().unwrap_or(0),
                    tier: Tier::of(self.slug(record), self.id(record), ecosystem),
                    class: record.class,
                    withdrawn: record.withdrawn,
                    statement: wire::read_statement(&mut In(&raw), &template).map_err(internal)?,
                    builds: false,
                });
            }
            content.sort_unstable();
            said.sort_by(group::by_record);
            out.0.clear();
            summary.unparsable_ranges += group::write(ecosystem, key, said, &mut out);
            let len = number_of(out.0.len())?;
            table.0.extend_from_slice(&hash.to_le_bytes());
            table.0.extend_from_slice(&content.into_iter().fold(0, join).to_le_bytes());
            table.0.extend_from_slice(&(writer.at - base).to_le_bytes());
            table.0.extend_from_slice(&len.to_le_bytes());
            table.0.extend_from_slice(&0u32.to_le_bytes());
            writer.write(&out.0)?;
        }
        writer.end(Section::Groups);
        writer.begin(Section::Names);
        writer.write(&table.0)?;
        writer.end(Section::Names);
        Ok(pairs)
    }

    fn write_records<W: Write>(
        &self,
        writer: &mut Writer<'_, W>,
        order: &Order,
        sources: &[u32],
        groups_of: &[(u32, u32)],
    ) -> Result<(), Error> {
        writer.begin(Section::Records);
        let base = writer.at;
        let mut index = Out::default();
        let mut raw = Vec::new();
        let mut out = Out::default();
        let mut rest = groups_of;
        for (old, new) in order.old.iter().zip(0u32..) {
            let Some(record) = self.records.get(*old as usize) else { continue };
            self.spill.read(record.place, &mut raw)?;
            out.0.clear();
            out.number(sources.get(record.source as usize).copied().unwrap_or(0).into());
            out.0.extend_from_slice(&raw);
            let count = rest.iter().take_while(|(record, _)| *record == new).count();
            let (these, later) = rest.split_at(count);
            rest = later;
            out.list(these, |out, (_, group)| out.number((*group).into()));
            index.0.extend_from_slice(&(writer.at - base).to_le_bytes());
            writer.write(&out.0)?;
        }
        index.0.extend_from_slice(&(writer.at - base).to_le_bytes());
        writer.end(Section::Records);
        writer.begin(Section::RecordIndex);
        writer.write(&index.0)?;
        writer.end(Section::RecordIndex);
        Ok(())
    }

    fn write_ids<W: Write>(&mut self, writer: &mut Writer<'_, W>, order: &Order) -> Result<(), Error> {
        let mut ids = std::mem::take(&mut self.names);
        for (_, record) in &mut ids {
            *record = order.new.get(*record as usize).copied().unwrap_or(u32::MAX);
        }
        ids.sort_unstable();
        ids.dedup();
        writer.begin(Section::Ids);
        for (hash, record) in ids {
            writer.write(&hash.to_le_bytes())?;
            writer.write(&record.to_le_bytes())?;
            writer.write(&[0; 4])?;
        }
        writer.end(Section::Ids);
        Ok(())
    }

    fn write_cves<W: Write>(
        &mut self,
        writer: &mut Writer<'_, W>,
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let mut cves: Vec<(u64, Place)> = std::mem::take(&mut self.cves);
        cves.sort_unstable_by_key(|(hash, _)| *hash);
        writer.begin(Section::Cves);
        let base = writer.at;
        let mut index = Out::default();
        let mut out = Out::default();
        for same_hash in cves.chunk_by(|a, b| a.0 == b.0) {
            // Read one by one and sorted by content: the order of the calls does not matter.
            let mut parts = Vec::with_capacity(same_hash.len());
            for (_, place) in same_hash {
                let mut raw = Vec::new();
                self.spill.read(*place, &mut raw)?;
                parts.push(raw);
            }
            parts.sort_unstable();
            let mut joined: BTreeMap<String, Enrichment> = BTreeMap::new();
            for part in &parts {
                let next = wire::read_enrichment(&mut In(part)).map_err(internal)?;
                match joined.entry(next.cve.to_ascii_uppercase()) {
                    std::collections::btree_map::Entry::Vacant(slot) => {
                        slot.insert(next);
                    }
                    std::collections::btree_map::Entry::Occupied(mut slot) => unite(slot.get_mut(), next),
                }
            }
            for cve in joined.values() {
                summary.cves += 1;
                out.0.clear();
                wire::write_enrichment(cve, &mut out);
                let hash = same_hash.first().map_or(0, |(hash, _)| *hash);
                index.0.extend_from_slice(&hash.to_le_bytes());
                index.0.extend_from_slice(&(writer.at - base).to_le_bytes());
                let mut len = Out::default();
                len.size(out.0.len());
                writer.write(&len.0)?;
                writer.write(&out.0)?;
            }
        }
        writer.end(Section::Cves);
        writer.begin(Section::CveIndex);
        writer.write(&index.0)?;
        writer.end(Section::CveIndex);
        Ok(())
    }

    fn write_facts<W: Write>(
        &mut self,
        writer: &mut Writer<'_, W>,
        sources: &[u32],
        order: &Order,
        summary: &Summary,
    ) -> Result<(), Error> {
        let mut counts = vec![(0u64, 0u64); self.sources.len()];
        for old in &order.old {
            let Some(record) = self.records.get(*old as usize) else { continue };
            if let Some(count) = counts.get_mut(record.source as usize) {
                count.0 += 1;
                count.1 += u64::from(record.withdrawn);
            }
        }
        let mut slugs: Vec<(u32, &String, (u64, u64))> = sources
            .iter()
            .zip(&self.sources)
            .zip(counts)
            .map(|((new, slug), counts)| (*new, slug, counts))
            .collect();
        slugs.sort_unstable();
        let mut out = Out::default();
        out.list(&slugs, |out, (_, slug, (records, withdrawn))| {
            out.text(slug);
            out.number(*records);
            out.number(*withdrawn);
        });
        out.list(&join_coverage(std::mem::take(&mut self.coverage)), wire::write_coverage);
        let mut counts: Vec<(&(String, String), &u64)> = self.lint_counts.iter().collect();
        counts.sort_unstable();
        out.list(&counts, |out, ((source, code), count)| {
            out.text(source);
            out.text(code);
            out.number(**count);
        });
        out.number(summary.records);
        out.number(summary.statements);
        out.number(summary.names);
        out.number(summary.cves);
        out.number(summary.unparsable_ranges);
        let enriching: Vec<_> = self.enriching.iter().collect();
        out.list(&enriching, |out, (source, (records, newest))| {
            out.text(source);
            out.number(*records);
            out.option(newest.as_deref(), Out::text);
        });
        self.lints.sort_unstable();
        let mut kept: Vec<Lint> = Vec::new();
        for lints in self.lints.chunk_by(|a, b| (&a.source, &a.code) == (&b.source, &b.code)) {
            kept.extend(lints.iter().take(super::MAX_LINTS as usize).cloned());
        }
        out.list(&kept, wire::write_lint);
        writer.begin(Section::Facts);
        writer.write(&out.0)?;
        writer.end(Section::Facts);
        Ok(())
    }
}

/// What we wrote ourselves a moment ago cannot be read again.
fn internal(_: Malformed) -> Error {
    Error::Corrupt { what: "working file", offset: 0 }
}

fn read_key(key: &[u8]) -> Result<(Ecosystem, Statement), Malformed> {
    let mut read = In(key);
    let ecosystem = wire::ecosystem_of(read.u8()?)?;
    let template = Statement {
        ecosystem,
        name: wire::kind_of(read.u8()?)?,
        release: Some(read.owned()?),
        package: read.owned()?,
        module: None,
        class: None,
        status: Status::Affected,
        ranges: Vec::new(),
        versions: Vec::new(),
        severity: model::Severity::Unknown,
        platforms: Vec::new(),
        imports: Vec::new(),
    };
    Ok((ecosystem, template))
}

fn unite(into: &mut Enrichment, next: Enrichment) {
    if into.title.is_empty() {
        into.title = next.title;
    }
    for rating in next.ratings {
        if !into.ratings.contains(&rating) {
            into.ratings.push(rating);
        }
    }
    let cwes: BTreeSet<String> = into.cwes.drain(..).chain(next.cwes).collect();
    into.cwes = cwes.into_iter().collect();
    into.ssvc = into.ssvc.take().or(next.ssvc);
    into.kev = into.kev.take().or(next.kev);
    into.epss = into.epss.or(next.epss);
    into.published = into.published.take().or(next.published);
    into.rejected |= next.rejected;
}

/// Rows of one (source, ecosystem, release) joined: packages united (all of them, where one row says all), records
/// added up, the newest date.
fn join_coverage(rows: Vec<Coverage>) -> Vec<Coverage> {
    let mut joined: BTreeMap<(String, Ecosystem, Option<String>), Coverage> = BTreeMap::new();
    for row in rows {
        let key = (row.source.clone(), row.ecosystem, row.release.clone());
        match joined.entry(key) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(row);
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                let into = slot.get_mut();
                into.records += row.records;
                into.newest = into.newest.take().max(row.newest);
                into.packages = match (into.packages.take(), row.packages) {
                    (Some(mut a), Some(b)) => {
                        a.extend(b);
                        Some(a)
                    }
                    _ => None,
                };
            }
        }
    }
    let mut rows: Vec<Coverage> = joined.into_values().collect();
    for row in &mut rows {
        if let Some(packages) = &mut row.packages {
            packages.sort_unstable();
            packages.dedup();
        }
    }
    rows
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
