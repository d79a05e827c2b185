//! Text that comes in, whole or in pieces cut anywhere, and speech that goes out.

use jane_audio::Resampler;
use jane_engines::WyomingEvent;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::House;
use super::connection::{Out, failed};
use crate::serve::sessions::Spoken;

/// Pieces of text that may wait for the voice; a client that sends more has to wait.
const AHEAD: usize = 64;

/// Bytes of a text that is spoken at once.
const LONGEST: usize = 64 << 10;

/// Samples of an event: a tenth of a second or so.
const CHUNK: usize = 2048;

/// A text on its way to the voice; it is over where this is dropped.
pub struct Speaking(mpsc::Sender<String>);

impl Speaking {
    /// A text that comes in pieces.
    pub fn start(house: House, out: Out, work: &mut JoinSet<()>) -> Self {
        let (sender, text) = mpsc::channel(AHEAD);
        work.spawn(async move {
            let spoken = house.sessions.speak_as_it_comes(text);
            speak(house, spoken, &out).await;
            // Home Assistant waits for it.
            let _ = out
                .send(WyomingEvent::new("synthesize-stopped", json!({})))
                .await;
        });
        Self(sender)
    }

    /// More of it.
    pub async fn push(&self, text: &str) {
        let text: String = text.chars().take(LONGEST).collect();
        let _ = self.0.send(text).await;
    }

    /// A text that is there as a whole.
    pub fn whole(text: String, house: House, out: Out, work: &mut JoinSet<()>) {
        work.spawn(async move {
            if text.len() > LONGEST {
                let _ = out.send(failed("the text is too long", "text")).await;
                return;
            }
            let spoken = house.sessions.speak(text);
            speak(house, spoken, &out).await;
        });
    }
}

async fn speak(house: House, mut spoken: Spoken, out: &Out) {
    let Ok(_place) = house.sessions.enter("wyoming").await else {
        let _ = out
            .send(failed("she talks to as many as she can", "busy"))
            .await;
        return;
    };
    // Home Assistant writes one head for all that follows: the rate is that of the first stretch.
    let mut rate = None;
    while let Some(speech) = spoken.recv().await {
        let mut speech = match speech {
            Ok(speech) => speech,
            Err(error) => {
                let _ = out.send(failed(&error.to_string(), "engine")).await;
                break;
            }
        };
        let first = match rate {
            Some(first) => first,
            None => {
                rate = Some(speech.sample_rate);
                let format = json!({"rate": speech.sample_rate, "width": 2, "channels": 1});
                if out
                    .send(WyomingEvent::new("audio-start", format))
                    .await
                    .is_err()
                {
                    return;
                }
                speech.sample_rate
            }
        };
        if speech.sample_rate != first
            && let Ok(mut resampler) = Resampler::new(speech.sample_rate, first)
        {
            let mut samples = resampler.push(&speech.samples);
            samples.extend(resampler.finish());
            speech.samples = samples;
        }
        for chunk in speech.samples.chunks(CHUNK) {
            let samples = chunk.iter().map(|sample| crate::serve::pcm(*sample));
            let payload: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
            let format = json!({"rate": first, "width": 2, "channels": 1});
            let event = WyomingEvent {
                payload: payload.into(),
                ..WyomingEvent::new("audio-chunk", format)
            };
            if out.send(event).await.is_err() {
                return;
            }
        }
    }
    if rate.is_none() {
        // Nothing was to be said: an end without a beginning would be waited for.
        let format = json!({"rate": 22_050, "width": 2, "channels": 1});
        let _ = out.send(WyomingEvent::new("audio-start", format)).await;
    }
    let _ = out.send(WyomingEvent::new("audio-stop", json!({}))).await;
}
