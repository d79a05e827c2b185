//! Cuts a long recording into stretches of speech that a recogniser takes at once.
//!
//! Segments are in order, never overlap, are never longer than [`MAX_SECONDS`], and together hold every
//! frame that is louder than the noise around it, with [`PADDING`] on either side. Where in doubt a
//! stretch is kept: a segment too many costs time, a lost word is lost. Memory is bounded by one segment
//! and [`OUTLOOK`] on either side, however long the recording.
//!
//! What counts as speech is decided [`OUTLOOK`] behind the newest sample, from the noise before and
//! after, so that a recording may begin in the middle of a word.

use super::SPEECH_RATE;

/// Samples in a frame of 30 ms, the unit of every decision.
const FRAME: usize = SPEECH_RATE as usize * 30 / 1_000;

/// Frames in so many milliseconds.
const fn frames(milliseconds: usize) -> usize {
    milliseconds * SPEECH_RATE as usize / 1_000 / FRAME
}

/// The longest segment: Whisper hears 30 s at once.
const MAX_SECONDS: usize = 28;
const MAX: usize = frames(MAX_SECONDS * 1_000);

/// What is kept before and after speech: quiet consonants, and the room's reverberation.
const PADDING: usize = frames(300);

/// How far the noise floor is looked for, before and after a frame.
const OUTLOOK: usize = frames(3_000);

/// How long a pause ends a segment, by the segment's length so far. The first is more than the longest
/// pause within an utterance; the last only has to lie between two words.
const PAUSES: [(usize, usize); 3] = [
    (0, frames(1_500)),
    (frames(10_000), frames(500)),
    (frames(20_000), frames(200)),
];

/// Where nothing but speech is left, the quietest frame of so much of the end is where it is cut.
const LAST_RESORT: usize = frames(5_000);

/// Speech is so much louder than the floor, in dB.
const ABOVE_FLOOR: f32 = 6.0;

/// The floor is the level that this share of the frames around stays under.
const FLOOR_SHARE: f32 = 0.1;

/// The threshold's limits in dB below full scale, after the high-pass: silence with dither is under the
/// first, and speech near any microphone is over the second.
const THRESHOLD: (f32, f32) = (-75.0, -40.0);

/// Frames that a segment must have over the threshold: anything shorter is a click.
const LEAST_SPEECH: usize = 3;

/// A stretch of speech.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Where it begins in the recording, in samples at 16 kHz.
    pub start_sample: u64,
    /// At most 28 s at 16 kHz.
    pub samples: Vec<f32>,
}

/// Takes a recording in blocks and gives its segments.
#[derive(Default)]
pub struct Segmenter {
    /// The recording from frame `base` on.
    samples: Vec<f32>,
    /// The level of each whole frame in `samples`, in dB.
    levels: Vec<f32>,
    /// Whether it is speech, as far as decided.
    speech: Vec<bool>,
    /// The recording's frame that these three begin with.
    base: u64,
    /// The frame that the open segment begins with, and the last one with speech, from `base` on.
    open: Option<(usize, usize)>,
    /// The first frame that no segment holds yet, from `base` on.
    free: usize,
}

impl Segmenter {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next samples (16 kHz, mono, any number) and returns the segments that are complete.
    pub fn push(&mut self, samples: &[f32]) -> Vec<Segment> {
        let mut segments = Vec::new();
        // Frame by frame, so that a large block needs no more memory than a small one.
        for samples in samples.chunks(FRAME) {
            self.samples.extend_from_slice(samples);
            while let Some(frame) = self.whole_frame() {
                self.levels.push(level(frame));
                if self.levels.len() > self.speech.len() + OUTLOOK {
                    segments.extend(self.decide());
                }
            }
            self.forget();
        }
        segments
    }

    /// Ends the recording and returns the segments that are left.
    pub fn finish(mut self) -> Vec<Segment> {
        let whole = self.levels.len() * FRAME;
        if let Some(rest) = self.samples.get(whole..).filter(|rest| !rest.is_empty()) {
            self.levels.push(level(rest));
        }
        let mut segments = Vec::new();
        while self.speech.len() < self.levels.len() {
            segments.extend(self.decide());
        }
        if let Some((start, last_speech)) = self.open {
            segments.extend(self.cut(start, last_speech + 1 + PADDING));
        }
        segments
    }

