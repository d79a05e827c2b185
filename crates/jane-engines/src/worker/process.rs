//! One running worker as the host sees it: started, spoken to, and seen to its end.
//!
//! Invariants: every call ends, with `None` after its last reply or with one error; dropping a call cancels it; when the
//! process ends every call in flight learns of it with the exit status; dropping the last handle ends the process, by closing its
//! stdin and, where that is not enough, by killing it. What the process held is given back when it is gone, not before.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::codec::{FramedRead, FramedWrite};

use jane_core::event::{Event, Events};
use jane_worker::{Failure, FromHost, FromWorker, Protocol, Reply, Request};

/// Samples of one audio frame: a second at 16 kHz.
const AUDIO_FRAME: usize = 16_000;

/// How long a worker that is to end may take before it is killed.
const END_GRACE: Duration = Duration::from_secs(2);

/// Bytes of a line of the worker's standard error that are logged; the rest of a longer one is a line of its own.
const LONGEST_LINE: u64 = 8 << 10;

/// Variables of the host's environment that a worker needs; it gets no others.
const ENVIRONMENT: [&str; 7] = [
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "GGML_VK_VISIBLE_DEVICES",
    "RUST_BACKTRACE",
    "SystemRoot",
];

/// How to start a worker.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpawnOptions {
    /// Directory of the worker's executable.
    pub programs: PathBuf,
    /// Files and directories that the worker may read, beside the system's own.
    pub readable: Vec<PathBuf>,
    /// Directories that it may write to.
    pub writable: Vec<PathBuf>,
    /// Variables to set.
    pub environment: Vec<(&'static str, OsString)>,
}

/// Why a call ended early.
#[derive(Debug, Clone)]
pub enum CallError {
    /// The program could not be started.
    NotStarted(String),
    /// The process ended; how, in words.
    Died(String),
    /// No sign of life for this long.
    Silent(Duration),
    /// The engine said no.
    Failed(Failure),
}

type Answer<P> = Result<Reply<P>, CallError>;

/// An answer, and how long the worker had been at the request when it gave it.
type Timed<P> = Result<(Reply<P>, Duration), CallError>;

/// A call in flight.
struct Open<P: Protocol> {
    answers: mpsc::UnboundedSender<Timed<P>>,
    /// What is given back once the worker is at it no longer, whether or not its answers were taken.
    _until_done: Box<dyn Send>,
}

/// Calls in flight, the last sign of life, and the status once the process has ended.
struct Calls<P: Protocol> {
    open: HashMap<u64, Open<P>>,
    heard: Instant,
    ended: Option<String>,
}

/// What is given back once the process has ended.
type Belongings = Mutex<Vec<Box<dyn Send>>>;

/// A running worker.
pub struct Process<P: Protocol> {
    pub pid: u32,
    next_id: AtomicU64,
    outgoing: Outgoing,
    calls: Arc<Mutex<Calls<P>>>,
    kill: Arc<Notify>,
    release: Arc<Notify>,
    belongings: Arc<Belongings>,
    gone: watch::Receiver<bool>,
}

/// Frames on their way to the worker; those of one message go together.
type Outgoing = mpsc::UnboundedSender<Vec<Bytes>>;

impl<P: Protocol> Drop for Process<P> {
    fn drop(&mut self) {
        self.release.notify_one();
    }
}

impl<P: Protocol> Process<P> {
    /// Starts the worker. It answers calls once it has said hello, which calls wait for by themselves.
    ///
    /// # Errors
    /// Where the program cannot be started.
    pub fn start(launch: &SpawnOptions, events: &Events) -> std::io::Result<Self> {
        let mut child = command::<P>(launch).spawn()?;
        let pid = child.id().unwrap_or_default();
        let missing = || std::io::Error::other("the worker's pipes are missing");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        events.emit(Event::WorkerStarted {
            worker: P::WORKER,
            pid,
        });

        let (outgoing, frames) = mpsc::unbounded_channel();
        let calls = Arc::new(Mutex::new(Calls {
            open: HashMap::new(),
            heard: Instant::now(),
            ended: None,
        }));
        let (kill, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let belongings = Arc::new(Belongings::default());
        let (gone, is_gone) = watch::channel(false);
        tokio::spawn(write_frames(stdin, frames));
        tokio::spawn(log_lines(P::WORKER, pid, stderr));
        let attendant = Attendant::<P> {
            pid,
            calls: Arc::clone(&calls),
            kill: Arc::clone(&kill),
            release: Arc::clone(&release),
            belongings: Arc::clone(&belongings),
            gone,
            events: events.clone(),
        };
        tokio::spawn(attendant.attend(child, stdout));
        Ok(Self {
            pid,
            next_id: AtomicU64::new(1),
            outgoing,
            calls,
            kill,
            release,
            belongings,
            gone: is_gone,
        })
    }

    /// Keeps `belonging` until the process has ended.
    pub fn keep(&self, belonging: impl Send + 'static) {
        self.belongings.lock().push(Box::new(belonging));
    }

    /// Lets the process end, and waits until it has.
    pub async fn end(self) {
        let mut gone = self.gone();
        drop(self);
        let _ = gone.wait_for(|gone| *gone).await;
    }

    /// Becomes true when the process has ended, and what it held was given back.
    pub fn gone(&self) -> watch::Receiver<bool> {
        self.gone.clone()
    }

    /// A function that tells the worker how many threads it may compute with. It does not keep the process alive.
    pub fn threads(&self) -> impl Fn(u32) + Send + Sync + 'static {
        let outgoing = self.outgoing.downgrade();
        move |threads| {
            if let Some(outgoing) = outgoing.upgrade() {
                send::<P>(&outgoing, [FromHost::Threads { threads }]);
            }
        }
    }

