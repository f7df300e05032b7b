//! The real rpm as the judge: databases that it writes, with rows left in the write-ahead log, whole, torn and in every
//! page size, list the same packages. Needs rpm, rpmbuild and Debian's python3.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the lint's leave for tests does not reach the functions that they share"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use package::PackageType;
use sbom::{Assembled, FileFact, FileInfo, Options, View, assemble, extract, interest};
use tempfile::TempDir;

#[path = "../src/testing.rs"]
mod testing;

const PATH: &str = "var/lib/rpm/rpmdb.sqlite";

fn run(program: &str, directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed: {error}; run 'scripts/setup test'"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}

/// An rpm called `name` with as many files.
fn build(directory: &Path, name: &str, epoch: Option<u32>, files: u32) -> String {
    let epoch = epoch.map_or_else(String::new, |epoch| format!("Epoch: {epoch}\n"));
    let spec = format!(
        "Name: {name}\n{epoch}Version: 1.2~rc1^git3\nRelease: 4.el9\nSummary: s\nLicense: MIT AND ISC\n\
         Vendor: Test\nBuildArch: noarch\n%description\nd\n%install\nmkdir -p %{{buildroot}}/usr/share/{name}\n\
         for n in $(seq {files}); do echo > %{{buildroot}}/usr/share/{name}/a-file-with-a-long-name-$n; done\n\
         %files\n/usr/share/{name}\n"
    );
    fs::write(directory.join(format!("{name}.spec")), spec).unwrap();
    let top = format!("_topdir {}/top", directory.display());
    run("rpmbuild", directory, &["-bb", "--quiet", "--define", &top, &format!("{name}.spec")]);
    format!("top/RPMS/noarch/{name}-1.2~rc1^git3-4.el9.noarch.rpm")
}

/// A database whose last packages stand in the log only: a reader keeps rpm from copying them over.
fn databases(directory: &Path) -> (Vec<u8>, Vec<u8>) {
    let first = [build(directory, "small", None, 1), build(directory, "epoch", Some(3), 0)];
    let late = [build(directory, "large", Some(0), 3000), build(directory, "gpg-pubkey", None, 0)];
    let install = |rpms: &[String]| {
        let mut arguments = vec!["--dbpath", "db", "-i", "--justdb", "--nodeps"];
        let db = directory.join("db");
        arguments[1] = db.to_str().unwrap();
        arguments.extend(rpms.iter().map(String::as_str));
        run("rpm", directory, &arguments);
    };
    install(&first);
    let mut reader = Command::new("/usr/bin/python3")
        .args(["-c", READER])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed; run 'scripts/setup test'");
    let mut line = String::new();
    BufReader::new(reader.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "reading");
    install(&late);
    let read = |name: &str| fs::read(directory.join("db").join(name)).unwrap();
    let pair = (read("rpmdb.sqlite"), read("rpmdb.sqlite-wal"));
    reader.stdin.take().unwrap().write_all(b"\n").unwrap();
    reader.wait().unwrap();
    pair
}

const READER: &str = "
import sqlite3, sys
db = sqlite3.connect('db/rpmdb.sqlite', isolation_level=None)
db.execute('BEGIN')
db.execute('SELECT count(*) FROM Packages').fetchall()
print('reading', flush=True)
sys.stdin.readline()
";

/// What rpm lists of these files.
fn theirs(directory: &Path, main: &[u8], log: &[u8]) -> Vec<String> {
    let db = TempDir::new_in(directory).unwrap();
    fs::write(db.path().join("rpmdb.sqlite"), main).unwrap();
    fs::write(db.path().join("rpmdb.sqlite-wal"), log).unwrap();
    let format = "%{NAME} %{EVR} %{ARCH} %{LICENSE} %{VENDOR} %{SOURCERPM}\n";
    let list = run("rpm", directory, &["--dbpath", db.path().to_str().unwrap(), "-qa", "--qf", format]);
    let mut list: Vec<String> =
        list.lines().filter(|line| !line.starts_with("gpg-pubkey ")).map(str::to_owned).collect();
    list.sort();
    list
}

/// What we list of them.
fn ours(main: &[u8], log: &[u8]) -> (Vec<String>, Assembled) {
    let assembled =
        testing::Image::new().file(0, PATH, main).file(0, &format!("{PATH}-wal"), log).catalogue();
    let list = assembled.catalogue.packages.iter().filter(|package| package.kind == PackageType::Rpm);
    let mut list: Vec<String> = list
        .map(|package| {
            let source = package.source.as_ref().unwrap();
            let package::Detail::Rpm { vendor, .. } = &package.detail else { panic!("no rpm") };
            format!(
                "{} {} {} {} {} {}-{}.src.rpm",
                package.name,
                package.version,
                package.arch.as_deref().unwrap(),
                package.licences.join(" "),
                vendor.as_deref().unwrap(),
                source.name,
                source.version
            )
        })
        .collect();
    list.sort();
    (list, assembled)
}

#[test]
fn case_19_databases_with_rows_in_the_log_equal_rpms_own_list() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let (main, log) = databases(directory);
    assert!(log.len() > 100_000, "the log holds the large package: {} bytes", log.len());

    let (whole, assembled) = ours(&main, &log);
    assert_eq!(whole, theirs(directory, &main, &log));
    assert_eq!(whole.len(), 3, "{whole:?}");
    assert_eq!(testing::problems(&assembled), [""; 0]);
    let (old, _) = ours(&main, &[]);
    assert_eq!(old, theirs(directory, &main, &[]));
    assert_eq!(old.len(), 2, "{old:?}");

    // Torn and damaged logs: at the edges of the header and of frames, and at odd places.
    let frame = 24 + 4096;
    let cuts = [1, 32, 32 + frame - 1, 32 + frame, 32 + 20 * frame, log.len() / 2, log.len() - 1];
    for cut in cuts.into_iter().filter(|cut| *cut < log.len()) {
        assert_eq!(ours(&main, &log[..cut]).0, theirs(directory, &main, &log[..cut]), "cut at {cut}");
    }
    for at in [0, 5, 9, 17, 25, 32, 37, 41, 49, 32 + 10 * frame + 100, log.len() - 5] {
        let mut damaged = log.clone();
        damaged[at] ^= 0x10;
        assert_eq!(ours(&main, &damaged).0, theirs(directory, &main, &damaged), "byte {at} damaged");
    }

    // The same rows in every page size that SQLite knows, with overflow pages and inner pages as they come.
    fs::write(directory.join("whole.sqlite"), &main).unwrap();
    fs::write(directory.join("whole.sqlite-wal"), &log).unwrap();
    run("/usr/bin/python3", directory, &["-c", RESIZE]);
    for exponent in 9..=16 {
        let size = 1 << exponent;
        let bytes = fs::read(directory.join(format!("{size}.sqlite"))).unwrap();
        let (resized, assembled) = ours(&bytes, &[]);
        assert_eq!(resized, whole, "pages of {size} bytes");
        assert_eq!(testing::problems(&assembled), [""; 0]);
    }
}

const RESIZE: &str = "
import sqlite3
whole = sqlite3.connect('whole.sqlite')
rows = whole.execute('SELECT hnum, blob FROM Packages').fetchall()
for exponent in range(9, 17):
    size = 1 << exponent
    db = sqlite3.connect(f'{size}.sqlite', isolation_level=None)
    db.execute(f'PRAGMA page_size={size}')
    db.execute('PRAGMA synchronous=OFF')
    db.execute(\"CREATE TABLE 'Filler' (a INTEGER PRIMARY KEY, b TEXT)\")
    db.execute(\"CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)\")
    db.execute('BEGIN')
    # Rows that come and go leave free pages and a table in several levels.
    for n in range(3000):
        db.execute('INSERT INTO Packages VALUES (?, ?)', (n + 1000000, b'x' * 300))
    for hnum, blob in rows:
        db.execute('INSERT INTO Packages VALUES (?, ?)', (hnum * 400000, blob))
    db.execute('COMMIT')
    db.execute('DELETE FROM Packages WHERE length(blob) = 300')
    db.close()
";
