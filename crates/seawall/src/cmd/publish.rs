//! `seawall scan --publish`: what was catalogued goes to a hub, with where it was built.

use std::env;

use anyhow::Result;
use api::{
    catalogue::{self, Document, Published},
    image::Ingest,
};
use reqwest::Method;
use scan::Catalogued;

use crate::{
    cli::{Common, Publish},
    client::Asking,
    output::note,
};

/// The document that is sent: packages and facts, no verdicts, no values of environment variables.
pub(crate) fn document(catalogued: &Catalogued, args: &Publish) -> Document {
    let variables = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let mut document = catalogue::from_scan(catalogued, sbom::CATALOGUER_VERSION);
    document.published = Some(published(args, &variables));
    document
}

/// Sends it, and says what became of it.
pub(crate) fn send(document: &Document, args: &Publish, common: &Common) -> Result<()> {
    let asking = Asking::new(&args.hub)?;
    let path = match &args.publish_scope {
        Some(scope) => {
            format!(
                "{}/catalogues?{}",
                api::PREFIX,
                url::form_urlencoded::Serializer::new(String::new()).append_pair("scope", scope).finish()
            )
        }
        None => format!("{}/catalogues", api::PREFIX),
    };
    let done: Ingest = asking.run(asking.client.change(Method::POST, &path, document))?;
    let kept = if done.kept { "; the hub has read it itself, and keeps that" } else { "" };
    note(common, &format!("published as {} with {} packages{kept}", done.asset_id, done.packages));
    Ok(())
}

/// What was typed, else what the pipeline says of itself.
fn published(args: &Publish, variables: &dyn Fn(&str) -> Option<String>) -> Published {
    let first = |names: &[&str]| names.iter().find_map(|name| variables(name));
    let github = || {
        let (server, repository, run) =
            (variables("GITHUB_SERVER_URL")?, variables("GITHUB_REPOSITORY")?, variables("GITHUB_RUN_ID")?);
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    let or = |typed: &Option<String>, found: Option<String>| typed.clone().or(found).unwrap_or_default();
    Published {
        workflow: or(&args.workflow, first(&["GITHUB_WORKFLOW", "CI_PIPELINE_NAME", "CI_PROJECT_PATH"])),
        run_url: or(&args.run_url, github().or_else(|| first(&["CI_JOB_URL", "CI_PIPELINE_URL"]))),
        branch: or(&args.branch, first(&["GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME"])),
        commit: or(&args.commit, first(&["GITHUB_SHA", "CI_COMMIT_SHA"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::HubArgs;

    fn of(typed: Option<&str>, variables: &[(&str, &str)]) -> Published {
        let args = Publish {
            publish: true,
            publish_scope: None,
            workflow: typed.map(str::to_owned),
            run_url: None,
            branch: None,
            commit: None,
            hub: HubArgs { hub: None, token_file: None, hub_ca: None, insecure_http: false },
        };
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        published(&args, &|name: &str| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        })
    }

    #[test]
    fn a_pipeline_says_where_it_is_and_what_is_typed_goes_before() {
        let github = [
            ("GITHUB_WORKFLOW", "build"),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "shop/web"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_REF_NAME", "12/merge"),
            ("GITHUB_HEAD_REF", "feature"),
            ("GITHUB_SHA", "abc"),
        ];
        let said = of(None, &github);
        assert_eq!(said.run_url, "https://github.example/shop/web/actions/runs/7");
        assert_eq!(
            (said.workflow.as_str(), said.branch.as_str(), said.commit.as_str()),
            ("build", "feature", "abc")
        );
        assert_eq!(of(Some("nightly"), &github).workflow, "nightly");
        let gitlab = [
            ("CI_PROJECT_PATH", "shop/web"),
            ("CI_JOB_URL", "https://x/1"),
            ("CI_COMMIT_REF_NAME", "main"),
            ("CI_COMMIT_SHA", "d"),
        ];
        let said = of(None, &gitlab);
        assert_eq!((said.workflow.as_str(), said.run_url.as_str()), ("shop/web", "https://x/1"));
        assert_eq!((said.branch.as_str(), said.commit.as_str()), ("main", "d"));
        assert_eq!(of(None, &[]), Published::default());
    }
}
