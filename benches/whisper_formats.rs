//! What the format of Whisper's weights does: time, word errors by kind of recording, memory, and time to load.
//!
//! `cargo bench --bench whisper_formats -- [--threads N] [--rounds N] [--every N] FILE …` on a machine that does nothing else. Files are
//! those of one model, the first the one that the others are held against. The clips are every Nth of those with transcripts,
//! and of noise, of `JANE_RECORDINGS`, else of `../shared/speech`, else of `tests/data`.
//!
//! Every file hears a clip before the next clip comes, each time in another order; what counts are medians of the ratios of one
//! clip in one round. Where more than [`MOST_STOLEN`] of the machine was taken by others meanwhile, these ratios are left out.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jane::bench::recordings::{Clip, Recordings};
use jane::conversation::transcribe;
use jane::runtime::{Factory, Installed};
use jane::word_errors::WordErrors;
use jane_audio::WavSource;
use jane_config::Config;
use jane_core::event::{Event, Events, Stamped};
use jane_engines::SpeechToText;
use jane_platform::ProcessorTimes;
use tokio::sync::mpsc::UnboundedReceiver;

/// Share of the processors' time that the hypervisor may give to others before a figure is left out.
const MOST_STOLEN: f64 = 0.02;

const UNTOLD: &str = "the system does not say what its processors do";
/// How often each file is loaded.
const LOADS: usize = 5;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A file, and what was measured of it.
struct Measured {
    path: String,
    engine: Arc<dyn SpeechToText>,
    /// Tells which process the engine is.
    events: UnboundedReceiver<Stamped>,
    /// Milliseconds.
    loads: Vec<f64>,
    /// Milliseconds for each clip.
    times: Vec<f64>,
    /// By those of the first file for the same clip in the same round.
    ratios: Vec<f64>,
    errors: BTreeMap<String, WordErrors>,
    /// What it heard in each clip.
    heard: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let (mut threads, mut rounds, mut every, mut files) = (0, 3_usize, 1_usize, Vec::new());
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--threads" => threads = number().parse()?,
            "--rounds" => rounds = number().parse()?,
            "--every" => every = number().parse()?,
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        println!(
            "no files to compare: `jane models import FILE --format q8_0 --name NAME` makes one"
        );
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recordings = Recordings::of_source_tree(root)?;
    let clips: Vec<&Clip> = recordings.clips.iter().step_by(every.max(1)).collect();
    let mut measured = Vec::new();
    for path in files {
        let (engine, events) = engine(root, &path, threads)?;
        measured.push(Measured {
            path,
            engine,
            events,
            loads: Vec::new(),
            times: Vec::new(),
            ratios: Vec::new(),
            errors: BTreeMap::new(),
            heard: Vec::new(),
        });
    }
    for _ in 0..LOADS {
        for file in &mut measured {
            (file.engine, file.events) = engine(root, &file.path, threads)?;
            let begin = Instant::now();
            file.engine.prepare().await?;
            file.loads.push(milliseconds(begin));
        }
    }
    let mut left_out = 0;
    for round in 0..rounds {
        for (index, clip) in clips.iter().enumerate() {
            left_out += usize::from(!hear(&mut measured, clip, round, index + round).await?);
        }
    }
    println!(
        "{threads} threads (0: all), {} clips, {rounds} rounds, {left_out} of {} left out because the processors were stolen",
        clips.len(),
        clips.len() * rounds
    );
    measured.iter_mut().for_each(print);
    Ok(())
}

/// Has each file hear `clip`, from the file at `turn` on; returns whether the times count.
async fn hear(files: &mut [Measured], clip: &Clip, round: usize, turn: usize) -> Result<bool> {
    let count = files.len();
    let before = ProcessorTimes::now().ok_or(UNTOLD)?;
    let mut times = vec![0.0; count];
    for place in 0..count {
        let place = (place + turn) % count;
        let file = &mut files[place];
        let begin = Instant::now();
        let heard =
            transcribe::recording(file.engine.as_ref(), WavSource::open(&clip.path)?, |_| ())
                .await?;
        times[place] = milliseconds(begin);
        if round == 0 {
            *file.errors.entry(clip.kind.clone()).or_default() +=
                WordErrors::between(&clip.text, &heard.text);
            file.heard.push(heard.text);
        } else if !file.heard.contains(&heard.text) {
            println!(
                "`{}` heard something else in round {}: {}",
                file.path,
                round + 1,
                heard.text
            );
        }
    }
    let passed = ProcessorTimes::now().ok_or(UNTOLD)?.since(before);
    if passed.share(passed.stolen) > MOST_STOLEN {
        return Ok(false);
    }
    for (file, time) in files.iter_mut().zip(&times) {
        file.times.push(*time);
        file.ratios.push(time / times[0]);
    }
    Ok(true)
}

/// A recogniser of its own with the weights at `path`; nothing is loaded yet.
fn engine(
    root: &Path,
    path: &str,
    threads: u32,
) -> Result<(Arc<dyn SpeechToText>, UnboundedReceiver<Stamped>)> {
    let config = Config::load(&jane_config::Source {
        file: None,
        environment: jane_config::process_environment(),
        overrides: vec![
            format!("stt.model={path}"),
            format!("stt.threads={threads}"),
        ],
    })?;
    let events = Events::new();
    let told = events.subscribe();
    let installed = Installed::find(root.to_path_buf(), &config, &events)?;
    Ok((installed.stt(&config)?, told))
}

fn print(file: &mut Measured) {
    let bytes = std::fs::metadata(&file.path).map_or(0, |found| found.len());
    println!("\n{}", file.path);
    println!(
        "  {:.1} MB, loaded in {:.0} ms, {:.0} MB of memory, {:.0} ms a clip, ratio {:.3} (quartiles {:.3} and {:.3} of {})",
        bytes as f64 / 1e6,
        at(&mut file.loads, 0.5),
        memory(&mut file.events).map_or(f64::NAN, |bytes| bytes as f64 / 1e6),
        at(&mut file.times, 0.5),
        at(&mut file.ratios, 0.5),
        at(&mut file.ratios, 0.25),
        at(&mut file.ratios, 0.75),
        file.ratios.len(),
    );
    let mut all = WordErrors::default();
    for (kind, errors) in &file.errors {
        println!(
            "  {kind:<24}{:>5} errors in {:>5} words",
            errors.errors, errors.words
        );
        if kind != "noise" {
            all += *errors;
        }
    }
    println!(
        "  {:<24}{:>5} errors in {:>5} words, {:.2} %",
        "all",
        all.errors,
        all.words,
        100.0 * all.rate()
    );
}

/// Bytes of the process that was started last, its proportional set size: what of the program it shares with others counts in part.
fn memory(started: &mut UnboundedReceiver<Stamped>) -> Option<u64> {
    let mut last = None;
    while let Ok(stamped) = started.try_recv() {
        if let Event::WorkerStarted { pid, .. } = stamped.event {
            last = Some(pid);
        }
    }
    jane_platform::process_memory(last?)
}
/// The figure at `share` of the way from the least to the greatest.
fn at(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let place = figures.len().saturating_sub(1) as f64 * share;
    figures.get(place as usize).copied().unwrap_or(f64::NAN)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
