//! Scenarios of the figures: what is counted, what a socket and an address tell, and what they do not put up with.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::collector::Collector;
use super::endpoint::Endpoint;
use super::*;
use crate::config::{self, Listen};
use crate::event::{Event, Role, Waterfall};
use crate::memory::{Device, Placement, Probe, Reason, Request, SystemMemory};

/// Words that must not be found in any figure.
const SAID: &str = "my secret";

/// A machine of 16 GB, in which every process takes 100 MB.
struct Desk;

impl Probe for Desk {
    fn devices(&self) -> Vec<Device> {
        vec![Device {
            index: 0,
            name: "a \"quoted\" device".to_owned(),
            total: 8_000_000_000,
            free: 6_000_000_000,
            used: 2_000_000_000,
        }]
    }

    fn device_use(&self, _pid: u32) -> Option<u64> {
        None
    }

    fn system(&self) -> Option<SystemMemory> {
        Some(SystemMemory {
            total: 16_000_000_000,
            available: 12_000_000_000,
        })
    }

    fn process(&self, _pid: u32) -> Option<u64> {
        Some(100_000_000)
    }
}

struct Scene {
    events: Events,
    memory: MemoryManager,
    metrics: Metrics,
    home: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let events = Events::new();
        let memory = MemoryManager::new(config::Memory::default(), Arc::new(Desk), events.clone());
        let models = || Models {
            stt: "hearing".to_owned(),
            llm: "thinking".to_owned(),
            tts: "speaking".to_owned(),
        };
        let metrics = Metrics::new(home.path(), memory.clone(), models, &events);
        Self {
            events,
            memory,
            metrics,
            home,
        }
    }

    fn turn(&self, turn: u64, outcome: &'static str, total_ms: u64) {
        self.events.emit(Event::TurnEnded {
            turn,
            outcome,
            waterfall: Waterfall {
                stt_ms: Some(90),
                first_audio_ms: Some(450),
                total_ms,
                audio_seconds: 1.5,
                prompt_tokens: 100,
                reused_tokens: 80,
                reply_tokens: 20,
                sentences: 2,
                ..Waterfall::default()
            },
        });
    }

    /// An engine that is loaded in process 4711.
    fn load(&self, role: Role, model: &str) -> crate::memory::Ticket {
        let footprint = crate::memory::Footprint {
            program: 90_000_000,
            ..crate::memory::Footprint::default()
        };
        let request = Request {
            role,
            model,
            footprint: &footprint,
            wish: Placement::whole(false),
            replaces: None,
        };
        let (ticket, _) = self.memory.admit(&request, Instant::now()).unwrap();
        ticket.loaded(4711, Instant::now());
        ticket
    }
}

fn waterfall() -> Waterfall {
    Waterfall {
        stt_ms: Some(1),
        total_ms: 2,
        end_of_turn_ms: Some(250),
        ..Waterfall::default()
    }
}

