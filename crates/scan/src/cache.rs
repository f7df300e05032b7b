//! Results per layer on disk, by diffID and cataloguer version: verified when read, bounded, safe between processes.
//!
//! An entry is written beside its place and renamed, so readers see all of it or nothing. What stands in for a blob is
//! only an entry whose (blob digest, diffID) pair was verified when it was written.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

use model::{BlobDigest, DiffId, Digest};
use sha2::{Digest as _, Sha256};

use crate::layer::LayerData;

/// Grows with the shape of an entry; readers and facts have [`sbom::CATALOGUER_VERSION`].
const FORMAT: u32 = 1;

/// Bytes before the payload: magic, format, cataloguer version, SHA-256 of the payload.
const HEADER: usize = 8 + 4 + 4 + 32;

const MAGIC: &[u8; 8] = b"seawalll";

/// The layer cache in one folder.
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

    /// The entry of a layer, if it was read before from this very blob. Anything wrong with it is a miss.
    pub(crate) fn get(&self, blob: BlobDigest, diff_id: DiffId) -> Option<LayerData> {
        let place = self.place(diff_id);
        let bytes = fs::read(&place).ok()?;
        let (header, payload) = bytes.split_at_checked(HEADER)?;
        if header != self::header(payload).as_slice() {
            return None;
        }
        let data: LayerData = postcard::from_bytes(payload).ok()?;
        if data.blob != Some(blob) || data.diff_id != Some(diff_id) {
            return None;
        }
        // The oldest use goes first; a cache on a read-only disk still serves.
        let _ = fs::File::options()
            .append(true)
            .open(&place)
            .and_then(|file| file.set_modified(SystemTime::now()));
        Some(data)
    }

    /// Keeps what was read completely; anything else is not kept.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn put(&self, data: &LayerData) -> io::Result<()> {
        let (Some(_), Some(diff_id)) = (data.blob, data.diff_id) else { return Ok(()) };
        let payload = postcard::to_stdvec(data).map_err(io::Error::other)?;
        if (payload.len() + HEADER) as u64 > self.max_bytes {
            return Ok(());
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&header(&payload))?;
        file.write_all(&payload)?;
        file.persist(self.place(diff_id)).map_err(|error| error.error)?;
        self.prune()
    }

    /// Removes the entries that were not used for longest until the rest fits.
    fn prune(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        let mut total = 0;
        for entry in fs::read_dir(&self.folder)? {
            // Another process may have removed it meanwhile.
            let Ok((entry, meta)) = entry.and_then(|entry| entry.metadata().map(|meta| (entry, meta))) else {
                continue;
            };
            if meta.is_file() {
                total += meta.len();
                entries.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len(), entry.path()));
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
            if fs::remove_file(path).is_ok() {
                total -= len;
            }
        }
        Ok(())
    }
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
        let cache = LayerCache::open(folder.path(), size * 3).unwrap();
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
