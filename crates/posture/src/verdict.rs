use std::borrow::Cow;

use model::{State, StateKind};
use serde::{Deserialize, Serialize};

/// Why a state is what it is. The code is for filters and never renamed, the text is for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// A stable slug: `not-pulled`, `plan-off`, `exempt`.
    pub code: Cow<'static, str>,
    /// One line for people.
    pub text: String,
}

impl Cause {
    /// The control's plan is off in the asset's scope.
    pub const PLAN_OFF: &'static str = "plan-off";
    /// An exemption says so.
    pub const EXEMPT: &'static str = "exempt";
    /// Nobody pulled the image lately.
    pub const NOT_PULLED: &'static str = "not-pulled";
    /// The asset has not been looked at yet.
    pub const NOT_SCANNED: &'static str = "not-scanned";
    /// What is in the image cannot be judged.
    pub const UNSUPPORTED: &'static str = "unsupported";
    /// The look was not complete, or there was no data.
    pub const INCOMPLETE: &'static str = "incomplete";
    /// A fact that the control needs is not known.
    pub const NOT_KNOWN: &'static str = "not-known";
    /// The control's parameters are not what they should be.
    pub const PARAMETERS: &'static str = "parameters";

    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), text: text.into() }
    }
}

/// What a control says of an asset at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which of the four states.
    pub state: StateKind,
    /// Why; empty only where it is healthy.
    pub causes: Vec<Cause>,
    /// Findings that count.
    pub findings: u64,
    /// What else to know, such as that the registry tells nothing of pulls. Changes no state.
    pub notes: Vec<Cow<'static, str>>,
}

impl Verdict {
    /// Looked at, with data, and clean.
    #[must_use]
    pub const fn healthy() -> Self {
        Self { state: StateKind::Healthy, causes: Vec::new(), findings: 0, notes: Vec::new() }
    }

    /// Unhealthy by so many findings.
    #[must_use]
    pub fn unhealthy(cause: Cause, findings: u64) -> Self {
        Self { state: StateKind::Unhealthy, causes: vec![cause], findings, notes: Vec::new() }
    }

    /// Does not concern the asset.
    #[must_use]
    pub fn not_applicable(cause: Cause) -> Self {
        Self { state: StateKind::NotApplicable, causes: vec![cause], findings: 0, notes: Vec::new() }
    }

    /// Could not be judged.
    #[must_use]
    pub fn not_assessed(causes: Vec<Cause>) -> Self {
        Self { state: StateKind::NotAssessed, causes, findings: 0, notes: Vec::new() }
    }

    /// In the vocabulary of all engines.
    #[must_use]
    pub fn state(&self) -> State {
        let causes = || self.causes.iter().map(|cause| cause.text.clone()).collect();
        match self.state {
            StateKind::Healthy => State::Healthy,
            StateKind::Unhealthy => State::Unhealthy,
            StateKind::NotApplicable => State::NotApplicable(causes()),
            StateKind::NotAssessed => State::NotAssessed(causes()),
        }
    }

    /// The causes as one line; empty where there is none.
    #[must_use]
    pub fn cause(&self) -> String {
        let texts: Vec<&str> = self.causes.iter().map(|cause| cause.text.as_str()).collect();
        texts.join("; ")
    }
}
