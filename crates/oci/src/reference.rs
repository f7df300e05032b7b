//! Image references, as `docker pull` takes them.

use std::{fmt, str::FromStr};

use model::ManifestDigest;

use crate::Error;

/// Bytes of `registry/repository` together (distribution's reference grammar).
const MAX_NAME: usize = 255;
/// Characters of a tag (the same grammar).
const MAX_TAG: usize = 128;
const HUB: &str = "docker.io";

/// A checked image reference: registry, repository, and a tag or digest. A missing registry is Docker Hub, a missing
/// tag is `latest` unless a digest is given; a digest wins over a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<ManifestDigest>,
}

impl Reference {
    /// The registry as one writes it, with its port where there is one: `docker.io`, `localhost:5000`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The host that answers for it: Docker Hub's registry is not at its name.
    #[must_use]
    pub fn api_host(&self) -> &str {
        if self.registry == HUB { "registry-1.docker.io" } else { &self.registry }
    }

    /// The repository: `library/debian`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; `None` where only a digest was given.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where one was given.
    #[must_use]
    pub const fn digest(&self) -> Option<ManifestDigest> {
        self.digest
    }

    /// `registry/repository`, without tag and digest.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The registry alone, as a place to list. Its repository is empty.
    ///
    /// # Errors
    /// When `registry` is no host name with an optional port.
    pub(crate) fn of_registry(registry: &str) -> Result<Self, Error> {
        // Read as part of a whole reference, so that there is one rule for what a registry is.
        let whole: Self = format!("{registry}/x").parse()?;
        if whole.repository != "x"
            && (whole.registry.as_str(), whole.repository.as_str()) != (HUB, "library/x")
        {
            return Err(Error::Reference {
                text: crate::secret::tame(registry, 120),
                why: "the registry is no host name with an optional port",
            });
        }
        Ok(Self { registry: whole.registry, repository: String::new(), tag: None, digest: None })
    }

    /// The same registry with a repository, and a tag or digest.
    ///
    /// # Errors
    /// When the parts make no reference.
    pub(crate) fn within(&self, repository: &str, wanted: &str) -> Result<Self, Error> {
        let part = if wanted.contains(':') { '@' } else { ':' };
        let whole: Self = format!("{}/{repository}{part}{wanted}", self.registry).parse()?;
        if whole.registry != self.registry {
            return Err(Error::Reference {
                text: crate::secret::tame(repository, 120),
                why: "the repository names another registry",
            });
        }
        Ok(whole)
    }

    /// What a manifest is asked for by: the digest, else the tag.
    pub(crate) fn wanted(&self) -> String {
        self.digest.map_or_else(|| self.tag.clone().unwrap_or_default(), |digest| digest.to_string())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |why| Error::Reference { text: crate::secret::tame(text, 120), why };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest =
                    digest.parse().map_err(|_| wrong("the digest is not sha256: and 64 hex digits"))?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        // A colon after the last slash starts a tag; before it, a port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') && !tag.ends_with(']') => (name, Some(tag)),
            _ => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong("a tag is up to 128 letters, digits, '_', '.', '-'"));
        }
        let (registry, repository) = match name.split_once('/') {
            Some((first, path)) if looks_like_host(first) => (first, path),
            _ => (HUB, name),
        };
        let registry = if registry == "index.docker.io" { HUB } else { registry };
        if !is_host(registry) {
            return Err(wrong("the registry is no host name with an optional port"));
        }
        if !is_repository(repository) {
            return Err(wrong("a repository is lower-case letters and digits, parted by '/', '.', '_', '-'"));
        }
        let repository = if registry == HUB && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        if registry.len() + 1 + repository.len() > MAX_NAME {
            return Err(wrong("the name is longer than 255 characters"));
        }
        let tag = match (tag, digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.map(ToOwned::to_owned),
        };
        // A host that only its capital letters tell from a user of Docker Hub keeps them: the name stays readable.
        let lower = registry.to_ascii_lowercase();
        let registry = if looks_like_host(&lower) { lower } else { registry.to_owned() };
        Ok(Self { registry, repository, tag, digest })
    }
}

/// Docker's rule for telling `host/path` from `user/repository`.
fn looks_like_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn is_host(host: &str) -> bool {
    let (name, port) = if let Some(inner) = host.strip_prefix('[') {
        let Some((address, rest)) = inner.split_once(']') else { return false };
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return false;
        }
        return rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    } else {
        match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        }
    };
    port.is_none_or(is_port)
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0)
}

/// Is it a repository's path by the grammar of references?
pub(crate) fn is_repository(path: &str) -> bool {
    !path.is_empty() && path.len() <= MAX_NAME && path.split('/').all(is_component)
}

/// Is it a tag by the grammar of references?
pub(crate) fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= MAX_TAG
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(component: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut separator = String::new();
    let mut last_plain = false;
    for c in component.bytes() {
        if plain(c) {
            separator.clear();
            last_plain = true;
        } else {
            if separator.is_empty() && !last_plain {
                return false;
            }
            last_plain = false;
            separator.push(char::from(c));
            let fine = matches!(separator.as_str(), "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
            if !fine {
                return false;
            }
        }
    }
    last_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_docker_reads_them() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let cases = [
            ("debian", "docker.io/library/debian:latest"),
            ("debian:12", "docker.io/library/debian:12"),
            ("user/app", "docker.io/user/app:latest"),
            ("index.docker.io/debian", "docker.io/library/debian:latest"),
            ("docker.io/a/b:c", "docker.io/a/b:c"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("127.0.0.1:5000/team/app:v1.0", "127.0.0.1:5000/team/app:v1.0"),
            ("[::1]:5000/app:v1", "[::1]:5000/app:v1"),
            ("[::1]/app", "[::1]/app:latest"),
            ("GHCR.io/a/b__c-d--e.f", "ghcr.io/a/b__c-d--e.f:latest"),
            ("a_b/c", "docker.io/a_b/c:latest"),
            ("Buildhost/c", "Buildhost/c:latest"),
        ];
        for (text, full) in cases {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), full, "{text}");
            assert_eq!(full.parse::<Reference>().unwrap(), reference, "{text}");
        }
        let both: Reference = format!("ghcr.io/a/b:v1@{digest}").parse().unwrap();
        assert_eq!((both.tag(), both.wanted()), (Some("v1"), digest.clone()));
        let only: Reference = format!("ghcr.io/a/b@{digest}").parse().unwrap();
        assert_eq!(only.tag(), None);
        assert_eq!("debian".parse::<Reference>().unwrap().api_host(), "registry-1.docker.io");
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        let long = "a".repeat(256);
        let tag = format!("a:{}", "t".repeat(129));
        let bad = [
            "",
            "/",
            ":",
            "@",
            "a:",
            "a@",
            "Debian",
            "a//b",
            "a/../b",
            "-a",
            "a-",
            "a..b",
            "a._b",
            "a___b",
            "a:-x",
            "a b",
            "a\n",
            "http://host/a",
            "host.example:0/a",
            "host.example:99999/a",
            "host.example:/a",
            "[::1/a",
            "[zz]/a",
            "-h.example/a",
            "user:pass@host/a",
            "a@sha256:00",
            "a@md5:00",
            "../a",
            "a/b/",
            "host.example/",
            &long,
            &tag,
        ];
        for text in bad {
            assert!(matches!(text.parse::<Reference>(), Err(Error::Reference { .. })), "{text:?}");
        }
    }
}
