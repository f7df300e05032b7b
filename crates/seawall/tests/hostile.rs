//! What a nasty user would try on the binary. Each target is generated here; each run is held to its exit code, to a message
//! or Problem that says what and where, and to bounds of time and memory.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "hostile/bench.rs"]
mod bench;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener},
    thread,
};

use bench::{Bench, Tar, gzip, saved, sha256, system};

#[test]
fn archives_that_are_cut_or_flipped_or_lie() {
    let bench = Bench::new();
    let tar = system().end();
    let whole = saved(&gzip(&tar), &tar);
    bench.write("whole.tar", &whole).link("link.tar", "whole.tar");
    for name in ["whole.tar", "link.tar"] {
        let json = bench.told(&[name], &[]);
        assert_eq!(json["problems"].as_array().unwrap().len(), 0, "{json:#}");
        assert!(json["packages"].as_array().is_none_or(|packages| packages.len() == 1));
    }

    bench.write("cut.tar", &whole[..2000]);
    bench.refused(&["cut.tar"], &["cut.tar"]);
    let mut flipped = whole.clone();
    let at = flipped.windows(2).position(|pair| pair == [0x1f, 0x8b]).unwrap() + 60;
    flipped[at] ^= 0x10;
    bench.write("flipped.tar", &flipped);
    bench.told(&["flipped.tar"], &[("archive.corrupt", "layer", 1)]);
    let other = Tar::default().file("b", b"").end();
    bench.write("digest.tar", saved(&other, &tar));
    bench.told(&["digest.tar"], &[("scan.digest-mismatch", "layer", 1)]);
    let garbage = [gzip(&tar), b"garbage".to_vec()].concat();
    bench.write("garbage.tar", saved(&garbage, &tar));
    bench.told(&["garbage.tar"], &[("archive.trailing-data", "layer", 7)]);
    let (a, b) = tar.split_at(700);
    bench.write("members.tar", saved(&[gzip(a), gzip(b)].concat(), &tar));
    assert_eq!(bench.told(&["members.tar"], &[])["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn archives_that_lead_elsewhere_or_hold_nothing() {
    let bench = Bench::new();
    let passwd = br#"[{"Config":"../../etc/passwd","RepoTags":null,"Layers":["../../../etc/shadow"]}]"#;
    bench.write("out.tar", Tar::default().file("manifest.json", passwd).end());
    bench.refused(&["out.tar"], &["out.tar", "../../etc/passwd"]);
    bench.write("deep.tar", Tar::default().file("manifest.json", "[".repeat(10_000).as_bytes()).end());
    bench.refused(&["deep.tar"], &["deep.tar"]);
    bench.write("empty.tar", Tar::default().file("readme", b"x").end());
    bench.refused(&["empty.tar"], &["neither a manifest.json", "index.json"]);
    let circle = Tar::default().entry(b"manifest.json", b'2', "manifest.json", 0, b"").end();
    bench.write("circle.tar", circle);
    bench.refused(&["circle.tar"], &["circle.tar"]);
    let huge = Tar::default().entry(b"manifest.json", b'0', "", 1 << 30, b"[]").0;
    bench.sparse("huge.tar", &huge, 2 << 30);
    bench.refused(&["huge.tar"], &["huge.tar", "bytes"]);
    bench.sparse("sparse.bin", b"no archive", 10 << 30);
    bench.refused(&["sparse.bin"], &["sparse.bin", "no image archive"]);
    bench.refused(&["--kind", "archive", "sparse.bin"], &["sparse.bin"]);
    bench.refused(&["--kind", "sbom", "sparse.bin"], &["sparse.bin", "bytes"]);
    bench.fifo("pipe");
    for arguments in [&["./pipe"][..], &["--kind", "archive", "pipe"], &["--kind", "sbom", "pipe"]] {
        bench.refused(arguments, &["pipe", "to a file"]);
    }
    bench.refused(&["--kind", "sbom", "/dev/zero"], &["/dev/zero", "to a file"]);
}

#[test]
fn layers_of_a_million_entries_and_of_entries_that_no_system_has() {
    let bench = Bench::new();
    let mut tar = Tar::default();
    for n in 0..1_000_000 {
        tar = tar.file(&format!("d{}/f{n}", n % 1000), b"");
    }
    let tar = tar.end();
    bench.write("million.tar", saved(&gzip(&tar), &tar));
    drop(tar);
    bench.told(&["million.tar"], &[]);

    let long = "x/".repeat(4000);
    let pax = |key: &str, value: &str| {
        let bare = key.len() + value.len() + 3;
        let len = (bare..).find(|len| bare + len.to_string().len() == *len).unwrap();
        format!("{len} {key}={value}\n").into_bytes()
    };
    let tar = |entries: &[(&[u8], u8, &str, &[u8])]| {
        let tar = entries.iter().fold(system(), |tar, (name, flag, link, content)| {
            tar.entry(name, *flag, link, content.len() as u64, content)
        });
        tar.end()
    };
    let cases = [
        ("absolute", tar(&[(b"/etc/../../x", b'0', "", b"x")]), ("archive.path-escape", "/etc/../../x", 1)),
        ("links", tar(&[(b"a", b'1', "../../etc/shadow", b"")]), ("archive.path-escape", "a", 1)),
        (
            "nul",
            tar(&[(b"p", b'x', "", &pax("path", "a\0b")), (b"a", b'0', "", b"")]),
            ("archive.bad-path", "a", 1),
        ),
        (
            "gnu-long",
            tar(&[(b"L", b'L', "", long.as_bytes()), (b"a", b'0', "", b"")]),
            ("archive.path-too-long", "x/x", 1),
        ),
        (
            "pax-long",
            tar(&[(b"p", b'x', "", &pax("path", &long)), (b"a", b'0', "", b"")]),
            ("archive.path-too-long", "x/x", 1),
        ),
        (
            "pax-size",
            tar(&[(b"p", b'x', "", &pax("size", "18446744073709551615")), (b"a", b'0', "", b"x")]),
            ("archive.bad-extension", "layer", 1),
        ),
    ];
    for (name, tar, problem) in cases {
        let file = format!("{name}.tar");
        bench.write(&file, saved(&tar, &tar));
        bench.told(&[&file], &[problem]);
    }
}

#[test]
fn bombs_end_at_a_limit() {
    let bench = Bench::new();
    // 4 GiB of zeros in some hundred KiB.
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(false).unwrap();
    let zeros = vec![0; 64 << 20];
    let head = Tar::default().entry(b"zeros", b'0', "", 4 << 30, b"").0;
    encoder.write_all(&head).unwrap();
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    let archive = saved(&bomb, b"");
    bench.write("bomb.tar", &archive);
    bench.told(&["bomb.tar"], &[("archive.expansion-ratio", "layer", 1)]);
    // The same around the whole archive: stopped before it fills the disk.
    bench.write("whole.tar.zst", &bomb);
    bench.refused(&["whole.tar.zst"], &["whole.tar.zst"]);
    // A gate is not passed by what could not be read.
    let run = bench.run(&["scan", "--no-match", "--fail-on", "low", "bomb.tar"]);
    assert!(matches!(run.code, 2 | 3), "{run:?}");
}

#[test]
fn layouts_that_lie() {
    let bench = Bench::new();
    let tar = system().end();
    let config = format!(r#"{{"rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}}}}"#, sha256(&tar));
    let layout = |name: &str, layer: (&str, u64), config_len: u64| {
        bench.write(&format!("{name}/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#);
        bench.write(&format!("{name}/blobs/sha256/{}", sha256(&tar)), &tar);
        bench.write(&format!("{name}/blobs/sha256/{}", sha256(config.as_bytes())), &config);
        let manifest = format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{}","size":{config_len}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}]}}"#,
            sha256(config.as_bytes()),
            layer.0,
            layer.1
        );
        bench.write(&format!("{name}/blobs/sha256/{}", sha256(manifest.as_bytes())), &manifest);
        bench.write(
            &format!("{name}/index.json"),
            format!(
                r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{}","size":{}}}]}}"#,
                sha256(manifest.as_bytes()), manifest.len()
            ),
        );
    };
    let digest = format!("sha256:{}", sha256(&tar));
    let (len, config_len) = (tar.len() as u64, config.len() as u64);
    layout("sound", (&digest, len), config_len);
    assert_eq!(bench.told(&["sound"], &[])["problems"].as_array().unwrap().len(), 0);
    layout("config-size", (&digest, len), config_len + 1);
    bench.refused(&["config-size"], &["config-size", "bytes"]);
    layout("layer-size", (&digest, len + 1), config_len);
    bench.told(&["layer-size"], &[("scan.unreadable", "layer", 1)]);
    layout("path", ("sha256:../../../../etc/passwd", len), config_len);
    bench.refused(&["path"], &["digest"]);
    let other = format!("sha256:{}", "0".repeat(64));
    layout("missing", (&other, len), config_len);
    bench.told(&["missing"], &[("scan.unreadable", "layer", 1)]);
    layout("piped", (&digest, len), config_len);
    fs::remove_file(bench.path("piped/index.json")).unwrap();
    bench.fifo("piped/index.json");
    bench.refused(&["--kind", "layout", "piped"], &["index.json is no regular file"]);
}

/// One root file system with everything in it that could go wrong; each part is told, and the rest is read.
#[test]
fn a_root_file_system_of_horrors() {
    let bench = Bench::new();
    bench
        .write("root/etc/os-release", "ID=debian\nVERSION_ID=12\n")
        .sparse("root/var/lib/dpkg/status", b"Package: a\nVersion: ", 1 << 30)
        .write("root/var/lib/dpkg/status.d/b", "Package: b\nno colon\nVersion\n\nPackage: c\nVersion: 1\n")
        .sparse("root/lib/apk/db/installed", b"P:a\nV:", 100 << 20)
        .write("root/var/lib/rpm/rpmdb.sqlite", rpm_with_a_circle())
        .write("root/app/node_modules/deep/package.json", format!(r#"{{"a":{}"#, "[".repeat(10_000)))
        .write(
            "root/app/node_modules/esc/package.json",
            "{\"name\":\"e\\u001b[2Jsc\",\"version\":\"1\\u0007\"}",
        )
        .write(
            "root/usr/lib/python3/site-packages/a-1.dist-info/METADATA",
            [b"Name: ".as_slice(), &vec![b'x'; 30 << 20]].concat(),
        )
        .write("root/usr/bin/lies", lying_elf())
        .write("root/srv/nested.jar", nested_jar(100))
        .write("root/srv/cut.jar", &nested_jar(1)[..60])
        .link("root/loop", "loop")
        .link("root/a/b", "../c")
        .link("root/c", "a/b")
        .link("root/up", "../../../../../../etc")
        .fifo("root/pipe")
        .write("root/opt/\u{1b}[31mred\u{7}/node_modules/x/package.json", "{\"name\":1");
    let lies = bench.path("root/usr/bin/lies");
    fs::set_permissions(lies, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let problems: &[(&str, &str, u64)] = &[
        ("sbom.too-large", "var/lib/dpkg/status", 1),
        ("sbom.malformed", "var/lib/dpkg/status.d/b", 1),
        ("sbom.malformed", "var/lib/rpm/rpmdb.sqlite", 3),
        ("sbom.malformed", "app/node_modules/deep/package.json", 1),
        ("sbom.malformed", "usr/bin/lies", 1),
        ("sbom.nesting", "srv/nested.jar", 1),
        ("sbom.malformed", "srv/cut.jar", 1),
    ];
    bench.told(&["root"], problems);
    // For people: nothing in it acts on their terminal, which every run is held to.
    let run = bench.run(&["scan", "--no-match", "root"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("var/lib/dpkg/status"), "{}", run.out);
    let gated = bench.run(&["scan", "--no-match", "--fail-on", "critical", "root"]);
    assert_eq!(gated.code, 3, "{gated:?}");
}

#[test]
fn source_trees_of_horrors() {
    let bench = Bench::new();
    let mut lock = r#"{"lockfileVersion":1,"dependencies":"#.to_owned();
    lock.push_str(&r#"{"a":{"version":"1","dependencies":"#.repeat(10_000));
    bench
        .write("src/package-lock.json", lock)
        .write("src/Cargo.lock", format!("[[package]]\nname = {}", "[".repeat(100_000)))
        .write("src/poetry.lock", format!("a{} = 1", ".a".repeat(50_000)))
        .write("src/requirements.txt", "\\\n".repeat(200_000))
        .write("src/go.mod", "require (".repeat(50_000));
    bench.told(
        &["--kind", "source", "src"],
        &[("sbom.malformed", "package-lock.json", 1), ("sbom.malformed", "Cargo.lock", 1)],
    );
}

#[test]
fn documents_without_end() {
    let bench = Bench::new();
    let mut million = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":["#.to_owned();
    for n in 0..1_000_000 {
        million.push_str(&format!(r#"{{"type":"library","name":"a{n}","purl":"pkg:npm/a{n}@1"}},"#));
    }
    million.push_str("{}]}");
    bench.write("million.json", &million);
    drop(million);
    bench.told(&["million.json"], &[("sbom.limit", "components", 800_001)]);

    let deep = format!(r#"{{"bomFormat":"CycloneDX","components":{}"#, r#"[{"components":"#.repeat(10_000));
    bench.write("deep.json", deep);
    bench.told(&["deep.json"], &[("sbom.malformed", "document", 1)]);
    let twice = r#"{"bomFormat":"CycloneDX","components":[{"type":"library","name":"a","name":"b","version":"1","purl":"pkg:npm/a@1"}],"components":[]}"#;
    bench.write("twice.json", twice);
    bench.told(&["twice.json"], &[]);
    bench.write(
        "bytes.json",
        b"{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"\xff\xfe\\u0000\\u001b[2J\"}]}",
    );
    bench.told(&["bytes.json"], &[]);
    let run = bench.run(&["scan", "--no-match", "bytes.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    bench.write("html.json", "<html>");
    bench.refused(&["html.json"], &["html.json", "no image archive"]);
}

#[test]
fn names_that_would_act_on_a_terminal() {
    let bench = Bench::new();
    let name = "x\u{1b}[31mred\u{7}\u{202e}";
    bench
        .write(&format!("{name}/f"), "x")
        .write("root/etc/os-release", "ID=debian\nPRETTY_NAME=\"a\u{1b}[2J\"\n");
    // That nothing raw is printed, every run is held to.
    bench.refused(&[&format!("{name}/f")], &["x\\u{1b}[31mred\\u{7}\\u{202e}/f is no image archive"]);
    bench.refused(&[&format!("./{name}/none")], &["\\u{1b}"]);
    bench.refused(&["--kind", "layout", name], &["\\u{1b}", "oci-layout"]);
    bench.refused(&["--ignore-file", &format!("{name}/none"), "root"], &["\\u{1b}"]);
    for target in [name, "root"] {
        let run = bench.run(&["scan", "--no-match", target]);
        assert!(run.code == 0 && run.out.contains("\\u{1b}"), "{run:?}");
    }
}

#[test]
fn databases_and_rules_that_are_none() {
    let bench = Bench::new();
    bench.write("root/etc/os-release", "ID=debian\nVERSION_ID=12\n");
    for (bytes, part) in [
        (b"hello".as_slice(), "seawall db import"),
        (b"SEAWALL\xDBxx", "damaged"),
        (b"", "no Seawall database"),
    ] {
        bench.write("data/vulnerabilities.db", bytes);
        let run = bench.run(&["scan", "root"]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("vulnerabilities.db"), "{}", run.err);
        assert!(run.err.contains(part) || run.err.contains("import"), "{part}: {}", run.err);
    }
    bench.write("rules.yaml", "- id: ".repeat(10_000));
    bench.refused(&["--ignore-file", "rules.yaml", "root"], &["rules.yaml"]);
    bench.write("vex.json", format!(r#"{{"statements":{}"#, "[".repeat(10_000)));
    bench.refused(&["--vex", "vex.json", "root"], &["vex.json"]);
    bench.refused(&["--vex", "/dev/zero", "root"], &["/dev/zero", "bytes"]);
}

/// A registry's whole behaviour is held in `oci`; here, that what the user sees is short, soon and says what it was.
#[test]
fn registries_that_answer_html_or_without_end() {
    let bench = Bench::new();
    let html = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html><body>hi</body></html>".to_vec();
    let endless =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n\r\n".to_vec();
    for (head, forever, part) in [(html, false, "HTML"), (endless, true, "4194304")] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut stream in listener.incoming().filter_map(Result::ok) {
                let head = head.clone();
                thread::spawn(move || {
                    let _ = stream.read(&mut [0; 4096]);
                    let _ = stream.write_all(&head);
                    let chunk = vec![b' '; 1 << 16];
                    // As much as a manifest of 1 GB.
                    for _ in 0..if forever { 16 << 10 } else { 0 } {
                        if stream.write_all(&chunk).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        let name = format!("127.0.0.1:{port}/a/b:c");
        bench.refused(&["--kind", "registry", &name], &[&name[..name.len() - 2], part]);
    }
}

/// An SQLite file whose first page is its own child.
fn rpm_with_a_circle() -> Vec<u8> {
    let mut page = vec![0; 4096];
    page[..16].copy_from_slice(b"SQLite format 3\0");
    page[16..24].copy_from_slice(&[16, 0, 1, 1, 0, 64, 32, 32]);
    page[100] = 5;
    page[103..105].copy_from_slice(&1u16.to_be_bytes());
    page[108..112].copy_from_slice(&1u32.to_be_bytes());
    page[112..114].copy_from_slice(&200u16.to_be_bytes());
    page[200..204].copy_from_slice(&1u32.to_be_bytes());
    page
}

/// Headers that place tables past the end, and say that there are 65,535 of them.
fn lying_elf() -> Vec<u8> {
    let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    for word in [0x40_0000u64, u64::MAX - 8, u64::MAX - 64] {
        head.extend(word.to_le_bytes());
    }
    head.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 0xFFFF, 64, 0xFFFF, 0xFFFE] {
        head.extend(half.to_le_bytes());
    }
    head.resize(4096, 0);
    head
}

fn nested_jar(depth: usize) -> Vec<u8> {
    let mut inner = b"the end".to_vec();
    for _ in 0..depth {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("a.jar", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&inner).unwrap();
        inner = zip.finish().unwrap().into_inner();
    }
    inner
}
