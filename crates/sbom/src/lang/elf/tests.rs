use std::time::Instant;

use model::{Budget, Problem};

use super::{
    Binary, READERS,
    made::{BASE, LAYOUTS, elf, offset_of},
};
use crate::{Fact, FileInfo, lang::bytes::Layout};

const WIDE: Layout = LAYOUTS[0];
const INFO: FileInfo<'_> = FileInfo { path: "app/bin/server", size: 0, mode: 0o755 };
const MODULES: &str = "path\texample.com/app\nmod\texample.com/app\tv1.2.3\th1:x=\ndep\texample.com/dep\tv0.1.0\n=>\texample.com/fork\tv0.2.0\th1:y=\nbuild\tGOOS=linux\n";

/// What the reader makes of a file, and the problems.
fn read(bytes: &[u8]) -> (Option<Binary>, Vec<Problem>) {
    let mut problems = model::Problems::new();
    let fact = (READERS[0].read)(&INFO, &bytes, &Budget::default(), &mut problems);
    let binary = fact.map(|fact| match fact {
        Fact::Elf(binary) => binary,
        other => panic!("{other:?}"),
    });
    (binary, problems.into_vec())
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn framed(text: &str) -> Vec<u8> {
    let mut framed = b"0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6".to_vec();
    framed.extend_from_slice(text.as_bytes());
    framed.extend_from_slice(b"\xf92C1\x86\x18 r\x00\x82B\x10A\x16\xd8\xf2");
    framed
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// Build information as since Go 1.18.
fn inline(toolchain: &str, modules: &[u8]) -> Vec<u8> {
    let mut data = b"\xff Go buildinf:\x08\x02".to_vec();
    data.resize(32, 0);
    for text in [toolchain.as_bytes(), modules] {
        data.extend(varint(text.len()));
        data.extend_from_slice(text);
    }
    data
}

/// Build information before Go 1.18: pointers to string headers, here right behind it.
fn pointers(layout: Layout, at: u64, toolchain: &str, modules: &[u8]) -> Vec<u8> {
    let word = layout.word_len() as u64;
    let mut data = b"\xff Go buildinf:".to_vec();
    data.extend([word as u8, u8::from(layout.big)]);
    let headers = BASE + at + 32;
    data.extend([layout.word_bytes(headers), layout.word_bytes(headers + 2 * word)].concat());
    data.resize(32, 0);
    let texts = headers + 4 * word;
    data.extend([layout.word_bytes(texts), layout.word_bytes(toolchain.len() as u64)].concat());
    data.extend(
        [layout.word_bytes(texts + toolchain.len() as u64), layout.word_bytes(modules.len() as u64)].concat(),
    );
    data.extend_from_slice(toolchain.as_bytes());
    data.extend_from_slice(modules);
    data
}

/// A line table with these names; `magic` is the low byte of its first word.
fn line_table(layout: Layout, magic: u8, names: &[&str]) -> Vec<u8> {
    let word = layout.word_len() as u64;
    let mut table = layout.bytes(0xffff_ff00 | u64::from(magic), 4);
    table.extend([0, 0, 1, word as u8]);
    let mut text = Vec::new();
    let mut places = Vec::new();
    for name in names {
        places.push(text.len() as u64);
        text.extend_from_slice(name.as_bytes());
        text.push(0);
    }
    let count = names.len() as u64;
    if magic == 0xfb {
        // Count, pairs (address, record), end address; then records (address, name), then names.
        let records = 8 + word + 2 * word * count + word;
        let texts = records + count * (word + 4);
        table.extend(layout.word_bytes(count));
        for n in 0..count {
            table.extend([layout.word_bytes(BASE), layout.word_bytes(records + n * (word + 4))].concat());
        }
        table.extend(layout.word_bytes(BASE));
        for place in places {
            table.extend([layout.word_bytes(BASE), layout.bytes(texts + place, 4)].concat());
        }
    } else {
        let fields = if magic == 0xfa { 7 } else { 8 };
        let names_at = 8 + word * fields;
        table.extend([layout.word_bytes(count), layout.word_bytes(1)].concat());
        if magic != 0xfa {
            table.extend(layout.word_bytes(BASE));
        }
        let after = names_at + text.len() as u64;
        table.extend(layout.word_bytes(names_at));
        for _ in 0..4 {
            table.extend(layout.word_bytes(after));
        }
        table.truncate(names_at as usize);
    }
    table.extend_from_slice(&text);
    table
}

const NAMES: &[&str] = &[
    "runtime.main",
    "fmt.(*pp).printValue",
    "main.main",
    "example.com/app/internal/db.Open",
    "example.com/dep%2ev2.X",
    "example.com/dep/sub.(*T[...]).M",
    "example.com/deport.X",
    "vendor/golang.org/x/net/idna.ToASCII",
];

fn check(bytes: &[u8], toolchain: &str, what: &str) {
    let (binary, problems) = read(bytes);
    assert_eq!(problems, [], "{what}");
    let go = binary.unwrap().go.unwrap_or_else(|| panic!("{what}"));
    assert_eq!(go.binary.toolchain, toolchain, "{what}");
    assert_eq!(go.binary.goos.as_deref(), Some("linux"), "{what}");
    let modules: Vec<_> = go
        .modules
        .iter()
        .map(|m| {
            (m.path.as_str(), m.version.as_str(), m.main, m.replaces.as_deref(), m.linked.clone().unwrap())
        })
        .collect();
    let app = vec!["example.com/app".to_owned(), "example.com/app/internal/db".to_owned()];
    assert_eq!(
        modules,
        [
            ("example.com/app", "v1.2.3", true, None, app),
            (
                "example.com/fork",
                "v0.2.0",
                false,
                Some("example.com/dep"),
                vec!["example.com/fork/sub".to_owned()]
            ),
        ],
        "{what}"
    );
    assert_eq!(go.stdlib.unwrap(), ["fmt", "runtime", "vendor/golang.org/x/net/idna"], "{what}");
    // `example.com/dep.v2` and `example.com/deport` are not in `example.com/dep`.
    assert_eq!(go.unattributed, 2, "{what}");
}

#[test]
fn every_layout_encoding_and_line_table_is_read_with_and_without_sections() {
    for layout in LAYOUTS {
        for magic in [0xfb, 0xfa, 0xf0, 0xf1] {
            for sections in [true, false] {
                let what = format!("{layout:?} {magic:x} {sections}");
                let table = (".gopclntab", line_table(layout, magic, NAMES));
                let parts = [(".go.buildinfo", inline("go1.25.3", &framed(MODULES))), table.clone()];
                check(&elf(layout, &parts, sections), "go1.25.3", &what);
                let at = offset_of(&parts, 0);
                let parts = [(".go.buildinfo", pointers(layout, at, "go1.13", &framed(MODULES))), table];
                check(&elf(layout, &parts, sections), "go1.13", &what);
            }
        }
    }
}

#[test]
fn a_binary_without_a_line_table_does_not_tell_what_is_linked() {
    let (binary, problems) =
        read(&elf(WIDE, &[(".go.buildinfo", inline("go1.25.3", &framed(MODULES)))], true));
    let go = binary.unwrap().go.unwrap();
    assert_eq!((problems, go.stdlib, go.unattributed), (vec![], None, 0));
    assert!(go.modules.iter().all(|module| module.linked.is_none()));
}

#[test]
fn go_before_build_information_is_still_go() {
    let (binary, problems) = read(&elf(WIDE, &[(".gopclntab", line_table(WIDE, 0xfb, NAMES))], true));
    let go = binary.unwrap().go.unwrap();
    assert_eq!((problems, go.binary.toolchain.as_str(), go.unattributed), (vec![], "", 4));
}

#[test]
fn a_program_that_tells_nothing_is_kept_and_a_library_is_not() {
    let bytes = elf(WIDE, &[(".text", vec![1, 2, 3])], true);
    assert_eq!(read(&bytes), (Some(Binary::default()), vec![]));
    let library = FileInfo { path: "usr/lib/libx.so.1", ..INFO };
    let mut problems = model::Problems::new();
    assert_eq!((READERS[0].read)(&library, &bytes.as_slice(), &Budget::default(), &mut problems), None);
    // An object file is not linked.
    let mut object = bytes;
    object[16] = 1;
    assert_eq!(read(&object), (None, vec![]));
}

#[test]
fn headers_that_lie_are_problems() {
    let good = elf(
        WIDE,
        &[
            (".go.buildinfo", inline("go1.25.3", &framed(MODULES))),
            (".gopclntab", line_table(WIDE, 0xf1, NAMES)),
        ],
        true,
    );
    let set = |at: usize, bytes: &[u8]| {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(bytes);
        bad
    };
    let far = u64::MAX.to_le_bytes();
    let (info, table) = (128, offset_of(&[("", inline("go1.25.3", &framed(MODULES)))], 1) as usize);
    for (what, bad, expected) in [
        ("cut header", good[..40].to_vec(), vec!["sbom.malformed"]),
        ("only magic", good[..4].to_vec(), vec!["sbom.malformed"]),
        ("class 9", set(4, &[9]), vec!["sbom.malformed"]),
        ("section table past the end", set(40, &far), vec!["sbom.malformed"]),
        ("65,535 sections", set(60, &[0xff, 0xff]), vec!["sbom.malformed"]),
        ("segment table past the end", set(32, &far), vec!["sbom.malformed"]),
        ("65,535 segments", set(56, &[0xff, 0xff]), vec!["sbom.malformed"]),
        ("length that overflows", set(info + 32, &[0xff; 10]), vec!["sbom.malformed"]),
        ("length past the end", set(info + 32, &[0xff, 0x7f]), vec!["sbom.malformed"]),
        ("length past all limits", set(info + 32, &[0xff, 0xff, 0xff, 0xff, 0x7f]), vec!["sbom.limit"]),
        ("pointers of another width", set(info + 15, &[0]), vec![]),
        ("names before their end", set(table + 8 + 3 * 8, &far), vec!["sbom.malformed"]),
        ("names past the end", set(table + 8 + 4 * 8, &far), vec!["sbom.malformed"]),
        ("unknown line table", set(table, &[0x11]), vec!["sbom.malformed"]),
    ] {
        let (_, problems) = read(&bad);
        assert_eq!(codes(&problems), expected, "{what}: {problems:?}");
        assert!(problems.iter().all(|problem| problem.subject == INFO.path), "{what}");
    }
    // Functions that a table before Go 1.16 cannot have.
    let mut old = line_table(WIDE, 0xfb, NAMES);
    old[8..16].copy_from_slice(&far);
    assert_eq!(codes(&read(&elf(WIDE, &[(".gopclntab", old)], true)).1), ["sbom.limit"]);
    let mut old = line_table(WIDE, 0xfb, NAMES);
    old[24..32].copy_from_slice(&far);
    assert_eq!(codes(&read(&elf(WIDE, &[(".gopclntab", old)], true)).1), ["sbom.malformed"]);
    // A name without an end, longer than any.
    let long = "a".repeat(2 << 20);
    let endless = line_table(WIDE, 0xf1, &[&long]);
    assert_eq!(codes(&read(&elf(WIDE, &[(".gopclntab", endless)], true)).1), ["sbom.malformed"]);
}

#[test]
fn every_flipped_byte_is_bounded_and_never_a_panic() {
    let start = Instant::now();
    let audit = crate::lang::rust::packed_for_tests(br#"{"packages":[{"name":"a","version":"1.0.0"}]}"#);
    for layout in LAYOUTS {
        for (magic, sections) in [(0xf1, true), (0xfb, true), (0xfa, false), (0xfb, false)] {
            let parts = [
                (".go.buildinfo", pointers(layout, 128, "go1.13", &framed(MODULES))),
                (".gopclntab", line_table(layout, magic, NAMES)),
                (".dep-v0", audit.clone()),
            ];
            let mut bytes = elf(layout, &parts, sections);
            for at in 0..bytes.len() {
                for mask in [0xff, 0x01, 0x80] {
                    bytes[at] ^= mask;
                    read(&bytes);
                    bytes[at] ^= mask;
                }
            }
            for len in 0..bytes.len() {
                read(&bytes[..len]);
            }
        }
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn audit_sections_that_lie_are_problems() {
    let packed = crate::lang::rust::packed_for_tests;
    let bomb = packed(&vec![b' '; 64 << 20]);
    let deep = packed("[".repeat(100_000).as_bytes());
    let mut cut = packed(br#"{"packages":[]}"#);
    cut.truncate(12);
    for (what, data, code) in [
        ("bomb", bomb, "sbom.limit"),
        ("deep", deep, "sbom.malformed"),
        ("cut", cut, "sbom.malformed"),
        ("no zlib", b"hello".to_vec(), "sbom.malformed"),
        ("empty", vec![], "sbom.malformed"),
    ] {
        let (binary, problems) = read(&elf(WIDE, &[(".dep-v0", data)], true));
        assert_eq!((binary, codes(&problems)), (Some(Binary::default()), vec![code]), "{what}");
        assert_eq!(problems[0].effect, model::Effect::MayHidePackages, "{what}");
    }
}
