//! A few real advisories, in the layout of the OSV bucket.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

/// CVE, Debian's source package, what of it is affected in bookworm, Debian's urgency.
const DEBIAN: &[(&str, &str, (&str, &str), &str)] = &[
    ("CVE-2023-5363", "openssl", ("0", "3.0.11-1~deb12u2"), "medium"),
    ("CVE-2023-4863", "libwebp", ("0", "1.2.4-0.2+deb12u1"), "high"),
    ("CVE-2023-43804", "python-urllib3", ("0", "1.26.12-1+deb12u1"), "medium"),
    ("CVE-2023-6246", "glibc", ("0", "2.36-9+deb12u4"), "high"),
    ("CVE-2024-2961", "glibc", ("0", "2.36-9+deb12u6"), "high"),
    ("CVE-2024-1086", "linux", ("0", "6.1.76-1"), "high"),
    ("CVE-2024-28085", "util-linux", ("0", "2.38.1-5+deb12u1"), "not yet assigned"),
];

const MODIFIED: &str = "2026-11-20T08:00:00Z";

fn record(id: &str, rest: &Value) -> (String, String) {
    let mut record = json!({"schema_version": "1.7.0", "id": id, "modified": MODIFIED});
    for (key, value) in rest.as_object().unwrap() {
        record[key] = value.clone();
    }
    (format!("{id}.json"), record.to_string())
}

fn debian() -> Vec<(String, String)> {
    DEBIAN
        .iter()
        .map(|(cve, package, (introduced, fixed), urgency)| {
            let range =
                json!({"type": "ECOSYSTEM", "events": [{"introduced": introduced}, {"fixed": fixed}]});
            record(
                &format!("DEBIAN-{cve}"),
                &json!({"upstream": [cve], "affected": [{
                    "package": {"ecosystem": "Debian:12", "name": package}, "ranges": [range],
                    "ecosystem_specific": {"urgency": urgency},
                }]}),
            )
        })
        .collect()
}

fn npm() -> Vec<(String, String)> {
    let affected = |name: &str, events: Value| {
        let range = json!({"type": "SEMVER", "events": events});
        json!([{"package": {"ecosystem": "npm", "name": name}, "ranges": [range]}])
    };
    vec![
        record(
            "GHSA-35jh-r3h4-6jhm",
            &json!({
                "aliases": ["CVE-2021-23337"], "summary": "Command Injection in lodash",
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"}],
                "affected": affected("lodash", json!([{"introduced": "0"}, {"fixed": "4.17.21"}])),
            }),
        ),
        record(
            "GHSA-xvch-5gv4-984h",
            &json!({
                "aliases": ["CVE-2021-44906"], "summary": "Prototype Pollution in minimist",
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
                "affected": affected("minimist", json!([{"introduced": "1.0.0"}, {"fixed": "1.2.6"}])),
            }),
        ),
    ]
}

fn pypi() -> Vec<(String, String)> {
    let range = json!({"type": "ECOSYSTEM", "events": [
        {"introduced": "2.0.0"}, {"fixed": "2.0.6"}, {"introduced": "0"}, {"fixed": "1.26.17"},
    ]});
    vec![record(
        "PYSEC-2023-192",
        &json!({
            "aliases": ["CVE-2023-43804", "GHSA-v845-jxx5-vc9f"],
            "affected": [{"package": {"ecosystem": "PyPI", "name": "urllib3"}, "ranges": [range]}],
        }),
    )]
}

fn crates_io() -> Vec<(String, String)> {
    let range = json!({"type": "SEMVER", "events": [{"introduced": "0.0.0-0"}]});
    vec![record(
        "RUSTSEC-2024-0375",
        &json!({"summary": "`atty` is unmaintained", "affected": [{
            "package": {"ecosystem": "crates.io", "name": "atty"}, "ranges": [range],
            "database_specific": {"informational": "unmaintained"},
        }]}),
    )]
}

