use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How bad a finding is. `Unknown` is a class of its own, not "below low": gates count it apart
/// (`--unknown-as`), and tables show it apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No source rates it.
    #[default]
    Unknown,
    /// Rated, and rated as nothing to act on (CVSS 0.0, Ubuntu's "negligible").
    Negligible,
    /// CVSS 0.1 to 3.9.
    Low,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 9.0 to 10.0.
    Critical,
}

impl Severity {
    /// All, worst first, `Unknown` last: the order in which people read them.
    pub const WORST_FIRST: [Severity; 6] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Negligible, Self::Unknown];

    /// The qualitative rating of a CVSS v3 or v4 base score (0.0 to 10.0; CVSS v3.1 specification, table 14).
    #[must_use]
    pub fn from_cvss_score(score: f64) -> Self {
        match score {
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            _ => Self::Negligible,
        }
    }

    /// The lower-case word, as in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    /// Reads the words that advisory sources use; case does not matter.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word.to_ascii_lowercase().as_str() {
            "unknown" | "untriaged" | "not yet assigned" => Self::Unknown,
            "negligible" | "none" | "unimportant" => Self::Negligible,
            "low" => Self::Low,
            "medium" | "moderate" => Self::Medium,
            "high" | "important" => Self::High,
            "critical" => Self::Critical,
            _ => {
                return Err(format!(
                    "unknown severity '{word}'; use critical, high, medium, low, negligible or unknown"
                ));
            }
        })
    }
}
