//! Chooses the threads for each token, by what the steps before it took.
//!
//! Threads that wait for each other are only as fast as the slowest: where something foreign keeps a core busy, two threads on two
//! cores write 36 tokens a second and one writes 127 (SmolLM2-135M). So the number is halved where half as many are as fast, and
//! doubled again where a trial shows that it pays. Prompts take the whole lease: their work is handed out in pieces, so a busy
//! core costs them a tenth at most, and half of an idle machine would be wasted.
//!
//! Invariants: never more threads than the lease; a trial takes at most [`TRIAL`] steps, and one in vain doubles the wait for the next
//! trial of more threads, so a busy machine is seldom tried and an idle one is found within [`LONGEST_WAIT`].

use std::time::{Duration, Instant};

/// Steps of a trial whose outcome is close. One that costs or gains as much as a whole step ends at once.
const TRIAL: usize = 5;

/// Steps whose median is what a number of threads takes.
const RECENT: usize = 5;

/// Until more threads are tried again: doubled by each trial in vain. At the longest wait they cost a busy machine some 2 %.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Until fewer threads are tried again although nothing has changed.
const REFRESH: Duration = Duration::from_secs(10);

/// How much faster more threads have to be: a core that gains nothing is better left to others.
const WORTH: f64 = 0.98;

/// How much slower than the last trial of fewer threads the steps may be, before those are tried again.
const ALARM: f64 = 1.05;

/// Some number of threads, and seconds that the latest steps with it took.
#[derive(Debug, Clone)]
struct Arm {
    threads: u32,
    steps: Vec<f64>,
}

impl Arm {
    fn median(&self) -> Option<f64> {
        median(&self.steps)
    }

    fn push(&mut self, seconds: f64) {
        if self.steps.len() == RECENT {
            self.steps.remove(0);
        }
        self.steps.push(seconds);
    }
}

fn median(steps: &[f64]) -> Option<f64> {
    let mut steps = steps.to_vec();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied()
}

/// A trial of another number of threads.
#[derive(Debug)]
struct Trial {
    arm: usize,
    steps: Vec<f64>,
}

pub struct ThreadTuner {
    /// From the whole lease down to one thread, each half of the one before. Empty before the first lease of several threads.
    arms: Vec<Arm>,
    current: usize,
    trial: Option<Trial>,
    /// The lease is a single thread: nothing to choose, and nothing to learn.
    single: bool,
    wait: Duration,
    next_up: Instant,
    next_down: Instant,
    promoted: Instant,
}

impl ThreadTuner {
    pub fn new(now: Instant) -> Self {
        Self {
            arms: Vec::new(),
            current: 0,
            trial: None,
            single: true,
            wait: FIRST_WAIT,
            next_up: now,
            next_down: now,
            promoted: now,
        }
    }

    /// The threads for the next step, of at most `lease`.
    pub fn threads(&mut self, lease: u32, now: Instant) -> u32 {
        self.single = lease <= 1;
        if self.single {
            return 1;
        }
        if self.arms.first().is_none_or(|arm| arm.threads != lease) {
            let numbers = std::iter::successors(Some(lease), |threads| Some(threads / 2));
            let arm = |threads| Arm {
                threads,
                steps: Vec::new(),
            };
            *self = Self {
                arms: numbers
                    .take_while(|threads| *threads > 0)
                    .map(arm)
                    .collect(),
                single: false,
                ..Self::new(now)
            };
        }
        let arm = self.trial.as_ref().map_or(self.current, |trial| trial.arm);
        self.arms.get(arm).map_or(1, |arm| arm.threads)
    }

    /// The step that [`ThreadTuner::threads`] chose for took `seconds`, until `now`.
    pub fn took(&mut self, seconds: f64, now: Instant) {
        if self.single {
            return;
        }
        match self.trial.take() {
            Some(mut trial) => {
                trial.steps.push(seconds);
                match self.outcome(&trial) {
                    Some(better) => self.judge(trial, better, now),
                    None => self.trial = Some(trial),
                }
            }
            None => {
                if let Some(arm) = self.arms.get_mut(self.current) {
                    arm.push(seconds);
                }
                self.trial = self.due(now).map(|arm| Trial {
                    arm,
                    steps: Vec::new(),
                });
            }
        }
    }

