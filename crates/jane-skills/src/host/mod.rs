//! What skills may use, one file for each interface that they import. Each is held against the skill's grants here, below everything
//! that a skill can reach.

mod clock;
mod http;
mod kv;
mod llm;
mod log;
mod rate_limit;
mod schedule;
mod voice;

pub use clock::now_ms;
pub use http::{HttpClient, headers as request_headers};
pub use rate_limit::RateLimits;
pub use schedule::next_of as next_of_cron;

use super::bindings::jane::skill::types;
use super::host_state::HostState;

impl types::Host for HostState {}
