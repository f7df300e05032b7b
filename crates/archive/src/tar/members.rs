use model::{Budget, Effect, Problem, Problems};

use super::{
    BLOCK, EXTENSION_MAX, Fault,
    assemble::{Assembled, Assembler, BadHeader, Head},
    padding,
};
use crate::{Kind, ReadAt, problems};

/// A member of an archive that can be read at any offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Cleaned path.
    pub path: String,
    /// What it is; never a marker: `.wh.` means nothing outside a layer.
    pub kind: Kind,
    /// Where its content starts in the archive.
    pub offset: u64,
    /// Bytes of content.
    pub size: u64,
    /// Text of a symbolic link, cleaned target of a hard link.
    pub link: Option<String>,
}

/// The members of an archive, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// All, also those that a later one of the same path replaced.
    pub list: Vec<Member>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Members {
    /// The last member with this (cleaned) path, through symbolic and hard links: old `docker save` archives link
    /// equal layers to one another.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Member> {
        let mut path = path.to_owned();
        for _ in 0..crate::tree::LINKS_MAX {
            let member = self.list.iter().rev().find(|member| member.path == path)?;
            let target = match (member.kind, member.link.as_deref()) {
                (Kind::Symlink, Some(link)) if link.starts_with('/') => link.to_owned(),
                (Kind::Symlink, Some(link)) => format!("{}/{link}", crate::path::split_last(&path).0),
                (Kind::Hardlink, Some(link)) => link.to_owned(),
                _ => return Some(member),
            };
            crate::clean_path(&crate::encode_path(&target), &mut path).ok()?;
        }
        None
    }
}

/// Bytes read at a time: a header, or an archive of many small files.
const WINDOW: usize = 16 << 10;

/// Lists the members of an uncompressed tar, going over their content by its size: a header of 512 bytes is read for
/// each, however large they are. `name` is what problems call the archive.
pub fn index_members<F: ReadAt + ?Sized>(archive: &F, name: &str, budget: &Budget) -> Members {
    let mut listing =
        Listing { archive, window: vec![0; WINDOW], window_at: 0, window_len: 0, problems: Problems::new() };
    let mut list = Vec::new();
    if let Err(problem) = listing.run(name, budget, &mut list) {
        listing.problems.push(*problem);
    }
    Members { list, problems: listing.problems.into_vec() }
}

struct Listing<'a, F: ?Sized> {
    archive: &'a F,
    window: Vec<u8>,
    window_at: u64,
    window_len: usize,
    problems: Problems,
}

