//! Silero VAD: a small recurrent network that tells speech from music, animals and machines.
//!
//! The model is part of the program (`silero_vad_16k.onnx`, version 6.2, MIT, <https://github.com/snakers4/silero-vad>); the
//! ONNX Runtime that runs it is a library whose path the caller gives. It runs on the thread that asks, with no thread of its own, and
//! rests while the room is quiet (`quiet_gate`); the windows just before a sound are made up for, as its memory needs them.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::path::{Path, PathBuf};

use ort::session::Session;
use ort::value::Tensor;

use super::VoiceDetector;
use super::quiet_gate::QuietGate;

const MODEL: &[u8] = include_bytes!("silero_vad_16k.onnx");

/// Samples at 16 kHz that the model judges at a time: 32 ms.
const WINDOW: usize = 512;

/// Samples of the window before that the model looks back at.
const CONTEXT: usize = 64;

/// The model's memory, two layers of 128.
const STATE: [usize; 3] = [2, 1, 128];
const STATE_SIZE: usize = 256;

/// Windows before a sound that are made up for, a third of a second: what is further back counts for nothing in its memory.
const MADE_UP: usize = 10;

/// Why Silero cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SileroError {
    /// The library is not there, or is no ONNX Runtime, or one that is too old.
    #[error("ONNX Runtime does not load from `{}`: {reason}", path.display())]
    Runtime { path: PathBuf, reason: String },

    /// ONNX Runtime does not take the model.
    #[error("the voice detector does not start: {reason}")]
    Model { reason: String },
}

impl SileroError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Runtime { .. } => {
                "fetch it with `jane models pull onnxruntime`; until then Jane goes by loudness"
            }
            Self::Model { .. } => "ONNX Runtime has to be 1.24 or newer",
        }
    }
}

/// Silero VAD, with what it remembers of the last windows.
pub struct Silero {
    session: Session,
    state: Vec<f32>,
    /// The end of the window before.
    context: Vec<f32>,
    gate: QuietGate,
    /// The last windows that it did not look at.
    unseen: VecDeque<Vec<f32>>,
    /// Whether it failed already: that is logged once.
    failed: bool,
}

impl Silero {
    /// Loads ONNX Runtime from `library` and makes the session. A process has one ONNX Runtime: a later call uses
    /// the one that is there.
    pub fn load(library: &Path) -> Result<Self, SileroError> {
        start_runtime(library)?;
        let session = session().map_err(|error| SileroError::Model {
            reason: error.to_string(),
        })?;
        let mut silero = Self {
            session,
            state: vec![0.0; STATE_SIZE],
            context: vec![0.0; CONTEXT],
            gate: QuietGate::default(),
            unseen: VecDeque::new(),
            failed: false,
        };
        // The first answer proves the model, and takes the longest.
        silero
            .run(&[0.0; WINDOW])
            .map_err(|error| SileroError::Model {
                reason: error.to_string(),
            })?;
        silero.reset();
        Ok(silero)
    }

    fn run(&mut self, window: &[f32]) -> ort::Result<f32> {
        let input: Vec<f32> = self.context.iter().chain(window).copied().collect();
        let context = input.len().saturating_sub(CONTEXT);
        self.context = input.iter().skip(context).copied().collect();
        let outputs = self.session.run(ort::inputs![
            "input" => Tensor::from_array(([1, input.len()], input))?,
            "state" => Tensor::from_array((STATE, self.state.clone()))?,
            "sr" => Tensor::from_array(([1], vec![i64::from(jane_audio::SPEECH_RATE)]))?,
        ])?;
        let missing = || ort::Error::new("the model gives no probability");
        let (_, state) = outputs
            .get("stateN")
            .ok_or_else(missing)?
            .try_extract_tensor::<f32>()?;
        self.state.clear();
        self.state.extend_from_slice(state);
        let (_, output) = outputs
            .get("output")
            .ok_or_else(missing)?
            .try_extract_tensor::<f32>()?;
        output.first().copied().ok_or_else(missing)
    }
}

