use super::{
    BLOCK, EXTENSION_MAX,
    header::{Header, NotHeader},
    pax::Pax,
};
use crate::{Kind, PathFault, clean_path, decode_path};

/// Name of a whiteout's prefix (OCI image specification, layer.md, "Whiteouts").
const WHITEOUT: &str = ".wh.";
/// Prefix of what AUFS keeps for itself, never part of an image; the opaque marker is the one that matters.
const AUFS: &str = ".wh..wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// Puts an entry together from its headers, extended ones first.
#[derive(Default)]
pub(crate) struct Assembler {
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    local: Pax,
    global: Pax,
    name: Vec<u8>,
    /// The entry's cleaned path; of markers the hidden one.
    pub(crate) path: String,
    /// The entry's link.
    pub(crate) link: String,
}

/// Which extended header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    LongName,
    LongLink,
    Local,
    Global,
}

/// What a block begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// The mark of the end.
    Zero,
    /// An extended header with this many bytes, to be handed to [`Assembler::extend`].
    Extension(Extension, u64),
    /// Something that stands for no file, with this many bytes.
    Other(u8, u64),
    /// An entry, its texts in the assembler.
    Entry(Assembled),
}

/// An entry without its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assembled {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Apparent size.
    pub(crate) size: u64,
    /// Bytes of content in the archive.
    pub(crate) stored: u64,
    /// The bytes in the archive are not the content but a map and parts of it.
    pub(crate) sparse: bool,
    /// Blocks with more of an old GNU sparse map follow.
    pub(crate) more_map: bool,
    /// Why the entry is dropped.
    pub(crate) fault: Option<Fault>,
}

/// Why an entry is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its path, or its hard link's target, leads out of the root.
    Escape,
    /// Its path holds NUL, or is the root but no directory.
    BadPath,
    /// The root itself, or a file system's own bookkeeping: nothing is lost.
    Nothing,
}

/// A block that is no header: what follows cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadHeader(pub(crate) &'static str);

impl Assembler {
    /// Takes a header block.
    pub(crate) fn head(&mut self, block: &[u8; BLOCK]) -> Result<Head, BadHeader> {
        let header = match Header::new(block) {
            Ok(header) => header,
            Err(NotHeader::Zero) => return Ok(Head::Zero),
            Err(NotHeader::Checksum) => return Err(BadHeader("its checksum is wrong")),
        };
        let size = header.size().ok_or(BadHeader("its size is no number"))?;
        let extension = match header.flag() {
            b'L' => Extension::LongName,
            b'K' => Extension::LongLink,
            b'x' | b'X' => Extension::Local,
            b'g' => Extension::Global,
            flag => return Ok(self.entry(&header, flag, size)),
        };
        if size > EXTENSION_MAX {
            return Err(BadHeader("an extended header larger than 1 MiB"));
        }
        Ok(Head::Extension(extension, size))
    }

    /// Takes the bytes of an extended header; `false` where they are malformed.
    pub(crate) fn extend(&mut self, extension: Extension, bytes: &[u8]) -> bool {
        let text =
            || bytes.split(|&byte| byte == 0).next().map(<[u8]>::to_vec).filter(|text| !text.is_empty());
        match extension {
            Extension::LongName => self.long_name = text(),
            Extension::LongLink => self.long_link = text(),
            Extension::Local => return self.local.read(bytes),
            Extension::Global => return self.global.read(bytes),
        }
        true
    }

