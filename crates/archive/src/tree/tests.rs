use std::sync::Arc;

use model::{Budget, Limits, Problem};

use super::*;
use crate::{LayerIndexBuilder, problems};

/// An index from lines such as `d usr/lib`, `f a/b`, `l lib usr/lib` (symbolic link), `h x y` (hard link), `w a/b`
/// (whiteout), `o a` (opaque).
fn layer(text: &str) -> Arc<LayerIndex> {
    let mut builder = LayerIndexBuilder::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split(' ');
        let kind = match words.next().unwrap() {
            "f" => Kind::File,
            "d" => Kind::Dir,
            "l" => Kind::Symlink,
            "h" => Kind::Hardlink,
            "w" => Kind::Whiteout,
            "o" => Kind::Opaque,
            other => panic!("{other}"),
        };
        let path = words.next().unwrap_or("");
        builder.push(&Entry { link: words.next(), ..Entry::new(path, kind, 0o755) }).unwrap();
    }
    Arc::new(builder.finish())
}

fn merged(layers: &[&str]) -> (Tree, Vec<Problem>) {
    let layers: Vec<_> = layers.iter().map(|text| layer(text)).collect();
    merge(&layers, &Budget::default())
}

/// `path@layer` of what is no directory, sorted.
fn files(tree: &Tree) -> String {
    let mut list: Vec<String> = tree
        .iter()
        .filter(|(_, node)| node.kind() != Kind::Dir)
        .map(|(path, node)| format!("{path}@{}", node.layer))
        .collect();
    list.sort();
    assert_eq!(tree.iter().count(), tree.len());
    list.join(" ")
}

#[test]
fn layers_give_the_tree_that_a_container_sees() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("a file is replaced", &["f a\n f b", "f a"], "a@1 b@0"),
        ("a whiteout hides below", &["f d/a\n f d/b", "w d/a"], "d/b@0"),
        ("a whiteout before the entry of its layer", &["f d/a", "w d/a\n f d/a"], "d/a@1"),
        ("a whiteout after the entry of its layer", &["f d/a", "f d/a\n w d/a"], "d/a@1"),
        ("a whiteout of a directory, and one file anew", &["f d/a\n f d/b", "f d/b\n w d"], "d/b@1"),
        ("an opaque directory before its entries", &["f d/a\n f d/e/x\n f z", "o d\n f d/b"], "d/b@1 z@0"),
        (
            "an opaque directory after its entries",
            &["f d/a\n f d/e/x\n f z", "d d\n f d/b\n o d"],
            "d/b@1 z@0",
        ),
        ("an opaque directory named through a link that lies in it", &["f b/c\n l b/b /b", "o b/b"], ""),
        (
            "a whiteout below a link that an earlier, repeated one took away",
            &["f c/c\n l b /c", "w b\n w b/c\n w b"],
            "c/c@0",
        ),
        ("an opaque root", &["f a\n f d/b", "o \n f c"], "c@1"),
        ("a file in place of a directory", &["f d/e/a\n f z", "f d"], "d@1 z@0"),
        ("a link in place of a directory", &["f d/e/a\n f t/e/b", "l d t"], "d@1 t/e/b@0"),
        ("a directory in place of a file", &["f d", "d d\n f d/a"], "d/a@1"),
        ("a file below what was a file", &["f d", "f d/a"], "d/a@1"),
        ("a directory in place of a link", &["f t/a\n l d t", "d d\n f d/b"], "d/b@1 t/a@0"),
        ("a directory over a directory", &["d d\n f d/a", "d d\n f d/b"], "d/a@0 d/b@1"),
        ("through a link below", &["d usr/lib\n l lib usr/lib", "f lib/x"], "lib@0 usr/lib/x@1"),
        (
            "through an absolute link below, to what is not there yet",
            &["l var/lib/rpm /usr/lib/sysimage/rpm", "f var/lib/rpm/rpmdb.sqlite"],
            "usr/lib/sysimage/rpm/rpmdb.sqlite@1 var/lib/rpm@0",
        ),
        ("through a link of the same layer", &["l lib usr/lib\n f lib/x"], "lib@0 usr/lib/x@0"),
        ("through two links and ..", &["l a b/../c\n l c /e/d", "f a/x"], "a@0 c@0 e/d/x@1"),
        ("a link above the root", &["l a ../../../t", "f a/x"], "a@0 t/x@1"),
        ("a file that a link leads to", &["f t\n l a t", "f a/x"], "a@0 t/x@1"),
        (
            "a whiteout through a link",
            &["f usr/lib/x\n f usr/lib/y\n l lib usr/lib", "w lib/x"],
            "lib@0 usr/lib/y@0",
        ),
        ("an opaque directory through a link", &["f u/x\n l lib u", "o lib\n f lib/y"], "lib@0 u/y@1"),
        (
            "markers of a directory that replaces a link do not reach through it",
            &["f u/x\n f u/y\n l lib u", "d lib\n o lib\n w lib/y\n f lib/z"],
            "lib/z@1 u/x@0 u/y@0",
        ),
        ("a link that is gone is not followed", &["f u/x\n l lib u", "w lib", "f lib/y"], "lib/y@2 u/x@0"),
        ("a whiteout of what never was", &["f a", "w b\n w a/b\n o c"], "a@0"),
        ("hard links stand for themselves", &["f a\n h b a", "w a"], "b@0"),
        ("back again", &["f d/a", "w d", "f d/a"], "d/a@2"),
        ("a link replaces its own layer's directory", &["f d/a\n l d t\n f d/b"], "d@0 t/b@0"),
    ];
    for (what, layers, wanted) in cases {
        let (tree, problems) = merged(layers);
        assert_eq!(files(&tree), *wanted, "{what}");
        assert_eq!(problems, [], "{what}");
    }
}

