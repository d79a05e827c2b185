//! One Piper voice: its configuration, its ONNX Runtime session, and the phonemes in between.
//!
//! Optimising the graph is most of the time of a load, so the optimised graph is kept in the cache directory, under a name that
//! changes with the model file, and read back as it is.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use jane::backend::worker::{Failure, PiperOptions};
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use piper_rs::{ModelConfig, Piper};

pub struct Voice {
    piper: Piper,
    espeak_voice: String,
    sample_rate: u32,
    length_scale: f32,
    speakers: u32,
}

impl Voice {
    /// Loads `model` and the `.onnx.json` beside it. ONNX Runtime is taken from `ORT_DYLIB_PATH`.
    ///
    /// # Errors
    /// Where a file is missing or not what it should be, or the runtime cannot be loaded.
    pub fn load(model: &str, cache: &str, threads: u32, gpu: bool) -> Result<Self, Failure> {
        let broken = |error: &dyn std::fmt::Display| Failure::Model {
            message: format!("`{model}` is not a Piper voice that can be loaded: {error}"),
        };
        let json = std::fs::read(format!("{model}.json")).map_err(|error| broken(&error))?;
        let config: ModelConfig = serde_json::from_slice(&json).map_err(|error| broken(&error))?;
        if config.audio.sample_rate == 0 {
            return Err(broken(&"its sample rate is 0"));
        }
        let session =
            session(Path::new(model), cache, threads, gpu).map_err(|error| broken(&error))?;
        Ok(Self {
            espeak_voice: config.espeak.voice.clone(),
            sample_rate: config.audio.sample_rate,
            length_scale: config.inference.length_scale,
            speakers: config.num_speakers,
            piper: Piper::from_session(session, config),
        })
    }

    /// Samples per second.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// The phonemes of `text`, a string for each sentence.
    pub fn phonemes(&self, text: &str) -> Result<Vec<String>, Failure> {
        let text = text.replace('\0', " ");
        espeak_rs::text_to_phonemes(&text, &self.espeak_voice, None).map_err(|error| {
            Failure::Engine {
                message: error.to_string(),
            }
        })
    }

    /// The samples of one sentence, in -1..=1.
    pub fn synthesise(
        &mut self,
        phonemes: &str,
        options: &PiperOptions,
    ) -> Result<Vec<f32>, Failure> {
        let speaker = self.speaker(&options.speaker)?;
        let length_scale = self.length_scale / options.speed.clamp(0.1, 10.0);
        let (noise_scale, noise_w) = (Some(options.noise_scale), Some(options.noise_w));
        let (mut samples, _) = self
            .piper
            .create(
                phonemes,
                true,
                speaker,
                Some(length_scale),
                noise_scale,
                noise_w,
            )
            .map_err(|error| Failure::Engine {
                message: error.to_string(),
            })?;
        for sample in &mut samples {
            *sample = if sample.is_finite() {
                sample.clamp(-1.0, 1.0)
            } else {
                0.0
            };
        }
        Ok(samples)
    }

    fn speaker(&self, wanted: &str) -> Result<Option<i64>, Failure> {
        if wanted.is_empty() {
            return Ok(None);
        }
        let names = self.piper.voices();
        if let Some(number) = names.and_then(|names| names.get(wanted)) {
            return Ok(Some(*number));
        }
        match wanted.parse::<u32>() {
            Ok(number) if number < self.speakers.max(1) => Ok(Some(i64::from(number))),
            _ => {
                let mut known: Vec<_> = names
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.as_str())
                    .collect();
                known.sort_unstable();
                known.truncate(20);
                let known = if known.is_empty() {
                    String::new()
                } else {
                    format!("; it has {}", known.join(", "))
                };
                let count = self.speakers.max(1);
                let message = format!(
                    "this voice has no speaker `{wanted}` (numbers go from 0 to {}){known}",
                    count - 1
                );
                Err(Failure::Invalid { message })
            }
        }
    }
}

fn session(model: &Path, cache: &str, threads: u32, gpu: bool) -> ort::Result<Session> {
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        threads => usize::try_from(threads).unwrap_or(1),
    };
    // Threads that spin would take the cores from the language model, which is still writing.
    let builder = || -> ort::Result<SessionBuilder> {
        Ok(Session::builder()?
            .with_intra_threads(threads)?
            .with_intra_op_spinning(false)?)
    };
    if gpu {
        return on_gpu(builder()?)?.commit_from_file(model);
    }
    let Some(optimised) = optimised_name(model, cache) else {
        return builder()?.commit_from_file(model);
    };
    if optimised.is_file() {
        let ready = builder()?
            .with_optimization_level(GraphOptimizationLevel::Disable)?
            .commit_from_file(&optimised);
        match ready {
            Ok(session) => return Ok(session),
            Err(error) => eprintln!("the optimised graph is not usable and is made again: {error}"),
        }
    }
    let unfinished = optimised.with_extension(format!("{}.part", std::process::id()));
    let session = builder()?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .with_optimized_model_path(&unfinished)?
        .commit_from_file(model)
        .or_else(|error| {
            eprintln!("the optimised graph cannot be kept: {error}");
            builder()?.commit_from_file(model)
        })?;
    if let Err(error) = std::fs::rename(&unfinished, &optimised) {
        eprintln!("the optimised graph is not kept: {error}");
    }
    Ok(session)
}

#[cfg(feature = "cuda")]
fn on_gpu(builder: SessionBuilder) -> ort::Result<SessionBuilder> {
    Ok(builder.with_execution_providers([ort::ep::CUDA::default().build()])?)
}

#[cfg(not(feature = "cuda"))]
fn on_gpu(builder: SessionBuilder) -> ort::Result<SessionBuilder> {
    eprintln!(
        "`tts.gpu` is set, but this program was built without the `cuda` feature: the voice runs on the CPU"
    );
    Ok(builder)
}

/// The cached graph of this very file on this very CPU family; `None` where there is no cache.
fn optimised_name(model: &Path, cache: &str) -> Option<PathBuf> {
    if cache.is_empty() {
        return None;
    }
    let metadata = model.metadata().ok()?;
    let modified = metadata
        .modified()
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?
        .as_nanos();
    let stem = model.file_stem()?.to_str()?;
    Some(Path::new(cache).join(format!(
        "{stem}-{}-{modified}.optimised.onnx",
        metadata.len()
    )))
}
