//! Credentials where they should not be. A value is never here: only where it stands and what it looks like.

use serde::{Deserialize, Serialize};

/// A value in an image's configuration that looks like a credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Credential {
    /// Where it stands.
    pub place: CredentialPlace,
    /// Name of the variable, label or option, or the number of the build step. Never the value.
    pub name: String,
    /// What it looks like.
    pub kind: CredentialKind,
}

/// Places in an image's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialPlace {
    /// An environment variable.
    Environment,
    /// A label.
    Label,
    /// Command or entry point.
    Command,
    /// An instruction of the history.
    History,
}

impl CredentialPlace {
    /// In words: `environment variable`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Environment => "environment variable",
            Self::Label => "label",
            Self::Command => "command",
            Self::History => "build step",
        }
    }
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// A private key in PEM form.
    PrivateKey,
    /// An access key id of AWS.
    AwsAccessKey,
    /// A token of GitHub.
    GithubToken,
    /// A token of GitLab.
    GitlabToken,
    /// A token of Slack.
    SlackToken,
    /// A key of a Google API.
    GoogleApiKey,
    /// A secret key of Stripe.
    StripeKey,
    /// A token of the npm registry.
    NpmToken,
    /// A signed JSON web token.
    Jwt,
    /// A URL with a password in it.
    UrlPassword,
    /// The name says that the value is a password, token or key.
    ByName,
}

impl CredentialKind {
    /// In words: `a GitHub token`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::PrivateKey => "a private key",
            Self::AwsAccessKey => "an AWS access key",
            Self::GithubToken => "a GitHub token",
            Self::GitlabToken => "a GitLab token",
            Self::SlackToken => "a Slack token",
            Self::GoogleApiKey => "a Google API key",
            Self::StripeKey => "a Stripe key",
            Self::NpmToken => "an npm token",
            Self::Jwt => "a signed token",
            Self::UrlPassword => "a URL with a password",
            Self::ByName => "a password, token or key by its name",
        }
    }
}
