//! Lists: a page of JSON, or all rows as CSV or JSON lines, streamed.
//!
//! An export reads the store page by page, so it needs the memory of one page however long the list is. If the store
//! fails in the middle the connection is cut without the last chunk: what is incomplete must not look whole.

use super::Json;
use crate::{AppState, Error};
use api::Page;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{borrow::Cow, io};
use store::{StoreError, Tx};
use utoipa::ToSchema;

/// Rows of a page if nobody asks for another number.
const DEFAULT: u32 = 50;
/// The most rows of a page.
const MOST: u32 = 500;

/// How a list is given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One page.
    #[default]
    Json,
    /// All rows, as comma-separated values with a heading (RFC 4180).
    Csv,
    /// All rows, one JSON object a line.
    Jsonl,
}

/// What is asked of every list: where to go on, how many rows, and how to give them out.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Where to go on: the `next` of the page before.
    pub cursor: Option<String>,
    /// How many rows.
    pub limit: Option<u32>,
    /// How to give them out.
    pub format: Option<Format>,
}

/// Answers for a list called `name`, whose rows have these `columns` (names of fields of `T`; `owner.name` is a
/// field of a field). `fetch` reads one page:
/// from a cursor on, so many rows.
///
/// # Errors
/// The limit is out of bounds, or the store refuses the cursor or fails.
pub async fn list<T, F>(
    state: &AppState,
    asked: Asked,
    name: &'static str,
    columns: &'static [&'static str],
    fetch: F,
) -> Result<Response, Error>
where
    T: Serialize + Send + 'static,
    F: Fn(&mut Tx<'_>, Option<&str>, u32) -> Result<Page<T>, StoreError> + Clone + Send + Sync + 'static,
{
    let format = asked.format.unwrap_or_default();
    let limit = match (format, asked.limit) {
        (_, Some(limit)) if !(1..=MOST).contains(&limit) => {
            return Err(Error::field("limit", format!("must be from 1 to {MOST}")));
        }
        (Format::Json, limit) => limit.unwrap_or(DEFAULT),
        (Format::Csv | Format::Jsonl, _) => MOST,
    };
    let read = move |state: AppState, cursor: Option<String>| {
        let fetch = fetch.clone();
        async move { state.read(move |tx| fetch(tx, cursor.as_deref(), limit).map(Ok)).await }
    };
    // The first page is read before the answer begins: what is wrong with the request is told with a status.
    let first = read(state.clone(), asked.cursor).await?;
    if format == Format::Json {
        return Ok(Json(first).into_response());
    }
    let heading = if format == Format::Csv { heading(columns) } else { Vec::new() };
    let state = state.clone();
    let chunks = stream::try_unfold(Some((heading, first)), move |page| {
        let (read, state) = (read.clone(), state.clone());
        async move {
            let Some((mut chunk, page)) = page else { return Ok::<_, io::Error>(None) };
            for row in &page.items {
                write(&mut chunk, format, columns, row).map_err(io::Error::other)?;
            }
            let next = match page.next {
                Some(cursor) => {
                    let page = read(state, Some(cursor)).await.map_err(|error| {
                        tracing::error!(target: "hub::http", ?error, list = name, "an export was cut");
                        io::Error::other("the store failed")
                    })?;
                    Some((Vec::new(), page))
                }
                None => None,
            };
            Ok(Some((chunk, next)))
        }
    });
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Format::Json | Format::Jsonl => ("application/jsonl", "jsonl"),
    };
    let mut response = Body::from_stream(chunks).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn heading(columns: &[&str]) -> Vec<u8> {
    let mut line = columns.join(",").into_bytes();
    line.extend_from_slice(b"\r\n");
    line
}

fn write<T: Serialize>(
    out: &mut Vec<u8>,
    format: Format,
    columns: &[&str],
    row: &T,
) -> Result<(), serde_json::Error> {
    if format != Format::Csv {
        serde_json::to_writer(&mut *out, row)?;
        out.push(b'\n');
        return Ok(());
    }
    let row = serde_json::to_value(row)?;
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match column.split('.').try_fold(&row, |value, part| value.get(part)) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => cell(out, text),
            Some(Value::Bool(value)) => out.extend_from_slice(value.to_string().as_bytes()),
            Some(Value::Number(value)) => out.extend_from_slice(value.to_string().as_bytes()),
            Some(other) => cell(out, &other.to_string()),
        }
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Writes a text as one cell, without what steers a terminal in which somebody looks at the file. What a spreadsheet would take for a formula gets an apostrophe in front, which makes it
/// text there: names of images and packages are outside data.
fn cell(out: &mut Vec<u8>, text: &str) {
    let steers = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    let text =
        &*if text.contains(steers) { text.replace(steers, "\u{fffd}").into() } else { Cow::Borrowed(text) };
    let guarded = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let quoted =
        guarded || text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ');
    if !quoted {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    if guarded {
        out.push(b'\'');
    }
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let mut out = Vec::new();
        cell(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for (text, cell) in [
            ("debian:12", "debian:12"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1+1", "\"'-1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("＝1", "\"'＝1\""),
            ("\u{1b}[2J\u{9b}x", "\u{fffd}[2J\u{fffd}x"),
        ] {
            assert_eq!(rendered(text), cell, "{text:?}");
        }
    }

    #[test]
    fn a_row_has_its_columns_in_order_and_nothing_for_what_is_absent() {
        let row = serde_json::json!({"b": 2, "a": "x", "c": null, "d": true, "e": {"k": 1}});
        let mut out = Vec::new();
        write(&mut out, Format::Csv, &["a", "b", "c", "d", "e", "f"], &row).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "x,2,,true,\"{\"\"k\"\":1}\",\r\n");
    }
}
