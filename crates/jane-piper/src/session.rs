//! The ONNX Runtime session of a voice.
//!
//! Optimising the graph is most of the time of a load, so the optimised graph is kept in the cache directory and read back as it is.
//! It holds for one model, one ONNX Runtime, one kind of CPU and one number of threads: its name changes with each of them.
//!
//! ONNX Runtime fixes the number of threads when a session is made: a voice that is to follow its lease has one for each number.

use std::path::{Path, PathBuf};

use jane_files::{Artifact, file_state};
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use crate::graph::rewritten;

/// Changes with what [`rewritten`] makes of a network.
const REWRITTEN: &[u8] = b"rewritten 3";

/// What the names of optimised graphs end with.
const ENDING: &str = ".optimised.onnx";

/// Microseconds that a thread with nothing to do looks for more before it sleeps. Alone on two cores that is a tenth faster than sleeping
/// at once; spinning for long, as ONNX Runtime does by itself, costs a third where something else wants a core (joe-medium).
const SPIN: &str = "50";

/// Makes a session with so many threads, out of a network that is made for at most `most_threads`. `cache` is the directory for the
/// optimised graph, or empty for none.
pub fn session(
    model: &Path,
    cache: &str,
    threads: u32,
    most_threads: u32,
    gpu: bool,
) -> ort::Result<Session> {
    let threads = usize::try_from(threads).unwrap_or(1);
    // Patterns of memory are kept for each length of a sentence: they make nothing faster and 370 MB more of two sentences of 17 s.
    let builder = || -> ort::Result<SessionBuilder> {
        Ok(Session::builder()?
            .with_intra_threads(threads)?
            .with_config_entry("session.intra_op.spin_duration_us", SPIN)?
            .with_memory_pattern(false)?)
    };
    if gpu {
        return on_gpu(builder()?)?.commit_from_file(model);
    }
    let Some(optimised) = optimised(model, cache, most_threads) else {
        return builder()?.commit_from_file(model);
    };
    if optimised.path().is_file() {
        let ready = builder()?
            .with_optimization_level(GraphOptimizationLevel::Disable)?
            .commit_from_file(optimised.path());
        match ready {
            Ok(session) => return Ok(session),
            Err(error) => eprintln!("the optimised graph is not usable and is made again: {error}"),
        }
    }
    let network = std::fs::read(model).map_err(ort::Error::wrap)?;
    let optimise = |network: &[u8]| -> ort::Result<Session> {
        builder()?
            .with_optimization_level(GraphOptimizationLevel::Level3)?
            .with_optimized_model_path(optimised.unfinished())?
            .commit_from_memory(network)
    };
    let faster = rewritten(&network, most_threads).and_then(|network| {
        let told = |error: &ort::Error| eprintln!("the network is taken as it is: {error}");
        optimise(&network).inspect_err(told).ok()
    });
    match faster.map_or_else(|| optimise(&network), Ok) {
        Ok(session) => {
            if let Err(error) = optimised.finish() {
                eprintln!("the optimised graph is not kept: {error}");
            }
            Ok(session)
        }
        // What there is of it, of this run or of one that was killed, may be cut off.
        Err(error) => {
            eprintln!("the optimised graph cannot be kept: {error}");
            builder()?.commit_from_memory(&network)
        }
    }
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

/// Where the optimised graph of a model is kept; `None` where there is no cache, or the model cannot be told from others.
fn optimised(model: &Path, cache: &str, most_threads: u32) -> Option<Artifact> {
    if cache.is_empty() {
        return None;
    }
    let runtime = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    let runtime = runtime.as_deref().and_then(file_state).unwrap_or_default();
    let cpu = cpu();
    let threads = most_threads.to_string();
    let holds_for = [
        runtime.as_bytes(),
        cpu.as_bytes(),
        threads.as_bytes(),
        REWRITTEN,
    ];
    Artifact::of(model, Path::new(cache), &holds_for, ENDING)
}

/// What ONNX Runtime lays out its graphs for.
fn cpu() -> String {
    #[cfg(target_os = "linux")]
    if let Some(flags) = procfs_flags() {
        return flags;
    }
    std::env::consts::ARCH.to_owned()
}

#[cfg(target_os = "linux")]
fn procfs_flags() -> Option<String> {
    use procfs::Current;
    let cpus = procfs::CpuInfo::current().ok()?;
    Some(cpus.flags(0)?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ort::value::Tensor;

    /// Samples for each frame of the network.
    const HOP: usize = 256;

    /// What a voice says to so many phonemes, without anything random.
    fn spoken(session: &mut Session, phonemes: usize) -> Vec<f32> {
        let phoneme = |at: usize| i64::try_from(14 + at * 7 % 46).unwrap();
        let numbers: Vec<i64> = (0..2 * phonemes + 1)
            .map(|at| if at % 2 == 0 { 0 } else { phoneme(at) })
            .collect();
        let length = numbers.len();
        let numbers = Tensor::from_array(([1, length], numbers)).unwrap();
        let length = i64::try_from(length).unwrap();
        let length = Tensor::from_array(([1], vec![length])).unwrap();
        let scales = Tensor::from_array(([3], vec![0.0_f32, 1.0, 0.0])).unwrap();
        let outputs = session.run(ort::inputs![numbers, length, scales]).unwrap();
        outputs[0].try_extract_tensor::<f32>().unwrap().1.to_vec()
    }

    #[test]
    fn a_rewritten_network_says_the_same_and_when_with_any_number_of_threads() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let models = std::env::var_os("JANE_MODELS__DIRECTORY").map_or(models, PathBuf::from);
        let library = models.join("onnxruntime/libonnxruntime.so");
        if !library.is_file() {
            eprintln!("skipped: no ONNX Runtime at {}", library.display());
            return;
        }
        ort::init_from(library).unwrap().commit();
        let network = models.join("piper-en_US-joe-medium/en_US-joe-medium.onnx");
        let network = std::fs::read(network).unwrap();
        let session = |network: &[u8]| {
            let mut builder = Session::builder().unwrap().with_intra_threads(2).unwrap();
            builder.commit_from_memory(network).unwrap()
        };
        let mut original = session(&network);
        for threads in [1, 2, 3, 8] {
            let mut faster = session(&rewritten(&network, threads).unwrap());
            assert_eq!(faster.outputs()[0].name(), crate::graph::TIMED);
            for phonemes in [1, 9, 60] {
                let wanted = spoken(&mut original, phonemes);
                let mut samples = spoken(&mut faster, phonemes);
                let durations = samples.split_off(wanted.len());
                let pairs = samples.iter().zip(&wanted);
                let furthest = pairs.map(|(one, other)| (one - other).abs());
                let furthest = furthest.fold(0.0, f32::max);
                assert!(furthest < 5e-4, "{threads} threads: {furthest} off");
                let loudest = wanted.iter().copied().fold(0.0, f32::max);
                assert!(loudest > 0.01, "{phonemes} phonemes are silent");
                let frames: f32 = durations.iter().sum();
                assert_eq!(frames as usize * HOP, wanted.len());
                assert_eq!(durations.len(), 2 * phonemes + 1);
            }
        }
    }
}
