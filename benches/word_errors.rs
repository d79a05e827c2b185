//! Word errors of the recogniser over recordings with transcripts, by kind. `make bench`, or:
//!
//! `cargo bench --bench word_errors -- [MODEL …]` (by default whisper-tiny.en and whisper-base)
//!
//! Recordings are those of `JANE_RECORDINGS`, a directory with a `manifest.tsv` (path, seconds, language, kind, text, ref, …), else
//! of `../shared/speech`, else the questions that ship in `tests/data`. Only clips whose text is a transcript are scored.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use jane::bench::recordings::{CLEAR, Clip, Recordings};
use jane::conversation::transcribe;
use jane::runtime::{Factory, Installed};
use jane::word_errors::WordErrors;
use jane_audio::WavSource;
use jane_config::Config;
use jane_core::event::Events;
use jane_engines::SpeechToText;

#[derive(Default)]
struct Row {
    clips: usize,
    errors: WordErrors,
    milliseconds: Vec<u128>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recordings = Recordings::of_source_tree(root)?;
    let clips = &recordings.clips;
    println!("{} clips from {}", clips.len(), recordings.source);
    let mut models: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    if models.is_empty() {
        models = vec!["whisper-tiny.en".to_owned(), "whisper-base".to_owned()];
    }
    for model in models {
        measure(root, &model, clips).await?;
    }
    Ok(())
}

async fn measure(root: &Path, model: &str, clips: &[Clip]) -> Result<(), Box<dyn Error>> {
    let overrides = std::env::var("JANE_BENCH_SET").unwrap_or_default();
    let mut overrides: Vec<String> = overrides
        .split(';')
        .filter(|set| !set.is_empty())
        .map(str::to_owned)
        .collect();
    overrides.push(format!("stt.model={model}"));
    let environment = jane_config::process_environment();
    let config = Config::load(&jane_config::Source {
        file: None,
        environment,
        overrides,
    })?;
    let installed = Installed::find(root.to_path_buf(), &config, &Events::new())?;
    let stt = installed.stt(&config)?;
    stt.prepare().await?;

    let verbose = std::env::args().any(|argument| argument == "--verbose");
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut invented = Vec::new();
    for clip in clips {
        let (heard, milliseconds) = hear(stt.as_ref(), &clip.path).await?;
        let row = rows.entry(&clip.kind).or_default();
        row.clips += 1;
        row.milliseconds.push(milliseconds);
        if clip.scored {
            let errors = WordErrors::between(&clip.text, &heard);
            row.errors += errors;
            if verbose && errors.errors > 0 {
                println!(
                    "  {} {} of {}: {} | {}",
                    clip.kind, errors.errors, errors.words, clip.text, heard
                );
            }
        } else if !heard.is_empty() {
            invented.push(format!("{}: {heard}", clip.path.display()));
        }
    }
    print(model, &mut rows, &invented);
    Ok(())
}

async fn hear(stt: &dyn SpeechToText, path: &Path) -> Result<(String, u128), Box<dyn Error>> {
    let started = Instant::now();
    let heard = transcribe::recording(stt, WavSource::open(path)?, |_| ()).await?;
    Ok((heard.text, started.elapsed().as_millis()))
}

fn print(model: &str, rows: &mut BTreeMap<&str, Row>, invented: &[String]) {
    println!(
        "\n{model}\n{:<24}{:>6}{:>8}{:>8}{:>9}{:>12}",
        "kind", "clips", "words", "errors", "WER %", "median ms"
    );
    let (mut all, mut clear) = (WordErrors::default(), WordErrors::default());
    for (kind, row) in rows {
        row.milliseconds.sort_unstable();
        let median = row
            .milliseconds
            .get(row.milliseconds.len() / 2)
            .copied()
            .unwrap_or_default();
        let WordErrors { errors, words } = row.errors;
        let rate = 100.0 * row.errors.rate();
        println!(
            "{kind:<24}{:>6}{words:>8}{errors:>8}{rate:>9.1}{median:>12}",
            row.clips
        );
        if *kind != "digits" {
            all += row.errors;
        }
        if CLEAR.contains(kind) {
            clear += row.errors;
        }
    }
    println!(
        "all but digits: {} errors in {} words, {:.1} %",
        all.errors,
        all.words,
        100.0 * all.rate()
    );
    println!(
        "commands and VCTK clean: {} errors in {} words",
        clear.errors, clear.words
    );
    println!("noise clips with text: {}", invented.len());
    for clip in invented {
        println!("  {clip}");
    }
}