    /// Whether the process has not ended yet, as far as is known.
    pub fn is_alive(&self) -> bool {
        self.calls.lock().ended.is_none()
    }

    /// Ends the process now. Calls in flight learn that it died.
    pub fn kill(&self) {
        self.kill.notify_one();
    }

    /// Sends `request`, and `audio` behind it. `until_done` is dropped as soon as the worker is at it no longer.
    pub fn call(
        &self,
        request: Request<P>,
        audio: Option<&[f32]>,
        until_done: impl Send + 'static,
    ) -> RunningCall<P> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, answers) = mpsc::unbounded_channel();
        let call = RunningCall {
            id,
            answers,
            outgoing: self.outgoing.clone(),
            calls: Arc::clone(&self.calls),
            started: Instant::now(),
            after: Duration::ZERO,
            ended: false,
        };
        {
            let mut calls = self.calls.lock();
            if let Some(status) = &calls.ended {
                let _ = sender.send(Err(CallError::Died(status.clone())));
                return call;
            }
            let open = Open {
                answers: sender,
                _until_done: Box::new(until_done),
            };
            calls.open.insert(id, open);
        }
        let audio = audio.unwrap_or_default();
        let audio_samples = audio.len() as u64;
        let begin = FromHost::Request {
            id,
            request,
            audio_samples,
        };
        let audio = audio.chunks(AUDIO_FRAME).map(|part| FromHost::Audio {
            id,
            samples: part.to_vec(),
        });
        send::<P>(&self.outgoing, std::iter::once(begin).chain(audio));
        call
    }
}

/// A request on its way. Dropped before its end, it is cancelled.
pub struct RunningCall<P: Protocol> {
    id: u64,
    answers: mpsc::UnboundedReceiver<Timed<P>>,
    outgoing: Outgoing,
    calls: Arc<Mutex<Calls<P>>>,
    started: Instant,
    after: Duration,
    ended: bool,
}

impl<P: Protocol> RunningCall<P> {
    /// How long the worker had been at the request, by its own clock, when it gave the last reply.
    pub fn after(&self) -> Duration {
        self.after
    }

    /// Names the call among those of its worker.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The next reply; `None` once the request is finished.
    ///
    /// # Errors
    /// Once, as the last item: the worker died, failed, or gave no sign for `silence`, about this call or another.
    pub async fn next(&mut self, silence: Duration) -> Option<Answer<P>> {
        if self.ended {
            return None;
        }
        loop {
            let patient_until = self.started.max(self.calls.lock().heard) + silence;
            match tokio::time::timeout_at(patient_until.into(), self.answers.recv()).await {
                Ok(Some(Ok((reply, after)))) => {
                    self.after = after;
                    return Some(Ok(reply));
                }
                Ok(Some(Err(error))) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                Ok(None) => {
                    self.ended = true;
                    return None;
                }
                Err(_) if self.calls.lock().heard + silence > patient_until => {}
                Err(_) => {
                    // Whoever waits for the end of the call does not wait once more.
                    self.ended = true;
                    return Some(Err(CallError::Silent(silence)));
                }
            }
        }
    }
}

impl<P: Protocol> Drop for RunningCall<P> {
    fn drop(&mut self) {
        if !self.ended {
            send::<P>(&self.outgoing, [FromHost::Cancel { id: self.id }]);
        }
    }
}

