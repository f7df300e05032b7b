//! What the pages work on: a few real advisories, an image, a system, sources, in a folder of their own.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use model::Platform;

use crate::{
    feed,
    hub::{HUB, Hub},
    image,
    image::Layer,
    registry::Registry,
};

/// A folder with `work`, where the commands of a page are typed, and what they must not find elsewhere.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    registry: Registry,
    hub: Option<Hub>,
}

const OS_RELEASE: &str = "\
ID=debian
VERSION_ID=\"12\"
VERSION_CODENAME=bookworm
PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
";

/// Package, its source, its version, who maintains it.
type Deb = (&'static str, &'static str, &'static str, &'static str);

/// Debian 12 as it was in autumn 2023, as far as these pages need it.
const DEBIAN: &[Deb] = &[
    ("libc6", "glibc", "2.36-9+deb12u3", "GNU Libc Maintainers <debian-glibc@lists.debian.org>"),
    ("libc-bin", "glibc", "2.36-9+deb12u3", "GNU Libc Maintainers <debian-glibc@lists.debian.org>"),
    ("liblzma5", "xz-utils", "5.4.1-0.2", "XZ packagers <xz-utils@packages.debian.org>"),
    ("libssl3", "openssl", "3.0.11-1~deb12u1", "Debian OpenSSL Team <pkg-openssl-devel@lists.debian.org>"),
    ("libwebp7", "libwebp", "1.2.4-0.2", "libwebp packagers <libwebp@packages.debian.org>"),
    ("linux-libc-dev", "linux", "6.1.55-1", "Debian Kernel Team <debian-kernel@lists.debian.org>"),
    ("mount", "util-linux", "2.38.1-5+b1", "util-linux packagers <util-linux@packages.debian.org>"),
    ("openssl", "openssl", "3.0.11-1~deb12u1", "Debian OpenSSL Team <pkg-openssl-devel@lists.debian.org>"),
    (
        "passwd",
        "shadow",
        "1:4.13+dfsg1-1+b1",
        "Shadow package maintainers <pkg-shadow-devel@lists.debian.org>",
    ),
    ("python3-urllib3", "python-urllib3", "1.26.12-1", "Debian Python Team <team+python@tracker.debian.org>"),
];

/// A package that Debian never built.
const OTHER: &[Deb] = &[("nodejs", "nodejs", "20.9.0-1nodesource1", "NodeSource <packages@nodesource.com>")];

const METADATA: &str = "Metadata-Version: 2.1\nName: urllib3\nVersion: 1.26.12\n";
const DIST_INFO: &str = "usr/lib/python3/dist-packages/urllib3-1.26.12.dist-info";

/// Sources of a service: what its lock files name.
const PACKAGE_LOCK: &str = r#"{
  "name": "shop", "version": "1.0.0", "lockfileVersion": 3,
  "packages": {
    "": {"name": "shop", "version": "1.0.0", "dependencies": {"lodash": "^4.17.20", "minimist": "^1.2.5"}},
    "node_modules/lodash": {"version": "4.17.20"},
    "node_modules/minimist": {"version": "1.2.5"}
  }
}
"#;
const CARGO_LOCK: &str = r#"version = 4

[[package]]
name = "atty"
version = "0.2.14"
source = "registry+https://github.com/rust-lang/crates.io-index"
"#;

/// dpkg's database of these packages.
fn status(packages: &[Deb]) -> String {
    packages
        .iter()
        .map(|(name, source, version, maintainer)| {
            // A rebuild of the binary alone has a version that its source has not.
            let (of, built) = version.split_once("+b").map_or((*version, ""), |(of, _)| (of, *version));
            let source = if built.is_empty() { (*source).to_owned() } else { format!("{source} ({of})") };
            format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nSource: {source}\n\
                 Version: {version}\nMaintainer: {maintainer}\n\n"
            )
        })
        .collect()
}

/// The registry, as the pages call it.
const REGISTRY: &str = "localhost:5000";

/// The files of a Debian system, `release` in its os-release.
fn debian(os_release: &str) -> Vec<(String, String)> {
    vec![
        ("etc/os-release".to_owned(), os_release.to_owned()),
        ("var/lib/dpkg/status".to_owned(), status(DEBIAN)),
        ("var/lib/dpkg/info/python3-urllib3.list".to_owned(), format!("/{DIST_INFO}/METADATA\n")),
        (format!("{DIST_INFO}/METADATA"), METADATA.to_owned()),
    ]
}

