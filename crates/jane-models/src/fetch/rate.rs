//! The least rate of a download: a server that sends a byte now and then is given up like one that is silent.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes that have to arrive in each window, however slow the line is.
pub const LEAST: u64 = 256 << 10;

/// What of a download arrived in the window that it is in.
pub struct Rate {
    window: Duration,
    end: Instant,
    /// Bytes that had arrived when the window began.
    before: u64,
}

impl Rate {
    /// A download that goes on behind its first `before` bytes.
    pub fn new(window: Duration, before: u64) -> Self {
        Self {
            window,
            end: Instant::now() + window,
            before,
        }
    }

    /// When the window ends.
    pub fn end(&self) -> Instant {
        self.end
    }

    /// Whether too little arrived in a window that is over; `so_far` is all that arrived, in bytes.
    pub fn is_too_slow(&mut self, so_far: u64) -> bool {
        if Instant::now() < self.end {
            return false;
        }
        let arrived = so_far.saturating_sub(self.before);
        (self.end, self.before) = (Instant::now() + self.window, so_far);
        arrived < LEAST
    }

    /// What is said of it.
    pub fn reason(&self) -> String {
        let seconds = self.window.as_secs_f64();
        format!("less than {} KiB arrived in {seconds} s", LEAST >> 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_window_has_to_bring_enough() {
        let window = Duration::from_secs(60);
        let mut rate = Rate::new(window, 1000);
        assert!(!rate.is_too_slow(1000));
        tokio::time::advance(window).await;
        assert!(!rate.is_too_slow(1000 + LEAST));
        tokio::time::advance(window / 2).await;
        assert!(!rate.is_too_slow(1000 + LEAST));
        tokio::time::advance(window / 2).await;
        assert!(rate.is_too_slow(1000 + LEAST * 2 - 1));
        assert_eq!(rate.reason(), "less than 256 KiB arrived in 60 s");
    }
}
