//! Which files are fetched, and from where.

use package::ecosystem::TABLE;

use crate::kind::Kind;

/// The public OSV bucket.
pub const PUBLIC: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// Sources beside the bucket: where each lies in a folder of feeds, and its public address. Nobody needs an account.
pub(crate) const BESIDE: &[(&str, &str)] = &[
    ("debian-tracker/data.json", "https://security-tracker.debian.org/tracker/data/json"),
    (
        "kev/known_exploited_vulnerabilities.json",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    ),
    ("epss/epss_scores-current.csv.gz", "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"),
];

/// Where Alpine publishes its secdb, a file for each release and repository.
const SECDB: &str = "https://secdb.alpinelinux.org";
/// Releases that are asked for. Older ones are no longer written; one that is not there yet is no data.
const ALPINE: &[&str] = &[
    "v3.15", "v3.16", "v3.17", "v3.18", "v3.19", "v3.20", "v3.21", "v3.22", "v3.23", "v3.24", "v3.25", "edge",
];

/// What a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A zip of records of this kind.
    Zip(Kind),
    /// A document.
    Document(Kind),
    /// Scores, with gzip.
    Scores,
    /// Names, one a line.
    Names,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Below the folder, and below a mirror.
    pub(crate) path: String,
    /// Its public address; `None`: it is part of a mirror only.
    pub(crate) public: Option<String>,
    /// What it must be.
    pub(crate) form: Form,
    /// More bytes than this are refused: some five times of what it had in 2026.
    pub(crate) limit: u64,
}

/// All files that a folder of feeds can have.
pub(crate) fn targets() -> Vec<Target> {
    let mut targets = Vec::new();
    for row in TABLE.iter().filter(|row| row.has_feed) {
        targets.push(Target {
            path: format!("{}/all.zip", row.osv),
            public: Some(format!("{PUBLIC}/{}/all.zip", row.osv.replace(' ', "%20"))),
            form: Form::Zip(Kind::Osv),
            limit: 2 << 30,
        });
        if !row.os_ids.is_empty() {
            targets.push(Target {
                path: format!("{}/sources.txt", row.osv),
                public: None,
                form: Form::Names,
                limit: 16 << 20,
            });
        }
    }
    targets.push(Target {
        path: "CVE/all.zip".to_owned(),
        public: None,
        form: Form::Zip(Kind::Cve),
        limit: 4 << 30,
    });
    for (path, public) in BESIDE {
        let (form, limit) = match *path {
            "debian-tracker/data.json" => (Form::Document(Kind::Tracker), 512 << 20),
            "kev/known_exploited_vulnerabilities.json" => (Form::Document(Kind::Kev), 64 << 20),
            _ => (Form::Scores, 64 << 20),
        };
        targets.push(Target { path: (*path).to_owned(), public: Some((*public).to_owned()), form, limit });
    }
    for release in ALPINE {
        for repository in ["main", "community"] {
            targets.push(Target {
                path: format!("alpine-secdb/{release}/{repository}.json"),
                public: Some(format!("{SECDB}/{release}/{repository}.json")),
                form: Form::Document(Kind::Secdb),
                limit: 64 << 20,
            });
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_names_every_public_address() {
        let manual = include_str!("../../../../docs/feeds.md");
        let addresses = BESIDE.iter().map(|(_, public)| *public).chain([PUBLIC, SECDB]);
        for address in addresses {
            assert!(manual.contains(address), "{address}");
        }
        for target in targets().into_iter().filter(|target| target.public.is_none()) {
            let name = target.path.rsplit('/').next().unwrap_or_default();
            assert!(manual.contains(name), "{}", target.path);
        }
    }

    #[test]
    fn every_target_has_an_address_that_can_be_asked() {
        let targets = targets();
        for target in &targets {
            if let Some(public) = &target.public {
                let url = url::Url::parse(public).unwrap();
                assert_eq!(url.scheme(), "https", "{public}");
            }
            assert!(target.path.split('/').all(|part| !part.is_empty() && part != ".."), "{}", target.path);
        }
        let paths: std::collections::BTreeSet<_> = targets.iter().map(|target| &target.path).collect();
        assert_eq!(paths.len(), targets.len());
        assert!(targets.iter().any(|target| target.path == "Rocky Linux/all.zip"));
    }
}
