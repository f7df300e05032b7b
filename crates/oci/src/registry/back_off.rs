//! Pauses before new attempts.

use std::{
    hash::{BuildHasher as _, Hasher as _},
    time::{Duration, SystemTime},
};

use reqwest::{StatusCode, header::HeaderMap};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::{Error, Options};

const FIRST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(30);

/// The account of one request's attempts.
#[derive(Debug)]
pub(crate) struct BackOff {
    attempts: u32,
    retries: u32,
    left: Duration,
}

impl BackOff {
    pub(crate) fn new(options: &Options) -> Self {
        Self { attempts: 0, retries: options.retries, left: options.timeouts.back_off }
    }

    /// There was headway: the attempts begin anew, the time does not.
    pub(crate) fn headway(&mut self) {
        self.attempts = 0;
    }

    /// Waits before the next attempt, or gives `error` back when there shall be none. `hint` is what the server asks
    /// for; one that asks for more than is left is not waited for.
    pub(crate) async fn pause(&mut self, hint: Option<Duration>, error: Error) -> Result<(), Error> {
        if self.attempts >= self.retries {
            return Err(told(error, &format!("gave up after {} attempts", self.attempts + 1)));
        }
        let step = FIRST.saturating_mul(1 << self.attempts.min(16)).min(LONGEST);
        let pause = jitter(step).max(hint.unwrap_or_default());
        let Some(left) = self.left.checked_sub(pause) else {
            return Err(told(
                error,
                &format!("the server asks to wait {} s, which is too long", pause.as_secs()),
            ));
        };
        self.left = left;
        self.attempts += 1;
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

fn told(error: Error, what: &str) -> Error {
    match error {
        Error::Http { url, status, said } => Error::Http { url, status, said: format!("{said}; {what}") },
        Error::Network { url, why } => Error::Network { url, why: format!("{why}; {what}") },
        other => other,
    }
}

/// Between half of it and all: many clients that failed together do not come back together.
fn jitter(pause: Duration) -> Duration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    let part = u32::try_from(random & 0xffff).unwrap_or(0);
    pause / 2 + (pause / 2).mul_f64(f64::from(part) / f64::from(0xffff_u32))
}

/// Is it worth asking again?
pub(crate) fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// `Retry-After`: seconds or a date (RFC 9110, 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let then: SystemTime = OffsetDateTime::parse(text, &Rfc2822).ok()?.into();
    then.duration_since(SystemTime::now()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", text.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert!(
            after("Fri, 31 Dec 2199 23:59:59 GMT").is_some_and(|wait| wait > Duration::from_secs(1 << 30))
        );
        assert_eq!(after("soon"), None);
    }

    #[tokio::test]
    async fn attempts_and_time_are_bounded() {
        let error = || Error::Http { url: "u".into(), status: 429, said: String::new() };
        let options = Options { retries: 2, ..Options::default() };
        let mut pauses = BackOff::new(&options);
        let mut count = 0;
        let end = loop {
            match pauses.pause(Some(Duration::from_millis(1)), error()).await {
                Ok(()) => count += 1,
                Err(end) => break end.to_string(),
            }
        };
        assert_eq!((count, end.contains("gave up after 3 attempts")), (2, true), "{end}");
        let mut pauses = BackOff::new(&options);
        let end = pauses.pause(Some(Duration::from_secs(1 << 40)), error()).await.unwrap_err().to_string();
        assert!(end.contains("too long"), "{end}");
    }
}
