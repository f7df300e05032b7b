//! EPSS scores, as FIRST publishes them: a comment line with the model and the day, a header, a line for each CVE.

use std::io::{BufRead, Read};

use vulndb::{Enrichment, Lint};

use crate::sink::{Failed, Sink};

/// The slug.
pub(crate) const SOURCE: &str = "epss";
/// A line has some 30 bytes; what is longer is none.
const MAX_LINE: u64 = 4096;

/// What a file of scores holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scores {
    /// Lines with a score.
    pub(crate) records: u64,
    /// The day of the scores, RFC 3339.
    pub(crate) day: Option<String>,
}

/// Reads scores into `sink`, line by line.
///
/// # Errors
/// Where the bytes cannot be had, or the columns are not those of EPSS.
pub(crate) fn read(from: &mut impl BufRead, path: &str, sink: &mut dyn Sink) -> Result<Scores, Failed> {
    let mut scores = Scores::default();
    let mut columns: Option<[usize; 3]> = None;
    let mut line = Vec::new();
    let mut number = 0u64;
    loop {
        line.clear();
        let read = from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        number += 1;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if let Some(comment) = text.strip_prefix('#') {
            let day = comment.split(',').find_map(|part| part.strip_prefix("score_date:"));
            scores.day = scores.day.or(day.and_then(rfc_3339));
            continue;
        }
        let Some([cve, epss, percentile]) = columns else {
            columns = Some(header(text).ok_or_else(|| {
                std::io::Error::other("the columns cve, epss and percentile are not there".to_owned())
            })?);
            continue;
        };
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        let probability =
            |at: usize| fields.get(at)?.parse().ok().filter(|value: &f64| (0.0..=1.0).contains(value));
        let id = fields.get(cve).filter(|id| id.starts_with("CVE-") && id.len() <= 32);
        match (id, probability(epss), probability(percentile)) {
            (Some(id), Some(score), Some(percentile)) => {
                scores.records += 1;
                sink.enrich(&Enrichment {
                    cve: (*id).to_owned(),
                    epss: Some((score, percentile)),
                    ..Enrichment::default()
                })?;
            }
            _ => sink.lint(Lint {
                source: SOURCE.to_owned(),
                code: "unreadable".to_owned(),
                record: format!("{path}, line {number}"),
                detail: text.chars().take(80).collect(),
            }),
        }
    }
    if columns.is_none() {
        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
    }
    Ok(scores)
}

/// Where the three columns stand.
fn header(text: &str) -> Option<[usize; 3]> {
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    let of = |name: &str| names.iter().position(|known| *known == name);
    Some([of("cve")?, of("epss")?, of("percentile")?])
}

/// `2026-11-24T00:00:00+0000` → `2026-11-24T00:00:00Z`: EPSS leaves out the colon of the zone, always UTC.
fn rfc_3339(day: &str) -> Option<String> {
    let date = day.get(..10)?;
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let mut parts = date.split('-');
    let plain = parts.next().is_some_and(|year| year.len() == 4 && digits(year))
        && parts.next().is_some_and(|month| month.len() == 2 && digits(month))
        && parts.next().is_some_and(|day| day.len() == 2 && digits(day));
    plain.then(|| format!("{date}T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Kept;

    #[test]
    fn scores_with_their_day() {
        let text = "#model_version:v2025.03.14,score_date:2026-11-24T12:55:00+0000\ncve,epss,percentile\n\
                    CVE-1999-0001,0.01297,0.85932\r\nCVE-2021-44228,0.94358,0.99957\n";
        let mut kept = Kept::default();
        let scores = read(&mut text.as_bytes(), "epss.csv", &mut kept).unwrap();
        assert_eq!(scores, Scores { records: 2, day: Some("2026-11-24T00:00:00Z".into()) });
        assert_eq!(kept.enriched[1].cve, "CVE-2021-44228");
        assert_eq!(kept.enriched[1].epss, Some((0.94358, 0.99957)));
    }

    #[test]
    fn columns_are_found_by_name() {
        let mut kept = Kept::default();
        read(&mut &b"percentile,date,cve,epss\n0.5,x,CVE-2024-1,0.1\n"[..], "x", &mut kept).unwrap();
        assert_eq!(kept.enriched[0].epss, Some((0.1, 0.5)));
    }

    #[test]
    fn what_is_no_score_is_a_lint() {
        let text = format!(
            "cve,epss,percentile\nCVE-2024-1,NaN,0.1\nCVE-2024-2,1.5,0.1\nCVE-2024-3,0.1\nGHSA-1,0.1,0.1\n\n{}\nCVE-2024-4,0.1,0.2",
            "x".repeat(10_000)
        );
        let mut kept = Kept::default();
        let scores = read(&mut text.as_bytes(), "x", &mut kept).unwrap();
        assert_eq!(scores.records, 1);
        assert_eq!(kept.lints.len(), 4 + 3, "a long line is three pieces");
        for text in ["", "# only a comment\n", "a,b,c\n1,2,3\n", "\u{0}\u{1}"] {
            assert!(read(&mut text.as_bytes(), "x", &mut kept).is_err(), "{text:?}");
        }
    }
}
