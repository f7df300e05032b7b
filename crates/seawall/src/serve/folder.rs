//! The folder in which a hub keeps what is its own. One hub at a time: two would scan everything twice and tell each other's
//! sessions nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::{fs::FlockOperation, process::Pid};

/// Which process has the folder; locked while it lives.
const LOCK_FILE: &str = "hub.lock";
/// The port of the last start.
const PORT_FILE: &str = "port";

/// How long the lock of a hub that is gone is waited for. A process that it had just begun to start shares the lock until it
/// executes its program.
const LINGERING: Duration = Duration::from_secs(5);

/// A folder that this process has for itself.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Let go when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, for its owner only, and takes it.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("the folder {} cannot be made", path.display()))?;
        let file = path.join(LOCK_FILE);
        let failed = || format!("{} cannot be written", file.display());
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&file)
            .with_context(failed)?;
        let begin = Instant::now();
        while rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut who = String::new();
            let _ = lock.rewind().and_then(|()| (&mut lock).take(20).read_to_string(&mut who));
            if lives(&who) || begin.elapsed() > LINGERING {
                bail!(
                    "another hub works in {} (process {}): stop it, or name another folder with --data-dir",
                    path.display(),
                    report::plain(who.trim())
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        lock.set_len(0).and_then(|()| lock.rewind()).with_context(failed)?;
        writeln!(lock, "{}", std::process::id()).with_context(failed)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Remembers the port for the next start. One that is not remembered is only another one.
    pub(crate) fn say(&self, port: u16) {
        let _ = fs::write(self.path.join(PORT_FILE), format!("{port}\n"));
    }
}

/// Is there a process of this number, as the lock file has it?
fn lives(who: &str) -> bool {
    let pid = who.trim().parse().ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Does a hub work in the folder?
pub(crate) fn is_taken(folder: &Path) -> bool {
    File::open(folder.join(LOCK_FILE))
        .is_ok_and(|lock| rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err())
}

/// The port that was remembered.
pub(crate) fn port(folder: &Path) -> Option<u16> {
    fs::read_to_string(folder.join(PORT_FILE)).ok()?.trim().parse().ok().filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_is_its_owners_alone_and_is_taken_once() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b");
        let first = Folder::take(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let error = Folder::take(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        assert_eq!(port(&path), None);
        first.say(7292);
        assert_eq!(port(&path), Some(7292));
        drop(first);
        Folder::take(&path).unwrap();
    }

    #[test]
    fn what_a_killed_hub_left_behind_is_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        fs::write(place.path().join(LOCK_FILE), format!("{}\n", gone.id())).unwrap();
        let shared = File::open(place.path().join(LOCK_FILE)).unwrap();
        rustix::fs::flock(&shared, FlockOperation::LockExclusive).unwrap();
        let execution = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            drop(shared);
        });
        Folder::take(place.path()).unwrap();
        execution.join().unwrap();
    }
}
