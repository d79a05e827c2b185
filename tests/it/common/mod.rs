//! What the scenarios share: a home of their own, the real program, and its events.
//!
//! The models are those of `JANE_MODELS__DIRECTORY`, else of `models/`; `make test` fetches them.

pub mod clients;
pub mod models;
pub mod node;
pub mod nvml;
pub mod openai;
#[cfg(unix)]
pub mod pty;
pub mod python;
pub mod server;
pub mod skills;
pub mod sound;
pub mod stories;
mod turns;
pub mod wyoming;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

pub use turns::alone;

/// How long a scenario waits for an event before it is failed. Far beyond what any step takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// The value that this share of `values` does not exceed, to the nearest.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn models() -> PathBuf {
    std::env::var_os("JANE_MODELS__DIRECTORY").map_or_else(|| root().join("models"), PathBuf::from)
}

pub fn data(name: &str) -> PathBuf {
    root().join("tests/data").join(name)
}

/// The spoken questions that ship: file and text.
pub fn questions() -> Vec<(PathBuf, String)> {
    let manifest = std::fs::read_to_string(data("manifest.tsv")).unwrap();
    manifest
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            (data(columns[0]), columns[4].to_owned())
        })
        .collect()
}

/// The clips of `../shared/speech` of one kind, English or without language: file, reference kind and text. For tests that are
/// ignored unless they are there.
///
/// # Panics
/// Where they are absent.
pub fn recordings(kind: &str) -> Vec<(PathBuf, String, String)> {
    let directory = std::env::var_os("JANE_RECORDINGS")
        .map_or_else(|| root().join("../shared/speech"), PathBuf::from);
    let manifest = std::fs::read_to_string(directory.join("manifest.tsv"))
        .unwrap_or_else(|error| panic!("no recordings at `{}`: {error}", directory.display()));
    let lines = manifest
        .lines()
        .skip(1)
        .map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    lines
        .filter(|columns| columns[3] == kind && matches!(columns[2].as_str(), "en" | "zxx"))
        .map(|columns| {
            (
                directory.join(&columns[0]),
                columns[5].clone(),
                columns[4].clone(),
            )
        })
        .collect()
}

/// The language model of scenarios in which it does not matter how good it is.
pub const SMALL_MODEL: &str = "smollm2-135m-instruct";

fn with_small_model(text: &str) -> String {
    let model = format!("model = {SMALL_MODEL:?}\n");
    let Some((before, behind)) = text.split_once("[llm]\n") else {
        return format!("{text}\n[llm]\n{model}");
    };
    let section = match behind.starts_with('[') {
        true => "",
        false => behind.split("\n[").next().unwrap_or_default(),
    };
    if section.lines().any(|line| line.starts_with("model")) {
        return text.to_owned();
    }
    // At its end, so that what stands before keeps its line.
    let rest = behind.get(section.len()..).unwrap_or_default();
    let end = if section.is_empty() || section.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let model = model.trim_end();
    let behind_it = if rest.starts_with('\n') { "" } else { "\n" };
    format!("{before}[llm]\n{section}{end}{model}{behind_it}{rest}")
}

/// A home with nothing in it but the models of this checkout.
pub struct Home {
    pub directory: tempfile::TempDir,
    _place: turns::Place,
}

impl Home {
    pub fn new() -> Self {
        let home = Self {
            directory: tempfile::tempdir().unwrap(),
            _place: turns::place(),
        };
        home.write_config("");
        home
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a jane.toml with `text` in it, no sound device, and this checkout's models; the language model is the smallest unless
    /// `text` names one.
    pub fn write_config(&self, text: &str) {
        let models = models();
        let text = with_small_model(text);
        let base =
            format!("[models]\ndirectory = {models:?}\n[audio]\noutput_device = \"none\"\n{text}");
        std::fs::write(self.path().join("jane.toml"), base).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jane"));
        command.arg("--home").arg(self.path()).args(arguments);
        command
            .env_remove("JANE_MODELS__DIRECTORY")
            .env_remove("JANE_HOME");
        command.stdin(Stdio::null());
        command
    }

    /// Runs to the end; the events, and how it ended.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let mut running = self.start(arguments);
        drop(running.stdin.take());
        running.finish()
    }

