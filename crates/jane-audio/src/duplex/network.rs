//! A stream whose microphone and loudspeaker are somewhere else: sound comes from and goes to a client over the network.
//!
//! Invariants: time goes by at real speed whether or not sound comes, so that who sends nothing is silent; sound that comes in a heap is
//! taken at once; what waits is bounded on both sides; the client is ahead of what counts as heard by [`LEAD`] at most, and its echo is its own
//! affair, as it is a browser's.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::far_end::FarEndQueue;
use super::output::DuplexOutput;
use super::{DuplexStream, FRAME, Frame, StreamEvent, WAITING};
use crate::playback::{Controls, Failure, Feed, Loudspeaker, Tapped, queue};
use crate::{AudioError, SPEECH_RATE};

/// The rate at which speech goes to the client, in Hz.
pub const NETWORK_RATE: u32 = 24_000;

const RATE: NonZero<u32> = NonZero::new(NETWORK_RATE).unwrap();

const TICK: Duration = Duration::from_millis(10);

/// Samples to the client in a tick.
const TICK_SAMPLES: usize = NETWORK_RATE as usize / 100;

/// Samples by which the client is ahead, so that the network may stumble: 120 ms.
const LEAD: usize = NETWORK_RATE as usize * 12 / 100;

/// Ticks that sound from the client may come late before silence takes its place.
const LATE: usize = 12;

/// Frames that are taken in a tick where many wait.
const AT_ONCE: usize = 40;

/// Samples from the client that may wait: a minute.
const MOST: usize = SPEECH_RATE as usize * 60;

/// Samples that go to the client at once where speech goes on: 40 ms.
const PIECE: usize = 4 * TICK_SAMPLES;

/// Pieces of speech that may wait for the client: some seconds.
const SPOKEN: usize = 200;

/// Sound from the client on its way in.
#[derive(Clone, Default)]
pub struct Microphone(Arc<Mutex<VecDeque<f32>>>);

impl Microphone {
    /// Adds mono samples at [`SPEECH_RATE`]; whether there was room for them.
    #[must_use]
    pub fn push(&self, samples: &[f32]) -> bool {
        let mut waiting = self.waiting();
        if waiting.len() + samples.len() > MOST {
            return false;
        }
        waiting.extend(samples);
        true
    }

    /// Forgets what waits.
    pub fn clear(&self) {
        self.waiting().clear();
    }

    /// The next 10 ms, where they are there; `is_last` takes what is less, and silence behind it.
    fn frame(&self, is_last: bool) -> Option<[f32; FRAME]> {
        let mut waiting = self.waiting();
        if waiting.is_empty() || (waiting.len() < FRAME && !is_last) {
            return None;
        }
        let mut frame = [0.0; FRAME];
        let ready = waiting.len().min(FRAME);
        for (sample, heard) in frame.iter_mut().zip(waiting.drain(..ready)) {
            *sample = heard;
        }
        Some(frame)
    }

    fn waiting(&self) -> parking_lot::MutexGuard<'_, VecDeque<f32>> {
        self.0.lock()
    }
}

/// The client's end of the stream.
pub struct RemoteEnd {
    pub microphone: Microphone,
    /// Speech for the client, at [`NETWORK_RATE`], at about the speed at which it is heard. It is to be taken: what finds no room is lost.
    pub spoken: mpsc::Receiver<Vec<f32>>,
}

impl DuplexStream {
    /// A stream to a client. To be called in a tokio runtime.
    ///
    /// # Errors
    /// None that is known of: the rates are supported.
    pub fn network() -> Result<(RemoteEnd, Self), AudioError> {
        let (sender, from_line) = mpsc::channel(WAITING);
        let controls = Arc::new(Controls::default());
        let lead = LEAD as u64;
        let (queue, feed, samples) =
            queue("network", RATE, lead, Failure::default(), controls.clone());
        let mut tap = FarEndQueue::default();
        tap.connect(Tapped {
            samples,
            sample_rate: NETWORK_RATE,
        })?;
        let loudspeaker = DuplexOutput::new(
            "network",
            controls,
            Some(Loudspeaker::without_device(queue)),
        );
        let microphone = Microphone::default();
        let (spoken, to_client) = mpsc::channel(SPOKEN);
        let run = run(microphone.clone(), feed, tap, spoken, sender);
        let line = Self {
            from_line,
            loudspeaker,
            task: Some(Box::pin(run)),
            track: None,
            echoes: false,
        };
        let far = RemoteEnd {
            microphone,
            spoken: to_client,
        };
        Ok((far, line))
    }
}

