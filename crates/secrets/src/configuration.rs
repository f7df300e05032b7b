use std::collections::{BTreeMap, BTreeSet};

use model::{Credential, CredentialPlace};

use crate::credential;

/// The parts of an image's configuration that may hold credentials.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// `NAME=value`.
    pub environment: &'a [String],
    /// Labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Entry point, arguments: the words of each.
    pub commands: &'a [&'a [String]],
    /// Instructions of the history, oldest first; empty where a step tells none.
    pub history: &'a [&'a str],
}

/// Everything in a configuration that looks like a credential: in the order of the places, each name once in its place.
///
/// Steps of the history are named by their number from 1. One that only says again what stands in the environment is left
/// out: to whoever repairs it, it is one line.
#[must_use]
pub fn credentials(configuration: &Configuration<'_>) -> Vec<Credential> {
    let mut found = BTreeSet::new();
    let mut environment = BTreeSet::new();
    for pair in configuration.environment {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        add(&mut found, CredentialPlace::Environment, name, name, value);
        environment.insert((name, value));
    }
    for (name, value) in configuration.labels {
        add(&mut found, CredentialPlace::Label, name, name, value);
    }
    for words in configuration.commands {
        let mut before = "";
        for word in *words {
            // `--token=x`, `TOKEN=x`, and `--token x`.
            let (name, value) = word.split_once('=').unwrap_or((before, word));
            if !value.starts_with('-') {
                add(&mut found, CredentialPlace::Command, name, name, value);
            }
            before = if word.starts_with('-') && !word.contains('=') { word } else { "" };
        }
    }
    for (number, step) in (1_u64..).zip(configuration.history) {
        let text = number.to_string();
        let named = |(name, value): &(&str, &str)| !environment.contains(&(*name, *value));
        // Only where builders write values of ENV and ARG: other words with '=' are what scripts do.
        for (name, value) in assignments(step).into_iter().filter(named) {
            add(&mut found, CredentialPlace::History, &text, name, value);
        }
        if assignments(step).is_empty() {
            add(&mut found, CredentialPlace::History, &text, "", step);
        }
    }
    found.into_iter().collect()
}

fn add(found: &mut BTreeSet<Credential>, place: CredentialPlace, label: &str, name: &str, value: &str) {
    if let Some(kind) = credential(name, value) {
        // A name may be hostile in length: what is shown is cut.
        let name = label.trim_start_matches('-').chars().take(256).collect();
        found.insert(Credential { place, name, kind });
    }
}

/// `ENV A=1 B=2`, `ARG A=1`, `/bin/sh -c #(nop)  ENV A=1`, and `|2 A=1 B=2 /bin/sh -c …` as older builders write
/// arguments of a build.
fn assignments(step: &str) -> Vec<(&str, &str)> {
    let step = step.strip_prefix("/bin/sh -c #(nop)").unwrap_or(step).trim_start();
    let (words, most) = if let Some(rest) = step.strip_prefix("ENV ").or_else(|| step.strip_prefix("ARG ")) {
        (rest, usize::MAX)
    } else if let Some((count, rest)) = step.strip_prefix('|').and_then(|rest| rest.split_once(' ')) {
        (rest, count.parse().unwrap_or_default())
    } else {
        return Vec::new();
    };
    words.split_whitespace().take(most).filter_map(|word| word.split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(configuration: &Configuration<'_>) -> Vec<(&'static str, String, &'static str)> {
        let found = credentials(configuration).into_iter();
        found.map(|one| (one.place.words(), one.name, one.kind.words())).collect()
    }

    #[test]
    fn every_place_is_looked_at_and_each_name_is_told_once() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let environment =
            words(&["PATH=/bin", "DB_PASSWORD=hunter2", "BARE", "TOKEN_FILE=/run/secrets/token"]);
        let labels = BTreeMap::from([
            ("maintainer".to_owned(), "shop".to_owned()),
            ("db".to_owned(), "postgres://app:s3cret@db/shop".to_owned()),
        ]);
        let entrypoint = words(&["/app", "--api-key=abcdef", "--token", "abcdef", "--secret", "--verbose"]);
        let command = words(&["serve", "--port", "8080"]);
        let configuration = Configuration {
            environment: &environment,
            labels: &labels,
            commands: &[&entrypoint, &command],
            history: &[
                "ENV DB_PASSWORD=hunter2",
                "ENV OLD_PASSWORD=hunter1",
                "|2 NPM_TOKEN=abcdef MODE=1 /bin/sh -c make SECRET=1234567",
                "/bin/sh -c #(nop)  ARG SIGNING_KEY=abcdef",
                "RUN /bin/sh -c TOKEN=abcdef make",
                "RUN git clone https://bot:s3cret@git.example.org/shop",
                "",
            ],
        };
        let named = "a password, token or key by its name";
        let found = found(&configuration);
        let found: Vec<_> = found.iter().map(|(place, name, kind)| (*place, name.as_str(), *kind)).collect();
        assert_eq!(
            found,
            [
                ("environment variable", "DB_PASSWORD", named),
                ("label", "db", "a URL with a password"),
                ("command", "api-key", named),
                ("command", "token", named),
                ("build step", "2", named),
                ("build step", "3", named),
                ("build step", "4", named),
                ("build step", "6", "a URL with a password"),
            ]
        );
    }

    #[test]
    fn values_are_nowhere_in_what_leaves() {
        let environment = ["TOKEN=s3cret-value".to_owned(), "=s3cret-value".to_owned()];
        let configuration = Configuration {
            environment: &environment,
            labels: &BTreeMap::new(),
            commands: &[&["--password".to_owned(), "s3cret-value".to_owned()]],
            history: &["ENV X_TOKEN=s3cret-value", "ENV TOKEN=other"],
        };
        let found = credentials(&configuration);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(!format!("{found:?}").contains("s3cret"));
    }
}