    /// Starts with `--json`, events to be waited for.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        Running::spawn(command.arg("--json"))
    }

    /// Asks with the recording `question`, and has the answer written to `answer`.
    pub fn ask_aloud(&self, question: &Path, answer: &Path) -> Running {
        let [question, answer] = [question, answer].map(|path| path.to_str().unwrap());
        self.start(&["ask", "--wav", question, "--out", answer])
    }

    /// A recording of `text` in her own voice without its variety, so that it is the same in every run; named `name`.
    pub fn say(&self, text: &str, name: &str) -> PathBuf {
        let file = self.path().join(name);
        let alike = ["--set", "tts.noise_scale=0", "--set", "tts.noise_w=0"];
        let out = ["say", text, "--out", file.to_str().unwrap()];
        let run = self.run(&[&alike[..], &out].concat());
        assert_eq!(run.code(), Some(0), "{run:#?}");
        file
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("logs/jane.log")).unwrap_or_default()
    }
}

/// A finished run.
#[derive(Debug)]
pub struct Run {
    pub events: Vec<Value>,
    pub status: ExitStatus,
    pub stderr: String,
}

impl Run {
    pub fn all(&self, name: &str) -> Vec<&Value> {
        self.events
            .iter()
            .filter(|event| event["event"] == name)
            .collect()
    }

    pub fn only(&self, name: &str) -> &Value {
        match self.all(name).as_slice() {
            [event] => event,
            other => panic!("{} events `{name}` in {self:#?}", other.len()),
        }
    }

    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

/// A program at work.
pub struct Running {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    lines: Receiver<Value>,
    seen: Vec<Value>,
    stderr: Option<std::thread::JoinHandle<String>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // A scenario that failed leaves nobody talking.
        if std::thread::panicking() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Running {
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event =
                    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"));
                let _ = sender.send(event);
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            lines,
            seen: Vec::new(),
            stderr: Some(stderr),
        }
    }

    pub fn write_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
        stdin.flush().unwrap();
    }

    /// The next event, or `None` at the end of the output.
    pub fn next(&mut self) -> Option<Value> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(event) => {
                self.seen.push(event.clone());
                Some(event)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                panic!("no event for {PATIENCE:?} after {:#?}", self.seen)
            }
        }
    }

    /// Waits for the next event of this name.
    pub fn wait_for(&mut self, name: &str) -> Value {
        self.wait_for_any(&[name])
    }

    /// Waits for the next event of one of these names.
    pub fn wait_for_any(&mut self, names: &[&str]) -> Value {
        loop {
            match self.next() {
                Some(event) if names.iter().any(|name| event["event"] == *name) => return event,
                Some(_) => {}
                None => panic!("no event of {names:?} in {:#?}", self.seen),
            }
        }
    }

    /// Waits until each event came as often as is said, in any order.
    pub fn wait_for_all(&mut self, wanted: &[(&str, usize)]) {
        let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
        let mut missing: Vec<(&str, usize)> = wanted.to_vec();
        while missing.iter().any(|(_, count)| *count > 0) {
            let event = self.wait_for_any(&names);
            for (name, count) in &mut missing {
                if event["event"] == *name {
                    *count -= 1;
                }
            }
        }
    }

    /// The events so far.
    pub fn seen(&self) -> &[Value] {
        &self.seen
    }

    /// Reads to the end.
    pub fn finish(mut self) -> Run {
        while self.next().is_some() {}
        let status = self.child.wait().unwrap();
        Run {
            events: std::mem::take(&mut self.seen),
            status,
            stderr: self.stderr.take().unwrap().join().unwrap(),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What a failed scenario needs to be understood.
        if std::thread::panicking() {
            eprintln!("--- log ---\n{}", self.log());
        }
    }
}

/// Writes 16-bit mono PCM.
pub fn write_wav(path: &Path, sample_rate: u32, samples: impl IntoIterator<Item = i16>) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in samples {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
}

pub fn read_wav(path: &Path) -> (u32, Vec<i16>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let rate = reader.spec().sample_rate;
    (rate, reader.samples::<i16>().map(Result::unwrap).collect())
}

/// Whether a process of this id exists, a zombie not counted.
pub fn is_running(pid: u64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        let state = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split_whitespace().next())
            .unwrap_or("Z")
            .to_owned();
        state != "Z" && state != "X"
    })
}

/// Sends SIGKILL to a worker that an event named.
pub fn kill(pid: u64) {
    signal(pid, "-KILL");
}

/// Sends a signal, such as `-INT`.
pub fn signal(pid: impl Into<u64>, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &pid.into().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}
