//! The codes of the problems that this crate reports.

use model::ProblemCode;

/// The source of the bytes failed (disk, network); what came before is kept.
pub const READ_FAILED: ProblemCode = ProblemCode::new("archive.read-failed");
/// The stream ends inside a header, an entry or a compressed block.
pub const TRUNCATED: ProblemCode = ProblemCode::new("archive.truncated");
/// The compressed data contradicts itself (bad block, wrong checksum).
pub const CORRUPT: ProblemCode = ProblemCode::new("archive.corrupt");
/// A compression that is recognised but not read, such as xz or bzip2.
pub const COMPRESSION: ProblemCode = ProblemCode::new("archive.unsupported-compression");
/// A tar header whose checksum or size is wrong: entries after it cannot be found.
pub const BAD_HEADER: ProblemCode = ProblemCode::new("archive.bad-header");
/// An extended header that cannot be read; the entry keeps the plain header's values.
pub const BAD_EXTENSION: ProblemCode = ProblemCode::new("archive.bad-extension");
/// Bytes after the end of the archive that are not padding.
pub const TRAILING_DATA: ProblemCode = ProblemCode::new("archive.trailing-data");
/// An entry of a kind that stands for no file, such as a volume label.
pub const UNKNOWN_ENTRY: ProblemCode = ProblemCode::new("archive.unknown-entry");
/// A path or hard link that leads out of the root; the entry is dropped.
pub const PATH_ESCAPE: ProblemCode = ProblemCode::new("archive.path-escape");
/// A path that no file system holds (NUL byte, empty, a file named like the root); the entry is dropped.
pub const BAD_PATH: ProblemCode = ProblemCode::new("archive.bad-path");
/// The limit on the length of a path was met; the entry is dropped.
pub const PATH_TOO_LONG: ProblemCode = ProblemCode::new("archive.path-too-long");
/// The limit on bytes was met; the rest of the layer was not read.
pub const TOO_MANY_BYTES: ProblemCode = ProblemCode::new("archive.too-many-bytes");
/// The limit on entries was met; the rest of the layer was not read.
pub const TOO_MANY_ENTRIES: ProblemCode = ProblemCode::new("archive.too-many-entries");
/// The limit on the expansion ratio was met: a decompression bomb; the rest of the layer was not read.
pub const EXPANSION: ProblemCode = ProblemCode::new("archive.expansion-ratio");
/// The limit on time was met; the rest was not read.
pub const TIME: ProblemCode = ProblemCode::new("archive.time");
/// The limit on nesting was met.
pub const NESTING: ProblemCode = ProblemCode::new("archive.nesting");
/// A wanted file is larger than what may be held of one file; it was not read.
pub const FILE_TOO_LARGE: ProblemCode = ProblemCode::new("archive.file-too-large");
/// A wanted file is stored sparse; its content was not read.
pub const SPARSE: ProblemCode = ProblemCode::new("archive.sparse");
/// A temporary file for a large entry could not be made or written.
pub const TEMPORARY_FILE: ProblemCode = ProblemCode::new("archive.temporary-file");
/// Symbolic links that lead in a circle stand above an entry; the entry was kept where it was written.
pub const LINK_LOOP: ProblemCode = ProblemCode::new("archive.link-loop");
/// A hard link to a name that is in no layer below it.
pub const DANGLING_LINK: ProblemCode = ProblemCode::new("archive.dangling-hard-link");

/// The code for a met limit.
#[must_use]
pub(crate) fn of_limit(limit: model::Limit) -> ProblemCode {
    match limit {
        model::Limit::Bytes => TOO_MANY_BYTES,
        model::Limit::Entries => TOO_MANY_ENTRIES,
        model::Limit::Ratio => EXPANSION,
        model::Limit::PathLength => PATH_TOO_LONG,
        model::Limit::Depth => NESTING,
        model::Limit::FileBytes => FILE_TOO_LARGE,
        model::Limit::Time => TIME,
    }
}
