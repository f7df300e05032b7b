//! Walks a root file system or a source tree: the index of what is there, and the files that cataloguers want.
//!
//! Directories are opened relative to their parent and never through a link, so a hostile tree cannot lead the walk
//! out of its root; the walk stays on one file system and says what it leaves out.

use std::{
    ffi::{CStr, CString, OsStr},
    fs::File,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::Path,
};

use archive::{Entry, Kind, LayerIndex, LayerIndexBuilder, decode_path};
use model::{Budget, Effect, Problem, Problems};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, fstat, openat, readlinkat, statat};
use sbom::{FileInfo, Reader, interest};

use crate::{Skipped, problems};

/// A regular file that a cataloguer wants, opened.
pub(crate) struct Wanted {
    /// Path from the root.
    pub(crate) path: String,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Who reads it.
    pub(crate) reader: Reader,
    /// The open file and its length.
    pub(crate) content: (File, u64),
}

/// What a walk found.
pub(crate) struct Walked {
    /// Every path.
    pub(crate) index: LayerIndex,
    /// What was left out on purpose.
    pub(crate) skipped: Vec<Skipped>,
    /// What could not be read.
    pub(crate) problems: Problems,
    /// Files and directories seen.
    pub(crate) entries: u64,
}

/// Directories that hold no packages of the system that is scanned, below its root.
const SKIPPED: &[(&str, &str)] = &[
    ("proc", "kernel interface"),
    ("sys", "kernel interface"),
    ("dev", "device files"),
    ("run", "run-time state"),
    ("var/run", "run-time state"),
    ("var/lib/docker", "container data"),
    ("var/lib/containerd", "container data"),
    ("var/lib/containers", "container data"),
    ("var/lib/buildkit", "container data"),
    ("var/lib/nerdctl", "container data"),
    ("var/lib/cri-o", "container data"),
    ("var/lib/rancher/k3s/agent/containerd", "container data"),
    ("var/lib/rancher/rke2/agent/containerd", "container data"),
    ("var/lib/kubelet/pods", "container data"),
    ("var/lib/lxc", "container data"),
    ("var/lib/lxd", "container data"),
    ("var/lib/machines", "container data"),
    ("var/snap/docker/common/var-lib-docker", "container data"),
    ("var/snap/microk8s/common/var/lib/containerd", "container data"),
    ("var/cache", "package manager's cache"),
    ("var/lib/apt/lists", "package manager's cache"),
];

/// The same for each home directory (`root`, `home/*`).
const SKIPPED_IN_HOME: &[(&str, &str)] = &[
    (".cache", "package manager's cache"),
    (".cargo/registry", "package manager's cache"),
    (".cargo/git", "package manager's cache"),
    (".npm/_cacache", "package manager's cache"),
    (".m2/repository", "package manager's cache"),
    (".gradle/caches", "package manager's cache"),
    (".nuget/packages", "package manager's cache"),
    ("go/pkg/mod", "package manager's cache"),
    (".local/share/containers", "container data"),
    (".local/share/docker", "container data"),
];

/// Is this directory of a root file system left out? Gives the reason.
fn left_out(path: &str) -> Option<&'static str> {
    if let Some((_, reason)) = SKIPPED.iter().find(|(skipped, _)| *skipped == path) {
        return Some(reason);
    }
    let in_home = path.strip_prefix("root/").or_else(|| {
        let (_, rest) = path.strip_prefix("home/")?.split_once('/')?;
        Some(rest)
    })?;
    SKIPPED_IN_HOME.iter().find(|(skipped, _)| *skipped == in_home).map(|(_, reason)| *reason)
}

/// What kind of tree is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    /// An installed system.
    RootFs,
    /// A project's sources.
    Sources,
}

struct Walk<'a> {
    tree: Tree,
    budget: &'a Budget,
    device: u64,
    automounts: Vec<String>,
    index: LayerIndexBuilder,
    skipped: Vec<Skipped>,
    problems: Problems,
    entries: u64,
    /// Path of what is looked at, as the index has it.
    path: String,
    /// What the kernel writes names into: one directory is read to its end before the next.
    names: Vec<u8>,
    sink: &'a mut dyn FnMut(Wanted),
}

