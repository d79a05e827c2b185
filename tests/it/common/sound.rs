//! A real sound server of the scenario's own: pulseaudio with one silent loudspeaker, whose monitor can be recorded, a
//! microphone that files can be played into, and ALSA's default devices routed to them. Nothing of the user's is touched; it ends with the scenario.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use super::PATIENCE;

/// Samples per second of a recording of the monitor.
pub const RATE: u32 = 16_000;

/// A sample of a voice is louder; of 32,768.
pub const LOUD: u16 = 500;

pub struct SoundServer {
    directory: tempfile::TempDir,
    server: Child,
}

impl SoundServer {
    /// # Panics
    /// Where pulseaudio is not installed.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let asound = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
        std::fs::write(directory.path().join("asound.conf"), asound).unwrap();
        std::fs::create_dir(directory.path().join("pulse")).unwrap();
        let server = serve(directory.path());
        let server = server.expect("pulseaudio is not installed: make setup-tests");
        Self { directory, server }
    }

    /// Starts it anew after [`kill`](Self::kill).
    pub fn restart(&mut self) {
        self.server = serve(self.directory.path()).unwrap();
    }

    /// Plays a file into the microphone and waits for its end.
    pub fn say_into_microphone(&self, wav: &Path) {
        let mut command = Command::new("paplay");
        self.apply(&mut command);
        let status = command.args(["-d", "mic"]).arg(wav).status().unwrap();
        assert!(status.success(), "paplay: {status}");
    }

    /// From now on the microphone hears the loudspeaker, so many milliseconds later, at this share of its loudness.
    pub fn let_microphone_hear_loudspeaker(&self, milliseconds: u32, share: f64) {
        let mut command = Command::new("pactl");
        self.apply(&mut command);
        let latency = format!("latency_msec={milliseconds}");
        let arguments = [
            "load-module",
            "module-loopback",
            "source=spk.monitor",
            "sink=mic",
            // No hunting for the latency, as in the air.
            "adjust_time=0",
            &latency,
        ];
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut command = Command::new("pactl");
        self.apply(&mut command);
        let list = command
            .args(["list", "short", "sink-inputs"])
            .output()
            .unwrap();
        let list = String::from_utf8(list.stdout).unwrap();
        let index = list
            .split_whitespace()
            .next()
            .expect("the loopback plays")
            .to_owned();
        let mut command = Command::new("pactl");
        self.apply(&mut command);
        let volume = format!("{:.0}%", share.cbrt() * 100.0);
        let status = command
            .args(["set-sink-input-volume", &index, &volume])
            .status();
        assert!(status.unwrap().success());
    }

    /// Lets `command` hear and speak through this server.
    pub fn apply(&self, command: &mut Command) {
        apply(command, self.directory.path());
    }

    /// A recorder of what the loudspeaker plays, at work.
    fn recorder(&self) -> Child {
        let mut command = Command::new("parecord");
        self.apply(&mut command);
        command.args([
            "--raw",
            "-d",
            "spk.monitor",
            "--channels=1",
            "--format=s16le",
            "--latency-msec=20",
        ]);
        command.arg(format!("--rate={RATE}"));
        command.stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until something is heard from the loudspeaker.
    pub fn wait_for_sound(&self) {
        self.wait_for_sound_of(0.0);
    }

    /// Waits until something was heard from the loudspeaker for so many seconds.
    pub fn wait_for_sound_of(&self, seconds: f64) {
        let mut recording = self.record();
        let mut heard = 0;
        while heard == 0 || (heard as f64) < seconds * f64::from(RATE) {
            let before = recording.samples.len();
            recording.read();
            let new = recording.samples[before..].iter();
            heard += new.filter(|sample| sample.unsigned_abs() > LOUD).count();
        }
        recording.stop();
    }

    /// Waits until the loudspeaker has played for so many seconds, sound or silence.
    pub fn let_pass(&self, seconds: f64) {
        let mut recording = self.record();
        while (recording.samples.len() as f64) < seconds * f64::from(RATE) {
            recording.read();
        }
        recording.stop();
    }

    /// Records what the loudspeaker plays from now on.
    pub fn record(&self) -> Recording {
        let mut child = self.recorder();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, heard) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stdout.read(&mut buffer) {
                let _ = sender.send(buffer[..read].to_vec());
            }
        });
        let mut recording = Recording {
            child,
            heard,
            samples: Vec::new(),
            odd: None,
        };
        recording.read();
        recording
    }

    /// Ends the server in the middle of whatever it is doing.
    pub fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

pub struct Recording {
    child: Child,
    heard: Receiver<Vec<u8>>,
    samples: Vec<i16>,
    /// The first half of a sample.
    odd: Option<u8>,
}

impl Recording {
    /// Waits for more.
    fn read(&mut self) {
        let bytes = self.heard.recv_timeout(PATIENCE).expect("it records");
        self.take(bytes);
    }

    fn take(&mut self, bytes: Vec<u8>) {
        let bytes: Vec<u8> = self.odd.take().into_iter().chain(bytes).collect();
        let pairs = bytes.chunks_exact(2);
        self.odd = pairs.remainder().first().copied();
        self.samples
            .extend(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
    }

    /// What was recorded until now.
    pub fn stop(mut self) -> Vec<i16> {
        self.read();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while let Ok(bytes) = self.heard.recv() {
            self.take(bytes);
        }
        self.samples
    }
}

/// The server's process, ready; `None` where pulseaudio is not installed.
fn serve(directory: &Path) -> Option<Child> {
    let socket = directory.join("socket");
    // One that was killed leaves it behind.
    let _ = std::fs::remove_file(&socket);
    let mut command = Command::new("pulseaudio");
    apply(&mut command, directory);
    command.args([
        "-n",
        "--daemonize=no",
        "--use-pid-file=no",
        "--exit-idle-time=-1",
        "--disable-shm=yes",
    ]);
    command.args(["--log-level=info", "--log-target=stderr"]);
    // Whoever gets in finds the default devices.
    let script = format!(
        "load-module module-null-sink sink_name=spk rate=48000\n\
         load-module module-null-sink sink_name=mic rate=48000\n\
         set-default-sink spk\n\
         set-default-source mic.monitor\n\
         load-module module-native-protocol-unix auth-anonymous=1 socket={}\n",
        socket.display()
    );
    let file = directory.join("devices.pa");
    std::fs::write(&file, script).unwrap();
    command.arg("-F").arg(&file);
    let mut server = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let ready = lines
        .by_ref()
        .map_while(Result::ok)
        .any(|line| line.contains("Daemon startup complete"));
    assert!(ready, "pulseaudio ended");
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    Some(server)
}

fn apply(command: &mut Command, directory: &Path) {
    let at = |name: &str| -> PathBuf { directory.join(name) };
    command
        .env("HOME", directory)
        .env("XDG_RUNTIME_DIR", directory)
        .env("PULSE_RUNTIME_PATH", at("pulse"))
        .env("PULSE_STATE_PATH", at("state"))
        .env("PULSE_SERVER", format!("unix:{}", at("socket").display()))
        .env("ALSA_CONFIG_PATH", at("asound.conf"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
}
