//! The language model: how soon it answers, how fast it writes, and whether what it writes arrives at once.

use std::time::{Duration, Instant};

use futures::StreamExt;
use jane_core::event::EngineKind;
use jane_engines::{Generated, Generation, LanguageModel, Message, Prompt};

use super::error::BenchError;
use super::metric::{Metric, Unit};
use super::{Bench, Part, load_time};
use crate::runtime::Factory;

/// Replies for each figure.
const ROUNDS: (usize, usize) = (11, 3);

/// What an assistant is asked; each first token is that of another question, with the instructions in the cache.
const QUESTIONS: [&str; 6] = [
    "What is the capital of France?",
    "How many days are in a week?",
    "Can you tell me why the sky is blue on a clear day?",
    "Who wrote Romeo and Juliet?",
    "What should I cook tonight, if I have rice, onions and two eggs left?",
    "Remind me what the opposite of big is.",
];

/// What is answered at length, so that the rate of writing is not that of a few words.
const LONG: &str =
    "Tell me a very long story about a harbour, a lighthouse and the people who live there.";

/// A word, and how often it stands in the prompt whose reading is measured.
const FILLING: (&str, usize) = ("lighthouse ", 120);

/// # Errors
/// Where the model cannot be loaded or fails.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    load_time::measure(bench, EngineKind::Llm, part).await?;
    let llm = bench.installed.llm(bench.config)?;
    llm.prepare(&bench.instructions()).await?;
    let window = llm.window().await?;
    let name = "context window";
    part.figures.push(Metric::new(
        "llm.window",
        name,
        Unit::Tokens,
        [f64::from(window.tokens)],
    ));

    let tools = bench.tools().len();
    if tools > 0 {
        let told = if llm.takes_tools().await? {
            "are told to the model behind its instructions, as in a conversation"
        } else {
            "are not told to the model, which takes none"
        };
        part.notes.push(format!(
            "language model: the {tools} tools of the skills {told}"
        ));
    }

    let runs = bench.runs(ROUNDS);
    let mut first_tokens = Vec::new();
    // One reply to warm up.
    written(llm.as_ref(), bench.question(LONG)).await?;
    for (run, question) in (1..=runs).zip(QUESTIONS.iter().cycle()) {
        bench.progress(&format!("llm: first token, {run} of {runs}"));
        let reply = written(llm.as_ref(), bench.question(question)).await?;
        first_tokens.extend(reply.first.map(|first| first.as_secs_f64()));
    }
    let name = "first token, with the instructions in the cache";
    part.figures.push(Metric::new(
        "llm.first_token",
        name,
        Unit::Seconds,
        first_tokens,
    ));

    let (mut rates, mut delivered, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    let (mut lateness, mut pieces) = (Vec::new(), Vec::new());
    let mut marks = bench.engine_replies.listen();
    for run in 1..=runs {
        bench.progress(&format!("llm: writing, {run} of {runs}"));
        // What belongs to no reply.
        while marks.try_recv().is_ok() {}
        let reply = written(llm.as_ref(), bench.question(LONG)).await?;
        let mut made = Vec::new();
        while let Ok(mark) = marks.try_recv() {
            made.push(mark.after);
        }
        lateness.extend(reply.lateness(&made));
        pieces.extend(reply.pieces());
        let made = reply.rate();
        rates.extend(made);
        delivered.extend(
            reply
                .arrived()
                .zip(made)
                .map(|(arrived, made)| arrived / made),
        );
        gaps.extend(reply.longest_gap.map(|gap| gap.as_secs_f64()));
    }
    let name = "tokens per second while a reply is written";
    part.figures
        .push(Metric::new("llm.rate", name, Unit::TokensPerSecond, rates));
    let name = "rate at which text arrives, of the rate at which it is made";
    part.figures
        .push(Metric::new("llm.delivered", name, Unit::Share, delivered));
    // The rates are the same where all of a reply is held back and handed over late, and only the times of pieces tell.
    let name = "a piece of text reaches the host, behind when the worker made it";
    part.figures.push(if lateness.is_empty() {
        let reason = "a server writes, and does not say when";
        Metric::missing("llm.lateness", name, Unit::Seconds, reason)
    } else {
        Metric::new("llm.lateness", name, Unit::Seconds, lateness)
    });
    let name = "pieces of text for each token of a reply";
    part.figures
        .push(Metric::new("llm.pieces", name, Unit::Share, pieces));
    let name = "longest wait between two pieces of a reply";
    part.figures
        .push(Metric::new("llm.longest_gap", name, Unit::Seconds, gaps));
    reading(bench, llm.as_ref(), part).await
}

