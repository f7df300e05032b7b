//! What a file is, by its content.
//!
//! | file | recognised by | source |
//! |---|---|---|
//! | OSV record | `id`, `schema_version`, `modified` … first | `osv-<ecosystem>`, by its folder or zip |
//! | CVE record, JSON 5 | `dataType`, `cveMetadata` | `cve` |
//! | KEV catalogue | `catalogVersion`, `vulnerabilities` | `kev` |
//! | Debian's security tracker | packages, in each CVEs | `debian-tracker` |
//! | Alpine's secdb | `distroversion`, `reponame` … | `alpine-secdb` |
//! | EPSS scores, CSV | `#model_version` or `cve,epss` | `epss` |
//!
//! Where a file lies does not matter, but for the slug of OSV records and for `sources.txt`, the list of packages that
//! a source looked at, which lies beside its records.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Osv,
    Cve,
    Kev,
    Tracker,
    Secdb,
    Epss,
    /// What `db update` keeps beside the files.
    Kept,
}

impl Kind {
    /// Does a file of this kind hold many records? One that is broken then lacks nobody knows what.
    pub(crate) const fn has_many(self) -> bool {
        !matches!(self, Self::Osv | Self::Cve)
    }
}

/// The kind of a file from its first bytes; `None` where they are none of ours.
pub(crate) fn of(head: &[u8]) -> Option<Kind> {
    let text = head.trim_ascii_start();
    if text.starts_with(b"#model_version") || text.starts_with(b"cve,epss") {
        return Some(Kind::Epss);
    }
    let mut found = None;
    // Ends with an error as soon as it knows, or where the bytes end: both are an answer.
    let _ = serde_json::Deserializer::from_slice(text).deserialize_map(Keys(&mut found));
    found
}

/// Reads keys until one tells.
struct Keys<'k>(&'k mut Option<Kind>);

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            *self.0 = match key.as_str() {
                "id" | "schema_version" | "modified" | "published" | "affected" | "aliases" | "upstream"
                | "related" | "database_specific" | "withdrawn" => Some(Kind::Osv),
                "dataType" | "dataVersion" | "cveMetadata" => Some(Kind::Cve),
                "catalogVersion" | "dateReleased" | "vulnerabilities" => Some(Kind::Kev),
                "distroversion" | "reponame" | "apkurl" | "archs" | "urlprefix" => Some(Kind::Secdb),
                "seawallSources" => Some(Kind::Kept),
                _ => None,
            };
            if self.0.is_some() {
                return Err(de::Error::custom("enough"));
            }
            map.next_value_seed(Package(self.0))?;
        }
        Ok(())
    }
}

/// Passes over a value, unless it is an object whose first key is a CVE, as the tracker's packages are.
struct Package<'k>(&'k mut Option<Kind>);

impl<'de> DeserializeSeed<'de> for Package<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Package<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(key) = map.next_key::<String>()? else { return Ok(()) };
        if key.starts_with("CVE-") || key.starts_with("TEMP-") {
            *self.0 = Some(Kind::Tracker);
            return Err(de::Error::custom("enough"));
        }
        map.next_value::<IgnoredAny>()?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        let cases: &[(&str, Option<Kind>)] = &[
            (r#"{"id":"GHSA-1","modified":"#, Some(Kind::Osv)),
            (r#"  {"schema_version":"1.7.0","id":"X"}"#, Some(Kind::Osv)),
            (r#"{"summary":"text first","details":"more","id":"X"}"#, Some(Kind::Osv)),
            (r#"{"dataType":"CVE_RECORD","cveMetadata":{}}"#, Some(Kind::Cve)),
            (r#"{"containers":{"cna":{}},"cveMetadata":{}}"#, Some(Kind::Cve)),
            (
                r#"{"title":"CISA Catalog of Known Exploited Vulnerabilities","catalogVersion":"2025"}"#,
                Some(Kind::Kev),
            ),
            (r#"{"apkurl":"{{urlprefix}}/{{distroversion}}","archs":["x86_64"]}"#, Some(Kind::Secdb)),
            (r#"{"389-ds-base":{"CVE-2012-0833":{"scope":"local","releases":{"bookw"#, Some(Kind::Tracker)),
            (r#"{"empty":{},"acpid":{"TEMP-0000000-A1B2C3":{}}}"#, Some(Kind::Tracker)),
            (
                "#model_version:v2025.03.14,score_date:2026-11-24T00:00:00+0000\ncve,epss,percentile\n",
                Some(Kind::Epss),
            ),
            ("cve,epss,percentile\nCVE-1999-0001,0.1,0.2\n", Some(Kind::Epss)),
            (r#"{"seawallSources":1,"files":{}}"#, Some(Kind::Kept)),
            (
                r#"{"AlmaLinux":{"advisories":5637,"newest":"x"},"n":1,"f":0.5,"a":[1,[2]],"t":true,"z":null}"#,
                None,
            ),
            (r#"{"name":"lodash","version":"4.17.20"}"#, None),
            (r#"[{"id":"in a list"}]"#, None),
            ("<!DOCTYPE html><html>", None),
            ("", None),
            ("{", None),
            ("\u{0}\u{1}", None),
        ];
        for (text, kind) in cases {
            assert_eq!(of(text.as_bytes()), *kind, "{text}");
        }
        // Nesting without end is no answer and no crash.
        assert_eq!(of("{\"a\":".repeat(100_000).as_bytes()), None);
        assert_eq!(of(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes()), None);
    }
}
