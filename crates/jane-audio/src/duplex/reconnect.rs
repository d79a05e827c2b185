//! When a device is lost, opened again, and back.
//!
//! A device that fails is opened again at once, and nobody is told where that is all it took: after an underrun some do not go on by
//! themselves, and some fail a few times more after the program was stopped for a while. It counts as lost where it does not open, or
//! fails as often as there are [`QUIET_RETRIES`] before it works.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::AudioError;
use crate::playback::Watch;

/// How long after a failure the device is opened again before anybody is told: by the number of failures before it.
const QUIET_RETRIES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_secs(1),
];

/// How long after a later failure the device is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What became of a device.
#[derive(Debug)]
pub(super) enum Change<T> {
    /// It has failed, and is to be let go of; to be told where `news` is true, which may come later than the failure.
    Lost { problem: String, news: bool },
    /// It was opened again, and is to be given to [`Reconnecting::watch`]. Whether it works is not known yet.
    Opened(T),
    /// It works again, which is to be told, as its loss was.
    Back,
}

/// How a device is known to be.
enum DeviceState {
    Works,
    /// It failed so many times, at first for this reason, and opening it again may be all that it takes.
    Failed {
        problem: String,
        times: usize,
    },
    /// The conversation was told.
    Lost,
}

/// Opens a device; may block.
type Open<T> = dyn Fn() -> Result<T, AudioError> + Send + Sync;

/// The microphone's or the loudspeaker's side of a stream.
pub(super) struct Reconnecting<T> {
    open: Arc<Open<T>>,
    /// Of the device, while it is open.
    watch: Option<Watch>,
    standing: DeviceState,
    attempt: Option<JoinHandle<Result<T, AudioError>>>,
    next_attempt: Instant,
}

