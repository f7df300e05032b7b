//! Carriers and layouts, whole and hostile, as folder and as zip.

use std::{fs, io::Write};

use model::Limits;
use vulndb::Database;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

const OSV: &str = r#"{"id":"DEBIAN-CVE-2024-1","modified":"2026-11-01T00:00:00Z","upstream":["CVE-2024-1"],"affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.2"}]}]}]}"#;
const CVE: &str = r#"{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2024-1","state":"PUBLISHED","dateUpdated":"2026-10-01T00:00:00"},"containers":{"cna":{"title":"T"}}}"#;
const KEV: &str = r#"{"title":"k","catalogVersion":"1","dateReleased":"2026-11-02T00:00:00Z","vulnerabilities":[{"cveID":"CVE-2024-1","dateAdded":"2024-01-01"}]}"#;
const TRACKER: &str = r#"{"openssl":{"CVE-2024-1":{"releases":{"bookworm":{"status":"open","urgency":"low","nodsa":"Minor issue","nodsa_reason":"postponed"}}}}}"#;
const SECDB: &str = r#"{"apkurl":"x","reponame":"REPO","distroversion":"v3.22","packages":[{"pkg":{"name":"openssl","secfixes":{"3.0.2-r0":["CVE-2024-1"]}}}]}"#;
const EPSS: &str =
    "#model_version:v1,score_date:2026-11-24T00:00:00+0000\ncve,epss,percentile\nCVE-2024-1,0.5,0.9\n";

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

/// All that an installation can hold, by path.
fn everything() -> Vec<(&'static str, Vec<u8>)> {
    let secdb = |repository: &str| SECDB.replace("REPO", repository).into_bytes();
    let list = zipped(&[("cves/2024/0xxx/CVE-2024-1.json", CVE.as_bytes()), ("cves/deltaLog.json", b"[]")]);
    vec![
        ("Debian/all.zip", zipped(&[("DEBIAN-CVE-2024-1.json", OSV.as_bytes())])),
        ("Debian/sources.txt", b"# what was looked at\nzlib\nopenssl\n".to_vec()),
        ("debian-tracker/data.json", TRACKER.into()),
        ("alpine-secdb/v3.22/main.json", secdb("main")),
        ("alpine-secdb/v3.22/community.json", secdb("community")),
        ("CVE/2026-11-24_all_CVEs_at_midnight.zip.zip", zipped(&[("cves.zip", &list)])),
        ("kev/known_exploited_vulnerabilities.json", KEV.into()),
        ("epss/epss_scores-current.csv.gz", gzipped(EPSS)),
        ("manifest.json", b"{}".to_vec()),
        ("README.md", b"text".to_vec()),
        (
            "seawall-sources.json",
            br#"{"seawallSources":1,"files":{"debian-tracker/data.json":{"url":"https://example.org","time":"2026-11-20T00:00:00Z","bytes":1}}}"#.to_vec(),
        ),
    ]
}

struct Bench(tempfile::TempDir);

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        fs::create_dir(bench.0.path().join("feeds")).unwrap();
        for (name, bytes) in files {
            let path = bench.0.path().join("feeds").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        bench
    }

    fn import(&self, name: &str) -> Result<(Imported, Database), FeedError> {
        self.within(name, carrier::limits())
    }

    fn within(&self, name: &str, limits: Limits) -> Result<(Imported, Database), FeedError> {
        let to = self.0.path().join("db");
        let done = import_within(&self.0.path().join(name), &to, &Budget::new(limits), &mut |_| {})?;
        Ok((done, Database::open(&to).unwrap()))
    }
}

