//! The language model that runs in `jane-llama`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::job::Task;
use super::process::SpawnOptions;
use super::supervisor::{Supervisor, WorkerSpec};
use super::{FileIdentity, Timeouts, WorkerContext, ggml_launch, most_threads};
use crate::memory::Placement;
use crate::{
    BackendError, Dialogue, Generated, Generation, LanguageModel, Message, Prompt, ReplyStream,
    Tool, ToolUse, Window, finished,
};
use jane_config::{Llm, Tools};
use jane_core::event::EngineKind;
use jane_worker::{Llama, LlamaJob, LlamaLoad, LlamaLoaded, LlamaOptions, LlamaOutput, LlamaPlace};

/// Tokens of a call at most that is written on the side.
const CALL_TOKENS: u32 = 160;

/// `llm.backend = "llama"`.
pub struct LlamaBackend {
    supervisor: Arc<Supervisor<Llama>>,
    patience: Timeouts,
    options: LlamaOptions,
    tools: Tools,
    /// What `jane.toml` wants the window to be.
    context_window: u32,
}

impl LlamaBackend {
    /// `name` is what `jane.toml` calls the GGUF file `model`; `cache` is a directory for what the worker computes of the
    /// instructions, or `None`. Nothing is started yet.
    #[must_use]
    pub fn new(
        config: &Llm,
        name: &str,
        model: &Path,
        cache: Option<&Path>,
        setup: &WorkerContext<'_>,
    ) -> Self {
        let path = model.display().to_string();
        let threads = most_threads(config.threads);
        let wish = Placement {
            gpu_layers: config.gpu_layers,
            kv_cache: config.kv_cache,
            context_window: config.context_window,
        };
        let supervisor = setup.workers.supervisor(WorkerSpec {
            role: EngineKind::Llm,
            backend: "llama",
            model: name.to_owned(),
            launch: SpawnOptions {
                writable: cache.into_iter().map(Path::to_path_buf).collect(),
                ..ggml_launch(model, setup)
            },
            load: LlamaLoad {
                model: path,
                cache: cache
                    .map(|cache| cache.display().to_string())
                    .unwrap_or_default(),
                placement: wish,
                threads,
            },
            wish,
            threads,
            files: FileIdentity::of(model).into_iter().collect(),
        });
        Self {
            supervisor,
            patience: setup.patience,
            options: options(config),
            tools: config.tools,
            context_window: config.context_window,
        }
    }