/// What the CVE list itself says: the rating of who assigned it.
fn cve() -> Vec<(String, String)> {
    let text = json!({
        "dataType": "CVE_RECORD", "dataVersion": "5.1",
        "cveMetadata": {"cveId": "CVE-2024-28085", "state": "PUBLISHED", "datePublished": "2024-03-27T00:00:00Z"},
        "containers": {"cna": {"providerMetadata": {"shortName": "mitre"}}, "adp": [{
            "providerMetadata": {"shortName": "CISA-ADP"},
            "metrics": [{"cvssV3_1": {
                "vectorString": "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N", "baseScore": 4.0, "version": "3.1",
            }}],
            "problemTypes": [{"descriptions": [{"cweId": "CWE-150", "lang": "en", "description": "CWE-150"}]}],
        }]},
    });
    vec![("CVE-2024-28085.json".to_owned(), text.to_string())]
}

/// What Debian's own tracker says beside it: what was never affected, what waits, what is unimportant.
fn tracker() -> Value {
    let bookworm = |release: Value| json!({"releases": {"bookworm": release}});
    json!({
        "glibc": {"CVE-2019-1010022": bookworm(json!({"status": "open", "urgency": "unimportant"}))},
        "shadow": {"CVE-2023-4641": bookworm(json!({
            "status": "open", "urgency": "not yet assigned", "nodsa": "Minor issue", "nodsa_reason": "",
        }))},
        "xz-utils": {"CVE-2024-3094": bookworm(json!({
            "status": "resolved", "fixed_version": "0", "urgency": "not yet assigned",
        }))},
    })
}

const EPSS: &str = "\
#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000
cve,epss,percentile
CVE-2023-4863,0.93604,0.99830
CVE-2023-5363,0.03312,0.86470
";

fn exploited() -> Value {
    let entry = |cve: &str, added: &str, due: &str| json!({"cveID": cve, "dateAdded": added, "dueDate": due, "knownRansomwareCampaignUse": "Unknown"});
    json!({"vulnerabilities": [
        entry("CVE-2023-4863", "2023-09-13", "2023-10-04"),
        entry("CVE-2024-1086", "2024-05-30", "2024-06-20"),
    ]})
}

/// Writes the feeds to `folder`, and the same as one zip beside it. For some, the packages that they looked at are
/// listed: about those, silence means clean.
pub(crate) fn write(folder: &Path) {
    let debian_packages = "glibc\nlibwebp\nlinux\nopenssl\npython-urllib3\nshadow\nutil-linux\nxz-utils\n";
    for (name, records, packages) in [
        ("Debian", debian(), debian_packages),
        ("npm", npm(), "lodash\nminimist\n"),
        ("PyPI", pypi(), "urllib3\n"),
        ("crates.io", crates_io(), "atty\n"),
        ("CVE", cve(), ""),
    ] {
        let feed = folder.join(name);
        fs::create_dir_all(&feed).unwrap();
        pack(&feed.join("all.zip"), records.iter().map(|(file, text)| (file.as_str(), text.as_bytes())));
        if !packages.is_empty() {
            fs::write(feed.join("sources.txt"), packages).unwrap();
        }
    }
    for (file, text) in [
        ("kev/known_exploited_vulnerabilities.json", exploited().to_string()),
        ("debian-tracker/data.json", tracker().to_string()),
        ("epss/epss_scores-current.csv", EPSS.to_owned()),
    ] {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let files = files(folder);
    let names = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    pack(&folder.with_extension("zip"), names);
}

/// Every file below `folder`, two deep.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for feed in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(feed).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(folder).unwrap().display().to_string();
            files.push((name, fs::read(file).unwrap()));
        }
    }
    files.sort();
    files
}

fn pack<'a>(to: &Path, files: impl Iterator<Item = (&'a str, &'a [u8])>) {
    let mut zip = ZipWriter::new(File::create(to).unwrap());
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}
