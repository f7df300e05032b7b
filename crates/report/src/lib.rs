//! Results for people and machines: table, JSON, SARIF, CycloneDX.
