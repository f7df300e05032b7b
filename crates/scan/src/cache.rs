//! What was read before, on disk: results per layer by diffID, and the configurations of a daemon's images by their
//! digest. Compressed, verified when read, bounded, safe between processes.
//!
//! An entry is written beside its place and renamed, so readers see all of it or nothing. What stands in for a blob is
//! only an entry whose (blob digest, diffID) pair was verified when it was written.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use model::{BlobDigest, ConfigDigest, DiffId, Digest};
use oci::Known;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::layer::LayerData;

/// Grows with the shape of an entry; readers and facts have [`sbom::CATALOGUER_VERSION`].
const FORMAT: u32 = 3;

/// Bytes before the payload: magic, format, cataloguer version, SHA-256 of the payload as it is stored.
const HEADER: usize = 8 + 4 + 4 + 32;

const MAGIC: &[u8; 8] = b"seawalll";

/// Zstandard's fastest: an index shrinks to a fifth all the same, and reading it is faster than from most disks.
const LEVEL: i32 = 1;

/// Endings of the files that are entries.
const ENDINGS: [&str; 2] = ["layer", "image"];

/// A file that is no entry, and is this old, was left behind by a process that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// The cache in one folder.
#[derive(Clone, Debug)]
pub struct LayerCache {
    folder: PathBuf,
    max_bytes: u64,
}

impl LayerCache {
    /// What the command line allows a cache to fill: the layers of some thousand images.
    pub const DEFAULT_MAX_BYTES: u64 = 2 << 30;

    /// Opens, and makes where needed, a cache that fills at most `max_bytes`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Path, max_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), max_bytes })
    }

    fn place(&self, diff_id: DiffId) -> PathBuf {
        self.folder.join(format!("{}.layer", diff_id.0.hex()))
    }

    fn place_of_image(&self, id: ConfigDigest) -> PathBuf {
        self.folder.join(format!("{}.image", id.0.hex()))
    }

    /// The entry of a layer, if it was read before from this very blob. Anything wrong with it is a miss.
    pub(crate) fn get(&self, blob: BlobDigest, diff_id: DiffId) -> Option<LayerData> {
        self.vouched(diff_id).filter(|data| data.blob == Some(blob))
    }

    /// The entry of a layer, from whichever blob it was read: for a source that itself verified that what it has is
    /// `diff_id`, as a Docker daemon does when it takes a layer in.
    pub(crate) fn vouched(&self, diff_id: DiffId) -> Option<LayerData> {
        load::<LayerData>(&self.place(diff_id)).filter(|data| data.diff_id == Some(diff_id))
    }

    /// Keeps what was read completely; anything else is not kept.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn put(&self, data: &LayerData) -> io::Result<()> {
        let (Some(_), Some(diff_id)) = (data.blob, data.diff_id) else { return Ok(()) };
        self.store(&self.place(diff_id), data)
    }

    /// Keeps what an image's configuration says.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn put_image(&self, id: ConfigDigest, known: &Known) -> io::Result<()> {
        self.store(&self.place_of_image(id), &(id, known))
    }

    fn store(&self, place: &Path, value: &impl Serialize) -> io::Result<()> {
        let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
        postcard::to_io(value, &mut encoder).map_err(io::Error::other)?;
        let payload = encoder.finish()?;
        if (payload.len() + HEADER) as u64 > self.max_bytes {
            return Ok(());
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&header(&payload))?;
        file.write_all(&payload)?;
        file.persist(place).map_err(|error| error.error)?;
        self.prune()
    }

    /// Removes the entries that were not used for longest until the rest fits.
    fn prune(&self) -> io::Result<()> {
        let now = SystemTime::now();
        let mut entries = Vec::new();
        let mut total = 0;
        for entry in fs::read_dir(&self.folder)? {
            // Another process may have removed it meanwhile.
            let Ok((entry, meta)) = entry.and_then(|entry| entry.metadata().map(|meta| (entry, meta))) else {
                continue;
            };
            if !meta.is_file() {
                continue;
            }
            let (path, used) = (entry.path(), meta.modified().unwrap_or(SystemTime::UNIX_EPOCH));
            total += meta.len();
            if ENDINGS.iter().any(|ending| path.extension().is_some_and(|it| it == *ending)) {
                entries.push((used, meta.len(), path));
            } else if now.duration_since(used).is_ok_and(|age| age > LEFT_BEHIND)
                && fs::remove_file(path).is_ok()
            {
                total -= meta.len();
            }
        }
        if total <= self.max_bytes {
            return Ok(());
        }
        entries.sort();
        for (_, len, path) in entries {
            if total <= self.max_bytes {
                break;
            }
            // Gone is gone, whoever removed it.
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {}
                _ => total -= len,
            }
        }
        Ok(())
    }
}

