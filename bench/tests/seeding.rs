//! The program `fleet`, as the benchmarks and the suites that need a seeded hub run it. That it has a test of its own also makes
//! `cargo test` build it.

use std::process::Command;

#[test]
fn a_fleet_is_seeded_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let fleet = || {
        let mut fleet = Command::new(env!("CARGO_BIN_EXE_fleet"));
        fleet.arg(folder.path()).args([&url, "20", "7"]).output().unwrap()
    };
    let made = fleet();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["rows"]["image"], 20);
    assert!(folder.path().join("vulnerabilities.db").is_file());
    let again = fleet();
    assert!(!again.status.success(), "a store that is not empty was filled again");
}
