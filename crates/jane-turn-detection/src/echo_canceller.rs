//! Takes Jane's own voice out of what the microphone takes: WebRTC's echo canceller (`sonora-aec3`, a port of it).
//!
//! The canceller works in two steps, and both results are of use. An adaptive filter subtracts what it predicts of the echo: what is
//! left of a person is whole, so a recogniser understands it, but some echo remains. A suppressor then silences what is mostly
//! echo: of her voice nothing is left that a detector would take for speech, but a person who speaks at the same time suffers.
//!
//! It works while something is played, and for [`REVERBERATION`] afterwards; then it is idle, and what was captured passes
//! through as it is. Idle means that its time stands still in the middle of silence, so what it has learned of the room holds
//! when she speaks again.

use std::collections::VecDeque;

use sonora_aec3::block::Block;
use sonora_aec3::block_processor::BlockProcessor;
use sonora_aec3::common::BLOCK_SIZE;
use sonora_aec3::config::{EchoCanceller3Config, TransparentModeType};

use super::power;
use jane_audio::SPEECH_RATE;
use jane_audio::duplex::{FRAME, Frame};

/// Frames after the last that was played in which its echo may still arrive: what devices hold back, and the room.
const ECHO: u32 = 50;

/// Frames after the last that was played after which nothing of it is left anywhere, the canceller's memory included.
const REVERBERATION: u32 = 300;

/// What is louder than this is played: -80 dB below full scale, which no room brings back.
const AUDIBLE: f32 = 1e-8;

/// Frames that have to be played until the canceller knows the room.
const SETTLED: u32 = 300;

/// What is left after a frame of the power that is in a room: 22 dB are gone in a second.
const DECAY: f32 = 0.95;

/// Samples by which what was captured is held back, so that an echo that comes at once still comes after what was played.
const LATE: usize = 2 * BLOCK_SIZE;

/// How slowly the suppressor takes a room to die away, 0..1: the default is 0.83. Tried over four rooms and three voices (see
/// `tests/it/hearing.rs`): 0.83 takes 6 of 54 scenes of her own voice for a person's, 0.9 takes 1, this none.
const ECHO_PATH_LENGTH: f32 = 0.95;

/// Full scale, as the canceller counts it.
const SCALE: f32 = 32_768.0;

/// What was captured, without what was played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AecOutput {
    /// For a detector.
    pub suppressed: [f32; FRAME],
    /// For a recogniser.
    pub subtracted: [f32; FRAME],
}

/// The canceller of one line. Its results lag by less than 12 ms.
pub struct EchoCanceller {
    /// None where cancelling is switched off.
    canceller: Option<Box<Canceller>>,
    /// Frames since something was played.
    quiet: u32,
    /// Frames in which something was played.
    played: u32,
    reverberation: f32,
}

impl EchoCanceller {
    pub fn new(cancelling: bool) -> Self {
        Self {
            canceller: cancelling.then(|| Box::new(Canceller::new())),
            quiet: REVERBERATION,
            played: 0,
            reverberation: 0.0,
        }
    }

    /// Whether it is to cancel from now on; what it has learned is kept where nothing changes.
    pub fn set(&mut self, cancelling: bool) {
        if cancelling != self.canceller.is_some() {
            self.canceller = cancelling.then(|| Box::new(Canceller::new()));
        }
    }

    pub fn clean(&mut self, frame: &Frame) -> AecOutput {
        let played = power(&frame.played);
        self.quiet = if played > AUDIBLE {
            self.played = self.played.saturating_add(1);
            0
        } else {
            self.quiet.saturating_add(1)
        };
        self.reverberation = played.max(self.reverberation * DECAY);
        let idle = self.quiet >= REVERBERATION;
        match self.canceller.as_mut().filter(|_| !idle) {
            Some(canceller) => canceller.clean(frame),
            None => AecOutput {
                suppressed: frame.captured,
                subtracted: frame.captured,
            },
        }
    }

    /// The power of what is played, and of what of it is still in a room.
    pub fn reverberation(&self) -> f32 {
        self.reverberation
    }

    /// Whether enough was played for the canceller to know the room.
    pub fn is_settled(&self) -> bool {
        self.played > SETTLED
    }

    /// Whether an echo of what is played may be in what was captured last.
    pub fn is_playing(&self) -> bool {
        self.quiet < ECHO
    }
}

struct Canceller {
    processor: BlockProcessor,
    /// What does not fill a block yet: captured and played.
    waiting: Vec<(f32, f32)>,
    /// What was captured last.
    late: VecDeque<f32>,
    /// Suppressed and subtracted, ahead by less than a block, so that each frame has its frame.
    ready: Vec<(f32, f32)>,
}

impl Canceller {
    fn new() -> Self {
        let mut config = EchoCanceller3Config::default();
        config.filter.export_linear_aec_output = true;
        // With headphones there is no echo: this finds out soonest, and takes nothing off anybody then.
        config.echo_removal_control.transparent_mode = TransparentModeType::Hmm;
        // Rooms answer longer than the filter is; near a person's voice the default holds, which costs less of it.
        config.ep_strength.default_len = ECHO_PATH_LENGTH;
        // Before the filter has learned the room, what is left of her voice would be taken for somebody else's.
        config
            .suppressor
            .dominant_nearend_detection
            .use_during_initial_phase = false;
        Self {
            processor: BlockProcessor::new(&config, SPEECH_RATE as usize, 1, 1),
            waiting: Vec::with_capacity(FRAME + BLOCK_SIZE),
            late: VecDeque::from([0.0; LATE]),
            ready: vec![(0.0, 0.0); BLOCK_SIZE],
        }
    }

    fn clean(&mut self, frame: &Frame) -> AecOutput {
        self.late.extend(frame.captured);
        let both = self.late.drain(..FRAME).zip(frame.played);
        self.waiting.extend(both);
        let (mut captured, mut played, mut linear) =
            (Block::new(1, 1), Block::new(1, 1), Block::new(1, 1));
        let whole = self.waiting.len() / BLOCK_SIZE * BLOCK_SIZE;
        for block in self.waiting.chunks_exact(BLOCK_SIZE) {
            let places = captured
                .view_mut(0, 0)
                .iter_mut()
                .zip(played.view_mut(0, 0));
            for ((capture, play), (heard, said)) in places.zip(block) {
                (*capture, *play) = (heard * SCALE, said * SCALE);
            }
            let saturated = block.iter().any(|(heard, _)| heard.abs() >= 1.0);
            self.processor.buffer_render(&played);
            self.processor
                .process_capture(false, saturated, Some(&mut linear), &mut captured);
            let cleaned = captured.view(0, 0).iter().zip(linear.view(0, 0));
            self.ready.extend(
                cleaned.map(|(suppressed, subtracted)| (suppressed / SCALE, subtracted / SCALE)),
            );
        }
        self.waiting.drain(..whole);
        let mut cleaned = AecOutput {
            suppressed: [0.0; FRAME],
            subtracted: [0.0; FRAME],
        };
        let places = cleaned.suppressed.iter_mut().zip(&mut cleaned.subtracted);
        for ((suppressed, subtracted), ready) in places.zip(self.ready.drain(..FRAME)) {
            (*suppressed, *subtracted) = ready;
        }
        cleaned
    }
}