async fn run(
    microphone: Microphone,
    mut feed: Feed,
    mut tap: FarEndQueue,
    spoken: mpsc::Sender<Vec<f32>>,
    sender: mpsc::Sender<StreamEvent>,
) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut late = 0;
    let mut speaks = false;
    let mut for_client = Vec::new();
    loop {
        tick.tick().await;
        let wanted = if speaks {
            TICK_SAMPLES
        } else {
            TICK_SAMPLES + LEAD
        };
        let said: Vec<f32> = std::iter::from_fn(|| feed.sound()).take(wanted).collect();
        // What is missing of the tick goes by in silence.
        for _ in said.len()..TICK_SAMPLES {
            let _ = feed.sound();
        }
        // The first piece goes at once, and the last; in between several are one.
        let goes_on = speaks && said.len() >= TICK_SAMPLES;
        speaks = said.len() >= TICK_SAMPLES;
        for_client.extend(said);
        if !for_client.is_empty() && (!goes_on || for_client.len() >= PIECE) {
            let _ = spoken.try_send(std::mem::take(&mut for_client));
        }
        late += 1;
        let mut frames = Vec::new();
        while frames.len() < AT_ONCE
            && let Some(frame) = microphone.frame(late > LATE)
        {
            late = late.saturating_sub(1);
            frames.push(frame);
        }
        if frames.is_empty() && late > LATE {
            late -= 1;
            frames.push([0.0; FRAME]);
        }
        for captured in frames {
            tap.read();
            let played = tap.frame();
            let frame = StreamEvent::Frame(Box::new(Frame { captured, played }));
            if sender.send(frame).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn frame(line: &mut DuplexStream) -> Box<Frame> {
        match line.next().await {
            Some(StreamEvent::Frame(frame)) => frame,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sound_in_a_heap_is_taken_at_once_and_silence_follows_in_real_time() {
        let (far, mut line) = DuplexStream::network().unwrap();
        assert!(far.microphone.push(&[0.5; 100 * FRAME]));
        let start = tokio::time::Instant::now();
        for _ in 0..100 {
            assert_eq!(frame(&mut line).await.captured, [0.5; FRAME]);
        }
        assert!(start.elapsed() < Duration::from_millis(100));
        for _ in 0..100 {
            assert_eq!(frame(&mut line).await.captured, [0.0; FRAME]);
        }
        let took = start.elapsed();
        assert!((900..1300).contains(&took.as_millis()), "{took:?}");
        assert!(!far.microphone.push(&vec![0.0; MOST + 1]));
    }

    #[tokio::test(start_paused = true)]
    async fn speech_goes_to_the_client_a_little_ahead_and_counts_as_heard_in_real_time() {
        let (mut far, mut line) = DuplexStream::network().unwrap();
        let loudspeaker = line.loudspeaker();
        let listening = tokio::spawn(async move { while line.next().await.is_some() {} });
        let speaking = tokio::spawn({
            let loudspeaker = loudspeaker.clone();
            async move {
                loudspeaker
                    .play(&vec![0.5; NETWORK_RATE as usize / 2], NETWORK_RATE)
                    .await
                    .unwrap();
                loudspeaker.finish().await.unwrap();
            }
        });
        let first = far.spoken.recv().await.unwrap();
        let lead = (LEAD + TICK_SAMPLES) as u64;
        assert!(first.len() as u64 <= lead && loudspeaker.heard_samples(NETWORK_RATE) <= lead);
        let mut all = first.len();
        while all < NETWORK_RATE as usize / 2 {
            all += far.spoken.recv().await.unwrap().len();
        }
        assert_eq!(all, NETWORK_RATE as usize / 2);
        speaking.await.unwrap();
        assert_eq!(loudspeaker.heard_samples(NETWORK_RATE) as usize, all);
        listening.abort();
    }
}
