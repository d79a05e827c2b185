//! Stock clients, in Python and for Node: those that people really use.
//!
//! They are installed once, from pinned packages, into the user's cache directory under `jane/`, keyed by the versions.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::python::packages;
use super::{Home, Running, node, root};

/// A Jane that others talk to; she ends when it is dropped.
pub struct Serving {
    pub running: Option<Running>,
    /// Host and port of the page and of `/v1`.
    pub address: String,
    /// The same of Wyoming; empty where it is not served.
    pub wyoming: String,
}

impl Serving {
    /// Starts `jane serve` in `home`, and waits until she listens.
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    /// The same, with more arguments.
    pub fn start_with(home: &Home, arguments: &[&str]) -> Self {
        let running = home.start(&[&["serve"], arguments].concat());
        Self::listening(home, running)
    }

    /// Waits until she listens who was started in `home`.
    pub fn listening(home: &Home, mut running: Running) -> Self {
        let mut serving = Self {
            address: String::new(),
            wyoming: String::new(),
            running: None,
        };
        let config = std::fs::read_to_string(home.path().join("jane.toml")).unwrap();
        let interfaces = 1 + usize::from(config.contains("wyoming = \""));
        for _ in 0..interfaces {
            let listening = running.wait_for("serve.listening");
            let address = listening["address"].as_str().unwrap().to_owned();
            match listening["interface"].as_str() {
                Some("wyoming") => serving.wyoming = address,
                _ => serving.address = address,
            }
        }
        serving.running = Some(running);
        serving
    }

    pub fn port(&self) -> u16 {
        self.address.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Asks her to end, and waits for that.
    pub fn end(mut self) -> super::Run {
        let running = self.running.take().unwrap();
        super::signal(running.child.id(), "-TERM");
        running.finish()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

/// Runs a script of `tests/clients` to its end; what it asserts is asserted here.
pub fn client(script: &str, arguments: &[&str]) -> String {
    let packages = packages("clients", "tests/clients/requirements.txt");
    python(script, arguments, packages)
}

/// The same for a script with pipecat.
pub fn pipecat_client(script: &str, arguments: &[&str]) -> String {
    let packages = packages("pipecat", "tests/clients/pipecat_requirements.txt");
    python(script, arguments, packages)
}

fn python(script: &str, arguments: &[&str], packages: PathBuf) -> String {
    let mut command = Command::new("python3");
    command
        .arg(root().join("tests/clients").join(script))
        .args(arguments)
        .env("PYTHONPATH", packages);
    finished(script, &mut command)
}

/// The same for a script of `tests/clients/node`.
pub fn node_client(script: &str, arguments: &[&str]) -> String {
    // Packages are looked for beside the script.
    let place = tempfile::tempdir().unwrap();
    let packages = node::packages().join("node_modules");
    std::os::unix::fs::symlink(packages, place.path().join("node_modules")).unwrap();
    let file = place.path().join(script);
    std::fs::copy(root().join("tests/clients/node").join(script), &file).unwrap();
    finished(script, Command::new("node").arg(&file).args(arguments))
}

fn finished(script: &str, command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.env_remove("OPENAI_API_KEY").output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{script} failed:\n{stdout}\n{stderr}");
    println!("{script}:\n{stdout}");
    stdout.into_owned()
}
