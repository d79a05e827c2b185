//! Memory while a conversation runs: of the host, of each engine, and of the devices.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jane_audio::{Silent, WavSource};
use jane_core::event::{Event, Events, Stamped};
use jane_engines::memory::{MEGABYTE, Machine, Probe};
use jane_worker::{Llama, Piper, Protocol, Whisper};
use tokio::sync::mpsc;

use super::error::BenchError;
use super::metric::{Metric, Unit};
use super::recordings::Recordings;
use super::{Bench, Part};
use crate::conversation::{Conversation, Question};

/// Between two looks: shorter than any stage of a turn that takes memory for itself.
const INTERVAL: Duration = Duration::from_millis(50);

/// The same where times are measured meanwhile, which looking must not disturb.
const SELDOM: Duration = Duration::from_millis(250);

const ROUNDS: (usize, usize) = (2, 1);

/// The workers, and what their figures are called.
const ENGINES: [(&str, &str, &str); 3] = [
    (Whisper::WORKER, "stt", "the recogniser"),
    (Llama::WORKER, "llm", "the language model"),
    (Piper::WORKER, "tts", "the voice"),
];

/// # Errors
/// Where an engine cannot be loaded or fails.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let events = Events::new();
    let started = events.subscribe();
    let installed = bench
        .install_with(&events)
        .map_err(BenchError::RunDirectory)?;
    let sampling = Sampling::start(std::process::id(), started, INTERVAL);
    let in_force = bench.in_force(&installed)?;
    let questions = Recordings::shipped()?;
    let mut conversation = Conversation::new(events.clone());
    conversation.prepare(&in_force, true, true).await?;
    let runs = bench.runs(ROUNDS);
    for run in 1..=runs {
        for (number, clip) in (1..).zip(&questions.clips) {
            bench.progress(&format!("memory: turn {number}, round {run} of {runs}"));
            let question = Question::Recording(Box::new(WavSource::open(&clip.path)?));
            conversation
                .turn(&in_force, question, Some(&mut Silent))
                .await?;
            conversation.maintain(&in_force).await;
        }
    }
    let samples = sampling.stop().await;
    super::unload(&installed).await;
    report(
        &samples,
        installed.workers.memory.report().devices.is_empty(),
        part,
    );
    Ok(())
}

/// Megabytes at one moment.
#[derive(Debug, Default)]
struct Sample {
    host: Option<f64>,
    engines: BTreeMap<&'static str, f64>,
    video: BTreeMap<&'static str, f64>,
    /// In use on all devices, whoever uses it.
    devices: f64,
}

/// Looks again and again.
pub struct Sampling {
    stop: mpsc::Sender<()>,
    samples: tokio::task::JoinHandle<Vec<Sample>>,
}

impl Sampling {
    /// Looks at another process alone, and seldom.
    pub fn of_process(pid: u32) -> Self {
        let (_, nothing) = mpsc::unbounded_channel();
        Self::start(pid, nothing, SELDOM)
    }

    /// `started` tells of the host's workers.
    fn start(host: u32, mut started: mpsc::UnboundedReceiver<Stamped>, interval: Duration) -> Self {
        let (stop, mut stopped) = mpsc::channel(1);
        let samples = tokio::spawn(async move {
            let machine = Arc::new(Machine::new());
            let mut workers = BTreeMap::new();
            let mut samples = Vec::new();
            while stopped.try_recv().is_err() {
                while let Ok(event) = started.try_recv() {
                    if let Event::WorkerStarted { worker, pid } = event.event {
                        workers.insert(worker, pid);
                    }
                }
                let (machine, workers) = (Arc::clone(&machine), workers.clone());
                let looked =
                    tokio::task::spawn_blocking(move || look(machine.as_ref(), host, &workers));
                samples.extend(looked.await);
                tokio::time::sleep(interval).await;
            }
            samples
        });
        Self { stop, samples }
    }

