use std::{
    io::{self, Read},
    time::{Duration, Instant},
};

use model::{Budget, Effect, Limits, Problem};
use sha2::{Digest, Sha256};

use super::*;
use crate::testing::{Keep, Tar, all, gzip, zstd};

fn read(bytes: &[u8]) -> (LayerRead, Vec<(String, Vec<u8>)>) {
    read_with(bytes, Limits::default())
}

fn read_with(bytes: &[u8], limits: Limits) -> (LayerRead, Vec<(String, Vec<u8>)>) {
    let mut keep = Keep::new(all);
    let read = read_layer(bytes, "layer 1", &mut keep, &Budget::new(limits));
    (read, keep.files)
}

fn sha256(bytes: &[u8]) -> model::Digest {
    model::Digest::from_bytes(Sha256::digest(bytes).into())
}

/// Code, subject, count and limit of each problem.
fn told(problems: &[Problem]) -> Vec<(&str, &str, u64, Option<u64>)> {
    problems.iter().map(|p| (p.code.as_str(), p.subject.as_str(), p.count, p.limit)).collect()
}

/// Bytes that do not compress.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

/// Gives a byte or two at a time.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.0.len().min(buf.len()).min(1 + self.0.len() % 2);
        let (now, later) = self.0.split_at(n);
        buf[..n].copy_from_slice(now);
        self.0 = later;
        Ok(n)
    }
}

fn sample() -> Vec<u8> {
    Tar::new()
        .dir("./etc/")
        .file("etc/os-release", b"ID=debian\n")
        .symlink("etc/mtab", "/proc/mounts")
        .file("usr/big", &noise(700_000))
        .hardlink("usr/link", "./usr/big")
        .entry(b"dev/null", b'3', b"", b"")
        .file("etc/.wh.gone", b"")
        .file("srv/.wh..wh..opq", b"")
        .file("empty", b"")
        .end()
}

#[test]
fn a_layer_reads_the_same_plain_gzipped_and_zstandard_and_in_any_pieces() {
    let tar = sample();
    let (plain, files) = read(&tar);
    assert_eq!(plain.problems, []);
    assert_eq!(plain.blob.map(|d| d.0), Some(sha256(&tar)));
    assert_eq!(plain.diff_id.map(|d| d.0), Some(sha256(&tar)));
    let names: Vec<&str> = files.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(names, ["etc/os-release", "usr/big", "empty"]);
    assert_eq!(files[1].1, noise(700_000));
    let kinds: Vec<(&str, Kind)> = plain.index.iter().map(|e| (e.path, e.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("etc", Kind::Dir),
            ("etc/os-release", Kind::File),
            ("etc/mtab", Kind::Symlink),
            ("usr/big", Kind::File),
            ("usr/link", Kind::Hardlink),
            ("dev/null", Kind::CharDevice),
            ("etc/gone", Kind::Whiteout),
            ("srv", Kind::Opaque),
            ("empty", Kind::File),
        ]
    );
    let entry = plain.index.get("etc/os-release").unwrap();
    assert_eq!((entry.size, entry.mode, entry.uid, entry.gid), (10, 0o755, 1, 2));

    let (first, second) = tar.split_at(tar.len() / 3);
    let members = [gzip(first), gzip(b""), gzip(second)].concat();
    let frames = [zstd(first), vec![0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3], zstd(second)].concat();
    for (blob, compression) in [
        (gzip(&tar), Compression::Gzip),
        (members, Compression::Gzip),
        (zstd(&tar), Compression::Zstd),
        (frames, Compression::Zstd),
        (tar.clone(), Compression::None),
    ] {
        let mut keep = Keep::new(all);
        let drip = read_layer(Drip(&blob), "layer 1", &mut keep, &Budget::default());
        assert_eq!(drip.problems, []);
        let (whole, whole_files) = read(&blob);
        assert_eq!(drip, whole);
        assert_eq!((&keep.files, &whole_files), (&files, &files));
        assert_eq!(whole.compression, compression);
        assert_eq!(whole.index, plain.index);
        assert_eq!(whole.diff_id, plain.diff_id);
        assert_eq!((whole.blob_len, whole.tar_len), (blob.len() as u64, tar.len() as u64));
        assert_eq!(whole.blob.map(|d| d.0), Some(sha256(&blob)));
    }
}

