//! The task that runs real devices.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, MissedTickBehavior};

use super::capture::Capture;
use super::far_end::FarEndQueue;
use super::output::DuplexOutput;
use super::reconnect::{Change, Reconnecting};
use super::{FRAME, Frame, NO_DEVICE, StreamEvent};
use crate::playback::{Controls, Loudspeaker, Tapped};
use crate::{AudioError, Direction, SPEECH_RATE};

/// How often the devices are looked at.
const TICK: Duration = Duration::from_millis(5);

/// News that may wait for a conversation that does not listen; the oldest is left out then.
const NEWS: usize = 16;

/// Opens both devices; the future runs them until nobody listens. Where devices that are absent are `awaited`, one that has a name and
/// does not open is told of as lost, and tried again like one that was lost later.
pub(super) fn open(
    input: &str,
    output: &str,
    awaited: bool,
    sender: mpsc::Sender<StreamEvent>,
) -> Result<(DuplexOutput, impl Future<Output = ()> + Send + use<>), AudioError> {
    let controls = Arc::new(Controls::default());
    let mut tap = FarEndQueue::default();
    let mut news = VecDeque::new();
    let (duplex_output, loudspeaker) = if output == NO_DEVICE {
        (DuplexOutput::new(output, controls, None), None)
    } else {
        let (name, shared) = (output.to_owned(), controls.clone());
        let open = move || Loudspeaker::open_tapped(&name, shared.clone());
        match open() {
            Ok((loudspeaker, tapped)) => {
                tap.connect(tapped)?;
                let side = Reconnecting::new(loudspeaker.watch(), open);
                (
                    DuplexOutput::new(output, controls, Some(loudspeaker)),
                    Some(side),
                )
            }
            Err(error) if awaited && may_come(&error) => {
                let duplex_output = DuplexOutput::awaited(output, controls, error.to_string());
                news.push_back(StreamEvent::Lost(error));
                (duplex_output, Some(Reconnecting::lost(open)))
            }
            Err(error) => return Err(error),
        }
    };
    let name = input.to_owned();
    let open = move || Capture::open(&name);
    let (microphone, capture) = match open() {
        Ok(capture) => (Reconnecting::new(capture.watch(), open), Some(capture)),
        Err(error) if awaited && may_come(&error) => {
            news.push_back(StreamEvent::Lost(error));
            (Reconnecting::lost(open), None)
        }
        Err(error) => return Err(error),
    };
    let live = Live {
        name: input.to_owned(),
        lost_at: Instant::now(),
        filled: 0,
        microphone,
        capture,
        captured: VecDeque::new(),
        loudspeaker,
        duplex_output: duplex_output.clone(),
        tap,
        news,
        dropped: 0,
        sender,
    };
    Ok((duplex_output, live.run()))
}

/// Whether a device that does not open may do so later: it is unplugged, or another program has it.
fn may_come(error: &AudioError) -> bool {
    matches!(
        error,
        AudioError::UnknownDevice { .. } | AudioError::CannotOpen { .. }
    )
}

struct Live {
    /// Of the input device.
    name: String,
    /// When the microphone was lost last, and the samples of silence in its place since then.
    lost_at: Instant,
    filled: u64,
    microphone: Reconnecting<Capture>,
    capture: Option<Capture>,
    /// At the rate of speech, and not yet a frame.
    captured: VecDeque<f32>,
    /// Absent where there is to be no loudspeaker.
    loudspeaker: Option<Reconnecting<(Loudspeaker, Tapped)>>,
    duplex_output: DuplexOutput,
    tap: FarEndQueue,
    news: VecDeque<StreamEvent>,
    /// Samples that were lost and not yet told of.
    dropped: u64,
    sender: mpsc::Sender<StreamEvent>,
}

impl Live {
    async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.lost_at = Instant::now();
        // Nobody listened to what was taken before.
        if let Some(capture) = &mut self.capture {
            capture.read();
            capture.dropped();
        }
        self.tap.clear();
        while !self.sender.is_closed() {
            tick.tick().await;
            self.look_at_microphone();
            self.look_at_loudspeaker().await;
            self.tap.read();
            match &mut self.capture {
                Some(capture) => {
                    self.captured.extend(capture.read());
                    self.dropped += capture.dropped();
                }
                None => self.fill(),
            }
            self.tell_news();
            while self.captured.len() >= FRAME {
                let mut captured = [0.0; FRAME];
                for (sample, heard) in captured.iter_mut().zip(self.captured.drain(..FRAME)) {
                    *sample = heard;
                }
                let played = self.tap.frame();
                let frame = Box::new(Frame { captured, played });
                if let Err(TrySendError::Full(_)) = self.sender.try_send(StreamEvent::Frame(frame))
                {
                    self.dropped += FRAME as u64;
                }
            }
        }
        dispose(self.capture.take());
        dispose(
            self.duplex_output
                .disconnect("the conversation is over")
                .await,
        );
    }

    /// Silence in place of the microphone that is lost: the conversation's clock goes on, so that what was said before is answered, an
    /// answer that somebody spoke over goes on, and what is due is said.
    fn fill(&mut self) {
        let wanted = (self.lost_at.elapsed().as_secs_f64() * f64::from(SPEECH_RATE)) as u64;
        let missing = wanted.saturating_sub(self.filled);
        self.captured
            .extend(std::iter::repeat_n(0.0, missing as usize));
        self.filled += missing;
    }

    fn look_at_microphone(&mut self) {
        match self.microphone.look() {
            Some(Change::Lost { problem, news }) => {
                (self.lost_at, self.filled) = (Instant::now(), 0);
                dispose(self.capture.take());
                if news {
                    self.news
                        .push_back(StreamEvent::Lost(AudioError::DeviceFailed {
                            direction: Direction::Input,
                            name: self.name.clone(),
                            problem,
                        }));
                }
            }
            Some(Change::Opened(capture)) => {
                self.microphone.watch(capture.watch());
                self.capture = Some(capture);
                self.tap.clear();
            }
            Some(Change::Back) => self.news.push_back(StreamEvent::Back),
            None => {}
        }
    }

    async fn look_at_loudspeaker(&mut self) {
        let Some(side) = &mut self.loudspeaker else {
            return;
        };
        match side.look() {
            Some(Change::Lost { problem, news }) => {
                self.tap.disconnect();
                dispose(self.duplex_output.disconnect(&problem).await);
                if news {
                    let error = self.duplex_output.failed(&problem);
                    self.news.push_back(StreamEvent::Lost(error));
                }
            }
            Some(Change::Opened((loudspeaker, tapped))) => {
                side.watch(loudspeaker.watch());
                if let Err(error) = self.tap.connect(tapped) {
                    tracing::warn!("no echo is cancelled: {error}");
                }
                self.duplex_output.connect(loudspeaker).await;
            }
            Some(Change::Back) => self.news.push_back(StreamEvent::Back),
            None => {}
        }
    }

    /// News goes before the frames; what the conversation has no room for is kept.
    fn tell_news(&mut self) {
        if self.dropped > 0
            && self
                .sender
                .try_send(StreamEvent::Dropped(self.dropped))
                .is_ok()
        {
            self.dropped = 0;
        }
        while let Some(news) = self.news.pop_front() {
            if let Err(TrySendError::Full(news)) = self.sender.try_send(news) {
                self.news.push_front(news);
                break;
            }
        }
        while self.news.len() > NEWS {
            self.news.pop_front();
        }
    }
}

/// Lets go of a device, which may take its time, elsewhere.
fn dispose<T: Send + 'static>(device: Option<T>) {
    tokio::task::spawn_blocking(move || drop(device));
}
