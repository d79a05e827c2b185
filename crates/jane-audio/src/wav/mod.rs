//! WAV files: read as speech, written as the record of what was said.
//!
//! `hound` writes. It does not read: it refuses headers that streaming programs write, misparses a
//! file after a chunk of odd length, and cannot say what an unsupported file is; the checks that would
//! have to stand before it are the reader.

mod coding;
mod file;
mod header;
mod memory;
mod name;
mod source;

pub use file::WavFile;
pub(super) use file::{SAMPLE_LIMIT, check_target, write_error};
pub use memory::{speech_to_wav, wav_to_speech};
pub use source::{WavSource, read_speech};
