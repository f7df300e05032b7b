//! CISA's catalogue of known exploited vulnerabilities, as published in JSON.

use model::Kev;
use serde::Deserialize;
use vulndb::Enrichment;

/// The slug.
pub(crate) const SOURCE: &str = "kev";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    date_released: Option<String>,
    vulnerabilities: Vec<Entry>,
}

/// The catalogue.
pub(crate) struct Catalogue {
    /// When this issue of it was released.
    pub(crate) released: Option<String>,
    /// One for each CVE.
    pub(crate) entries: Vec<Enrichment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
    date_added: String,
    #[serde(default)]
    due_date: String,
    #[serde(default)]
    known_ransomware_campaign_use: String,
}

/// Reads the catalogue.
pub(crate) fn read(bytes: &[u8]) -> Result<Catalogue, serde_json::Error> {
    let document: Document = serde_json::from_slice(bytes)?;
    let entries = document
        .vulnerabilities
        .into_iter()
        .map(|entry| Enrichment {
            cve: entry.cve,
            kev: Some(Kev {
                added: entry.date_added,
                due: entry.due_date,
                ransomware: entry.known_ransomware_campaign_use.eq_ignore_ascii_case("known"),
            }),
            ..Enrichment::default()
        })
        .collect();
    Ok(Catalogue { released: document.date_released, entries })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry() {
        let text = br#"{"vulnerabilities":[{"cveID":"CVE-2021-44228","dateAdded":"2021-12-10","dueDate":"2021-12-24","knownRansomwareCampaignUse":"Known"}]}"#;
        let kev = read(text).unwrap().entries.remove(0).kev.unwrap();
        assert_eq!((kev.added.as_str(), kev.ransomware), ("2021-12-10", true));
        assert!(read(b"<html>").is_err());
    }
}
