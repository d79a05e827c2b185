//! `jane talk`: the live conversation.

use std::path::{Path, PathBuf};

use jane_audio::duplex::{DuplexStream, NO_DEVICE};
use jane_audio::{AudioError, Direction};
use jane_config::{Audio, Config};
use jane_core::event::{Event, Events};
use jane_engines::ONNX_RUNTIME;
use jane_models::{ModelKind, ModelStore};
use jane_turn_detection::{
    EnergyDetector, FrontendSettings, Silero, SpeechFrontend, VoiceDetector,
};
use tokio::sync::mpsc;

use super::session::{SKILLS_PATIENCE, warn_of_text_only};
use super::status::Status;
use super::{Failure, Session};
use crate::bench;
use crate::conversation::live::{Control, Live, Parts, Reopen};

/// What to do where there is no detector of voices.
pub const DETECTOR_HINT: &str = "`jane models pull onnxruntime`";

#[derive(clap::Args)]
pub struct Talk {
    /// A recording in place of the microphone, at real speed; she ends when it is over and answered
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// A recording in place of the loudspeaker, as long as the input, sample for sample
    #[arg(long, value_name = "FILE", requires = "input")]
    output: Option<PathBuf>,
    /// Listen only from one press of the space bar to the next
    #[arg(long, conflicts_with = "input")]
    push_to_talk: bool,
    /// Answer in text only
    #[arg(long, conflicts_with = "output")]
    silent: bool,
    /// Tell of each reply of an engine, for `jane bench`
    #[arg(long, hide = true)]
    marks: bool,
}

impl Talk {
    pub async fn run(self, session: &Session, status: Option<&Status>) -> Result<(), Failure> {
        let config = &session.config;
        if self.push_to_talk && !console::Term::stderr().is_term() {
            let message =
                "`--push-to-talk` takes its keys from a terminal, and standard error is none";
            return Err(Failure::usage(message)
                .hint("leave standard error on the terminal, or set `wake.phrase` instead"));
        }
        // What is wrong with a device or a file is said before anything is loaded.
        let line = match &self.input {
            Some(input) => DuplexStream::recordings(input, self.output.as_deref())?,
            None => live_line(&config.audio, self.silent, true, &session.events)?,
        };
        let speaks = match &self.input {
            Some(_) => self.output.is_some(),
            None => line.has_loudspeaker(),
        };
        let installed = session.installed()?;
        let marks = || bench::tell_marks(session.engine_replies(), &session.events);
        let _marking = self.marks.then(marks);
        let frontend = SpeechFrontend::new(
            FrontendSettings::of(&config.hearing),
            detector(config, &installed.home, &session.events),
        );
        let runtime = session.runtime(&installed)?;
        let _watching = runtime.watch(&installed.workers);
        let _metrics = session.watch_metrics(&runtime, &installed);
        let skills = runtime.in_force().skills.clone();
        let mut live = Live::new(Parts {
            runtime,
            events: session.events.clone(),
            line,
            frontend,
            speaks,
            listens: !self.push_to_talk,
            reopen: self.input.is_none().then(|| {
                let (silent, events) = (self.silent, session.events.clone());
                let reopen: Reopen =
                    Box::new(move |audio| live_line(audio, silent, false, &events));
                reopen
            }),
        });
        let _following = skills.follow();
        tokio::join!(live.prepare(), skills.settled(SKILLS_PATIENCE));
        let _calling = skills.call_when_due();
        let view = live.view();
        let showing = async {
            if let Some(status) = status {
                status.clone().follow(view, self.push_to_talk).await;
            }
        };
        let (sender, controls) = mpsc::channel(1);
        if self.push_to_talk {
            listen_for_keys(sender, session.events.clone());
        }
        tokio::join!(live.run(controls), showing);
        Ok(())
    }
}

/// Silero's detector of voices.
///
/// # Errors
/// What its absence means, and why it cannot be had, in words for the user; [`DETECTOR_HINT`] says what to do.
pub fn voice_detector(models: &Path, home: &Path) -> Result<Silero, String> {
    let absent = |reason: String| format!("voices are told from noise by loudness alone: {reason}");
    let models = ModelStore::open(models).map_err(|error| absent(error.to_string()))?;
    let runtime = models.resolve(ModelKind::Runtime, ONNX_RUNTIME, home);
    let runtime = runtime.map_err(|error| absent(error.to_string()))?;
    Silero::load(&runtime.main).map_err(|error| absent(error.to_string()))
}

/// The same, or else one that knows loud from quiet, which is said.
pub fn detector(config: &Config, home: &Path, events: &Events) -> Box<dyn VoiceDetector> {
    match voice_detector(&config.models_directory(home), home) {
        Ok(silero) => Box::new(silero),
        Err(message) => {
            let hint = Some(DETECTOR_HINT.to_owned());
            events.emit(Event::Warning { message, hint });
            Box::new(EnergyDetector::default())
        }
    }
}

/// The devices that the configuration names; with `awaited`, also where they are not there yet. Where the machine has no loudspeaker at
/// all, answers are text only, which is said.
fn live_line(
    audio: &Audio,
    silent: bool,
    awaited: bool,
    events: &Events,
) -> Result<DuplexStream, AudioError> {
    let output = if silent {
        NO_DEVICE
    } else {
        audio.output_device.as_str()
    };
    match DuplexStream::live(&audio.input_device, output, awaited) {
        Err(AudioError::NoDevice {
            direction: Direction::Output,
            ..
        }) => {
            warn_of_text_only(events);
            DuplexStream::live(&audio.input_device, NO_DEVICE, awaited)
        }
        line => line,
    }
}

/// The space bar begins and ends listening; Escape silences her.
fn listen_for_keys(controls: mpsc::Sender<Control>, events: Events) {
    std::thread::spawn(move || {
        let terminal = console::Term::stderr();
        let mut listens = false;
        loop {
            let control = match terminal.read_key() {
                Ok(console::Key::Char(' ')) => {
                    listens = !listens;
                    Control::Listen(listens)
                }
                Ok(console::Key::Escape) => Control::Stop,
                Ok(_) => continue,
                Err(error) => {
                    events.emit(Event::Warning {
                        message: format!("keys cannot be read any more: {error}"),
                        hint: None,
                    });
                    return;
                }
            };
            if controls.blocking_send(control).is_err() {
                return;
            }
        }
    });
}
