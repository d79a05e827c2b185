//! Tokens per second of the language model's worker, which chooses its threads itself, beside fixed numbers of threads: alone, while
//! a foreign program keeps a core busy, and while the recogniser works.
//!
//! `cargo bench --bench threads -- [ROUNDS]` (by default 9), on a machine that does nothing else. Everything is measured in each
//! round, with new processes (one and the same work is a tenth faster in some processes than in others), and what counts are
//! medians of the ratios within rounds. A round in which the hypervisor or other programs took the machine's time does not count,
//! and twice as many rounds are tried. Ends with 1 where a goal is missed or could not be measured.

// The peers' comparison says of each round what this one says of each measurement.
#[path = "../peers/quiet.rs"]
mod quiet;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use jane::bench::Summary;
use jane::conversation::transcribe;
use jane::runtime::{Factory, Installed};
use jane_audio::WavSource;
use jane_config::Config;
use jane_core::event::Events;
use jane_engines::{Generated, LanguageModel, Message, SpeechToText};
use jane_models::{ModelKind, ModelStore};
use jane_worker::all_cores;
use llama_cpp_2::LogOptions;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;
use quiet::{Disturbance, Watch};

const MODEL: &str = "smollm2-135m-instruct";

/// Tokens of one measurement.
const TOKENS: u32 = 64;

/// The fewest rounds that a verdict may rest on.
const FEWEST: usize = 7;

/// How long the worker writes in new circumstances before it is measured: a conversation is longer than its first reply.
const SETTLING: Duration = Duration::from_secs(3);

const PROMPT: &str =
    "Tell me a very long story about a harbour, a lighthouse and the people who live there.";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, threads, model] = arguments.as_slice()
        && option == "--fixed"
    {
        return fixed(threads.parse()?, model).map(|()| ExitCode::SUCCESS);
    }
    let rounds = arguments.iter().find_map(|argument| argument.parse().ok());
    compare(rounds.unwrap_or(9)).await
}

/// Does what is measured, and notes in `disturbance` what was taken away meanwhile, where that is more than before.
async fn watched<T>(
    disturbance: &mut Disturbance,
    work: impl AsyncFnOnce() -> Result<T>,
) -> Result<T> {
    let watch = Watch::start()?;
    let done = work().await?;
    *disturbance = disturbance.or(watch.end()?);
    Ok(done)
}

/// The figures of one round, in tokens per second.
struct Round {
    one: f64,
    all: f64,
    alone: f64,
    foreign: f64,
    foreign_all: f64,
    engine: f64,
}

async fn compare(rounds: usize) -> Result<ExitCode> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let config = Config::load(&jane_config::Source {
        file: None,
        environment: jane_config::process_environment(),
        overrides: vec![
            format!("llm.model={MODEL}"),
            format!("llm.max_reply_tokens={TOKENS}"),
            "llm.repeat_penalty=1".to_owned(),
        ],
    })?;
    let installed = Installed::find(root.to_path_buf(), &config, &Events::new())?;
    let stt = installed.stt(&config)?;
    stt.prepare().await?;
    let models = ModelStore::open(&config.models_directory(root))?;
    let model = models.resolve(ModelKind::Llm, MODEL, root)?.main;
    let cores = all_cores();

    if !Watch::TELLS {
        println!("this system does not tell whether the machine is disturbed: every round counts");
    }
    let mut figures = Vec::new();
    for round in 1..=2 * rounds {
        if figures.len() == rounds {
            break;
        }
        let mut taken = Disturbance::default();
        let llm = installed.llm(&config)?;
        let (mut one, mut all) = (Fixed::start(1, &model)?, Fixed::start(cores, &model)?);
        settle(llm.as_ref()).await?;
        let one_alone = watched(&mut taken, async || one.measure()).await?;
        let all_alone = watched(&mut taken, async || all.measure()).await?;
        let alone = watched(&mut taken, async || reply(llm.as_ref()).await).await?;

        let busy = Busy::start();
        settle(llm.as_ref()).await?;
        let foreign_all = watched(&mut taken, async || all.measure()).await?;
        let foreign = watched(&mut taken, async || reply(llm.as_ref()).await).await?;
        drop(busy);

        let working = tokio::spawn(keep_recognising(Arc::clone(&stt)));
        settle(llm.as_ref()).await?;
        let engine = watched(&mut taken, async || reply(llm.as_ref()).await).await?;
        working.abort();

        let Disturbance {
            stolen,
            foreign: others,
        } = taken;
        println!(
            "round {round}: alone {one_alone:.0} (one) {all_alone:.0} ({cores}) {alone:.0} (chosen); a core busy {foreign_all:.0} \
             ({cores}) {foreign:.0} (chosen); recognising {engine:.0} (chosen); stolen {stolen:.1} %, others {others:.1} %{}",
            if taken.counts() {
                ""
            } else {
                ": does not count"
            }
        );
        if !taken.counts() {
            continue;
        }
        figures.push(Round {
            one: one_alone,
            all: all_alone,
            alone,
            foreign,
            foreign_all,
            engine,
        });
    }
    Ok(report(&figures, cores))
}