/// Walks `root`, gives each wanted file to `sink` as soon as it is seen.
///
/// # Errors
/// When `root` itself cannot be opened as a directory.
pub(crate) fn walk(
    root: &Path,
    tree: Tree,
    budget: &Budget,
    sink: &mut dyn FnMut(Wanted),
) -> std::io::Result<Walked> {
    let dir = openat(CWD, root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let device = fstat(&dir)?.st_dev;
    let mut walk = Walk {
        tree,
        budget,
        device,
        automounts: automounts(root),
        index: LayerIndexBuilder::new(),
        skipped: Vec::new(),
        problems: Problems::new(),
        entries: 0,
        path: String::with_capacity(256),
        names: Vec::with_capacity(NAMES),
        sink,
    };
    walk.directory(&dir, 0);
    let Walk { index, mut skipped, problems, entries, .. } = walk;
    skipped.sort();
    Ok(Walked { index: index.finish(), skipped, problems, entries })
}

/// Bytes of names asked for at a time: two system calls for all but the largest directories.
const NAMES: usize = 64 << 10;

/// Directories deeper than this are not entered: PATH_MAX allows no deeper tree to be named.
const MAX_DEPTH: u32 = 2048;

impl Walk<'_> {
    fn unreadable(&mut self, error: rustix::io::Errno) {
        self.problems.push(Problem::new(
            problems::UNREADABLE,
            self.path.as_str(),
            Effect::MayHidePackages,
            format!("could not be read: {error}; run the scan with the rights to read it"),
        ));
    }

    fn limit(&mut self, exceeded: model::Exceeded) {
        self.problems.push(
            Problem::new(problems::LIMIT, self.path.as_str(), Effect::MayHidePackages, exceeded.to_string())
                .with_limit(exceeded.allowed),
        );
    }

    /// Reads one directory, then its children. Gives false when a limit ended the walk.
    fn directory(&mut self, dir: &OwnedFd, depth: u32) -> bool {
        if let Err(exceeded) = self.budget.check_time() {
            self.limit(exceeded);
            return false;
        }
        let Some(children) = self.children(dir) else { return false };
        if self.tree == Tree::RootFs && is_container_data(&children) {
            let path = self.path.clone();
            self.skipped.push(Skipped { path, reason: "container data".into() });
            return true;
        }
        for name in children {
            let parent_len = self.step_into(&name);
            let go_on = self.enter(dir, &name, depth);
            self.path.truncate(parent_len);
            if !go_on {
                return false;
            }
        }
        true
    }

    /// Records what lies in a directory; gives the names of the directories to be entered, `None` when a limit ended
    /// the walk.
    fn children(&mut self, dir: &OwnedFd) -> Option<Vec<CString>> {
        let mut names = std::mem::take(&mut self.names);
        let mut reader = RawDir::new(dir, names.spare_capacity_mut());
        let mut children = Vec::new();
        while let Some(entry) = reader.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.unreadable(error);
                    break;
                }
            };
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if let Err(exceeded) = self.budget.charge_entries(1) {
                self.limit(exceeded);
                return None;
            }
            self.entries += 1;
            let parent_len = self.step_into(name);
            if entry.file_type() == FileType::Directory || self.entry(dir, name) {
                children.push(name.to_owned());
            }
            self.path.truncate(parent_len);
        }
        self.names = names;
        Some(children)
    }

    /// Appends a name to the path; gives the length that the path had.
    fn step_into(&mut self, name: &CStr) -> usize {
        let len = self.path.len();
        if len > 0 {
            self.path.push('/');
        }
        self.path.push_str(&decode_path(name.to_bytes()));
        len
    }

    /// Records one entry that is no directory; is it one after all? Not every file system names the kinds.
    fn entry(&mut self, dir: &OwnedFd, name: &CStr) -> bool {
        let stat = match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(error) => {
                self.unreadable(error);
                return false;
            }
        };
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => return true,
            FileType::RegularFile => Kind::File,
            FileType::Symlink => Kind::Symlink,
            FileType::CharacterDevice => Kind::CharDevice,
            FileType::BlockDevice => Kind::BlockDevice,
            FileType::Socket => Kind::Socket,
            _ => Kind::Fifo,
        };
        let target = if kind == Kind::Symlink {
            match readlinkat(dir, name, Vec::with_capacity(256)) {
                Ok(target) => Some(target),
                Err(error) => {
                    self.unreadable(error);
                    return false;
                }
            }
        } else {
            None
        };
        let target = target.as_ref().map(|target| decode_path(target.as_bytes()));
        if self.record(kind, &stat, target.as_deref()) && kind == Kind::File {
            let info = FileInfo { path: &self.path, size: size(&stat), mode: stat.st_mode & 0o7777 };
            if let Some(reader) = interest(&info) {
                let seen = (info.size, info.mode);
                self.wanted(dir, name, seen, reader);
            }
        }
        false
    }

    /// Adds what stands at the path to the index. Gives false when it does not fit.
    fn record(&mut self, kind: Kind, stat: &Stat, link: Option<&str>) -> bool {
        let pushed = self.index.push(&Entry {
            link,
            uid: stat.st_uid,
            gid: stat.st_gid,
            size: if kind == Kind::File { size(stat) } else { 0 },
            ..Entry::new(&self.path, kind, stat.st_mode & 0o7777)
        });
        if let Err(fault) = pushed {
            let path = self.path.as_str();
            self.problems.push(Problem::new(
                problems::LIMIT,
                path,
                Effect::MayHidePackages,
                fault.to_string(),
            ));
        }
        pushed.is_ok()
    }

    /// Records a directory that is not opened.
    fn record_closed(&mut self, parent: &OwnedFd, name: &CStr) {
        match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                self.record(Kind::Dir, &stat, None);
            }
            Err(error) => self.unreadable(error),
        }
    }

    /// Why this directory is left out without a look at it.
    fn left_out(&self, name: &CStr) -> Option<&'static str> {
        let by_path = match self.tree {
            Tree::RootFs => left_out(&self.path),
            Tree::Sources => (name.to_bytes() == b".git").then_some("version control"),
        };
        by_path.or_else(|| self.automounts.contains(&self.path).then_some(OTHER_FILE_SYSTEM))
    }

    fn wanted(&mut self, dir: &OwnedFd, name: &CStr, info: (u64, u32), reader: Reader) {
        // Without O_NONBLOCK a file that became a pipe since the stat would hold the walk for ever. Its state is not
        // asked for again: content is read by offset and no further than the size that was seen, which a pipe refuses.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let (size, mode) = info;
        match openat(dir, name, flags, Mode::empty()) {
            Ok(file) => (self.sink)(Wanted {
                path: self.path.clone(),
                mode,
                reader,
                content: (File::from(file), size),
            }),
            Err(error) => self.unreadable(error),
        }
    }

    /// Opens and reads the directory at the path. A directory is asked for its state once, when it is open: most of
    /// the walk's time is the kernel's, spent on finding names. Gives false when a limit ended the walk.
    fn enter(&mut self, parent: &OwnedFd, name: &CStr, depth: u32) -> bool {
        if let Some(reason) = self.left_out(name) {
            self.record_closed(parent, name);
            self.skipped.push(Skipped { path: self.path.clone(), reason: reason.into() });
            return true;
        }
        if depth >= MAX_DEPTH {
            self.record_closed(parent, name);
            self.limit(model::Exceeded { limit: model::Limit::Depth, allowed: u64::from(MAX_DEPTH) });
            return true;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened =
            openat(parent, name, flags, Mode::empty()).and_then(|dir| fstat(&dir).map(|stat| (dir, stat)));
        match opened {
            Ok((dir, stat)) => {
                if !self.record(Kind::Dir, &stat, None) {
                    true
                } else if stat.st_dev != self.device {
                    self.skipped.push(Skipped { path: self.path.clone(), reason: OTHER_FILE_SYSTEM.into() });
                    true
                } else {
                    self.directory(&dir, depth + 1)
                }
            }
            Err(error) => {
                self.record_closed(parent, name);
                self.unreadable(error);
                true
            }
        }
    }
}