#[test]
fn a_file_comes_whole_from_memory_or_a_temporary_file() {
    let large = noise(MEMORY_MAX as usize + 1);
    let exact = noise(MEMORY_MAX as usize);
    let tar = Tar::new().file("large", &large).file("exact", &exact).file("small", b"x").end();
    let mut seen = Vec::new();
    struct Kinds<'a>(&'a mut Vec<(String, bool, u64)>);
    impl Select for Kinds<'_> {
        fn wants(&mut self, _: &Entry<'_>) -> Want {
            Want::Read { max: u64::MAX }
        }
        fn file(&mut self, entry: &Entry<'_>, content: Content<'_>) {
            self.0.push((entry.path.to_owned(), content.as_memory().is_some(), content.len()));
        }
    }
    let read_layer = read_layer(&gzip(&tar)[..], "layer 1", &mut Kinds(&mut seen), &Budget::default());
    assert_eq!(read_layer.problems, []);
    let wanted = [("large", false, MEMORY_MAX + 1), ("exact", true, MEMORY_MAX), ("small", true, 1)]
        .map(|(a, b, c)| (a.to_owned(), b, c));
    assert_eq!(seen, wanted);
    let (_, files) = read(&tar);
    assert!(files[0].1 == large && files[1].1 == exact);
}

#[test]
fn of_a_tar_in_a_file_content_comes_from_where_it_lies() {
    let elf = [b"\x7fELF".to_vec(), noise(600_000)].concat();
    let tar = Tar::new().file("small", b"\x7fELF").file("elf", &elf).file("last", &elf).end();
    let before = noise(777);
    // Cut inside the last file: what is not in the layer's part of the file is never handed over.
    for (blob, cut) in [(tar.clone(), 0), (gzip(&tar), 0), (tar.clone(), 300_000)] {
        for want in [Want::Read { max: u64::MAX }, Want::Peek(4), Want::Peek(64 << 10)] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&[before.as_slice(), &blob, b"what follows"].concat()).unwrap();
            let len = blob.len() - cut;
            let place = FilePart { file: &file, offset: before.len() as u64, len: len as u64 };
            let mut keep = Keep::new(|_: &Entry<'_>| want);
            let hints = Hints { place: Some(place), ..Hints::default() };
            let read = read_layer_of(&blob[..len], hints, "layer 1", &mut keep, &Budget::default());
            let codes: Vec<&str> = read.problems.iter().map(|problem| problem.code.as_str()).collect();
            assert_eq!(codes, if cut == 0 { vec![] } else { vec!["archive.truncated"] });
            let whole = if cut == 0 { 3 } else { 2 };
            assert_eq!(keep.files.len(), whole);
            assert!(keep.files.iter().skip(1).all(|(_, content)| *content == elf));
        }
    }
}

#[test]
fn a_digest_made_beside_is_the_same_whole_and_cut() {
    let tar = Tar::new().file("a", &noise(3_000_000)).file("b", &[7; 3_000_000]).end();
    for blob in [tar.clone(), gzip(&tar), zstd(&tar)] {
        for blob in [&blob[..], &blob[..blob.len() - 100]] {
            let [here, beside] = [false, true].map(|hash_beside| {
                let hints = Hints { hash_beside, ..Hints::default() };
                let mut keep = Keep::new(all);
                let read = read_layer_of(blob, hints, "layer 1", &mut keep, &Budget::default());
                (read, keep.files)
            });
            assert!(here == beside);
        }
    }
}

