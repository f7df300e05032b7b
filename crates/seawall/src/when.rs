//! Times and ages, and the only clock that is read.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A length of time as people type it: `90s`, `15m`, `48h`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age(pub(crate) Duration);

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("'{text}' is no length of time; write 90s, 15m, 48h or 7d");
        let unit = text.chars().last().ok_or_else(wrong)?;
        let number: u64 = text.strip_suffix(unit).and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        number.checked_mul(seconds).map(|s| Self(Duration::from_secs(s))).ok_or_else(wrong)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] {
            if seconds > 0 && seconds.is_multiple_of(length) {
                return write!(f, "{}{unit}", seconds / length);
            }
        }
        write!(f, "{seconds}s")
    }
}

/// Now, as seconds since 1970.
pub(crate) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

/// Today in UTC, `YYYY-MM-DD`.
pub(crate) fn today() -> String {
    timestamp(now()).split('T').next().unwrap_or_default().to_owned()
}

/// RFC 3339 of seconds since 1970.
pub(crate) fn timestamp(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_default()
}

/// Seconds since 1970 of an RFC 3339 time.
pub(crate) fn parse(text: &str) -> Option<i64> {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .ok()
        .map(time::OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("48h", 172_800), ("7d", 604_800)] {
            assert_eq!(text.parse::<Age>().unwrap().0.as_secs(), seconds);
        }
        assert_eq!("172800s".parse::<Age>().unwrap().to_string(), "2d");
        for bad in ["", "h", "7", "7w", "99999999999999999999d", "-1h"] {
            assert!(bad.parse::<Age>().is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(parse("2026-11-19T21:19:38Z"), Some(1_795_123_178));
    }
}
