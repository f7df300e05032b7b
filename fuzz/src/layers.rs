//! Layers: tar, compression, merging.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
    sync::Arc,
};

use archive::{
    Compression, Content, Entry, Kind, LayerIndex, LayerIndexBuilder, LayerRead, ReadAt, Select, Want,
    inflated, merge, read_layer, read_linked, tar::index_members,
};

use crate::budget;

/// Wants all files, some of them after a look, and keeps what it got.
#[derive(Default, PartialEq, Debug)]
struct Keep {
    files: Vec<(String, Vec<u8>)>,
}

impl Select for Keep {
    fn wants(&mut self, entry: &Entry<'_>) -> Want {
        if entry.path.len() % 3 == 0 { Want::Peek(16) } else { Want::Read { max: 1 << 20 } }
    }

    fn peeked(&mut self, _: &Entry<'_>, head: &[u8]) -> Want {
        if head.first().is_some_and(|byte| byte % 2 == 0) { Want::Read { max: 100 } } else { Want::Skip }
    }

    fn file(&mut self, entry: &Entry<'_>, content: Content<'_>) {
        let mut bytes = vec![0; content.len() as usize];
        let n = content.read_full_at(0, &mut bytes).expect("it is there");
        assert_eq!(n, bytes.len(), "as long as it said");
        self.files.push((entry.path.to_owned(), bytes));
    }
}

/// Gives a few bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1 % 7 + 1;
        let n = buffer.len().min(self.1);
        self.0.read(&mut buffer[..n])
    }
}

fn read(data: impl Read) -> (LayerRead, Keep) {
    let mut keep = Keep::default();
    let layer = read_layer(data, "layer", &mut keep, &budget());
    (layer, keep)
}

fn check(index: &LayerIndex) {
    for entry in index.all() {
        let root_marker = entry.kind == Kind::Opaque && entry.path.is_empty();
        let clean = entry.path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        assert!(clean || root_marker, "{:?} leads somewhere else", entry.path);
        assert!(!entry.path.contains('\0'));
    }
}

/// A layer in any compression: the same whole and in pieces, no path leads out.
pub fn layer(data: &[u8]) {
    let (whole, files) = read(data);
    check(&whole.index);
    let (pieces, again) = read(Drip(data, 0));
    assert_eq!(whole, pieces);
    assert_eq!(files, again);
    if !whole.links.is_empty() {
        read_linked(data, "layer", &whole.index, &whole.links, &mut Keep::default(), &budget());
    }
    let (tree, _) = merge(&[Arc::new(whole.index)], &budget());
    tree.for_each(|path, _| assert!(tree.get(path).is_some(), "{path:?} is listed and not found"));
}

/// An archive of which only the headers are read.
pub fn members(data: &[u8]) {
    let members = index_members(data, "archive", &budget());
    for path in ["manifest.json", "index.json", "repositories"] {
        if let Some(member) = members.get(path) {
            assert!(member.offset <= data.len() as u64 + 512);
        }
    }
}

/// Compressed data: what comes out, if it comes without a fault, is what the usual decoder says.
pub fn compressed(data: &[u8]) {
    let mut ours = Vec::new();
    let outcome = inflated(data, &budget()).take(8 << 20).read_to_end(&mut ours);
    let mut pieces = Vec::new();
    let dripped = inflated(Drip(data, 0), &budget()).take(8 << 20).read_to_end(&mut pieces);
    assert_eq!((outcome.is_ok(), &ours), (dripped.is_ok(), &pieces));
    let gzip = data.starts_with(&[0x1f, 0x8b]);
    let zstandard = data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    if outcome.is_err() || ours.len() >= 8 << 20 || !gzip && !zstandard {
        return;
    }
    let mut theirs = Vec::new();
    // What follows the last member is an error to one and none to the other, so only the bytes are compared.
    let _ = if gzip {
        flate2::read::MultiGzDecoder::new(data).read_to_end(&mut theirs)
    } else {
        zstd::stream::Decoder::new(data).and_then(|mut decoder| decoder.read_to_end(&mut theirs))
    };
    assert_eq!(ours, theirs);
}

/// The same inside a layer: digests of both sides are there exactly when all was read.
pub fn compressed_layer(data: &[u8]) {
    let (layer, _) = read(data);
    if layer.compression != Compression::None && layer.diff_id.is_some() {
        assert!(layer.blob.is_some(), "inflated to its end, and not read to its end");
    }
}

