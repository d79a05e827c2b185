//! The worker's side of the protocol: a loop around an engine, and a reader thread that hears cancellations and the end.
//!
//! Invariants: the process ends at once when its standard input closes, whatever the engine is doing; nothing but frames is
//! written to the host, because fd 1 is pointed at stderr before the engine's libraries can print; the files and the network
//! that the engine does not need are given up before the first request.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use parking_lot::{Condvar, Mutex};
use serde::Serialize;
use tokio_util::codec::{Decoder, Encoder};

use crate::protocol::{self, FromHost, FromWorker, MAX_AUDIO, Protocol, Reply, Request};
use jane_core::{Failure, Footprint};

/// An engine: takes one request at a time, or several jobs together where it can. Where one fails, the host is told why, and the engine is
/// asked again afterwards.
pub trait Engine<P: Protocol> {
    /// What loading this model would take.
    ///
    /// # Errors
    /// Where the file cannot be read or is no such model.
    fn measure(&self, load: &P::Load) -> Result<Footprint, Failure>;

    /// Loads a model, in the place of the one before.
    ///
    /// # Errors
    /// Where the file cannot be read, is no such model, or does not fit.
    fn load(&mut self, load: P::Load) -> Result<P::Loaded, Failure>;

    /// Does `first` with the model that is loaded, and ends its call: [`Assigned::alone`], where jobs are done one by one. Jobs that come
    /// meanwhile are got from `more`, by an engine that does several together; those are done when this returns, as `first` is.
    fn work<'a>(
        &mut self,
        first: Assigned<'a, P>,
        more: &mut dyn FnMut() -> Option<Assigned<'a, P>>,
    );

    /// Called while nobody wants anything: a step, some 50 ms at most because a request that comes meanwhile waits, of what makes
    /// the next request faster. Whether there is more of it.
    fn idle_step(&mut self) -> bool {
        false
    }
}

/// After so long without a request an engine settles.
const QUIET: Duration = Duration::from_millis(50);

/// Between two signs of life of a request that yields nothing.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// Computing time in [`SIGN_OF_LIFE`] above which an engine is at work: looking takes less than a tenth of it.
const AT_WORK: Duration = Duration::from_millis(10);

/// A step that takes longer than this is taken for a loop without an end, and no longer for work.
const LONGEST_STEP: Duration = Duration::from_secs(600);

/// A job with everything that belongs to it. Its call has to be ended.
pub struct Assigned<'a, P: Protocol> {
    pub job: P::Job,
    /// Empty where the job takes none.
    pub audio: Vec<f32>,
    /// Takes what comes of the job.
    pub call: Call<'a, P>,
}

impl<'a, P: Protocol> Assigned<'a, P> {
    /// Has `work` do the job, and ends its call.
    pub fn alone(self, work: impl FnOnce(P::Job, &[f32], &Call<'a, P>) -> Result<(), Failure>) {
        let Self { job, audio, call } = self;
        let result = work(job, &audio, &call);
        call.end(result);
    }
}

/// One request at work.
pub struct Call<'a, P: Protocol> {
    id: u64,
    cancelled: Arc<AtomicBool>,
    output: &'a Output,
    lease: &'a Lease,
    flags: &'a Flags,
    begun: Instant,
    signed: Mutex<Instant>,
    protocol: std::marker::PhantomData<P>,
}

