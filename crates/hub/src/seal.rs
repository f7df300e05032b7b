//! Secrets that the hub must know again (registries' passwords), sealed with a key that lies beside the store and not in it.
//!
//! AES-256-GCM with a random nonce for each sealing. What a secret is for (a registry's id) is associated data, so that a
//! sealed secret copied to another row does not open there. A copy of the database without the key file opens nothing.

use std::{
    fmt, fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    constant_time, digest, rand,
};
use oci::Secret;

/// Name of the key file in the data folder.
pub const KEY_FILE: &str = "seal.key";

/// The first byte of what is sealed; grows with its shape.
const VERSION: u8 = 1;
const KEY: usize = 32;
const KEY_ID: usize = 8;
const NONCE: usize = 12;
const TAG: usize = 16;
/// Bytes of a secret: more than any password or token, less than what would fill a store.
const MAX_SECRET: usize = 16 << 10;

/// Why a secret could not be sealed or opened. Says nothing of the secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The key file cannot be read or made.
    #[error("{path}: {source}; the hub needs it to open the credentials of registries")]
    KeyFile {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The key file does not hold a key.
    #[error(
        "{path} is no key file ({why}); put back the one from the backup, or remove it and enter the registries' credentials again"
    )]
    NoKey {
        /// The file.
        path: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Sealed with another key.
    #[error(
        "the credentials were sealed with the key {sealed}, this hub has {ours}: put back its {KEY_FILE}, or enter the credentials again"
    )]
    OtherKey {
        /// The id of the key that is needed.
        sealed: String,
        /// The id of the key that is there.
        ours: String,
    },
    /// Damaged, or sealed for something else.
    #[error(
        "the sealed credentials do not open: they were damaged or belong to something else; enter them again"
    )]
    Damaged,
    /// Larger than any credentials are.
    #[error("credentials are at most {MAX_SECRET} bytes")]
    TooLarge,
}

/// The key, and what it is called.
pub struct Sealer {
    key: RandomizedNonceKey,
    id: [u8; KEY_ID],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", hex(&self.id))
    }
}

impl Sealer {
    /// Reads the key of the data folder, or makes one there that only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds something else.
    pub fn open(data_dir: &Path) -> Result<Self, SealError> {
        let path = data_dir.join(KEY_FILE);
        let failed = |source| SealError::KeyFile { path: path.display().to_string(), source };
        match fs::File::open(&path) {
            Ok(file) => {
                let mut key = Vec::with_capacity(KEY + 1);
                file.take(KEY as u64 + 1).read_to_end(&mut key).map_err(failed)?;
                let no_key = |why| SealError::NoKey { path: path.display().to_string(), why };
                let key: [u8; KEY] = key.try_into().map_err(|_| no_key("it does not hold 32 bytes"))?;
                Self::of(&key).ok_or_else(|| no_key("its bytes make no key"))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(data_dir, &path),
            Err(error) => Err(failed(error)),
        }
    }

    /// Makes the key in a file beside its place and links it there, so that of two hubs that start together both use
    /// the one that came first, and a kill leaves no half of a key.
    fn make(data_dir: &Path, path: &Path) -> Result<Self, SealError> {
        let failed = |source| SealError::KeyFile { path: path.display().to_string(), source };
        let mut key = [0; KEY];
        let mut name = [0; KEY_ID];
        let random = || failed(io::Error::other("the system gives no random bytes"));
        rand::fill(&mut key).map_err(|_| random())?;
        rand::fill(&mut name).map_err(|_| random())?;
        let beside = data_dir.join(format!(".{KEY_FILE}.{}", hex(&name)));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| file.write_all(&key).and_then(|()| file.sync_all()))
            .and_then(|()| fs::hard_link(&beside, path));
        let removed = fs::remove_file(&beside);
        match written {
            Ok(()) => removed.map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Self::open(data_dir),
            Err(error) => return Err(failed(error)),
        }
        Self::of(&key).ok_or_else(random)
    }

    fn of(key: &[u8; KEY]) -> Option<Self> {
        let hash = digest::digest(&digest::SHA256, key);
        let id = hash.as_ref().first_chunk().copied()?;
        Some(Self { key: RandomizedNonceKey::new(&AES_256_GCM, key).ok()?, id })
    }

    /// The key's name: the first bytes of its hash, in hexadecimal.
    #[must_use]
    pub fn key_id(&self) -> String {
        hex(&self.id)
    }

