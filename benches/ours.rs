//! What Jane's own code costs, beside the engines: `cargo bench --bench ours -- [FILTER]`.
//!
//! Every benchmark does what its name says, with the types that Jane does it with. Sound is one of the questions that ship; where a
//! goal is known, the throughput shows how far it is: a frame of 10 ms that takes 10 µs leaves a core idle for 99.9 %.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jane::conversation::{History, SentenceCutter, Watermarks};
use jane_audio::{FRAME, Frame, Resampler, read_speech};
use jane_config::{Config, Context};
use jane_core::event::{Events, TurnInput};
use jane_engines::Window;
use jane_models::{ModelKind, ModelStore};
use jane_skills::{Heard, SkillPaths, SkillRegistry, SkillSet, SkillTransaction, Verdict};
use jane_turn_detection::{EchoCanceller, EnergyDetector, Silero, VoiceDetector};
use jane_worker::{
    FromHost, FromWorker, Llama, LlamaOutput, Piper, PiperOutput, Reply, Request, codec, decode,
    encode,
};
use tokio_util::codec::{Decoder, Encoder};

/// Samples a second of what is recognised.
const SPEECH_RATE: usize = 16_000;

/// A spoken question: 16 kHz.
fn speech() -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/capital_of_france.wav");
    read_speech(&path, 60.0).expect("the spoken questions ship")
}

/// One window of sound for the voice detector, 32 ms.
fn voice_detection(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("voice detection, a window");
    let mut detectors: Vec<(&str, Box<dyn VoiceDetector>)> =
        vec![("energy", Box::new(EnergyDetector::default()))];
    match silero() {
        Ok(silero) => detectors.push(("silero", Box::new(silero))),
        Err(reason) => eprintln!("the benchmark of Silero is left out: {reason}"),
    }
    let speech = speech();
    for (name, mut detector) in detectors {
        let window = detector.window();
        let mut windows = speech.chunks_exact(window).cycle();
        group.throughput(Throughput::Elements(window as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                windows
                    .next()
                    .map(|window| detector.probability(black_box(window)))
            });
        });
    }
    group.finish();
}

/// The detector with the ONNX Runtime of the models' directory.
fn silero() -> Result<Silero, Box<dyn std::error::Error>> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Config::load(&jane_config::Source {
        file: None,
        environment: jane_config::process_environment(),
        overrides: Vec::new(),
    })?;
    let store = ModelStore::open(&config.models_directory(home))?;
    let runtime = store.resolve(ModelKind::Runtime, jane_engines::ONNX_RUNTIME, home)?;
    Ok(Silero::load(&runtime.main)?)
}

/// One frame of 10 ms through the echo canceller: while she speaks, and while nothing was played for long.
fn echo(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("echo canceller, a frame");
    group.throughput(Throughput::Elements(FRAME as u64));
    let speech = speech();
    for (name, loudness) in [("while she speaks", 1.0), ("idle", 0.0)] {
        let frames: Vec<Frame> = speech
            .as_chunks::<FRAME>()
            .0
            .iter()
            .map(|samples| Frame {
                // what is played comes back from the room, quieter
                captured: samples.map(|sample| 0.3 * sample),
                played: samples.map(|sample| loudness * sample),
            })
            .collect();
        let mut echo = EchoCanceller::new(true);
        let mut frames = frames.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| frames.next().map(|frame| echo.clean(black_box(frame))));
        });
    }
    group.finish();
}

/// Blocks of 20 ms: from a microphone to the recogniser, and from a voice to a loudspeaker.
fn resampling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resampling, 20 ms");
    for (from, to) in [(48_000, 16_000), (22_050, 48_000)] {
        let block = from as usize / 50;
        let speech = speech();
        let mut blocks = speech.chunks_exact(block).cycle();
        let mut resampler = Resampler::new(from, to).expect("both rates are accepted");
        group.throughput(Throughput::Elements(block as u64));
        group.bench_function(format!("{from} to {to} Hz"), |bencher| {
            bencher.iter(|| blocks.next().map(|block| resampler.push(black_box(block))));
        });
    }
    group.finish();
}

/// A long reply as the model writes it: in pieces of a few letters.
fn sentences(criterion: &mut Criterion) {
    let sentence = "The capital of France is Paris, which has some 2.1 million people, and \
                    Mr. Haussmann built its avenues; \"Who would not see them?\" she asked. ";
    let reply = sentence.repeat(60);
    let letters: Vec<char> = reply.chars().collect();
    let tokens: Vec<String> = letters
        .chunks(4)
        .map(|token| token.iter().collect())
        .collect();
    let mut group = criterion.benchmark_group("sentences");
    group.throughput(Throughput::Elements(tokens.len() as u64));
    group.bench_function(format!("a reply of {} tokens", tokens.len()), |bencher| {
        bencher.iter(|| {
            let mut cutter = SentenceCutter::default();
            let mut sentences = 0;
            for token in &tokens {
                sentences += cutter.push(black_box(token)).len();
            }
            sentences + cutter.finish().len()
        });
    });
    group.finish();
}

