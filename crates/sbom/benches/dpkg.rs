//! Reading one dpkg status of 400 packages.
#![expect(clippy::unwrap_used, reason = "a benchmark may end")]

use std::{fmt::Write as _, hint::black_box};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model::{Budget, Problems};
use sbom::{FileInfo, extract, interest};

fn status() -> String {
    let mut text = String::new();
    for number in 0..400 {
        write!(
            text,
            "Package: libexample{number}\nStatus: install ok installed\nPriority: optional\nSection: libs\n\
             Installed-Size: {number}\nMaintainer: Example Maintainers <maintainers@example.org>\n\
             Architecture: amd64\nMulti-Arch: same\nSource: example ({number}.2-1)\nVersion: 1:{number}.2-1+b1\n\
             Depends: libc6 (>= 2.34), libexample-common (= 1:{number}.2-1), zlib1g (>= 1:1.1.4)\n\
             Conffiles:\n /etc/example/{number}.conf 0123456789abcdef0123456789abcdef\n\
             Description: an example of a library\n This package has some lines of description, as most\n packages have.\n\
             Homepage: https://example.org/{number}\n\n"
        )
        .unwrap();
    }
    text
}

fn dpkg(criterion: &mut Criterion) {
    let text = status();
    let info = FileInfo { path: "var/lib/dpkg/status", size: text.len() as u64, mode: 0o644 };
    let reader = interest(&info).unwrap();
    let budget = Budget::default();
    let read = |bytes: &[u8]| extract(reader, &info, &bytes, &budget, &mut Problems::new());
    assert!(read(text.as_bytes()).is_some());

    let mut group = criterion.benchmark_group("sbom");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("dpkg status of 400 packages", |bencher| {
        bencher.iter(|| read(black_box(text.as_bytes())));
    });
    group.finish();
}

criterion_group!(benches, dpkg);
criterion_main!(benches);