#[tokio::test]
async fn what_happened_is_counted_before_anybody_looks() {
    let scene = Scene::new();
    scene.turn(1, "answered", 2000);
    scene.turn(2, "answered", 4000);
    scene.turn(3, "interrupted", 500);
    for event in [
        Event::WorkerRestarted {
            worker: "jane-llama",
            attempt: 1,
        },
        Event::MemoryEvicted {
            role: Role::Tts,
            model: "speaking".to_owned(),
            reason: Reason::OverBudget,
        },
        Event::ContextPruned {
            turns: 3,
            tokens: 100,
        },
        Event::ConfigRejected {
            problems: vec![SAID.to_owned()],
            hint: None,
        },
        Event::SkillFaulted {
            skill: SAID.to_owned(),
            reason: SAID.to_owned(),
        },
        Event::ToolCalled {
            turn: 1,
            tool: SAID.to_owned(),
            skill: None,
            ok: false,
            ms: 1,
        },
        Event::Reply {
            turn: 1,
            text: SAID.to_owned(),
            finish: "stop",
        },
    ] {
        scene.events.emit(event);
    }
    let snapshot = scene.metrics.snapshot().await;
    let counters = &snapshot.counters;
    assert_eq!(counters.turns["answered"], 2);
    assert_eq!(counters.turns["interrupted"], 1);
    assert_eq!(counters.prompt_tokens, 300);
    assert_eq!(counters.reused_tokens, 240);
    assert_eq!(counters.reply_tokens, 60);
    assert_eq!(counters.worker_restarts["jane-llama"], 1);
    assert_eq!(counters.evictions["over_budget"], 1);
    assert_eq!((counters.prunes, counters.pruned_turns), (1, 3));
    assert_eq!(counters.config_rejections, 1);
    assert_eq!((counters.tool_calls, counters.failed_tool_calls), (1, 1));
    assert_eq!(counters.skill_faults, 1);
    // The one that was cut off is seen, and its times are not counted.
    let total = &snapshot.stages.0["total"];
    assert_eq!((total.count, total.sum_seconds), (2, 6.0));
    let turns: Vec<u64> = snapshot.turns.iter().map(|turn| turn.turn).collect();
    assert_eq!(turns, [1, 2, 3]);

    // It survives the socket, and tells nothing that was said.
    let line = serde_json::to_string(&snapshot).unwrap();
    assert!(!line.contains(SAID), "{line}");
    assert_eq!(serde_json::from_str::<Snapshot>(&line).unwrap(), snapshot);
    assert!(!exposition::render(snapshot).unwrap().contains(SAID));
}

#[test]
fn what_is_kept_stops_growing() {
    let mut collector = Collector::default();
    let mut sizes = Vec::new();
    for turn in 0..10_000 {
        collector.observe(&Stamped {
            event: Event::TurnEnded {
                turn,
                outcome: "answered",
                waterfall: waterfall(),
            },
            at_ms: 1_700_000_000_000,
        });
        if turn % 5000 == 4999 {
            let kept = (collector.turns.len(), collector.stages.0.len());
            sizes.push(kept);
        }
    }
    assert_eq!(sizes, [(MOST_TURNS, 3); 2]);
    assert_eq!(collector.turns.back().unwrap().turn, 9999);
}

#[tokio::test]
async fn engines_are_shown_with_their_process_and_what_it_takes() {
    let scene = Scene::new();
    let _ticket = scene.load(Role::Llm, "thinking");
    let memory = scene.metrics.snapshot().await.memory;
    let engine = &memory.engines[0];
    assert_eq!((engine.pid, engine.loaded), (Some(4711), true));
    assert_eq!(engine.measured.unwrap().system, 100_000_000);
    assert_eq!(memory.host.unwrap().used, 100_000_000);
}

/// The samples of an exposition by name and labels, every family checked on the way.
fn samples(text: &str) -> std::collections::BTreeMap<String, f64> {
    let (mut helped, mut typed) = (Vec::new(), Vec::new());
    let mut samples = std::collections::BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", "HELP", name, help] => {
                assert!(!help.is_empty());
                assert!(!helped.contains(name), "{name} is there twice");
                helped.push(name);
            }
            ["#", "TYPE", name, kind] => {
                assert_eq!(helped.last(), Some(name));
                assert_eq!(*kind == "counter", name.ends_with("_total"), "{name}");
                typed.push(*name);
            }
            _ => {
                let (sample, value) = line.rsplit_once(' ').unwrap();
                let name = sample.split('{').next().unwrap();
                let family = *typed.last().unwrap();
                let suffix = name
                    .strip_prefix(family)
                    .unwrap_or_else(|| panic!("{line}"));
                assert!(
                    ["", "_bucket", "_sum", "_count"].contains(&suffix),
                    "{line}"
                );
                assert!(name.starts_with("jane_"), "{line}");
                let before = samples.insert(sample.to_owned(), value.parse().unwrap());
                assert_eq!(before, None, "{sample} is there twice");
            }
        }
    }
    assert_eq!(helped, typed);
    samples
}