impl<P: Protocol> Call<'_, P> {
    /// Sends a part of what comes of the job.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] once the host does not want it any more.
    pub fn output(&self, output: P::Output) -> Result<(), Failure> {
        self.reply(Reply::Output(output))
    }

    fn reply(&self, reply: Reply<P>) -> Result<(), Failure> {
        self.check()?;
        let after_us = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let id = self.id;
        self.output.write(&FromWorker::Reply {
            id,
            after_us,
            reply,
        });
        Ok(())
    }

    /// # Errors
    /// [`Failure::Cancelled`] once the host does not want an answer any more.
    pub fn check(&self) -> Result<(), Failure> {
        if self.cancelled.load(Ordering::Relaxed) {
            Err(Failure::Cancelled)
        } else {
            Ok(())
        }
    }

    /// As [`Call::check`], and tells the host now and then that the work goes on. For engines to call between the steps of a long
    /// piece of work; any thread may.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] once the host does not want an answer any more.
    pub fn working(&self) -> Result<(), Failure> {
        self.check()?;
        let mut signed = self.signed.lock();
        if signed.elapsed() >= SIGN_OF_LIFE {
            *signed = Instant::now();
            self.output
                .write(&FromWorker::<Reply<P>>::Working { id: self.id });
        }
        Ok(())
    }

    /// Does a `step` that can take longer than the host waits for a sign of life, and in which the engine can give none. Meanwhile the
    /// host is told that the work goes on for as long as this process computes.
    pub fn step<T>(&self, step: impl FnOnce() -> T) -> T {
        let (at_work, is_over) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let (begun, mut before) = (Instant::now(), jane_platform::computed());
                while begun.elapsed() < LONGEST_STEP
                    && is_over.recv_timeout(SIGN_OF_LIFE) == Err(RecvTimeoutError::Timeout)
                {
                    let now = jane_platform::computed();
                    if now.saturating_sub(before) >= AT_WORK {
                        let _ = self.working();
                    }
                    before = now;
                }
            });
            let result = step();
            drop(at_work);
            result
        })
    }

    /// Tells the host that the request is through, and how.
    pub fn end(self, result: Result<(), Failure>) {
        let id = self.id;
        self.flags.lock().remove(&id);
        self.output.write(&match result {
            Ok(()) => FromWorker::<Reply<P>>::Finished { id },
            Err(failure) => FromWorker::Failed { id, failure },
        });
    }

    /// The threads that the host lets the engine compute with now. Where there are none it waits for a sign of life at most.
    #[must_use]
    pub fn threads_now(&self) -> u32 {
        self.lease.wait(SIGN_OF_LIFE)
    }

    /// The threads that the host lets the engine compute with now, at least one; waits until there is one.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] once the host does not want an answer any more.
    pub fn threads(&self) -> Result<u32, Failure> {
        loop {
            self.working()?;
            let threads = self.lease.wait(SIGN_OF_LIFE);
            if threads > 0 {
                return Ok(threads);
            }
        }
    }
}

/// How many threads the host allows; all until it says something.
struct Lease {
    threads: Mutex<u32>,
    changed: Condvar,
}

impl Lease {
    fn set(&self, threads: u32) {
        *self.threads.lock() = threads;
        self.changed.notify_all();
    }

    /// The threads, as soon as there are any, or after `longest`, or once something else happened.
    fn wait(&self, longest: Duration) -> u32 {
        let mut threads = self.threads.lock();
        if *threads == 0 {
            self.changed.wait_for(&mut threads, longest);
        }
        *threads
    }

    /// Lets a request that waits look at its cancellation.
    fn wake(&self) {
        self.changed.notify_all();
    }
}

/// The cores that this process may use: what a number of threads of 0 means.
#[must_use]
pub fn all_cores() -> u32 {
    std::thread::available_parallelism()
        .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
}

/// The stream of frames to the host.
struct Output(Mutex<File>);

impl Output {
    /// Writes one frame. Where the host is gone there is nobody to tell, and the worker ends.
    fn write<T: Serialize>(&self, message: &T) {
        let mut frame = BytesMut::new();
        let written = protocol::encode(message)
            .map_err(std::io::Error::other)
            .and_then(|bytes| protocol::codec().encode(bytes, &mut frame))
            .and_then(|()| {
                let mut file = self.0.lock();
                file.write_all(&frame)
            });
        if let Err(error) = written {
            eprintln!("the host cannot be reached: {error}");
            jane_platform::exit_now(1);
        }
    }
}

/// A request with everything that belongs to it.
struct Job<P: Protocol> {
    id: u64,
    request: Request<P>,
    audio: Vec<f32>,
    cancelled: Arc<AtomicBool>,
}

type Flags = Arc<Mutex<HashMap<u64, Arc<AtomicBool>>>>;

