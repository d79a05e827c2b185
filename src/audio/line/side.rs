//! When a device is lost, opened again, and back.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::audio::AudioError;
use crate::audio::playback::Watch;

/// How long after a failure the device is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What became of a device.
#[derive(Debug)]
pub(super) enum Change<T> {
    /// It has failed, and is to be let go of; to be told where `news` is true.
    Lost { problem: String, news: bool },
    /// It was opened again, and is to be given to [`Side::watch`]. Whether it works is not known yet.
    Opened(T),
    /// It works again.
    Back,
}

/// Opens a device; may block.
type Open<T> = dyn Fn() -> Result<T, AudioError> + Send + Sync;

/// The microphone's or the loudspeaker's side of a line.
pub(super) struct Side<T> {
    open: Arc<Open<T>>,
    /// Of the device, while it is open.
    watch: Option<Watch>,
    /// Whether the conversation takes it for lost.
    lost: bool,
    attempt: Option<JoinHandle<Result<T, AudioError>>>,
    next_attempt: Instant,
}

impl<T: Send + 'static> Side<T> {
    /// Of a device that is open.
    pub fn new(
        watch: Watch,
        open: impl Fn() -> Result<T, AudioError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Arc::new(open),
            watch: Some(watch),
            lost: false,
            attempt: None,
            next_attempt: Instant::now(),
        }
    }

    /// Of a device that does not open yet, which was told.
    pub fn lost(open: impl Fn() -> Result<T, AudioError> + Send + Sync + 'static) -> Self {
        Self {
            open: Arc::new(open),
            watch: None,
            lost: true,
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
                self.next_attempt = Instant::now() + RETRY;
                let news = !std::mem::replace(&mut self.lost, true);
                return Some(Change::Lost { problem, news });
            }
            let back = self.lost && watch.goes_on();
            self.lost &= !back;
            return back.then_some(Change::Back);
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
                        None
                    }
                    Err(panic) => {
                        tracing::error!("opening a sound device panicked: {panic}");
                        None
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    use super::*;
    use crate::audio::playback::Failure;

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
    async fn next(side: &mut Side<Device>, moving: Option<&Device>) -> Change<Device> {
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
        let mut side = Side::lost(move || match tried.fetch_add(1, SeqCst) {
            0..3 => Err(AudioError::UnknownDevice {
                direction: crate::audio::Direction::Input,
                name: "headset".to_owned(),
                known: Vec::new(),
            }),
            _ => Ok(Device::default()),
        });
        let Change::Opened(device) = next(&mut side, None).await else {
            panic!("it is not opened");
        };
        assert_eq!(plugged.load(SeqCst), 4);
        side.watch(device.watch());
        assert!(matches!(next(&mut side, Some(&device)).await, Change::Back));
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_fails_again_at_its_start_is_not_back() {
        let first = Device::default();
        let mut side = Side::new(first.watch(), || Ok(Device::default()));
        first.fail();
        assert!(matches!(
            next(&mut side, None).await,
            Change::Lost { news: true, .. }
        ));
        // It asks for its first samples, and fails.
        let Change::Opened(second) = next(&mut side, None).await else {
            panic!("it is not opened again");
        };
        side.watch(second.watch());
        second.clock.fetch_add(480, SeqCst);
        second.fail();
        assert!(matches!(
            next(&mut side, None).await,
            Change::Lost { news: false, .. }
        ));
        let Change::Opened(third) = next(&mut side, None).await else {
            panic!("it is not opened once more");
        };
        side.watch(third.watch());
        assert!(matches!(next(&mut side, Some(&third)).await, Change::Back));
        assert!(side.look().is_none());
    }
}