#[tokio::test]
async fn prometheus_is_told_the_same() {
    let scene = Scene::new();
    // While one takes the other's place there are two of a kind.
    let _tickets = [
        scene.load(Role::Llm, "thinking"),
        scene.load(Role::Llm, "thinking"),
    ];
    for turn in 1..=3 {
        scene.turn(turn, "answered", turn * 400);
    }
    let snapshot = scene.metrics.snapshot().await;
    let budget = snapshot.memory.engines[0].budget.system;
    let found = samples(&exposition::render(snapshot).unwrap());
    let device = r#"{device="0",name="a \"quoted\" device"}"#;
    let llm = r#"{process="llm",model="thinking",memory="system"}"#;
    for (sample, value) in [
        (r#"jane_turns_total{outcome="answered"}"#, 3.0),
        ("jane_reply_tokens_total", 60.0),
        ("jane_speech_seconds_total", 4.5),
        ("jane_skill_faults_total", 0.0),
        (
            r#"jane_turn_stage_seconds_bucket{le="0.3",stage="total"}"#,
            0.0,
        ),
        (
            r#"jane_turn_stage_seconds_bucket{le="0.5",stage="total"}"#,
            1.0,
        ),
        (
            r#"jane_turn_stage_seconds_bucket{le="+Inf",stage="total"}"#,
            3.0,
        ),
        (r#"jane_turn_stage_seconds_sum{stage="total"}"#, 2.4),
        (r#"jane_turn_stage_seconds_count{stage="heard"}"#, 3.0),
        (r#"jane_engines_loaded{process="llm"}"#, 2.0),
        (&format!("jane_memory_measured_bytes{llm}"), 2e8),
        (&format!("jane_memory_estimated_bytes{llm}"), 1.8e8),
        (
            r#"jane_memory_budget_bytes{process="llm",memory="system"}"#,
            budget as f64,
        ),
        (
            r#"jane_memory_measured_bytes{process="host",model="",memory="system"}"#,
            1e8,
        ),
        (&format!("jane_device_memory_free_bytes{device}"), 6e9),
        ("jane_machine_memory_size_bytes", 1.6e10),
        (r#"jane_model_info{engine="tts",model="speaking"}"#, 1.0),
    ] {
        let said = found.get(sample).copied();
        assert_eq!(said, Some(value), "{sample} in {found:#?}");
    }
}

#[tokio::test]
async fn a_jane_is_found_by_her_home_however_long_its_path_is() {
    let scene = Scene::new();
    let models = scene.home.path().join("a-long-name".repeat(20));
    let run =
        crate::temporary::Temporary::new_in(&crate::runtime::runs_directory(&models)).unwrap();
    assert!(run.path().as_os_str().len() > 200);
    let home = scene.home.path();
    let none = running(&models, home, None).await.err().unwrap();
    assert!(matches!(none, NotFound::None { .. }), "{none}");

    let listener = status::listen(run.path()).unwrap();
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&run.path().join(status::SOCKET)), 0o600);
    assert_eq!(mode(run.path()), 0o700);
    let serving = tokio::spawn(status::serve(listener, scene.metrics.clone()));
    let mut found = running(&models, home, None).await.unwrap();
    assert_eq!(found.first.pid, std::process::id());
    scene.turn(1, "answered", 100);
    let next = found.next().await.unwrap();
    assert_eq!(next.turns.len(), 1);
    assert!(
        running(&models, home, Some(std::process::id()))
            .await
            .is_ok()
    );
    let other = running(&models, home, Some(1)).await.err().unwrap();
    assert!(matches!(other, NotFound::NotThis { pid: 1, .. }), "{other}");
    // Homes may share their models.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = running(&models, elsewhere.path(), None)
        .await
        .err()
        .unwrap();
    assert!(matches!(other, NotFound::None { .. }), "{other}");

    // She ends, as by kill -9: the socket stays, and nobody is there.
    serving.abort();
    assert!(serving.await.unwrap_err().is_cancelled());
    while found.next().await.is_some() {}
    let gone = running(&models, home, None).await.err().unwrap();
    assert!(matches!(gone, NotFound::None { .. }), "{gone}");
    assert!(gone.hint().unwrap().contains("jane chat"));
}

/// Time goes on by itself where nothing else does.
#[tokio::test(start_paused = true)]
async fn the_ninth_is_turned_away_until_one_that_never_reads_is_let_go() {
    let scene = Scene::new();
    let listener = status::listen(scene.home.path()).unwrap();
    let serving = tokio::spawn(status::serve(listener, scene.metrics.clone()));
    let connect = || crate::platform::connect_in(scene.home.path(), status::SOCKET);
    let mut lazy = Vec::new();
    for _ in 0..status::MOST_WATCHERS {
        let mut stream = connect().await.unwrap();
        // What is sent is not read.
        stream.write_all(b"hello").await.unwrap();
        // Taken: the first line has begun.
        assert_eq!(stream.read_u8().await.unwrap(), b'{');
        lazy.push(stream);
    }
    let mut ninth = BufReader::new(connect().await.unwrap());
    let mut line = String::new();
    assert_eq!(ninth.read_line(&mut line).await.unwrap(), 0, "{line}");
    let told = loop {
        let mut stream = BufReader::new(connect().await.unwrap());
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap() > 0 {
            break line;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert!(serde_json::from_str::<Snapshot>(&told).is_ok());
    serving.abort();
}

async fn ask(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn figures_are_served_to_who_names_this_machine() {
    let scene = Scene::new();
    scene.turn(1, "answered", 100);
    let listen: Listen = "127.0.0.1:0".parse().unwrap();
    let endpoint = Endpoint::open(&listen, scene.metrics.clone())
        .await
        .unwrap();
    let address = endpoint.address;
    let get = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for host in [
        address.to_string(),
        "localhost:9999".to_owned(),
        "LOCALHOST".to_owned(),
    ] {
        let answer = ask(address, &get("/metrics", &host)).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{host}: {answer}");
        assert!(head.contains("text/plain; version=0.0.4"), "{head}");
        assert_eq!(
            samples(body)[r#"jane_turns_total{outcome="answered"}"#],
            1.0
        );
    }
    for (request, status) in [
        // A name that somebody else had resolve to this machine.
        (get("/metrics", "example.org"), 403),
        (
            get("/metrics", &format!("example.org:{}", address.port())),
            403,
        ),
        (get("/metrics", "127.0.0.2"), 403),
        (get("http://example.org/metrics", "localhost"), 403),
        (get("/metrics", "a b"), 400),
        (get("/metrics", "localhost\r\nHost: localhost"), 400),
        ("GET /metrics HTTP/1.0\r\n\r\n".to_owned(), 400),
        (get("/", "localhost"), 404),
        (get("/metrics", "localhost").replace("GET", "POST"), 405),
        (get("/metrics", "localhost").replace("GET", "HEAD"), 405),
        (format!("GET /{} HTTP/1.1\r\n", "a".repeat(20_000)), 414),
    ] {
        let answer = ask(address, &request).await;
        let expected = format!("HTTP/1.1 {status}");
        let expected = if request.contains("1.0") {
            expected.replace("1.1", "1.0")
        } else {
            expected
        };
        assert!(answer.starts_with(&expected), "{request}: {answer}");
        assert!(!answer.contains("jane_turns_total"));
    }
    endpoint.close().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn connections_that_ask_nothing_are_closed_and_hold_up_nobody_for_long() {
    let scene = Scene::new();
    let listen: Listen = "127.0.0.1:0".parse().unwrap();
    let endpoint = Endpoint::open(&listen, scene.metrics.clone())
        .await
        .unwrap();
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(endpoint.address).await.unwrap());
    }
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = ask(endpoint.address, request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for mut stream in silent {
        let mut rest = String::new();
        let _ = stream.read_to_string(&mut rest).await;
    }
}
