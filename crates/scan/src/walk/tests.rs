//! On real small trees. What needs root (mounts, rights) is tested through the binary, in `crates/seawall/tests/machine.rs`.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{FileTypeExt as _, symlink},
        net::UnixListener,
    },
};

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    /// Walks it; gives the wanted files by path.
    fn walk(&self, tree: Tree) -> (Walked, BTreeSet<String>) {
        let mut wanted = BTreeSet::new();
        let walked =
            walk(self.0.path(), tree, &Budget::default(), &mut |file| _ = wanted.insert(file.path)).unwrap();
        (walked, wanted)
    }
}

const PACKAGE: &str = r#"{"name":"a","version":"1.0.0"}"#;

#[test]
fn every_folder_of_the_lists_is_left_out_and_listed() {
    let folder = Folder::new();
    let mut expected = BTreeSet::new();
    let homes = ["root", "home/ann"];
    let in_homes = SKIPPED_IN_HOME
        .iter()
        .flat_map(|(path, reason)| homes.iter().map(move |home| (format!("{home}/{path}"), *reason)));
    for (path, reason) in SKIPPED.iter().map(|(path, reason)| ((*path).to_owned(), *reason)).chain(in_homes) {
        folder.write(&format!("{path}/deep/node_modules/a/package.json"), PACKAGE);
        expected.insert((path, reason));
    }
    // Their like elsewhere is not meant.
    for path in ["srv/proc", "home/ann/var/cache", "opt/.cache", "home/.cache", "opt/var/lib/docker"] {
        folder.write(&format!("{path}/node_modules/a/package.json"), PACKAGE);
    }
    let (walked, wanted) = folder.walk(Tree::RootFs);
    let skipped: BTreeSet<(String, &str)> =
        walked.skipped.iter().map(|skipped| (skipped.path.clone(), &*skipped.reason)).collect();
    assert_eq!(skipped, expected);
    assert_eq!(
        wanted.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "home/.cache/node_modules/a/package.json",
            "home/ann/var/cache/node_modules/a/package.json",
            "opt/.cache/node_modules/a/package.json",
            "opt/var/lib/docker/node_modules/a/package.json",
            "srv/proc/node_modules/a/package.json",
        ]
    );
    assert_eq!(walked.problems.as_slice(), []);
    // The folder itself is in the index, what is in it is not.
    assert!(
        walked.index.get("var/lib/docker").is_some() && walked.index.get("var/lib/docker/deep").is_none()
    );
    // A source tree is walked whole, but for its history.
    folder.write("srv/.git/node_modules/a/package.json", PACKAGE);
    let (walked, wanted) = folder.walk(Tree::Sources);
    assert_eq!(walked.skipped, [Skipped { path: "srv/.git".into(), reason: "version control".into() }]);
    assert!(wanted.contains("var/lib/docker/deep/node_modules/a/package.json"));
}

#[test]
fn data_of_container_engines_is_recognised_where_it_was_moved() {
    let folder = Folder::new();
    let roots: [(&str, &[&str]); 4] = [
        ("data/docker", &["image/overlay2", "containers", "overlay2/abc/diff"]),
        ("data/containerd", &["io.containerd.content.v1.content", "io.containerd.metadata.v1.bolt"]),
        ("data/storage", &["overlay", "overlay-images", "overlay-layers"]),
        ("data/vfs", &["vfs", "vfs-images", "vfs-layers"]),
    ];
    for (root, parts) in roots {
        for part in parts {
            folder.write(&format!("{root}/{part}/node_modules/a/package.json"), PACKAGE);
        }
    }
    folder.write("srv/image/containers/node_modules/a/package.json", PACKAGE);
    let (walked, wanted) = folder.walk(Tree::RootFs);
    let skipped: Vec<&str> = walked.skipped.iter().map(|skipped| skipped.path.as_str()).collect();
    assert_eq!(skipped, ["data/containerd", "data/docker", "data/storage", "data/vfs"]);
    assert!(walked.skipped.iter().all(|skipped| skipped.reason == "container data"));
    assert_eq!(wanted.into_iter().collect::<Vec<_>>(), ["srv/image/containers/node_modules/a/package.json"]);
}

#[test]
fn links_are_recorded_and_never_followed() {
    let outside = Folder::new();
    outside.write("node_modules/evil/package.json", PACKAGE);
    let folder = Folder::new();
    folder.write("app/node_modules/a/package.json", PACKAGE);
    symlink(outside.at("node_modules"), folder.at("node_modules")).unwrap();
    symlink("../../..", folder.at("app/up")).unwrap();
    symlink(".", folder.at("app/here")).unwrap();
    fs::create_dir_all(folder.at("app/node_modules/b")).unwrap();
    symlink(outside.at("node_modules/evil/package.json"), folder.at("app/node_modules/b/package.json"))
        .unwrap();
    let (walked, wanted) = folder.walk(Tree::RootFs);
    assert_eq!(wanted.into_iter().collect::<Vec<_>>(), ["app/node_modules/a/package.json"]);
    assert_eq!(walked.problems.as_slice(), []);
    let link = walked.index.get("app/here").unwrap();
    assert_eq!((link.kind, link.link), (Kind::Symlink, Some(".")));
    // A link as root is what the user named; below it none is followed.
    symlink(folder.0.path(), outside.at("entry")).unwrap();
    let named = walk(&outside.at("entry"), Tree::RootFs, &Budget::default(), &mut |_| {}).unwrap();
    assert_eq!(named.entries, walked.entries);
}

