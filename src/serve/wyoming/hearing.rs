//! Sound that comes in: recognised, or listened to for her name.

use jane_audio::{Resampler, SPEECH_RATE};
use jane_engines::WyomingEvent;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::House;
use super::connection::{Out, failed};
use crate::serve::sessions::Sound;

/// Pieces of sound that may wait for the front end; a client that sends more has to wait.
const AHEAD: usize = 64;

/// How samples are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Format {
    rate: u32,
    width: u16,
    channels: u16,
}

/// What is asked of the front end, and the sound on its way there.
pub struct Listening {
    wakes: bool,
    sound: Option<(Format, Resampler, mpsc::Sender<Vec<f32>>)>,
    /// It was answered, or its sound is over: what comes behind is of no use.
    is_over: bool,
}

impl Listening {
    /// Everything that is said, until that is over.
    pub fn for_words() -> Self {
        Self {
            wakes: false,
            sound: None,
            is_over: false,
        }
    }

    /// The phrase that she is called by.
    pub fn for_her_name() -> Self {
        Self {
            wakes: true,
            ..Self::for_words()
        }
    }

    /// Sound of the form that `event` tells begins.
    pub fn start(&mut self, event: &WyomingEvent, house: House, out: Out, work: &mut JoinSet<()>) {
        if self.sound.is_some() || self.is_over {
            return;
        }
        let format = event.read::<Format>().ok();
        let format = format
            .filter(|format| matches!(format.width, 1..=4) && matches!(format.channels, 1..=8));
        let opened = format.and_then(|format| {
            let resampler = Resampler::new(format.rate, SPEECH_RATE).ok()?;
            Some((format, resampler))
        });
        let (sender, sound) = mpsc::channel(AHEAD);
        match opened {
            Some((format, resampler)) => self.sound = Some((format, resampler, sender)),
            None => {
                self.is_over = true;
                let _ = out.try_send(failed("sound of this form cannot be heard", "audio"));
                return;
            }
        }
        if self.wakes {
            work.spawn(wake(house, sound, out));
        } else {
            work.spawn(transcribe(house, sound, out));
        }
    }

    /// More of it.
    pub async fn push(
        &mut self,
        event: &WyomingEvent,
        house: House,
        out: Out,
        work: &mut JoinSet<()>,
    ) {
        if self.sound.is_none() {
            self.start(event, house, out, work);
        }
        let Some((format, resampler, sender)) = &mut self.sound else {
            return;
        };
        let samples = resampler.push(&mono(&event.payload, *format));
        if !samples.is_empty() && sender.send(samples).await.is_err() {
            // It was answered.
            self.sound = None;
            self.is_over = true;
        }
    }

    /// The sound is over.
    pub fn stop(&mut self) {
        if let Some((_, mut resampler, sender)) = self.sound.take() {
            let _ = sender.try_send(resampler.finish());
        }
        self.is_over = true;
    }
}

fn mono(payload: &[u8], format: Format) -> Vec<f32> {
    let width = usize::from(format.width);
    let frames = payload.chunks_exact(width * usize::from(format.channels));
    let samples = frames.map(|frame| {
        let samples = frame.chunks_exact(width).map(sample);
        samples.sum::<f32>() / f32::from(format.channels)
    });
    samples.collect()
}

/// A little-endian sample of 1 to 4 bytes; one of 1 byte is unsigned.
fn sample(bytes: &[u8]) -> f32 {
    if let [byte] = bytes {
        return (f32::from(*byte) - 128.0) / 128.0;
    }
    let mut whole = [0; 4];
    for (to, from) in whole.iter_mut().rev().zip(bytes.iter().rev()) {
        *to = *from;
    }
    #[expect(clippy::cast_precision_loss, reason = "samples are rounded to f32")]
    let value = i32::from_le_bytes(whole) as f32;
    value / 2_147_483_648.0
}

async fn transcribe(house: House, sound: Sound, out: Out) {
    let Ok(_place) = house.sessions.enter("wyoming").await else {
        let _ = out
            .send(failed("she talks to as many as she can", "busy"))
            .await;
        return;
    };
    match house.sessions.listen(sound).await {
        Ok(text) => {
            let languages = house.sessions.languages().heard;
            // Of several, nobody says which it was.
            let language = match languages.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            };
            for (kind, data) in [
                ("transcript-start", json!({"language": language})),
                ("transcript-chunk", json!({"text": text})),
                ("transcript", json!({"text": text, "language": language})),
                ("transcript-stop", json!({})),
            ] {
                if out.send(WyomingEvent::new(kind, data)).await.is_err() {
                    return;
                }
            }
        }
        Err(error) => {
            let _ = out.send(failed(&error.to_string(), "engine")).await;
        }
    }
}

async fn wake(house: House, sound: Sound, out: Out) {
    let event = match house.sessions.called(sound).await {
        Ok(Some(at)) => {
            let timestamp = at * 1000 / u64::from(SPEECH_RATE);
            WyomingEvent::new("detection", json!({"name": "jane", "timestamp": timestamp}))
        }
        Ok(None) => WyomingEvent::new("not-detected", json!({})),
        Err(error) => failed(&error.to_string(), "engine"),
    };
    let _ = out.send(event).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_any_width_are_as_loud() {
        let format = |width, channels| Format {
            rate: 16_000,
            width,
            channels,
        };
        assert_eq!(mono(&[0, 192], format(1, 1)), [-1.0, 0.5]);
        assert_eq!(mono(&[0, 0x40, 0, 0xC0], format(2, 1)), [0.5, -0.5]);
        assert_eq!(mono(&[0, 0x40, 0, 0xC0], format(2, 2)), [0.0]);
        assert_eq!(mono(&[0, 0, 0x40], format(3, 1)), [0.5]);
        assert_eq!(mono(&[0, 0, 0, 0x40, 9], format(4, 1)), [0.5]);
    }
}
