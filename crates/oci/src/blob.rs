//! The bytes of a layer as plain threads read them.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::Arc,
};

use bytes::Bytes;
use tokio::{sync::mpsc, task::AbortHandle};

use crate::Error;

/// Chunks on their way from the network to the reader; a chunk has at most some hundred KiB.
const IN_FLIGHT: usize = 8;

/// A part of a file that holds a blob: random access without a copy. Clones share the file; none moves a cursor.
#[derive(Clone, Debug)]
pub struct Region {
    /// The file: an archive, or the blob's own.
    pub file: Arc<File>,
    /// Where the blob starts, in bytes.
    pub offset: u64,
    /// Its bytes.
    pub len: u64,
}

impl Region {
    /// Reads at `at`, counted from the start of the blob; 0 bytes at its end.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before the region does.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let left = self.len.saturating_sub(at);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..want).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        match self.file.read_at(buffer, self.offset.saturating_add(at))? {
            0 => Err(Error::Length { what: "the blob's file".to_owned(), expected: self.len, actual: at }
                .into_io()),
            n => Ok(n),
        }
    }
}

/// A blob as a stream of bytes. It is read on a plain thread or in `spawn_blocking`, never in an async task: it waits
/// for the network. Dropping it ends the transfer.
pub struct Blob(Inner);

enum Inner {
    Region { region: Region, at: u64 },
    Stream(Stream),
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Inner::Region { region, at } => {
                f.debug_struct("Blob").field("region", region).field("at", at).finish()
            }
            Inner::Stream(_) => f.write_str("Blob(stream)"),
        }
    }
}

impl Blob {
    /// A blob that lies in a file.
    #[must_use]
    pub const fn from_region(region: Region) -> Self {
        Self(Inner::Region { region, at: 0 })
    }

    /// Runs `transfer` on `runtime`; what it sends is what the reader reads. The reader meets the error that
    /// `transfer` returns after the bytes that it sent.
    pub(crate) fn from_transfer<F, T>(runtime: &tokio::runtime::Handle, transfer: F) -> Self
    where
        F: FnOnce(Feed) -> T,
        T: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let work = transfer(Feed(sender.clone()));
        let task = runtime.spawn(async move {
            let end = match work.await {
                Ok(()) => Message::End,
                Err(error) => Message::Failed(error),
            };
            // Fails only when the reader is gone, who then does not care.
            let _ = sender.send(end).await;
        });
        Self(Inner::Stream(Stream {
            receiver,
            current: Bytes::new(),
            over: false,
            task: task.abort_handle(),
        }))
    }

    /// Where the blob lies in a file, where it does: archives and layouts.
    #[must_use]
    pub const fn region(&self) -> Option<&Region> {
        match &self.0 {
            Inner::Region { region, .. } => Some(region),
            Inner::Stream(_) => None,
        }
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Region { region, at } => {
                let n = region.read_at(buffer, *at)?;
                *at += n as u64;
                Ok(n)
            }
            Inner::Stream(stream) => stream.read(buffer),
        }
    }
}

enum Message {
    Bytes(Bytes),
    Failed(Error),
    End,
}

/// The sending side of a transfer.
pub(crate) struct Feed(mpsc::Sender<Message>);

impl Feed {
    /// `false` when the reader is gone.
    pub(crate) async fn send(&self, bytes: Bytes) -> bool {
        bytes.is_empty() || self.0.send(Message::Bytes(bytes)).await.is_ok()
    }
}

struct Stream {
    receiver: mpsc::Receiver<Message>,
    current: Bytes,
    over: bool,
    task: AbortHandle,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            if self.over {
                return Ok(0);
            }
            match self.receiver.blocking_recv() {
                Some(Message::Bytes(bytes)) => self.current = bytes,
                Some(Message::End) => self.over = true,
                Some(Message::Failed(error)) => {
                    self.over = true;
                    return Err(error.into_io());
                }
                // Only when the runtime was shut down under it: an end without End is no end of the blob.
                None => {
                    self.over = true;
                    return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the transfer was cancelled"));
                }
            }
        }
        let n = buffer.len().min(self.current.len());
        let part = self.current.split_to(n);
        if let Some(target) = buffer.get_mut(..n) {
            target.copy_from_slice(&part);
        }
        Ok(n)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, time::Duration};

    use super::*;

    #[test]
    fn a_region_reads_its_part_and_tells_a_short_file() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let file = Arc::new(file);
        let region = Region { file, offset: 3, len: 4 };
        let mut text = String::new();
        Blob::from_region(region.clone()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "3456");
        let long = Region { len: 100, ..region };
        let error = Blob::from_region(long).read_to_end(&mut Vec::new()).unwrap_err();
        assert!(
            matches!(Error::in_io(&error), Some(Error::Length { expected: 100, actual: 7, .. })),
            "{error}"
        );
    }

    #[test]
    fn a_transfer_reaches_a_plain_thread_with_its_error_and_ends_when_dropped() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut blob = Blob::from_transfer(runtime.handle(), |feed| async move {
            feed.send(Bytes::from_static(b"abc")).await;
            feed.send(Bytes::from_static(b"def")).await;
            Err(Error::Stalled { url: "u".into(), seconds: 1 })
        });
        let mut start = [0; 6];
        blob.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"abcdef");
        let error = blob.read(&mut [0; 8]).unwrap_err();
        assert!(matches!(Error::in_io(&error), Some(Error::Stalled { .. })));
        assert_eq!(blob.read(&mut [0; 8]).unwrap(), 0);

        let (told, hears) = std::sync::mpsc::channel::<()>();
        let endless = Blob::from_transfer(runtime.handle(), |_feed| async move {
            let _told = told;
            std::future::pending::<Result<(), Error>>().await
        });
        drop(endless);
        // The sender inside the transfer is dropped with it.
        assert_eq!(
            hears.recv_timeout(Duration::from_secs(10)),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
        );
    }
}
