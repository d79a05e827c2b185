//! Everything observable about Jane, as one enum that is serialised to JSON lines.
//!
//! Invariants: an event is a fact, reported once, by the code that knows it; emitting one never blocks or fails;
//! no event carries a secret. The names are those of the documentation and are part of the interface.

use std::sync::{Arc, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::backend::Generation;
use crate::config::Config;
use crate::memory::{Placement, Reason, Use};

/// Which of the three engines something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Stt,
    Llm,
    Tts,
}

impl std::fmt::Display for Role {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Stt => "speech recogniser",
            Self::Llm => "language model",
            Self::Tts => "voice",
        })
    }
}

/// The times of one turn, in milliseconds from the moment the whole question was there (live: from the last sample of its speech); `None` where a stage did not happen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    /// Until the transcript was there.
    pub stt_ms: Option<u64>,
    /// Until the language model's first text.
    pub llm_first_token_ms: Option<u64>,
    /// Until the first sentence (or clause) was complete and handed to the voice.
    pub first_sentence_ms: Option<u64>,
    /// Until the voice had made the first stretch of speech.
    pub first_speech_ms: Option<u64>,
    /// Until the first sample of the answer was handed to the loudspeaker or file; live: until it was played.
    pub first_audio_ms: Option<u64>,
    /// Until the last sentence was synthesised and played or written.
    pub total_ms: u64,
    /// Seconds of speech that were made.
    pub audio_seconds: f64,
    /// Tokens of the prompt, and how many of them came from the KV cache.
    pub prompt_tokens: u32,
    pub reused_tokens: u32,
    /// Tokens of the reply, and the rate at which they were decoded.
    pub reply_tokens: u32,
    pub tokens_per_second: f64,
    /// Sentences that went to the voice.
    pub sentences: u32,
    /// Live: until what was said counted as all that was to be said. The work on the answer began before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_of_turn_ms: Option<u64>,
}

impl Waterfall {
    /// The stages by name and the milliseconds until each, in the order in which they come; the wait until the turn was over comes
    /// last, because the others do not wait for it.
    #[must_use]
    pub fn stages(&self) -> [(&'static str, Option<u64>); 7] {
        [
            ("heard", self.stt_ms),
            ("first_token", self.llm_first_token_ms),
            ("first_sentence", self.first_sentence_ms),
            ("first_speech", self.first_speech_ms),
            ("first_audio", self.first_audio_ms),
            ("total", Some(self.total_ms)),
            ("end_of_turn", self.end_of_turn_ms),
        ]
    }

    /// Takes over what the model says of a reply.
    pub fn generated(&mut self, generation: &Generation) {
        self.prompt_tokens = generation.prompt_tokens;
        self.reused_tokens = generation.reused_tokens;
        self.reply_tokens = generation.reply_tokens;
        if generation.decode_seconds > 0.0 {
            self.tokens_per_second =
                f64::from(generation.reply_tokens) / f64::from(generation.decode_seconds);
        }
    }
}

/// The models that a turn uses, as `jane.toml` names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    pub stt: String,
    pub llm: String,
    pub tts: String,
}

impl Models {
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            stt: config.stt.model.clone(),
            llm: config.llm.model.clone(),
            tts: config.tts.model.clone(),
        }
    }
}

