//! Workers that are scripts.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures::FutureExt;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::codec::Encoder;

use super::process::{CallError, Process, SpawnOptions};
use super::supervisor::{Supervisor, WorkerSpec};
use super::*;
use crate::memory::{Machine, MemoryManager, Placement};
use jane_config::Memory;
use jane_core::event::{EngineKind, Event, Events, Stamped};
use jane_worker::{FromWorker, Reply, Request, Whisper, WhisperLoad, WhisperLoaded, codec, encode};

const PATIENCE: Duration = Duration::from_secs(100);

struct Scene {
    events: UnboundedReceiver<Stamped>,
    supervisor: Arc<Supervisor<Whisper>>,
    _programs: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let programs = programs();
        let events = Events::new();
        let receiver = events.subscribe();
        let memory =
            MemoryManager::new(Memory::default(), Arc::new(Machine::new()), events.clone());
        let supervisor = WorkerPool::new(events, memory, Cores::new(1)).supervisor(WorkerSpec {
            role: EngineKind::Stt,
            backend: "whisper",
            model: "a-model".to_owned(),
            launch: launch(programs.path()),
            load: nothing(),
            wish: Placement::whole(false),
            threads: 1,
            files: Vec::new(),
        });
        Self {
            events: receiver,
            supervisor,
            _programs: programs,
        }
    }

    /// Has it load until its worker was started, whose process id is returned, and then gives it up.
    async fn begin_to_load(&mut self) -> u32 {
        let patience = Timeouts {
            start: PATIENCE,
            silence: PATIENCE,
        };
        let supervisor = Arc::clone(&self.supervisor);
        tokio::select! {
            _ = supervisor.prepare(patience, |_| ()) => panic!("it cannot be loaded"),
            pid = started(&mut self.events) => pid,
        }
    }
}

async fn started(events: &mut UnboundedReceiver<Stamped>) -> u32 {
    loop {
        if let Event::WorkerStarted { pid, .. } = events.recv().await.unwrap().event {
            return pid;
        }
    }
}

/// A directory with a worker that says nothing and does not end with its input.
fn programs() -> tempfile::TempDir {
    programs_that("exec sleep 1000")
}

/// A directory with a worker that does this. It is written by another process: a program that this process is still writing in any
/// thread could not be started.
fn programs_that(act: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" > jane-whisper && chmod +x jane-whisper"#;
    let mut command = Command::new("sh");
    let command = command.args(["-c", write, "sh", act]);
    assert!(command.current_dir(&directory).status().unwrap().success());
    directory
}

fn nothing() -> WhisperLoad {
    WhisperLoad {
        model: String::new(),
        gpu: false,
    }
}

fn frame(message: &FromWorker<Reply<Whisper>>) -> Vec<u8> {
    let mut frame = BytesMut::new();
    codec()
        .encode(encode(message).unwrap(), &mut frame)
        .unwrap();
    frame.to_vec()
}

fn launch(programs: &Path) -> SpawnOptions {
    SpawnOptions {
        programs: programs.to_path_buf(),
        ..SpawnOptions::default()
    }
}

#[tokio::test]
async fn a_load_that_was_given_up_is_gone_before_the_next_one_begins() {
    let mut scene = Scene::new();
    let first = scene.begin_to_load().await;
    assert!(Path::new(&format!("/proc/{first}")).exists());
    let second = scene.begin_to_load().await;
    assert_ne!(first, second);
    assert!(!Path::new(&format!("/proc/{first}")).exists());
}

#[tokio::test]
async fn a_call_that_ended_in_silence_is_not_waited_for_again() {
    let programs = programs();
    let process = Process::<Whisper>::start(&launch(programs.path()), &Events::new()).unwrap();
    let request = Request::Measure(nothing());
    let mut call = process.call(request, None, ());
    let silent = call.next(Duration::ZERO).await;
    assert!(matches!(silent, Some(Err(CallError::Silent(_)))));
    assert!(call.next(PATIENCE).now_or_never().unwrap().is_none());
    process.kill();
    process.end().await;
}

#[tokio::test]
async fn what_a_call_holds_is_given_back_when_the_worker_is_done_though_nobody_took_the_answer() {
    let frames = tempfile::tempdir().unwrap();
    let hello = FromWorker::Hello {
        protocol: jane_worker::VERSION,
        engine: String::new(),
    };
    let reply = FromWorker::Reply {
        id: 1,
        after_us: 0,
        reply: Reply::Loaded(WhisperLoaded { multilingual: true }),
    };
    let done = [frame(&reply), frame(&FromWorker::Finished { id: 1 })].concat();
    std::fs::write(frames.path().join("hello"), frame(&hello)).unwrap();
    std::fs::write(frames.path().join("done"), done).unwrap();
    // It is done as soon as it is asked something.
    let act = format!(
        "cd {:?}; cat hello; head -c 1 > /dev/null; cat done; exec sleep 1000",
        frames.path()
    );
    let programs = programs_that(&act);
    let process = Process::<Whisper>::start(&launch(programs.path()), &Events::new()).unwrap();
    let request = Request::Measure(nothing());
    let (held, given_back) = tokio::sync::oneshot::channel::<()>();
    let mut call = process.call(request, None, held);
    assert!(given_back.await.is_err());
    let reply = call.next(PATIENCE).await;
    assert!(matches!(reply, Some(Ok(Reply::Loaded(_)))));
    assert!(call.next(PATIENCE).await.is_none());
    process.kill();
    process.end().await;
}
