//! How often a skill may ask for something.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// So many of something in a period.
pub struct RateLimit {
    most: u32,
    period: Duration,
    state: Mutex<State>,
}

struct State {
    since: Instant,
    count: u32,
    /// What was refused in this period.
    refused: u32,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Passed {
    /// It may go on; so many were refused in the period that just ended.
    Yes {
        refused_before: u32,
    },
    No,
}

impl RateLimit {
    pub fn new(most: u32, period: Duration) -> Self {
        Self {
            most,
            period,
            state: Mutex::new(State {
                since: Instant::now(),
                count: 0,
                refused: 0,
            }),
        }
    }

    pub fn pass(&self, now: Instant) -> Passed {
        let mut state = self.state.lock();
        let mut refused_before = 0;
        if now.duration_since(state.since) >= self.period {
            refused_before = state.refused;
            *state = State {
                since: now,
                count: 0,
                refused: 0,
            };
        }
        if state.count < self.most {
            state.count += 1;
            return Passed::Yes { refused_before };
        }
        state.refused = state.refused.saturating_add(1);
        Passed::No
    }
}

/// So much of something at once, and as much again in a period, bit by bit.
pub struct Bucket {
    most: f64,
    period: Duration,
    state: Mutex<(Instant, f64)>,
}

impl Bucket {
    /// A full one.
    pub fn new(most: u32, period: Duration) -> Self {
        let most = f64::from(most);
        Self {
            most,
            period,
            state: Mutex::new((Instant::now(), most)),
        }
    }

    /// Takes `much` of it.
    ///
    /// # Errors
    /// How long until there is as much again, where there is less.
    pub fn take(&self, much: usize, now: Instant) -> Result<(), Duration> {
        let much = much as f64;
        let mut state = self.state.lock();
        let (since, left) = *state;
        let passed = now.saturating_duration_since(since);
        let rate = self.most / self.period.as_secs_f64().max(f64::MIN_POSITIVE);
        let left = (left + passed.as_secs_f64() * rate).min(self.most);
        let (left, missing) = match left >= much {
            true => (left - much, None),
            false => (left, Some((much - left) / rate)),
        };
        *state = (now.max(since), left);
        match missing {
            None => Ok(()),
            // What is more than there ever is takes as long as the longest.
            Some(seconds) => {
                let wait = Duration::try_from_secs_f64(seconds).unwrap_or(self.period);
                Err(wait.min(self.period))
            }
        }
    }
}

impl Bucket {
    /// Puts back what was taken and not used.
    pub fn give_back(&self, much: usize) {
        let mut state = self.state.lock();
        state.1 = (state.1 + much as f64).min(self.most);
    }
}

/// Bytes that a change of what is kept counts as above its own: it is a page on the disk.
const CHANGE: usize = 1 << 10;

/// Bytes that a skill may change in a minute: at least so many, and all that it may keep some times over.
const KEPT: u32 = 1_000_000;
const TIMES: u32 = 2;

/// Changes of what is kept, in bytes.
pub struct Kept(Bucket);

impl Kept {
    /// # Errors
    /// How long until so much may be changed.
    pub fn take(&self, bytes: usize, now: Instant) -> Result<(), Duration> {
        self.0.take(bytes.saturating_add(CHANGE), now)
    }
}

/// What is counted of each skill. The figures stand in `wit/`.
pub struct RateLimits {
    pub log: RateLimit,
    pub voice: RateLimit,
    pub http: RateLimit,
    pub events: Bucket,
    pub kept: Kept,
}

impl RateLimits {
    /// Of a skill that may keep so many bytes.
    pub fn new(kv: u64) -> Self {
        let minute = Duration::from_secs(60);
        let kept = u32::try_from(kv).unwrap_or(u32::MAX).saturating_mul(TIMES);
        Self {
            log: RateLimit::new(20, Duration::from_secs(1)),
            voice: RateLimit::new(10, minute),
            http: RateLimit::new(30, minute),
            events: Bucket::new(60, minute),
            kept: Kept(Bucket::new(kept.max(KEPT), minute)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_waits_for_the_next_period() {
        let meter = RateLimit::new(2, Duration::from_secs(1));
        let now = Instant::now();
        let yes = |refused_before| Passed::Yes { refused_before };
        assert_eq!([meter.pass(now), meter.pass(now)], [yes(0), yes(0)]);
        assert_eq!([meter.pass(now), meter.pass(now)], [Passed::No, Passed::No]);
        assert_eq!(meter.pass(now + Duration::from_secs(2)), yes(2));
    }

    #[test]
    fn a_bucket_gives_what_is_in_it_and_fills_again() {
        let bucket = Bucket::new(60, Duration::from_secs(60));
        let now = Instant::now();
        let after = |seconds: f64| now + Duration::from_secs_f64(seconds);
        for _ in 0..60 {
            assert_eq!(bucket.take(1, now), Ok(()));
        }
        let wait = bucket.take(1, now).unwrap_err();
        assert!((0.9..=1.0).contains(&wait.as_secs_f64()), "{wait:?}");
        assert!(bucket.take(1, after(0.5)).is_err() && bucket.take(1, after(1.1)).is_ok());
        assert!(bucket.take(2, after(1.2)).is_err());
        // No more than it holds, and a clock that goes back gives nothing.
        for _ in 0..60 {
            assert_eq!(bucket.take(1, after(10_000.0)), Ok(()));
        }
        assert!(bucket.take(1, after(10_000.0)).is_err() && bucket.take(1, now).is_err());
        assert_eq!(bucket.take(1_000, now), Err(Duration::from_secs(60)));
        assert!(bucket.take(usize::MAX, now).is_err());
        bucket.give_back(1);
        assert!(bucket.take(1, now).is_ok() && bucket.take(1, now).is_err());
    }

    #[test]
    fn what_a_skill_may_change_in_a_minute_follows_from_what_it_may_keep() {
        let now = Instant::now();
        let changes = |kv: u64, bytes: usize| {
            let meters = RateLimits::new(kv);
            (0..10_000)
                .take_while(|_| meters.kept.take(bytes, now).is_ok())
                .count()
        };
        assert!((900..1_000).contains(&changes(0, 10)), "{}", changes(0, 10));
        assert!((1_900..2_000).contains(&changes(1_000_000, 0)));
        assert!(changes(1_000_000_000, 100_000) > 10_000 / 2);
    }
}