/// Runs `engine` as a worker until the host closes the pipe.
pub fn serve<P: Protocol>(mut engine: impl Engine<P>, name: &str) -> ExitCode {
    let Some((readable, writable)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!(
            "`{}` is a part of Jane and is started by her; see `jane --help`",
            P::WORKER
        );
        return ExitCode::from(2);
    };
    let output = match jane_platform::take_stdout() {
        Ok(file) => Output(Mutex::new(file)),
        Err(error) => {
            eprintln!("standard output cannot be set apart: {error}");
            return ExitCode::FAILURE;
        }
    };
    crate::log::start();
    eprintln!("{}", jane_platform::confine(&readable, &writable));
    output.write(&FromWorker::<Reply<P>>::Hello {
        protocol: protocol::VERSION,
        engine: name.to_owned(),
    });

    let flags = Flags::default();
    let lease = Arc::new(Lease {
        threads: Mutex::new(all_cores()),
        changed: Condvar::new(),
    });
    let (jobs, queue) = mpsc::channel();
    let (reader_flags, reader_lease) = (Arc::clone(&flags), Arc::clone(&lease));
    std::thread::spawn(move || read::<P>(&jobs, &reader_flags, &reader_lease));
    work(&mut engine, &queue, &flags, &lease, &output);
    ExitCode::SUCCESS
}

/// `--worker [--readable PATH]… [--writable PATH]…`; `None` for anything else.
fn arguments(
    mut arguments: impl Iterator<Item = std::ffi::OsString>,
) -> Option<(Vec<PathBuf>, Vec<PathBuf>)> {
    if arguments.next()? != "--worker" {
        return None;
    }
    let (mut readable, mut writable) = (Vec::new(), Vec::new());
    while let Some(option) = arguments.next() {
        let path = PathBuf::from(arguments.next()?);
        match option.to_str()? {
            "--readable" => readable.push(path),
            "--writable" => writable.push(path),
            _ => return None,
        }
    }
    Some((readable, writable))
}

fn work<P: Protocol>(
    engine: &mut impl Engine<P>,
    queue: &Receiver<Job<P>>,
    flags: &Flags,
    lease: &Lease,
    output: &Output,
) {
    let begin = |job: Job<P>| {
        let call = Call {
            id: job.id,
            cancelled: job.cancelled,
            output,
            lease,
            flags,
            begun: Instant::now(),
            signed: Mutex::new(Instant::now()),
            protocol: std::marker::PhantomData,
        };
        (job.request, job.audio, call)
    };
    // What came while jobs were done together, and is none.
    let mut put_back = None;
    while let Some(job) = put_back.take().or_else(|| next(engine, queue)) {
        let (request, audio, call) = begin(job);
        if let Err(failure) = call.check() {
            call.end(Err(failure));
            continue;
        }
        match request {
            Request::Measure(load) => {
                let measured = engine.measure(&load);
                let told = measured.and_then(|measured| call.reply(Reply::Measured(measured)));
                call.end(told);
            }
            Request::Load(load) => {
                let loaded = engine.load(load);
                let told = loaded.and_then(|loaded| call.reply(Reply::Loaded(loaded)));
                call.end(told);
            }
            Request::Do(job) => {
                let mut more = || {
                    if put_back.is_some() {
                        return None;
                    }
                    let next = queue.try_recv().ok()?;
                    if !matches!(next.request, Request::Do(_)) {
                        put_back = Some(next);
                        return None;
                    }
                    let (request, audio, call) = begin(next);
                    match request {
                        Request::Do(job) => Some(Assigned { job, audio, call }),
                        _ => None,
                    }
                };
                engine.work(Assigned { job, audio, call }, &mut more);
            }
        }
    }
}

/// The next job; where it does not come at once the engine settles, step by step. `None` where the host is gone.
fn next<P: Protocol>(engine: &mut impl Engine<P>, queue: &Receiver<Job<P>>) -> Option<Job<P>> {
    loop {
        match queue.recv_timeout(QUIET) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if engine.idle_step() => {}
            Err(RecvTimeoutError::Timeout) => return queue.recv().ok(),
        }
    }
}

