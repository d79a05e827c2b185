//! What is written of a reply: by the model, which may call tools before it answers, or by a skill that answers by itself.
//!
//! Invariants: every turn ends in a sentence, also where tools fail or the model never stops calling them; what is handed to the voice has
//! passed the skills' sentence hooks.

use std::time::Instant;

use futures::StreamExt;
use tokio::sync::mpsc;

use super::reply::{At, NOTHING, Task, Written, begin};
use super::sentences::SentenceCutter;
use crate::backend::{BackendError, Generated, Generation, Message, Speaker, ToolCall};
use crate::skill::{self, ToolResult};
use crate::spoken::{self, Piece};

/// Said where the model goes on calling tools when it should answer.
const TOO_MANY_CALLS: &str = "I could not finish that: it takes too many steps.";

/// Said where the model has nothing to say about what its calls came to.
const NO_WORDS: &str = "That did not work, and I have no answer.";

/// Told to the model with the results of the last calls that it may make.
const LAST_ROUND: &str = "(No more tools can be called now. Answer the user.)";

/// Characters of a tool's result that the model sees.
const LONGEST_RESULT: usize = 4_000;

/// Characters under which no result is shortened to make it fit.
const SHORTEST_RESULT: usize = 200;

/// Calls in one message of the model.
const MOST_CALLS: usize = 8;

/// Writes the whole reply of `task`: text to `written`, and its sentences to the voice as well.
pub(super) async fn write(
    task: &Task,
    sentences: mpsc::Sender<String>,
    written: &mpsc::UnboundedSender<At<Written>>,
) -> Result<(), BackendError> {
    let mut text = Text {
        task,
        sentences,
        written,
        cutter: SentenceCutter::default(),
        all: String::new(),
        index: 0,
        stopped: false,
    };
    let (generation, tools) = match &task.answer {
        Some(answer) => {
            text.tell(Written::Begun { skipped: 0 });
            text.push(answer.clone()).await;
            (NOTHING, Vec::new())
        }
        None => ask(task, &mut text).await?,
    };
    text.flush().await;
    let all = text.all.trim().to_owned();
    text.tell(Written::Ended {
        text: all,
        generation,
        tools,
    });
    Ok(())
}

/// Asks the model, and calls what it calls, until it answers. Returns the figures and the tools that were called.
async fn ask(task: &Task, text: &mut Text<'_>) -> Result<(Generation, Vec<String>), BackendError> {
    let tools = task.skills.tools();
    let (mut called, mut used) = (Vec::new(), Vec::new());
    let mut total: Option<Generation> = None;
    let mut round = 0;
    loop {
        let is_last = round == task.skills.rounds;
        let (skipped, first, stream) = match begin(task, &told(&called, is_last), &tools).await {
            Err(error) if round > 0 && error.too_long().is_some() => {
                if shorten(&mut called) {
                    continue;
                }
                text.sentence(TOO_MANY_CALLS).await;
                break;
            }
            begun => begun?,
        };
        if round == 0 {
            text.tell(Written::Begun { skipped });
        }
        let before = text.all.len();
        let (mut calls, mut generation) = (Vec::new(), NOTHING);
        let mut pieces = futures::stream::iter([Ok(first)]).chain(stream);
        while let Some(piece) = pieces.next().await {
            match piece? {
                Generated::Text(piece) => text.push(piece).await,
                Generated::ToolCall(call) => calls.push(call),
                Generated::Ended(ended) => generation = ended,
            }
        }
        total = Some(match total {
            None => generation,
            Some(total) => together(total, &generation),
        });
        if calls.is_empty() {
            break;
        }
        if is_last {
            text.sentence(TOO_MANY_CALLS).await;
            break;
        }
        round += 1;
        // What was said before a call is heard while it runs.
        text.flush().await;
        let said = text.all.get(before..).unwrap_or_default().to_owned();
        calls.truncate(MOST_CALLS);
        called.push(Message {
            tool_calls: calls.clone(),
            ..Message::assistant(said)
        });
        let mut answers = Vec::new();
        for call in &calls {
            let (result, answer) = call_tool(task, text, call).await;
            used.push(call.name.clone());
            answers.extend(answer);
            called.push(result);
        }
        if !answers.is_empty() {
            text.sentence(&answers.join(" ")).await;
            break;
        }
    }
    if !used.is_empty() && text.all.trim().is_empty() {
        text.sentence(NO_WORDS).await;
    }
    Ok((total.unwrap_or(NOTHING), used))
}