    /// What the host took each time, in megabytes.
    pub async fn hosts(self) -> Vec<f64> {
        let samples = self.stop().await;
        samples.iter().filter_map(|sample| sample.host).collect()
    }

    async fn stop(self) -> Vec<Sample> {
        let _ = self.stop.send(()).await;
        self.samples.await.unwrap_or_default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes are far below 2^52")]
fn look(machine: &Machine, host: u32, workers: &BTreeMap<&'static str, u32>) -> Sample {
    let megabytes = |bytes: u64| bytes as f64 / MEGABYTE as f64;
    let of = |ask: &dyn Fn(u32) -> Option<u64>| {
        let each = workers.iter();
        each.filter_map(|(worker, pid)| Some((*worker, megabytes(ask(*pid)?))))
            .collect()
    };
    Sample {
        host: machine.process(host).map(megabytes),
        engines: of(&|pid| machine.process(pid)),
        video: of(&|pid| machine.device_use(pid)),
        devices: machine
            .devices()
            .iter()
            .map(|device| megabytes(device.used))
            .sum(),
    }
}

fn report(samples: &[Sample], no_device: bool, part: &mut Part) {
    let talk = std::mem::take(&mut part.talk);
    if talk.is_empty() {
        let note = "memory: of the host in this process alone, since no live turns were measured";
        part.notes.push(note.to_owned());
    }
    let reason = if samples.iter().all(|sample| sample.host.is_none()) {
        Some("the system does not say what a process takes")
    } else {
        None
    };
    let mut add = |key: &str, name: &str, values: Vec<f64>| {
        let figure = match reason {
            Some(reason) => Metric::missing(key, name, Unit::Megabytes, reason),
            None => Metric::new(key, name, Unit::Megabytes, values),
        };
        part.figures.push(figure);
    };
    // Before the first engine is there, there is nothing to say of engines.
    let loaded = || samples.iter().filter(|sample| !sample.engines.is_empty());
    let engines = |sample: &Sample| sample.engines.values().sum::<f64>();
    let host = |sample: &Sample| sample.host.unwrap_or_default();
    // This process is not the one that people run: what counts is whichever takes more.
    let (here, talk) = (samples.iter().filter_map(|sample| sample.host), &talk);
    let name = if talk.is_empty() {
        "the host"
    } else {
        "the host, here and in live turns as `jane talk`"
    };
    add(
        "memory.host",
        name,
        here.chain(talk.iter().copied()).collect(),
    );
    for (worker, _, name) in ENGINES {
        let of = |sample: &Sample| sample.engines.get(worker).copied();
        add(
            &format!("memory.{worker}"),
            name,
            samples.iter().filter_map(of).collect(),
        );
    }
    add(
        "memory.engines",
        "all engines",
        loaded().map(engines).collect(),
    );
    let all = loaded().map(|sample| host(sample) + engines(sample));
    let most = loaded().map(engines).fold(0.0, f64::max);
    add(
        "memory.all",
        "host and engines",
        all.chain(talk.iter().map(|talk| talk + most)).collect(),
    );

    let reason = if no_device {
        "no graphics processor that the engines can use"
    } else {
        "the driver does not say what a process takes"
    };
    let mut add = |key: &str, name: &str, values: Vec<f64>| {
        let figure = if values.is_empty() {
            Metric::missing(key, name, Unit::Megabytes, reason)
        } else {
            Metric::new(key, name, Unit::Megabytes, values)
        };
        part.figures.push(figure);
    };
    for (worker, section, name) in ENGINES {
        let of = |sample: &Sample| sample.video.get(worker).copied();
        let name = format!("{name}, GPU memory");
        add(
            &format!("{section}.video"),
            &name,
            samples.iter().filter_map(of).collect(),
        );
    }
    let used = |sample: &Sample| (!no_device).then_some(sample.devices);
    let name = "GPU memory in use on all devices";
    add(
        "memory.video",
        name,
        samples.iter().filter_map(used).collect(),
    );
}
