//! How results and errors reach people: colour on a terminal only, no noise when a pipe ends.

use std::{
    env, fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::cli::{Common, Format, When};

/// Is what goes to standard output coloured?
pub(crate) fn colored(common: &Common) -> bool {
    match common.color {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            io::stdout().is_terminal()
                && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Columns of a table where nobody says how many there are: fits a page, and a log.
pub(crate) const PIPE_WIDTH: usize = 100;

/// Columns of the terminal on standard output; of `COLUMNS` or a page where it is none.
pub(crate) fn width() -> usize {
    let said = || env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    };
    terminal().or_else(said).unwrap_or(PIPE_WIDTH)
}

/// A line on standard error, unless `--quiet`.
pub(crate) fn note(common: &Common, text: &str) {
    if !common.quiet {
        say(text);
    }
}

/// Names of files and what servers say stand in messages; none of it may steer the terminal.
fn say(text: &str) {
    let lines: Vec<_> = text.split('\n').map(report::plain).collect();
    let _ = writeln!(io::stderr(), "{}", lines.join("\n"));
}

/// A line on standard error that `--quiet` does not hide: without it a result would be misread.
pub(crate) fn warn(text: &str) {
    say(text);
}

/// Does a person see what goes to standard error?
pub(crate) fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// The chain of an error on one line: each part once.
pub(crate) fn error(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // A library may repeat its source in its own text.
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    say(&format!("seawall: {text}"));
}

/// Did the reader of our output go away?
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// A file that a result is written to, and its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputFile {
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
}

impl OutputFile {
    /// From `[FORMAT=]FILE`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let word = |word: &str| <Format as clap::ValueEnum>::from_str(word, false).ok();
        if let Some((format, path)) =
            text.split_once('=').and_then(|(left, right)| Some((word(left)?, right)))
        {
            return Ok(Self { path: PathBuf::from(path), format });
        }
        let format = match text {
            _ if text.ends_with(".cdx.json") => Format::Cyclonedx,
            _ if text.ends_with(".sarif") || text.ends_with(".sarif.json") => Format::Sarif,
            _ if text.ends_with(".json") => Format::Json,
            _ if text.ends_with(".txt") => Format::Table,
            _ => bail!(
                "-o {text}: the ending does not tell the format; write table=, json=, sarif= or cyclonedx= before it"
            ),
        };
        Ok(Self { path: PathBuf::from(text), format })
    }
}

/// Writes a file beside its place and renames it: a reader never sees half a result.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().with_context(|| format!("{} names no file", path.display()))?;
    let beside = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_or_the_word_tells_the_format() {
        for (text, path, format) in [
            ("a/result.json", "a/result.json", Format::Json),
            ("bom.cdx.json", "bom.cdx.json", Format::Cyclonedx),
            ("result.sarif", "result.sarif", Format::Sarif),
            ("result.sarif.json", "result.sarif.json", Format::Sarif),
            ("table=out", "out", Format::Table),
            ("cyclonedx=x.json", "x.json", Format::Cyclonedx),
        ] {
            assert_eq!(OutputFile::parse(text).unwrap(), OutputFile { path: path.into(), format }, "{text}");
        }
        assert!(OutputFile::parse("result").is_err());
    }
}