fn borrowed<'f>(files: &'f [(&'f str, Vec<u8>)]) -> Vec<(&'f str, &'f [u8])> {
    files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect()
}

fn lints(done: &Imported) -> Vec<(&str, &str, u64)> {
    done.lints.iter().map(|((source, code), count)| (source.as_str(), code.as_str(), *count)).collect()
}

#[test]
fn every_layout_is_recognised() {
    let files = everything();
    let bench = Bench::new(&borrowed(&files));
    let (done, database) = bench.import("feeds").unwrap();
    assert_eq!(lints(&done), []);
    let info = database.info();
    let sources: Vec<_> = info
        .sources
        .iter()
        .map(|source| (source.slug.as_str(), source.records, source.enriching, source.newest.as_deref()))
        .collect();
    assert_eq!(
        sources,
        [
            // Both repositories of the example say the same.
            ("alpine-secdb", 1, 0, None),
            ("cve", 0, 1, Some("2026-10-01T00:00:00Z")),
            ("debian-tracker", 1, 0, Some("2026-11-20T00:00:00Z")),
            ("epss", 0, 1, Some("2026-11-24T00:00:00Z")),
            ("kev", 0, 1, Some("2026-11-02T00:00:00Z")),
            ("osv-debian", 1, 0, Some("2026-11-01T00:00:00Z")),
        ]
    );
    let cve = database.enrichment("CVE-2024-1").unwrap().unwrap();
    assert_eq!((cve.title.as_str(), cve.epss, cve.kev.is_some()), ("T", Some((0.5, 0.9)), true));
}

#[test]
fn a_zip_of_the_folder_gives_the_same_database() {
    let files = everything();
    let bench = Bench::new(&borrowed(&files));
    let (of_folder, _) = bench.import("feeds").unwrap();
    let prefixed: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, bytes)| (format!("feeds/{name}"), bytes.clone())).collect();
    for prefix in ["feeds/", ""] {
        let inside: Vec<(&str, &[u8])> = prefixed
            .iter()
            .map(|(name, bytes)| {
                (name.strip_prefix("feeds/").filter(|_| prefix.is_empty()).unwrap_or(name), bytes.as_slice())
            })
            .collect();
        // Whatever it is called.
        fs::write(bench.0.path().join("carried.bin"), zipped(&inside)).unwrap();
        let (of_zip, _) = bench.import("carried.bin").unwrap();
        assert_eq!(of_zip.summary, of_folder.summary, "{prefix}");
    }
}

#[test]
fn one_file_of_a_feed_is_enough() {
    let bench = Bench::new(&[
        ("data.json", TRACKER.as_bytes()),
        ("Debian.zip", &zipped(&[("a.json", OSV.as_bytes())])),
    ]);
    assert_eq!(bench.import("feeds/data.json").unwrap().0.summary.records, 1);
    let (_, database) = bench.import("feeds/Debian.zip").unwrap();
    assert_eq!(database.info().sources[0].slug, "osv-debian");

    let files = everything();
    let bench = Bench::new(&borrowed(&files));
    let (_, database) = bench.import("feeds/Debian/all.zip").unwrap();
    assert_eq!(database.info().sources[0].slug, "osv-debian");
    assert!(database.coverage()[0].packages.is_some(), "what lies beside it says what it looked at");
}

#[test]
fn loose_records_count_as_those_of_their_folder() {
    let bench = Bench::new(&[
        ("Debian/one.json", OSV.as_bytes()),
        ("cves/2024/0xxx/CVE-2024-1.json", CVE.as_bytes()),
    ]);
    let (done, database) = bench.import("feeds").unwrap();
    assert_eq!(lints(&done), []);
    let slugs: Vec<_> = database.info().sources.into_iter().map(|source| source.slug).collect();
    assert_eq!(slugs, ["cve", "osv-debian"]);
}

#[test]
fn case_23_silence_of_alpine_speaks_only_where_both_repositories_were_read() {
    for (repositories, whole) in [(&["main"][..], false), (&["main", "community"], true)] {
        let files: Vec<(String, Vec<u8>)> = repositories
            .iter()
            .map(|name| (format!("{name}.json"), SECDB.replace("REPO", name).into_bytes()))
            .collect();
        let bench = Bench::new(
            &files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>(),
        );
        let (_, database) = bench.import("feeds").unwrap();
        assert_eq!(database.coverage()[0].packages.is_none(), whole, "{repositories:?}");
    }
}

