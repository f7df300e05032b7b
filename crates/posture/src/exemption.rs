//! Exemptions: a control that need not hold somewhere, said by a person with a reason. The asset is then not applicable
//! with the cause *exempt*, and counted beside.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Scope, Time, disable::MAX_REASON, scope::below};

/// A control that need not hold somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exemption {
    /// Its identity.
    pub id: String,
    /// The control.
    pub control: String,
    /// Where.
    pub target: Target,
    /// What kind of excuse.
    pub category: ExemptionCategory,
    /// Why.
    pub reason: String,
    /// When it was made: of two that reach as near, the elder acts.
    pub created: Time,
    /// From then on it holds no more.
    pub expires: Option<Time>,
}

/// Where an exemption holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "path", rename_all = "lowercase")]
pub enum Target {
    /// The assets of a scope and of those below it: at the top, the whole control.
    Scope(Scope),
    /// One asset and what is inside it: `registry/main/shop/web` also reaches `registry/main/shop/web@sha256:…`.
    Asset(String),
}

/// The kinds of excuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExemptionCategory {
    /// Something outside Seawall's sight takes care of it.
    Mitigated,
    /// The risk is accepted.
    Waiver,
}

impl ExemptionCategory {
    /// Its word in databases and JSON: `mitigated`, `waiver`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mitigated => "mitigated",
            Self::Waiver => "waiver",
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Mitigated => "mitigated elsewhere",
            Self::Waiver => "risk accepted",
        }
    }
}

impl FromStr for ExemptionCategory {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Mitigated, Self::Waiver]
            .into_iter()
            .find(|category| category.as_str() == word)
            .ok_or_else(|| format!("unknown category '{word}'; use mitigated or waiver"))
    }
}

/// An exemption that cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct ExemptionError {
    /// The field, as in JSON.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Exemption {
    /// Longest path of an asset, in bytes.
    pub const MAX_ASSET: usize = 1024;

    /// Does it hold at `now`?
    #[must_use]
    pub fn is_active(&self, now: Time) -> bool {
        self.expires.is_none_or(|end| now < end)
    }

    /// Does it reach an asset of a scope?
    #[must_use]
    pub fn reaches(&self, asset: &str, scope: &Scope) -> bool {
        match &self.target {
            Target::Scope(path) => path.holds(scope),
            Target::Asset(path) => below(path, asset, &['/', '@']),
        }
    }

    /// How near it is: an asset before any scope, a longer path before a shorter one.
    fn nearness(&self) -> (bool, usize) {
        match &self.target {
            Target::Asset(path) => (true, path.len()),
            Target::Scope(scope) => (false, scope.depth()),
        }
    }

    /// Which of two that reach the same asset acts: the nearer, else the elder. `Less` acts.
    pub(crate) fn precedence(&self, other: &Self) -> std::cmp::Ordering {
        let nearest = other.nearness().cmp(&self.nearness());
        nearest.then(self.created.cmp(&other.created)).then_with(|| self.id.cmp(&other.id))
    }

    /// Is it fit to be saved at `now`?
    ///
    /// # Errors
    /// All that is wrong with it, each naming its field.
    pub fn validate(&self, controls: &crate::Controls, now: Time) -> Result<(), Vec<ExemptionError>> {
        let mut errors = Vec::new();
        let mut wrong = |field, message: String| errors.push(ExemptionError { field, message });
        if controls.find(&self.control).is_none() {
            let shown: String = self.control.chars().take(80).collect();
            wrong("control", format!("there is no control '{shown}'"));
        }
        if let Target::Asset(path) = &self.target
            && (path.is_empty() || path.len() > Self::MAX_ASSET || path.chars().any(char::is_control))
        {
            wrong("target", format!("is the id of an asset, of 1 to {} bytes", Self::MAX_ASSET));
        }
        let reason = self.reason.trim().len();
        if reason == 0 || reason > MAX_REASON {
            wrong("reason", format!("say why in 1 to {MAX_REASON} bytes"));
        }
        if !self.is_active(now) {
            wrong("expires", "lies in the past".to_owned());
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn exemption(id: &str, control: &str, target: Target) -> Exemption {
        Exemption {
            id: id.to_owned(),
            control: control.to_owned(),
            target,
            category: ExemptionCategory::Waiver,
            reason: "accepted".to_owned(),
            created: Time(0),
            expires: None,
        }
    }

    #[test]
    fn it_reaches_its_scope_or_its_asset_and_what_is_inside() {
        let scope = Scope::new("org/shop").unwrap();
        let asset = "registry/main/shop/web@sha256:00";
        for (target, reaches) in [
            (Target::Scope(Scope::new("org").unwrap()), true),
            (Target::Scope(Scope::new("org/shop/web").unwrap()), false),
            (Target::Asset(asset.into()), true),
            (Target::Asset("registry/main/shop/web".into()), true),
            (Target::Asset("registry/main".into()), true),
            (Target::Asset("registry/main/shop/we".into()), false),
            (Target::Asset("registry/main/shop/web@sha256:0".into()), false),
        ] {
            let exemption = exemption("e", "image.root-user", target);
            assert_eq!(exemption.reaches(asset, &scope), reaches, "{:?}", exemption.target);
        }
    }

    #[test]
    fn the_word_of_a_category_is_the_same_in_json_and_databases() {
        for category in [ExemptionCategory::Mitigated, ExemptionCategory::Waiver] {
            assert_eq!(category.as_str().parse(), Ok(category));
            assert_eq!(serde_json::to_value(category).unwrap(), category.as_str());
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let controls = crate::builtin().unwrap();
        let mut exemption = exemption("e", "image.root-user", Target::Asset("registry/main".into()));
        assert_eq!(exemption.validate(controls, Time(1)), Ok(()));
        exemption.control = "image.rooted".to_owned();
        exemption.target = Target::Asset(String::new());
        exemption.reason = "\n".to_owned();
        exemption.expires = Some(Time(1));
        let errors = exemption.validate(controls, Time(1)).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["control", "target", "reason", "expires"]);
    }
}
