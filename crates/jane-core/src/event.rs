//! Everything observable about Jane, as one enum that is serialised to JSON lines.
//!
//! Invariants: an event is a fact, reported once, by the code that knows it; emitting one never blocks or fails;
//! no event carries a secret. The names are those of the documentation and are part of the interface.

mod bus;
#[cfg(test)]
mod documented;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Generation, MemoryUse, Placement, Reason};

pub use bus::{Events, Stamped};
pub use words::{DropReason, FinishReason, TurnInput, TurnOutcome};

/// Which of the three engines something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// The speech recogniser.
    Stt,
    /// The language model.
    Llm,
    /// The voice.
    Tts,
}

impl EngineKind {
    /// Its section of `jane.toml`.
    #[must_use]
    pub fn section(self) -> &'static str {
        match self {
            Self::Stt => "stt",
            Self::Llm => "llm",
            Self::Tts => "tts",
        }
    }
}

impl std::fmt::Display for EngineKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Stt => "speech recogniser",
            Self::Llm => "language model",
            Self::Tts => "voice",
        })
    }
}

/// The times of one turn, in milliseconds from the moment the whole question was there (live: from the last sample of its speech); `None` where a stage did not happen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// How many tokens of the prompt came from the KV cache.
    pub reused_tokens: u32,
    /// Tokens of the reply.
    pub reply_tokens: u32,
    /// The rate at which the reply was decoded.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Models {
    /// The speech recogniser's.
    pub stt: String,
    /// The language model's.
    pub llm: String,
    /// The voice's.
    pub tts: String,
}

