//! `jane top`: what a running Jane takes and how her last turns went, each second. She is looked at from outside, and nothing is started.

use std::io::IsTerminal;
use std::time::Duration;

use console::{Term, truncate_str};
use jane_core::event::{Event, Events};
use serde_json::json;

use super::session::configuration;
use super::{Common, Failure, figures};
use crate::metrics::{Found, Snapshot, running};

/// How long she may tell nothing until that is shown. She tells something each second.
const SILENCE: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub struct Top {
    /// Show once and end; so it is too where the output is not a terminal
    #[arg(long)]
    once: bool,
    /// Of several, the one with this process id [default: the newest]
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
}

impl Top {
    /// # Errors
    /// Where no Jane runs in this home.
    pub async fn run(&self, common: &Common, events: &Events) -> Result<(), Failure> {
        let (home, _, config) = configuration(common)?;
        let models = config.models_directory(&home);
        let found = running(&models, &home, self.pid).await?;
        let terminal = Term::stdout();
        let is_live = !self.once && (common.json || std::io::stdout().is_terminal());
        let pid = found.first.pid;
        let is_over = match (is_live, common.json) {
            (false, json) => {
                events.emit(report(&found.first, !json));
                false
            }
            (true, true) => stream(found, events).await,
            (true, false) => {
                draw(found, &terminal).await;
                true
            }
        };
        if is_over {
            let text = format!("the Jane with process {pid} has ended\n");
            events.emit(Event::Report {
                command: "top",
                report: json!({ "ended": pid, "text": text }),
            });
        }
        Ok(())
    }
}

/// Prints a report each second. Returns whether she has ended; else nobody reads any more.
async fn stream(mut found: Found, events: &Events) -> bool {
    events.emit(report(&found.first, false));
    while let Some(snapshot) = found.next().await {
        if !events.are_heard() {
            return false;
        }
        events.emit(report(&snapshot, false));
    }
    true
}

fn report(snapshot: &Snapshot, with_text: bool) -> Event {
    let mut report = json!(snapshot);
    if with_text && let Some(report) = report.as_object_mut() {
        let text = figures::lines(snapshot).join("\n") + "\n";
        report.insert("text".to_owned(), text.into());
    }
    Event::Report {
        command: "top",
        report,
    }
}

/// Draws a screen each second until she ends.
async fn draw(mut found: Found, terminal: &Term) {
    let screen = Screen::new(terminal);
    let mut lines = figures::lines(&found.first);
    screen.draw(&lines);
    loop {
        match tokio::time::timeout(SILENCE, found.next()).await {
            Ok(Some(snapshot)) => lines = figures::lines(&snapshot),
            Ok(None) => return,
            Err(_) => {
                if let Some(first) = lines.first_mut() {
                    *first = "Jane does not tell anything just now; this is what she told last"
                        .to_owned();
                }
            }
        }
        screen.draw(&lines);
    }
}

/// The terminal, drawn over and over. What was drawn last stays there.
struct Screen<'a>(&'a Term);

impl<'a> Screen<'a> {
    fn new(terminal: &'a Term) -> Self {
        // A terminal that takes nothing shows nothing.
        let _ = terminal
            .hide_cursor()
            .and_then(|()| terminal.clear_screen());
        Self(terminal)
    }

    /// As many of `lines` as there is room for, in one write, so that nothing flickers.
    fn draw(&self, lines: &[String]) {
        let (rows, columns) = self.0.size();
        // The cursor takes the last row.
        let rows = usize::from(rows).saturating_sub(1);
        let mut text = String::from("\x1b[H");
        for line in lines.iter().take(rows) {
            text.push_str(&truncate_str(line, usize::from(columns), "…"));
            text.push_str("\x1b[K\n");
        }
        text.push_str("\x1b[J");
        let _ = self.0.write_str(&text);
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        let _ = self.0.show_cursor();
    }
}