/// What the image has above its base.
fn app() -> Vec<(String, String)> {
    let manifest = |name: &str, version: &str| {
        (
            format!("app/node_modules/{name}/package.json"),
            format!("{{\"name\":\"{name}\",\"version\":\"{version}\"}}\n"),
        )
    };
    vec![
        manifest("lodash", "4.17.20"),
        manifest("minimist", "1.2.5"),
        ("var/lib/dpkg/status".to_owned(), status(&[DEBIAN, OTHER].concat())),
    ]
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl Bench {
    /// Lays everything out, and imports the feeds.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        feed::write(&work.join("feeds"));
        for (path, text) in debian(OS_RELEASE) {
            write(&work.join("machine").join(path), &text);
        }
        write(&work.join("machine/usr/bin/mount"), "");
        fs::set_permissions(work.join("machine/usr/bin/mount"), fs::Permissions::from_mode(0o4755)).unwrap();
        write(&work.join("machine/var/cache/apt/pkgcache.bin"), "");
        let older = OS_RELEASE.replace("12", "11").replace("bookworm", "bullseye");
        for (path, text) in debian(&older) {
            write(&work.join("old-machine").join(path), &text);
        }
        write(&work.join("shop/package-lock.json"), PACKAGE_LOCK);
        write(&work.join("shop/Cargo.lock"), CARGO_LOCK);
        write(&work.join("broken/package-lock.json"), &PACKAGE_LOCK[..PACKAGE_LOCK.len() / 2]);
        let layers = [
            Layer { files: debian(OS_RELEASE), made_by: "RUN debootstrap bookworm /" },
            Layer { files: app(), made_by: "COPY . /app" },
        ];
        image::write(&work, "shop", &layers);
        let registry = Registry::serve(&work.join("shop-layout"));
        let bench = Self { folder, registry, hub: None };
        fs::create_dir_all(bench.path("home")).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args(["db", "import", "feeds"])
            .current_dir(&work)
            .env_clear()
            .envs(bench.environment())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        bench
    }

    /// Starts a hub, which is asked by what is typed from now on.
    pub(crate) fn with_hub(&mut self) {
        self.hub = Some(Hub::start(&self.path("hub"), &self.path("data/vulnerabilities.db")));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The environment of a page's commands: `seawall` is found, and nothing of this machine is.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let program = Path::new(env!("CARGO_BIN_EXE_seawall")).parent().unwrap();
        let mut path = OsString::from(program);
        path.push(":/usr/local/bin:/usr/bin:/bin");
        let mut hub = Vec::new();
        if let Some(of) = &self.hub {
            hub.push(("SEAWALL_HUB", format!("http://{}", of.address).into()));
            hub.extend(["TOKEN", "SEAWALL_TOKEN"].map(|name| (name, of.token.clone().into())));
        }
        let mut all = vec![
            ("PATH", path),
            ("HOME", self.path("home").into()),
            ("XDG_CONFIG_HOME", self.path("home/.config").into()),
            ("SEAWALL_DATA_DIR", self.path("data").into()),
            ("SEAWALL_CACHE_DIR", self.path("cache").into()),
            ("DOCKER_HOST", "unix:///nowhere/docker.sock".into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
        ];
        all.append(&mut hub);
        all
    }

    /// What is typed, with the registry where it is.
    pub(crate) fn as_typed(&self, text: &str) -> String {
        let text = text.replace(REGISTRY, &self.registry.address);
        match &self.hub {
            Some(hub) => text.replace(HUB, &hub.address),
            None => text,
        }
    }

    /// What is printed, with folders and platform as the pages show them.
    pub(crate) fn as_documented(&self, text: &str) -> String {
        let folder = |name: &str| self.path(name).display().to_string();
        let text = match &self.hub {
            Some(hub) => text.replace(&hub.address, HUB),
            None => text.to_owned(),
        };
        text.replace(&self.registry.address, REGISTRY)
            .replace(&Platform::host().to_string(), "linux/amd64")
            .replace(&folder("data"), "/var/lib/seawall")
            .replace(&folder("cache"), "/var/cache/seawall")
            .replace(&folder("work"), "/home/you")
    }

    /// A file that a page shows.
    pub(crate) fn write(&self, name: &str, text: &str) {
        write(&self.path("work").join(name), text);
    }
}
