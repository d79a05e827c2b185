//! Servers that speak the Wyoming protocol over TCP, as Home Assistant's voice add-ons do: a recogniser and a voice.
//!
//! Invariants: a request has a connection of its own, so dropping its future or stream ends it at the server too; every attempt at
//! it ends within the time that the server may be silent and the length of the longest speech; whatever the server sends, what is
//! kept of it is bounded, and no sign of it that commands a terminal gets into an error.
//!
//! The protocol knows no keys, no encryption, and nothing like `tts.speed`. The default of `stt.model` and `tts.model` is a name in
//! Jane's own catalogue: it leaves the choice to the server.
//!
//! `codec` frames events · `client` connects, waits and retries · `fault` is what can go wrong · `offer` is what a server says it
//! can do · `stt` and `tts` are the backends.

mod client;
mod codec;
mod fault;
mod offer;
mod stt;
#[cfg(test)]
mod tests;
mod tts;

pub use codec::{CodecError, Event as WyomingEvent, WyomingCodec};
pub use stt::WyomingTranscription;
pub use tts::WyomingSpeech;

use serde::{Deserialize, Serialize};

/// The longest speech that is sent or taken, in seconds.
const LONGEST_SPEECH: u32 = 120;

/// How samples are laid out: `audio-start` and `audio-chunk` say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Format {
    /// Samples per second.
    rate: u32,
    /// Bytes of a sample.
    width: u16,
    channels: u16,
}

/// `name`, where it is not the default and so means something to the server.
fn chosen(name: &str, default: &str) -> Option<String> {
    (name != default).then(|| name.to_owned())
}

/// The beginning of something that a server said, fit for one line of an error.
fn shown(text: &str) -> String {
    /// Characters; a sentence or two.
    const LONGEST: usize = 200;
    let mut letters = text.chars();
    let mut shown: String = letters
        .by_ref()
        .take(LONGEST)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}
