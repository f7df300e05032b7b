//! The content that the binary carries. A control is one file and one line here; a test holds the list to the folder.

macro_rules! controls {
    ($($slug:literal),+ $(,)?) => {
        &[$((
            concat!("content/controls/", $slug, ".yaml"),
            include_str!(concat!("../../../../content/controls/", $slug, ".yaml")),
        )),+]
    };
}

/// The groups of the secure score: name and text of the file.
pub(super) const GROUPS: (&str, &str) =
    ("content/controls/groups.yaml", include_str!("../../../../content/controls/groups.yaml"));

/// Every control: name and text of its file.
pub(super) const CONTROLS: &[(&str, &str)] = controls![
    "image.end-of-life",
    "image.malware",
    "image.no-owner",
    "image.root-user",
    "image.secrets-in-config",
    "image.stale-base",
    "image.unsupported",
    "image.vulnerabilities",
    "registry.anonymous-write",
    "registry.tls",
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/controls");
        let there: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("content/controls/{}", entry.unwrap().file_name().to_str().unwrap()))
            .collect();
        let listed: BTreeSet<String> =
            CONTROLS.iter().map(|(name, _)| *name).chain([GROUPS.0]).map(str::to_owned).collect();
        assert_eq!(there, listed);
    }
}