/// A fact about the running program.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event")]
pub enum Event {
    /// She waits for the next question.
    #[serde(rename = "listening")]
    Listening,
    /// A skill is compiled, which takes a while.
    #[serde(rename = "skill.compiling")]
    SkillCompiling { skill: String, bytes: u64 },
    /// A skill is there from the next turn on. `does` and `asks_for` are the interfaces that it exports and imports.
    #[serde(rename = "skill.loaded")]
    SkillLoaded {
        skill: String,
        title: String,
        version: String,
        does: Vec<String>,
        asks_for: Vec<String>,
        tools: Vec<String>,
        /// Whether there was one of this name before.
        replaced: bool,
        /// Milliseconds from when the file was seen.
        ms: u64,
    },
    /// A file is no skill that can be used.
    #[serde(rename = "skill.failed")]
    SkillFailed {
        skill: String,
        reason: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// A call of a skill failed, and the skill is left alone for a moment.
    #[serde(rename = "skill.faulted")]
    SkillFaulted { skill: String, reason: String },
    /// A skill failed too often, and is not called any more.
    #[serde(rename = "skill.quarantined")]
    SkillQuarantined {
        skill: String,
        reason: String,
        hint: String,
    },
    #[serde(rename = "skill.unloaded")]
    SkillUnloaded { skill: String },
    /// A skill answers, or drops what was said.
    #[serde(rename = "skill.answered")]
    SkillAnswered { turn: u64, skill: String },
    /// A skill keeps a sentence from being spoken; `stopped`: and all that follows.
    #[serde(rename = "skill.muted")]
    SkillMuted {
        turn: u64,
        skill: String,
        stopped: bool,
    },
    /// The language model called a tool. What it was called with and what came of it may be private, and stays out of this.
    #[serde(rename = "tool.called")]
    ToolCalled {
        turn: u64,
        tool: String,
        /// `None` where there is no such tool.
        skill: Option<String>,
        ok: bool,
        ms: u64,
    },
    /// A skill says something without being asked.
    #[serde(rename = "announcement")]
    Announcement { skill: String, text: String },
    /// A skill shows a message.
    #[serde(rename = "notice")]
    Notice {
        skill: String,
        title: String,
        body: String,
    },
    /// What there is to do while nobody waits is done.
    #[serde(rename = "idle")]
    Idle,
    /// `generation` is that of the configuration in force, and `models` what it names.
    #[serde(rename = "turn.started")]
    TurnStarted {
        turn: u64,
        input: &'static str,
        generation: u64,
        models: Models,
    },
    /// Somebody began to speak, so many seconds after the microphone was opened.
    #[serde(rename = "speech.started")]
    SpeechStarted { at_seconds: f64 },
    /// What was heard led to nothing: `short`, `nothing_said`, `backchannel`, `not_addressed`, `called`, `stop`, `failed`.
    #[serde(rename = "speech.dropped")]
    SpeechDropped { reason: &'static str, text: String },
    /// She fell silent because somebody speaks over her, so many seconds after the microphone was opened. She goes on where
    /// nothing comes of it.
    #[serde(rename = "barge_in")]
    BargeIn { turn: u64, at_seconds: f64 },
    /// She was cut off, and this is what was heard of her reply.
    #[serde(rename = "reply.cut")]
    ReplyCut { turn: u64, heard: String },
    /// A sound device is gone: it failed, and to open it again did not help at once. It is tried again every second.
    #[serde(rename = "audio.lost")]
    AudioLost {
        message: String,
        hint: Option<String>,
    },
    #[serde(rename = "audio.back")]
    AudioBack,
    /// Samples of the microphone were lost, because the machine was too busy to take them.
    #[serde(rename = "audio.dropped")]
    AudioDropped { samples: u64 },
    /// What was heard. `file` is set where several recordings are transcribed; `start_seconds` for a part of a long one.
    #[serde(rename = "transcript")]
    Transcript {
        #[serde(skip_serializing_if = "Option::is_none")]
        turn: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        text: String,
        language: Option<String>,
        audio_seconds: f64,
    },
    /// One recognised stretch of a recording.
    #[serde(rename = "transcript.part")]
    TranscriptPart {
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        text: String,
        start_seconds: f64,
        end_seconds: f64,
        /// Length of the whole recording.
        of_seconds: f64,
    },
    /// Text of the reply as the model writes it.
    #[serde(rename = "reply.delta")]
    ReplyDelta { turn: u64, text: String },
    /// A sentence as it is handed to the voice, cleaned for the ear.
    #[serde(rename = "sentence")]
    Sentence { turn: u64, index: u32, text: String },
    #[serde(rename = "reply")]
    Reply {
        turn: u64,
        text: String,
        finish: &'static str,
    },
    #[serde(rename = "turn.ended")]
    TurnEnded {
        turn: u64,
        /// `answered`, `nothing_heard`, `failed`.
        outcome: &'static str,
        #[serde(flatten)]
        waterfall: Waterfall,
    },
    #[serde(rename = "backend.loading")]
    BackendLoading {
        role: Role,
        backend: String,
        model: String,
    },
    #[serde(rename = "backend.ready")]
    BackendReady {
        role: Role,
        backend: String,
        model: String,
        load_ms: u64,
    },
    #[serde(rename = "backend.failed")]
    BackendFailed {
        role: Role,
        backend: String,
        error: String,
        hint: Option<String>,
    },
    /// A worker ended that was not needed any more.
    #[serde(rename = "backend.unloaded")]
    BackendUnloaded {
        role: Role,
        backend: String,
        model: String,
        reason: Reason,
    },
    /// A server is down and another engine stands in for it, or it is back (`to` is then the server).
    #[serde(rename = "backend.switched")]
    BackendSwitched {
        role: Role,
        from: String,
        to: String,
        reason: String,
    },
    #[serde(rename = "worker.started")]
    WorkerStarted { worker: &'static str, pid: u32 },
    /// A worker ended that was still needed.
    #[serde(rename = "worker.exited")]
    WorkerExited {
        worker: &'static str,
        pid: u32,
        status: String,
    },
    /// A worker that died was started again; `attempt` counts the deaths of the last minute.
    #[serde(rename = "worker.restarted")]
    WorkerRestarted { worker: &'static str, attempt: u32 },
    /// The oldest turns were cut from the prompt, so that the next one fits the context window.
    #[serde(rename = "context.pruned")]
    ContextPruned { turns: u32, tokens: u32 },
    /// What was cut is in a summary of so many bytes now.
    #[serde(rename = "context.folded")]
    ContextFolded { bytes: usize },
    /// The configuration was read anew. `restart` are the keys among `changed` that take effect only at the next start; `gap_ms` is
    /// how long no turn could start.
    #[serde(rename = "config.reloaded")]
    ConfigReloaded {
        generation: u64,
        changed: Vec<String>,
        restart: Vec<String>,
        gap_ms: u64,
    },
    /// The configuration has these mistakes, and what was in force stays so.
    #[serde(rename = "config.rejected")]
    ConfigRejected {
        problems: Vec<String>,
        hint: Option<String>,
    },
    /// A model was made to fit, and its memory was set aside. Bytes.
    #[serde(rename = "memory.planned")]
    MemoryPlanned {
        role: Role,
        model: String,
        placement: Placement,
        estimated: Use,
        /// What differs from what was wished for, in words.
        steps: Vec<String>,
    },
    /// More memory is used than may be, or nearly nothing is free. Said once until it is over. Bytes.
    #[serde(rename = "memory.pressure")]
    MemoryPressure {
        /// Whose memory, and which.
        what: String,
        used: u64,
        budget: u64,
        free: Option<u64>,
    },
    /// An engine was unloaded that would be there otherwise.
    #[serde(rename = "memory.evicted")]
    MemoryEvicted {
        role: Role,
        model: String,
        reason: Reason,
    },
    /// Figures are served to Prometheus at this address.
    #[serde(rename = "metrics.listening")]
    MetricsListening { address: String },
    /// They are not any more.
    #[serde(rename = "metrics.stopped")]
    MetricsStopped { address: String },
    /// Something that the user should know and that stopped nothing.
    #[serde(rename = "warning")]
    Warning {
        message: String,
        hint: Option<String>,
    },
    #[serde(rename = "model.step")]
    ModelStep { model: String, step: String },
    #[serde(rename = "model.progress")]
    ModelProgress {
        model: String,
        bytes: u64,
        of_bytes: Option<u64>,
    },
    /// An engine gave a reply: the host took it `at_us` after it began to tell, when the worker had been at the request for `after_us`
    /// by its own clock, in microseconds. Told to `jane bench` alone.
    #[serde(rename = "engine.replied")]
    EngineReplied {
        role: Role,
        request: u64,
        at_us: u64,
        after_us: u64,
    },
    /// What `jane bench` does at present.
    #[serde(rename = "bench.progress")]
    BenchProgress { step: String },
    /// The answer of a command that reports rather than acts.
    #[serde(rename = "report")]
    Report {
        command: &'static str,
        report: serde_json::Value,
    },
    /// The command failed; its exit code follows from `code`.
    #[serde(rename = "error")]
    Error {
        message: String,
        hint: Option<String>,
        code: u8,
    },
}

/// An event and when it happened.
#[derive(Debug, Clone, Serialize)]
pub struct Stamped {
    #[serde(flatten)]
    pub event: Event,
    /// Milliseconds since the Unix epoch; never goes back within one run.
    pub at_ms: u64,
}

/// Where events go: a cheap handle, cloned into whatever has something to report.
#[derive(Clone)]
pub struct Events {
    inner: Arc<Inner>,
}

struct Inner {
    /// Wall clock and monotonic clock at the start, so that `at_ms` is both readable and monotonic.
    origin: (u64, Instant),
    subscribers: RwLock<Vec<mpsc::UnboundedSender<Stamped>>>,
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    #[must_use]
    pub fn new() -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let wall = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        Self {
            inner: Arc::new(Inner {
                origin: (wall, Instant::now()),
                subscribers: RwLock::default(),
            }),
        }
    }

    /// A receiver of all events from now on. A receiver that is dropped is forgotten at the next event.
    #[must_use]
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<Stamped> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.inner
            .subscribers
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(sender);
        receiver
    }

    /// Whether there is anybody whom events are reported to.
    #[must_use]
    pub fn are_heard(&self) -> bool {
        let subscribers = self
            .inner
            .subscribers
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        subscribers.iter().any(|subscriber| !subscriber.is_closed())
    }

    /// Reports `event` to every subscriber.
    pub fn emit(&self, event: Event) {
        let (wall, start) = self.inner.origin;
        let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let stamped = Stamped {
            event,
            at_ms: wall.saturating_add(elapsed),
        };
        let mut gone = false;
        {
            let subscribers = self
                .inner
                .subscribers
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            for subscriber in subscribers.iter() {
                gone |= subscriber.send(stamped.clone()).is_err();
            }
        }
        if gone {
            let mut subscribers = self
                .inner
                .subscribers
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            subscribers.retain(|subscriber| !subscriber.is_closed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_flat_json_object_with_its_name_and_time() {
        let events = Events::new();
        let mut receiver = events.subscribe();
        events.emit(Event::TurnEnded {
            turn: 3,
            outcome: "answered",
            waterfall: Waterfall {
                stt_ms: Some(120),
                total_ms: 900,
                ..Waterfall::default()
            },
        });
        let stamped = receiver.try_recv().unwrap();
        let value = serde_json::to_value(&stamped).unwrap();
        assert_eq!(value["event"], "turn.ended");
        assert_eq!(value["stt_ms"], 120);
        assert_eq!(value["total_ms"], 900);
        assert!(value["at_ms"].as_u64().unwrap() > 1_600_000_000_000);
    }

    #[test]
    fn a_dropped_subscriber_is_forgotten() {
        let events = Events::new();
        drop(events.subscribe());
        assert!(!events.are_heard());
        let mut kept = events.subscribe();
        assert!(events.are_heard());
        for _ in 0..2 {
            events.emit(Event::WorkerRestarted {
                worker: "jane-llama",
                attempt: 1,
            });
        }
        assert!(kept.try_recv().is_ok() && kept.try_recv().is_ok());
        assert_eq!(events.inner.subscribers.read().unwrap().len(), 1);
    }
}