impl<F: ReadAt + ?Sized> Listing<'_, F> {
    fn run(&mut self, name: &str, budget: &Budget, list: &mut Vec<Member>) -> Result<(), Box<Problem>> {
        let problem = |code, message: String| {
            Box::new(Problem::new(code, crate::layer::shorten(name), Effect::MayHidePackages, message))
        };
        let failed =
            |error: std::io::Error| problem(problems::READ_FAILED, format!("reading failed: {error}"));
        let truncated = || problem(problems::TRUNCATED, "the archive ends in the middle".to_owned());
        let limit = |exceeded: model::Exceeded| {
            let problem =
                problem(problems::of_limit(exceeded.limit), format!("{exceeded}; the rest was not read"));
            Box::new(problem.with_limit(exceeded.allowed))
        };
        let len = self.archive.len().map_err(failed)?;
        let mut assembler = Assembler::default();
        let (mut at, mut zeros) = (0u64, 0);
        while at < len {
            budget.check_time().map_err(limit)?;
            let header_at = at;
            let Some(block) = self.block(at).map_err(failed)? else { return Err(truncated()) };
            let head = assembler.head(&block).map_err(|BadHeader(what)| {
                problem(problems::BAD_HEADER, format!("no tar header at byte {header_at}: {what}"))
            })?;
            at += BLOCK as u64;
            let mut member = None;
            let size = match head {
                Head::Zero => {
                    zeros += 1;
                    if zeros == 2 {
                        break;
                    }
                    continue;
                }
                Head::Extension(extension, size) => {
                    let mut bytes = vec![0; size.min(EXTENSION_MAX) as usize];
                    if self.archive.read_full_at(at, &mut bytes).map_err(failed)? < bytes.len() {
                        return Err(truncated());
                    }
                    if !assembler.extend(extension, &bytes) {
                        let message = "an extended header is malformed; the member keeps its plain name";
                        self.problems.push(*problem(problems::BAD_EXTENSION, message.to_owned()));
                    }
                    size
                }
                Head::Other(_, size) => size,
                Head::Entry(entry) => {
                    budget.charge_entries(1).map_err(limit)?;
                    budget.check_path(assembler.path.len()).map_err(limit)?;
                    if entry.more_map {
                        self.skip_map(&mut at).map_err(failed)?;
                    }
                    member = Some(entry);
                    entry.stored
                }
            };
            zeros = 0;
            let end = at.saturating_add(size);
            if end > len {
                return Err(truncated());
            }
            if let Some(entry) = member {
                self.add(&entry, &assembler, at, list);
            }
            at = end.saturating_add(padding(size));
        }
        Ok(())
    }

    fn add(&mut self, entry: &Assembled, assembler: &Assembler, offset: u64, list: &mut Vec<Member>) {
        let subject = || crate::layer::shorten(&assembler.path);
        let problem = match entry.fault {
            None if entry.sparse => {
                Some((problems::SPARSE, "the member is stored sparse, and cannot be read"))
            }
            None => None,
            Some(Fault::Nothing) => return,
            Some(Fault::Escape) => {
                Some((problems::PATH_ESCAPE, "the member leads out of the archive, and was dropped"))
            }
            Some(Fault::BadPath) => {
                Some((problems::BAD_PATH, "the member has no possible path, and was dropped"))
            }
        };
        if let Some((code, message)) = problem {
            self.problems.push(Problem::new(code, subject(), Effect::MayHidePackages, message));
            return;
        }
        let linked = matches!(entry.kind, Kind::Symlink | Kind::Hardlink);
        list.push(Member {
            path: assembler.path.clone(),
            kind: entry.kind,
            offset,
            size: entry.stored,
            link: linked.then(|| assembler.link.clone()),
        });
    }

    /// The block at `at`; `None` where the archive ends before its end.
    fn block(&mut self, at: u64) -> std::io::Result<Option<[u8; BLOCK]>> {
        let held = |listing: &Self| {
            let from = usize::try_from(at.checked_sub(listing.window_at)?).ok()?;
            let window = listing.window.get(..listing.window_len)?;
            window.get(from..)?.first_chunk::<BLOCK>().copied()
        };
        if let Some(block) = held(self) {
            return Ok(Some(block));
        }
        self.window_at = at;
        self.window_len = self.archive.read_full_at(at, &mut self.window)?;
        Ok(held(self))
    }

    /// Goes over the rest of an old GNU sparse map.
    fn skip_map(&mut self, at: &mut u64) -> std::io::Result<()> {
        while let Some(block) = self.block(*at)? {
            *at += BLOCK as u64;
            if block[504] == 0 {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::Limits;

    use super::*;
    use crate::testing::Tar;

    fn list(tar: &[u8]) -> Members {
        index_members(tar, "archive", &Budget::default())
    }

    #[test]
    fn members_are_found_with_their_offsets_and_links_are_followed() {
        let long = format!("{}/layer.tar", "d".repeat(120));
        let tar = Tar::new()
            .dir("aa")
            .file("aa/layer.tar", &[b'l'; 70_000])
            .symlink("bb/layer.tar", "../aa/layer.tar")
            .hardlink("cc/layer.tar", "aa/layer.tar")
            .symlink("x", "y")
            .symlink("y", "x")
            .pax(b'x', &[("path", long.as_bytes())])
            .file("short", b"long")
            .file("manifest.json", b"[old]")
            .file("manifest.json", b"[at the end]")
            .end();
        let members = list(&tar);
        assert_eq!(members.problems, []);
        let content = |path: &str| {
            let member = members.get(path)?;
            let (from, len) = (member.offset as usize, member.size as usize);
            tar.get(from..from + len)
        };
        for path in ["aa/layer.tar", "bb/layer.tar", "cc/layer.tar"] {
            assert!(content(path).is_some_and(|bytes| bytes == [b'l'; 70_000]), "{path}");
        }
        assert_eq!(content(&long), Some(&b"long"[..]));
        assert_eq!(content("manifest.json"), Some(&b"[at the end]"[..]));
        assert_eq!((members.get("x"), members.get("none")), (None, None));
        assert_eq!(members.list.len(), 9);
    }

    #[test]
    fn broken_archives_keep_what_came_before() {
        let tar = Tar::new().file("a", b"a").file("b", &[0; 2000]).file("c", b"c").end();
        for (cut, code, kept) in
            [(1100, "archive.truncated", 1), (2000, "archive.truncated", 1), (100, "archive.truncated", 0)]
        {
            let members = list(&tar[..cut]);
            assert_eq!(members.problems.iter().map(|p| p.code.as_str()).collect::<Vec<_>>(), [code]);
            assert_eq!(members.list.len(), kept);
        }
        let mut bad = tar.clone();
        bad[1024 + 150] ^= 1;
        let members = list(&bad);
        assert_eq!((members.problems[0].code.as_str(), members.list.len()), ("archive.bad-header", 1));
        assert!(members.problems[0].message.contains("byte 1024"));
        let lying = Tar::new().file("a", b"a").raw(&Tar::header(b"b", b'0', 1 << 32, b"")).end();
        assert_eq!(list(&lying).problems[0].code.as_str(), "archive.truncated");
        let few = Budget::new(Limits { entries: 2, ..Limits::default() });
        let members = index_members(&tar[..], "archive", &few);
        assert_eq!(
            (members.problems[0].code.as_str(), members.problems[0].limit),
            ("archive.too-many-entries", Some(2))
        );
        assert_eq!(members.list.len(), 2);
        let escape = Tar::new().file("../a", b"").file("b", b"").end();
        let members = list(&escape);
        assert_eq!((members.problems[0].code.as_str(), members.list.len()), ("archive.path-escape", 1));
    }

    #[test]
    fn every_flipped_byte_ends_without_a_panic() {
        let tar =
            Tar::new().pax(b'x', &[("path", b"p"), ("size", b"3")]).file("x", b"abc").symlink("l", "x").end();
        for at in 0..tar.len() {
            let mut wrong = tar.clone();
            wrong[at] ^= 0x41;
            let members = list(&wrong);
            assert!(members.list.len() <= 2);
        }
    }
}