impl<T: Send + 'static> Reconnecting<T> {
    /// Of a device that is open.
    pub fn new(
        watch: Watch,
        open: impl Fn() -> Result<T, AudioError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Arc::new(open),
            watch: Some(watch),
            standing: DeviceState::Works,
            attempt: None,
            next_attempt: Instant::now(),
        }
    }

    /// Of a device that does not open yet, which was told.
    pub fn lost(open: impl Fn() -> Result<T, AudioError> + Send + Sync + 'static) -> Self {
        Self {
            open: Arc::new(open),
            watch: None,
            standing: DeviceState::Lost,
            attempt: None,
            next_attempt: Instant::now() + RETRY,
        }
    }

    pub fn watch(&mut self, watch: Watch) {
        self.watch = Some(watch);
    }

    /// Looks at the device, and opens it again where it is lost. Never blocks.
    pub fn look(&mut self) -> Option<Change<T>> {
        if let Some(watch) = &mut self.watch {
            if let Some(problem) = watch.problem() {
                self.watch = None;
                return Some(self.failed(problem));
            }
            if matches!(self.standing, DeviceState::Works) || !watch.goes_on() {
                return None;
            }
            return match std::mem::replace(&mut self.standing, DeviceState::Works) {
                DeviceState::Works => None,
                DeviceState::Failed { problem, times } => {
                    tracing::warn!(
                        problem,
                        times,
                        "a sound device failed, and was opened again"
                    );
                    None
                }
                DeviceState::Lost => Some(Change::Back),
            };
        }
        match &mut self.attempt {
            None if Instant::now() >= self.next_attempt => {
                let open = self.open.clone();
                self.attempt = Some(tokio::task::spawn_blocking(move || open()));
                None
            }
            None => None,
            Some(attempt) => {
                let opened = attempt.now_or_never()?;
                self.attempt = None;
                self.next_attempt = Instant::now() + RETRY;
                match opened {
                    Ok(Ok(device)) => Some(Change::Opened(device)),
                    Ok(Err(error)) => {
                        tracing::debug!("The device is not back yet: {error}");
                        self.does_not_open()
                    }
                    Err(panic) => {
                        tracing::error!("opening a sound device panicked: {panic}");
                        self.does_not_open()
                    }
                }
            }
        }
    }

    /// An open device failed: it is let go of, and opened again after a while.
    fn failed(&mut self, problem: String) -> Change<T> {
        let (first, times) = match std::mem::replace(&mut self.standing, DeviceState::Lost) {
            DeviceState::Works => (Some(problem.clone()), 0),
            DeviceState::Failed { problem, times } => (Some(problem), times),
            DeviceState::Lost => (None, QUIET_RETRIES.len()),
        };
        let quiet = QUIET_RETRIES.get(times);
        self.next_attempt = Instant::now() + *quiet.unwrap_or(&RETRY);
        let news = match first {
            Some(problem) if quiet.is_some() => {
                let times = times + 1;
                self.standing = DeviceState::Failed { problem, times };
                false
            }
            first => first.is_some(),
        };
        Change::Lost { problem, news }
    }

    /// What failed before is lost now, for the reason that was known then.
    fn does_not_open(&mut self) -> Option<Change<T>> {
        match std::mem::replace(&mut self.standing, DeviceState::Lost) {
            DeviceState::Failed { problem, .. } => Some(Change::Lost {
                problem,
                news: true,
            }),
            DeviceState::Works | DeviceState::Lost => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    use super::*;
    use crate::playback::Failure;

    /// A device that a test moves by hand.
    #[derive(Clone, Default)]
    struct Device {
        clock: Arc<AtomicU64>,
        failure: Failure,
    }

    impl Device {
        fn watch(&self) -> Watch {
            Watch::new(self.clock.clone(), self.failure.clone())
        }

        fn fail(&self) {
            let error = cpal::Error::with_message(cpal::ErrorKind::Other, "no such delay");
            self.failure.report(&error);
        }
    }

    /// The next change, however long it takes; the device, where there is one, moves meanwhile.
    async fn next(side: &mut Reconnecting<Device>, moving: Option<&Device>) -> Change<Device> {
        loop {
            if let Some(change) = side.look() {
                return change;
            }
            if let Some(device) = moving {
                device.clock.fetch_add(80, SeqCst);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_is_not_there_yet_comes_by_itself() {
        let plugged = Arc::new(AtomicU64::new(0));
        let tried = Arc::clone(&plugged);
        let mut side = Reconnecting::lost(move || match tried.fetch_add(1, SeqCst) {
            0..3 => Err(AudioError::UnknownDevice {
                direction: crate::Direction::Input,
                name: "headset".to_owned(),
                known: Vec::new(),
            }),
            _ => Ok(Device::default()),
        });
        let device = opened(&mut side).await;
        assert_eq!(plugged.load(SeqCst), 4);
        side.watch(device.watch());
        assert!(matches!(next(&mut side, Some(&device)).await, Change::Back));
    }

    /// The device of the next successful attempt.
    async fn opened(side: &mut Reconnecting<Device>) -> Device {
        match next(side, None).await {
            Change::Opened(device) => device,
            _ => panic!("it is not opened"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_only_has_to_be_opened_again_is_not_told_of() {
        let first = Device::default();
        let mut side = Reconnecting::new(first.watch(), || Ok(Device::default()));
        first.fail();
        let failed = next(&mut side, None).await;
        assert!(matches!(failed, Change::Lost { news: false, .. }));
        let before = Instant::now();
        let second = opened(&mut side).await;
        assert!(before.elapsed() < RETRY);
        side.watch(second.watch());
        for _ in 0..1000 {
            second.clock.fetch_add(80, SeqCst);
            assert!(side.look().is_none());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The next failure is a first one again.
        second.fail();
        let failed = next(&mut side, None).await;
        assert!(matches!(failed, Change::Lost { news: false, .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_does_not_open_again_is_told_of_once() {
        let first = Device::default();
        let tried = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&tried);
        let mut side = Reconnecting::new(first.watch(), move || match count.fetch_add(1, SeqCst) {
            0..3 => Err(AudioError::NoDevice {
                direction: crate::Direction::Output,
                problem: "connection refused".to_owned(),
            }),
            _ => Ok(Device::default()),
        });
        first.fail();
        let failed = next(&mut side, None).await;
        assert!(matches!(failed, Change::Lost { news: false, .. }));
        let lost = next(&mut side, None).await;
        assert!(
            matches!(&lost, Change::Lost { problem, news: true } if problem.contains("no such delay"))
        );
        assert_eq!(tried.load(SeqCst), 1);
        let device = opened(&mut side).await;
        assert_eq!(tried.load(SeqCst), 4);
        side.watch(device.watch());
        assert!(matches!(next(&mut side, Some(&device)).await, Change::Back));
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_fails_again_at_its_start_is_not_back() {
        let first = Device::default();
        let mut side = Reconnecting::new(first.watch(), || Ok(Device::default()));
        first.fail();
        let failed = next(&mut side, None).await;
        assert!(matches!(failed, Change::Lost { news: false, .. }));
        // It asks for its first samples, and fails; so do the next ones, of which one is told.
        for news in [false, false, true, false, false] {
            let device = opened(&mut side).await;
            side.watch(device.watch());
            device.clock.fetch_add(480, SeqCst);
            device.fail();
            match next(&mut side, None).await {
                Change::Lost { news: told, .. } => assert_eq!(told, news),
                _ => panic!("it is not lost"),
            }
        }
        let last = opened(&mut side).await;
        side.watch(last.watch());
        assert!(matches!(next(&mut side, Some(&last)).await, Change::Back));
        assert!(side.look().is_none());
    }
}
