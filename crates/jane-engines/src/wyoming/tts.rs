//! A voice behind a Wyoming server.

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::client::{Connection, Server};
use super::codec::Event;
use super::fault::Fault;
use super::{Format, LONGEST_SPEECH, chosen, offer};
use crate::sent::has_sound;
use crate::{BackendError, Speech, SpeechStream, TextToSpeech};
use jane_config::Tts;
use jane_core::event::EngineKind;

/// Sample rates that are taken, in Hz. At the highest, the longest speech takes less than 50 MB.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=96_000;

/// Bytes of a sample: 16-bit PCM is what voices send.
const WIDTH: u16 = 2;

const MOST_CHANNELS: u16 = 32;

/// What a new voice says to show that it can.
const FIRST_WORD: &str = "Hello.";

/// `tts.backend = "wyoming"`.
#[derive(Debug, Clone)]
pub struct WyomingSpeech {
    pub(super) server: Server,
    /// The server's name of the voice; `None` leaves it to the server.
    voice: Option<String>,
    /// One of the speakers of the voice; empty for its first.
    speaker: String,
}

impl WyomingSpeech {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// Where `tts.remote.url` is not of the form `tcp://HOST:PORT`.
    pub fn new(config: &Tts) -> Result<Self, BackendError> {
        Ok(Self {
            server: Server::new(EngineKind::Tts, &config.remote)?,
            voice: chosen(&config.model, &Tts::default().model),
            speaker: config.speaker.clone(),
        })
    }

    /// `text` has words, and so a server that makes no sound of it is at fault.
    async fn synthesise(self, text: String) -> Result<Speech, BackendError> {
        let mut event = Event::new("synthesize", json!({ "text": text }));
        if let Some(voice) = self.voice_data() {
            event.data.insert("voice".to_owned(), voice);
        }
        let speech = self
            .server
            .ask(|connection| collect(connection, event.clone()))
            .await?;
        speech
            .filter(|speech| has_sound(&speech.samples))
            .ok_or_else(|| self.server.error(&Fault::Soundless))
    }

    fn voice_data(&self) -> Option<Value> {
        let voice = self.voice.as_ref()?;
        Some(if self.speaker.is_empty() {
            json!({ "name": voice })
        } else {
            json!({ "name": voice, "speaker": self.speaker })
        })
    }
}

#[async_trait]
impl TextToSpeech for WyomingSpeech {
    /// Asks what the server offers, and has it say a word.
    async fn prepare(&self) -> Result<(), BackendError> {
        let check = |connection| offer::check(connection, EngineKind::Tts, self.voice.clone());
        self.server.ask(check).await?;
        let word = self.clone().synthesise(FIRST_WORD.to_owned()).await;
        word.map(drop)
    }

    /// The whole of `text` is one item, for the protocol does not tell sentences apart. Signs alone are not spoken: Piper's server
    /// reports them as an error.
    fn speak(&self, text: String) -> SpeechStream {
        if !text.contains(char::is_alphanumeric) {
            return stream::empty().boxed();
        }
        stream::once(self.clone().synthesise(text)).boxed()
    }
}

async fn collect(mut connection: Connection, synthesize: Event) -> Result<Option<Speech>, Fault> {
    connection.send(synthesize).await?;
    let mut collected = Collected::default();
    loop {
        let event = connection.next().await?;
        match event.kind.as_str() {
            "audio-start" => drop(collected.format(&event)?),
            "audio-chunk" => collected.add(&event)?,
            "audio-stop" => return Ok(collected.speech()),
            _ => {}
        }
    }
}

/// The sound so far.
#[derive(Default)]
struct Collected {
    format: Option<Format>,
    samples: Vec<f32>,
}

impl Collected {
    /// The format of `event`, which is that of all before.
    fn format(&mut self, event: &Event) -> Result<Format, Fault> {
        let format: Format = event.read().map_err(|error| Fault::malformed(&error))?;
        let Format {
            rate,
            width,
            channels,
        } = format;
        if !RATES.contains(&rate) || width != WIDTH || !(1..=MOST_CHANNELS).contains(&channels) {
            return Err(Fault::Malformed(format!(
                "sound of {channels} channels with {width} bytes a sample at {rate} Hz"
            )));
        }
        if *self.format.get_or_insert(format) != format {
            return Err(Fault::Malformed("sound that changes its format".to_owned()));
        }
        Ok(format)
    }

    /// Adds the sound of a chunk, mixed to one channel.
    fn add(&mut self, chunk: &Event) -> Result<(), Fault> {
        let format = self.format(chunk)?;
        let bytes_per_frame = usize::from(format.width) * usize::from(format.channels);
        if !chunk.payload.len().is_multiple_of(bytes_per_frame) {
            return Err(Fault::Malformed("a sample without its end".to_owned()));
        }
        let frames = chunk.payload.len() / bytes_per_frame;
        let longest = u64::from(LONGEST_SPEECH) * u64::from(format.rate);
        if (self.samples.len() + frames) as u64 > longest {
            return Err(Fault::Malformed(format!(
                "more than {LONGEST_SPEECH} s of sound"
            )));
        }
        let mixed = chunk.payload.chunks_exact(bytes_per_frame).map(mixed);
        self.samples.extend(mixed);
        Ok(())
    }

    /// All of it; `None` where there is none.
    fn speech(self) -> Option<Speech> {
        let sample_rate = self.format?.rate;
        (!self.samples.is_empty()).then_some(Speech::new(self.samples, sample_rate))
    }
}

/// The mean of the channels of one frame, in -1..=1.
fn mixed(frame: &[u8]) -> f32 {
    let (samples, _) = frame.as_chunks::<2>();
    let sum: i32 = samples
        .iter()
        .map(|sample| i32::from(i16::from_le_bytes(*sample)))
        .sum();
    #[expect(
        clippy::cast_precision_loss,
        reason = "32 samples of 16 bits are exact in f32's 24 bits"
    )]
    let mean = sum as f32 / (samples.len() as f32 * 32_768.0);
    mean
}
