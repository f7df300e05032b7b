//! How old the advisories are that the fleet is judged by.

use api::feed::FeedState;
use store::Micros;
use vulndb::Info;

use crate::matching::micros;

/// Days after which advisories without a newer one are too old. The large sources are changed every day, and a company that
/// carries them over by hand does so once a week.
pub const STALE_DAYS: i64 = 7;

/// How old a database's data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The word.
    pub state: FeedState,
    /// When its newest advisory was changed.
    pub newest: Option<Micros>,
    /// The same in one sentence, with what to do about it.
    pub sentence: String,
}

/// Judges a database at `now`.
#[must_use]
pub fn freshness(info: &Info, now: Micros) -> Freshness {
    let newest = info.newest_advisory().and_then(micros);
    if info.records == 0 {
        let sentence =
            "There are no advisories: nothing can be judged. Import some with seawall db import.".to_owned();
        return Freshness { state: FeedState::None, newest, sentence };
    }
    let Some(at) = newest else {
        let sentence = "The advisories do not say how old they are.".to_owned();
        return Freshness { state: FeedState::Stale, newest, sentence };
    };
    let days = days(at, now);
    let ago = match days {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    };
    if days > STALE_DAYS {
        let sentence = format!(
            "The newest advisory was changed {ago}: vulnerabilities that became known since are missed. Fetch newer ones with \
             seawall db update."
        );
        return Freshness { state: FeedState::Stale, newest, sentence };
    }
    Freshness {
        state: FeedState::Fresh,
        newest,
        sentence: format!("The newest of {} advisories was changed {ago}.", info.records),
    }
}

/// Whole days between two times; a time in the future is today.
#[must_use]
pub fn days(at: Micros, now: Micros) -> i64 {
    now.0.saturating_sub(at.0).div_euclid(Micros::DAY).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(records: u64, newest: Option<&str>) -> Info {
        let coverage = vulndb::Coverage {
            source: "s".to_owned(),
            ecosystem: package::Ecosystem::Debian,
            release: None,
            packages: None,
            records,
            newest: newest.map(ToOwned::to_owned),
        };
        let source = vulndb::SourceInfo {
            slug: "s".to_owned(),
            records,
            withdrawn: 0,
            enriching: 0,
            newest: None,
            coverage: vec![coverage],
            lints: std::collections::BTreeMap::new(),
        };
        Info {
            format: 1,
            bytes: 0,
            records,
            statements: 0,
            names: 0,
            cves: 0,
            unparsable_ranges: 0,
            sources: vec![source],
        }
    }

    #[test]
    fn what_is_old_or_nobody_knows_is_not_fresh() {
        let now = micros("2026-01-31T12:00:00Z").unwrap();
        for (records, newest, state, part) in [
            (0, None, FeedState::None, "no advisories"),
            (1, None, FeedState::Stale, "do not say"),
            (1, Some("2026-01-31T11:00:00Z"), FeedState::Fresh, "today"),
            (1, Some("2026-02-02T11:00:00Z"), FeedState::Fresh, "today"),
            (1, Some("2026-01-30T11:00:00Z"), FeedState::Fresh, "yesterday"),
            (1, Some("2026-01-24T11:00:00Z"), FeedState::Fresh, "7 days ago"),
            (1, Some("2026-01-23T11:00:00Z"), FeedState::Stale, "8 days ago"),
        ] {
            let fresh = freshness(&info(records, newest), now);
            assert_eq!(fresh.state, state, "{newest:?}");
            assert!(fresh.sentence.contains(part), "{}", fresh.sentence);
        }
    }
}
