use std::collections::BTreeMap;

use model::Severity;
use serde::{Deserialize, Serialize};

use super::Control;

/// What can be set on a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What kind of value it takes.
    pub kind: ParameterKind,
    /// What holds where nothing is set.
    pub default: Value,
    /// The least number; `None` for other kinds.
    pub minimum: Option<i64>,
    /// The greatest number; `None` for other kinds.
    pub maximum: Option<i64>,
}

/// The kinds of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
    /// A severity.
    Severity,
}

/// A value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A severity.
    Severity(Severity),
}

impl Value {
    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> ParameterKind {
        match self {
            Self::Flag(_) => ParameterKind::Flag,
            Self::Number(_) => ParameterKind::Number,
            Self::Severity(_) => ParameterKind::Severity,
        }
    }
}

/// Values by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(BTreeMap<String, Value>);

impl FromIterator<(String, Value)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Parameters {
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name) {
            Some(Value::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    pub(crate) fn severity(&self, name: &str) -> Option<Severity> {
        match self.0.get(name) {
            Some(Value::Severity(severity)) => Some(*severity),
            _ => None,
        }
    }

    /// The values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

/// A value that a control does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// There is no such parameter.
    #[error("{control} takes no parameter '{name}'; it takes {takes}")]
    Unknown {
        /// The control.
        control: String,
        /// The name that was given.
        name: String,
        /// The names that there are, or "none".
        takes: String,
    },
    /// The value is of another kind.
    #[error("{name} of {control} takes a {wants}")]
    Kind {
        /// The control.
        control: String,
        /// The parameter.
        name: String,
        /// `number`, `yes or no`, `severity`.
        wants: &'static str,
    },
    /// The number is out of range.
    #[error("{name} of {control} is a number from {minimum} to {maximum}")]
    Range {
        /// The control.
        control: String,
        /// The parameter.
        name: String,
        /// Least.
        minimum: i64,
        /// Greatest.
        maximum: i64,
    },
}

impl Parameter {
    /// Does it take `value`?
    pub(super) fn check(&self, control: &str, value: Value) -> Result<(), ParameterError> {
        let (control, name) = (control.to_owned(), self.name.clone());
        if value.kind() != self.kind {
            let wants = match self.kind {
                ParameterKind::Number => "number",
                ParameterKind::Flag => "yes or no",
                ParameterKind::Severity => "severity",
            };
            return Err(ParameterError::Kind { control, name, wants });
        }
        let (minimum, maximum) = (self.minimum.unwrap_or(i64::MIN), self.maximum.unwrap_or(i64::MAX));
        match value {
            Value::Number(number) if !(minimum..=maximum).contains(&number) => {
                Err(ParameterError::Range { control, name, minimum, maximum })
            }
            _ => Ok(()),
        }
    }
}

impl Control {
    /// The defaults with `set` in their places: what is judged with.
    ///
    /// # Errors
    /// When a name is none of the control's, or a value is of another kind or out of range.
    pub fn parameters_with(&self, set: &Parameters) -> Result<Parameters, ParameterError> {
        let mut out = self.defaults();
        for (name, value) in &set.0 {
            let Some(parameter) = self.parameters.iter().find(|parameter| parameter.name == *name) else {
                let names: Vec<&str> =
                    self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
                let takes = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                return Err(ParameterError::Unknown {
                    control: self.id.0.clone().into_owned(),
                    name: name.chars().take(64).collect(),
                    takes,
                });
            };
            parameter.check(&self.id.0, *value)?;
            out.0.insert(name.clone(), *value);
        }
        Ok(out)
    }
}
