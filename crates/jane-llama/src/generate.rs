//! Writes replies, all that are wanted at a time together: each prompt through the template into a sequence of the KV cache, and then the
//! next token of each in one batch, to the host.
//!
//! Invariants: a request looks for its cancellation, and all for their lease of threads, between batches; of those that wait, who came
//! first is taken up first, but for one whose conversation is being written in.

use std::collections::VecDeque;
use std::time::Instant;

use jane_core::{Dialogue, Message};
use jane_files::Artifact;
use jane_worker::{
    Assigned, Call, Failure, Llama, LlamaJob, LlamaOptions, LlamaOutput, LlamaPlace,
};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::cache::{Cache, Claim, Wait};
use crate::calls::{Constraint, Constraints, OfferedTool, offered};
use crate::constrained_sampler::ConstrainedSampler;
use crate::kv_reuse::matching;
use crate::prompt_cache::{self, PromptCache};
use crate::reply::{self, Reply, ended, most_tokens, number};
use crate::template::ChatTemplate;
use crate::thinking;
use crate::thread_tuner::ThreadTuner;
use crate::writer::{Writer, Written};

pub struct Generator {
    model: &'static LlamaModel,
    template: ChatTemplate,
    cache: Cache,
    /// What is known of the machine's speed at writing, from all replies.
    pace: ThreadTuner,
    /// What holds calls to the tools that are offered: made when tools first are, and `None` within where that failed.
    constraints: Option<Option<Constraints>>,
    /// Where instructions are kept; `None` for nowhere.
    prefixes: Option<PromptCache>,
}

/// A reply that is wanted, and waits for its sequence.
struct Wanted<'a> {
    call: Call<'a, Llama>,
    options: LlamaOptions,
    prompt: Vec<LlamaToken>,
    /// Tokens of the prompt that are those of its instructions alone.
    common: usize,
    constraint: Option<Constraint>,
}