#[test]
fn first_bytes_decide_and_nothing_of_them_is_lost() {
    let elf = [b"\x7fELF".to_vec(), noise(600_000)].concat();
    let tar = Tar::new()
        .file("not", &noise(600_000))
        .file("elf", &elf)
        .file("tiny", b"\x7f")
        .file("empty", b"")
        .file("small-elf", b"\x7fELF")
        .end();
    for peek in [4, 1000, 1 << 20] {
        for blob in [tar.clone(), gzip(&tar)] {
            let mut keep = Keep::new(|_: &Entry<'_>| Want::Peek(peek));
            let read = read_layer(&blob[..], "layer 1", &mut keep, &Budget::default());
            assert_eq!(read.problems, []);
            assert_eq!(read.diff_id.map(|d| d.0), Some(sha256(&tar)));
            let names: Vec<&str> = keep.files.iter().map(|f| f.0.as_str()).collect();
            assert_eq!(names, ["elf", "small-elf"]);
            assert!(keep.files[0].1 == elf);
        }
    }
}

#[test]
fn names_and_sizes_come_from_gnu_and_pax_headers() {
    let long = format!("{}/name", "d".repeat(150));
    let target = format!("{}/target", "t".repeat(150));
    let mut prefixed = Tar::header(b"name", b'0', 1, b"");
    prefixed[345..350].copy_from_slice(b"some/");
    Tar::sum(&mut prefixed);
    let mut base256 = Tar::header(b"base256", b'0', 0, b"");
    base256[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x02");
    base256[108..116].copy_from_slice(b"\x80\0\0\0\0\x0f\x42\x40");
    Tar::sum(&mut base256);
    let tar = Tar::new()
        .entry(b"././@LongLink", b'L', b"", &[long.as_bytes(), b"\0"].concat())
        .entry(b"././@LongLink", b'K', b"", &[target.as_bytes(), b"\0"].concat())
        .entry(&long.as_bytes()[..100], b'2', &target.as_bytes()[..100], b"")
        .raw(&prefixed)
        .raw(&[b'p'; 512])
        .pax(b'x', &[("path", b"pax/\xc3\xa9/name"), ("size", b"3"), ("uid", b"3000000"), ("mtime", b"1.5")])
        .raw(&Tar::header(b"short", b'0', 0, b""))
        .raw(&[b'a'; 512])
        .pax(b'x', &[("linkpath", target.as_bytes())])
        .symlink("pax-link", "short")
        .raw(&base256)
        .raw(&[b'b'; 512])
        .pax(b'g', &[("gid", b"77"), ("comment", b"for all that follow")])
        .file("global", b"")
        .pax(b'x', &[("gid", b"78")])
        .file("local", b"")
        .file("old-directory/", b"")
        .entry(b"latin-\xe9", b'0', b"", b"")
        .entry(b"volume", b'V', b"", b"")
        .entry(b"fifo", b'6', b"", b"")
        .end();
    let (read, files) = read(&tar);
    let links: Vec<_> =
        read.index.iter().filter_map(|e| Some((e.path.to_owned(), e.link?.to_owned()))).collect();
    assert_eq!(links, [(long, target.clone()), ("pax-link".to_owned(), target)]);
    let sizes: Vec<(&str, &[u8])> = files.iter().map(|f| (f.0.as_str(), f.1.as_slice())).collect();
    assert_eq!(sizes[..3], [("some/name", &b"p"[..]), ("pax/é/name", b"aaa"), ("base256", b"bb")]);
    let of = |path: &str| read.index.get(path).map(|e| (e.kind, e.uid, e.gid)).unwrap();
    assert_eq!(of("pax/é/name"), (Kind::File, 3_000_000, 2));
    assert_eq!(of("base256"), (Kind::File, 1_000_000, 2));
    assert_eq!((of("global"), of("local")), ((Kind::File, 1, 77), (Kind::File, 1, 78)));
    assert_eq!((of("old-directory"), of("fifo")), ((Kind::Dir, 1, 77), (Kind::Fifo, 1, 77)));
    assert_eq!(of("latin-\u{10ffe9}"), (Kind::File, 1, 77));
    assert_eq!(told(&read.problems), [("archive.unknown-entry", "layer 1", 1, None)]);
    assert_eq!(read.problems[0].effect, Effect::None);
}

#[test]
fn both_kinds_of_sparse_files_stay_in_the_index_and_are_told_where_wanted() {
    let mut old = Tar::header(b"old", b'S', 512, b"");
    old[257..265].copy_from_slice(b"ustar  \0");
    old[482] = 1;
    old[483..495].copy_from_slice(b"00000010000\0");
    Tar::sum(&mut old);
    let mut map = [0; 512];
    map[504] = 1;
    let tar = Tar::new()
        .raw(&old)
        .raw(&map)
        .raw(&[0; 512])
        .raw(&[b's'; 512])
        .pax(
            b'x',
            &[("GNU.sparse.major", b"1"), ("GNU.sparse.name", b"new"), ("GNU.sparse.realsize", b"9000")],
        )
        .file("GNUSparseFile.0/new", &[b'n'; 700])
        .file("after", b"seen")
        .end();
    let (read, files) = read(&tar);
    let sizes: Vec<(&str, u64)> = read.index.iter().map(|e| (e.path, e.size)).collect();
    assert_eq!(sizes, [("old", 4096), ("new", 9000), ("after", 4)]);
    assert_eq!(files, [("after".to_owned(), b"seen".to_vec())]);
    assert_eq!(
        told(&read.problems),
        [("archive.sparse", "old", 1, None), ("archive.sparse", "new", 1, None)]
    );
    let unwanted = read_layer(&tar[..], "layer 1", &mut SkipAll, &Budget::default());
    assert_eq!(unwanted.problems, []);
    assert_eq!(unwanted.index, read.index);
}

#[test]
fn entries_that_lead_out_of_the_root_are_dropped_and_counted() {
    let tar = Tar::new()
        .file("/etc/passwd", b"stripped")
        .file("../evil", b"")
        .file("../evil", b"")
        .file("a/../../evil", b"")
        .hardlink("hard", "../../etc/shadow")
        .symlink("soft", "../../etc/shadow")
        .file("d/.wh...", b"")
        .file("d/.wh.", b"")
        .file("d/.wh..wh.plnk", b"")
        .pax(b'x', &[("path", b"nul\0byte")])
        .file("x", b"")
        .file("./", b"")
        .dir("./")
        .entry(b".", b'2', b"/", b"")
        .end();
    let (read, files) = read(&tar);
    let paths: Vec<&str> = read.index.iter().map(|e| e.path).collect();
    assert_eq!(paths, ["etc/passwd", "soft"]);
    assert_eq!(files.len(), 1);
    assert_eq!(
        told(&read.problems),
        [
            ("archive.path-escape", "../evil", 2, None),
            ("archive.path-escape", "a/../../evil", 1, None),
            ("archive.path-escape", "hard", 1, None),
            ("archive.path-escape", "d/.wh...", 1, None),
            ("archive.bad-path", "d/.wh.", 1, None),
            ("archive.bad-path", "nul\0byte", 1, None),
            ("archive.bad-path", ".", 1, None),
        ]
    );
    assert!(read.problems.iter().all(|p| p.effect == Effect::MayHidePackages));
}

#[test]
fn devices_are_indexed_and_never_read() {
    let tar = Tar::new()
        .raw(&Tar::header(b"dev/sda", b'4', 1 << 32, b""))
        .raw(&Tar::header(b"dev/tty", b'3', 99, b""))
        .raw(&Tar::header(b"pipe", b'6', 99, b""))
        .raw(&Tar::header(b"dir", b'5', 99, b""))
        .file("after", b"seen")
        .end();
    let (read, files) = read(&tar);
    assert_eq!(read.problems, []);
    assert_eq!(files.len(), 1);
    let kinds: Vec<Kind> = read.index.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [Kind::BlockDevice, Kind::CharDevice, Kind::Fifo, Kind::Dir, Kind::File]);
    assert!(read.index.iter().take(4).all(|e| e.size == 0));
}

#[test]
fn the_end_of_an_archive_may_be_missing_but_not_its_content() {
    let tar = Tar::new().file("a", &[b'a'; 600]).file("b", b"b");
    let whole = tar.0;
    // Without the end blocks, without the last padding, with one end block, with half an end block.
    let mut half = whole.clone();
    half.extend_from_slice(&[0; 700]);
    for (good, files_in) in [(&whole[..], 2), (&whole[..whole.len() - 511], 2), (&half[..], 2)] {
        let (read, files) = read(good);
        assert_eq!((read.problems.len(), files.len()), (0, files_in));
        assert!(read.diff_id.is_some());
    }
    // Inside a header, right after one, inside content; and inside the padding and between entries, where all is well.
    for (cut, lost) in
        [(1, true), (511, true), (512, true), (1000, true), (1111, true), (1112, false), (1536, false)]
    {
        let (read, _) = read(&whole[..cut]);
        let told: Vec<&str> = told(&read.problems).iter().map(|p| p.0).collect();
        assert_eq!(told, if lost { vec!["archive.truncated"] } else { vec![] }, "{cut}");
    }
    // Trailing bytes are counted; a lone zero block is gone over, as GNU tar does.
    let trailing = [&whole[..], &[0; 1024], b"xyz"].concat();
    let (read_trailing, _) = read(&trailing);
    assert_eq!(told(&read_trailing.problems), [("archive.trailing-data", "layer 1", 3, None)]);
    assert_eq!(read_trailing.diff_id.map(|d| d.0), Some(sha256(&trailing)));
    let gz = [gzip(&whole), b"\0\0garbage".to_vec()].concat();
    let (read_gz, files) = read(&gz);
    assert_eq!(told(&read_gz.problems), [("archive.trailing-data", "layer 1", 7, None)]);
    assert_eq!((read_gz.blob.map(|d| d.0), files.len()), (Some(sha256(&gz)), 2));
    let lone = [&[0; 512], &whole[..]].concat();
    assert_eq!(read(&lone).1.len(), 2);
}

#[test]
fn a_bad_header_stops_the_entries_and_not_the_digests() {
    let mut tar = Tar::new().file("a", b"a").file("b", b"b").file("c", b"c").end();
    tar[1024 + 10] ^= 1;
    for blob in [tar.clone(), gzip(&tar), zstd(&tar)] {
        let (read, files) = read(&blob);
        assert_eq!(files.len(), 1);
        assert_eq!(
            told(&read.problems),
            [
                ("archive.bad-header", "layer 1", 1, None),
                ("archive.trailing-data", "layer 1", read.problems[1].count, None)
            ]
        );
        assert!(read.problems[0].message.contains("at byte 1024"), "{}", read.problems[0].message);
        assert_eq!(read.problems[0].effect, Effect::MayHidePackages);
        assert_eq!(read.diff_id.map(|d| d.0), Some(sha256(&tar)));
        assert_eq!(read.blob.map(|d| d.0), Some(sha256(&blob)));
    }
    // What is no tar at all, and sizes that are no numbers.
    let (html, _) = read(b"<html>not found</html>");
    assert_eq!(told(&html.problems)[0].0, "archive.truncated");
    let (html, _) = read(&[b'<'; 2000]);
    assert_eq!(told(&html.problems)[0].0, "archive.bad-header");
    let mut header = Tar::header(b"a", b'0', 0, b"");
    header[124..136].copy_from_slice(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    Tar::sum(&mut header);
    let (negative, _) = read(&header);
    assert!(negative.problems[0].message.contains("its size is no number"));
    let huge = Tar::header(b"x", b'x', (1 << 20) + 1, b"");
    assert!(read(&huge).0.problems[0].message.contains("larger than 1 MiB"));
    let (none, _) = read(b"");
    assert_eq!(told(&none.problems), [("archive.truncated", "layer 1", 1, None)]);
}

#[test]
fn malformed_extensions_leave_the_plain_name() {
    let tar = Tar::new().entry(b"pax", b'x', b"", b"99 path=lies\n").file("plain", b"a").end();
    let (read, files) = read(&tar);
    assert_eq!(told(&read.problems), [("archive.bad-extension", "layer 1", 1, None)]);
    assert_eq!(files[0].0, "plain");
}

#[test]
fn known_compressions_that_are_not_read_are_named() {
    for (magic, name) in
        [(&b"\xfd7zXZ\0rest"[..], "xz"), (b"BZh91AY&SY", "bzip2"), (b"\x04\x22\x4d\x18rest", "lz4")]
    {
        let (read, _) = read(magic);
        assert_eq!(told(&read.problems), [("archive.unsupported-compression", "layer 1", 1, None)]);
        assert!(read.problems[0].message.contains(name));
        assert_eq!((read.blob.map(|d| d.0), read.diff_id), (Some(sha256(magic)), None));
    }
}

/// A source that fails after its bytes.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(io::Error::other("connection reset")),
            n => Ok(n),
        }
    }
}