#[test]
fn links_are_followed_inside_the_root_only_and_not_for_ever() {
    let (tree, problems) = merged(&["d usr/lib
        l lib usr/lib
        f usr/lib/os-release
        l etc/os-release ../usr/lib/os-release
        l etc/abs /lib/os-release
        l up ../../../../lib/os-release
        l loop-a loop-b
        l loop-b loop-a
        l self self/x
        l dangling usr/nothing
        l dot ./lib/.
        f file"]);
    assert_eq!(problems, []);
    for (path, wanted) in [
        ("lib/os-release", Some("usr/lib/os-release")),
        ("/lib//./os-release", Some("usr/lib/os-release")),
        ("etc/os-release", Some("usr/lib/os-release")),
        ("etc/abs", Some("usr/lib/os-release")),
        ("up", Some("usr/lib/os-release")),
        ("dot/os-release", Some("usr/lib/os-release")),
        ("../../usr/../lib", Some("usr/lib")),
        ("", Some("")),
        ("loop-a", None),
        ("self", None),
        ("dangling", None),
        ("file/x", None),
        ("usr/lib/none", None),
    ] {
        assert_eq!(tree.resolve(path).as_deref(), wanted, "{path}");
    }
    assert_eq!(tree.get("etc/os-release").map(|n| n.kind()), Some(Kind::Symlink));
    assert_eq!(tree.get("lib/os-release").map(|n| n.kind()), Some(Kind::File));
    assert_eq!(tree.get("loop-a").map(|n| n.kind()), Some(Kind::Symlink));
    assert_eq!(tree.open("etc/abs").and_then(|n| n.entry).map(|e| e.path), Some("usr/lib/os-release"));
    let names: Vec<&str> = tree.children("lib").map(|(name, _)| name).collect();
    assert_eq!(names, ["os-release"]);
    assert_eq!(tree.children("file").count() + tree.children("nothing").count(), 0);
}

#[test]
fn a_chain_of_forty_links_is_followed_and_one_more_is_not() {
    let chain = |n: u32| {
        let links: Vec<String> = (0..n).map(|i| format!("l l{i} l{}", i + 1)).collect();
        merged(&[&format!("{}\nd l{n}\nf l{n}/x", links.join("\n"))]).0
    };
    assert_eq!(chain(40).resolve("l0/x").as_deref(), Some("l40/x"));
    assert_eq!(chain(41).resolve("l0/x"), None);
}

#[test]
fn entries_below_links_in_a_circle_are_kept_and_told() {
    let (tree, problems) = merged(&["l a b\n l b a", "f a/x\n f a/y"]);
    let told: Vec<_> = problems.iter().map(|p| (p.code.clone(), p.subject.as_str(), p.limit)).collect();
    assert_eq!(told, [(problems::LINK_LOOP, "a", Some(40))]);
    let kept: Vec<String> = tree.iter().map(|(path, _)| path).filter(|path| path.contains('/')).collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let place = tree.canonical(1, "a/x").unwrap();
    assert!(place.visible && kept.contains(&place.path));
}

#[test]
fn each_entry_knows_where_it_ended_up_and_whether_it_is_seen() {
    let (tree, _) = merged(&[
        "d usr/lib\n l lib usr/lib\n f lib/a\n f gone\n f under/x",
        "f lib/a\n f lib/b\n w gone\n f under\n w never",
    ]);
    let place = |layer, path| tree.canonical(layer, path).map(|place| (place.path, place.visible));
    assert_eq!(place(0, "lib/a"), Some(("usr/lib/a".into(), false)));
    assert_eq!(place(1, "lib/a"), Some(("usr/lib/a".into(), true)));
    assert_eq!(place(1, "lib/b"), Some(("usr/lib/b".into(), true)));
    assert_eq!(place(0, "gone"), Some(("gone".into(), false)));
    assert_eq!(place(0, "under/x"), Some(("under/x".into(), false)));
    assert_eq!(place(1, "gone"), None);
    assert_eq!(place(1, "never"), None);
    assert_eq!(place(2, "lib/a"), None);
    assert_eq!(tree.place(0, EntryId(999)), None);
    let id = tree.layers()[1].get("lib/b").unwrap().id;
    assert!(tree.is_visible(1, id) && !tree.is_visible(0, EntryId(2)) && !tree.is_visible(9, id));
    // The order of the archive counts within a layer.
    let (tree, _) = merged(&["f lib/x\n l lib usr/lib\n f lib/y\n d lib\n f lib/z"]);
    let place = |path| tree.canonical(0, path).map(|place| (place.path, place.visible));
    assert_eq!(place("lib/x"), Some(("lib/x".into(), false)));
    assert_eq!(place("lib/y"), Some(("usr/lib/y".into(), true)));
    assert_eq!(place("lib/z"), Some(("lib/z".into(), true)));
}

#[test]
fn history_tells_the_lowest_layer_since_which_a_path_is_there() {
    use Version::{Present, Removed};
    let (tree, _) = merged(&[
        "f d/status\n f d/x",
        "f d/status",
        "w d/x\n f d/status\n w d/status",
        "f z",
        "f d/x",
        "o d\n f d/status",
        "l link d\n f link/late",
    ]);
    assert_eq!(tree.versions("d/status"), [(0, Present), (1, Present), (2, Present), (5, Present)]);
    assert_eq!(tree.since("d/status"), Some(0));
    assert_eq!(tree.versions("d/x"), [(0, Present), (2, Removed), (4, Present), (5, Removed)]);
    assert_eq!(tree.since("d/x"), None);
    assert_eq!((tree.since("z"), tree.since("link/late"), tree.since("nothing")), (Some(3), Some(6), None));
    assert_eq!(tree.since("d"), Some(0));
    assert_eq!(tree.versions("nothing"), []);
}

/// The layer of evidence: case 33's layer 2 rewrites dpkg's status and adds one list; the lists of layer 1 are still
/// there and still layer 1's.
#[test]
fn case_33_a_rewritten_status_leaves_the_lists_below() {
    let (tree, _) = merged(&[
        "f var/lib/dpkg/status\n f var/lib/dpkg/info/bash.list\n f var/lib/dpkg/info/libc6:amd64.list",
        "f var/lib/dpkg/status\n f var/lib/dpkg/info/curl.list",
    ]);
    let lists: Vec<(&str, u32)> =
        tree.children("var/lib/dpkg/info").map(|(name, node)| (name, node.layer)).collect();
    assert_eq!(lists, [("bash.list", 0), ("libc6:amd64.list", 0), ("curl.list", 1)]);
    assert_eq!(tree.get("var/lib/dpkg/status").map(|n| n.layer), Some(1));
    assert_eq!(tree.since("var/lib/dpkg/status"), Some(0));
}

/// A file added in layer 2 and deleted in 3 is not seen, and its history says where it can be recovered from.
#[test]
fn case_41_a_deleted_file_is_recoverable_from_its_layer() {
    let (tree, _) = merged(&["f a", "f root/key", "w root/key"]);
    assert!(tree.get("root/key").is_none());
    assert_eq!(tree.versions("root/key"), [(1, Version::Present), (2, Version::Removed)]);
    assert_eq!(tree.canonical(1, "root/key"), Some(Place { path: "root/key".into(), visible: false }));
}

/// os-release is a link into a lower layer.
#[test]
fn case_43_os_release_resolves_after_the_merge() {
    let (tree, _) = merged(&["f usr/lib/os-release", "d etc", "l etc/os-release ../usr/lib/os-release"]);
    assert_eq!(tree.resolve("etc/os-release").as_deref(), Some("usr/lib/os-release"));
    let node = tree.open("etc/os-release").unwrap();
    assert_eq!((node.layer, node.content), (0, Some((0, EntryId(0)))));
}

#[test]
fn hard_links_know_the_file_whose_content_they_are() {
    let (tree, problems) =
        merged(&["f a\n h b a\n h c b", "h d/e c\n h bad none\n f a", "f n\n h m n\n w n"]);
    let content = |path| tree.get(path).and_then(|n| n.content);
    assert_eq!(content("a"), Some((1, EntryId(2))));
    assert_eq!([content("b"), content("c"), content("d/e")], [Some((0, EntryId(0))); 3]);
    assert_eq!(content("m"), Some((2, EntryId(0))));
    assert_eq!(content("bad"), None);
    assert_eq!(tree.get("d/e").map(|n| n.layer), Some(1));
    let told: Vec<_> = problems.iter().map(|p| (p.code.clone(), p.subject.as_str())).collect();
    assert_eq!(told, [(problems::DANGLING_LINK, "bad")]);
}

#[test]
fn directories_without_an_entry_are_there() {
    let (tree, _) = merged(&["f a/b/c"]);
    let node = tree.get("a/b").unwrap();
    assert_eq!((node.kind(), node.entry, node.layer, node.content), (Kind::Dir, None, 0, None));
    let mut paths = Vec::new();
    tree.for_each(|path, _| paths.push(path.to_owned()));
    assert_eq!(paths, ["a", "a/b", "a/b/c"]);
    assert_eq!(merged(&[]).0.len(), 0);
    assert!(merged(&[""]).0.is_empty());
}

#[test]
fn limits_end_a_merge_and_are_told() {
    // One entry, and a hundred directories that nobody wrote.
    let deep = format!("f {}x", "d/".repeat(100));
    let budget = Budget::new(Limits { entries: 10, ..Limits::default() });
    let (tree, problems) = merge(&[layer("f kept"), layer(&deep), layer("f not")], &budget);
    let told: Vec<_> =
        problems.iter().map(|p| (p.code.clone(), p.subject.as_str(), p.count, p.limit)).collect();
    assert_eq!(told, [(problems::TOO_MANY_ENTRIES, "layer 1", 1, Some(10))]);
    assert!(tree.get("kept").is_some() && tree.get("not").is_none());

    let late = Budget::new(Limits { time: std::time::Duration::ZERO, ..Limits::default() });
    std::thread::sleep(std::time::Duration::from_millis(2));
    let many: String = (0..5000).map(|i| format!("f f{i}\n")).collect();
    let (_, problems) = merge(&[layer(&many)], &late);
    assert_eq!(problems.iter().map(|p| p.code.clone()).collect::<Vec<_>>(), [problems::TIME]);
}

#[test]
fn repeated_removal_of_what_is_gone_costs_nothing() {
    // Each of the markers would walk a directory of many children if those stayed in it.
    let many: String = (0..20_000).map(|i| format!("f d/f{i}\n")).collect();
    let links: String = (0..20_000).map(|i| format!("l l{i} d\n")).collect();
    let markers: String = (0..20_000).map(|i| format!("o l{i}\n")).collect();
    let start = std::time::Instant::now();
    let (tree, _) = merged(&[&many, &links, &markers, &markers]);
    assert_eq!(tree.children("d").count(), 0);
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
}

mod oracle {
    //! The kernel as oracle: the layers are written into a folder one after the other, and what stands there at the
    //! end is compared.

    use std::{fs, os::unix::fs::symlink, path::Path};

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Op {
        File,
        Dir,
        Link(Vec<u8>),
        Whiteout,
        Opaque,
    }

    fn path_of(parts: &[u8]) -> String {
        parts.iter().map(|part| ["a", "b", "c"][usize::from(*part)]).collect::<Vec<_>>().join("/")
    }

    fn layers() -> impl Strategy<Value = Vec<Vec<(Vec<u8>, Op)>>> {
        let parts = || prop::collection::vec(0u8..3, 1..4);
        let op = prop_oneof![
            4 => Just(Op::File),
            2 => Just(Op::Dir),
            2 => parts().prop_map(Op::Link),
            2 => Just(Op::Whiteout),
            1 => Just(Op::Opaque),
        ];
        prop::collection::vec(prop::collection::vec((parts(), op), 0..8), 1..5)
    }

    fn is_dir(path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|m| m.is_dir())
    }

    fn remove(path: &Path) {
        if is_dir(path) {
            // The directory itself, not the way to it: a link on that way may lie in it, and goes first.
            fs::remove_dir_all(fs::canonicalize(path).unwrap()).unwrap();
        } else {
            let _ = fs::remove_file(path);
        }
    }

    /// Writes a layer as a runtime does; `false` where the folder cannot follow (links in a circle or with targets
    /// that are no directories: there the tree keeps evidence that a runtime would refuse).
    fn apply(root: &Path, layer: &[(Vec<u8>, Op)]) -> bool {
        let own_dir = |path: &str| {
            let own = layer
                .iter()
                .rev()
                .find(|(parts, op)| path_of(parts) == path && matches!(op, Op::File | Op::Dir | Op::Link(_)));
            matches!(own, Some((_, Op::Dir)))
        };
        for (parts, op) in layer {
            let opaque = matches!(op, Op::Opaque);
            if !opaque && !matches!(op, Op::Whiteout) {
                continue;
            }
            let path = path_of(parts);
            // Links that this layer replaces with a directory are not followed.
            let above = if opaque { parts.len() } else { parts.len() - 1 };
            let replaced = (1..=above).any(|n| {
                let prefix = path_of(&parts[..n]);
                root.join(&prefix).is_symlink() && own_dir(&prefix)
            });
            if replaced {
                continue;
            }
            let target = root.join(path);
            if !opaque {
                remove(&target);
            } else if target.is_dir() {
                // As in `remove`.
                for child in fs::read_dir(fs::canonicalize(&target).unwrap()).unwrap() {
                    remove(&child.unwrap().path());
                }
            }
        }
        for (parts, op) in layer {
            if matches!(op, Op::Whiteout | Op::Opaque) {
                continue;
            }
            for n in 1..parts.len() {
                let above = root.join(path_of(&parts[..n]));
                if above.is_symlink() && !above.is_dir() {
                    return false;
                }
                if above.is_file() {
                    fs::remove_file(&above).unwrap();
                }
                if !above.is_dir() {
                    fs::create_dir(&above).unwrap();
                }
            }
            let path = root.join(path_of(parts));
            if !(matches!(op, Op::Dir) && is_dir(&path)) {
                remove(&path);
            }
            let made = match op {
                Op::File => fs::write(&path, b""),
                Op::Dir if !is_dir(&path) => fs::create_dir(&path),
                // Absolute, as a relative one would be read from where the link ended up.
                Op::Link(to) => symlink(root.join(path_of(to)), &path),
                _ => Ok(()),
            };
            // What was removed was a link that the path leads through.
            if made.is_err() {
                return false;
            }
        }
        true
    }

    fn list(root: &Path, dir: &Path, out: &mut Vec<String>) {
        for child in fs::read_dir(dir).unwrap() {
            let path = child.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let kind = if path.is_symlink() {
                "l"
            } else if path.is_dir() {
                "d"
            } else {
                "f"
            };
            out.push(format!("{kind} {name}"));
            if kind == "d" {
                list(root, &path, out);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_tree_is_what_the_kernel_makes_of_the_layers(layers in layers()) {
            let folder = tempfile::tempdir().unwrap();
            let root = fs::canonicalize(folder.path()).unwrap();
            let mut texts = Vec::new();
            for layer in &layers {
                prop_assume!(apply(&root, layer));
                let lines = layer.iter().map(|(parts, op)| {
                    let path = path_of(parts);
                    match op {
                        Op::File => format!("f {path}"),
                        Op::Dir => format!("d {path}"),
                        Op::Link(to) => format!("l {path} /{}", path_of(to)),
                        Op::Whiteout => format!("w {path}"),
                        Op::Opaque => format!("o {path}"),
                    }
                });
                texts.push(lines.collect::<Vec<_>>().join("\n"));
            }
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (tree, problems) = merged(&texts);
            prop_assert_eq!(problems, vec![]);
            let mut ours: Vec<String> = tree
                .iter()
                .map(|(path, node)| match node.kind() {
                    Kind::Dir => format!("d {path}"),
                    Kind::Symlink => format!("l {path}"),
                    _ => format!("f {path}"),
                })
                .collect();
            let mut wanted = Vec::new();
            list(&root, &root, &mut wanted);
            ours.sort();
            wanted.sort();
            prop_assert_eq!(ours, wanted, "{:?}", texts);
        }
    }
}