/// How fast a prompt is read that is not in the cache.
async fn reading(
    bench: &Bench<'_>,
    llm: &dyn LanguageModel,
    part: &mut Part,
) -> Result<(), BenchError> {
    let runs = bench.runs(ROUNDS);
    let mut rates = Vec::new();
    for run in 1..=runs {
        bench.progress(&format!("llm: reading, {run} of {runs}"));
        // Another beginning each time: nothing of it is in the cache.
        let text = format!("{run} {}", FILLING.0.repeat(FILLING.1));
        let prompt: Prompt = vec![Message::user(text)].into();
        let reply = written(llm, prompt).await?;
        if let (Some(first), Some(generation)) = (reply.first, reply.generation) {
            let read = generation
                .prompt_tokens
                .saturating_sub(generation.reused_tokens);
            rates.push(f64::from(read) / first.as_secs_f64());
        }
    }
    let name = "tokens per second while a prompt is read";
    part.figures.push(Metric::new(
        "llm.reading",
        name,
        Unit::TokensPerSecond,
        rates,
    ));
    Ok(())
}

impl Bench<'_> {
    /// A question behind the instructions.
    fn question(&self, question: &str) -> Prompt {
        let mut prompt = self.instructions();
        prompt.dialogue.turns.push(Message::user(question));
        prompt
    }
}

/// A reply as it arrived.
#[derive(Debug, Default)]
struct Reply {
    /// When each piece of text arrived.
    arrivals: Vec<Duration>,
    first: Option<Duration>,
    last: Duration,
    longest_gap: Option<Duration>,
    generation: Option<Generation>,
}

impl Reply {
    /// Tokens per second as the engine made them.
    fn rate(&self) -> Option<f64> {
        let generation = self.generation.as_ref()?;
        let seconds = f64::from(generation.decode_seconds);
        (seconds > 0.0).then(|| f64::from(generation.reply_tokens) / seconds)
    }

    /// Tokens per second as they arrived. The first one came at the beginning of the time.
    fn arrived(&self) -> Option<f64> {
        let tokens = self.generation.as_ref()?.reply_tokens.checked_sub(1)?;
        let seconds = self.last.checked_sub(self.first?)?.as_secs_f64();
        (seconds > 0.0).then(|| f64::from(tokens) / seconds)
    }
}

impl Reply {
    /// Seconds by which each piece of text arrived later than its worker gave it, relative to the one that was the least late: the
    /// clocks of the two processes have no common beginning. `made` are the worker's times of all of its replies to the request; the last
    /// of them is the end.
    fn lateness(&self, made: &[Duration]) -> Vec<f64> {
        let texts = made.split_last().map_or(made, |(_, texts)| texts);
        if texts.len() != self.arrivals.len() {
            return Vec::new();
        }
        let late = self.arrivals.iter().zip(texts);
        let late = late.map(|(arrived, made)| arrived.as_secs_f64() - made.as_secs_f64());
        let late: Vec<f64> = late.collect();
        let least = late.iter().copied().fold(f64::INFINITY, f64::min);
        late.into_iter().map(|late| late - least).collect()
    }

    /// Pieces of text for each token: where several tokens come at a time, they are fewer.
    fn pieces(&self) -> Option<f64> {
        let tokens = self.generation.as_ref()?.reply_tokens;
        let pieces = u32::try_from(self.arrivals.len()).ok()?;
        (tokens > 0).then(|| f64::from(pieces) / f64::from(tokens))
    }
}

/// Has the model reply.
async fn written(llm: &dyn LanguageModel, prompt: Prompt) -> Result<Reply, BenchError> {
    let begun = Instant::now();
    let mut stream = llm.reply(prompt);
    let mut reply = Reply::default();
    while let Some(item) = stream.next().await {
        let at = begun.elapsed();
        let item = item?;
        if matches!(item, Generated::Text(_)) {
            reply.arrivals.push(at);
        }
        match item {
            Generated::Text(_) if reply.first.is_none() => reply.first = Some(at),
            Generated::Text(_) => {
                reply.longest_gap = reply.longest_gap.max(Some(at.saturating_sub(reply.last)));
            }
            Generated::Thinking { .. } | Generated::ToolCall(_) => {}
            Generated::Ended(generation) => {
                reply.generation = Some(generation);
                continue;
            }
        }
        reply.last = at;
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_is_held_back_is_late_although_its_rate_is_that_of_the_making() {
        let times = |ms: &[u64]| -> Vec<Duration> {
            ms.iter().copied().map(Duration::from_millis).collect()
        };
        let made = times(&[20, 30, 40, 50, 55]);
        let reply = |arrivals: &[u64]| Reply {
            arrivals: times(arrivals),
            ..Reply::default()
        };
        let late = |arrivals: &[u64]| -> Vec<f64> {
            let late = reply(arrivals).lateness(&made);
            late.iter().map(|late| (late * 1e3).round()).collect()
        };
        assert_eq!(late(&[121, 131, 142, 151]), [0.0, 0.0, 1.0, 0.0]);
        // All at the end, as one would who waits for the whole reply.
        assert_eq!(late(&[151, 151, 151, 151]), [30.0, 20.0, 10.0, 0.0]);
        // What is not known piece by piece is not told.
        assert!(late(&[151]).is_empty());
    }
}