/// What becomes of one that waits.
enum Taken<'a> {
    Begun(Box<Reply<'a>>),
    /// It was refused, or there was nothing to do.
    Over,
    /// It waits for this; where it is room, who came later waits as well.
    Waits(Box<Wanted<'a>>, Wait),
}

impl Generator {
    /// # Errors
    /// Where the model has no chat template, or one that is no template.
    pub fn new(
        model: &'static LlamaModel,
        context: LlamaContext<'static>,
        prefixes: Option<PromptCache>,
    ) -> Result<Self, String> {
        Ok(Self {
            model,
            template: ChatTemplate::of(model)?,
            cache: Cache::new(model, context),
            pace: ThreadTuner::new(Instant::now()),
            constraints: None,
            prefixes,
        })
    }

    /// Tokens.
    pub fn context_window(&self) -> u32 {
        self.cache.window()
    }

    /// Whether the model's own template shows tools.
    pub fn knows_tools(&self) -> bool {
        self.template.knows_tools()
    }

    /// Does `first` and what comes meanwhile, to the end of all.
    pub fn work<'a>(
        &mut self,
        first: Assigned<'a, Llama>,
        more: &mut dyn FnMut() -> Option<Assigned<'a, Llama>>,
    ) {
        let mut waiting: VecDeque<Box<Wanted<'a>>> = VecDeque::new();
        let mut replies: Vec<Reply<'a>> = Vec::new();
        waiting.extend(self.wanted(first));
        loop {
            while let Some(assigned) = more() {
                waiting.extend(self.wanted(assigned));
            }
            self.take_up(&mut waiting, &mut replies);
            if replies.is_empty() {
                // Where nobody writes, whoever waits is taken up.
                if waiting.is_empty() {
                    return;
                }
                continue;
            }
            self.step(&mut replies);
        }
    }

    /// The reply that a job wants; `None` where the job is done, or cannot be.
    fn wanted<'a>(&mut self, assigned: Assigned<'a, Llama>) -> Option<Box<Wanted<'a>>> {
        let Assigned { job, call, .. } = assigned;
        let options = match job {
            LlamaJob::Generate(options) => options,
            LlamaJob::Count { prompts } => {
                let count = |messages: &Vec<_>| {
                    call.working()?;
                    self.count(messages)
                };
                let tokens = prompts.iter().map(count).collect::<Result<_, _>>();
                let told = tokens.and_then(|tokens| call.output(LlamaOutput::Counted { tokens }));
                call.end(told);
                return None;
            }
        };
        let tools = offered(&options.tools);
        let messages = options.dialogue.messages();
        let prompt = match options.must_call {
            true => self.tokens(&messages, &[], self.template.format().opening()),
            false => self.tokens(&messages, &tools, &options.reply_so_far),
        };
        let prompt = match prompt {
            Ok(prompt) => prompt,
            Err(failure) => {
                call.end(Err(failure));
                return None;
            }
        };
        // Before the prompt is read: the first to come is one that only pre-fills the cache, while nobody waits.
        let constraint = self.constraint(&options, &tools);
        let common = match options.place {
            LlamaPlace::Aside => 0,
            LlamaPlace::Ahead { .. } => prompt.len(),
            LlamaPlace::Conversation => self.common(&prompt, &options, &tools),
        };
        Some(Box::new(Wanted {
            call,
            options,
            prompt,
            common,
            constraint,
        }))
    }

    /// Tokens of `prompt` that any conversation with its instructions and `tools` begins with.
    fn common(
        &self,
        prompt: &[LlamaToken],
        options: &LlamaOptions,
        tools: &[OfferedTool],
    ) -> usize {
        let alone = Dialogue {
            turns: Vec::new(),
            ..options.dialogue.clone()
        };
        let alone = self.tokens(&alone.messages(), tools, "");
        matching(prompt, &alone.unwrap_or_default())
    }

    /// Tokens of `messages` as a prompt.
    fn count(&self, messages: &[Message]) -> Result<u32, Failure> {
        let tokens = self.tokens(messages, &[], "")?;
        Ok(number(tokens.len()))
    }

    /// Takes up those that wait and have a place.
    fn take_up<'a>(
        &mut self,
        waiting: &mut VecDeque<Box<Wanted<'a>>>,
        replies: &mut Vec<Reply<'a>>,
    ) {
        let mut is_full = false;
        for wanted in std::mem::take(waiting) {
            if let Err(failure) = wanted.call.working() {
                wanted.call.end(Err(failure));
                continue;
            }
            if is_full {
                waiting.push_back(wanted);
                continue;
            }
            match self.begin(wanted) {
                Taken::Begun(reply) => replies.push(*reply),
                Taken::Over => {}
                Taken::Waits(wanted, wait) => {
                    is_full = wait == Wait::Room;
                    waiting.push_back(wanted);
                }
            }
        }
    }

    fn begin<'a>(&mut self, wanted: Box<Wanted<'a>>) -> Taken<'a> {
        let (prompt, options) = (&wanted.prompt, &wanted.options);
        if let LlamaPlace::Ahead { computes } = options.place
            && let Some(there) = self.there(prompt, options, computes)
        {
            let told = ended(&wanted.call, prompt.len(), there, Written::nothing(), None);
            wanted.call.end(told);
            return Taken::Over;
        }
        let is_aside = options.place == LlamaPlace::Aside;
        let room = match is_aside {
            true => self.cache.room_aside(prompt),
            false => self.cache.window(),
        };
        let most = match most_tokens(prompt.len(), room, options) {
            Ok(most) => most,
            // There will be more.
            Err(_) if is_aside && self.cache.is_busy() => {
                return Taken::Waits(wanted, Wait::Room);
            }
            Err(failure) => {
                wanted.call.end(Err(failure));
                return Taken::Over;
            }
        };
        let Some(most) = most else {
            let told = ended(&wanted.call, prompt.len(), 0, Written::nothing(), None);
            wanted.call.end(told);
            return Taken::Over;
        };
        let answer = number(prompt.len()).saturating_add(most);
        let thinking = thinking::most(options.max_thinking_tokens, room, answer);
        let need = answer.saturating_add(thinking) as usize;
        let claim = Claim { prompt, need };
        let instructions = options.dialogue.instructions.as_deref();
        let kept = self.kept(prompt, options);
        let claimed = match is_aside {
            true => self.cache.claim_aside(&claim),
            false => {
                let instructions = instructions.unwrap_or_default();
                self.cache.claim(&claim, instructions, wanted.common)
            }
        };
        let (sequence, mut held) = match claimed {
            Ok(claimed) => claimed,
            Err(wait) => return Taken::Waits(wanted, wait),
        };
        let mut to_keep = kept;
        if let Some(kept) = &to_keep
            && held < prompt.len()
        {
            let is_restored = prompt_cache::restore(&mut self.cache, sequence, kept, prompt);
            held = self.cache.keep(sequence, prompt, false);
            if is_restored {
                to_keep = None;
            } else if options.place == (LlamaPlace::Ahead { computes: false }) {
                self.cache.release(sequence);
                let told = ended(&wanted.call, prompt.len(), 0, Written::nothing(), None);
                wanted.call.end(told);
                return Taken::Over;
            }
        }
        let chooser = self.chooser(options, wanted.constraint, thinking);
        Taken::Begun(Box::new(Reply {
            writer: Writer::new(self.model, chooser, &options.stop, most),
            call: wanted.call,
            sequence,
            prompt: wanted.prompt,
            read: held,
            reused: held,
            begun: None,
            to_keep,
        }))
    }

    fn chooser(
        &self,
        options: &LlamaOptions,
        constraint: Option<Constraint>,
        thinking: u32,
    ) -> ConstrainedSampler {
        let opening = self.template.opening();
        let chooser = ConstrainedSampler::new(self.model, options, opening, thinking);
        if options.tools.is_empty() {
            return chooser;
        }
        let mut chooser = chooser.calling(self.template.format(), constraint);
        if options.must_call {
            chooser.begin_call();
        }
        chooser
    }

    /// Computes a batch: the last tokens of all that write, and a stretch of the prompts that are not read yet.
    fn step(&mut self, replies: &mut Vec<Reply<'_>>) {
        self.end_those(replies, |reply| reply.call.working().err().map(Err));
        let Some(first) = replies.first() else {
            return;
        };
        let lease = first.call.threads_now();
        if lease == 0 {
            return;
        }
        let (computed, parts) = reply::batch(replies);
        let is_one = matches!(parts.as_slice(), [part] if part.tokens.len() == 1);
        let started = Instant::now();
        let threads = match is_one {
            true => self.pace.threads(lease, started),
            false => lease,
        };
        let result = self.cache.compute(&parts, threads);
        if is_one {
            self.pace
                .took(started.elapsed().as_secs_f64(), Instant::now());
        }
        let lengths: Vec<usize> = parts.iter().map(|part| part.tokens.len()).collect();
        drop(parts);
        let mut outcomes: Vec<Option<Result<(), Failure>>> = Vec::new();
        outcomes.resize_with(replies.len(), || None);
        let places = match result {
            Ok(places) => places,
            Err(failure) => {
                for place in computed {
                    if let Some(outcome) = outcomes.get_mut(place) {
                        *outcome = Some(Err(failure.clone()));
                    }
                }
                let mut outcomes = outcomes.into_iter();
                self.end_those(replies, |_| outcomes.next().flatten());
                return;
            }
        };
        for ((place, length), in_batch) in computed.into_iter().zip(lengths).zip(places) {
            if let (Some(reply), Some(outcome)) = (replies.get_mut(place), outcomes.get_mut(place))
            {
                *outcome = reply.took(&self.cache, length, in_batch);
            }
        }
        let mut outcomes = outcomes.into_iter();
        self.end_those(replies, |_| outcomes.next().flatten());
    }

    /// Ends those of `replies` of which an outcome is known.
    fn end_those<'a>(
        &mut self,
        replies: &mut Vec<Reply<'a>>,
        mut outcome: impl FnMut(&Reply<'a>) -> Option<Result<(), Failure>>,
    ) {
        for reply in std::mem::take(replies) {
            let Some(result) = outcome(&reply) else {
                replies.push(reply);
                continue;
            };
            if let (Some(kept), Ok(())) = (&reply.to_keep, &result) {
                prompt_cache::keep(&self.cache, reply.sequence, kept);
            }
            self.cache.release(reply.sequence);
            reply.call.end(result);
        }
    }

    /// Where instructions that are computed while nobody waits are kept: those of a conversation right after loading, and those of what is written
    /// aside. What was said is never written.
    fn kept(&self, prompt: &[LlamaToken], options: &LlamaOptions) -> Option<Artifact> {
        let Dialogue { summary, turns, .. } = &options.dialogue;
        let was_said = !turns.is_empty() || !summary.is_empty();
        let is_in_time = match options.place {
            LlamaPlace::Conversation => options.max_tokens == 0 && self.cache.is_fresh(),
            LlamaPlace::Aside => false,
            LlamaPlace::Ahead { .. } => true,
        };
        if was_said || !is_in_time || self.cache.is_busy() {
            return None;
        }
        let ending = match options.place {
            LlamaPlace::Ahead { .. } => prompt_cache::CALLS,
            LlamaPlace::Conversation | LlamaPlace::Aside => prompt_cache::CONVERSATION,
        };
        self.prefixes.as_ref()?.kept(prompt, ending)
    }

    /// Where nothing is to be read of a beginning of what will be written aside: how many of its tokens are there.
    fn there(
        &self,
        prompt: &[LlamaToken],
        options: &LlamaOptions,
        computes: bool,
    ) -> Option<usize> {
        if self.cache.holds(prompt) {
            return Some(prompt.len());
        }
        let is_kept = || {
            self.kept(prompt, options)
                .is_some_and(|kept| kept.path().exists())
        };
        let has_room = number(prompt.len()) < self.cache.room_aside(prompt);
        let may_be_read = self.cache.keeps_several() && has_room && (computes || is_kept());
        (!may_be_read).then_some(0)
    }

    /// What holds calls to the tools of `options`, which are `tools`. Nothing is done where there are none.
    fn constraint(&mut self, options: &LlamaOptions, tools: &[OfferedTool]) -> Option<Constraint> {
        if tools.is_empty() {
            return None;
        }
        let model = self.model;
        let constraints = self.constraints.get_or_insert_with(|| {
            let made = Constraints::new(model);
            made.inspect_err(|error| tracing::warn!(%error, "calls of tools are not constrained"))
                .ok()
        });
        let format = self.template.format();
        constraints.as_mut()?.of(format, &options.tools)
    }

    fn tokens(
        &self,
        messages: &[Message],
        tools: &[OfferedTool],
        reply_so_far: &str,
    ) -> Result<Vec<LlamaToken>, Failure> {
        let mut prompt = self.template.render(messages, tools)?;
        if !reply_so_far.is_empty()
            && let Some(end) = self.template.opening().end_of_thoughts()
        {
            // What goes on is the answer, or a call.
            prompt.push_str(end);
        }
        let vocabulary = self.model.vocab();
        // Most templates write the beginning-of-sequence token themselves.
        let add_special = !self.template.begins_sequence(&prompt);
        let mut tokens = vocabulary.tokenize(prompt.as_bytes(), add_special, true);
        if !reply_so_far.is_empty() {
            // Only what begins a call is more than text.
            let special = reply_so_far == self.template.format().opening();
            tokens.extend(vocabulary.tokenize(reply_so_far.as_bytes(), false, special));
        }
        if tokens.is_empty() {
            return Err(Failure::Invalid {
                message: "the prompt is empty".to_owned(),
            });
        }
        Ok(tokens)
    }
}
