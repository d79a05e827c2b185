//! How long engines take to load: the first time, with nothing of them in memory, and again.

use std::path::PathBuf;
use std::time::Instant;

use jane_core::event::EngineKind;
use jane_engines::{ONNX_RUNTIME, wanted_models};
use jane_models::ModelKind;
use jane_worker::{Llama, Piper, Protocol, Whisper};

use super::error::BenchError;
use super::metric::{Metric, Unit};
use super::{Bench, Part};
use crate::runtime::{Factory, Installed};

/// Loads with nothing in memory, and loads again.
const FIRST: (usize, usize) = (3, 1);
const AGAIN: (usize, usize) = (7, 3);

/// The share of the files that the system may keep in memory although it was asked not to, before that is said.
const KEPT: f64 = 0.01;

/// Loads the engine of `role` again and again, and unloads it.
///
/// # Errors
/// Where it cannot be loaded.
pub async fn measure(
    bench: &Bench<'_>,
    role: EngineKind,
    part: &mut Part,
) -> Result<(), BenchError> {
    let (section, name) = match role {
        EngineKind::Stt => ("stt", "recogniser"),
        EngineKind::Llm => ("llm", "language model, with the instructions read"),
        EngineKind::Tts => ("tts", "voice"),
    };
    let first = (
        format!("{section}.first_load"),
        format!("first load of the {name}"),
    );
    let again = (
        format!("{section}.cached_load"),
        format!("cached load of the {name}"),
    );
    let Some(files) = files(bench, role) else {
        for (key, name) in [first, again] {
            let reason = "a server does the work";
            part.figures
                .push(Metric::missing(&key, &name, Unit::Seconds, reason));
        }
        return Ok(());
    };
    let mut seconds = Vec::new();
    for _ in 0..bench.runs(FIRST) {
        bench.progress(&format!("{section}: first load"));
        // A cache of its own is empty: what is computed at the first load is computed now.
        let cache = tempfile::tempdir().map_err(BenchError::RunDirectory)?;
        let mut installed = bench.install().map_err(BenchError::RunDirectory)?;
        installed.cache = Some(cache.path().to_path_buf());
        part.notes.extend(forget(&files));
        seconds.push(load(bench, &installed, role).await?);
    }
    part.figures
        .push(Metric::new(&first.0, &first.1, Unit::Seconds, seconds));
    let mut seconds = Vec::new();
    // The first one fills what caches there are.
    for run in 0..=bench.runs(AGAIN) {
        bench.progress(&format!("{section}: cached load"));
        let took = load(bench, bench.installed, role).await?;
        if run > 0 {
            seconds.push(took);
        }
    }
    part.figures
        .push(Metric::new(&again.0, &again.1, Unit::Seconds, seconds));
    Ok(())
}

/// Whether all engines are loaded on this machine.
pub fn all_local(bench: &Bench<'_>) -> bool {
    let mut roles = [EngineKind::Stt, EngineKind::Llm, EngineKind::Tts].into_iter();
    roles.all(|role| files(bench, role).is_some())
}

/// Seconds of all loads, one after the other, each alone.
///
/// # Errors
/// Where an engine cannot be loaded.
pub async fn one_by_one(bench: &Bench<'_>) -> Result<f64, BenchError> {
    let mut seconds = 0.0;
    for role in [EngineKind::Stt, EngineKind::Llm, EngineKind::Tts] {
        seconds += load(bench, bench.installed, role).await?;
    }
    Ok(seconds)
}

/// The files that a load of `role` reads: `None` where it loads nothing on this machine.
fn files(bench: &Bench<'_>, role: EngineKind) -> Option<Vec<PathBuf>> {
    let (kind, worker) = match role {
        EngineKind::Stt => (ModelKind::Stt, Whisper::WORKER),
        EngineKind::Llm => (ModelKind::Llm, Llama::WORKER),
        EngineKind::Tts => (ModelKind::Tts, Piper::WORKER),
    };
    let (_, name) = wanted_models(bench.config)
        .into_iter()
        .find(|(wanted, _)| *wanted == kind)?;
    let found = |kind, name| bench.models.resolve(kind, name, &bench.installed.home).ok();
    let model = found(kind, name)?;
    let program = format!("{worker}{}", std::env::consts::EXE_SUFFIX);
    let mut files = vec![bench.installed.installation.programs.join(program)];
    if role == EngineKind::Tts {
        files.extend(found(ModelKind::Runtime, ONNX_RUNTIME).map(|runtime| runtime.main));
    }
    files.push(model.main);
    files.extend(model.extra);
    Some(files)
}

/// Has the system forget the files' contents; says of which it did not.
fn forget(files: &[PathBuf]) -> Vec<String> {
    let told = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().display();
        match jane_platform::drop_page_cache(file) {
            Ok(left) if left > KEPT => {
                let percent = left * 100.0;
                Some(format!(
                    "first loads: the system kept {percent:.0} % of `{name}` in memory"
                ))
            }
            Ok(_) => None,
            Err(error) => Some(format!(
                "first loads: `{name}` may have been in memory already ({error})"
            )),
        }
    };
    files.iter().filter_map(told).collect()
}

/// Seconds of one load.
async fn load(
    bench: &Bench<'_>,
    installed: &Installed,
    role: EngineKind,
) -> Result<f64, BenchError> {
    let begun = Instant::now();
    // The engine is held until it is unloaded: what nobody holds goes by itself, and is not waited for.
    match role {
        EngineKind::Stt => {
            let engine = installed.stt(bench.config)?;
            engine.prepare().await?;
            Ok(unloaded(begun, installed, role).await)
        }
        EngineKind::Llm => {
            let engine = installed.llm(bench.config)?;
            engine.prepare(&bench.instructions()).await?;
            Ok(unloaded(begun, installed, role).await)
        }
        EngineKind::Tts => {
            let engine = installed.tts(bench.config)?;
            engine.prepare().await?;
            Ok(unloaded(begun, installed, role).await)
        }
    }
}

/// Unloads what was loaded since `begun`; returns the seconds that had taken.
async fn unloaded(begun: Instant, installed: &Installed, role: EngineKind) -> f64 {
    let took = begun.elapsed();
    installed.unload(role).await;
    took.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_stays_in_memory_keeps_no_other_there() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("model");
        let missing = [
            directory.path().join("first"),
            directory.path().join("last"),
        ];
        std::fs::write(&file, [7; 1 << 16]).unwrap();
        let [first, last] = missing;
        let notes = forget(&[first, file, last]);
        assert!(notes.first().unwrap().contains("`first`"), "{notes:?}");
        assert!(notes.last().unwrap().contains("`last`"), "{notes:?}");
    }
}