#[test]
fn a_source_that_fails_keeps_what_came_before() {
    let tar = Tar::new().file("a", b"a").file("b", &noise(900_000)).end();
    let mut keep = Keep::new(all);
    let read = read_layer(Failing(&tar[..600_000]), "layer 1", &mut keep, &Budget::default());
    assert_eq!(told(&read.problems), [("archive.read-failed", "layer 1", 1, None)]);
    assert!(read.problems[0].message.contains("in b: reading failed: connection reset"));
    assert_eq!((read.blob, read.diff_id), (None, None));
    assert_eq!((read.index.len(), keep.files.len()), (2, 1));
}

// ── Limits ──

#[test]
fn limit_of_bytes() {
    let tar = Tar::new().file("a", b"a").file("b", &noise(3_000_000)).file("c", b"c").end();
    for blob in [tar.clone(), gzip(&tar), zstd(&tar)] {
        let (read, files) = read_with(&blob, Limits { bytes: 1_000_000, ..Limits::default() });
        assert_eq!(told(&read.problems), [("archive.too-many-bytes", "layer 1", 1, Some(1_000_000))]);
        assert_eq!(read.problems[0].effect, Effect::MayHidePackages);
        assert_eq!((files.len(), read.index.len(), read.diff_id), (1, 2, None));
        assert!(read.tar_len < 2_000_000);
    }
}

