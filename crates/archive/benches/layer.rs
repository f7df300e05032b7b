//! Indexing a layer, plain and gzip, and merging it under another: 20,000 files of 0 to 16 KiB.
#![expect(clippy::unwrap_used, reason = "a benchmark may end")]

use std::{hint::black_box, io::Write as _, sync::Arc};

use archive::{SkipAll, merge, read_layer};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model::Budget;

/// A ustar archive (POSIX.1-2017 pax, "ustar Interchange Format"). Contents are words, so that they compress.
fn tar(files: u32) -> Vec<u8> {
    let words = b"the quick brown fox jumps over a lazy dog in every layer; ".repeat(400);
    let mut tar = Vec::new();
    for number in 0..files {
        let name = format!("usr/share/package-{}/folder-{}/file-{number}", number % 300, number % 7);
        let len = (number as usize * 7919) % (16 << 10);
        let mut header = [0_u8; 512];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, &name);
        put(100, "0000644");
        put(108, "0000000");
        put(116, "0000000");
        put(124, &format!("{len:011o}"));
        put(136, "14524650000");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend(words.iter().skip(number as usize % 97).take(len));
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn layer(criterion: &mut Criterion) {
    let plain = tar(20_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain).unwrap();
    let gzip = gzip.finish().unwrap();
    let read = |blob: &[u8]| read_layer(blob, "layer", &mut SkipAll, &Budget::default());
    let index = Arc::new(read(&plain).index);
    assert_eq!((index.len(), read(&gzip).index.len()), (20_000, 20_000));

    let mut group = criterion.benchmark_group("archive");
    group.sample_size(20).throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("index a plain layer", |bencher| bencher.iter(|| read(black_box(&plain))));
    group.bench_function("index a gzip layer", |bencher| bencher.iter(|| read(black_box(&gzip))));
    group.throughput(Throughput::Elements(40_000));
    let layers = [Arc::clone(&index), index];
    group.bench_function("merge two layers", |bencher| {
        bencher.iter(|| merge(black_box(&layers), &Budget::default()));
    });
    group.finish();
}

criterion_group!(benches, layer);
criterion_main!(benches);
