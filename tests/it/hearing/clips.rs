//! Recordings, the front end over them, and rooms.

use std::path::{Path, PathBuf};

use jane_audio::duplex::{FRAME, Frame};
use jane_audio::read_speech;
use jane_turn_detection::{FrontendSettings, Silero, SpeechEvent, SpeechFrontend, VoiceDetector};

pub struct Clip {
    pub path: PathBuf,
    pub kind: String,
}

impl Clip {
    pub fn samples(&self) -> Vec<f32> {
        read_speech(&self.path, 600.0).unwrap()
    }
}

/// The recordings.
///
/// # Panics
/// Where they are absent.
pub fn recordings() -> Vec<Clip> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/speech");
    let directory = std::env::var_os("JANE_RECORDINGS").map_or(shared, PathBuf::from);
    let manifest = std::fs::read_to_string(directory.join("manifest.tsv"))
        .unwrap_or_else(|error| panic!("no recordings in `{}`: {error}", directory.display()));
    let clip = |line: &str| {
        let mut columns = line.split('\t');
        let path = directory.join(columns.next()?);
        let kind = columns.nth(2)?.to_owned();
        Some(Clip { path, kind })
    };
    manifest.lines().skip(1).filter_map(clip).collect()
}

pub fn of_kind<'a>(clips: &'a [Clip], kind: &str) -> Vec<&'a Clip> {
    clips.iter().filter(|clip| clip.kind == kind).collect()
}

/// The voice detector.
///
/// # Panics
/// Where ONNX Runtime is absent.
pub fn silero() -> Silero {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let models = std::env::var_os("JANE_MODELS__DIRECTORY").map_or(models, PathBuf::from);
    let library = models.join("onnxruntime/libonnxruntime.so");
    let silero = Silero::load(&library);
    silero.unwrap_or_else(|error| panic!("{error}; `jane models pull` fetches ONNX Runtime"))
}

pub fn frontend() -> SpeechFrontend {
    SpeechFrontend::new(FrontendSettings::default(), Box::new(silero()))
}

/// What the front end makes of it, each event with the clock at which it came.
pub fn hear(
    frontend: &mut SpeechFrontend,
    captured: &[f32],
    played: &[f32],
) -> Vec<(u64, SpeechEvent)> {
    let mut heard = Vec::new();
    for at in (0..captured.len()).step_by(FRAME) {
        let sample = |of: &[f32], index: usize| of.get(at + index).copied().unwrap_or(0.0);
        let frame = Frame {
            captured: std::array::from_fn(|index| sample(captured, index)),
            played: std::array::from_fn(|index| sample(played, index)),
        };
        let events = frontend.push(&frame);
        heard.extend(events.into_iter().map(|event| (frontend.now(), event)));
    }
    heard
}

pub fn seconds(seconds: f32) -> Vec<f32> {
    vec![0.0; (seconds * 16_000.0) as usize]
}

/// The speech of a recording, without what is before and after it. By the detector and not by the level: some clips begin with a
/// second of handling noise that is nearly as loud as the speech.
pub fn spoken(clip: &Clip) -> Vec<f32> {
    const WINDOW: usize = 512;
    let sound = [seconds(0.512), clip.samples(), seconds(0.512)].concat();
    let mut silero = silero();
    let speech: Vec<bool> = sound
        .chunks_exact(WINDOW)
        .map(|window| silero.probability(window) >= 0.5)
        .collect();
    let first = speech.iter().position(|is| *is).unwrap();
    let last = speech.iter().rposition(|is| *is).unwrap();
    sound[first * WINDOW..(last + 1) * WINDOW].to_vec()
}

/// The mean square.
pub fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32
}

/// The mean square where it is not silent: over blocks within 25 dB of the loudest.
pub fn active_power(samples: &[f32]) -> f32 {
    let blocks: Vec<f32> = samples.chunks(512).map(power).collect();
    let loudest = blocks.iter().copied().fold(0.0, f32::max);
    let active: Vec<f32> = blocks
        .into_iter()
        .filter(|block| *block >= 0.003 * loudest)
        .collect();
    active.iter().sum::<f32>() / active.len().max(1) as f32
}

/// `samples` with this much power where they are not silent.
pub fn with_power(mut samples: Vec<f32>, wanted: f32) -> Vec<f32> {
    let gain = (wanted / active_power(&samples).max(1e-12)).sqrt();
    samples.iter_mut().for_each(|sample| *sample *= gain);
    samples
}

/// Adds `other` to `sound` from the sample `at` on.
pub fn add(sound: &mut [f32], other: &[f32], at: usize) {
    sound
        .iter_mut()
        .skip(at)
        .zip(other)
        .for_each(|(sound, other)| *sound += other);
}

/// The first half second of a room's response, from its direct sound on.
pub fn response(clip: &Clip) -> Vec<f32> {
    let samples = clip.samples();
    let loudest =
        |one: &(usize, &f32), other: &(usize, &f32)| one.1.abs().total_cmp(&other.1.abs());
    let direct = samples.iter().enumerate().max_by(loudest).unwrap().0;
    samples.into_iter().skip(direct).take(8_000).collect()
}

/// The share of a response's energy that comes more than 50 ms after the direct sound.
pub fn late_share(response: &[f32]) -> f32 {
    let (early, late) = response.split_at(response.len().min(800));
    let energy = |part: &[f32]| part.iter().map(|tap| tap * tap).sum::<f32>();
    energy(late) / (energy(early) + energy(late))
}

/// `sound` as a microphone takes it in a room: after `delay` samples, and with `gain` times its amplitude.
pub fn in_a_room(sound: &[f32], response: &[f32], gain: f32, delay: usize) -> Vec<f32> {
    let mut echo = vec![0.0f32; sound.len()];
    for (at, tap) in response
        .iter()
        .enumerate()
        .filter(|(_, tap)| tap.abs() > 1e-6)
    {
        let place = echo.iter_mut().skip(at + delay);
        place
            .zip(sound)
            .for_each(|(echo, sample)| *echo += tap * sample);
    }
    let wanted = gain * gain * active_power(sound);
    if response.is_empty() {
        return echo;
    }
    with_power(echo, wanted)
}