/// A fact about the running program.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "event")]
pub enum Event {
    /// Jane waits for the next question.
    #[serde(rename = "listening")]
    Listening,
    /// A skill is compiled, which takes a while.
    #[serde(rename = "skill.compiling")]
    SkillCompiling {
        /// Name of the skill.
        skill: String,
        /// Size of its file.
        bytes: u64,
    },
    /// A skill takes part from the next turn on.
    #[serde(rename = "skill.loaded")]
    SkillLoaded {
        /// Name of the skill.
        skill: String,
        /// Its title, as it states it.
        title: String,
        /// Its version, as it states it.
        version: String,
        /// The interfaces that it exports.
        does: Vec<String>,
        /// The interfaces that it imports.
        asks_for: Vec<String>,
        /// Names of its tools.
        tools: Vec<String>,
        /// Whether a skill of this name was loaded before.
        replaced: bool,
        /// Milliseconds from when the file was seen.
        ms: u64,
    },
    /// A file is no skill that can be used.
    #[serde(rename = "skill.failed")]
    SkillFailed {
        /// Name of the skill, from its file.
        skill: String,
        /// Why it cannot be used.
        reason: String,
        /// How to mend it.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// A call of a skill failed, and the skill is left alone for a moment.
    #[serde(rename = "skill.faulted")]
    SkillFaulted {
        /// Name of the skill.
        skill: String,
        /// How the call failed.
        reason: String,
    },
    /// A skill failed too often, and is not called any more.
    #[serde(rename = "skill.quarantined")]
    SkillQuarantined {
        /// Name of the skill.
        skill: String,
        /// How the last call failed.
        reason: String,
        /// How it is called again.
        hint: String,
    },
    /// A skill is gone.
    #[serde(rename = "skill.unloaded")]
    SkillUnloaded {
        /// Name of the skill.
        skill: String,
    },
    /// A skill answers, or drops what was said.
    #[serde(rename = "skill.answered")]
    SkillAnswered {
        /// Number of the turn.
        turn: u64,
        /// Name of the skill; where several did what was asked in one breath, all with commas between.
        skill: String,
    },
    /// A skill keeps a sentence from being spoken.
    #[serde(rename = "skill.muted")]
    SkillMuted {
        /// Number of the turn.
        turn: u64,
        /// Name of the skill.
        skill: String,
        /// Whether all that follows in the reply is muted as well.
        stopped: bool,
    },
    /// The language model called a tool. Arguments and result may be private, and are left out.
    #[serde(rename = "tool.called")]
    ToolCalled {
        /// Number of the turn.
        turn: u64,
        /// Name of the tool.
        tool: String,
        /// The skill whose tool it is; `null` where there is no such tool.
        skill: Option<String>,
        /// Whether the call succeeded.
        ok: bool,
        /// Milliseconds that the call took.
        ms: u64,
    },
    /// A skill says something without being asked. A turn of the input `announcement` says it.
    #[serde(rename = "announcement")]
    Announcement {
        /// Name of the skill.
        skill: String,
        /// What it says.
        text: String,
    },
    /// A skill shows a message.
    #[serde(rename = "notice")]
    Notice {
        /// Name of the skill.
        skill: String,
        /// The message's first line.
        title: String,
        /// The rest of the message.
        body: String,
    },
    /// The work that is done while nobody waits is finished.
    #[serde(rename = "idle")]
    Idle,
    /// A turn begins.
    #[serde(rename = "turn.started")]
    TurnStarted {
        /// Number of the turn, from 1, within this conversation.
        turn: u64,
        /// What the turn starts from.
        input: TurnInput,
        /// Generation of the configuration in force: each reload counts one on.
        generation: u64,
        /// The models that the configuration names.
        models: Models,
    },
    /// Somebody began to speak.
    #[serde(rename = "speech.started")]
    SpeechStarted {
        /// Seconds since the microphone was opened.
        at_seconds: f64,
    },
    /// So much was understood of what is being said. What follows may change it, and it may start no turn.
    #[serde(rename = "transcript.partial")]
    TranscriptPartial {
        /// Everything that was understood of the utterance.
        text: String,
    },
    /// Something that was heard starts no turn.
    #[serde(rename = "speech.dropped")]
    SpeechDropped {
        /// Why not.
        reason: DropReason,
        /// What was understood; empty for nothing.
        text: String,
    },
    /// Jane fell silent because somebody speaks over her reply. The reply goes on where the speech starts no turn.
    #[serde(rename = "barge_in")]
    BargeIn {
        /// Number of the turn that is interrupted.
        turn: u64,
        /// Seconds since the microphone was opened.
        at_seconds: f64,
    },
    /// A reply was cut off.
    #[serde(rename = "reply.cut")]
    ReplyCut {
        /// Number of the turn.
        turn: u64,
        /// The words of the reply that were heard.
        heard: String,
    },
    /// A sound device failed, and opening it again did not help at once. It is tried again every second.
    #[serde(rename = "audio.lost")]
    AudioLost {
        /// What happened to it.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The sound device works again.
    #[serde(rename = "audio.back")]
    AudioBack,
    /// Samples of the microphone were lost, because the machine was too busy to take them.
    #[serde(rename = "audio.dropped")]
    AudioDropped {
        /// How many, at 16 kHz.
        samples: u64,
    },
    /// What was heard.
    #[serde(rename = "transcript")]
    Transcript {
        /// Number of the turn; absent with `jane transcribe`.
        #[serde(skip_serializing_if = "Option::is_none")]
        turn: Option<u64>,
        /// The recording, where several are transcribed.
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// What was said; empty for nothing.
        text: String,
        /// ISO 639 code, where it is known.
        language: Option<String>,
        /// Length of what was heard.
        audio_seconds: f64,
    },
    /// One recognised stretch of a recording.
    #[serde(rename = "transcript.part")]
    TranscriptPart {
        /// The recording, where several are transcribed.
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// What was said in the stretch.
        text: String,
        /// Where the stretch begins.
        start_seconds: f64,
        /// Where the stretch ends.
        end_seconds: f64,
        /// Length of the whole recording.
        of_seconds: f64,
    },
    /// The model thinks before it answers, or goes on from there. What it thinks is told nobody.
    #[serde(rename = "reply.thinking")]
    ReplyThinking {
        /// Number of the turn.
        turn: u64,
        /// How many tokens it has thought so far.
        tokens: u32,
    },
    /// A piece of the reply, as the model writes it.
    #[serde(rename = "reply.delta")]
    ReplyDelta {
        /// Number of the turn.
        turn: u64,
        /// The piece.
        text: String,
    },
    /// A sentence as it is handed to the voice.
    #[serde(rename = "sentence")]
    Sentence {
        /// Number of the turn.
        turn: u64,
        /// Counts the sentences of the turn, from 0.
        index: u32,
        /// The sentence in the words that are spoken, without markup.
        text: String,
    },
    /// The whole reply is written.
    #[serde(rename = "reply")]
    Reply {
        /// Number of the turn.
        turn: u64,
        /// The reply as it is written.
        text: String,
        /// Why the reply ended.
        finish: FinishReason,
    },
    /// A turn is over.
    #[serde(rename = "turn.ended")]
    TurnEnded {
        /// Number of the turn.
        turn: u64,
        /// How the turn ended.
        outcome: TurnOutcome,
        #[serde(flatten)]
        waterfall: Waterfall,
    },
    /// An engine begins to load its model.
    #[serde(rename = "backend.loading")]
    BackendLoading {
        /// Which engine.
        role: EngineKind,
        /// The backend, as `jane.toml` names it.
        backend: String,
        /// The model.
        model: String,
    },
    /// An engine is ready.
    #[serde(rename = "backend.ready")]
    BackendReady {
        /// Which engine.
        role: EngineKind,
        /// The backend, as `jane.toml` names it.
        backend: String,
        /// The model.
        model: String,
        /// Milliseconds that loading took.
        load_ms: u64,
    },
    /// An engine cannot be had.
    #[serde(rename = "backend.failed")]
    BackendFailed {
        /// Which engine.
        role: EngineKind,
        /// The backend, as `jane.toml` names it.
        backend: String,
        /// Why not.
        error: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A worker ended that was not needed any more.
    #[serde(rename = "backend.unloaded")]
    BackendUnloaded {
        /// Which engine.
        role: EngineKind,
        /// The backend, as `jane.toml` names it.
        backend: String,
        /// The model.
        model: String,
        /// Why the worker was to end.
        reason: Reason,
    },
    /// A server is down and another engine stands in for it, or the server is back.
    #[serde(rename = "backend.switched")]
    BackendSwitched {
        /// Which engine.
        role: EngineKind,
        /// What served until now.
        from: String,
        /// What serves from now on.
        to: String,
        /// Why.
        reason: String,
    },
    /// A worker process was started.
    #[serde(rename = "worker.started")]
    WorkerStarted {
        /// The worker's program.
        worker: &'static str,
        /// Its process.
        pid: u32,
    },
    /// A worker ended that was still needed.
    #[serde(rename = "worker.exited")]
    WorkerExited {
        /// The worker's program.
        worker: &'static str,
        /// Its process.
        pid: u32,
        /// How the process ended, in words.
        status: String,
    },
    /// A worker that died was started again.
    #[serde(rename = "worker.restarted")]
    WorkerRestarted {
        /// The worker's program.
        worker: &'static str,
        /// Counts the deaths of the last minute.
        attempt: u32,
    },
    /// The oldest turns were cut from the prompt, so that the next one fits the context window.
    #[serde(rename = "context.pruned")]
    ContextPruned {
        /// How many turns.
        turns: u32,
        /// How many tokens they took.
        tokens: u32,
    },
    /// The turns that were cut are in a summary now.
    #[serde(rename = "context.folded")]
    ContextFolded {
        /// Size of the summary.
        bytes: usize,
    },
    /// The configuration was read anew and is in force.
    #[serde(rename = "config.reloaded")]
    ConfigReloaded {
        /// Counts the configurations that were in force.
        generation: u64,
        /// The keys that differ.
        changed: Vec<String>,
        /// Keys among `changed` that take effect only at the next start.
        restart: Vec<String>,
        /// Milliseconds in which no turn could start.
        gap_ms: u64,
        /// Whether not the file was the reason: the change holds for this run.
        by_hand: bool,
    },
    /// The configuration has mistakes. What was in force stays so.
    #[serde(rename = "config.rejected")]
    ConfigRejected {
        /// The mistakes.
        problems: Vec<String>,
        /// What to do about them.
        hint: Option<String>,
    },
    /// A model was made to fit, and its memory was set aside.
    #[serde(rename = "memory.planned")]
    MemoryPlanned {
        /// Which engine.
        role: EngineKind,
        /// The model.
        model: String,
        /// How it is loaded.
        placement: Placement,
        /// The memory that it is expected to take.
        estimated: MemoryUse,
        /// What differs from what the configuration wishes for, in words.
        steps: Vec<String>,
    },
    /// More memory is used than may be, or nearly nothing is free. Told once until it is over.
    #[serde(rename = "memory.pressure")]
    MemoryPressure {
        /// Whose memory, and which.
        what: String,
        /// Bytes in use.
        used: u64,
        /// Bytes that may be used.
        budget: u64,
        /// Bytes that are free, where that is the trouble.
        free: Option<u64>,
    },
    /// An engine was unloaded that would be loaded otherwise.
    #[serde(rename = "memory.evicted")]
    MemoryEvicted {
        /// Which engine.
        role: EngineKind,
        /// The model.
        model: String,
        /// Why the engine was to go.
        reason: Reason,
    },
    /// Metrics are served to Prometheus.
    #[serde(rename = "metrics.listening")]
    MetricsListening {
        /// Address and port.
        address: String,
    },
    /// Metrics are not served to Prometheus any more.
    #[serde(rename = "metrics.stopped")]
    MetricsStopped {
        /// Address and port.
        address: String,
    },
    /// Jane is reached by others at an address.
    #[serde(rename = "serve.listening")]
    ServeListening {
        /// `http`, `https` or `wyoming`.
        interface: &'static str,
        /// Address and port.
        address: String,
    },
    /// Somebody began to talk to Jane over the network.
    #[serde(rename = "session.started")]
    SessionStarted {
        /// Counts the sessions of this run.
        session: u64,
        /// `chat`, `realtime`, `transcription`, `speech` or `wyoming`.
        interface: &'static str,
    },
    /// A session over the network is over.
    #[serde(rename = "session.ended")]
    SessionEnded {
        /// The number that it began with.
        session: u64,
    },
    /// Something that the user should know and that stopped nothing.
    #[serde(rename = "warning")]
    Warning {
        /// What happened.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A step of fetching or importing a model begins.
    #[serde(rename = "model.step")]
    ModelStep {
        /// The model.
        model: String,
        /// The step, in words.
        step: String,
    },
    /// A model's download goes on.
    #[serde(rename = "model.progress")]
    ModelProgress {
        /// The model.
        model: String,
        /// Bytes that are there.
        bytes: u64,
        /// Bytes in all, where that is known.
        of_bytes: Option<u64>,
    },
    /// An engine gave a reply. Told to `jane bench` alone.
    #[serde(rename = "engine.replied")]
    EngineReplied {
        /// Which engine.
        role: EngineKind,
        /// Counts the requests.
        request: u64,
        /// Microseconds from when the host began to tell until it took the reply.
        at_us: u64,
        /// Microseconds that the worker had been at the request, by its own clock.
        after_us: u64,
    },
    /// `jane bench` begins a step.
    #[serde(rename = "bench.progress")]
    BenchProgress {
        /// The step, in words.
        step: String,
    },
    /// The answer of a command that reports rather than acts.
    #[serde(rename = "report")]
    Report {
        /// The command.
        command: &'static str,
        /// Its answer, which each command has in a shape of its own.
        report: serde_json::Value,
    },
    /// The command failed, or one turn of a conversation did.
    #[serde(rename = "error")]
    Error {
        /// What happened.
        message: String,
        /// What to do about it.
        hint: Option<String>,
        /// The exit code, where the command ends with it.
        code: u8,
    },
}
