//! The computing time that may be spent on what may be thrown away: readings before a pause is one, and of words while they are said.

use std::time::Duration;

use super::clock::CaptureTime;

/// Cores from which one is to spare while somebody speaks.
const CORES: usize = 2;

/// How much may be spent at once: a few readings.
const MOST: Duration = Duration::from_millis(600);

/// The share of all time that may be spent, for each core. The recogniser works on two: with two cores 4 % of one is spent on a
/// television that never rests.
const RATE_PER_CORE: f64 = 0.01;

/// What a reading is taken to last before one was measured.
const READING: Duration = Duration::from_millis(150);

/// How much of what is known of that is given up for a new measurement.
const LEARNS: f64 = 0.3;

/// A budget that fills by the microphone's clock. What turned out right costs nothing of it.
pub struct Spare {
    cores: usize,
    /// Below zero after a long reading.
    left: f64,
    at: CaptureTime,
    /// Seconds that a reading takes.
    reading: f64,
}

impl Spare {
    pub fn new(cores: usize) -> Self {
        Self {
            cores,
            left: MOST.as_secs_f64(),
            at: CaptureTime::default(),
            reading: READING.as_secs_f64(),
        }
    }

    /// On the cores that this program may use.
    pub fn of_machine() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    }

    pub fn is_left(&mut self, now: CaptureTime) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a machine has few cores")]
        let rate = RATE_PER_CORE * self.cores as f64;
        let passed = now.since(self.at).as_secs_f64();
        self.left = (self.left + passed * rate).min(MOST.as_secs_f64());
        self.at = now;
        self.cores >= CORES && self.left > 0.0
    }

    /// Whether there is enough for what can wait, beside what cannot.
    pub fn is_plenty(&mut self, now: CaptureTime) -> bool {
        self.is_left(now) && self.left > MOST.as_secs_f64() / 2.0
    }

    /// A reading that is of use for a moment only took so long.
    pub fn spend(&mut self, time: Duration) {
        self.left -= time.as_secs_f64();
        self.reading += LEARNS * (time.as_secs_f64() - self.reading);
    }

    /// A reading was given up after so long. The recogniser goes on with it to the end of what it has begun, which is most of it.
    pub fn give_up(&mut self, after: Duration) {
        self.left -= after.as_secs_f64().max(self.reading);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_costs_as_much_as_what_is_read() {
        let mut spare = Spare::new(2);
        spare.spend(Duration::from_millis(350));
        assert!(spare.is_left(CaptureTime::default()));
        spare.give_up(Duration::from_millis(30));
        assert!(spare.is_left(CaptureTime::default()));
        spare.give_up(Duration::from_millis(30));
        assert!(!spare.is_left(CaptureTime::default()));
    }

    #[test]
    fn little_of_all_time_is_spent_and_nothing_on_a_single_core() {
        assert!(!Spare::new(1).is_left(CaptureTime::default()));
        let mut spare = Spare::new(2);
        let (mut spent, step) = (Duration::ZERO, Duration::from_millis(150));
        for second in 0..600_u64 {
            if spare.is_left(CaptureTime::at(16_000 * second)) {
                spare.spend(step);
                spent += step;
            }
        }
        assert!((10.0..15.0).contains(&spent.as_secs_f64()), "{spent:?}");
    }
}
