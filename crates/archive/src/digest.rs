//! The digest of what is inflated: made on the same thread, or on one beside it.

use std::{
    sync::{
        Arc,
        mpsc::{self, SyncSender},
    },
    thread::{self, JoinHandle},
};

use model::Digest;
use sha2::{Digest as _, Sha256};

/// Hashes a stream that comes in buffers, and says which buffer to fill next.
pub(crate) enum Hashing {
    /// On this thread, before the bytes are looked at.
    Here(Sha256),
    /// On a thread beside, while they are looked at.
    Beside(Beside),
}

pub(crate) struct Beside {
    thread: JoinHandle<Sha256>,
    send: SyncSender<(Arc<[u8]>, usize)>,
    /// The buffers that were sent last, older first. With one of them being hashed and one waiting, the third is free.
    sent: [Arc<[u8]>; 2],
}

impl Default for Hashing {
    fn default() -> Self {
        Self::Here(Sha256::new())
    }
}

impl Hashing {
    /// On a thread of its own; here, where there is none to be had.
    pub(crate) fn beside(buffer: usize) -> Self {
        let (send, receive) = mpsc::sync_channel::<(Arc<[u8]>, usize)>(1);
        let work = move || {
            let mut sha = Sha256::new();
            while let Ok((bytes, len)) = receive.recv() {
                sha.update(bytes.get(..len).unwrap_or_default());
            }
            sha
        };
        match thread::Builder::new().name("digest".to_owned()).spawn(work) {
            Ok(thread) => {
                let sent = [(); 2].map(|()| vec![0; buffer].into());
                Self::Beside(Beside { thread, send, sent })
            }
            Err(_) => Self::default(),
        }
    }

    /// A buffer that nobody else holds, in exchange for one that was taken in.
    pub(crate) fn free(&mut self, used: Arc<[u8]>) -> Arc<[u8]> {
        let Self::Beside(beside) = self else { return used };
        let [older, newer] = &mut beside.sent;
        let mut free = std::mem::replace(older, std::mem::replace(newer, used));
        if Arc::get_mut(&mut free).is_none() {
            free = vec![0; free.len()].into();
        }
        free
    }

    /// Takes in the first `len` bytes of `buffer`.
    pub(crate) fn update(&mut self, buffer: &Arc<[u8]>, len: usize) {
        match self {
            Self::Here(sha) => sha.update(buffer.get(..len).unwrap_or_default()),
            // Fails only when the thread is gone; then `finish` knows.
            Self::Beside(beside) => drop(beside.send.send((Arc::clone(buffer), len))),
        }
    }

    /// The digest of all; `None` where the thread beside did not end well.
    pub(crate) fn finish(self) -> Option<Digest> {
        let sha = match self {
            Self::Here(sha) => sha,
            Self::Beside(Beside { thread, send, .. }) => {
                drop(send);
                thread.join().ok()?
            }
        };
        Some(Digest::from_bytes(sha.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_gives_the_same_digest_and_only_free_buffers() {
        let (mut here, mut beside) = (Hashing::default(), Hashing::beside(1000));
        let mut buffers = [(); 2].map(|()| Arc::<[u8]>::from(vec![0; 1000]));
        let mut all = Vec::new();
        for round in 0..200_u8 {
            let len = usize::from(round) * 5;
            for (hashing, buffer) in [&mut here, &mut beside].into_iter().zip(&mut buffers) {
                *buffer = hashing.free(std::mem::take(buffer));
                Arc::get_mut(buffer).expect("nobody holds it").fill(round);
                hashing.update(buffer, len);
            }
            all.extend(vec![round; len]);
        }
        let wanted = Some(Digest::from_bytes(Sha256::digest(&all).into()));
        assert_eq!((here.finish(), beside.finish()), (wanted, wanted));
    }
}
