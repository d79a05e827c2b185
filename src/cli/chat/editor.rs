//! The line editor of a terminal: arrows bring back what was typed, Tab completes commands, and what is printed meanwhile lands above the line.
//!
//! Invariant: what was typed is kept in memory alone, and gone with the process.

use std::sync::mpsc::sync_channel;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{Config, Context, Editor, ExternalPrinter, Helper};
use tokio::sync::mpsc;

use super::Typed;
use super::command::completions;
use super::lines::{LONGEST_LINE, typed};
use crate::cli::prompt::Prompt;

/// Lines that the arrows bring back.
const MOST_REMEMBERED: usize = 1000;

/// What stands before the line.
const MARK: &str = "> ";

/// Lines that are typed at the terminal, each once `prompt` has it read; `None` where the terminal is none that can be edited at.
/// `models` are completed behind `/model`.
pub fn start(prompt: &Prompt, models: Vec<String>) -> Option<mpsc::Receiver<Typed>> {
    let config = Config::builder()
        .max_history_size(MOST_REMEMBERED)
        .ok()?
        .completion_type(rustyline::CompletionType::List)
        .build();
    let history = MemHistory::with_config(&config);
    let mut editor: Editor<Commands, MemHistory> = Editor::with_history(config, history).ok()?;
    editor.set_helper(Some(Commands { models }));
    // There is one where input and output are terminals that know where their cursor is.
    let mut printer = editor.create_external_printer().ok()?;
    let (start, started) = sync_channel(1);
    let (sender, receiver) = mpsc::channel(1);
    prompt.take(start);
    let above = prompt.clone();
    // It waits where a line was ended in the very moment: so whoever prints does not.
    std::thread::spawn(move || while printer.print(above.next_above()).is_ok() {});
    let prompt = prompt.clone();
    std::thread::spawn(move || {
        while started.recv().is_ok() {
            let typed = match editor.readline(MARK) {
                Ok(line) if line.len() > LONGEST_LINE => Typed::TooLong,
                Ok(line) => {
                    let _ = editor.add_history_entry(&line);
                    typed(line.as_bytes())
                }
                Err(ReadlineError::Interrupted) => Typed::Interrupted,
                Err(ReadlineError::Eof) => {
                    prompt.ended();
                    return;
                }
                Err(error) => Typed::Failed(error.to_string()),
            };
            prompt.ended();
            if sender.blocking_send(typed).is_err() {
                return;
            }
        }
    });
    Some(receiver)
}

/// Completes commands.
struct Commands {
    models: Vec<String>,
}

impl Helper for Commands {}
impl Hinter for Commands {
    type Hint = String;
}
impl Highlighter for Commands {}
impl Validator for Commands {}

impl Completer for Commands {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = line.get(..position).unwrap_or_default();
        Ok((0, completions(typed, &self.models)))
    }
}
