//! The section `[memory]`: the budgets, in megabytes of 10^6 bytes.
//!
//! The rules of `schema` hold here too: doc comments are what the user reads above each key. The defaults are the project's
//! performance goals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much memory she may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// Megabytes of video memory that the speech recogniser may take.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub stt_video_mb: u32,
    /// Megabytes of video memory that the language model may take.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub llm_video_mb: u32,
    /// Megabytes of video memory that the voice may take.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub tts_video_mb: u32,
    /// Megabytes of video memory that all of them may take.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub video_mb: u32,
    /// Megabytes of system memory that the speech recogniser may take; 0 is as many as all may.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub stt_mb: u32,
    /// Megabytes of system memory that the language model may take; 0 is as many as all may.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub llm_mb: u32,
    /// Megabytes of system memory that the voice may take; 0 is as many as all may.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub tts_mb: u32,
    /// Megabytes of system memory that Jane herself may take, without her engines.
    #[schemars(range(min = 50, max = 1_000_000))]
    pub host_mb: u32,
    /// Megabytes of system memory that all engines may take. 0 is 2000, or 60 % of the machine's where
    /// the models lie in it because there is no graphics processor.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub engines_mb: u32,
    /// Minutes after which an engine that was not used is unloaded; 0 is never.
    #[schemars(range(min = 0, max = 100_000))]
    pub idle_unload_minutes: u32,
    /// Seconds between two looks at the memory in use.
    #[schemars(range(min = 1, max = 3600))]
    pub sample_seconds: u32,
    /// Whether the operating system holds each engine to what it was given, and a share for mistakes
    /// of the estimate.
    pub limit_workers: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            stt_video_mb: 2000,
            llm_video_mb: 8000,
            tts_video_mb: 1000,
            video_mb: 12_000,
            stt_mb: 0,
            llm_mb: 0,
            tts_mb: 0,
            host_mb: 500,
            engines_mb: 0,
            idle_unload_minutes: 0,
            sample_seconds: 2,
            limit_workers: true,
        }
    }
}