    fn generate(&self, options: LlamaOptions) -> ReplyStream {
        let task = Generate {
            delivered: options.reply_so_far.clone(),
            options,
            allowed: self.tools,
            context_window: self.context_window,
            pieces: 0,
        };
        let items = self.supervisor.run(task, self.patience);
        items
            .map_ok(|items| stream::iter(items.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }

    fn prompted(&self, prompt: Prompt) -> LlamaOptions {
        let mut options = LlamaOptions {
            dialogue: prompt.dialogue,
            tools: prompt.tools,
            reply_so_far: prompt.reply_so_far,
            ..self.options.clone()
        };
        crate::sampling::apply(prompt.sampling, &mut options);
        options
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "sampling options are small numbers; the engine takes f32"
)]
fn options(config: &Llm) -> LlamaOptions {
    LlamaOptions {
        dialogue: Dialogue::default(),
        tools: Vec::new(),
        reply_so_far: String::new(),
        must_call: false,
        place: LlamaPlace::Conversation,
        max_tokens: config.max_reply_tokens,
        max_thinking_tokens: config.max_thinking_tokens,
        temperature: config.temperature as f32,
        top_k: config.top_k,
        top_p: config.top_p as f32,
        min_p: config.min_p as f32,
        repeat_penalty: config.repeat_penalty as f32,
        seed: config.seed,
        stop: config.stop.clone(),
    }
}

#[async_trait]
impl LanguageModel for LlamaBackend {
    async fn prepare(&self, prompt: &Prompt) -> Result<(), BackendError> {
        finished(self.generate(LlamaOptions {
            max_tokens: 0,
            ..self.prompted(prompt.clone())
        }))
        .await
    }

    fn reply(&self, prompt: Prompt) -> ReplyStream {
        self.generate(self.prompted(prompt))
    }

    fn aside(&self, messages: Vec<Message>, max_tokens: u32) -> ReplyStream {
        self.generate(LlamaOptions {
            dialogue: messages.into(),
            max_tokens,
            place: LlamaPlace::Aside,
            ..self.options.clone()
        })
    }

    fn tool_use(&self) -> ToolUse {
        match self.tools {
            Tools::Auto => ToolUse::Routed,
            Tools::On => ToolUse::InPrompt,
            Tools::Off => ToolUse::None,
        }
    }

    fn call(&self, messages: Vec<Message>, tools: Vec<Tool>) -> ReplyStream {
        self.generate(LlamaOptions {
            dialogue: messages.into(),
            tools,
            must_call: true,
            place: LlamaPlace::Aside,
            max_tokens: CALL_TOKENS,
            // What was asked is repeated in the arguments, and the likeliest reading of it is wanted.
            temperature: 0.0,
            repeat_penalty: 1.0,
            stop: Vec::new(),
            ..self.options.clone()
        })
    }

    async fn prepare_calls(
        &self,
        instructions: &str,
        computes: bool,
    ) -> Result<bool, BackendError> {
        let mut read = self.generate(LlamaOptions {
            dialogue: vec![Message::system(instructions)].into(),
            max_tokens: 0,
            place: LlamaPlace::Ahead { computes },
            ..self.options.clone()
        });
        while let Some(piece) = read.next().await {
            if let Generated::Ended(Generation {
                prompt_tokens,
                reused_tokens,
                ..
            }) = piece?
            {
                // The last token is computed in any case.
                return Ok(reused_tokens + 1 >= prompt_tokens);
            }
        }
        Ok(false)
    }

    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
        self.supervisor
            .run_once(Count { prompts }, self.patience)
            .await
    }

    async fn window(&self) -> Result<Window, BackendError> {
        let window = |loaded: &LlamaLoaded| Window {
            tokens: loaded.context_window,
            reply: reply_tokens(self.options.max_tokens, self.context_window, loaded),
        };
        self.supervisor.prepare(self.patience, window).await
    }

    /// Loads the model where its template has to be asked.
    async fn takes_tools(&self) -> Result<bool, BackendError> {
        match self.tools {
            Tools::Auto => {
                let takes_tools = |loaded: &LlamaLoaded| loaded.tools;
                self.supervisor.prepare(self.patience, takes_tools).await
            }
            Tools::On => Ok(true),
            Tools::Off => Ok(false),
        }
    }
}

/// Tokens of a reply at most: as many as are wanted, and where the window could not be had as large as was wanted, no more than
/// half of what it is, so that prompts have room.
fn reply_tokens(wanted: u32, wanted_window: u32, loaded: &LlamaLoaded) -> u32 {
    match loaded.context_window {
        window if window < wanted_window => wanted.min(window / 2),
        _ => wanted,
    }
}

struct Generate {
    options: LlamaOptions,
    allowed: Tools,
    context_window: u32,
    /// What an earlier worker wrote before it died, and this one so far.
    delivered: String,
    /// Pieces of text that came, each at least one token.
    pieces: u32,
}

impl Task<Llama> for Generate {
    /// What comes at once.
    type Item = Vec<Generated>;

    fn job(&mut self, loaded: &LlamaLoaded) -> LlamaJob {
        let max_tokens = reply_tokens(self.options.max_tokens, self.context_window, loaded);
        let max_tokens = max_tokens.saturating_sub(self.pieces);
        let takes_tools = match self.allowed {
            Tools::Auto => loaded.tools,
            Tools::On => true,
            Tools::Off => false,
        };
        if !takes_tools && !self.options.must_call {
            self.options.tools.clear();
        }
        LlamaJob::Generate(LlamaOptions {
            reply_so_far: self.delivered.clone(),
            max_tokens,
            ..self.options.clone()
        })
    }