    /// The arm that is to be tried now, if one is.
    fn due(&self, now: Instant) -> Option<usize> {
        let current = self.arms.get(self.current)?;
        if current.steps.len() < RECENT {
            return None;
        }
        let down = self.current + 1;
        if let (Some(fewer), Some(median)) = (self.arms.get(down), current.median()) {
            let slow = fewer.median().is_none_or(|fewer| median > fewer * ALARM);
            if slow || now >= self.next_down {
                return Some(down);
            }
        }
        let up = self.current.checked_sub(1)?;
        (now >= self.next_up).then_some(up)
    }

    /// Whether what is tried is better, once that is decided.
    fn outcome(&self, trial: &Trial) -> Option<bool> {
        let usual = self.arms.get(self.current)?.median()?;
        let steps = f64::from(u8::try_from(trial.steps.len()).unwrap_or(u8::MAX));
        let total: f64 = trial.steps.iter().sum();
        if total > usual * (steps + 1.0) {
            return Some(false);
        }
        if total < usual * (steps - 1.0) {
            return Some(true);
        }
        if trial.steps.len() < TRIAL {
            return None;
        }
        let tried = median(&trial.steps)?;
        let more = trial.arm < self.current;
        Some(if more {
            tried < usual * WORTH
        } else {
            tried * WORTH <= usual
        })
    }

