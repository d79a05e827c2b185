//! The worker that runs a language model with llama.cpp.

mod cache;
mod calls;
mod constrained_sampler;
mod detokenizer;
mod footprint;
mod generate;
mod json;
mod kv_reuse;
mod load;
mod mapped;
mod prompt_cache;
mod reply;
mod sampling;
mod template;
mod thinking;
mod thread_tuner;
mod threads;
mod writer;

use std::process::ExitCode;

use jane_core::Footprint;
use jane_worker::{Assigned, Engine, Failure, Llama, LlamaLoad, LlamaLoaded, serve};
use llama_cpp_2::LogOptions;

use generate::Generator;
use prompt_cache::PromptCache;

const ENGINE: &str = "llama.cpp by llama-cpp-2 0.1.160";

fn main() -> ExitCode {
    llama_cpp_2::send_logs_to_tracing(LogOptions::default());
    serve::<Llama>(Worker { generator: None }, ENGINE)
}

struct Worker {
    generator: Option<Generator>,
}

impl Engine<Llama> for Worker {
    fn measure(&self, load: &LlamaLoad) -> Result<Footprint, Failure> {
        footprint::footprint(&load.model, load.placement.context_window)
    }

    fn load(&mut self, load: LlamaLoad) -> Result<LlamaLoaded, Failure> {
        let LlamaLoad {
            model,
            cache,
            placement,
            threads,
        } = load;
        let (loaded, context) = load::load(&model, &placement, threads)?;
        let prefixes = PromptCache::of(&model, &cache, &placement);
        let generator =
            Generator::new(loaded, context, prefixes).map_err(|error| Failure::Model {
                message: format!("`{model}` is not a GGUF model that can be loaded: {error}"),
            })?;
        let generator = self.generator.insert(generator);
        Ok(LlamaLoaded {
            context_window: generator.context_window(),
            tools: generator.knows_tools(),
        })
    }

    fn work<'a>(
        &mut self,
        first: Assigned<'a, Llama>,
        more: &mut dyn FnMut() -> Option<Assigned<'a, Llama>>,
    ) {
        match &mut self.generator {
            Some(generator) => generator.work(first, more),
            None => first.call.end(Err(Failure::Engine {
                message: "no model is loaded".to_owned(),
            })),
        }
    }
}
