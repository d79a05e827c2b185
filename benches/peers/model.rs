//! The language model: Jane's worker beside llama.cpp's own benchmark, with the same file and threads.
//!
//! Jane's figures are the host's, from the request to the last token, with the prompt in the cache as it is in a conversation.
//! llama-bench feeds random tokens, chooses none and starts with nothing in its cache, which is a little less work.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use jane::runtime::Factory;
use jane_config::Config;
use jane_core::event::EngineKind;
use jane_engines::{Generated, Generation, LanguageModel, Message};
use jane_models::ModelKind;

use crate::rounds::{Comparison, Goal, Measured, compare, watched};
use crate::{Result, Setting};

/// Tokens of a reply: the test that llama-bench calls tg128.
pub const REPLY: u32 = 128;

/// Tokens of a prompt: the test that llama-bench calls pp512. Ours come near it, and the speed is by those that were read.
const PROMPT: u32 = 512;

/// How long a worker writes before it is measured, loading its model included: until it has found its pace.
const SETTLING: Duration = Duration::from_secs(3);

/// Short, and answered at length.
const QUESTION: &str = "Tell me a very long story about a harbour and a lighthouse.";

/// What a long prompt is made of: 16 tokens or so.
const LINE: &str = "The ships come in at night, and the keeper of the lighthouse counts them all.";

/// # Errors
/// Where a side fails.
pub async fn write(setting: &Setting<'_>, rounds: usize) -> Result<bool> {
    let Setting {
        config,
        peers,
        threads,
        ..
    } = *setting;
    let model = setting
        .models
        .resolve(ModelKind::Llm, &config.llm.model, setting.root)?
        .main;
    let commit = peers
        .llama_bench(&model, threads, (0, 1), 0)
        .await?
        .build_commit;
    let peer = format!("llama-bench of llama.cpp {commit}, random tokens, without choosing any");
    let comparison = Comparison {
        name: "writing",
        unit: "tokens per second",
        ours: "from the request to the last token, as the host sees it",
        peer: &peer,
        beside: "ours by the worker's own clock, the peer behind as many tokens as our prompt has",
        goal: Goal::AtLeast(0.95),
    };
    let depth = Cell::new(0);
    let theirs = async || {
        let figure = async |depth| -> Result<f64> {
            let test = peers.llama_bench(&model, threads, (0, REPLY), depth);
            Ok(test.await?.avg_ts)
        };
        let (judged, disturbance) = watched(async || figure(0).await).await?;
        Ok(Measured {
            figure: judged,
            beside: figure(depth.get()).await?,
            disturbance,
        })
    };
    let met = compare(
        &comparison,
        rounds,
        async || {
            let (generation, measured) = written(setting, config).await?;
            depth.set(generation.prompt_tokens);
            let tokens = generation.reply_tokens;
            if tokens < REPLY {
                return Err(format!("the reply has {tokens} tokens and not {REPLY}").into());
            }
            Ok(measured)
        },
        async || theirs().await,
    )
    .await?;

    let comparison = Comparison {
        name: "writing as she does by default",
        ours: "the same, with the penalty and the chance that the defaults choose tokens with",
        goal: Goal::None,
        ..comparison
    };
    let defaults = Config::default().llm;
    let mut usual = config.clone();
    usual.llm.temperature = defaults.temperature;
    usual.llm.repeat_penalty = defaults.repeat_penalty;
    compare(
        &comparison,
        rounds,
        async || Ok(written(setting, &usual).await?.1),
        async || theirs().await,
    )
    .await?;

    let comparison = Comparison {
        name: "reading a prompt",
        ours: "from the request to the first token, as the host sees it",
        beside: "tokens read",
        ..comparison
    };
    let mut number = 0;
    compare(
        &comparison,
        rounds,
        async || {
            number += 1;
            let llm = setting.installed.llm(config)?;
            // The first request loads the model, and the next one is as all others.
            for lines in [1, 8] {
                reply(&llm, format!("{number}, {lines}. {}", LINE.repeat(lines))).await?;
            }
            // Another beginning each time, so that nothing of it is in the cache.
            let lines = usize::try_from(PROMPT / 17)?;
            let prompt = format!("{number}. {}", LINE.repeat(lines));
            let (reply, disturbance) = watched(async || reply(&llm, prompt).await).await?;
            setting.installed.unload(EngineKind::Llm).await;
            let read = reply.generation.prompt_tokens - reply.generation.reused_tokens;
            Ok(Measured {
                figure: f64::from(read) / reply.first,
                beside: f64::from(read),
                disturbance,
            })
        },
        async || {
            let test = peers.llama_bench(&model, threads, (PROMPT, 0), 0);
            let (test, disturbance) = watched(async || test.await).await?;
            Ok(Measured {
                figure: test.avg_ts,
                beside: f64::from(PROMPT),
                disturbance,
            })
        },
    )
    .await?;
    Ok(met)
}

/// Has a new worker write, as llama-bench is a new process each time.
async fn written(setting: &Setting<'_>, config: &Config) -> Result<(Generation, Measured)> {
    let llm = setting.installed.llm(config)?;
    let started = Instant::now();
    while started.elapsed() < SETTLING {
        reply(&llm, QUESTION.to_owned()).await?;
    }
    // Where chance chooses, a reply may be short, and says little about the speed.
    let (reply, disturbance) = loop {
        let (reply, disturbance) = watched(async || reply(&llm, QUESTION.to_owned()).await).await?;
        if reply.generation.reply_tokens >= REPLY / 2 {
            break (reply, disturbance);
        }
    };
    setting.installed.unload(EngineKind::Llm).await;
    let tokens = f64::from(reply.generation.reply_tokens);
    let measured = Measured {
        figure: tokens / reply.seconds,
        beside: tokens / f64::from(reply.generation.decode_seconds),
        disturbance,
    };
    Ok((reply.generation, measured))
}

struct Reply {
    generation: Generation,
    /// Seconds until its first piece.
    first: f64,
    /// Seconds until its end.
    seconds: f64,
}

/// Collects a reply on a thread of the runtime, as Jane's own commands do.
async fn reply(llm: &Arc<dyn LanguageModel>, question: String) -> Result<Reply> {
    let llm = Arc::clone(llm);
    let collected = tokio::spawn(async move {
        let reply = collect(llm.as_ref(), question).await;
        reply.map_err(|error| error.to_string())
    });
    Ok(collected.await??)
}

async fn collect(llm: &dyn LanguageModel, question: String) -> Result<Reply> {
    let started = Instant::now();
    let mut stream = llm.reply(vec![Message::user(question)].into());
    let mut first = None;
    while let Some(item) = stream.next().await {
        let seconds = started.elapsed().as_secs_f64();
        let first = *first.get_or_insert(seconds);
        if let Generated::Ended(generation) = item? {
            return Ok(Reply {
                generation,
                first,
                seconds,
            });
        }
    }
    Err("a reply has no end".into())
}
