//! Distributions.

use model::{FixStatus, Judgement, Severity};
use package::Ecosystem;

use super::support::*;

const DEB: Ecosystem = Ecosystem::Debian;

#[test]
fn case_01_the_source_version_is_compared() {
    let database = database(
        &[record("osv-debian", "DEBIAN-CVE-2024-28085", &["CVE-2024-28085"])
            .says(statement(DEB, "12", "util-linux").fixed("", "2.38.1-5+deb12u1"))],
        &[],
    );
    let found = assess(
        &database,
        &image("debian", "12", vec![deb("bsdutils", "1:2.38.1-5+b1", "util-linux", "2.38.1-5")]),
    );
    let found = one(&found);
    assert_eq!(found.id, "CVE-2024-28085");
    assert_eq!(found.fix, FixStatus::Fixed { version: "2.38.1-5+deb12u1".into() });
    assert_eq!(found.installed, "2.38.1-5");
    assert_eq!(found.judgement, Judgement::Counts);
    assert_eq!(found.severity, Severity::Unknown);
    assert_eq!(found.records[0].range, ">= 0, < 2.38.1-5+deb12u1");
}
