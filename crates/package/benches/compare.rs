//! Comparing versions: what matching does for every statement about a package.
#![expect(clippy::unwrap_used, reason = "a benchmark may end")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use package::VersionOrder;

/// An installed version and the one that fixes it, near neighbours as they mostly are.
const PAIRS: &[(VersionOrder, &str, &str)] = &[
    (VersionOrder::Dpkg, "3.0.15-1~deb12u1", "3.0.16-1~deb12u1"),
    (VersionOrder::Rpm, "1:3.2.2-6.el9_5.1", "1:3.2.2-6.el9_6"),
    (VersionOrder::Apk, "3.3.2-r1", "3.3.3-r0"),
    (VersionOrder::Npm, "4.17.20", "4.17.21"),
    (VersionOrder::Pep440, "41.0.0", "41.0.6.post1"),
    (VersionOrder::Maven, "2.14.1", "2.15.0-rc1"),
    (VersionOrder::Go, "v0.0.0-20220314234659-1baeb1ce4c0b", "v0.17.0"),
    (VersionOrder::RubyGems, "7.0.4.2", "7.0.4.3"),
];

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("package");
    for (order, installed, fixed) in PAIRS {
        let fix = order.parse(fixed).unwrap();
        group.bench_function(format!("parse and compare, {order:?}"), |bencher| {
            bencher.iter(|| order.parse(black_box(installed)).unwrap().compare(&fix));
        });
    }
    group.finish();
}

criterion_group!(benches, compare);
criterion_main!(benches);