/// Reads frames until the host closes the pipe, and ends the process then.
fn read<P: Protocol>(jobs: &Sender<Job<P>>, flags: &Flags, lease: &Lease) {
    let mut input = std::io::stdin().lock();
    let mut codec = protocol::codec();
    let mut buffer = BytesMut::new();
    let mut chunk = vec![0; 64 << 10];
    // Requests whose audio is still coming, and how many samples of it.
    let mut waiting: HashMap<u64, (Job<P>, usize)> = HashMap::new();
    loop {
        let frame = match codec.decode(&mut buffer) {
            Ok(Some(frame)) => frame,
            Ok(None) => match input.read(&mut chunk) {
                Ok(0) => jane_platform::exit_now(0),
                Ok(read) => {
                    buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
                    continue;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => quit(&format!("the host's requests cannot be read: {error}")),
            },
            Err(error) => quit(&format!(
                "the host sent a frame that cannot be read: {error}"
            )),
        };
        let id = match protocol::decode::<FromHost<Request<P>>>(&frame) {
            Ok(FromHost::Request {
                id,
                request,
                audio_samples,
            }) => {
                let cancelled = Arc::new(AtomicBool::new(false));
                flags.lock().insert(id, Arc::clone(&cancelled));
                let missing = usize::try_from(audio_samples).unwrap_or(usize::MAX);
                if missing > MAX_AUDIO {
                    quit(&format!(
                        "the host announced {missing} samples; {MAX_AUDIO} are allowed"
                    ));
                }
                let audio = Vec::with_capacity(missing);
                let job = Job {
                    id,
                    request,
                    audio,
                    cancelled,
                };
                waiting.insert(id, (job, missing));
                id
            }
            Ok(FromHost::Audio { id, samples }) => {
                if let Some((job, missing)) = waiting.get_mut(&id) {
                    *missing = missing.saturating_sub(samples.len());
                    job.audio.extend_from_slice(&samples);
                }
                id
            }
            Ok(FromHost::Cancel { id }) => {
                if let Some(flag) = flags.lock().get(&id) {
                    flag.store(true, Ordering::Relaxed);
                    lease.wake();
                }
                id
            }
            Ok(FromHost::Threads { threads }) => {
                lease.set(threads);
                continue;
            }
            Err(error) => quit(&format!(
                "the host sent a message that cannot be read: {error}"
            )),
        };
        let complete = waiting.get(&id).is_some_and(|(_, missing)| *missing == 0);
        let job = if complete { waiting.remove(&id) } else { None };
        if let Some((job, _)) = job
            && jobs.send(job).is_err()
        {
            return;
        }
    }
}

fn quit(reason: &str) -> ! {
    eprintln!("{reason}");
    jane_platform::exit_now(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Whisper;

    #[test]
    fn a_long_step_that_computes_gives_signs_of_life() {
        let written = tempfile::NamedTempFile::new().unwrap();
        let output = Output(Mutex::new(written.reopen().unwrap()));
        let lease = Lease {
            threads: Mutex::new(1),
            changed: Condvar::new(),
        };
        let flags = Flags::default();
        let call = Call::<Whisper> {
            id: 7,
            cancelled: Arc::default(),
            output: &output,
            lease: &lease,
            flags: &flags,
            begun: Instant::now(),
            signed: Mutex::new(Instant::now()),
            protocol: std::marker::PhantomData,
        };
        // Computes until there is one.
        let signs = call.step(|| {
            loop {
                let signs = std::fs::read(written.path()).unwrap();
                if !signs.is_empty() {
                    return signs;
                }
            }
        });
        let mut signs = BytesMut::from(signs.as_slice());
        let sign = protocol::codec().decode(&mut signs).unwrap().unwrap();
        let sign = protocol::decode::<FromWorker<Reply<Whisper>>>(&sign);
        assert!(matches!(sign, Ok(FromWorker::Working { id: 7 })));
    }
}
