//! Words of the store as `posture` knows them.

use model::Class;
use package::PackageType;
use posture::{Category, FixState};
use serde::Deserialize;

/// The type of a purl's word; what nobody knows is a program that was recognised.
pub(crate) fn kind(word: &str) -> PackageType {
    let known =
        PackageType::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(word));
    known.unwrap_or(PackageType::Generic)
}

/// Where a package of this purl type comes from.
pub(crate) fn category(word: &str) -> Category {
    if kind(word).is_os() { Category::Os } else { Category::Language }
}

/// The class of a match that counts.
pub(crate) fn class(word: &str) -> Class {
    if word == Class::Malware.as_str() { Class::Malware } else { Class::Vulnerability }
}

/// What a source says of a fix.
pub(crate) fn fix_state(word: &str) -> FixState {
    match word {
        "fixed" => FixState::FixAvailable,
        "wont-fix" => FixState::WontFix,
        "deferred" => FixState::Scheduled,
        "investigating" => FixState::Unknown,
        _ => FixState::NoFixAvailable,
    }
}

/// The highest CVSS v3 base score in what is told of a vulnerability.
pub(crate) fn cvss(detail: &str) -> Option<f64> {
    #[derive(Deserialize)]
    struct Told {
        #[serde(default)]
        ratings: Vec<Rated>,
    }
    #[derive(Deserialize)]
    struct Rated {
        score: Option<f64>,
        vector: Option<String>,
    }
    let told: Told = serde_json::from_str(detail).ok()?;
    let third = |rated: &Rated| rated.vector.as_deref().is_some_and(|vector| vector.starts_with("CVSS:3"));
    let scores = told.ratings.iter().filter(|rated| third(rated)).filter_map(|rated| rated.score);
    scores.fold(None, |highest: Option<f64>, score| Some(highest.map_or(score, |highest| highest.max(score))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_store_are_known() {
        for (word, known) in
            [("deb", PackageType::Deb), ("golang", PackageType::Golang), ("x", PackageType::Generic)]
        {
            assert_eq!(kind(word), known);
        }
        assert_eq!((category("rpm"), category("npm")), (Category::Os, Category::Language));
        assert_eq!((class("malware"), class("vulnerability")), (Class::Malware, Class::Vulnerability));
    }

    #[test]
    fn the_score_is_the_highest_of_cvss_3() {
        let detail = r#"{"ratings":[{"source":"a","severity":"high","score":7.1,"vector":"CVSS:3.1/AV:N"},
            {"source":"b","severity":"high","score":9.9,"vector":"CVSS:4.0/AV:N"},
            {"source":"c","severity":"high","score":8.2,"vector":"CVSS:3.0/AV:N"},
            {"source":"d","severity":"high","score":null,"vector":null}]}"#;
        assert_eq!(cvss(detail), Some(8.2));
        assert_eq!(cvss("{}"), None);
        assert_eq!(cvss("?"), None);
    }
}
