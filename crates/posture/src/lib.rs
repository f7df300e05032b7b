//! Exemptions, disable rules, health, recommendations and secure score, as pure functions of assessments.
