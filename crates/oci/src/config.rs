//! An image's configuration: the document whose digest is the image's identity.

use std::collections::BTreeMap;

use model::{DiffId, HealthCheck, History, ImageConfig, Platform};
use secrets::Configuration;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, secret::tame};

/// Writers put `null` where they mean "nothing".
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A list of words; old builders wrote one string for a list of one.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(list)) => {
            list.into_iter().filter_map(|v| v.as_str().map(ToOwned::to_owned)).collect()
        }
        _ => Vec::new(),
    })
}

/// The keys of an object, in order; a list of strings serves too.
fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut keys = match Option::<Value>::deserialize(deserializer)? {
        Some(Value::Object(map)) => map.into_iter().map(|(key, _)| key).collect::<Vec<_>>(),
        Some(Value::Array(list)) => {
            list.into_iter().filter_map(|v| v.as_str().map(ToOwned::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    keys.sort();
    Ok(keys)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    #[serde(deserialize_with = "null_is_default")]
    os: String,
    #[serde(deserialize_with = "null_is_default")]
    architecture: String,
    variant: Option<String>,
    created: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    config: RawRun,
    rootfs: Option<RootFs>,
    #[serde(deserialize_with = "null_is_default")]
    history: Vec<RawHistory>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RootFs {
    #[serde(deserialize_with = "null_is_default")]
    diff_ids: Vec<DiffId>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RawRun {
    #[serde(deserialize_with = "null_is_default")]
    user: String,
    #[serde(deserialize_with = "words")]
    env: Vec<String>,
    #[serde(deserialize_with = "keys")]
    exposed_ports: Vec<String>,
    #[serde(deserialize_with = "words")]
    entrypoint: Vec<String>,
    #[serde(deserialize_with = "words")]
    cmd: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    working_dir: String,
    #[serde(deserialize_with = "keys")]
    volumes: Vec<String>,
    healthcheck: Option<RawHealth>,
    #[serde(deserialize_with = "null_is_default")]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RawHealth {
    #[serde(deserialize_with = "words")]
    test: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawHistory {
    created: Option<String>,
    created_by: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    empty_layer: bool,
}

/// What a configuration says: the facts for controls, and the layers' identities with the instruction of each.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) facts: ImageConfig,
    /// Base first, with the instruction where the history lines up with the layers.
    pub(crate) layers: Vec<(DiffId, Option<String>)>,
}

/// Reads a configuration.
pub(crate) fn read(bytes: &[u8], what: &str) -> Result<Config, Error> {
    let raw: Raw = serde_json::from_slice(bytes)
        .map_err(|error| Error::malformed(what, tame(&error.to_string(), 200)))?;
    let Some(rootfs) = raw.rootfs else {
        return Err(Error::malformed(what, "it has no rootfs: it is not the configuration of an image"));
    };
    let platform = (!raw.os.is_empty() && !raw.architecture.is_empty()).then(|| Platform {
        os: raw.os,
        architecture: raw.architecture,
        variant: raw.variant.filter(|variant| !variant.is_empty()),
    });
    // An instruction is told only where the history has one filled step for each layer: a squashed or rebased image
    // would else blame the wrong line.
    let steps: Vec<&RawHistory> = raw.history.iter().filter(|step| !step.empty_layer).collect();
    let aligned = steps.len() == rootfs.diff_ids.len();
    let layers = rootfs
        .diff_ids
        .iter()
        .enumerate()
        .map(|(index, diff_id)| {
            let step = if aligned { steps.get(index) } else { None };
            let by = step.and_then(|step| step.created_by.clone()).filter(|by| !by.is_empty());
            (*diff_id, by)
        })
        .collect();
    let run = raw.config;
    let credentials = secrets::credentials(&Configuration {
        environment: &run.env,
        labels: &run.labels,
        commands: &[&run.entrypoint, &run.cmd],
        history: &raw
            .history
            .iter()
            .map(|step| step.created_by.as_deref().unwrap_or_default())
            .collect::<Vec<_>>(),
    });
    let facts = ImageConfig {
        platform,
        created: raw.created,
        user: run.user,
        env_names: run
            .env
            .iter()
            .map(|pair| pair.split_once('=').map_or(pair.as_str(), |(name, _)| name).to_owned())
            .collect(),
        credentials: Some(credentials),
        exposed_ports: run.exposed_ports,
        entrypoint: run.entrypoint,
        cmd: run.cmd,
        working_dir: run.working_dir,
        volumes: run.volumes,
        healthcheck: run.healthcheck.map(|health| HealthCheck { test: health.test }),
        labels: run.labels,
        history: raw
            .history
            .into_iter()
            .map(|step| History {
                created: step.created,
                created_by: step.created_by,
                empty_layer: step.empty_layer,
            })
            .collect(),
    };
    Ok(Config { facts, layers })
}

#[cfg(test)]
mod tests {
    use model::{CredentialKind, CredentialPlace};

    use super::*;

    fn digest(digit: char) -> String {
        format!("sha256:{}", digit.to_string().repeat(64))
    }

    #[test]
    fn facts_are_taken_and_environment_values_are_not() {
        let json = format!(
            r#"{{"os":"linux","architecture":"arm64","variant":"v8","created":"2026-01-01T00:00:00Z",
            "config":{{"User":"app","Env":["PATH=/bin","TOKEN=s3cret","BARE"],"ExposedPorts":{{"80/tcp":{{}},"443/tcp":{{}}}},
              "Entrypoint":"/run.sh","Cmd":["a","b"],"WorkingDir":"/srv","Volumes":null,
              "Healthcheck":{{"Test":["CMD","true"]}},"Labels":{{"a":"b"}}}},
            "rootfs":{{"type":"layers","diff_ids":["{}","{}"]}},
            "history":[{{"created_by":"ADD rootfs"}},{{"created_by":"ENV X","empty_layer":true}},{{"created_by":"RUN make"}}]}}"#,
            digest('a'),
            digest('b')
        );
        let config = read(json.as_bytes(), "c").unwrap();
        let by: Vec<_> = config.layers.iter().map(|(_, by)| by.as_deref()).collect();
        assert_eq!(by, [Some("ADD rootfs"), Some("RUN make")]);
        let facts = config.facts;
        assert_eq!(facts.platform.as_ref().unwrap().to_string(), "linux/arm64/v8");
        assert_eq!(facts.env_names, ["PATH", "TOKEN", "BARE"]);
        assert_eq!(facts.exposed_ports, ["443/tcp", "80/tcp"]);
        assert_eq!(facts.entrypoint, ["/run.sh"]);
        assert_eq!(facts.history.len(), 3);
        let found = facts.credentials.as_deref().unwrap();
        let found: Vec<_> = found.iter().map(|one| (one.place, one.name.as_str(), one.kind)).collect();
        assert_eq!(found, [(CredentialPlace::Environment, "TOKEN", CredentialKind::ByName)]);
        assert!(!format!("{facts:?}").contains("s3cret"));
    }

    #[test]
    fn an_instruction_is_never_invented() {
        let json = format!(
            r#"{{"rootfs":{{"diff_ids":["{}","{}"]}},"history":[{{"created_by":"squashed"}}],"config":null}}"#,
            digest('a'),
            digest('b')
        );
        let config = read(json.as_bytes(), "c").unwrap();
        assert!(config.layers.iter().all(|(_, by)| by.is_none()));
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        for (json, part) in [
            ("{}", "no rootfs"),
            ("[]", "cannot be understood"),
            (r#"{"rootfs":{"diff_ids":["sha512:00"]}}"#, "sha512"),
            ("not json", "cannot be understood"),
        ] {
            let text = read(json.as_bytes(), "c").unwrap_err().to_string();
            assert!(text.contains(part), "{json}: {text}");
        }
    }
}
