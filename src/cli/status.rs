//! One line at the bottom of the terminal that says what she does in a live conversation. Everything else is printed above it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::watch;

use super::shown;
use crate::conversation::live::{Stage, View};

/// How often the line is drawn in a second.
const REDRAWS: u8 = 10;

/// Clones are the same line. It is not there until it is shown.
#[derive(Clone)]
pub struct Status(ProgressBar);

impl Default for Status {
    fn default() -> Self {
        let bar = ProgressBar::hidden();
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Status {
    /// Shows what `view` tells until that ends; where standard error is not a terminal, nothing.
    pub async fn follow(self, mut view: watch::Receiver<View>, push_to_talk: bool) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        self.0
            .set_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS));
        while view.changed().await.is_ok() {
            let message = line(&view.borrow_and_update(), push_to_talk);
            self.0.set_message(message);
            tokio::time::sleep(std::time::Duration::from_secs(1) / u32::from(REDRAWS)).await;
        }
        self.0.finish_and_clear();
    }

    pub fn is_shown(&self) -> bool {
        !self.0.is_hidden() && !self.0.is_finished()
    }

    /// Does something to the terminal while the line is not there.
    pub fn aside<T>(&self, something: impl FnOnce() -> T) -> T {
        self.0.suspend(something)
    }
}

fn line(view: &View, push_to_talk: bool) -> String {
    let stage = match view.stage {
        Stage::Listening if push_to_talk => "space to talk",
        Stage::Listening => "listening",
        Stage::Hearing | Stage::Pausing => "hearing",
        Stage::Thinking => "thinking",
        Stage::Speaking => "speaking",
    };
    // What was understood comes from a model, and must not command the terminal.
    let partial = shown::line(&view.partial);
    format!("{stage:<13} {} {partial}", meter(view.level_db))
}

/// Ten steps of six decibels.
fn meter(level_db: f32) -> String {
    let steps = ((level_db + 60.0) / 6.0).clamp(0.0, 10.0);
    let steps = (0..10_u8).map(|step| {
        if f32::from(step) < steps {
            '▮'
        } else {
            '▯'
        }
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_she_does_how_loud_it_is_and_what_was_understood() {
        let view = View {
            stage: Stage::Pausing,
            level_db: -36.0,
            partial: "What time\x1b[2J is it?".to_owned(),
        };
        assert_eq!(
            line(&view, false),
            "hearing       ▮▮▮▮▯▯▯▯▯▯ What time[2J is it?"
        );
        let quiet = line(
            &View {
                level_db: -100.0,
                ..View::default()
            },
            true,
        );
        assert_eq!(quiet, "space to talk ▯▯▯▯▯▯▯▯▯▯ ");
    }
}