    fn accept(&mut self, _loaded: &LlamaLoaded, output: LlamaOutput) -> Option<Vec<Generated>> {
        match output {
            LlamaOutput::Text(text) => {
                self.delivered.push_str(&text);
                self.pieces += 1;
                Some(vec![Generated::Text(text)])
            }
            LlamaOutput::Thinking { tokens } => Some(vec![Generated::Thinking { tokens }]),
            LlamaOutput::Ended {
                finish,
                calls,
                prompt_tokens,
                reused_tokens,
                reply_tokens,
                decode_seconds,
            } => {
                let ended = Generated::Ended(Generation {
                    finish,
                    prompt_tokens,
                    reused_tokens,
                    reply_tokens,
                    decode_seconds,
                });
                let calls = calls.into_iter().map(Generated::ToolCall);
                Some(calls.chain([ended]).collect())
            }
            LlamaOutput::Counted { .. } => None,
        }
    }
}

struct Count {
    prompts: Vec<Vec<Message>>,
}

impl Task<Llama> for Count {
    type Item = Vec<u32>;

    fn job(&mut self, _loaded: &LlamaLoaded) -> LlamaJob {
        LlamaJob::Count {
            prompts: self.prompts.clone(),
        }
    }

    fn accept(&mut self, _loaded: &LlamaLoaded, output: LlamaOutput) -> Option<Vec<u32>> {
        match output {
            LlamaOutput::Counted { tokens } => Some(tokens),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finish, Tool, ToolCall};

    fn task(allowed: Tools) -> Generate {
        let tool = Tool {
            name: "clock".to_owned(),
            description: String::new(),
            parameters: "{}".to_owned(),
            examples: Vec::new(),
        };
        Generate {
            options: LlamaOptions {
                dialogue: vec![Message::user("hello")].into(),
                tools: vec![tool],
                max_tokens: 10,
                ..options(&Llm::default())
            },
            allowed,
            context_window: 512,
            delivered: String::new(),
            pieces: 0,
        }
    }

    fn loaded(tools: bool) -> LlamaLoaded {
        LlamaLoaded {
            context_window: 512,
            tools,
        }
    }

    #[test]
    fn tools_reach_a_model_that_takes_them_and_no_other() {
        for (allowed, knows, reach) in [
            (Tools::Auto, true, 1),
            (Tools::Auto, false, 0),
            (Tools::On, false, 1),
            (Tools::Off, true, 0),
        ] {
            let job = task(allowed).job(&loaded(knows));
            let LlamaJob::Generate(options) = job else {
                panic!("another job")
            };
            assert_eq!(options.tools.len(), reach, "{allowed:?} {knows}");
        }
    }

    #[test]
    fn in_a_window_that_was_shrunk_half_is_left_for_the_prompt() {
        for (wanted_window, reply) in [(512, 500), (4096, 256)] {
            let mut task = task(Tools::Auto);
            task.options.max_tokens = 500;
            task.context_window = wanted_window;
            let LlamaJob::Generate(options) = task.job(&loaded(false)) else {
                panic!("another job")
            };
            assert_eq!(options.max_tokens, reply);
        }
    }

    #[test]
    fn calls_come_with_the_end_and_until_then_are_written_anew() {
        let (mut task, loaded) = (task(Tools::On), loaded(false));
        task.accept(&loaded, LlamaOutput::Text("Let me see.".to_owned()));
        // It dies in the middle of a call, of which nothing came.
        let LlamaJob::Generate(again) = task.job(&loaded) else {
            panic!("another job")
        };
        assert_eq!(again.reply_so_far, "Let me see.");
        let call = ToolCall {
            id: "1".to_owned(),
            name: "clock".to_owned(),
            arguments: "{}".to_owned(),
        };
        let ended = LlamaOutput::Ended {
            finish: Finish::ToolCalls,
            calls: vec![call.clone()],
            prompt_tokens: 1,
            reused_tokens: 0,
            reply_tokens: 1,
            decode_seconds: 0.0,
        };
        let items = task.accept(&loaded, ended).unwrap();
        assert_eq!(items[0], Generated::ToolCall(call));
        assert!(matches!(items[1], Generated::Ended(_)) && items.len() == 2);
    }

    #[test]
    fn a_reply_that_was_cut_off_is_taken_up_at_its_end() {
        let (mut task, loaded) = (task(Tools::Auto), loaded(true));
        task.accept(&loaded, LlamaOutput::Text("Good ".to_owned()));
        task.accept(&loaded, LlamaOutput::Text("morning".to_owned()));
        let LlamaJob::Generate(again) = task.job(&loaded) else {
            panic!("another job")
        };
        assert_eq!(
            (again.reply_so_far.as_str(), again.max_tokens),
            ("Good morning", 8)
        );
    }
}
