//! Rate limits: a token bucket per key, in bounded memory.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};
use store::Micros;

/// How many keys a limit remembers in one generation. Whoever floods it with keys makes it forget the oldest, which
/// costs them a full bucket's worth of attempts each: no more than a new address has anyway.
const KEYS: usize = 8192;

/// Buckets of `burst` tokens that fill up by one every `every` microseconds.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    burst: f64,
    every: f64,
    generations: Mutex<Generations<K>>,
}

#[derive(Debug)]
struct Generations<K> {
    young: HashMap<K, Bucket>,
    old: HashMap<K, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: i64,
}

impl<K: Hash + Eq> Buckets<K> {
    /// `burst` attempts at once, then one every `every_ms` milliseconds.
    pub(crate) fn new(burst: u32, every_ms: u32) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new() };
        Self {
            burst: f64::from(burst),
            every: f64::from(every_ms.max(1)) * 1000.0,
            generations: Mutex::new(generations),
        }
    }

    /// Takes one token of `key`.
    ///
    /// # Errors
    /// There is none: the seconds until there is one.
    pub(crate) fn take(&self, key: K, now: Micros) -> Result<(), u64> {
        let mut guard = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let Generations { young, old } = &mut *guard;
        if young.len() >= KEYS && !young.contains_key(&key) {
            *old = std::mem::take(young);
        }
        let known = old.remove(&key);
        let bucket =
            young.entry(key).or_insert_with(|| known.unwrap_or(Bucket { tokens: self.burst, at: now.0 }));
        // A clock that was set back gives nothing and takes nothing.
        #[expect(
            clippy::cast_precision_loss,
            reason = "microseconds between two requests are far below 2^52"
        )]
        let passed = now.0.saturating_sub(bucket.at).max(0) as f64;
        bucket.tokens = (bucket.tokens + passed / self.every).min(self.burst);
        bucket.at = now.0;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and at most the time of one token"
        )]
        let seconds = ((1.0 - bucket.tokens) * self.every / 1_000_000.0).ceil() as u64;
        Err(seconds.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_burst_passes_then_one_per_interval() {
        let buckets = Buckets::new(3, 2000);
        for _ in 0..3 {
            assert_eq!(buckets.take("a", Micros(0)), Ok(()));
        }
        assert_eq!(buckets.take("a", Micros(0)), Err(2));
        assert_eq!(buckets.take("b", Micros(0)), Ok(()), "another key has its own bucket");
        assert_eq!(buckets.take("a", Micros(SECOND)), Err(1));
        assert_eq!(buckets.take("a", Micros(2 * SECOND)), Ok(()));
        assert_eq!(buckets.take("a", Micros(2 * SECOND)), Err(2));
    }

    #[test]
    fn a_bucket_never_holds_more_than_its_burst() {
        let buckets = Buckets::new(2, 1000);
        assert_eq!(buckets.take("a", Micros(0)), Ok(()));
        for _ in 0..2 {
            assert_eq!(buckets.take("a", Micros(1_000_000 * SECOND)), Ok(()));
        }
        assert!(buckets.take("a", Micros(1_000_000 * SECOND)).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_opens_nothing() {
        let buckets = Buckets::new(1, 1000);
        assert_eq!(buckets.take("a", Micros(100 * SECOND)), Ok(()));
        assert!(buckets.take("a", Micros(SECOND)).is_err());
        assert_eq!(buckets.take("a", Micros(2 * SECOND)), Ok(()), "and locks out nobody");
    }

    #[test]
    fn memory_is_bounded_and_the_youngest_are_remembered() {
        let buckets = Buckets::new(1, 3_600_000);
        for key in 0..50_000_u32 {
            assert_eq!(buckets.take(key, Micros(0)), Ok(()));
        }
        {
            let generations = buckets.generations.lock().unwrap();
            assert!(generations.young.len() + generations.old.len() <= 2 * KEYS);
        }
        assert!(buckets.take(49_999, Micros(0)).is_err());
    }
}