#[test]
fn limit_of_entries() {
    let tar = (0..100).fold(Tar::new(), |tar, i| tar.file(&format!("f{i}"), b"x")).end();
    let (read, files) = read_with(&tar, Limits { entries: 10, ..Limits::default() });
    assert_eq!(told(&read.problems), [("archive.too-many-entries", "layer 1", 1, Some(10))]);
    assert_eq!((files.len(), read.index.len()), (10, 10));
}

#[test]
fn limit_of_expansion_stops_a_bomb_and_not_a_small_file_of_zeros() {
    let small = Tar::new().file("zeros", &vec![0; 900_000]).end();
    let strict = Limits { ratio: 100, ..Limits::default() };
    assert_eq!(read_with(&gzip(&small), strict.clone()).0.problems, []);
    let bomb = Tar::new().file("first", b"kept").file("zeros", &vec![0; 50 << 20]).end();
    for (blob, limits) in [(gzip(&bomb), strict), (zstd(&bomb), Limits::default())] {
        let allowed = limits.ratio;
        let (read, files) = read_with(&blob, limits);
        assert_eq!(told(&read.problems), [("archive.expansion-ratio", "layer 1", 1, Some(allowed))]);
        assert_eq!((files.len(), read.diff_id), (1, None));
        assert!(read.tar_len < 2 << 20, "stopped after {} bytes", read.tar_len);
    }
}

