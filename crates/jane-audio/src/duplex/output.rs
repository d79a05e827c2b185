//! The loudspeaker, whichever it is now.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::playback::{Controls, Loudspeaker, PlaybackHandle};
use crate::{AudioError, AudioOutput as _, Direction};

/// Speaks into a stream; a cheap clone of it does the same. One caller at a time plays; the others may
/// stop, duck or hold at any time.
#[derive(Clone)]
pub struct DuplexOutput(Arc<Inner>);

struct Inner {
    /// The output device.
    name: String,
    controls: Arc<Controls>,
    /// Held by the one who plays; nothing where the device is lost, or where there is none.
    loudspeaker: tokio::sync::Mutex<Option<Loudspeaker>>,
    state: Mutex<State>,
    /// Told when the device is lost, to end a `play` that is under way.
    gone: Notify,
    /// Told when the device is there again.
    returned: Notify,
}

#[derive(Default)]
struct State {
    handle: Option<PlaybackHandle>,
    /// What was heard through devices that are gone, in seconds.
    heard_before: f64,
    /// Why the device is lost, while it is.
    lost: Option<String>,
}

impl DuplexOutput {
    /// Without a loudspeaker, what is played is dropped.
    pub(super) fn new(
        name: &str,
        controls: Arc<Controls>,
        loudspeaker: Option<Loudspeaker>,
    ) -> Self {
        let handle = loudspeaker.as_ref().map(Loudspeaker::handle);
        Self(Arc::new(Inner {
            name: name.to_owned(),
            controls,
            loudspeaker: tokio::sync::Mutex::new(loudspeaker),
            state: Mutex::new(State {
                handle,
                ..State::default()
            }),
            gone: Notify::new(),
            returned: Notify::new(),
        }))
    }

    /// Of a device that does not open yet, and why.
    pub(super) fn awaited(name: &str, controls: Arc<Controls>, problem: String) -> Self {
        let loudspeaker = Self::new(name, controls, None);
        loudspeaker.state().lost = Some(problem);
        loudspeaker
    }

    /// Queues mono samples in -1..=1 at `sample_rate` Hz; returns when less than about a sentence waits
    /// before them, or early and without an error when [`stop`](Self::stop) is called.
    ///
    /// An error while the device is lost. Without an output device the sound is dropped and counts as heard.
    pub async fn play(&self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError> {
        let gone = self.0.gone.notified();
        let mut loudspeaker = self.0.loudspeaker.lock().await;
        self.present()?;
        match loudspeaker.as_mut() {
            Some(loudspeaker) => tokio::select! {
                played = loudspeaker.play(samples, sample_rate) => played,
                () = gone => self.present(),
            },
            None => {
                self.state().heard_before += samples.len() as f64 / f64::from(sample_rate.max(1));
                Ok(())
            }
        }
    }

    /// Waits until everything that was queued has been heard; while it is held, it waits as well.
    pub async fn finish(&self) -> Result<(), AudioError> {
        let gone = self.0.gone.notified();
        let mut loudspeaker = self.0.loudspeaker.lock().await;
        self.present()?;
        match loudspeaker.as_mut() {
            Some(loudspeaker) => tokio::select! {
                finished = loudspeaker.finish() => finished,
                () = gone => self.present(),
            },
            None => Ok(()),
        }
    }

    /// Throws away what is queued, at once; does not change whether it is ducked or held.
    pub fn stop(&self) {
        if let Some(handle) = &self.state().handle {
            handle.stop();
        }
    }

    /// Makes the sound quieter, by 15 dB, at once; or as loud as it was.
    pub fn duck(&self, ducked: bool) {
        self.0.controls.ducked.store(ducked, SeqCst);
    }

    /// Makes it silent at once, and lets it go on later from the same sample.
    pub fn hold(&self, held: bool) {
        self.0.controls.held.store(held, SeqCst);
    }

    /// How much of what was played since the stream was opened has been heard, in samples at `sample_rate`
    /// Hz; see [`PlaybackHandle::heard_samples`].
    pub fn heard_samples(&self, sample_rate: u32) -> u64 {
        let state = self.state();
        let now = state.handle.as_ref();
        let now = now.map_or(0, |handle| handle.heard_samples(sample_rate));
        now + (state.heard_before * f64::from(sample_rate)) as u64
    }

    /// Whether there is to be a device.
    pub(super) fn has_device(&self) -> bool {
        self.0.name != super::NO_DEVICE
    }

    /// Waits until the device is there, where it is lost.
    pub async fn back(&self) {
        loop {
            // Made before the look, so that no news in between is missed.
            let returned = self.0.returned.notified();
            if self.present().is_ok() {
                return;
            }
            returned.await;
        }
    }

    /// The device is open again.
    pub(super) async fn connect(&self, loudspeaker: Loudspeaker) {
        let handle = loudspeaker.handle();
        *self.0.loudspeaker.lock().await = Some(loudspeaker);
        let mut state = self.state();
        (state.handle, state.lost) = (Some(handle), None);
        self.0.returned.notify_waiters();
    }

    /// The device is lost: gives back what is left of it.
    pub(super) async fn disconnect(&self, problem: &str) -> Option<Loudspeaker> {
        {
            let mut state = self.state();
            if let Some(handle) = state.handle.take() {
                const RATE: u32 = 48_000;
                state.heard_before += handle.heard_samples(RATE) as f64 / f64::from(RATE);
            }
            state.lost = Some(problem.to_owned());
        }
        self.0.gone.notify_waiters();
        self.0.loudspeaker.lock().await.take()
    }

    /// An error while the device is lost.
    fn present(&self) -> Result<(), AudioError> {
        match &self.state().lost {
            Some(problem) => Err(self.failed(problem)),
            None => Ok(()),
        }
    }

    pub(super) fn failed(&self, problem: &str) -> AudioError {
        AudioError::DeviceFailed {
            direction: Direction::Output,
            name: self.0.name.clone(),
            problem: problem.to_owned(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}
