//! Which test holds which case.
//!
//! A case is held by every test of the workspace that bears its number: `case_21_…`, `case_25_and_27_…`. Here are the few
//! that none bears, with the reason.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// How many cases there are.
const CASES: u32 = 52;

const NOT_HERE: &[(u32, &str)] = &[
    (18, "needs Red Hat's CSAF-VEX, which is not read yet"),
    (42, "secrets are not sought yet"),
    (45, "what a host's walk leaves out is held where it walks: crates/scan/src/walk.rs"),
    (49, "there is no cataloguer for .NET and Ruby yet"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `case_1_and_2_sources` → 1 and 2; `case_13_39_classes` → 13 and 39.
fn numbers(name: &str) -> impl Iterator<Item = u32> {
    let words = name.split('_').take_while(|word| *word == "and" || word.parse::<u32>().is_ok());
    words.filter_map(|word| word.parse().ok())
}

#[test]
fn each_case_is_held_by_a_test_that_bears_its_number() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut files);
    let mut held = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for name in text.split("fn case_").skip(1) {
            held.extend(numbers(name));
        }
    }
    let missing: Vec<u32> = (1..=CASES)
        .filter(|number| !held.contains(number) && !NOT_HERE.iter().any(|(known, _)| known == number))
        .collect();
    assert_eq!(missing, [0; 0], "no test bears these numbers");
    for (number, reason) in NOT_HERE {
        assert!(
            !held.contains(number),
            "case {number} is held by a test now: \"{reason}\" is no longer true"
        );
    }
}