#[test]
fn limit_of_path_length() {
    let long = "p".repeat(300);
    let tar = Tar::new()
        .pax(b'x', &[("path", long.as_bytes())])
        .file("x", b"dropped")
        .pax(b'x', &[("linkpath", long.as_bytes())])
        .symlink("link", "x")
        .pax(b'x', &[("path", &[b'q'; 70_000])])
        .file("x", b"dropped")
        .file("short", b"kept")
        .end();
    let (read, files) = read_with(&tar, Limits { path_len: 256, ..Limits::default() });
    let cut = format!("{}…", "p".repeat(256));
    let cut_q = format!("{}…", "q".repeat(256));
    assert_eq!(
        told(&read.problems),
        [
            ("archive.path-too-long", cut.as_str(), 1, Some(256)),
            ("archive.path-too-long", "link", 1, Some(256)),
            ("archive.path-too-long", cut_q.as_str(), 1, Some(256)),
        ]
    );
    assert_eq!(files, [("short".to_owned(), b"kept".to_vec())]);
    // Past what an index holds, whatever the limit.
    let (wide, _) = read_with(&tar, Limits { path_len: 1 << 30, ..Limits::default() });
    assert_eq!(told(&wide.problems), [("archive.path-too-long", cut_q.as_str(), 1, Some(65_535))]);
}

