//! Whether a device is alive: it takes or gives samples, and has not failed.
//!
//! What counts is whether the device goes on. Some errors pass by themselves: ALSA's plugin for sound
//! servers reports one where it does not know its delay yet. And of the time in which this program did
//! not run (stopped by a terminal, or on a machine that was busy elsewhere) a device can only tell once
//! it has had its turn again: such time does not count against it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

/// A device that moves no sample for so long stands still.
const STALL: Duration = Duration::from_secs(3);

/// How long a device that reported an error may take to go on. Short, because a device that does not is opened again, which is what
/// helps: after an underrun ALSA's plugin may not know its delay until it plays, and cpal does not play until it knows it.
pub(super) const GRACE: Duration = Duration::from_millis(300);

/// What counts of the time between two looks at most. They come every few milliseconds while the
/// program runs.
const LONGEST_LOOK: Duration = Duration::from_millis(50);

/// The error that the device reported last, until it is seen to go on.
#[derive(Clone, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    /// To be called by the stream's error callback.
    pub fn report(&self, error: &cpal::Error) {
        use cpal::ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
        if matches!(error.kind(), DeviceChanged | RealtimeDenied | Xrun) {
            tracing::debug!("The sound device carries on: {error}");
            return;
        }
        // A device may repeat itself without end.
        let mut problem = self.lock();
        if problem.is_none() {
            *problem = Some(error.to_string());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock()
    }
}

/// Looks at a device from time to time.
pub(crate) struct Watch {
    /// Counts the samples that the device took or gave.
    clock: Arc<AtomicU64>,
    failure: Failure,
    opened: Instant,
    /// When it was looked at last.
    looked: Instant,
    /// Where the clock was, how long ago, and whether an error was known then.
    seen: u64,
    waited: Duration,
    failing: bool,
}

impl Watch {
    pub fn new(clock: Arc<AtomicU64>, failure: Failure) -> Self {
        Self {
            seen: clock.load(SeqCst),
            opened: Instant::now(),
            looked: Instant::now(),
            waited: Duration::ZERO,
            failing: false,
            clock,
            failure,
        }
    }

    /// Whether the device has moved samples and failed in nothing for a while since it was opened.
    ///
    /// A sample alone shows nothing: ALSA asks for the first ones before the device starts, and one that a sound
    /// server has just come back with may fail at its start.
    pub fn goes_on(&self) -> bool {
        self.opened.elapsed() >= GRACE
            && self.clock.load(SeqCst) > 0
            && self.failure.lock().is_none()
    }

    /// What is wrong with the device where it does not go on, after an error or without one.
    pub fn problem(&mut self) -> Option<String> {
        let mut failure = self.failure.lock();
        let clock = self.clock.load(SeqCst);
        self.waited += self.looked.elapsed().min(LONGEST_LOOK);
        self.looked = Instant::now();
        if failure.is_some() != self.failing {
            (self.seen, self.waited, self.failing) = (clock, Duration::ZERO, failure.is_some());
        }
        let patience = if self.failing { GRACE } else { STALL };
        if self.waited < patience {
            return None;
        }
        if clock == self.seen {
            let silent = || format!("it stood still for {} s", STALL.as_secs());
            return Some(failure.clone().unwrap_or_else(silent));
        }
        if let Some(problem) = failure.take() {
            tracing::debug!(problem, "the sound device goes on after an error");
        }
        (self.seen, self.waited, self.failing) = (clock, Duration::ZERO, false);
        None
    }
}
