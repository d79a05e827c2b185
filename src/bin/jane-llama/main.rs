//! The worker that runs a language model with llama.cpp.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod cache;
mod calls;
mod choice;
mod generate;
mod json;
mod load;
mod measure;
mod pace;
mod prefix;
mod reuse;
mod sampling;
mod stream;
mod template;
mod threads;

use std::process::ExitCode;

use jane::backend::worker::{Call, Engine, Failure, Llama, LlamaReply, LlamaRequest, serve};
use llama_cpp_2::LogOptions;

use generate::Generator;
use prefix::Prefixes;

const ENGINE: &str = "llama.cpp by llama-cpp-2 0.1.160";

fn main() -> ExitCode {
    llama_cpp_2::send_logs_to_tracing(LogOptions::default());
    serve::<Llama>(Worker { generator: None }, ENGINE)
}

struct Worker {
    generator: Option<Generator>,
}

impl Worker {
    fn loaded(&mut self) -> Result<&mut Generator, Failure> {
        self.generator.as_mut().ok_or_else(|| Failure::Engine {
            message: "no model is loaded".to_owned(),
        })
    }
}

impl Engine<Llama> for Worker {
    fn handle(
        &mut self,
        request: LlamaRequest,
        _audio: Vec<f32>,
        call: &Call<'_, Llama>,
    ) -> Result<(), Failure> {
        match request {
            LlamaRequest::Measure {
                model,
                context_window,
            } => {
                let footprint = measure::footprint(&model, context_window)?;
                call.reply(LlamaReply::Measured(footprint))
            }
            LlamaRequest::Load {
                model,
                cache,
                placement,
                threads,
            } => {
                let (loaded, context) = load::load(&model, &placement, threads)?;
                let prefixes = Prefixes::of(&model, &cache, &placement);
                let generator =
                    Generator::new(loaded, context, prefixes).map_err(|error| Failure::Model {
                        message: format!(
                            "`{model}` is not a GGUF model that can be loaded: {error}"
                        ),
                    })?;
                let generator = self.generator.insert(generator);
                call.reply(LlamaReply::Loaded {
                    context_window: generator.context_window(),
                    tools: generator.knows_tools(),
                })
            }
            LlamaRequest::Generate(options) => self.loaded()?.generate(&options, call),
            LlamaRequest::Count { prompts } => {
                let generator = self.loaded()?;
                let count = |messages: &Vec<_>| {
                    call.working()?;
                    generator.count(messages)
                };
                let tokens = prompts.iter().map(count).collect::<Result<_, _>>()?;
                call.reply(LlamaReply::Counted { tokens })
            }
        }
    }
}
