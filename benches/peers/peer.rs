//! The programs that Jane is compared with, as `setup.sh` installs them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Result;

/// What `setup.sh` installs, and notes as made.
const PARTS: [&str; 3] = ["python", "whisper", "llama-bench"];

/// The directory that `setup.sh` filled.
pub struct Peers {
    directory: PathBuf,
}

impl Peers {
    /// # Errors
    /// Where it was not filled, or not to the end.
    pub fn in_directory(directory: PathBuf) -> Result<Self> {
        let made = |part: &&str| directory.join(part).with_extension("made").is_file();
        match PARTS.iter().find(|part| !made(part)) {
            None => Ok(Self { directory }),
            Some(part) => Err(format!(
                "`{part}` is missing in `{}`\nhint: `make peers` installs it, or `benches/peers/setup.sh DIRECTORY`",
                directory.display()
            )
            .into()),
        }
    }

    /// The weights that faster-whisper reads.
    pub fn whisper(&self) -> PathBuf {
        self.directory.join("whisper")
    }

    /// Starts a program of `benches/peers`, and waits until it is ready.
    ///
    /// # Errors
    /// Where it cannot be started, or ends.
    pub async fn start(
        &self,
        program: &str,
        model: &Path,
        arguments: &[(&str, String)],
    ) -> Result<Peer> {
        let mut command = Command::new(self.directory.join("python/bin/python"));
        command
            .arg(
                Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("benches/peers")
                    .join(program),
            )
            .arg(model);
        for (option, value) in arguments {
            command.arg(option).arg(value);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = child.stdin.take().ok_or("no standard input")?;
        let answers = child.stdout.take().ok_or("no standard output")?;
        let mut peer = Peer {
            child,
            orders,
            answers: BufReader::new(answers),
            name: String::new(),
        };
        let ready: Ready = peer.answer().await?;
        peer.name = ready.peer;
        Ok(peer)
    }

    /// What llama.cpp's own benchmark says of reading a prompt, or of writing a reply, behind `depth` tokens that are in the cache.
    /// Of the tokens of `prompt` and of `reply` one number is 0.
    ///
    /// # Errors
    /// Where it fails, or says something else.
    pub async fn llama_bench(
        &self,
        model: &Path,
        threads: u32,
        (prompt, reply): (u32, u32),
        depth: u32,
    ) -> Result<LlamaBench> {
        let output = Command::new(self.directory.join("llama.cpp/bin/llama-bench"))
            .args(["-o", "json", "-r", "1", "-t", &threads.to_string()])
            .args(["-p", &prompt.to_string(), "-n", &reply.to_string()])
            .args(["-d", &depth.to_string(), "-m"])
            .arg(model)
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("llama-bench failed: {errors}").into());
        }
        let [result] = serde_json::from_slice(&output.stdout)?;
        Ok(result)
    }
}

/// What llama-bench writes of a test.
#[derive(Deserialize)]
pub struct LlamaBench {
    pub build_commit: String,
    /// Tokens per second.
    pub avg_ts: f64,
}

#[derive(Deserialize)]
struct Ready {
    peer: String,
}

/// A program that does what it is told, a line for each order.
pub struct Peer {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What it is, with its version.
    pub name: String,
}

/// What came of an order.
#[derive(Deserialize)]
pub struct Done {
    pub seconds: f64,
    /// Seconds of speech, of a voice.
    #[serde(default)]
    pub audio: f64,
    /// What a recogniser read.
    #[serde(default)]
    pub text: String,
}

impl Peer {
    /// # Errors
    /// Where it ends instead of answering.
    pub async fn order(&mut self, order: &str) -> Result<Done> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line).await?;
        self.answer().await
    }

    /// Lets it end, so that it is in nobody's way.
    ///
    /// # Errors
    /// Where the system does not tell its end.
    pub async fn end(self) -> Result<()> {
        let Self {
            mut child, orders, ..
        } = self;
        drop(orders);
        child.wait().await?;
        Ok(())
    }

    async fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).await? == 0 {
            return Err("a peer ended: what it wrote above says why".into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}