#[test]
fn each_name_of_a_file_counts_and_what_only_bears_a_markers_name_does_not() {
    let folder = Folder::new();
    folder.write("srv/node_modules/a/package.json", PACKAGE);
    fs::create_dir_all(folder.at("opt/node_modules/a")).unwrap();
    fs::hard_link(folder.at("srv/node_modules/a/package.json"), folder.at("opt/node_modules/a/package.json"))
        .unwrap();
    // A folder, a socket and a link that are called like databases and manifests.
    fs::create_dir_all(folder.at("var/lib/dpkg/status")).unwrap();
    fs::create_dir_all(folder.at("srv/node_modules/b/package.json")).unwrap();
    symlink("nowhere", folder.at("srv/go.mod")).unwrap();
    let socket = folder.at("srv/Cargo.lock");
    let _listener = UnixListener::bind(&socket).unwrap();
    assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket());
    let (walked, wanted) = folder.walk(Tree::RootFs);
    assert_eq!(
        wanted.into_iter().collect::<Vec<_>>(),
        ["opt/node_modules/a/package.json", "srv/node_modules/a/package.json"]
    );
    assert_eq!(walked.index.get("srv/Cargo.lock").unwrap().kind, Kind::Socket);
    assert_eq!(walked.problems.as_slice(), []);
}

#[test]
fn names_that_are_no_text_and_limits_end_in_problems() {
    let folder = Folder::new();
    let odd = OsStr::from_bytes(b"odd-\xff\xfe");
    fs::create_dir_all(folder.at("srv").join(odd).join("node_modules/a")).unwrap();
    fs::write(folder.at("srv").join(odd).join("node_modules/a/package.json"), PACKAGE).unwrap();
    let (walked, wanted) = folder.walk(Tree::RootFs);
    assert_eq!(wanted.len(), 1, "{wanted:?}");
    assert_eq!(walked.problems.as_slice(), []);

    let few = Budget::new(model::Limits { entries: 3, ..model::Limits::default() });
    let walked = walk(folder.0.path(), Tree::RootFs, &few, &mut |_| {}).unwrap();
    let [problem] = walked.problems.as_slice() else { panic!("{:?}", walked.problems) };
    assert_eq!(
        (&problem.code, problem.effect, problem.limit),
        (&problems::LIMIT, Effect::MayHidePackages, Some(3))
    );

    let error = walk(&folder.at("missing"), Tree::RootFs, &Budget::default(), &mut |_| {});
    assert!(error.is_err());
}

#[test]
fn automounts_are_known_without_being_opened() {
    let line = |text: &str| automount(text.as_bytes()).map(|place| String::from_utf8(place).unwrap());
    assert_eq!(
        line("62 28 0:51 / /net rw,relatime shared:305 - autofs /etc/auto.net rw,fd=6"),
        Some("/net".into())
    );
    // No optional field, and two.
    assert_eq!(line("62 28 0:51 / /net rw - autofs auto rw"), Some("/net".into()));
    assert_eq!(line("62 28 0:51 / /net rw shared:1 master:2 - autofs auto rw"), Some("/net".into()));
    // Blanks and backslashes are escaped; what is no escape stays.
    assert_eq!(line(r"62 28 0:51 / /a\040b\134c\9 rw - autofs auto rw"), Some(r"/a b\c\9".into()));
    assert_eq!(line("62 28 0:51 / /home rw - ext4 autofs rw"), None);
    for broken in ["", "62 28", "62 28 0:51 / /net", "62 28 0:51 / /net rw -", "62 28 0:51 / /net rw autofs"]
    {
        assert_eq!(line(broken), None);
    }
}

#[test]
fn a_place_that_mounts_itself_is_listed_and_not_entered() {
    let folder = Folder::new();
    folder.write("net/host/package.json", PACKAGE);
    let budget = Budget::default();
    let mut sink = |_| panic!("nothing here is wanted");
    let mut walk = Walk {
        tree: Tree::RootFs,
        budget: &budget,
        device: fstat(File::open(folder.0.path()).unwrap()).unwrap().st_dev,
        automounts: vec!["net".to_owned()],
        index: LayerIndexBuilder::new(),
        skipped: Vec::new(),
        problems: Problems::new(),
        entries: 0,
        path: String::new(),
        names: Vec::with_capacity(NAMES),
        sink: &mut sink,
    };
    assert!(walk.directory(&File::open(folder.0.path()).unwrap().into(), 0));
    assert_eq!(walk.skipped, [Skipped { path: "net".to_owned(), reason: OTHER_FILE_SYSTEM.into() }]);
    let index = walk.index.finish();
    assert_eq!(index.all().map(|entry| entry.path.to_owned()).collect::<Vec<_>>(), ["net"]);
}