    /// Seals `secret` for `owner` (a registry's id).
    ///
    /// # Errors
    /// When it is larger than any credentials are, or the system gives no random bytes.
    pub fn seal(&self, owner: &str, secret: &Secret) -> Result<Vec<u8>, SealError> {
        let plain = secret.expose().as_bytes();
        if plain.len() > MAX_SECRET {
            return Err(SealError::TooLarge);
        }
        let mut bytes = plain.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(owner.as_bytes()), &mut bytes)
            .map_err(|_| SealError::Damaged)?;
        let mut out = Vec::with_capacity(1 + KEY_ID + NONCE + bytes.len());
        out.push(VERSION);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(nonce.as_ref());
        out.append(&mut bytes);
        Ok(out)
    }

    /// Opens what was sealed for `owner`.
    ///
    /// # Errors
    /// When it was sealed with another key or for another owner, or was damaged.
    pub fn open_sealed(&self, owner: &str, sealed: &[u8]) -> Result<Secret, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
        let (id, rest) = rest.split_first_chunk::<KEY_ID>().ok_or(SealError::Damaged)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Damaged)?;
        if *version != VERSION || rest.len() < TAG || rest.len() > MAX_SECRET + TAG {
            return Err(SealError::Damaged);
        }
        if *id != self.id {
            return Err(SealError::OtherKey { sealed: hex(id), ours: self.key_id() });
        }
        let mut bytes = rest.to_vec();
        let plain = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(owner.as_bytes()), &mut bytes)
            .map_err(|_| SealError::Damaged)?;
        let text = std::str::from_utf8(plain).map_err(|_| SealError::Damaged)?;
        Ok(Secret::new(text))
    }
}

/// A random token: 256 bits in hexadecimal behind a prefix that tells what it is for.
///
/// # Errors
/// [`SealError::Damaged`] when the system gives no random bytes.
pub fn random_token(prefix: &str) -> Result<Secret, SealError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| SealError::Damaged)?;
    Ok(Secret::new(format!("{prefix}{}", hex(&bytes))))
}

/// What is kept of a token: its SHA-256. The token has 256 random bits, so that a slow hash would add nothing.
#[must_use]
pub fn token_hash(token: &str) -> [u8; 32] {
    let mut out = [0; 32];
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    out.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// Is `token` the one whose hash was kept? Takes the same time whatever the answer.
#[must_use]
pub fn token_matches(token: &str, kept: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(&token_hash(token), kept).is_ok()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_opens_for_its_owner_only_and_with_its_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = Sealer::open(folder.path()).unwrap();
        let sealed = sealer.seal("7", &Secret::new("hunter2")).unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"hunter2"));
        let again = Sealer::open(folder.path()).unwrap();
        assert_eq!(again.key_id(), sealer.key_id());
        assert_eq!(again.open_sealed("7", &sealed).unwrap().expose(), "hunter2");
        assert!(matches!(again.open_sealed("8", &sealed), Err(SealError::Damaged)));
        assert_ne!(sealed, sealer.seal("7", &Secret::new("hunter2")).unwrap(), "a nonce is used once");
        let other = tempfile::tempdir().unwrap();
        let error = Sealer::open(other.path()).unwrap().open_sealed("7", &sealed).unwrap_err();
        assert!(matches!(error, SealError::OtherKey { .. }) && error.to_string().contains(&sealer.key_id()));
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(sealer.open_sealed("7", &bent).is_err(), "byte {at}");
            assert!(sealer.open_sealed("7", &sealed[..at]).is_err(), "cut at {at}");
        }
        assert!(matches!(sealer.seal("7", &Secret::new("x".repeat(1 << 20))), Err(SealError::TooLarge)));
    }

    #[test]
    fn the_key_file_is_its_owners_alone_and_what_is_no_key_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        Sealer::open(folder.path()).unwrap();
        let file = folder.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        for bytes in [&b""[..], &[1; 31], &[1; 33]] {
            fs::write(&file, bytes).unwrap();
            assert!(matches!(Sealer::open(folder.path()), Err(SealError::NoKey { .. })));
        }
        assert!(matches!(Sealer::open(&folder.path().join("none")), Err(SealError::KeyFile { .. })));
    }

    #[test]
    fn hubs_that_start_together_have_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let ids: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Sealer::open(folder.path()).unwrap().key_id())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn a_token_is_known_by_its_hash() {
        let token = random_token("swn_").unwrap();
        assert_eq!(token.expose().len(), 4 + 64);
        let hash = token_hash(token.expose());
        assert!(token_matches(token.expose(), &hash));
        assert!(!token_matches("swn_", &hash) && !token_matches(token.expose(), &hash[..31]));
        assert!(!format!("{token:?} {:?}", Sealer::of(&[7; 32])).contains("0707"));
    }
}
