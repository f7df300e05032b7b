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