/// Deciding how many of 200 exchanges have to go, and cutting them.
fn pruning(criterion: &mut Criterion) {
    let history = history(200);
    let window = Window {
        tokens: 4096,
        reply: 512,
    };
    let context = Context::default();
    let surplus = Watermarks::new(window, &context).surplus(&history);
    assert!(surplus > 0, "the conversation is too long for the window");
    let mut group = criterion.benchmark_group("pruning, 200 turns");
    group.bench_function("decide", |bencher| {
        bencher.iter(|| Watermarks::new(window, &context).surplus(black_box(&history)));
    });
    group.bench_function("decide and cut", |bencher| {
        bencher.iter_batched_ref(
            || history.clone(),
            |history| {
                let surplus = Watermarks::new(window, &context).surplus(history);
                history.cut_oldest(surplus)
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// A conversation of so many exchanges, all of them counted: a token for every four bytes.
fn history(exchanges: usize) -> History {
    let mut history = History::new("You are Jane, a voice assistant. Answer briefly.", &[]);
    for exchange in 0..exchanges {
        let question = format!("What is the capital of the country number {exchange}?");
        history.push(&question, "It is a city on a river, and it is old.", 0);
    }
    loop {
        let uncounted = history.uncounted();
        if uncounted.is_empty() {
            return history;
        }
        for (part, prompt) in uncounted {
            let bytes: usize = prompt.iter().map(|message| message.content.len()).sum();
            history.counted(part, u32::try_from(bytes / 4).unwrap_or(u32::MAX));
        }
    }
}

/// Frames between host and worker, written and read: what is said becomes bytes behind their length, and is said again.
fn protocol(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("protocol, a round trip");
    group.throughput(Throughput::Elements(1));
    group.bench_function("a token", |bencher| {
        let token = FromWorker::Reply {
            id: 7,
            after_us: 1_000_000,
            reply: Reply::<Llama>::Output(LlamaOutput::Text(" Paris".to_owned())),
        };
        bencher.iter(|| round_trip::<FromWorker<Reply<Llama>>>(black_box(&token)));
    });
    let second: Vec<f32> = speech().into_iter().cycle().take(SPEECH_RATE).collect();
    group.throughput(Throughput::Bytes(size_of_val(second.as_slice()) as u64));
    group.bench_function("a second to the recogniser", |bencher| {
        let audio = FromHost::<Request<Llama>>::Audio {
            id: 7,
            samples: second.clone(),
        };
        bencher.iter(|| round_trip::<FromHost<Request<Llama>>>(black_box(&audio)));
    });
    let second: Vec<f32> = speech().into_iter().cycle().take(22_050).collect();
    group.throughput(Throughput::Bytes(size_of_val(second.as_slice()) as u64));
    group.bench_function("a second from the voice", |bencher| {
        let audio = FromWorker::Reply {
            id: 7,
            after_us: 1_000_000,
            reply: Reply::<Piper>::Output(PiperOutput::Audio(second.clone())),
        };
        bencher.iter(|| round_trip::<FromWorker<Reply<Piper>>>(black_box(&audio)));
    });
    group.finish();
}

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(message: &T) -> T {
    let mut framing = codec();
    let mut wire = BytesMut::new();
    let content = encode(message).expect("it can be represented");
    framing
        .encode(content, &mut wire)
        .expect("it is short enough");
    let frame = framing.decode(&mut wire).expect("it was written whole");
    decode(&frame.expect("it was written whole")).expect("it was written by this side")
}

/// A hook of a skill that keeps nothing: from the host into the component and back.
fn skill_hook(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads can be started");
    let home = tempfile::tempdir().expect("there is room for a directory");
    let clock = runtime.block_on(clock(home.path().to_path_buf()));
    let mut group = criterion.benchmark_group("skills");
    group.throughput(Throughput::Elements(1));
    group.bench_function("a transcript hook of `clock`", |bencher| {
        bencher.iter(|| runtime.block_on(hear(&clock)));
    });
    group.finish();
}

async fn clock(home: PathBuf) -> SkillSet {
    let place = SkillPaths {
        cache: home.join("cache"),
        home,
        keeps: true,
        compiler: None,
    };
    let skills = SkillRegistry::new(place, &Config::default(), &Events::new());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/clock.wasm");
    let loaded = skills.expect("there is a home").load("clock", &file).await;
    SkillSet::new(vec![loaded.expect("the clock ships")], Vec::new())
}

async fn hear(set: &SkillSet) {
    let turn = SkillTransaction::new(1, Duration::from_secs(1), true);
    let heard = Heard {
        text: "What is the capital of France?".to_owned(),
        confidence: Some(0.9),
        input: TurnInput::Voice,
        language: None,
    };
    let verdict = set.hear(&turn, heard).await;
    assert!(
        matches!(verdict, Verdict::Ask(_)),
        "the clock does not know"
    );
}

criterion_group!(
    benches,
    voice_detection,
    echo,
    resampling,
    sentences,
    pruning,
    protocol,
    skill_hook
);
criterion_main!(benches);