/// Has the process load ONNX Runtime from `library`; where it has one already, that one stays.
pub(super) fn start_runtime(library: &Path) -> Result<(), SileroError> {
    let unusable = |reason: String| SileroError::Runtime {
        path: library.to_path_buf(),
        reason,
    };
    check(library).map_err(unusable)?;
    let environment = ort::init_from(library).map_err(|error| unusable(error.to_string()))?;
    // `false` says that there was one before, and that is as good.
    let _ = environment.with_name("jane").with_telemetry(false).commit();
    Ok(())
}

/// Finds out whether `library` is an ONNX Runtime that `ort` takes. `ort` itself waits for ever where it is not: it makes an error,
/// and for that asks the library that it is just loading.
fn check(library: &Path) -> Result<(), String> {
    if !library.is_file() {
        return Err("there is no such file".to_owned());
    }
    let no_runtime = || "it is no ONNX Runtime".to_owned();
    // SAFETY: the library is what the user has Jane load; `ort` loads it for good right after.
    let loaded = unsafe { libloading::Library::new(library) }.map_err(|error| error.to_string())?;
    type Base = unsafe extern "C" fn() -> *const ort::sys::OrtApiBase;
    // SAFETY: the signature of this function is fixed by ONNX Runtime's C interface.
    let base = unsafe { loaded.get::<Base>(b"OrtGetApiBase") }.map_err(|_| no_runtime())?;
    // SAFETY: it takes nothing, and what it points at lives as long as the library; null is refused.
    let base = unsafe { base().as_ref() }.ok_or_else(no_runtime)?;
    // SAFETY: it takes nothing and returns a string that ends with a zero and lives as long as the library.
    let version = unsafe { CStr::from_ptr((base.GetVersionString)()) }.to_string_lossy();
    let minor = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_none_or(|minor| minor < ort::MINOR_VERSION) {
        return Err(format!(
            "version {version} is too old, 1.{} is needed",
            ort::MINOR_VERSION
        ));
    }
    Ok(())
}

fn session() -> ort::Result<Session> {
    Session::builder()?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_memory(MODEL)
}

impl VoiceDetector for Silero {
    fn probability(&mut self, window: &[f32]) -> f32 {
        if !self.gate.opens(window) {
            self.unseen.push_back(window.to_vec());
            let over = self.unseen.len().saturating_sub(MADE_UP);
            self.unseen.drain(..over);
            return 0.0;
        }
        while let Some(before) = self.unseen.pop_front() {
            self.look(&before);
        }
        let probability = self.look(window);
        self.gate.found(probability);
        probability
    }

    fn window(&self) -> usize {
        WINDOW
    }

    fn reset(&mut self) {
        self.forget();
        self.gate = QuietGate::default();
        self.unseen.clear();
    }
}

impl Silero {
    /// What the network makes of a window, 0..=1; 0 where it fails.
    fn look(&mut self, window: &[f32]) -> f32 {
        match self.run(window) {
            Ok(probability) if probability.is_finite() => probability.clamp(0.0, 1.0),
            Ok(_) => {
                // What is no number stays in its memory.
                self.forget();
                0.0
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failed, true) {
                    tracing::error!(%error, "the voice detector fails");
                }
                self.forget();
                0.0
            }
        }
    }

    fn forget(&mut self) {
        self.state.clear();
        self.state.resize(STATE_SIZE, 0.0);
        self.context.clear();
        self.context.resize(CONTEXT, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_missing_or_another_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("libonnxruntime.so");
        let Err(error) = Silero::load(&missing) else {
            panic!("loaded from nowhere");
        };
        assert!(error.to_string().contains("no such file"), "{error}");
        assert!(error.hint().contains("jane models pull onnxruntime"));

        std::fs::write(&missing, "no library").unwrap();
        assert!(matches!(
            Silero::load(&missing),
            Err(SileroError::Runtime { .. })
        ));
    }
}