const OTHER_FILE_SYSTEM: &str = "another file system";

/// Bytes of a regular file.
fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Places below `root` where a file system is mounted by whoever opens them, perhaps from a server that is away, as
/// paths of the index. Without /proc there is no list, and such a place is opened before it is left out.
fn automounts(root: &Path) -> Vec<String> {
    let (Ok(root), Ok(mounts)) = (root.canonicalize(), std::fs::read("/proc/self/mountinfo")) else {
        return Vec::new();
    };
    let places = mounts.split(|&byte| byte == b'\n').filter_map(automount);
    places
        .filter_map(|place| {
            let below = Path::new(OsStr::from_bytes(&place)).strip_prefix(&root).ok()?;
            Some(decode_path(below.as_os_str().as_bytes()).into_owned())
        })
        .collect()
}

/// The mount point in a line of proc_pid_mountinfo(5), where autofs is mounted there.
fn automount(line: &[u8]) -> Option<Vec<u8>> {
    let mut fields = line.split(|&byte| byte == b' ');
    let place = fields.nth(4)?;
    if fields.find(|field| *field == b"-").and(fields.next()) != Some(b"autofs") {
        return None;
    }
    // Blanks, line ends and backslashes are written as three octal digits.
    let mut plain = Vec::with_capacity(place.len());
    let mut rest = place;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'\\').then(|| after.get(..3)).flatten();
        let octal = escaped.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        plain.push(octal.unwrap_or(byte));
        rest = if octal.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    Some(plain)
}

/// Do these names of directories lie in the data root of a container engine, wherever it was moved? Docker has
/// `image/<driver>` and `containers` beside the driver's own folder, containerd folders named by plug-in, and what
/// Podman and CRI-O store begins with the driver's name.
fn is_container_data(children: &[CString]) -> bool {
    let has = |name: &[u8]| children.iter().any(|child| child.to_bytes() == name);
    let docker = || has(b"containers") && DRIVERS.iter().any(|driver| has(driver.as_bytes()));
    let storage = |layers: &[u8]| {
        layers.strip_suffix(b"-layers").is_some_and(|driver| {
            DRIVERS.iter().any(|known| known.as_bytes() == driver) && has(&[driver, b"-images"].concat())
        })
    };
    children.iter().any(|child| match child.to_bytes() {
        b"image" => docker(),
        b"io.containerd.content.v1.content" => has(b"io.containerd.metadata.v1.bolt"),
        name => storage(name),
    })
}

/// Storage drivers.
const DRIVERS: [&str; 6] = ["overlay", "overlay2", "btrfs", "zfs", "vfs", "fuse-overlayfs"];

#[cfg(test)]
mod tests;
