//! The file: damage, order, versions of the format.

use package::Ecosystem;

use super::support::*;

#[test]
fn order_does_not_matter() {
    let records: Vec<_> = (0..40)
        .map(|n| {
            record("osv-debian", &format!("D-{n}"), &[&format!("CVE-2024-{n}")]).says(
                statement(Ecosystem::Debian, "12", &format!("p{}", n % 7)).fixed("", &format!("1.{n}-1")),
            )
        })
        .collect();
    let mut other = records.clone();
    other.reverse();
    assert_eq!(database(&records, &[]).sha256(), database(&other, &[]).sha256());
}