/// What the model is told of its calls so far.
fn told(called: &[Message], is_last: bool) -> Vec<Message> {
    let mut told = called.to_vec();
    if is_last && let Some(last) = told.last_mut() {
        last.content = format!("{}\n{LAST_ROUND}", last.content);
    }
    told
}

/// Shortens the longest results of tools to half of the longest one. Returns whether that was possible.
fn shorten(called: &mut [Message]) -> bool {
    let length = |message: &Message| message.content.chars().count();
    let results = called
        .iter_mut()
        .filter(|message| message.speaker == Speaker::Tool);
    let results: Vec<&mut Message> = results.collect();
    let longest = results.iter().map(|result| length(result)).max();
    let Some(longest) = longest.filter(|longest| *longest > SHORTEST_RESULT) else {
        return false;
    };
    let most = (longest / 2).max(SHORTEST_RESULT);
    for result in results {
        result.content = result.content.chars().take(most).collect();
    }
    true
}

/// Calls a tool. Returns what the model is told of it, and the answer where the tool gives that itself.
async fn call_tool(task: &Task, text: &Text<'_>, call: &ToolCall) -> (Message, Option<String>) {
    let begin = Instant::now();
    let called = task.skills.call(call).await;
    let ok = !matches!(called.result, ToolResult::Failed(_));
    let (content, answer) = match called.result {
        ToolResult::Told(result) => (result, None),
        ToolResult::Final(answer) => (answer.clone(), Some(answer)),
        ToolResult::Failed(reason) => (format!("error: {reason}"), None),
    };
    text.tell(Written::Called {
        tool: call.name.clone(),
        skill: called.skill,
        ok,
        took: begin.elapsed(),
    });
    let content = content.chars().take(LONGEST_RESULT).collect();
    (Message::tool(call, content), answer)
}

/// The figures of two rounds: the prompt is that of the first, without what calls added.
fn together(first: Generation, next: &Generation) -> Generation {
    Generation {
        finish: next.finish,
        reply_tokens: first.reply_tokens + next.reply_tokens,
        decode_seconds: first.decode_seconds + next.decode_seconds,
        ..first
    }
}

/// The text as it is written.
struct Text<'a> {
    task: &'a Task,
    sentences: mpsc::Sender<String>,
    written: &'a mpsc::UnboundedSender<At<Written>>,
    cutter: SentenceCutter,
    all: String,
    /// Counts the sentences that skills looked at.
    index: u32,
    /// Nothing more is spoken.
    stopped: bool,
}

impl Text<'_> {
    fn tell(&self, what: Written) {
        let _ = self.written.send(At::now(what));
    }

    async fn push(&mut self, piece: String) {
        self.all.push_str(&piece);
        let complete = self.cutter.push(&piece);
        self.tell(Written::Text(piece));
        for sentence in complete {
            self.hand_on(sentence).await;
        }
    }

    /// A sentence of ours, behind what is there.
    async fn sentence(&mut self, sentence: &str) {
        self.flush().await;
        let gap = if self.all.is_empty() || self.all.ends_with(char::is_whitespace) {
            ""
        } else {
            " "
        };
        self.push(format!("{gap}{sentence}")).await;
    }

    /// What is there so far is spoken, whether or not a sentence is over.
    async fn flush(&mut self) {
        let cutter = std::mem::take(&mut self.cutter);
        for sentence in cutter.finish() {
            self.hand_on(sentence).await;
        }
    }

    async fn hand_on(&mut self, piece: Piece) {
        if self.stopped {
            return;
        }
        let index = self.index;
        self.index += 1;
        let sentence = match self.task.skills.sentence(index, piece.text).await {
            skill::Spoken::Said(sentence) => sentence,
            skill::Spoken::Muted { skill } => {
                self.tell(Written::Muted {
                    skill,
                    stopped: false,
                });
                return;
            }
            skill::Spoken::Stopped { skill } => {
                self.stopped = true;
                self.tell(Written::Muted {
                    skill,
                    stopped: true,
                });
                return;
            }
        };
        let piece = Piece {
            text: sentence,
            place: piece.place,
        };
        let said = spoken::say(&piece, self.task.engines.tts.language());
        let text = said.text();
        if text.is_empty() {
            self.tell(Written::Unsaid(said));
            return;
        }
        self.tell(Written::Sentence(said));
        // A voice that failed takes no more sentences; the text goes on without it.
        let _ = self.sentences.send(text).await;
    }
}
