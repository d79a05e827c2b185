//! What the person does: lines and Ctrl-C, from the editor of a terminal or from a pipe.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::{Typed, editor, lines};
use crate::cli::prompt::Prompt;

/// What was typed, in order.
pub struct Input {
    typed: mpsc::Receiver<Typed>,
    prompt: Prompt,
    /// Ctrl-C where no line is read; `None` where it ends the program.
    signals: Option<tokio::signal::unix::Signal>,
    /// What came while an answer was given.
    waiting: VecDeque<Option<Typed>>,
}

impl Input {
    /// From the editor where there is a `prompt` and both ends are a terminal, else from the standard input as it comes.
    pub fn open(prompt: Option<&Prompt>, models: Vec<String>) -> Self {
        let edited = prompt.and_then(|prompt| editor::start(prompt, models));
        let is_edited = edited.is_some();
        Self {
            typed: edited.unwrap_or_else(lines::read),
            prompt: prompt.cloned().unwrap_or_default(),
            signals: is_edited.then(interrupts).flatten(),
            waiting: VecDeque::new(),
        }
    }

    /// A line is wanted, once all that was said is printed.
    pub fn ask(&self) {
        self.prompt.ask();
    }

    /// Waits for what is done next; `None` at the end. Nothing is lost where it is dropped.
    pub async fn next(&mut self) -> Option<Typed> {
        if let Some(waiting) = self.waiting.pop_front() {
            return waiting;
        }
        tokio::select! {
            () = Self::signal(&mut self.signals) => Some(Typed::Interrupted),
            typed = self.typed.recv() => typed,
        }
    }

    /// Waits for Ctrl-C while an answer is given. Lines wait for their turn.
    pub async fn interrupted(&mut self) {
        loop {
            // Of a pipe no more is read than is answered.
            let reads = self.prompt.has_editor() && self.waiting.is_empty();
            tokio::select! {
                () = Self::signal(&mut self.signals) => return,
                typed = self.typed.recv(), if reads => match typed {
                    Some(Typed::Interrupted) => return,
                    other => self.waiting.push_back(other),
                },
            }
        }
    }

    async fn signal(signals: &mut Option<tokio::signal::unix::Signal>) {
        let came = match signals {
            Some(signals) => signals.recv().await,
            None => None,
        };
        if came.is_none() {
            std::future::pending().await
        }
    }
}

fn interrupts() -> Option<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).ok()
}