fn command<P: Protocol>(launch: &SpawnOptions) -> Command {
    let program = launch
        .programs
        .join(format!("{}{}", P::WORKER, std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program);
    command.arg("--worker");
    for (option, paths) in [
        ("--readable", &launch.readable),
        ("--writable", &launch.writable),
    ] {
        for path in paths {
            command.arg(option).arg(path);
        }
    }
    command.env_clear();
    for name in ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
    command.current_dir(Path::new(std::path::MAIN_SEPARATOR_STR));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Ctrl-C in the terminal is the host's to handle, not the worker's.
    #[cfg(unix)]
    command.process_group(0);
    command
}

fn send<P: Protocol>(
    outgoing: &Outgoing,
    messages: impl IntoIterator<Item = FromHost<Request<P>>>,
) {
    let frames = messages
        .into_iter()
        .map(|message| jane_worker::encode(&message));
    match frames.collect() {
        // A closed channel means that the process ended, which the call learns from `attend`.
        Ok(frames) => drop(outgoing.send(frames)),
        Err(error) => tracing::error!(worker = P::WORKER, %error, "a request cannot be encoded"),
    }
}

async fn write_frames(stdin: ChildStdin, mut messages: mpsc::UnboundedReceiver<Vec<Bytes>>) {
    let mut sink = FramedWrite::new(stdin, jane_worker::codec());
    while let Some(frames) = messages.recv().await {
        for frame in frames {
            if sink.send(frame).await.is_err() {
                return;
            }
        }
    }
}

async fn log_lines(worker: &'static str, pid: u32, stderr: ChildStderr) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut stderr)
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .await
    {
        let text = String::from_utf8_lossy(&line);
        if !text.trim().is_empty() {
            tracing::info!(worker, pid, "{}", text.trim_end());
        }
        line.clear();
    }
}

/// Hands replies to their calls until the process ends, and then tells every call how it ended.
struct Attendant<P: Protocol> {
    pid: u32,
    calls: Arc<Mutex<Calls<P>>>,
    kill: Arc<Notify>,
    release: Arc<Notify>,
    belongings: Arc<Belongings>,
    gone: watch::Sender<bool>,
    events: Events,
}

impl<P: Protocol> Attendant<P> {
    async fn attend(self, mut child: Child, stdout: ChildStdout) {
        let mut frames = FramedRead::new(stdout, jane_worker::codec());
        // The host's letting go is no end to report, and no reason to stop reading: a worker that cannot write does not end.
        let mut released = false;
        let mut dispatching = std::pin::pin!(dispatch::<P>(&mut frames, &self.calls));
        let problem = loop {
            tokio::select! {
                problem = &mut dispatching => break problem,
                () = self.kill.notified() => break Some("killed: it did not answer".to_owned()),
                () = self.release.notified() => released = true,
                () = tokio::time::sleep(END_GRACE), if released => {
                    break Some("killed: it did not end by itself".to_owned());
                }
            }
        };
        if problem.is_some() {
            let _ = child.start_kill();
        }
        let ended = match tokio::time::timeout(END_GRACE, child.wait()).await {
            Ok(ended) => ended,
            Err(_) => {
                let _ = child.start_kill();
                child.wait().await
            }
        };
        let status = problem.unwrap_or_else(|| match ended {
            Ok(status) => status.to_string(),
            Err(error) => format!("its end could not be observed: {error}"),
        });
        let (worker, pid) = (P::WORKER, self.pid);
        tracing::info!(worker, pid, %status, "the worker ended");
        released |= tokio::time::timeout(Duration::ZERO, self.release.notified())
            .await
            .is_ok();
        if !released {
            let status = status.clone();
            self.events.emit(Event::WorkerExited {
                worker,
                pid,
                status,
            });
        }
        let open = {
            let mut calls = self.calls.lock();
            calls.ended = Some(status.clone());
            std::mem::take(&mut calls.open)
        };
        for call in open.into_values() {
            let _ = call.answers.send(Err(CallError::Died(status.clone())));
        }
        self.belongings.lock().clear();
        let _ = self.gone.send(true);
    }
}

/// Returns at the end of the worker's output; `Some` where the worker broke the protocol.
async fn dispatch<P: Protocol>(
    frames: &mut FramedRead<ChildStdout, tokio_util::codec::LengthDelimitedCodec>,
    calls: &Mutex<Calls<P>>,
) -> Option<String> {
    let mut greeted = false;
    while let Some(frame) = frames.next().await {
        let message = match frame.map(|frame| jane_worker::decode::<FromWorker<Reply<P>>>(&frame)) {
            Ok(Ok(message)) => message,
            Ok(Err(error)) => return Some(format!("sent a message that cannot be read: {error}")),
            Err(error) => return Some(format!("its output cannot be read: {error}")),
        };
        calls.lock().heard = Instant::now();
        match message {
            FromWorker::Hello { protocol, engine } => {
                if protocol != jane_worker::VERSION {
                    let ours = jane_worker::VERSION;
                    return Some(format!(
                        "speaks version {protocol} of the protocol, not {ours}: rebuild it"
                    ));
                }
                tracing::debug!(worker = P::WORKER, engine, "the worker says hello");
                greeted = true;
            }
            _ if !greeted => return Some("did not say hello".to_owned()),
            FromWorker::Working { .. } => {}
            // Where the call was dropped its cancellation is on the way. What is not read yet is bounded by the request.
            FromWorker::Reply {
                id,
                after_us,
                reply,
            } => {
                if let Some(call) = calls.lock().open.get(&id) {
                    let _ = call
                        .answers
                        .send(Ok((reply, Duration::from_micros(after_us))));
                }
            }
            FromWorker::Finished { id } => {
                let finished = calls.lock().open.remove(&id);
                drop(finished);
            }
            FromWorker::Failed { id, failure } => {
                let failed = calls.lock().open.remove(&id);
                if let Some(call) = failed {
                    let _ = call.answers.send(Err(CallError::Failed(failure)));
                }
            }
        }
    }
    None
}
