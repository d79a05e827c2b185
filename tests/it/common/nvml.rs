//! A stand-in for NVIDIA's management library, built from `tests/nvml/nvml.c`, which says what a world is written like.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const SOURCE: &str = include_str!("../../nvml/nvml.c");

/// The library, built once in a test process.
fn library() -> &'static [u8] {
    static LIBRARY: OnceLock<Vec<u8>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let built = directory.path().join("nvml.so");
        let mut compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-x", "c", "-", "-ldl", "-o"])
            .arg(&built)
            .stdin(Stdio::piped())
            .spawn()
            .expect("the tests need a C compiler, `cc`");
        let mut stdin = compiler.stdin.take().unwrap();
        stdin.write_all(SOURCE.as_bytes()).unwrap();
        drop(stdin);
        assert!(compiler.wait().unwrap().success());
        std::fs::read(built).unwrap()
    })
}

/// A machine with graphics processors that do not exist. The variable `JANE_NVML_LIBRARY` makes a program believe in them.
pub struct Devices {
    directory: tempfile::TempDir,
}

impl Devices {
    /// A machine that is as `world` says, one line for each thing.
    pub fn new(world: &[&str]) -> Self {
        let devices = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        std::fs::write(devices.library(), library()).unwrap();
        devices.change(world);
        devices
    }

    pub fn library(&self) -> PathBuf {
        self.directory.path().join("libnvidia-ml.so.1")
    }

    /// Changes the machine, at once.
    pub fn change(&self, world: &[&str]) {
        let beside = self.directory.path().join("next");
        std::fs::write(&beside, world.join("\n") + "\n").unwrap();
        std::fs::rename(
            beside,
            self.directory.path().join("libnvidia-ml.so.1.world"),
        )
        .unwrap();
    }
}