#[test]
fn limit_of_one_file() {
    let tar = Tar::new().file("big", &noise(5000)).file("small", b"x").end();
    let mut keep = Keep::new(|_: &Entry<'_>| Want::Read { max: 4999 });
    let read = read_layer(&tar[..], "layer 1", &mut keep, &Budget::default());
    assert_eq!(told(&read.problems), [("archive.file-too-large", "big", 1, Some(4999))]);
    assert_eq!(read.problems[0].effect, Effect::MayHidePackages);
    assert_eq!(keep.files.len(), 1);
}

#[test]
fn limit_of_time() {
    let tar = Tar::new().file("a", &noise(1000)).end();
    let budget = Budget::new(Limits { time: Duration::ZERO, ..Limits::default() });
    std::thread::sleep(Duration::from_millis(2));
    for blob in [tar.clone(), gzip(&tar)] {
        let read = read_layer(&blob[..], "layer 1", &mut SkipAll, &budget);
        assert_eq!(told(&read.problems), [("archive.time", "layer 1", 1, Some(0))]);
        assert_eq!(read.diff_id, None);
    }
}

// ── Hostile bytes ──

#[test]
fn every_flipped_byte_of_a_layer_is_a_problem_or_a_digest_that_differs() {
    let tar = Tar::new()
        .dir("etc")
        .file("etc/os-release", b"ID=debian\n")
        .pax(b'x', &[("path", b"long")])
        .file("x", b"y")
        .symlink("l", "etc")
        .end();
    let good = read(&tar).0;
    for blob in [gzip(&tar), zstd(&tar), tar.clone()] {
        let whole = sha256(&blob);
        for at in 0..blob.len() {
            for flip in [1, 0x80, 0xff] {
                let mut wrong = blob.clone();
                wrong[at] ^= flip;
                let (read, _) = read(&wrong);
                if let Some(blob) = read.blob {
                    assert_ne!(blob.0, whole);
                    assert_eq!(blob.0, sha256(&wrong));
                }
                // A changed tar is never taken for the good one.
                if read.index != good.index && read.problems.is_empty() {
                    assert_ne!(read.diff_id, good.diff_id, "byte {at}");
                }
            }
        }
    }
}

#[test]
fn every_truncation_of_a_compressed_layer_is_told() {
    let tar = Tar::new().file("etc/os-release", b"ID=debian\n").file("b", &noise(3000)).end();
    for blob in [gzip(&tar), zstd(&tar)] {
        for len in 0..blob.len() {
            let (read, _) = read(&blob[..len]);
            assert!(!read.problems.is_empty(), "{len} of {}", blob.len());
            assert_eq!(read.diff_id.filter(|_| len > 4), None);
        }
    }
}

#[test]
fn a_million_entries_are_read_and_merged_in_seconds() {
    let mut tar = Vec::with_capacity(520 << 20);
    for i in 0..1_000_000u32 {
        tar.extend_from_slice(&Tar::header(
            format!("d{}/e{}/f{i}", i / 10_000, i / 100).as_bytes(),
            b'0',
            0,
            b"",
        ));
    }
    let start = Instant::now();
    let read = read_layer(&tar[..], "layer 1", &mut SkipAll, &Budget::default());
    assert_eq!((read.index.len(), read.problems.len()), (1_000_000, 0));
    let (tree, problems) = crate::merge(&[std::sync::Arc::new(read.index)], &Budget::default());
    assert_eq!((tree.len(), problems.len()), (1_000_000 + 10_000 + 100, 0));
    assert!(tree.get("d99/e9999/f999999").is_some());
    // Takes about two seconds, half of it hashing; a loaded machine may need several times that.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

// ── Hard links ──

#[test]
fn hard_links_to_unread_names_are_read_in_a_second_pass() {
    let tar = Tar::new()
        .file("store/aa", b"content")
        .file("store/bb", b"\x7fELF")
        .hardlink("app/package.json", "store/aa")
        .hardlink("app/again/package.json", "app/package.json")
        .hardlink("bin/elf", "./store/bb")
        .hardlink("app/lower/package.json", "not/here")
        .file("own/package.json", b"own")
        .hardlink("copy/package.json", "own/package.json")
        .end();
    let want = |entry: &Entry<'_>| {
        if entry.path.ends_with("package.json") {
            Want::Read { max: 100 }
        } else if entry.path.starts_with("bin/") {
            Want::Peek(4)
        } else {
            Want::Skip
        }
    };
    let mut keep = Keep::new(want);
    let read = read_layer(&gzip(&tar)[..], "layer 1", &mut keep, &Budget::default());
    assert_eq!(read.problems, []);
    assert_eq!(keep.files, [("own/package.json".to_owned(), b"own".to_vec())]);
    let links: Vec<_> = read.links.iter().map(|l| (l.name.0, l.target.map(|t| t.0), l.read)).collect();
    assert_eq!(
        links,
        [(2, Some(0), false), (3, Some(0), false), (4, Some(1), false), (5, None, false), (7, Some(6), true)]
    );
    keep.files.clear();
    let problems =
        read_linked(&gzip(&tar)[..], "layer 1", &read.index, &read.links, &mut keep, &Budget::default());
    assert_eq!(problems, []);
    let mut names: Vec<(&str, &[u8])> = keep.files.iter().map(|f| (f.0.as_str(), f.1.as_slice())).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            ("app/again/package.json", &b"content"[..]),
            ("app/package.json", b"content"),
            ("bin/elf", b"\x7fELF"),
            ("copy/package.json", b"own"),
        ]
    );
}

