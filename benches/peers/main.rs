//! Jane's engines beside the programs that people would use without her: llama.cpp's own benchmark, Python's piper-tts, and
//! faster-whisper. `make peers`, or, with the peers that `benches/peers/setup.sh` installed:
//!
//! `cargo bench --bench peers -- [ROUNDS] [--only llm,tts,stt] [--threads N] [--peers DIRECTORY] [--set KEY=VALUE]`
//!
//! On a machine that does nothing else. Ends with 1 where a goal is missed or could not be measured.

mod model;
mod peer;
mod quiet;
mod recogniser;
mod rounds;
mod voice;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use jane::runtime::Installed;
use jane_config::{Config, Source, process_environment};
use jane_core::event::Events;
use jane_models::ModelStore;
use jane_worker::all_cores;

use peer::Peers;
use quiet::Watch;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Parser)]
struct Arguments {
    /// Rounds that count; at least 7 are needed for a verdict.
    #[arg(default_value_t = 9)]
    rounds: usize,
    /// What is compared.
    #[arg(long, value_delimiter = ',', default_values = ["llm", "tts", "stt"])]
    only: Vec<Part>,
    /// Threads of both sides; by default as many as there are cores.
    #[arg(long)]
    threads: Option<u32>,
    /// The directory that `setup.sh` filled.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Configuration of our side.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Cargo says it to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    Llm,
    Tts,
    Stt,
}

/// What both sides write with: small, so that what is around a model shows.
const MODEL: &str = "smollm2-135m-instruct";

/// What all comparisons have in common.
struct Setting<'a> {
    root: &'a Path,
    config: &'a Config,
    installed: &'a Installed,
    models: &'a ModelStore,
    peers: &'a Peers,
    /// Of both sides.
    threads: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all goals are met.
async fn run(arguments: Arguments) -> Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let threads = arguments.threads.unwrap_or_else(all_cores);
    let mut overrides = vec![
        format!("stt.threads={threads}"),
        format!("llm.threads={threads}"),
        format!("tts.threads={threads}"),
        format!("llm.max_reply_tokens={}", model::REPLY),
        format!("llm.model={MODEL}"),
        // As llama-bench, which chooses no tokens at all.
        "llm.temperature=0".to_owned(),
        "llm.repeat_penalty=1".to_owned(),
    ];
    overrides.extend(arguments.set);
    let config = Config::load(&Source {
        file: None,
        environment: process_environment(),
        overrides,
    })?;
    let peers = Peers::in_directory(arguments.peers.unwrap_or_else(|| default_directory(root)))?;
    let setting = Setting {
        root,
        config: &config,
        installed: &Installed::find(root.to_path_buf(), &config, &Events::new())?,
        models: &ModelStore::open(&config.models_directory(root))?,
        peers: &peers,
        threads,
    };
    println!("threads of both sides: {threads}");
    if !Watch::TELLS {
        println!("this system does not tell whether the machine is disturbed: every round counts");
    }
    let mut met = true;
    for part in arguments.only {
        met &= match part {
            Part::Llm => model::write(&setting, arguments.rounds).await?,
            Part::Tts => voice::speak(&setting, arguments.rounds).await?,
            Part::Stt => recogniser::recognise(&setting, arguments.rounds).await?,
        };
    }
    Ok(met)
}

/// Where `setup.sh` puts the peers unless it is told.
fn default_directory(root: &Path) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root.join(target).join("peers")
}
