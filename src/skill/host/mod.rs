//! What skills may use, one file for each interface that they import. Each is held against the skill's grants here, below everything
//! that a skill can reach.

mod clock;
mod http;
mod kv;
mod llm;
mod log;
mod meter;
mod schedule;
mod voice;

pub use clock::now_ms;
pub use http::{HttpClient, headers as request_headers};
pub use meter::Meters;
pub use schedule::next_of as next_of_cron;

use super::bindings::jane::skill::types;
use super::guest::Guest;

impl types::Host for Guest {}