impl oci::Memory for LayerCache {
    fn image(&self, id: ConfigDigest) -> Option<Known> {
        let (of, known) = load::<(ConfigDigest, Known)>(&self.place_of_image(id))?;
        (of == id).then_some(known)
    }
}

/// Reads an entry and makes it the last used. Anything wrong with it is a miss.
fn load<T: DeserializeOwned>(place: &Path) -> Option<T> {
    let bytes = fs::read(place).ok()?;
    let (header, payload) = bytes.split_at_checked(HEADER)?;
    if header != self::header(payload).as_slice() {
        return None;
    }
    let value = postcard::from_bytes(&zstd::decode_all(payload).ok()?).ok()?;
    // The oldest use goes first; a cache on a read-only disk still serves.
    let _ =
        fs::File::options().append(true).open(place).and_then(|file| file.set_modified(SystemTime::now()));
    Some(value)
}

fn header(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&sbom::CATALOGUER_VERSION.to_le_bytes());
    let digest = Digest::from_bytes(Sha256::digest(payload).into());
    out.extend_from_slice(digest.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use archive::{Entry, Kind, LayerIndexBuilder};

    use super::*;

    fn data(n: u8) -> LayerData {
        let mut index = LayerIndexBuilder::new();
        for i in 0..10 {
            index.push(&Entry::new(&format!("usr/share/doc/{n}/{i}"), Kind::File, 0o644)).unwrap();
        }
        LayerData {
            index: index.finish(),
            facts: vec![],
            problems: vec![],
            blob: Some(BlobDigest(Digest::from_bytes([n; 32]))),
            diff_id: Some(DiffId(Digest::from_bytes([n + 100; 32]))),
        }
    }

    #[test]
    fn an_entry_comes_back_for_its_own_pair_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path(), 1 << 20).unwrap();
        let one = data(1);
        let (blob, diff_id) = (one.blob.unwrap(), one.diff_id.unwrap());
        assert!(cache.get(blob, diff_id).is_none());
        cache.put(&one).unwrap();
        assert_eq!(cache.get(blob, diff_id).unwrap().index.len(), 10);
        assert!(cache.get(BlobDigest(Digest::from_bytes([9; 32])), diff_id).is_none());
    }

    #[test]
    fn a_source_that_vouches_for_a_layer_needs_no_blob() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path(), 1 << 20).unwrap();
        cache.put(&data(1)).unwrap();
        assert!(cache.vouched(data(1).diff_id.unwrap()).is_some());
        // An entry under another's name is a miss.
        fs::copy(cache.place(data(1).diff_id.unwrap()), cache.place(data(2).diff_id.unwrap())).unwrap();
        assert!(cache.vouched(data(2).diff_id.unwrap()).is_none());
    }

    #[test]
    fn configurations_come_back_by_their_digest() {
        use oci::Memory as _;
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path(), 1 << 20).unwrap();
        let id = |n| ConfigDigest(Digest::from_bytes([n; 32]));
        let known = Known {
            config: model::ImageConfig { user: "app".into(), ..model::ImageConfig::default() },
            layers: vec![model::Layer {
                diff_id: data(1).diff_id.unwrap(),
                blob: None,
                size: 7,
                created_by: None,
            }],
        };
        assert!(cache.image(id(1)).is_none());
        cache.put_image(id(1), &known).unwrap();
        assert_eq!(cache.image(id(1)), Some(known));
        fs::copy(cache.place_of_image(id(1)), cache.place_of_image(id(2))).unwrap();
        assert_eq!(cache.image(id(2)), None);
    }

    #[test]
    fn an_entry_is_smaller_than_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path(), 1 << 30).unwrap();
        let mut index = LayerIndexBuilder::new();
        for i in 0..10_000 {
            index
                .push(&Entry::new(&format!("usr/share/doc/package-{i}/copyright"), Kind::File, 0o644))
                .unwrap();
        }
        let large = LayerData { index: index.finish(), ..data(1) };
        cache.put(&large).unwrap();
        let stored = fs::metadata(cache.place(large.diff_id.unwrap())).unwrap().len();
        let plain = postcard::to_stdvec(&large).unwrap().len() as u64;
        assert!(stored * 3 < plain, "{stored} of {plain}");
    }

    #[test]
    fn many_writers_and_readers_of_a_full_cache_never_fail_and_never_see_half_an_entry() {
        let folder = tempfile::tempdir().unwrap();
        LayerCache::open(folder.path(), u64::MAX).unwrap().put(&data(1)).unwrap();
        let size = fs::metadata(folder.path().join(format!("{}.layer", data(1).diff_id.unwrap().0.hex())));
        let bound = size.unwrap().len() * 3;
        let (hits, misses) = (std::sync::atomic::AtomicU32::new(0), std::sync::atomic::AtomicU32::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8_u8 {
                let (folder, hits, misses) = (folder.path(), &hits, &misses);
                scope.spawn(move || {
                    // Each with its own handle, as processes have.
                    let cache = LayerCache::open(folder, bound).unwrap();
                    for round in 0..100_u8 {
                        let mine = data((thread + round) % 10);
                        cache.put(&mine).unwrap();
                        match cache.get(mine.blob.unwrap(), mine.diff_id.unwrap()) {
                            Some(found) => {
                                assert_eq!(found.index.len(), 10);
                                hits.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            }
                            None => _ = misses.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
                        }
                    }
                });
            }
        });
        assert!(hits.into_inner() > 100, "{misses:?} misses");
        // Whoever wrote last pruned last.
        LayerCache::open(folder.path(), bound).unwrap().put(&data(3)).unwrap();
        let kept: u64 =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(kept <= bound, "{kept} of {bound}");
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_another_writes_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path(), 1).unwrap();
        let (old, new) = (folder.path().join(".tmpOld"), folder.path().join(".tmpNew"));
        fs::write(&new, "x").unwrap();
        fs::write(&old, "x").unwrap();
        let hours = SystemTime::now() - Duration::from_secs(7200);
        fs::File::options().append(true).open(&old).unwrap().set_modified(hours).unwrap();
        cache.prune().unwrap();
        assert_eq!((old.exists(), new.exists()), (false, true));
    }

    #[test]
    fn a_damaged_entry_is_a_miss_whatever_byte_is_flipped() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path(), 1 << 20).unwrap();
        let one = data(1);
        cache.put(&one).unwrap();
        let place = cache.place(one.diff_id.unwrap());
        let good = fs::read(&place).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            fs::write(&place, bad).unwrap();
            assert!(cache.get(one.blob.unwrap(), one.diff_id.unwrap()).is_none(), "byte {at}");
        }
        fs::write(&place, &good[..good.len() / 2]).unwrap();
        assert!(cache.get(one.blob.unwrap(), one.diff_id.unwrap()).is_none());
    }

    #[test]
    fn the_least_recently_used_goes_when_the_folder_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let size = {
            let cache = LayerCache::open(folder.path(), u64::MAX).unwrap();
            cache.put(&data(1)).unwrap();
            fs::metadata(cache.place(data(1).diff_id.unwrap())).unwrap().len()
        };
        let cache = LayerCache::open(folder.path(), size * 3 + size / 2).unwrap();
        let age = |n: u8, seconds: u64| {
            let file = fs::File::options().append(true).open(cache.place(data(n).diff_id.unwrap())).unwrap();
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(seconds)).unwrap();
        };
        age(1, 300);
        cache.put(&data(2)).unwrap();
        age(2, 200);
        cache.put(&data(3)).unwrap();
        age(3, 100);
        // A use makes the first one young again.
        assert!(cache.get(data(1).blob.unwrap(), data(1).diff_id.unwrap()).is_some());
        cache.put(&data(4)).unwrap();
        let kept: Vec<bool> = (1..=4).map(|n| cache.place(data(n).diff_id.unwrap()).exists()).collect();
        assert_eq!(kept, [true, false, true, true]);
    }
}