    /// The samples of the first frame without a level.
    fn whole_frame(&self) -> Option<&[f32]> {
        let start = self.levels.len() * FRAME;
        self.samples.get(start..start + FRAME)
    }

    /// Decides whether the next frame is speech, and what that means for the segment.
    fn decide(&mut self) -> Option<Segment> {
        let frame = self.speech.len();
        let is_speech = self
            .levels
            .get(frame)
            .is_some_and(|level| *level > self.threshold(frame));
        self.speech.push(is_speech);
        let (start, last_speech) = match (self.open, is_speech) {
            (None, false) => return None,
            (None, true) => (frame.saturating_sub(PADDING).max(self.free), frame),
            (Some((start, _)), true) => (start, frame),
            (Some(open), false) => open,
        };
        self.open = Some((start, last_speech));

        let length = frame + 1 - start;
        let pause = frame - last_speech;
        let enough = PAUSES.iter().rev().find(|(from, _)| length > *from);
        if enough.is_some_and(|(_, enough)| pause >= *enough) {
            // The middle of a short pause; a longer one is padded like the end.
            let end = if pause < 2 * PADDING {
                self.quietest(last_speech + 1, frame + 1)
            } else {
                last_speech + 1 + PADDING
            };
            self.open = None;
            self.cut(start, end)
        } else if length >= MAX {
            let end = self.quietest(frame + 1 - LAST_RESORT, frame + 1);
            // What was said since then begins the next segment.
            self.open = (last_speech >= end).then_some((end, last_speech));
            self.cut(start, end)
        } else {
            None
        }
    }

    /// The level that a frame must exceed to be speech.
    fn threshold(&self, frame: usize) -> f32 {
        let around = frame.saturating_sub(OUTLOOK)..self.levels.len().min(frame + OUTLOOK + 1);
        let mut around = self.levels.get(around).unwrap_or_default().to_vec();
        let rank = (around.len() as f32 * FLOOR_SHARE) as usize;
        let floor = if rank < around.len() {
            *around.select_nth_unstable_by(rank, f32::total_cmp).1
        } else {
            f32::NEG_INFINITY
        };
        (floor + ABOVE_FLOOR).clamp(THRESHOLD.0, THRESHOLD.1)
    }

    /// The quietest frame from `from` up to `to`.
    fn quietest(&self, from: usize, to: usize) -> usize {
        let levels = self.levels.get(from..to).unwrap_or_default();
        let quietest = levels
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| a.total_cmp(b));
        quietest.map_or(to, |(offset, _)| from + offset)
    }

    /// The frames from `start` up to `end` as a segment, unless they are but a click.
    fn cut(&mut self, start: usize, end: usize) -> Option<Segment> {
        self.free = end;
        let speech = self.speech.get(start..end.min(self.speech.len()))?;
        if speech.iter().filter(|is_speech| **is_speech).count() < LEAST_SPEECH {
            return None;
        }
        let samples = self
            .samples
            .get(start * FRAME..(end * FRAME).min(self.samples.len()))?;
        Some(Segment {
            start_sample: (self.base + start as u64) * FRAME as u64,
            samples: samples.to_vec(),
        })
    }

    /// Lets go of what no decision will look at again, a second at a time.
    fn forget(&mut self) {
        let needed = self.speech.len().saturating_sub(OUTLOOK);
        let past = needed.min(self.open.map_or(needed, |(start, _)| start));
        if past < frames(1_000) {
            return;
        }
        self.samples.drain(..past * FRAME);
        self.levels.drain(..past);
        self.speech.drain(..past);
        self.base += past as u64;
        self.free = self.free.saturating_sub(past);
        self.open = self
            .open
            .map(|(start, last_speech)| (start - past, last_speech - past));
    }
}

/// A frame's power in dB below full scale.
///
/// The difference of neighbours is a high-pass: no offset, 29 dB off mains hum, and a quiet consonant
/// counts for as much as a vowel.
fn level(frame: &[f32]) -> f32 {
    let differences = frame
        .iter()
        .zip(frame.iter().skip(1))
        .map(|(a, b)| b - 0.97 * a);
    let power = differences
        .map(|difference| difference * difference)
        .sum::<f32>();
    10.0 * (power / frame.len() as f32).log10()
}

#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
