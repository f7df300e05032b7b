//! The credentials that `docker login` stored: in `config.json` itself, or with a helper program.

use std::{collections::BTreeMap, ffi::OsStr, path::Path, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    Error,
    config::null_is_default,
    secret::{Secret, tame},
};

/// Docker Hub's place in `config.json`, kept from its first API.
const HUB_KEY: &str = "https://index.docker.io/v1/";
/// Bytes of `config.json` and of a helper's answer.
const MAX_BYTES: u64 = 1 << 20;
/// What a helper says when it simply has none (docker-credential-helpers, `errCredentialsNotFoundMessage`).
const NOT_FOUND: &str = "credentials not found";

/// How one is known to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Name and password.
    Basic { user: String, password: Secret },
    /// A token to get tokens with.
    Identity(Secret),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConfigFile {
    #[serde(deserialize_with = "null_is_default")]
    auths: BTreeMap<String, Entry>,
    #[serde(rename = "credHelpers", deserialize_with = "null_is_default")]
    helpers: BTreeMap<String, String>,
    #[serde(rename = "credsStore", deserialize_with = "null_is_default")]
    store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    #[serde(deserialize_with = "null_is_default")]
    auth: String,
    #[serde(deserialize_with = "null_is_default")]
    username: String,
    #[serde(deserialize_with = "null_is_default")]
    password: String,
    #[serde(rename = "identitytoken", deserialize_with = "null_is_default")]
    identity_token: String,
}

/// Looks for the credentials of `registry` (as one writes it, `docker.io`).
///
/// # Errors
/// When the file cannot be read, or a helper fails or takes longer than `timeout`.
pub(crate) async fn find(
    file: &Path,
    registry: &str,
    timeout: Duration,
) -> Result<Option<Credentials>, Error> {
    find_with(file, registry, timeout, None).await
}

/// The same with helpers searched for in `search` instead of PATH.
async fn find_with(
    file: &Path,
    registry: &str,
    timeout: Duration,
    search: Option<&OsStr>,
) -> Result<Option<Credentials>, Error> {
    let from = file.display().to_string();
    let failed = |why: String| Error::Credentials { from: from.clone(), why };
    let size = tokio::fs::metadata(file).await.map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(failed(format!("it is larger than {MAX_BYTES} bytes")));
    }
    let bytes = tokio::fs::read(file).await.map_err(|error| failed(error.to_string()))?;
    // serde's message may quote a value of the file, so only the place is told.
    let config: ConfigFile = serde_json::from_slice(&bytes)
        .map_err(|error| failed(format!("no valid JSON of Docker's form, line {}", error.line())))?;
    let by_helper =
        config.helpers.iter().find(|(key, _)| is_for(key, registry)).map(|(_, name)| name.as_str());
    if let Some(helper) = by_helper.or((!config.store.is_empty()).then_some(config.store.as_str()))
        && let Some(found) = ask_helper(helper, registry, timeout, search).await?
    {
        return Ok(Some(found));
    }
    match config.auths.iter().find(|(key, _)| is_for(key, registry)) {
        Some((key, entry)) => {
            read_entry(entry).map_err(|why| failed(format!("the entry '{}': {why}", tame(key, 100))))
        }
        None => Ok(None),
    }
}

/// Keys are hosts, or addresses with a scheme and an API version behind them.
fn is_for(key: &str, registry: &str) -> bool {
    let host = key.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or(host);
    if registry == "docker.io" {
        return ["index.docker.io", "docker.io", "registry-1.docker.io"].contains(&host);
    }
    host.eq_ignore_ascii_case(registry)
}

