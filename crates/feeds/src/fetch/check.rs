//! Is a fetched file what it should be, and whole? Only then does it take the place of the last good one.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use serde::de::IgnoredAny;
use vulndb::{Enrichment, Lint, Record};
use zip::ZipArchive;

use super::plan::Form;
use crate::{carrier::MAX_DOCUMENT, epss, kind, kind::Kind, sink::Sink};

/// As many bytes of a file tell its kind.
const HEAD: u64 = 64 << 10;

/// Says what is wrong with the file.
pub(crate) fn file(path: &Path, form: Form) -> Result<(), String> {
    let read = || File::open(path).map(|file| BufReader::with_capacity(1 << 18, file));
    let told = |error: io::Error| error.to_string();
    match form {
        Form::Zip(kind) => zip(read().map_err(told)?, kind),
        Form::Document(kind) => document(read().map_err(told)?, kind),
        Form::Scores => {
            let unpacked = MultiGzDecoder::new(read().map_err(told)?).take(MAX_DOCUMENT);
            let mut nothing = Nothing;
            let scores = epss::read(&mut BufReader::new(unpacked), "scores", &mut nothing);
            match scores {
                Ok(scores) if scores.records > 0 => Ok(()),
                Ok(_) => Err("it holds no scores".to_owned()),
                Err(error) => Err(format!("it is no whole file of scores ({error})")),
            }
        }
        Form::Names => {
            let mut text = String::new();
            read().and_then(|file| file.take(64 << 20).read_to_string(&mut text)).map_err(told)?;
            let marked = text.trim_start().starts_with(['<', '{']);
            if marked { Err("it is no list of names".to_owned()) } else { Ok(()) }
        }
    }
}

/// The directory of a zip stands at its end, so one that opens came whole; the first record tells what it is.
fn zip<R: Read + io::Seek>(file: R, wanted: Kind) -> Result<(), String> {
    let broken = |error: zip::result::ZipError| format!("it is no whole zip file ({error})");
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).map_err(broken)?;
        if !entry.is_file()
            || !entry.name().is_ok_and(|name| name.ends_with(".json") || name.ends_with(".zip"))
        {
            continue;
        }
        if entry.name().is_ok_and(|name| name.ends_with(".zip")) {
            return Ok(());
        }
        let mut head = Vec::new();
        entry.by_ref().take(HEAD).read_to_end(&mut head).map_err(|error| error.to_string())?;
        return match kind::of(&head) {
            Some(kind) if kind == wanted => Ok(()),
            _ => Err("its records are of another kind".to_owned()),
        };
    }
    Err("it holds no records".to_owned())
}

fn document(mut file: impl Read, wanted: Kind) -> Result<(), String> {
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head).map_err(|error| error.to_string())?;
    if kind::of(&head) != Some(wanted) {
        return Err("it is another kind of document".to_owned());
    }
    let whole = BufReader::new(io::Cursor::new(head).chain(file));
    serde_json::from_reader::<_, IgnoredAny>(whole)
        .map(|_| ())
        .map_err(|error| format!("it is no whole document ({error})"))
}

/// Keeps nothing.
struct Nothing;

impl Sink for Nothing {
    fn record(&mut self, _: &Record) -> Result<(), vulndb::Error> {
        Ok(())
    }

    fn enrich(&mut self, _: &Enrichment) -> Result<(), vulndb::Error> {
        Ok(())
    }

    fn lint(&mut self, _: Lint) {}
}
