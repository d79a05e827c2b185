//! What is done for a conversation while nobody waits: its tokens are counted, what will not fit is cut and folded into a summary,
//! and what remains is read into the model's cache.
//!
//! Invariants: it gives way: dropped at any moment, it keeps what was done and takes up the rest the next time; a model that fails
//! here costs nothing that the next turn cannot do by itself.

use futures::StreamExt;
use jane_config::Context;
use jane_core::event::{Event, Events};
use jane_engines::{BackendError, Generated, LanguageModel, Message, Prompt, Tool, Window};

use super::history::History;
use super::summary::{self, SUMMARY_BYTES, SUMMARY_TOKENS};
use super::watermarks::Watermarks;

pub struct ContextMaintenance<'a> {
    pub llm: &'a dyn LanguageModel,
    pub context: &'a Context,
    pub events: &'a Events,
    /// What the model is offered with every question.
    pub tools: Vec<Tool>,
    /// What calls of tools begin with, where they are written apart from the conversation.
    pub call_instructions: Option<String>,
}

impl ContextMaintenance<'_> {
    /// Ends when there is nothing left to do, or when the model fails, which is logged.
    pub async fn run(&self, history: &mut History) {
        if let Err(error) = self.work(history).await {
            tracing::warn!(%error, "the maintenance of the context ended early");
        }
    }

    async fn work(&self, history: &mut History) -> Result<(), BackendError> {
        if !self.context.summary {
            history.drop_summary();
        }
        let window = self.llm.window().await?;
        self.count(history).await?;
        let surplus = Watermarks::new(window, self.context).surplus(history);
        if surplus > 0 {
            cut(history, surplus, self.events);
        }
        self.read(history).await?;
        if self.context.summary && !history.cut().is_empty() {
            self.summarize(history, window).await?;
            self.count(history).await?;
            self.read(history).await?;
        }
        if let Some(instructions) = &self.call_instructions {
            self.llm.prepare_calls(instructions, true).await?;
        }
        Ok(())
    }

    /// Has the model read what every question begins with.
    async fn read(&self, history: &History) -> Result<(), BackendError> {
        let prompt = Prompt {
            dialogue: history.dialogue(0),
            tools: self.tools.clone(),
            ..Prompt::default()
        };
        self.llm.prepare(&prompt).await
    }

    async fn count(&self, history: &mut History) -> Result<(), BackendError> {
        loop {
            let (parts, prompts): (Vec<_>, Vec<_>) = history.uncounted().into_iter().unzip();
            if parts.is_empty() {
                return Ok(());
            }
            let counts = self.llm.count_tokens(prompts).await?;
            if counts.is_empty() {
                return Ok(());
            }
            for (part, tokens) in parts.into_iter().zip(counts) {
                history.counted(part, tokens);
            }
        }
    }

    /// Folds what was cut, and the summary before, into a new summary. Until that is whole, the history stays as it is.
    async fn summarize(&self, history: &mut History, window: Window) -> Result<(), BackendError> {
        // The answer is written beside the conversation, in the same cache.
        let taken = history.tokens().saturating_add(SUMMARY_TOKENS);
        let room = window.tokens.saturating_sub(taken);
        let Some(request) = self.request(history, room).await? else {
            history.shorten_cut(0);
            return Ok(());
        };
        let mut answer = String::new();
        let mut pieces = self.llm.aside(request, SUMMARY_TOKENS);
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(Generated::Text(text)) => answer.push_str(&text),
                Ok(_) => {}
                Err(error) => {
                    if error.too_long().is_some() {
                        history.shorten_cut(history.cut().len() / 2);
                    }
                    return Err(error);
                }
            }
            if answer.len() > SUMMARY_BYTES {
                break;
            }
        }
        history.summarize(summary::accept(&answer));
        let bytes = history.summary().len();
        self.events.emit(Event::ContextFolded { bytes });
        Ok(())
    }

    /// The request for a summary of as much of what was cut, newest first, as has `room`, in tokens; `None` where there is none.
    async fn request(
        &self,
        history: &History,
        room: u32,
    ) -> Result<Option<Vec<Message>>, BackendError> {
        let mut cut = history.cut();
        while !cut.is_empty() {
            let request = summary::request(history.summary(), cut);
            let counts = self.llm.count_tokens(vec![request.clone()]).await?;
            let tokens = counts.first().copied().unwrap_or(u32::MAX);
            if tokens <= room {
                return Ok(Some(request));
            }
            // In proportion, and an eighth less, so that it takes few rounds.
            let fitting = cut.len() as u64 * u64::from(room) / u64::from(tokens) * 7 / 8;
            cut = summary::newest(cut, usize::try_from(fitting).unwrap_or(0));
        }
        Ok(None)
    }
}

/// Cuts the `count` oldest exchanges, and says so.
pub fn cut(history: &mut History, count: usize, events: &Events) {
    let tokens = history.cut_oldest(count);
    let turns = u32::try_from(count).unwrap_or(u32::MAX);
    tracing::info!(turns, tokens, "the conversation was pruned");
    events.emit(Event::ContextPruned { turns, tokens });
}
