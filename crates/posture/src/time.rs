use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: microseconds since 1970-01-01T00:00:00 UTC, as stores keep it. Always the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    const DAY: i64 = 86_400_000_000;

    /// The day in UTC.
    #[must_use]
    pub fn day(self) -> Day {
        // i64 microseconds are 106 million days either way.
        Day(i32::try_from(self.0.div_euclid(Self::DAY)).unwrap_or(i32::MAX))
    }
}

/// A day of the Gregorian calendar, UTC: days since 1970-01-01. Written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day of a date; `None` where the calendar has none such.
    #[must_use]
    pub fn of(year: i32, month: u32, day: u32) -> Option<Self> {
        let longest = match month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if !(0..=9999).contains(&year) || day == 0 || day > longest {
            return None;
        }
        // Years begin in March, so that the leap day is the last: days from civil, 400-year eras.
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = i32::try_from((month + 9) % 12).ok()?;
        let day_of_year = (153 * month_from_march + 2) / 5 + i32::try_from(day).ok()? - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// The day at the start of an RFC 3339 time, as image configurations write it; `None` where there is none.
    #[must_use]
    pub fn of_rfc3339(text: &str) -> Option<Self> {
        let (day, rest) = text.split_at_checked(10)?;
        if !(rest.is_empty() || rest.starts_with(['T', 't', ' '])) {
            return None;
        }
        day.parse().ok()
    }

    /// Year, month and day.
    #[must_use]
    pub fn date(self) -> (i32, u32, u32) {
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |value: i64| u32::try_from(value).unwrap_or_default();
        (i32::try_from(year).unwrap_or_default(), small(month), small(day))
    }

    /// Days from `earlier` to this one; negative where it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        i64::from(self.0) - i64::from(earlier.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("'{text}' is no day; write YYYY-MM-DD");
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok())?
        };
        let (year, month, day) = (number(4), number(2), number(2));
        if parts.next().is_some() {
            return Err(wrong());
        }
        let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Err(wrong()) };
        i32::try_from(year).ok().and_then(|year| Self::of(year, month, day)).ok_or_else(wrong)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2026-11-24", 20_781),
            ("0000-01-01", -719_528),
            ("9999-12-31", 2_932_896),
        ] {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.0, day.to_string().as_str()), (days, text));
        }
        for wrong in ["", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-1-01", "26-01-01"] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
        for wrong in ["2026-01-01-1", "2026-01-+1", "2026-01-32", "2026-04-31", "today"] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_day_of_eight_centuries_goes_there_and_back() {
        let first: Day = "1600-01-01".parse().unwrap();
        let mut expect = first;
        for year in 1600..2400 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let Some(found) = Day::of(year, month, day) else { continue };
                    assert_eq!(found, expect);
                    assert_eq!(found.date(), (year, month, day));
                    expect = Day(expect.0 + 1);
                }
            }
        }
    }

    #[test]
    fn times_of_configurations() {
        let day = |text| Day::of_rfc3339(text).map(|day| day.to_string());
        assert_eq!(day("2024-05-06T07:08:09.123Z").as_deref(), Some("2024-05-06"));
        assert_eq!(day("2024-05-06").as_deref(), Some("2024-05-06"));
        assert_eq!(day("2024-05-06x").as_deref(), None);
        assert_eq!(day("öööööö").as_deref(), None);
        assert_eq!(Time(-1).day().to_string(), "1969-12-31");
        assert_eq!(Time(i64::MAX).day().date().0, 294_247);
    }
}