    fn entry(&mut self, header: &Header<'_>, flag: u8, stored: u64) -> Head {
        let pax =
            |get: fn(&Pax) -> Option<u64>, local: &Pax, global: &Pax| get(local).or_else(|| get(global));
        let stored = pax(|pax| pax.size, &self.local, &self.global).unwrap_or(stored);
        let kind = match flag {
            b'0' | b'\0' | b'7' | b'S' => Kind::File,
            b'1' => Kind::Hardlink,
            b'2' => Kind::Symlink,
            b'3' => Kind::CharDevice,
            b'4' => Kind::BlockDevice,
            b'5' | b'D' => Kind::Dir,
            b'6' => Kind::Fifo,
            // POSIX: readers take the types they do not know for files; GNU's and Solaris' own are none.
            b'A' | b'E' | b'I' | b'M' | b'N' | b'V' => {
                self.forget();
                return Head::Other(flag, stored);
            }
            _ => Kind::File,
        };
        self.set_name(header);
        let directory = matches!(flag, b'0' | b'\0') && self.name.ends_with(b"/");
        let kind = if directory { Kind::Dir } else { kind };
        // Only files and GNU's dumped directories have content; other headers may state a size and mean nothing.
        let stored = if kind == Kind::File || flag == b'D' { stored } else { 0 };
        let (old_size, more_map) = if flag == b'S' { header.sparse() } else { (None, false) };
        let sparse = flag == b'S' || self.local.sparse;
        let apparent = old_size.or(self.local.sparse_size).filter(|_| sparse);
        let fault = self.set_path(kind).or_else(|| self.set_link(header, kind));
        let kind = self.marker(kind);
        let assembled = Assembled {
            kind: kind.unwrap_or(Kind::Whiteout),
            mode: header.mode(),
            uid: self.local.uid.or(self.global.uid).unwrap_or_else(|| header.uid()),
            gid: self.local.gid.or(self.global.gid).unwrap_or_else(|| header.gid()),
            size: if kind == Ok(Kind::File) { apparent.unwrap_or(stored) } else { 0 },
            stored,
            sparse,
            more_map,
            fault: fault.or(kind.err()),
        };
        self.forget();
        Head::Entry(assembled)
    }

    /// Extended headers hold for one entry.
    fn forget(&mut self) {
        self.long_name = None;
        self.long_link = None;
        if self.local != Pax::default() {
            self.local.clear();
        }
    }

    fn set_name(&mut self, header: &Header<'_>) {
        let extended = self
            .local
            .sparse_path
            .as_ref()
            .or(self.local.path.as_ref())
            .or(self.long_name.as_ref())
            .or(self.global.path.as_ref());
        self.name.clear();
        match extended {
            Some(name) => self.name.extend_from_slice(name),
            None => {
                let (prefix, name) = header.name();
                if !prefix.is_empty() {
                    self.name.extend_from_slice(prefix);
                    self.name.push(b'/');
                }
                self.name.extend_from_slice(name);
            }
        }
    }

    fn set_path(&mut self, kind: Kind) -> Option<Fault> {
        match clean_path(&self.name, &mut self.path) {
            Ok(()) => None,
            Err(PathFault::Root) if kind == Kind::Dir => Some(Fault::Nothing),
            Err(PathFault::Nul | PathFault::Root) => Some(Fault::BadPath),
            Err(PathFault::Escape) => Some(Fault::Escape),
        }
        .inspect(|_| self.path = decode_path(&self.name).into_owned())
    }

    fn set_link(&mut self, header: &Header<'_>, kind: Kind) -> Option<Fault> {
        self.link.clear();
        if !matches!(kind, Kind::Symlink | Kind::Hardlink) {
            return None;
        }
        let extended = self
            .local
            .link
            .as_ref()
            .or(self.long_link.as_ref())
            .or(self.global.link.as_ref())
            .map(Vec::as_slice);
        let link = extended.unwrap_or_else(|| header.link());
        if link.contains(&0) {
            return Some(Fault::BadPath);
        }
        if kind == Kind::Symlink {
            self.link.push_str(&decode_path(link));
            return None;
        }
        match clean_path(link, &mut self.link) {
            Ok(()) => None,
            Err(PathFault::Escape) => Some(Fault::Escape),
            Err(_) => Some(Fault::BadPath),
        }
    }

    /// Tells markers by their name, and makes the path that of what they hide.
    fn marker(&mut self, kind: Kind) -> Result<Kind, Fault> {
        let at = self.path.rfind('/').map_or(0, |slash| slash + 1);
        let name = self.path.get(at..).unwrap_or("");
        let Some(hidden) = name.strip_prefix(WHITEOUT) else { return Ok(kind) };
        if name == OPAQUE {
            // The marker of the root leaves an empty path.
            self.path.truncate(at.saturating_sub(1));
            return Ok(Kind::Opaque);
        }
        match hidden {
            _ if name.starts_with(AUFS) => Err(Fault::Nothing),
            "" | "." => Err(Fault::BadPath),
            ".." => Err(Fault::Escape),
            hidden => {
                let len = hidden.len();
                self.path.replace_range(at..self.path.len() - len, "");
                Ok(Kind::Whiteout)
            }
        }
    }
}
