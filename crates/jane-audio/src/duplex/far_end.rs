//! What the loudspeaker plays, brought beside what the microphone hears.
//!
//! The two devices have clocks of their own. Were the difference left to add up, the sound would come
//! after its echo, or with holes: what waits beyond need is dropped, the oldest first.

use std::collections::VecDeque;

use super::FRAME;
use crate::playback::Tapped;
use crate::{AudioError, Resampler, SPEECH_RATE};

/// At most half a second waits.
const LIMIT: usize = SPEECH_RATE as usize / 2;

/// Frames over which is seen how much always waits: a second.
const WINDOW: usize = 100;

/// Of what always waits, so much is kept.
const RESERVE: usize = FRAME;

/// From so much on, 80 ms, what always waits is dropped even from the middle of a sound.
const SURPLUS: usize = 8 * FRAME;

/// The queue between a loudspeaker's callback and the frames.
#[derive(Default)]
pub(super) struct FarEndQueue {
    source: Option<(Tapped, Resampler)>,
    ready: VecDeque<f32>,
    /// Frames of this window, and the least that waited after one of them.
    frames: usize,
    least: usize,
}

impl FarEndQueue {
    /// Listens to a loudspeaker from now on; an error where its rate is not supported.
    pub fn connect(&mut self, tapped: Tapped) -> Result<(), AudioError> {
        let resampler = Resampler::new(tapped.sample_rate, SPEECH_RATE)?;
        self.source = Some((tapped, resampler));
        Ok(())
    }

    /// What was played until now has no microphone beside it.
    pub fn clear(&mut self) {
        self.read();
        self.ready.clear();
    }

    pub fn disconnect(&mut self) {
        self.source = None;
    }

    /// Takes what was played since the last call.
    pub fn read(&mut self) {
        if let Some((tapped, resampler)) = &mut self.source {
            let mut samples = vec![0.0; tapped.samples.slots()];
            let (read, _) = tapped.samples.pop_partial_slice(&mut samples);
            let read = read.len();
            samples.truncate(read);
            self.ready.extend(resampler.push(&samples));
            self.drop_oldest(self.ready.len().saturating_sub(LIMIT));
        }
    }

    /// The next 10 ms, with silence where nothing is there.
    pub fn frame(&mut self) -> [f32; FRAME] {
        let mut frame = [0.0; FRAME];
        for (sample, played) in frame
            .iter_mut()
            .zip(self.ready.drain(..FRAME.min(self.ready.len())))
        {
            *sample = played;
        }
        self.least = match self.frames {
            0 => self.ready.len(),
            _ => self.least.min(self.ready.len()),
        };
        self.frames += 1;
        if self.frames == WINDOW {
            self.frames = 0;
            let surplus = self.least.saturating_sub(RESERVE);
            // A jump in the middle of a sound makes the echo canceller start anew: better in silence.
            let silent = self.ready.iter().take(surplus).all(|sample| *sample == 0.0);
            if silent || self.least > SURPLUS {
                self.drop_oldest(surplus);
            }
        }
        frame
    }

    fn drop_oldest(&mut self, samples: usize) {
        self.ready.drain(..samples.min(self.ready.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtrb::{Producer, RingBuffer};

    fn tap() -> (Producer<f32>, FarEndQueue) {
        let (producer, samples) = RingBuffer::new(2 * SPEECH_RATE as usize);
        let mut tap = FarEndQueue::default();
        let sample_rate = SPEECH_RATE;
        tap.connect(Tapped {
            samples,
            sample_rate,
        })
        .unwrap();
        (producer, tap)
    }

    fn play(producer: &mut Producer<f32>, samples: &[f32]) {
        producer.push_entire_slice(samples).unwrap();
    }

    #[test]
    fn what_is_played_comes_out_in_order_and_silence_where_there_is_none() {
        let (mut producer, mut tap) = tap();
        assert_eq!(tap.frame(), [0.0; FRAME]);
        play(&mut producer, &[0.5; 200]);
        tap.read();
        assert_eq!(tap.frame(), [0.5; FRAME]);
        let rest = tap.frame();
        assert_eq!((rest[39], rest[40]), (0.5, 0.0));
    }

    #[test]
    fn half_a_second_waits_at_most_and_the_oldest_goes() {
        let (mut producer, mut tap) = tap();
        let count: Vec<f32> = (0..20_000).map(|n| n as f32).collect();
        play(&mut producer, &count);
        tap.read();
        assert_eq!(tap.frame()[0], 12_000.0);
    }

    /// Plays `extra` samples too many in each of 60 seconds, and tells the most that waited at the end
    /// of a second.
    fn drift(extra: usize, sample: f32) -> usize {
        let (mut producer, mut tap) = tap();
        let mut most = 0;
        for frame in 0..6_000 {
            let extra = if frame % 100 == 0 { extra } else { 0 };
            play(&mut producer, &vec![sample; FRAME + extra]);
            tap.read();
            tap.frame();
            if frame % 100 == 99 {
                most = most.max(tap.ready.len());
            }
        }
        most
    }

    #[test]
    fn a_clock_that_runs_fast_adds_up_to_no_more_than_a_little() {
        assert!(drift(16, 0.0) <= RESERVE + 16);
        assert!(drift(160, 0.5) <= SURPLUS + 160);
    }
}