/// Layers of files, directories, whiteouts and opaque markers against a model of a few lines, and with links against
/// rules that hold always.
pub fn merged(data: &[u8]) {
    let mut layers = vec![Vec::new()];
    let mut linked = false;
    for op in data.chunks_exact(2) {
        if op[0] == 0xFF {
            if layers.len() < 6 {
                layers.push(Vec::new());
            }
            continue;
        }
        let path = path(op[1]);
        let kind = match op[0] % 8 {
            0..3 => Kind::File,
            3 | 4 => Kind::Dir,
            5 => Kind::Whiteout,
            6 => Kind::Opaque,
            _ if op[0] & 0x80 != 0 => {
                linked = true;
                Kind::Symlink
            }
            _ => Kind::File,
        };
        if let Some(layer) = layers.last_mut().filter(|layer| layer.len() < 64) {
            layer.push((path, kind, self::path(op[0] >> 3)));
        }
    }
    let indexes: Vec<Arc<LayerIndex>> = layers
        .iter()
        .map(|layer| {
            let mut builder = LayerIndexBuilder::new();
            for (path, kind, to) in layer {
                let link = (*kind == Kind::Symlink).then_some(to.as_str());
                builder.push(&Entry { link, ..Entry::new(path, *kind, 0o755) }).expect("it is short");
            }
            Arc::new(builder.finish())
        })
        .collect();
    let (tree, _) = merge(&indexes, &budget());
    let mut ours = BTreeMap::new();
    tree.for_each(|path, node| {
        assert!(tree.get(path).is_some(), "{path:?} is listed and not found");
        ours.insert(path.to_owned(), node.kind() == Kind::Dir);
    });
    assert_eq!(ours.len(), tree.len());
    for (number, layer) in layers.iter().enumerate() {
        for (path, ..) in layer {
            let number = number as u32;
            let _ = (tree.resolve(path), tree.open(path).is_some(), tree.canonical(number, path));
            let _ = (tree.versions(path), tree.since(path), tree.children(path).count());
        }
    }
    if !linked {
        assert_eq!(ours, model(&layers), "{layers:?}");
    }
}

/// One to three of three names.
fn path(byte: u8) -> String {
    let names = [byte & 3, byte >> 2 & 3, byte >> 4 & 3];
    let mut path = String::from(["a", "b", "c", "a"][usize::from(names[0])]);
    for name in &names[1..] {
        match name {
            3 => break,
            name => {
                path.push('/');
                path.push_str(["a", "b", "c"][usize::from(*name)]);
            }
        }
    }
    path
}

/// Path to "is a directory", by the rules of the image specification: a layer's markers act on the layers below only,
/// then its entries come in their order.
fn model(layers: &[Vec<(String, Kind, String)>]) -> BTreeMap<String, bool> {
    let mut tree: BTreeMap<String, bool> = BTreeMap::new();
    let clear = |tree: &mut BTreeMap<String, bool>, path: &str| {
        let inside = format!("{path}/");
        let below: BTreeSet<String> = tree.keys().filter(|key| key.starts_with(&inside)).cloned().collect();
        tree.retain(|key, _| !below.contains(key));
    };
    for layer in layers {
        for (path, kind, _) in layer {
            match kind {
                Kind::Whiteout => {
                    clear(&mut tree, path);
                    tree.remove(path);
                }
                Kind::Opaque => clear(&mut tree, path),
                _ => {}
            }
        }
        for (path, kind, _) in layer {
            let is_dir = match kind {
                Kind::File => false,
                Kind::Dir => true,
                _ => continue,
            };
            for (at, _) in path.match_indices('/') {
                tree.insert(path[..at].to_owned(), true);
            }
            if !is_dir {
                clear(&mut tree, path);
            }
            tree.insert(path.clone(), is_dir);
        }
    }
    tree
}

/// A layer's index as the cache keeps it, whatever stands there.
pub fn cached(data: &[u8]) {
    let Ok(index) = postcard::from_bytes::<LayerIndex>(data) else { return };
    let _ =
        (index.len(), index.iter().count(), index.get("a").is_some(), index.has_marker("a", Kind::Whiteout));
    let index = Arc::new(index);
    let (tree, _) = merge(&[Arc::clone(&index), index], &budget());
    tree.for_each(|path, _| {
        let _ = (tree.resolve(path), tree.versions(path));
    });
}
