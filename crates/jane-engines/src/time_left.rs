//! What is left of the time that a request to a server may take as a whole.
//!
//! Invariant: only waiting for the server counts, whatever it sends meanwhile and however often it is asked again; the time in which
//! nobody takes what has come, because it is being spoken, does not.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout};

/// The time that is left to one request, over all its tries.
#[derive(Debug)]
pub(crate) struct TimeLeft(Duration);

/// The request has had its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spent;

impl TimeLeft {
    pub fn new(whole: Duration) -> Self {
        Self(whole)
    }

    /// The outcome of `work`, where it comes in the time that is left.
    ///
    /// # Errors
    /// [`Spent`] where it does not; then and later.
    pub async fn hold<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Spent> {
        // What is always ready would never be timed out.
        if self.0.is_zero() {
            return Err(Spent);
        }
        let begun = Instant::now();
        let outcome = timeout(self.0, work).await;
        self.0 = match outcome {
            Ok(_) => self.0.saturating_sub(begun.elapsed()),
            Err(_) => Duration::ZERO,
        };
        outcome.map_err(|_| Spent)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn what_is_waited_for_counts_and_what_happens_between_does_not() {
        let mut left = TimeLeft::new(SECOND * 10);
        for _ in 0..4 {
            assert_eq!(left.hold(sleep(SECOND * 2)).await, Ok(()));
            sleep(SECOND * 60).await;
        }
        assert_eq!(left.hold(sleep(SECOND * 3)).await, Err(Spent));
        assert_eq!(left.hold(async { "ready" }).await, Err(Spent));
    }
}
