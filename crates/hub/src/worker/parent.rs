//! The hub's side.

use std::{
    ffi::OsString,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use model::{Effect, Problem, ProblemCode};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, kill_process_group, prlimit, waitid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    time::{Instant, MissedTickBehavior},
};

use super::{
    Limits, Order, Reply, Scanned,
    frame::{self, HEADER},
};
use crate::problems;

/// Bytes kept of what a worker says on its error output: its last words.
const TAIL: usize = 4 << 10;
/// How often a worker is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long the rest of its output is waited for after a worker ended.
const DRAIN: Duration = Duration::from_secs(1);
/// What a worker gets of the environment: where certificates and proxies are, and where temporary files go.
const ENVIRONMENT: [&str; 12] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "TMPDIR",
    "TZ",
];

/// Starts workers.
#[derive(Clone, Debug)]
pub struct Worker {
    program: PathBuf,
    arguments: Vec<OsString>,
    limits: Limits,
}

impl Worker {
    /// Workers that are `program` with `arguments`.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, arguments: Vec<OsString>, limits: Limits) -> Self {
        Self { program: program.into(), arguments, limits }
    }

    /// This program again, with its hidden command.
    ///
    /// # Errors
    /// When the system does not say which program this is.
    pub fn of_this_program(limits: Limits) -> io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?, vec!["worker".into()], limits))
    }

    /// Has an image scanned. Nothing that the image or the worker does outlives the call: when it returns, or is dropped,
    /// the worker and what it started are gone.
    ///
    /// # Errors
    /// Why there is no result, as a problem of the image.
    pub async fn run(&self, order: &Order) -> Result<Scanned, Problem> {
        let problem = |code: ProblemCode, limit: Option<u64>, why: String| {
            let problem = Problem::new(code, order.reference.as_str(), Effect::MayHidePackages, why);
            match limit {
                Some(limit) => problem.with_limit(limit),
                None => problem,
            }
        };
        let start = |error: io::Error| {
            problem(problems::SCAN_START, None, format!("the scanning process does not start: {error}"))
        };
        let mut message = Vec::new();
        let json = serde_json::to_vec(order).map_err(|error| start(error.into()))?;
        frame::write(&mut message, &json).map_err(start)?;
        let mut child = self.spawn().map_err(start)?;
        // Dropped before the child is, so that the group's number is still its own.
        let group = Group::of(&child).ok_or_else(|| start(io::ErrorKind::NotFound.into()))?;
        self.limit(group.0).map_err(start)?;
        let (Some(mut input), Some(output), Some(error_output)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(start(io::ErrorKind::BrokenPipe.into()));
        };
        let talk = async {
            // Whoever does not read the order ends some other way; the input stays open until the answer is there.
            let _ = input.write_all(&message).await;
            let read = read_frame(output, self.limits.reply).await;
            drop(input);
            read
        };
        let mut tail = tokio::spawn(last_words(error_output));
        let end = tokio::select! {
            read = talk => End::Read(read),
            end = self.watch(group.0) => end,
        };
        let _ = kill_process_group(group.0, Signal::KILL);
        let status = child.wait().await.ok();
        drop(group);
        // What was written is all there now; only who left the group could still hold the pipe.
        let last = tokio::time::timeout(DRAIN, &mut tail).await.map(Result::unwrap_or_default);
        tail.abort();
        let last = last.unwrap_or_default();
        let (code, limit, why) = match end {
            End::Read(Ok(bytes)) => match serde_json::from_slice::<Reply>(&bytes) {
                Ok(Reply::Scanned(scanned)) => return Ok(*scanned),
                Ok(Reply::Failed(problem)) => return Err(problem),
                Err(_) => (problems::SCAN_REPLY, None, "the scanning process gave no result".to_owned()),
            },
            End::Read(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                (problems::SCAN_REPLY, Some(self.limits.reply), format!("the scanning process gave {error}"))
            }
            End::Read(Err(_)) | End::Gone => self.how_it_ended(status, &last),
            End::Memory => (
                problems::SCAN_MEMORY,
                Some(self.limits.memory),
                "the scan needed more memory than it may have and was ended".to_owned(),
            ),
            End::Time => (
                problems::SCAN_TIME,
                Some(self.limits.time.as_secs()),
                format!("the scan took more than {} s and was ended", self.limits.time.as_secs()),
            ),
        };
        let said = if last.is_empty() { String::new() } else { format!("; it said: {last}") };
        Err(problem(code, limit, format!("{why}{said}")))
    }

    fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.spawn()
    }

    /// From outside, and before it has read anything.
    fn limit(&self, pid: Pid) -> io::Result<()> {
        let cpu = self.limits.cpu.as_secs().max(1);
        let limits = [
            (Resource::As, self.limits.address_space, self.limits.address_space),
            // At the first it is told, at the second killed.
            (Resource::Cpu, cpu, cpu + 5),
            (Resource::Core, 0, 0),
        ];
        for (resource, current, maximum) in limits {
            match prlimit(Some(pid), resource, Rlimit { current: Some(current), maximum: Some(maximum) }) {
                Ok(_) => {}
                // It is gone already: what it said will tell.
                Err(rustix::io::Errno::SRCH) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Returns when the worker has to go, or went without closing its output.
    async fn watch(&self, pid: Pid) -> End {
        let until = Instant::now() + self.limits.time;
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if Instant::now() >= until {
                return End::Time;
            }
            if resident(pid).is_some_and(|bytes| bytes > self.limits.memory) {
                return End::Memory;
            }
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            if matches!(waitid(WaitId::Pid(pid), options), Ok(Some(_))) {
                tokio::time::sleep(DRAIN).await;
                return End::Gone;
            }
        }
    }

    fn how_it_ended(
        &self,
        status: Option<ExitStatus>,
        last_words: &str,
    ) -> (ProblemCode, Option<u64>, String) {
        use std::os::unix::process::ExitStatusExt as _;
        let signal = status.and_then(|status| status.signal());
        if signal == Some(Signal::XCPU.as_raw()) {
            let seconds = self.limits.cpu.as_secs();
            let text = format!("the scan took more than {seconds} s of processor time and was ended");
            return (problems::SCAN_TIME, Some(seconds), text);
        }
        // What the standard library says before it gives up.
        if signal == Some(Signal::ABORT.as_raw()) && last_words.contains("memory allocation of") {
            let text = "the scan needed more memory than it may have".to_owned();
            return (problems::SCAN_MEMORY, Some(self.limits.address_space), text);
        }
        let how = status.map_or_else(|| "in a way that is not known".to_owned(), |status| status.to_string());
        (problems::SCAN_CRASHED, None, format!("the scanning process ended without a result ({how})"))
    }
}

/// How the wait for a worker ended.
enum End {
    Read(io::Result<Vec<u8>>),
    Gone,
    Memory,
    Time,
}

/// A process group that is killed when this goes, whatever else happens.
struct Group(Pid);

impl Group {
    fn of(child: &Child) -> Option<Self> {
        Pid::from_raw(i32::try_from(child.id()?).ok()?).map(Self)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

async fn read_frame(mut from: impl AsyncRead + Unpin, limit: u64) -> io::Result<Vec<u8>> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header).await?;
    let length = frame::length(&header, limit)?;
    let mut message = Vec::new();
    from.take(length).read_to_end(&mut message).await?;
    if message.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(message)
}

/// Bytes of memory that a process holds (`proc_pid_status(5)`, "VmRSS").
fn resident(pid: Pid) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

/// The last that a worker said, as one line without control characters.
async fn last_words(mut from: impl AsyncRead + Unpin) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; 1024]);
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        kept.extend_from_slice(buffer.get(..n).unwrap_or_default());
        let old = kept.len().saturating_sub(TAIL);
        kept.drain(..old);
    }
    let text = String::from_utf8_lossy(&kept);
    let words: Vec<&str> =
        text.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
