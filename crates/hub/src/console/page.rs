//! Which addresses are the console's pages.

/// The first parts of the addresses of pages: what `console/src/router.tsx` and `console/src/routes` route. A test compares the two.
const PAGES: &[&str] = &[
    "",
    "coverage",
    "cve",
    "fixes",
    "images",
    "inventory",
    "login",
    "notices",
    "queue",
    "recommendations",
    "registries",
    "rules",
    "settings",
    "setup",
    "software",
    "workload",
];

/// The first parts of addresses that are the interface's and the machines' alone.
const OTHERS: &[&str] = &["api", "healthz", "metrics", "readyz"];

/// Whose an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A page of the console.
    Page,
    /// Never a page: a wrong address of the interface must not be answered with HTML.
    Interface,
    /// Nobody's, or a file's.
    Elsewhere,
}

/// Whose the address is, given without its leading slash.
pub(super) fn place(path: &str) -> Place {
    let first = path.split('/').next().unwrap_or_default();
    if OTHERS.contains(&first) {
        Place::Interface
    } else if PAGES.contains(&first) && (!first.is_empty() || path.is_empty()) {
        Place::Page
    } else {
        Place::Elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn an_address_belongs_to_one() {
        for (path, whose) in [
            ("", Place::Page),
            ("login", Place::Page),
            ("settings/users", Place::Page),
            ("settings", Place::Page),
            ("settingsx", Place::Elsewhere),
            ("/settings", Place::Elsewhere),
            ("no/such/page", Place::Elsewhere),
            ("assets/index-abcdefgh.js", Place::Elsewhere),
            ("api", Place::Interface),
            ("api/v1/users", Place::Interface),
            ("metrics", Place::Interface),
        ] {
            assert_eq!(place(path), whose, "{path}");
        }
    }

    #[test]
    fn the_pages_are_those_that_the_console_routes() {
        let console = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console/src");
        let mut sources = vec![console.join("router.tsx")];
        let routes = fs::read_dir(console.join("routes")).expect("console/src/routes is there");
        sources.extend(routes.map(|entry| entry.expect("it can be listed").path()));
        let texts: Vec<String> =
            sources.iter().map(|source| fs::read_to_string(source).expect("it is text")).collect();
        let routed: BTreeSet<&str> = texts
            .iter()
            .flat_map(|text| text.split("path: \"/").skip(1))
            .filter_map(|rest| rest.split('"').next())
            .map(|path| path.split('/').next().unwrap_or_default())
            .collect();
        assert!(routed.len() > 2, "the routes were found");
        assert_eq!(PAGES.iter().copied().collect::<BTreeSet<_>>(), routed);
    }
}
