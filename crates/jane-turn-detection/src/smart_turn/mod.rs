//! Smart Turn v3: a small network that hears whether a turn is complete, by its intonation, in 23 languages.
//!
//! The model (BSD-2-Clause, <https://github.com/pipecat-ai/smart-turn>) is a file whose path the caller gives, as is the ONNX Runtime
//! that runs it. It runs on the thread that asks, for 10 to 80 ms, with no thread of its own.
//!
//! | module | holds |
//! |---|---|
//! | `features` | the log-mel features that it takes |

mod features;
#[cfg(test)]
mod testing;

use std::path::{Path, PathBuf};

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::Tensor;

use super::silero::{SileroError, start_runtime};
use features::{FRAMES, LogMel, MELS, SAMPLES};

/// Samples of silence that are added behind the utterance. The model learned from turns with 200 ms of silence behind them, and an
/// utterance comes with half of that (`FrontendSettings::tail_ms`). Digital silence for the other half does as well as the room's: area under
/// the curve 0.71 and 0.69 over 52 pauses and 127 ends.
const SILENCE: usize = 1_600;

/// Why Smart Turn cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmartTurnError {
    #[error(transparent)]
    Runtime(#[from] SileroError),

    /// ONNX Runtime does not take the model.
    #[error("Smart Turn does not start from `{}`: {reason}", path.display())]
    Model { path: PathBuf, reason: String },
}

impl SmartTurnError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Runtime(_) => "fetch ONNX Runtime with `jane models pull onnxruntime`",
            Self::Model { .. } => "fetch it again with `jane models pull --force smart-turn-v3.2`",
        }
    }
}

/// Smart Turn, with its tables. Nothing is remembered from one utterance to the next.
pub struct SmartTurn {
    session: Session,
    features: LogMel,
}

impl SmartTurn {
    /// Loads ONNX Runtime from `library`, where none is loaded yet, and the model. Blocks for a quarter of a second or so.
    ///
    /// # Errors
    /// Where one of them cannot be used.
    pub fn load(library: &Path, model: &Path) -> Result<Self, SmartTurnError> {
        start_runtime(library)?;
        let unusable = |error: ort::Error| SmartTurnError::Model {
            path: model.to_path_buf(),
            reason: error.to_string(),
        };
        let mut smart_turn = Self {
            session: session(model).map_err(unusable)?,
            features: LogMel::default(),
        };
        // The first answer proves the model, and takes the longest.
        smart_turn.run(&[]).map_err(unusable)?;
        Ok(smart_turn)
    }

    /// How probable it is that a turn is complete with `utterance`, 0..=1: all of it, with a little before the speech and the first
    /// 100 ms of silence after it, 16 kHz; its last 8 s count. Blocks.
    ///
    /// # Errors
    /// Where ONNX Runtime fails, or gives no number.
    pub fn probability(&mut self, utterance: &[f32]) -> ort::Result<f32> {
        let from = utterance.len().saturating_sub(SAMPLES);
        let mut heard = utterance.get(from..).unwrap_or_default().to_vec();
        heard.resize(heard.len().saturating_add(SILENCE), 0.0);
        self.run(&heard)
    }

    fn run(&mut self, samples: &[f32]) -> ort::Result<f32> {
        let features = Tensor::from_array(([1, MELS, FRAMES], self.features.of(samples)))?;
        let outputs = self
            .session
            .run(ort::inputs!["input_features" => features])?;
        let nothing = || ort::Error::new("the model gives no probability");
        // The output is called `logits`, and is a probability.
        let output = outputs.get("logits").ok_or_else(nothing)?;
        let (_, values) = output.try_extract_tensor::<f32>()?;
        let probability = values.first().copied().filter(|value| value.is_finite());
        Ok(probability.ok_or_else(nothing)?.clamp(0.0, 1.0))
    }
}

fn session(model: &Path) -> ort::Result<Session> {
    Session::builder()?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_file(model)
}

#[cfg(test)]
mod tests {
    use super::testing::{reference, signal};
    use super::*;

    /// The directory of models, where Smart Turn and ONNX Runtime are.
    fn installed() -> Option<(PathBuf, PathBuf)> {
        let models = std::env::var_os("JANE_MODELS__DIRECTORY")?;
        let models = PathBuf::from(models);
        let library = models.join("onnxruntime/libonnxruntime.so");
        let model = models.join("smart-turn-v3.2/smart-turn-v3.2-cpu.onnx");
        (library.is_file() && model.is_file()).then_some((library, model))
    }

    #[test]
    fn probabilities_are_those_of_the_reference() {
        let Some((library, model)) = installed() else {
            eprintln!("skipped: Smart Turn is not installed");
            return;
        };
        let mut smart_turn = SmartTurn::load(&library, &model).unwrap();
        for case in reference() {
            let found = smart_turn.run(&signal(case.seconds)).unwrap();
            let difference = (found - case.probability).abs();
            // The weights have 8 bits, and how their products are rounded differs between processors: 0.037 were seen.
            assert!(difference < 0.06, "{found}, not {}", case.probability);
        }
        let broken = tempfile::tempdir().unwrap();
        let path = broken.path().join("model.onnx");
        std::fs::write(&path, "no model").unwrap();
        let Err(error) = SmartTurn::load(&library, &path) else {
            panic!("a file that is no model was loaded");
        };
        assert!(error.hint().contains("smart-turn-v3.2"), "{error}");
    }

    #[test]
    fn without_onnx_runtime_it_is_an_error_that_says_so() {
        let nowhere = Path::new("nowhere.so");
        let Err(error) = SmartTurn::load(nowhere, nowhere) else {
            panic!("loaded from nowhere");
        };
        assert!(error.hint().contains("onnxruntime"), "{error}");
    }
}
