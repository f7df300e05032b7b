//! Tables of answers: which fields of a row stand in which column.

use serde_json::Value;

use super::table;

/// A column: its title, and where its text comes from.
pub(super) struct Column(pub(super) &'static str, pub(super) From);

/// Where the text of a cell comes from; fields are JSON pointers below the row.
pub(super) enum From {
    /// A field: text, number, yes or no, or a list of texts.
    Field(&'static str),
    /// The first of two fields that is there.
    Either(&'static str, &'static str),
    /// The day of a time.
    Day(&'static str),
    /// A tally: the worst two severities with their numbers.
    Worst(&'static str),
    /// Numbers of assets by state: the unhealthy ones of all that were assessed.
    States(&'static str),
}

/// The rows under `items` of a page, as a table with a line about those that are not shown.
pub(super) fn page(answer: &Value, columns: &[Column]) -> String {
    let items = answer.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut text = rows(items, columns);
    if answer.get("next").is_some() {
        let of = answer.get("total").and_then(Value::as_u64).map(|total| format!(" of {total}"));
        text.push_str(&format!("{}{} shown; --limit shows more\n", items.len(), of.unwrap_or_default()));
    }
    text
}

/// These rows as a table.
pub(super) fn rows(items: &[Value], columns: &[Column]) -> String {
    let head: Vec<&str> = columns.iter().map(|Column(title, _)| *title).collect();
    let rows: Vec<Vec<String>> =
        items.iter().map(|row| columns.iter().map(|Column(_, from)| cell(row, from)).collect()).collect();
    table(&head, &rows)
}

fn cell(row: &Value, from: &From) -> String {
    match from {
        From::Field(at) => plain(row.pointer(at)),
        From::Either(first, second) => match plain(row.pointer(first)) {
            text if text.is_empty() => plain(row.pointer(second)),
            text => text,
        },
        From::Day(at) => super::day(&plain(row.pointer(at))).to_owned(),
        From::Worst(at) => worst(row.pointer(at)),
        From::States(at) => states(row.pointer(at)),
    }
}

/// A value in a cell.
pub(super) fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Array(list)) => list.iter().map(|one| plain(Some(one))).collect::<Vec<_>>().join(", "),
        Some(object @ Value::Object(_)) => object.to_string(),
    }
}

fn worst(tally: Option<&Value>) -> String {
    let Some(tally) = tally else { return String::new() };
    let parts: Vec<String> = ["critical", "high", "medium", "low", "negligible", "unknown"]
        .into_iter()
        .filter_map(|severity| {
            let count = tally.get(severity)?.as_u64().filter(|count| *count > 0)?;
            Some(format!("{count} {severity}"))
        })
        .take(2)
        .collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn states(states: Option<&Value>) -> String {
    let count = |name: &str| states.and_then(|states| states.get(name)).and_then(Value::as_u64).unwrap_or(0);
    let (healthy, unhealthy, unknown) = (count("healthy"), count("unhealthy"), count("notAssessed"));
    let mut text = format!("{unhealthy} of {}", healthy + unhealthy);
    if unknown > 0 {
        text.push_str(&format!(", {unknown} not assessed"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_read_where_they_stand_and_what_is_not_there_is_empty() {
        let answer = json!({"items": [
            {"name": "a", "tags": ["1", "2"], "seen": "2026-01-31T10:00:00Z", "kev": true,
             "findings": {"critical": 0, "high": 3, "low": 1, "medium": 2, "apart": 9},
             "states": {"healthy": 3, "unhealthy": 2, "notApplicable": 1, "notAssessed": 4}},
            {"other": 7},
        ], "next": "x", "total": 9});
        let text = page(
            &answer,
            &[
                Column("Name", From::Either("/name", "/other")),
                Column("Tags", From::Field("/tags")),
                Column("Seen", From::Day("/seen")),
                Column("KEV", From::Field("/kev")),
                Column("Findings", From::Worst("/findings")),
                Column("Unhealthy", From::States("/states")),
            ],
        );
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("a     1, 2  2026-01-31  yes  3 high, 2 medium  2 of 5, 4 not assessed"),
            "{text}"
        );
        assert!(lines[2].starts_with("7"), "{text}");
        assert_eq!(lines[3], "2 of 9 shown; --limit shows more");
    }
}