    /// Moves to the arm that was tried where it is better, and says when to try again.
    fn judge(&mut self, trial: Trial, better: bool, now: Instant) {
        let more = trial.arm < self.current;
        let soon = now.saturating_duration_since(self.promoted) < LONGEST_WAIT;
        match (more, better) {
            (true, true) => self.promoted = now,
            (true, false) => self.wait = (self.wait * 2).min(LONGEST_WAIT),
            (false, true) if soon => self.wait = (self.wait * 2).min(LONGEST_WAIT),
            (false, true) => self.wait = FIRST_WAIT,
            (false, false) => {}
        }
        self.next_up = now + self.wait;
        self.next_down = now + REFRESH;
        if let Some(arm) = self.arms.get_mut(trial.arm) {
            arm.steps = trial.steps;
        }
        if better {
            self.current = trial.arm;
        } else if let Some(current) = self.arms.get_mut(self.current) {
            // What comes next is judged by itself.
            current.steps.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A machine on which time passes only by steps.
    struct Machine {
        pace: ThreadTuner,
        now: Instant,
        random: u32,
    }

    impl Machine {
        fn new() -> Self {
            let now = Instant::now();
            Self {
                pace: ThreadTuner::new(now),
                now,
                random: 1,
            }
        }

        /// Writes `tokens` where a step takes `milliseconds(threads)`, give or take a tenth; returns the mean, and the threads
        /// of the last step.
        fn write(
            &mut self,
            lease: u32,
            tokens: u32,
            milliseconds: impl Fn(u32) -> f64,
        ) -> (f64, u32) {
            let (mut total, mut threads) = (0.0, 0);
            for _ in 0..tokens {
                threads = self.pace.threads(lease, self.now);
                assert!(threads >= 1 && threads <= lease);
                self.random = self
                    .random
                    .wrapping_mul(1_664_525)
                    .wrapping_add(1_013_904_223);
                let noise = 0.9 + 0.2 * f64::from(self.random >> 8) / f64::from(1 << 24);
                let took = milliseconds(threads) / 1e3 * noise;
                self.now += Duration::from_secs_f64(took);
                self.pace.took(took, self.now);
                total += took;
            }
            (total * 1e3 / f64::from(tokens), threads)
        }
    }

    fn idle(threads: u32) -> f64 {
        if threads == 1 { 16.0 } else { 10.0 }
    }

    fn busy(threads: u32) -> f64 {
        if threads == 1 { 16.0 } else { 40.0 }
    }

    #[test]
    fn alone_a_first_reply_is_nearly_as_fast_as_with_all_threads_and_the_next_ones_are() {
        let mut machine = Machine::new();
        let (first, _) = machine.write(2, 30, idle);
        let (next, threads) = machine.write(2, 2000, idle);
        assert!(first < 10.0 * 1.06, "{first}");
        assert!(next < 10.0 * 1.02, "{next}");
        assert_eq!(threads, 2);
    }

    #[test]
    fn with_a_core_busy_it_is_as_fast_as_one_thread() {
        let mut machine = Machine::new();
        let (first, _) = machine.write(2, 30, busy);
        let (next, _) = machine.write(2, 1000, busy);
        assert!(first < 16.0 * 1.3, "{first}");
        assert!(next < 16.0 * 1.06, "{next}");
    }

    #[test]
    fn a_machine_that_becomes_busy_is_noticed_within_a_few_tokens() {
        let mut machine = Machine::new();
        machine.write(2, 100, idle);
        let (mean, threads) = machine.write(2, 30, busy);
        assert!(mean < 16.0 * 1.3, "{mean}");
        assert_eq!(threads, 1);
    }

    #[test]
    fn a_machine_that_becomes_idle_is_found_within_the_longest_wait() {
        let mut machine = Machine::new();
        machine.write(2, 3000, busy);
        let steps = LONGEST_WAIT.as_millis() / 16 + 20;
        let (_, threads) = machine.write(2, u32::try_from(steps).unwrap(), idle);
        assert_eq!(threads, 2);
    }

    #[test]
    fn a_small_gain_is_found_in_spite_of_the_noise() {
        let mut machine = Machine::new();
        let close = |threads| if threads == 1 { 6.0 } else { 5.4 };
        machine.write(2, 500, close);
        let (mean, _) = machine.write(2, 2000, close);
        assert!(mean < 5.4 * 1.03, "{mean}");
    }

    #[test]
    fn a_conversation_that_grows_slower_keeps_its_threads() {
        let mut machine = Machine::new();
        for slower in 1..20 {
            let slower = 1.0 + f64::from(slower) / 4.0;
            let (mean, threads) = machine.write(2, 100, |threads| slower * idle(threads));
            assert!(mean < slower * 10.0 * 1.06, "{mean} at {slower}");
            assert_eq!(threads, 2);
        }
    }

    #[test]
    fn as_many_as_are_free_are_found_by_halves() {
        let mut machine = Machine::new();
        let three_busy = |threads| {
            if threads > 5 {
                60.0
            } else {
                32.0 / f64::from(threads)
            }
        };
        machine.write(8, 40, three_busy);
        let (mean, threads) = machine.write(8, 1000, three_busy);
        assert!(mean < 8.0 * 1.06, "{mean}");
        assert_eq!(threads, 4);
    }

    #[test]
    fn a_lease_of_one_thread_is_kept_and_what_was_known_before_it_too() {
        let mut machine = Machine::new();
        machine.write(2, 100, idle);
        assert_eq!(machine.write(1, 30, busy).1, 1);
        let (mean, _) = machine.write(2, 10, idle);
        assert!(mean < 10.0 * 1.1, "{mean}");
    }

    proptest! {
        #[test]
        fn no_lease_is_ever_exceeded(
            steps in proptest::collection::vec((0_u32..20, 0.0_f64..1.0), 0..200)
        ) {
            let mut now = Instant::now();
            let mut pace = ThreadTuner::new(now);
            for (lease, seconds) in steps {
                let threads = pace.threads(lease, now);
                prop_assert!(threads >= 1 && threads <= lease.max(1));
                now += Duration::from_secs_f64(seconds);
                pace.took(seconds, now);
            }
        }
    }
}
