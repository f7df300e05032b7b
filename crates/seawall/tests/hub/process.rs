//! A hub as a process: what it says, how it is told to stop, what is left of it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

/// A process that is a hub.
pub(crate) struct Hub {
    child: Child,
    lines: mpsc::Receiver<String>,
    errors: Arc<Mutex<String>>,
    pub(crate) started: Instant,
}

/// How long anything here may take at most.
const LONG: Duration = Duration::from_secs(60);

pub(crate) fn seawall(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command
        .current_dir(folder)
        .env("SEAWALL_CACHE_DIR", folder.join("cache"))
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    for name in [
        "SEAWALL_DATA_DIR",
        "SEAWALL_FEEDS",
        "SEAWALL_STORE",
        "SEAWALL_LISTEN",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    command
}

impl Hub {
    pub(crate) fn start(command: &mut Command) -> Self {
        let started = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let errors = Arc::new(Mutex::new(String::new()));
        let (kept, mut err) = (Arc::clone(&errors), child.stderr.take().unwrap());
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = err.read(&mut buffer) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
        });
        Self { child, lines, errors, started }
    }

    /// What it said on its error output so far.
    pub(crate) fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// The rest of the first line that begins so.
    pub(crate) fn said(&self, begins: &str) -> String {
        self.line(begins, LONG).unwrap_or_else(|| panic!("it does not say '{begins}': {}", self.errors()))
    }

    pub(crate) fn line(&self, begins: &str, within: Duration) -> Option<String> {
        let end = Instant::now() + within;
        loop {
            let left = end.checked_duration_since(Instant::now())?;
            let line = self.lines.recv_timeout(left).ok()?;
            if let Some(rest) = line.strip_prefix(begins) {
                return Some(rest.trim().to_owned());
            }
        }
    }

    /// Waits until its error output has this.
    pub(crate) fn errs(&self, text: &str) {
        let end = Instant::now() + LONG;
        while !self.errors().contains(text) {
            assert!(Instant::now() < end, "it does not say '{text}': {}", self.errors());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + LONG;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end: {}", self.errors());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Tells it to stop and waits for a clean end.
    pub(crate) fn stop(mut self) {
        self.signal("INT");
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{}", self.errors());
    }

    /// Waits until its error output has this, then tells it to stop.
    pub(crate) fn stop_when(self, text: &str) {
        self.errs(text);
        self.stop();
    }

    /// Processes that it started, and theirs.
    pub(crate) fn children(&self) -> Vec<u32> {
        let mut all = vec![self.pid()];
        let mut at = 0;
        while let Some(parent) = all.get(at).copied() {
            at += 1;
            for entry in fs::read_dir("/proc").unwrap().flatten() {
                let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
                let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
                // proc_pid_stat(5): the name, which may hold anything, ends with the last bracket; then state, then parent.
                let of = stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap();
                if of == parent.to_string() {
                    all.push(pid);
                }
            }
        }
        all.split_off(1)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
