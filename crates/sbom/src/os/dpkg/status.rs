//! Stanzas of `Field: value` lines (deb-control(5), dpkg's status).

use model::{Budget, Effect, Problem, Problems};

use super::{Entry, Status};
use crate::{
    Content, Fact, FileInfo,
    os::{bytes_of, cut_short, lines, text_of, word},
    problems,
};

pub(super) fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let mut reading = Reading::default();
    for line in lines(&bytes) {
        reading.line(line);
        if line.is_empty()
            && let Err(exceeded) = budget.charge_entries(1)
        {
            cut_short(info, &exceeded, problems);
            break;
        }
    }
    reading.end_stanza();
    if reading.broken > 0 {
        problems.push(
            Problem::new(
                problems::MALFORMED,
                info.path,
                Effect::MayHidePackages,
                "stanzas of dpkg's status are damaged (no name, no version, or lines that are no fields); \
                 'dpkg --audit' on the system names them",
            )
            .with_count(reading.broken),
        );
    }
    Some(Fact::Dpkg(Status { packages: reading.packages }))
}

/// The fields that are read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Field {
    #[default]
    Other,
    Depends,
    Provides,
    BuiltUsing,
}

#[derive(Default)]
struct Reading {
    packages: Vec<Entry>,
    /// Stanzas that are damaged.
    broken: u64,
    entry: Entry,
    /// Its version is there and usable; name likewise.
    installed: Option<bool>,
    started: bool,
    damaged: bool,
    field: Field,
}

impl Reading {
    fn line(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.first() {
            None => return self.end_stanza(),
            Some(b' ' | b'\t') => return self.continued(line),
            Some(_) => {}
        }
        self.field = Field::Other;
        // Field names are short; looking for the colon only there keeps a line of a gigabyte cheap.
        let head = line.get(..line.len().min(64)).unwrap_or(line);
        let Some(colon) = memchr::memchr(b':', head) else {
            self.started = true;
            self.damaged = true;
            return;
        };
        let (key, value) = (head.get(..colon).unwrap_or_default(), line.get(colon + 1..).unwrap_or_default());
        if key.eq_ignore_ascii_case(b"Package") {
            // A stanza that lost its empty line ends where the next package begins.
            if self.started && !self.entry.name.is_empty() {
                self.damaged = true;
                self.end_stanza();
            }
            self.entry.name = word(value).unwrap_or_default();
        }
        self.started = true;
        // Every stanza has some twenty fields; most are sorted out by their first letter.
        match key.first().map(u8::to_ascii_lowercase) {
            Some(b'v') if key.eq_ignore_ascii_case(b"Version") => {
                self.entry.version = word(value).unwrap_or_default();
            }
            Some(b'v') if key.eq_ignore_ascii_case(b"Vendor") => self.entry.vendor = word(value),
            Some(b'o') if key.eq_ignore_ascii_case(b"Origin") && self.entry.vendor.is_none() => {
                self.entry.vendor = word(value);
            }
            Some(b'a') if key.eq_ignore_ascii_case(b"Architecture") => self.entry.arch = word(value),
            Some(b'm') if key.eq_ignore_ascii_case(b"Maintainer") => {
                self.entry.maintainer = word(value).unwrap_or_default();
            }
            Some(b's') if key.eq_ignore_ascii_case(b"Status") => self.installed = Some(is_installed(value)),
            Some(b's') if key.eq_ignore_ascii_case(b"Source") => self.entry.source = source(value),
            Some(b's') if key.eq_ignore_ascii_case(b"Static-Built-Using") => {
                self.append(Field::BuiltUsing, value);
            }
            Some(b'b') if key.eq_ignore_ascii_case(b"Built-Using") => self.append(Field::BuiltUsing, value),
            Some(b'd') if key.eq_ignore_ascii_case(b"Depends") => self.append(Field::Depends, value),
            Some(b'p') if key.eq_ignore_ascii_case(b"Pre-Depends") => self.append(Field::Depends, value),
            Some(b'p') if key.eq_ignore_ascii_case(b"Provides") => self.append(Field::Provides, value),
            _ => {}
        }
    }

    fn continued(&mut self, line: &[u8]) {
        if self.field != Field::Other {
            self.text(self.field).push_str(&text_of(line));
        } else if !self.started {
            self.started = true;
            self.damaged = true;
        }
    }

    fn append(&mut self, field: Field, value: &[u8]) {
        self.field = field;
        let value = text_of(value.trim_ascii());
        let text = self.text(field);
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&value);
    }

    fn text(&mut self, field: Field) -> &mut String {
        match field {
            Field::BuiltUsing => &mut self.entry.built_using,
            Field::Provides => &mut self.entry.provides,
            Field::Depends | Field::Other => &mut self.entry.depends,
        }
    }

    fn end_stanza(&mut self) {
        let entry = std::mem::take(&mut self.entry);
        let installed = self.installed.take().unwrap_or(true);
        let damaged = std::mem::take(&mut self.damaged);
        self.field = Field::Other;
        if !std::mem::take(&mut self.started) {
            return;
        }
        let whole = !entry.name.is_empty() && !entry.version.is_empty();
        if damaged || (installed && !whole) {
            self.broken += 1;
        }
        if installed && whole {
            self.packages.push(entry);
        }
    }
}

/// `want flag state`: whatever has files on the disk counts, half-installed ones too. `not-installed` and
/// `config-files` have none of the package's programs.
fn is_installed(value: &[u8]) -> bool {
    let state = value.split(u8::is_ascii_whitespace).rfind(|word| !word.is_empty());
    !matches!(state, Some(b"not-installed" | b"config-files"))
}

/// `lvm2 (2.03.16-2)` or `lvm2`.
fn source(value: &[u8]) -> Option<(String, Option<String>)> {
    let text = word(value)?;
    let Some((name, rest)) = text.split_once('(') else { return Some((text, None)) };
    let version = rest.trim_end().trim_end_matches(')').trim();
    let name = name.trim();
    (!name.is_empty()).then(|| (name.to_owned(), (!version.is_empty()).then(|| version.to_owned())))
}

/// `(source, version)` pairs of `a (= 1), b (= 2)`.
pub(super) fn built_using(text: &str) -> Vec<(String, String)> {
    relations(text)
        .filter_map(|(name, version)| {
            Some((name.to_owned(), version?.trim_start_matches('=').trim().to_owned()))
        })
        .collect()
}

/// The names, without architecture, and the constraints of a list of relations: `a:any (>= 1) [amd64] | b, c`.
pub(super) fn relations(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split([',', '|']).filter_map(|one| {
        let one = one.trim();
        let name = one.split([' ', '(', ':', '[', '<']).next().filter(|name| !name.is_empty())?;
        let version = one.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(v, _)| v.trim());
        Some((name, version))
    })
}
