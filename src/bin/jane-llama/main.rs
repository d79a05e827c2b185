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

mod generate;
mod sampling;
mod stream;
mod template;

use std::num::NonZeroU32;
use std::process::ExitCode;

use jane::backend::worker::{Call, Engine, Failure, Llama, LlamaReply, LlamaRequest, serve};
use llama_cpp_2::LogOptions;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

use generate::Generator;

fn main() -> ExitCode {
    llama_cpp_2::send_logs_to_tracing(LogOptions::default());
    serve::<Llama>(
        Worker { generator: None },
        "llama.cpp by llama-cpp-2 0.1.160",
    )
}

struct Worker {
    generator: Option<Generator>,
}

impl Engine<Llama> for Worker {
    fn handle(
        &mut self,
        request: LlamaRequest,
        _audio: Vec<f32>,
        call: &Call<'_, Llama>,
    ) -> Result<(), Failure> {
        if let LlamaRequest::Load {
            model,
            context_window,
            gpu_layers,
            threads,
        } = request
        {
            let generator =
                self.generator
                    .insert(load(&model, context_window, gpu_layers, threads)?);
            return call.reply(LlamaReply::Loaded {
                context_window: generator.context_window(),
            });
        }
        let generator = self.generator.as_mut().ok_or_else(|| Failure::Engine {
            message: "no model is loaded".to_owned(),
        })?;
        match request {
            LlamaRequest::Generate(options) => generator.generate(&options, call),
            LlamaRequest::Count { messages } => {
                let tokens = generator.count(&messages)?;
                call.reply(LlamaReply::Counted { tokens })
            }
            LlamaRequest::Load { .. } => Ok(()),
        }
    }
}

fn load(
    path: &str,
    context_window: u32,
    gpu_layers: u32,
    threads: u32,
) -> Result<Generator, Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::Model {
        message: format!("`{path}` is not a GGUF model that can be loaded: {error}"),
    };
    let backend = LlamaBackend::init().map_err(|error| broken(&error))?;
    let parameters = LlamaModelParams::default().with_n_gpu_layers(gpu_layers);
    let model =
        LlamaModel::load_from_file(&backend, path, &parameters).map_err(|error| broken(&error))?;
    // The context borrows the model, and both live until the process ends: a worker loads one model in its life.
    let model: &'static LlamaModel = Box::leak(Box::new(model));
    let threads = match threads {
        0 => std::thread::available_parallelism()
            .map_or(1, |cores| i32::try_from(cores.get()).unwrap_or(1)),
        threads => i32::try_from(threads).unwrap_or(1),
    };
    let window = context_window.min(model.n_ctx_train());
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(window))
        .with_n_batch(generate::BATCH)
        .with_n_ubatch(generate::BATCH)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let context = model
        .new_context(&backend, parameters)
        .map_err(|error| Failure::Engine {
            message: format!("no memory for a context of {window} tokens: {error}"),
        })?;
    Generator::new(model, context).map_err(|error| broken(&error))
}
