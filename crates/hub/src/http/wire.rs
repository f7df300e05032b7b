//! From what is stored to what goes over the wire.

use crate::Error;
use api::{Order, Page};
use store::{Cursor, Micros, PageRequest};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A time as RFC 3339 has it, in UTC, to the microsecond.
pub(crate) fn time(at: Micros) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        // Beyond the year 9999: nothing that the hub writes.
        .unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

/// Reads a time of a request.
pub(crate) fn parse_time(field: &str, text: &str) -> Result<Micros, Error> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|time| i64::try_from(time.unix_timestamp_nanos() / 1000).ok())
        .map(Micros)
        .ok_or_else(|| Error::field(field, "must be a time like 2026-01-31T12:00:00Z"))
}

/// The order asked for, or the one that the list has by itself.
pub(crate) fn order(asked: Option<Order>, usual: Order) -> Order {
    asked.unwrap_or(usual)
}

/// What the store is asked for one page.
pub(crate) fn ask(cursor: Option<&str>, limit: u32, order: Order) -> PageRequest {
    PageRequest {
        limit,
        after: cursor.map(|cursor| Cursor(cursor.to_owned())),
        backwards: order == Order::Desc,
    }
}

/// A page of the store as the wire has it.
pub(crate) fn page<S, T>(page: store::Page<S>, wire: impl Fn(&S) -> T) -> Page<T> {
    pages(page, |row| Some(wire(row)))
}

/// As [`page`], without rows that this release does not understand.
pub(crate) fn pages<S, T>(page: store::Page<S>, wire: impl Fn(&S) -> Option<T>) -> Page<T> {
    Page {
        items: page.items.iter().filter_map(wire).collect(),
        next: page.next.map(|next| next.0),
        total: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_700_000_000_123_456, "2023-11-14T22:13:20.123456Z"),
            (-1_000_000, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(time(Micros(micros)), text);
            assert_eq!(parse_time("since", text).unwrap(), Micros(micros));
        }
        assert!(parse_time("since", "yesterday").is_err());
        assert_eq!(time(Micros(i64::MAX)), "9999-12-31T23:59:59Z");
    }
}