fn read_entry(entry: &Entry) -> Result<Option<Credentials>, &'static str> {
    if !entry.identity_token.is_empty() {
        return Ok(Some(Credentials::Identity(Secret::new(entry.identity_token.as_str()))));
    }
    if !entry.auth.is_empty() {
        let decoded = STANDARD.decode(entry.auth.trim()).map_err(|_| "'auth' is no base64")?;
        let text = String::from_utf8(decoded).map_err(|_| "'auth' is no text")?;
        let (user, password) = text.split_once(':').ok_or("'auth' is not user:password")?;
        // Docker pads with NUL.
        let password = Secret::new(password.trim_end_matches('\0'));
        return Ok(Some(Credentials::Basic { user: user.to_owned(), password }));
    }
    if entry.username.is_empty() {
        return Ok(None);
    }
    let password = Secret::new(entry.password.as_str());
    Ok(Some(Credentials::Basic { user: entry.username.clone(), password }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: String,
}

/// Runs `docker-credential-<name> get` (docker-credential-helpers' protocol: the address on its input, JSON on its
/// output).
async fn ask_helper(
    name: &str,
    registry: &str,
    timeout: Duration,
    search: Option<&OsStr>,
) -> Result<Option<Credentials>, Error> {
    let program = format!("docker-credential-{name}");
    let failed = |why: String| Error::Credentials { from: tame(&program, 100), why };
    // A name, never a path: the program is looked for in PATH only.
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    {
        return Err(failed("this is no name of a helper".to_owned()));
    }
    let mut command = tokio::process::Command::new(&program);
    if let Some(search) = search {
        command.env("PATH", search);
    }
    let mut child = command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    let address = if registry == "docker.io" { HUB_KEY } else { registry };
    let talk = async {
        if let Some(mut input) = child.stdin.take() {
            // A helper that does not read fails below, by what it answers.
            let _ = input.write_all(address.as_bytes()).await;
            let _ = input.shutdown().await;
        }
        let mut said = Vec::new();
        if let Some(output) = child.stdout.take() {
            output.take(MAX_BYTES).read_to_end(&mut said).await?;
        }
        Ok::<_, std::io::Error>((said, child.wait().await?))
    };
    let (said, status) = tokio::time::timeout(timeout, talk)
        .await
        .map_err(|_| failed(format!("it gave no answer in {} s", timeout.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        if String::from_utf8_lossy(&said).to_lowercase().contains(NOT_FOUND) {
            return Ok(None);
        }
        return Err(failed(format!("it failed ({status})")));
    }
    let answer: Answer = serde_json::from_slice(&said)
        .map_err(|_| failed("its answer is no JSON of the helpers' form".to_owned()))?;
    let secret = Secret::new(answer.secret);
    // The helpers' mark for a token to get tokens with.
    Ok(Some(if answer.username == "<token>" {
        Credentials::Identity(secret)
    } else {
        Credentials::Basic { user: answer.username, password: secret }
    }))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    async fn look(json: &str, registry: &str) -> Result<Option<Credentials>, Error> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(json.as_bytes()).unwrap();
        find(file.path(), registry, Duration::from_secs(5)).await
    }

    fn basic(user: &str, password: &str) -> Option<Credentials> {
        Some(Credentials::Basic { user: user.into(), password: Secret::new(password) })
    }

    #[tokio::test]
    async fn stored_entries_are_found_by_host() {
        let auth = STANDARD.encode("ann:p:w");
        let json = format!(
            r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{auth}"}},
                "reg.example:5000":{{"username":"bob","password":"x"}},
                "https://tok.example/v2/":{{"identitytoken":"t0k"}},"empty.example":{{}},
                "bad.example":{{"auth":"%%%"}}}},"credHelpers":null}}"#
        );
        assert_eq!(look(&json, "docker.io").await.unwrap(), basic("ann", "p:w"));
        assert_eq!(look(&json, "reg.example:5000").await.unwrap(), basic("bob", "x"));
        assert_eq!(
            look(&json, "tok.example").await.unwrap(),
            Some(Credentials::Identity(Secret::new("t0k")))
        );
        for none in ["empty.example", "reg.example", "example", "evil-reg.example:5000"] {
            assert_eq!(look(&json, none).await.unwrap(), None, "{none}");
        }
        assert!(look(&json, "bad.example").await.unwrap_err().to_string().contains("no base64"));
        let broken = look(r#"{"auths":{"a":{"auth":"c2VjcmV0""#, "a").await.unwrap_err().to_string();
        assert!(broken.contains("line 1") && !broken.contains("c2VjcmV0"), "{broken}");
    }

    #[tokio::test]
    async fn a_helper_must_be_a_name_and_be_there() {
        let path = look(r#"{"credsStore":"../../tmp/evil"}"#, "a.example").await.unwrap_err().to_string();
        assert!(path.contains("no name of a helper"), "{path}");
        let absent =
            look(r#"{"credsStore":"seawall-no-such-helper"}"#, "a.example").await.unwrap_err().to_string();
        assert!(absent.contains("cannot be started"), "{absent}");
    }

    /// Asks a helper that is this shell script.
    async fn ask(script: &str) -> Result<Option<Credentials>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker-credential-test");
        // Written by another process: one that this process has open for writing cannot be run by its threads.
        let write = "printf '#!/bin/sh\n%s\n' \"$1\" > \"$2\" && chmod 755 \"$2\"";
        let args = ["-c", write, "sh", script, program.to_str().unwrap()];
        assert!(std::process::Command::new("sh").args(args).status().unwrap().success());
        let config = folder.path().join("config.json");
        std::fs::write(&config, r#"{"credHelpers":{"reg.example":"test"}}"#).unwrap();
        let search = std::env::join_paths([folder.path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        find_with(&config, "reg.example", Duration::from_secs(1), Some(&search)).await
    }

    #[tokio::test]
    async fn a_helper_answers_has_nothing_fails_or_is_left() {
        let answer = r#"printf '{"ServerURL":"%s","Username":"%s","Secret":"s3cret"}' x "$(cat)-$1""#;
        assert_eq!(ask(answer).await.unwrap(), basic("reg.example-get", "s3cret"));
        let token = r#"printf '{"Username":"<token>","Secret":"t0k"}'"#;
        assert_eq!(ask(token).await.unwrap(), Some(Credentials::Identity(Secret::new("t0k"))));
        let nothing = "echo 'credentials not found in native keychain'; exit 1";
        assert_eq!(ask(nothing).await.unwrap(), None);
        for (script, part) in [
            ("echo s3cret >&2; exit 7", "it failed (exit status: 7)"),
            ("echo '{\"Secret\": s3cret}'", "no JSON"),
            ("exec sleep 100", "no answer in 1 s"),
            ("exec yes", "it failed (signal"),
        ] {
            let begin = std::time::Instant::now();
            let text = ask(script).await.unwrap_err().to_string();
            assert!(text.contains(part) && !text.contains("s3cret"), "{script}: {text}");
            assert!(begin.elapsed() < Duration::from_secs(10), "{script}");
        }
    }
}