#[test]
fn each_kind_of_lint_is_counted_and_kept() {
    let record = |id: &str, ecosystem: &str, events: &str| {
        format!(
            r#"{{"id":"{id}","affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"a"}},"ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]}}]}}"#
        )
    };
    let texts = [
        record("A", "npm", r#"{"introduced":"1.0.0"},{"fixed":"1.0.0"}"#),
        record("B", "npm", r#"{"introduced":"2.0.0"},{"fixed":"1.0.0"}"#),
        record("C", "npm", r#"{"introduced":"0"},{"fixed":"not a version"}"#),
        record("D", "Plan 9", r#"{"introduced":"0"}"#),
        record("E", "npm", r#"{"introduced":"0"}"#),
        record("E", "npm", r#"{"introduced":"0"},{"fixed":"2.0.0"}"#),
        r#"{"id":"F","affected":7}"#.to_owned(),
    ];
    let names: Vec<String> = (0..texts.len()).map(|number| format!("{number}.json")).collect();
    let inside: Vec<(&str, &[u8])> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let bench = Bench::new(&[("npm/all.zip", &zipped(&inside)), ("stray.json", b"{\"x\":1}")]);
    let (done, database) = bench.import("feeds").unwrap();
    assert_eq!(
        lints(&done),
        [
            ("files", "unrecognised", 1),
            ("osv-npm", "duplicate-id", 1),
            ("osv-npm", "empty-range", 1),
            ("osv-npm", "inverted-range", 1),
            ("osv-npm", "unknown-ecosystem", 1),
            ("osv-npm", "unparsable-version", 1),
            ("osv-npm", "unreadable", 1),
        ]
    );
    let kept = database.lints().unwrap();
    assert_eq!(kept.len(), 7);
    let duplicate = kept.iter().find(|lint| lint.code == "duplicate-id").unwrap();
    assert_eq!((duplicate.record.as_str(), duplicate.detail.as_str()), ("E", "npm/all.zip/5.json"));
}

#[test]
fn hostile_names_lead_nowhere_and_are_counted() {
    let inside = zipped(&[
        ("../../etc/evil.json", OSV.as_bytes()),
        ("/etc/evil.json", OSV.as_bytes()),
        ("a\\..\\evil.json", OSV.as_bytes()),
        ("a//evil.json", OSV.as_bytes()),
        ("good.json", OSV.as_bytes()),
    ]);
    let bench = Bench::new(&[("Debian/all.zip", &inside)]);
    let (done, _) = bench.import("feeds").unwrap();
    assert_eq!(done.summary.records, 1);
    assert_eq!(lints(&done), [("files", "odd-path", 4)]);
}

#[test]
fn a_record_that_swells_is_left_out_and_the_rest_is_read() {
    let bomb = format!("{{\"id\":\"X\",\"summary\":\"{}", " ".repeat(40 << 20));
    let inside = zipped(&[("bomb.json", bomb.as_bytes()), ("good.json", OSV.as_bytes())]);
    assert!(inside.len() < 1 << 20);
    let bench = Bench::new(&[("Debian/all.zip", &inside)]);
    let (done, _) = bench.import("feeds").unwrap();
    assert_eq!((done.summary.records, lints(&done)), (1, vec![("files", "expands-too-much", 1)]));

    let large = format!("{}{}", OSV, " ".repeat(65 << 20));
    let stored = {
        let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file(
            "large.json",
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored),
        )
        .unwrap();
        zip.write_all(large.as_bytes()).unwrap();
        zip.start_file("good.json", SimpleFileOptions::default()).unwrap();
        zip.write_all(OSV.as_bytes()).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let bench = Bench::new(&[("Debian/all.zip", &stored)]);
    let (done, _) = bench.import("feeds").unwrap();
    assert_eq!((done.summary.records, lints(&done)), (1, vec![("files", "too-large", 1)]));
}

#[test]
fn zips_in_zips_end() {
    let mut inside = zipped(&[("deep.json", OSV.as_bytes())]);
    for _ in 0..10 {
        inside = zipped(&[("good.json", OSV.as_bytes()), ("next.zip", &inside)]);
    }
    let bench = Bench::new(&[("Debian/all.zip", &inside)]);
    let (done, _) = bench.import("feeds").unwrap();
    let codes: Vec<_> = lints(&done).into_iter().filter(|(source, ..)| *source == "files").collect();
    assert_eq!(codes, [("files", "nested-too-deep", 1)]);
}

#[test]
fn limits_end_an_import_and_leave_the_old_database() {
    let bench =
        Bench::new(&[("Debian/all.zip", &zipped(&[("a.json", OSV.as_bytes()), ("b.json", OSV.as_bytes())]))]);
    bench.import("feeds").unwrap();
    let before = fs::read(bench.0.path().join("db")).unwrap();
    for limits in [
        Limits { bytes: 100, ..carrier::limits() },
        Limits { entries: 2, ..carrier::limits() },
        Limits { time: std::time::Duration::ZERO, ..carrier::limits() },
    ] {
        let failed = bench.within("feeds", limits).err().unwrap();
        assert!(matches!(failed, FeedError::Limit { .. }), "{failed}");
    }
    assert_eq!(fs::read(bench.0.path().join("db")).unwrap(), before);
}

#[test]
fn what_is_broken_ends_the_import_and_leaves_the_old_database() {
    let whole = zipped(&[("a.json", OSV.as_bytes())]);
    let bench = Bench::new(&[("Debian/all.zip", &whole)]);
    bench.import("feeds").unwrap();
    let before = fs::read(bench.0.path().join("db")).unwrap();
    let gz = gzipped(EPSS);
    let cases: &[(&str, &[u8])] = &[
        ("Alpine/all.zip", whole.get(..whole.len() / 2).unwrap()),
        ("Alpine/all.zip", b"<html>not found</html>"),
        ("data.json", TRACKER.as_bytes().get(..TRACKER.len() - 3).unwrap()),
        ("main.json", SECDB.as_bytes().get(..SECDB.len() - 1).unwrap()),
        ("kev.json", KEV.as_bytes().get(..KEV.len() - 1).unwrap()),
        ("epss.csv.gz", gz.get(..gz.len() - 9).unwrap()),
        ("epss.csv", b"cve,epss,rank\nCVE-2024-1,1,1\n"),
    ];
    for (name, bytes) in cases {
        let path = bench.0.path().join("feeds").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let failed = bench.import("feeds").map(|(done, _)| lints(&done).len()).err();
        let said = failed.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(matches!(failed, Some(FeedError::Broken { .. })), "{name}: {said}");
        assert!(said.contains(name.strip_suffix(".gz").unwrap_or(name)), "{name}: {said}");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(fs::read(bench.0.path().join("db")).unwrap(), before);
}

#[test]
fn a_member_whose_bytes_are_flipped_is_counted() {
    let mut inside =
        zipped(&[("a.json", OSV.as_bytes()), ("b.json", OSV.replace("-1\"", "-2\"").as_bytes())]);
    // Behind the first local header.
    for byte in inside.get_mut(60..70).unwrap() {
        *byte ^= 0xff;
    }
    let bench = Bench::new(&[("Debian/all.zip", &inside)]);
    let (done, _) = bench.import("feeds").unwrap();
    assert_eq!(done.summary.records, 1);
    let kinds: Vec<_> = lints(&done);
    assert_eq!(kinds.iter().map(|(.., count)| count).sum::<u64>(), 1, "{kinds:?}");
}

#[test]
fn folders_that_link_in_a_circle_are_read_once() {
    let bench = Bench::new(&[("Debian/one.json", OSV.as_bytes())]);
    std::os::unix::fs::symlink("..", bench.0.path().join("feeds/Debian/again")).unwrap();
    std::os::unix::fs::symlink("/nowhere.json", bench.0.path().join("feeds/dangling.json")).unwrap();
    let (done, _) = bench.import("feeds").unwrap();
    assert_eq!((done.summary.records, lints(&done)), (1, vec![]));
}

#[test]
fn nothing_is_said_of_nothing() {
    for files in [&[][..], &[("kev.json", KEV.as_bytes())], &[("package.json", br#"{"name":"x"}"#)]] {
        let failed = Bench::new(files).import("feeds").err().unwrap();
        assert!(matches!(failed, FeedError::Nothing { .. }), "{failed}");
    }
}
