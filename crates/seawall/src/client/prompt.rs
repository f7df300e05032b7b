//! Secrets that a person types: not shown, and never in the arguments, which other users of the machine may read.

use std::io::{self, BufRead as _, IsTerminal, Read as _, Write as _};

use anyhow::{Result, ensure};
use api::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Bytes of a secret: more than any password or token.
const MAX: u64 = 16 << 10;

/// Reads one line of standard input; from a terminal with this prompt and unseen.
pub(crate) fn secret(prompt: &str) -> Result<Secret> {
    let stdin = io::stdin();
    let hidden = if stdin.is_terminal() {
        let mut err = io::stderr();
        let _ = write!(err, "{prompt}");
        let _ = err.flush();
        Some(Hidden::begin()?)
    } else {
        None
    };
    let mut line = String::new();
    stdin.lock().take(MAX).read_line(&mut line)?;
    if hidden.is_some() {
        drop(hidden);
        let _ = writeln!(io::stderr());
    }
    let text = line.trim_end_matches(['\r', '\n']);
    ensure!(!text.is_empty(), "nothing came on standard input");
    Ok(Secret::new(text))
}

/// A terminal that shows nothing of what is typed, until this goes.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> io::Result<Self> {
        let was = tcgetattr(io::stdin())?;
        let mut now = was.clone();
        now.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &now)?;
        Ok(Self(was))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