fn report(rounds: &[Round], cores: u32) -> ExitCode {
    if rounds.len() < FEWEST {
        let count = rounds.len();
        println!("NOT MEASURED, only {count} rounds were undisturbed, and {FEWEST} are needed");
        return ExitCode::FAILURE;
    }
    let median = |figure: &dyn Fn(&Round) -> f64| {
        Summary::of(rounds.iter().map(figure)).map_or(f64::NAN, |summary| summary.median)
    };
    println!(
        "\n{:<44}{:>12}{:>8}{:>8}",
        "tokens per second, medians", "one", cores, "chosen"
    );
    let (one, all) = (median(&|round| round.one), median(&|round| round.all));
    println!(
        "{:<44}{one:>12.1}{all:>8.1}{:>8.1}",
        "alone",
        median(&|round| round.alone)
    );
    let (all, chosen) = (
        median(&|round| round.foreign_all),
        median(&|round| round.foreign),
    );
    println!(
        "{:<44}{:>12}{all:>8.1}{chosen:>8.1}",
        "a foreign program keeps a core busy", ""
    );
    println!(
        "{:<44}{:>12}{:>8}{:>8.1}",
        "the recogniser works",
        "",
        "",
        median(&|round| round.engine)
    );

    let goals = [
        (
            "alone, of the better of the fixed ones",
            0.95,
            median(&|round| round.alone / round.one.max(round.all)),
        ),
        (
            "a core busy, of one thread alone",
            0.70,
            median(&|round| round.foreign / round.one),
        ),
        (
            "recognising, of one thread alone",
            0.70,
            median(&|round| round.engine / round.one),
        ),
    ];
    println!("\nmedians of ratios");
    let mut met = true;
    for (name, goal, ratio) in goals {
        let verdict = if ratio >= goal { "met" } else { "MISSED" };
        met &= ratio >= goal;
        println!(
            "{name:<44}{:>11.0} %  goal {:.0} %: {verdict}",
            100.0 * ratio,
            100.0 * goal
        );
    }
    if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Lets the worker write until it has found its pace.
async fn settle(llm: &dyn LanguageModel) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < SETTLING {
        reply(llm).await?;
    }
    Ok(())
}

/// Tokens per second of one reply, as they come in behind the first one.
async fn reply(llm: &dyn LanguageModel) -> Result<f64> {
    let mut stream = llm.reply(vec![Message::user(PROMPT)].into());
    let (mut first, mut tokens) = (None, 0);
    while let Some(item) = stream.next().await {
        first.get_or_insert_with(Instant::now);
        if let Generated::Ended(generation) = item? {
            tokens = generation.reply_tokens;
        }
    }
    let seconds = first.ok_or("the reply is empty")?.elapsed().as_secs_f64();
    Ok(f64::from(tokens.saturating_sub(1)) / seconds)
}

async fn keep_recognising(stt: Arc<dyn SpeechToText>) {
    let question = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join("tests/data/capital_of_france.wav");
    while let Ok(source) = WavSource::open(&question)
        && transcribe::recording(stt.as_ref(), source, |_| ())
            .await
            .is_ok()
    {}
}

/// A thread that keeps a core busy until it is dropped.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || while !stopped.load(Ordering::Relaxed) {});
        Self(stop)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A process that writes with a fixed number of threads: this program once more.
struct Fixed {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Fixed {
    fn start(threads: u32, model: &Path) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--fixed")
            .arg(threads.to_string())
            .arg(model)
            // As the host starts the worker.
            .env("GOMP_SPINCOUNT", "1000")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take().ok_or("no standard input")?;
        let answers = child.stdout.take().ok_or("no standard output")?;
        let mut fixed = Self {
            child,
            orders,
            answers: BufReader::new(answers),
        };
        fixed.measure()?;
        Ok(fixed)
    }

    fn measure(&mut self) -> Result<f64> {
        self.orders.write_all(b"\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let first = Instant::now();
        for _ in 1..TOKENS {
            self.answers.read_line(&mut line)?;
        }
        Ok(f64::from(TOKENS - 1) / first.elapsed().as_secs_f64())
    }
}

impl Drop for Fixed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes [`TOKENS`] tokens, a line each, for each line that comes in.
fn fixed(threads: i32, model: &str) -> Result<()> {
    llama_cpp_2::send_logs_to_tracing(LogOptions::default().with_logs_enabled(false));
    let backend = LlamaBackend::init()?;
    let parameters = LlamaModelParams::default().with_n_gpu_layers(0);
    let model = LlamaModel::load_from_file(&backend, model, &parameters)?;
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(4096))
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = model.new_context(&backend, parameters)?;
    let prompt = model.vocab().tokenize(PROMPT.as_bytes(), true, true);
    for line in std::io::stdin().lines() {
        line?;
        context.clear_kv_cache();
        let mut batch = LlamaBatch::new(prompt.len(), 1);
        batch.add_sequence(&prompt, 0, false)?;
        context.decode(&mut batch)?;
        let mut sampler = LlamaSampler::greedy();
        for (place, _) in (prompt.len()..).zip(0..TOKENS) {
            let token = sampler.sample(&context, -1);
            println!("{token}");
            let mut batch = LlamaBatch::new(1, 1);
            batch.add(token, i32::try_from(place)?, &[0], true)?;
            context.decode(&mut batch)?;
        }
    }
    Ok(())
}
