//! The line that somebody types at the bottom of a terminal while other things are printed above it.
//!
//! Invariants: whoever prints never waits for the one who types; a line is asked for at most once at a time; the terminal's settings are as they
//! were when the program ends, however it ends. Without an editor everything is printed as it comes.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use jane_platform::Typing;
use parking_lot::{Condvar, Mutex, MutexGuard};

/// Ends the marks that terminals put around what is pasted, and the line that was being typed.
const END_OF_EDITING: &str = "\x1b[?2004l\r\n";

/// Where something is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Output,
    Error,
}

/// Clones are the same line. No line is typed until there is an editor.
#[derive(Clone, Default)]
pub struct Prompt(Arc<Shared>);

#[derive(Default)]
struct Shared {
    has_editor: AtomicBool,
    state: Mutex<State>,
    /// Something is to be printed above the line.
    waits: Condvar,
}

#[derive(Default)]
struct State {
    stage: Stage,
    /// What is to be printed above the line.
    above: String,
    /// Has the editor read a line.
    start: Option<SyncSender<()>>,
    typing: Option<Typing>,
    /// What was printed, where nothing is to reach the terminal.
    #[cfg(test)]
    captured: Option<String>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    /// A line is to be read once all that was said before is printed.
    Asked,
    Editing,
}

impl Prompt {
    /// From now on an editor reads lines at the terminal, one for each message to `start`. What is typed meanwhile is not shown before its turn.
    pub fn take(&self, start: SyncSender<()>) {
        let typing = Typing::of_input();
        if let Some(typing) = &typing {
            typing.hide();
        }
        let mut state = self.state();
        (state.start, state.typing) = (Some(start), typing);
        self.0.has_editor.store(true, Ordering::Relaxed);
    }

    /// Whether there is an editor. Ctrl-C is then for the conversation.
    pub fn has_editor(&self) -> bool {
        self.0.has_editor.load(Ordering::Relaxed)
    }

    /// A line is wanted, and read after [`begin`](Self::begin).
    pub fn ask(&self) {
        let mut state = self.state();
        if state.stage == Stage::Idle {
            state.stage = Stage::Asked;
        }
    }

    /// All that was said is printed: the line is read where one is wanted.
    pub fn begin(&self) {
        let mut state = self.state();
        if state.stage == Stage::Asked {
            let begun = state.start.as_ref().map(|start| start.try_send(()));
            if matches!(begun, Some(Ok(()))) {
                state.stage = Stage::Editing;
                self.0.waits.notify_all();
            }
        }
    }

    /// The editor has read a line.
    pub fn ended(&self) {
        self.state().stage = Stage::Idle;
    }

    /// Waits for whole lines that are to be printed above the one that is typed.
    pub fn next_above(&self) -> String {
        let mut state = self.state();
        loop {
            if state.stage == Stage::Editing
                && let Some(end) = state.above.rfind('\n')
            {
                let rest = state.above.split_off(end + 1);
                return std::mem::replace(&mut state.above, rest);
            }
            self.0.waits.wait(&mut state);
        }
    }

    /// Prints `text`, which must be harmless already; above the line that is typed, where there is one.
    ///
    /// # Errors
    /// Where the stream does not take it.
    pub fn put(&self, place: Place, text: &str) -> std::io::Result<()> {
        #[cfg(test)]
        if let Some(captured) = &mut self.state().captured {
            captured.push_str(text);
            return Ok(());
        }
        if self.has_editor() && place.is_terminal() {
            let mut state = self.state();
            state.above.push_str(text);
            if state.stage == Stage::Editing {
                self.0.waits.notify_all();
                return Ok(());
            }
            let text = std::mem::take(&mut state.above);
            drop(state);
            return place.write(&text);
        }
        place.write(text)
    }

    /// Gives the terminal the settings that it was found with. Never waits.
    pub fn restore_settings(&self) {
        if let Some(typing) = &self.state().typing {
            typing.restore();
        }
    }

    /// The same, and prints what is left. To be called at the end.
    pub fn restore(&self) {
        if !self.has_editor() {
            return;
        }
        self.restore_settings();
        let mut state = self.state();
        if std::mem::take(&mut state.stage) == Stage::Editing {
            let _ = Place::Output.write(END_OF_EDITING);
        }
        let left = std::mem::take(&mut state.above);
        drop(state);
        let _ = Place::Output.write(&left);
    }

    #[cfg(test)]
    pub fn capturing() -> Self {
        let prompt = Self::default();
        prompt.state().captured = Some(String::new());
        prompt
    }

    #[cfg(test)]
    pub fn captured(&self) -> String {
        self.state().captured.clone().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}

impl Place {
    fn is_terminal(self) -> bool {
        match self {
            Self::Output => stdout().is_terminal(),
            Self::Error => stderr().is_terminal(),
        }
    }

    fn write(self, text: &str) -> std::io::Result<()> {
        let write = |stream: &mut dyn Write| {
            stream.write_all(text.as_bytes())?;
            stream.flush()
        };
        match self {
            Self::Output => write(&mut stdout()),
            Self::Error => write(&mut stderr()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_once_when_it_is_wanted_and_all_before_is_printed() {
        let prompt = Prompt::default();
        let (start, started) = std::sync::mpsc::sync_channel(1);
        prompt.state().start = Some(start);
        prompt.begin();
        assert!(started.try_recv().is_err());
        prompt.ask();
        prompt.begin();
        prompt.ask();
        prompt.begin();
        assert!(started.try_recv().is_ok() && started.try_recv().is_err());
        prompt.state().above = "one\ntwo\nthr".to_owned();
        assert_eq!(prompt.next_above(), "one\ntwo\n");
        assert_eq!(prompt.state().above, "thr");
        prompt.ended();
        prompt.begin();
        assert!(started.try_recv().is_err());
    }
}
