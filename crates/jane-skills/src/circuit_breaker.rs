//! What becomes of a skill that fails: it is left alone for a while, and for good when it fails again and again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many faults in so long a time, and a skill is not called any more.
const MOST: usize = 3;
const PERIOD: Duration = Duration::from_secs(60);

/// How long a skill is left alone after a fault; twice as long after the next.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Health {
    #[default]
    Well,
    /// Left alone until then.
    Pausing(Instant),
    /// Not called any more, for this reason.
    Quarantined(String),
}

/// The faults of one skill.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    recent: VecDeque<Instant>,
    health: Health,
}

impl CircuitBreaker {
    /// Whether it may be called now.
    pub fn may_run(&self, now: Instant) -> bool {
        match &self.health {
            Health::Well => true,
            Health::Pausing(until) => now >= *until,
            Health::Quarantined(_) => false,
        }
    }

    pub fn health(&self) -> &Health {
        &self.health
    }

    /// It failed. Returns whether that is the end.
    pub fn add(&mut self, now: Instant, reason: &str) -> bool {
        self.recent.push_back(now);
        while self
            .recent
            .front()
            .is_some_and(|first| now.duration_since(*first) > PERIOD)
        {
            self.recent.pop_front();
        }
        if matches!(self.health, Health::Quarantined(_)) {
            return false;
        }
        let count = self.recent.len();
        if count >= MOST {
            self.health = Health::Quarantined(reason.to_owned());
            return true;
        }
        let doublings = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
        self.health = Health::Pausing(now + FIRST_PAUSE * 2u32.saturating_pow(doublings));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_fault_in_a_minute_is_the_end() {
        let start = Instant::now();
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut faults = CircuitBreaker::default();
        assert!(faults.may_run(start));
        assert!(!faults.add(start, "one"));
        assert!(!faults.may_run(after(0.2)) && faults.may_run(after(0.3)));
        assert!(!faults.add(after(1.0), "two"));
        assert!(!faults.may_run(after(1.4)) && faults.may_run(after(1.6)));
        // The first is forgotten by now.
        assert!(!faults.add(after(61.0), "three"));
        assert!(faults.add(after(60.9), "four"));
        assert!(!faults.may_run(after(1000.0)));
        assert_eq!(*faults.health(), Health::Quarantined("four".to_owned()));
    }
}
