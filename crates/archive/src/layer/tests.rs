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
