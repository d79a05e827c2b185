//! How often a skill may ask for something.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many of something in a period.
pub struct Meter {
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

impl Meter {
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
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
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

/// What is counted of each skill. The figures stand in `wit/`.
pub struct Meters {
    pub log: Meter,
    pub voice: Meter,
    pub http: Meter,
}

impl Default for Meters {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            log: Meter::new(20, Duration::from_secs(1)),
            voice: Meter::new(10, minute),
            http: Meter::new(30, minute),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_waits_for_the_next_period() {
        let meter = Meter::new(2, Duration::from_secs(1));
        let now = Instant::now();
        let yes = |refused_before| Passed::Yes { refused_before };
        assert_eq!([meter.pass(now), meter.pass(now)], [yes(0), yes(0)]);
        assert_eq!([meter.pass(now), meter.pass(now)], [Passed::No, Passed::No]);
        assert_eq!(meter.pass(now + Duration::from_secs(2)), yes(2));
    }
}