#[test]
fn a_link_whose_reader_takes_less_than_that_of_another_is_told_of() {
    let tar =
        Tar::new().file("data", &[b'x'; 1000]).hardlink("large", "data").hardlink("small", "data").end();
    let mut keep = Keep::new(|entry: &Entry<'_>| match entry.path {
        "large" => Want::Read { max: 1000 },
        "small" => Want::Read { max: 999 },
        _ => Want::Skip,
    });
    let read = read_layer(&tar[..], "layer 1", &mut keep, &Budget::default());
    let problems = read_linked(&tar[..], "layer 1", &read.index, &read.links, &mut keep, &Budget::default());
    let names: Vec<&str> = keep.files.iter().map(|file| file.0.as_str()).collect();
    assert_eq!(names, ["large"]);
    let [problem] = &problems[..] else { panic!("one problem: {problems:?}") };
    assert_eq!((problem.code.as_str(), problem.subject.as_str()), ("archive.file-too-large", "small"));
    assert_eq!((problem.limit, problem.count), (Some(999), 1));
}

#[test]
fn of_a_path_that_occurs_twice_the_last_counts() {
    let tar = Tar::new().file("a", b"old").file("b", b"b").file("a", b"new").end();
    let (read, files) = read(&tar);
    assert_eq!(files.len(), 3);
    assert_eq!(read.index.get("a").map(|e| e.id), Some(EntryId(2)));
    assert!(!read.index.is_live(EntryId(0)));
}
