//! Servers with OpenAI's interface in place of an engine: `backend = "openai"` in `[stt]`, `[llm]` and `[tts]`.
//!
//! | module | holds |
//! |---|---|
//! | `chat` | [`OpenAiChat`]; `request` is what it sends, `events` and `reply` what it understands of the answer, `thoughts` what
//! | | of it is nobody's to hear |
//! | `transcription` | [`OpenAiTranscription`] |
//! | `speech` | [`OpenAiSpeech`] |
//! | `client` | one server: connection, key, waits, repeated requests |
//! | `address` | where a server is, and whether a key may travel there |
//! | `failure` | what went wrong, in words |
//!
//! Invariants: nothing is sent before an engine is asked for something; the server is not trusted (bodies, events, waits and
//! its words in messages are bounded); its key is in no message; dropping a future or stream ends the request.
//!
//! The interface is small, and every server does it a little differently: `async-openai` was passed over, because it bounds
//! neither bodies nor events, buffers streams without limit, and logs what servers say in their errors.

mod address;
mod chat;
mod client;
mod events;
mod failure;
mod reply;
mod request;
mod speech;
#[cfg(test)]
mod tests;
mod thoughts;
mod transcription;

pub use chat::OpenAiChat;
pub use speech::OpenAiSpeech;
pub use transcription::OpenAiTranscription;
