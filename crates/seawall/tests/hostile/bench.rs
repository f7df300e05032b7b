//! Runs the binary on a hostile target and holds it to its bounds.

use std::{
    fs,
    io::Read as _,
    os::unix::fs::symlink,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// No hostile target may cost more; both are far above what each takes.
const MEMORY_MAX: u64 = 300 << 20;
const TIME_MAX: Duration = Duration::from_secs(20);

/// A folder with targets, and with places for database and cache.
pub(crate) struct Bench(tempfile::TempDir);

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// A file of `len` bytes that takes no room: `head`, then zeros.
    pub(crate) fn sparse(&self, name: &str, head: &[u8], len: u64) -> &Self {
        self.write(name, head);
        fs::File::options().write(true).open(self.path(name)).unwrap().set_len(len).unwrap();
        self
    }

    pub(crate) fn link(&self, name: &str, to: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(to, path).unwrap();
        self
    }

    pub(crate) fn fifo(&self, name: &str) -> &Self {
        let made = Command::new("mkfifo").arg(self.path(name)).status().unwrap();
        assert!(made.success());
        self
    }

    /// Runs the binary; fails where it takes too long or too much, or panics.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let begin = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("SEAWALL_DATA_DIR", self.path("data"))
            .env("SEAWALL_CACHE_DIR", self.path("cache"))
            .env("DOCKER_HOST", "unix:///nonexistent.sock")
            .env_remove("SEAWALL_FEEDS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let reader = |mut from: Box<dyn std::io::Read + Send>| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                from.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned())
            })
        };
        let (out, err) = (reader(Box::new(stdout)), reader(Box::new(stderr)));
        let mut most = 0;
        let status = loop {
            most = most.max(peak(child.id()));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begin.elapsed() > TIME_MAX {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{arguments:?} takes more than {TIME_MAX:?}: {}", err.join().unwrap().unwrap());
            }
            thread::sleep(Duration::from_millis(2));
        };
        let (out, err) = (out.join().unwrap().unwrap(), err.join().unwrap().unwrap());
        assert!(most < MEMORY_MAX, "{arguments:?} takes {} MiB", most >> 20);
        assert!(!err.contains("panicked"), "{arguments:?}: {err}");
        for text in [&out, &err] {
            let odd = text.chars().find(|&c| c.is_control() && c != '\n');
            assert_eq!(odd, None, "{arguments:?} would act on a terminal: {text:?}");
        }
        Run { code: status.code().expect("it was not killed"), out, err }
    }

    /// Cannot be scanned: exit code 2, and a message with these parts.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str], parts: &[&str]) {
        let run = self.run(&[&["scan", "--no-match"], arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {run:?}");
        assert!(run.out.is_empty(), "{run:?}");
        for part in parts {
            assert!(run.err.contains(part), "{arguments:?}: no '{part}' in {}", run.err);
        }
    }

    /// Is scanned, with these problems among others: code, part of the subject, count.
    #[track_caller]
    pub(crate) fn told(&self, arguments: &[&str], wanted: &[(&str, &str, u64)]) -> Value {
        let run = self.run(&[&["scan", "--no-match", "--no-cache", "--format", "json"], arguments].concat());
        assert_eq!(run.code, 0, "{arguments:?}: {run:?}");
        let json: Value = serde_json::from_str(&run.out).unwrap();
        let problems = json["problems"].as_array().unwrap();
        for (code, subject, count) in wanted {
            let found = problems.iter().any(|problem| {
                problem["code"] == *code
                    && problem["subject"].as_str().unwrap().contains(subject)
                    && problem["count"] == *count
                    && !problem["message"].as_str().unwrap().is_empty()
            });
            assert!(found, "{arguments:?}: no {code} at '{subject}' ×{count} in {problems:#?}");
        }
        json
    }
}

/// The most memory that a process has had, in bytes.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tar in the making.
#[derive(Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    /// Any entry, with a size that need not be that of its content.
    pub(crate) fn entry(mut self, name: &[u8], flag: u8, link: &str, size: u64, content: &[u8]) -> Self {
        let mut block = [0; 512];
        let name = &name[..name.len().min(100)];
        block[..name.len()].copy_from_slice(name);
        block[100..124].copy_from_slice(b"0000755\x000000000\x000000000\0");
        block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[148..156].fill(b' ');
        block[156] = flag;
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&block);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(name.as_bytes(), b'0', "", content.len() as u64, content)
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
    let mut out = Vec::new();
    encoder.read_to_end(&mut out).unwrap();
    out
}

/// An image archive of `docker save` with one layer, whose diffID is that of `tar`.
pub(crate) fn saved(layer: &[u8], tar: &[u8]) -> Vec<u8> {
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}},"history":[{{"created_by":"COPY"}}]}}"#,
        sha256(tar)
    );
    let manifest = br#"[{"Config":"config.json","RepoTags":["a:1"],"Layers":["layer.tar"]}]"#;
    Tar::default()
        .file("config.json", config.as_bytes())
        .file("layer.tar", layer)
        .file("manifest.json", manifest)
        .end()
}

/// A small sound system.
pub(crate) fn system() -> Tar {
    Tar::default().file("etc/os-release", b"ID=debian\nVERSION_ID=12\n").file(
        "var/lib/dpkg/status",
        b"Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n",
    )
}
