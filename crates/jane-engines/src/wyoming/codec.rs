//! Events of the Wyoming protocol on a stream of bytes.
//!
//! An event is a line of JSON with its type, then `data_length` bytes of JSON and `payload_length` bytes of sound; the line may
//! hold the data itself. The code is our own because the crate `wyoming` (0.2.1, unchanged since January 2025) cannot read: it has
//! types for some of the headers, and writes data as lists of numbers, which no server takes.
//!
//! Invariant: of one event no more is held than [`LONGEST_LINE`], [`LONGEST_DATA`] and [`LONGEST_PAYLOAD`]; a length is refused
//! before anything is read for it.

use bytes::{BufMut, Bytes, BytesMut};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_util::codec::{Decoder, Encoder};

/// Bytes of the line that begins an event, as the reference implementation has it.
pub const LONGEST_LINE: usize = 64 * 1024;

/// Bytes of the data after the line. The list of a server's voices is the longest in use, some 100 kB. Read, the worst of this
/// length takes 70 MB for a moment.
pub const LONGEST_DATA: usize = 1 << 20;

/// Bytes of the payload, far more than the second of sound that is customary.
pub const LONGEST_PAYLOAD: usize = 1 << 20;

/// The version of the protocol's reference implementation that this follows.
const VERSION: &str = "1.10.2";

/// One event, in either direction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// Such as `transcript`.
    pub kind: String,
    pub data: Map<String, Value>,
    /// Samples, where the event is `audio-chunk`.
    pub payload: Bytes,
}

impl Event {
    /// An event without payload. `data` is a JSON object; anything else is left out.
    pub fn new(kind: &str, data: Value) -> Self {
        let data = match data {
            Value::Object(data) => data,
            _ => Map::new(),
        };
        Self {
            kind: kind.to_owned(),
            data,
            payload: Bytes::new(),
        }
    }

    /// The data as `T`.
    ///
    /// # Errors
    /// Where the data does not have that form.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        Ok(T::deserialize(&self.data)?)
    }
}

/// Bytes that are no event.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("a line of more than {LONGEST_LINE} bytes")]
    LongLine,
    #[error("{length} bytes of {what}, where at most {longest} are taken")]
    TooLong {
        what: &'static str,
        length: u64,
        longest: usize,
    },
    #[error("the beginning of an event without its end")]
    CutOff,
}

/// The line that begins an event.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_deserializing)]
    version: &'static str,
    #[serde(default, skip_serializing)]
    data: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_length: Option<u64>,
}

/// An event of which the line was read.
struct Begun {
    kind: String,
    data: Map<String, Value>,
    data_length: usize,
    payload_length: usize,
}

/// Reads and writes [`Event`]s.
#[derive(Default)]
pub struct WyomingCodec {
    begun: Option<Begun>,
    /// Bytes of the unfinished line that hold no line feed.
    searched: usize,
    /// Bytes of all events that were read.
    read: usize,
}

impl WyomingCodec {
    /// Bytes of all events that were read.
    #[must_use]
    pub fn read(&self) -> usize {
        self.read
    }

    fn begin(&mut self, source: &mut BytesMut) -> Result<Option<Begun>, CodecError> {
        let mut fresh = source.iter().take(LONGEST_LINE + 1).skip(self.searched);
        let Some(end) = fresh.position(|byte| *byte == b'\n') else {
            self.searched = source.len();
            return if source.len() > LONGEST_LINE {
                Err(CodecError::LongLine)
            } else {
                Ok(None)
            };
        };
        let end = std::mem::take(&mut self.searched) + end;
        self.read = self.read.saturating_add(end + 1);
        let line: Line = serde_json::from_slice(&source.split_to(end + 1))?;
        Ok(Some(Begun {
            kind: line.kind,
            data: line.data.unwrap_or_default(),
            data_length: length("data", line.data_length, LONGEST_DATA)?,
            payload_length: length("payload", line.payload_length, LONGEST_PAYLOAD)?,
        }))
    }
}

fn length(what: &'static str, stated: Option<u64>, longest: usize) -> Result<usize, CodecError> {
    let stated = stated.unwrap_or_default();
    usize::try_from(stated)
        .ok()
        .filter(|length| *length <= longest)
        .ok_or(CodecError::TooLong {
            what,
            length: stated,
            longest,
        })
}

impl Decoder for WyomingCodec {
    type Item = Event;
    type Error = CodecError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Event>, CodecError> {
        let begun = match self.begun.take() {
            Some(begun) => Some(begun),
            None => self.begin(source)?,
        };
        let Some(mut begun) = begun else {
            return Ok(None);
        };
        if source.len() < begun.data_length + begun.payload_length {
            self.begun = Some(begun);
            return Ok(None);
        }
        let read = begun.data_length + begun.payload_length;
        self.read = self.read.saturating_add(read);
        let data = source.split_to(begun.data_length);
        if !data.is_empty() {
            let more: Map<String, Value> = serde_json::from_slice(&data)?;
            begun.data.extend(more);
        }
        Ok(Some(Event {
            kind: begun.kind,
            data: begun.data,
            payload: source.split_to(begun.payload_length).freeze(),
        }))
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Event>, CodecError> {
        match self.decode(source)? {
            Some(event) => Ok(Some(event)),
            None if source.is_empty() && self.begun.is_none() => Ok(None),
            None => Err(CodecError::CutOff),
        }
    }
}

impl Encoder<Event> for WyomingCodec {
    type Error = CodecError;

    fn encode(&mut self, event: Event, sink: &mut BytesMut) -> Result<(), CodecError> {
        let data = if event.data.is_empty() {
            Vec::new()
        } else {
            serde_json::to_vec(&event.data)?
        };
        let length = |bytes: &[u8]| (!bytes.is_empty()).then_some(bytes.len() as u64);
        let line = Line {
            kind: event.kind,
            version: VERSION,
            data: None,
            data_length: length(&data),
            payload_length: length(&event.payload),
        };
        sink.extend_from_slice(&serde_json::to_vec(&line)?);
        sink.put_u8(b'\n');
        sink.extend_from_slice(&data);
        sink.extend_from_slice(&event.payload);
        Ok(())
    }
}
