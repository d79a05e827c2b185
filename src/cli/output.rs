//! What a command prints: events as JSON lines, or the same events in words for a person.
//!
//! Invariants: answers go to stdout, and everything about them (progress, timings, warnings, errors) to stderr; printing has a
//! task of its own, so that a slow terminal holds up no turn; what was emitted before the end is printed before the program ends.

use std::io::{IsTerminal, Write, stderr, stdin, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::status::Status;
use crate::event::{Event, Events, Stamped, Waterfall};

/// Bytes of a skill from which a person notices that it is compiled.
const SLOW_TO_COMPILE: u64 = 1 << 20;

/// Between two pictures of a spinner.
const TICK: Duration = Duration::from_millis(200);

pub struct Printer {
    task: JoinHandle<std::io::Result<()>>,
}

impl Printer {
    /// Prints every event from now on, above `status`.
    pub fn start(events: &Events, json: bool, status: &Status) -> Self {
        let receiver = events.subscribe();
        let human = Human {
            status: status.clone(),
            ..Human::default()
        };
        let task = tokio::task::spawn_blocking(move || {
            if json {
                print_json(receiver)
            } else {
                human.print(receiver)
            }
        });
        Self { task }
    }

    /// Waits until standard output takes nothing more, because its reader went away for one.
    pub async fn broken(&mut self) -> std::io::Error {
        match (&mut self.task).await {
            Ok(Err(error)) => error,
            // All was printed, which is no reason to end before the command does.
            _ => std::future::pending().await,
        }
    }

    /// Waits until all events are printed. The last handle of [`Events`] must be gone, or about to go.
    pub async fn finish(self) {
        if !self.task.is_finished() {
            let _ = self.task.await;
        }
    }
}

fn print_json(mut events: mpsc::UnboundedReceiver<Stamped>) -> std::io::Result<()> {
    let mut stdout = stdout().lock();
    while let Some(stamped) = events.blocking_recv() {
        serde_json::to_writer(&mut stdout, &stamped)?;
        writeln!(stdout)?;
        stdout.flush()?;
    }
    Ok(())
}

/// The view of a person.
#[derive(Default)]
struct Human {
    /// Whether the cursor stands behind an unfinished reply.
    in_reply: bool,
    /// Whether it stands behind the mark that she listens.
    prompted: bool,
    /// Whether she has listened before: what is loaded from then on is news.
    has_listened: bool,
    bar: Option<(String, ProgressBar)>,
    /// Where it is shown, only whole lines are printed.
    status: Status,
    /// Why standard output takes nothing more.
    broken: Option<std::io::Error>,
}

impl Human {
    fn print(mut self, mut events: mpsc::UnboundedReceiver<Stamped>) -> std::io::Result<()> {
        while self.broken.is_none()
            && let Some(stamped) = events.blocking_recv()
        {
            self.show(stamped.event);
        }
        self.end_bar();
        self.broken.map_or(Ok(()), Err)
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::Transcript {
                turn: Some(_),
                text,
                ..
            } if text.is_empty() => self.note("(nothing was said)"),
            Event::Transcript {
                turn: Some(_),
                text,
                ..
            } => self.line(&format!("you:  {text}")),
            Event::Transcript { file, text, .. } => self.transcript(file.as_deref(), &text),
            Event::TranscriptPart {
                end_seconds,
                of_seconds,
                ..
            } if of_seconds > 60.0 => {
                self.note(&format!("… {end_seconds:.0} of {of_seconds:.0} s"));
            }
            Event::ReplyDelta { .. } if self.status.is_shown() => {}
            Event::ReplyDelta { text, .. } => self.delta(&text),
            Event::Sentence { index, text, .. } if self.status.is_shown() => {
                let speaker = if index == 0 { "jane:" } else { "" };
                self.line(&format!("{speaker:<5} {text}"));
            }
            Event::Reply { finish, .. } => self.end_reply(finish),
            Event::Listening if !self.has_listened => {
                self.has_listened = true;
                self.show(Event::Listening);
            }
            Event::SkillLoaded { skill, .. } if self.has_listened => {
                self.note(&format!("skill `{skill}` is there"))
            }
            Event::SkillCompiling { skill, bytes } if bytes > SLOW_TO_COMPILE => {
                self.note(&format!("compiling the skill `{skill}` …"));
            }
            Event::SkillUnloaded { skill } => self.note(&format!("skill `{skill}` is gone")),
            Event::SkillFailed {
                skill,
                reason,
                hint,
            } => {
                let message = format!("skill `{skill}` is not taken: {reason}");
                self.problem("warning", &message, hint.as_deref());
            }
            Event::SkillQuarantined {
                skill,
                reason,
                hint,
            } => {
                let message =
                    format!("skill `{skill}` failed too often and is left alone: {reason}");
                self.problem("warning", &message, Some(&hint));
            }
            Event::SkillMuted { skill, .. } => {
                self.note(&format!("(not spoken, because of the skill `{skill}`)"))
            }
            Event::ToolCalled { tool, ok, .. } => {
                let failed = if ok { "" } else { ", which failed" };
                self.note(&format!("({tool}{failed})"));
            }
            Event::Notice { title, body, .. } => self.line(&format!("{title}: {body}")),
            Event::Listening if stdin().is_terminal() && !self.status.is_shown() => {
                self.prompted = false;
                self.interrupt();
                self.prompted = true;
                self.prompt();
            }
            // The line that was typed ended the mark's.
            Event::TurnStarted { .. } => self.prompted = false,
            Event::TurnEnded {
                outcome: "answered",
                waterfall,
                ..
            } => self.note(&timings(&waterfall)),
            Event::BackendLoading { role, model, .. } => {
                self.note(&format!("loading the {role} (`{model}`) …"))
            }
            Event::WorkerExited { worker, status, .. } => {
                self.note(&format!("`{worker}` ended unexpectedly: {status}"));
            }
            Event::WorkerRestarted { worker, .. } => {
                self.note(&format!("starting `{worker}` again …"))
            }
            Event::SpeechDropped {
                reason: "stop",
                text,
            } => {
                self.note(&format!("(quiet: {text})"));
            }
            Event::ReplyCut { heard, .. } => self.note(&format!("(cut off after: {heard})")),
            Event::AudioLost { message, hint } => {
                self.problem("warning", &message, hint.as_deref());
            }
            Event::AudioBack => self.note("the sound device is back"),
            Event::AudioDropped { samples } => {
                self.note(&format!("(lost {} ms of sound)", samples / 16));
            }
            Event::BackendSwitched {
                role, to, reason, ..
            } => self.note(&format!("the {role} is `{to}` now: {reason}")),
            Event::ContextPruned { turns, .. } => {
                self.note(&format!("(forgot the oldest turns: {turns})"));
            }
            Event::ConfigReloaded {
                changed, restart, ..
            } => self.reloaded(&changed, &restart),
            Event::ConfigRejected { problems, hint } => {
                let problems = problems.join("\n");
                let message =
                    format!("jane.toml is not taken, and all stays as it was:\n{problems}");
                self.problem("warning", &message, hint.as_deref());
            }
            Event::MemoryPressure {
                what, used, budget, ..
            } => {
                let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
                let (used, budget) = (megabytes(used), megabytes(budget));
                self.note(&format!("{what}: {used} MB in use, of {budget} MB"));
            }
            Event::MetricsListening { address } => {
                self.note(&format!(
                    "figures for Prometheus at http://{address}/metrics"
                ));
            }
            Event::MetricsStopped { .. } => self.note("no figures for Prometheus any more"),
            Event::ModelStep { model, step } => {
                self.end_bar();
                self.note(&format!("{model}: {step}"));
            }
            Event::ModelProgress {
                model,
                bytes,
                of_bytes,
            } => self.progress(model, bytes, of_bytes),
            Event::BenchProgress { step } => self.step(&step),
            Event::Report { report, .. } => self.report(&report),
            Event::Warning { message, hint } => self.problem("warning", &message, hint.as_deref()),
            // Ctrl-C is how one ends her.
            Event::Error { code: 130, .. } => self.interrupt(),
            Event::Error { message, hint, .. } => self.problem("error", &message, hint.as_deref()),
            // A failed backend ends the command with the same words; the rest is for programs.
            _ => {}
        }
    }

    fn delta(&mut self, text: &str) {
        self.end_bar();
        if self.in_reply {
            self.say(text);
        } else {
            self.in_reply = true;
            self.say(&format!("jane: {}", text.trim_start()));
        }
    }

    fn end_reply(&mut self, finish: &str) {
        if std::mem::take(&mut self.in_reply) {
            self.say("\n");
        }
        if finish == "length" {
            self.note("(the reply was cut off at `llm.max_reply_tokens`)");
        }
    }

    fn transcript(&mut self, file: Option<&str>, text: &str) {
        match file {
            Some(file) => self.line(&format!("{file}\t{text}")),
            None => self.line(text),
        }
    }

    fn line(&mut self, text: &str) {
        self.interrupt();
        self.say(&format!("{text}\n"));
    }

    fn note(&mut self, text: &str) {
        self.interrupt();
        self.tell(&format!("{text}\n"));
        self.prompt();
    }

    fn reloaded(&mut self, changed: &[String], restart: &[String]) {
        if !changed.is_empty() {
            self.note(&format!("jane.toml: changed {}", changed.join(", ")));
        }
        if !restart.is_empty() {
            let keys = restart.join(", ");
            self.note(&format!("jane.toml: {keys} takes effect at the next start"));
        }
    }

    fn problem(&mut self, kind: &str, message: &str, hint: Option<&str>) {
        self.interrupt();
        self.tell(&format!("{kind}: {message}\n"));
        if let Some(hint) = hint {
            self.tell(&format!("hint: {hint}\n"));
        }
        self.prompt();
    }

    /// Writes to standard output.
    fn say(&mut self, text: &str) {
        let said = self.status.aside(|| put(&mut stdout(), text));
        self.broken = self.broken.take().or(said.err());
    }

    /// Writes to standard error. Nobody misses what it does not take.
    fn tell(&self, text: &str) {
        let _ = self.status.aside(|| put(&mut stderr(), text));
    }

    /// Marks that she listens, again where something was printed meanwhile.
    fn prompt(&self) {
        if self.prompted {
            self.tell("> ");
        }
    }

    /// Ends whatever line the terminal is in.
    fn interrupt(&mut self) {
        self.end_bar();
        if std::mem::take(&mut self.in_reply) {
            self.say("\n");
        }
        if self.prompted {
            self.tell("\n");
        }
    }

    fn progress(&mut self, model: String, bytes: u64, of_bytes: Option<u64>) {
        if self.bar.as_ref().is_none_or(|(name, _)| *name != model) {
            self.end_bar();
            self.bar = Some((model.clone(), bar(&model, of_bytes)));
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_position(bytes);
        }
    }

    /// A step of a measurement, `part: step`: one line that changes, or where there is no terminal a line for each part.
    fn step(&mut self, step: &str) {
        let part = step.split(':').next().unwrap_or_default();
        if self.bar.as_ref().is_none_or(|(name, _)| name != part) {
            self.end_bar();
            let bar = ProgressBar::new_spinner();
            if stderr().is_terminal() {
                bar.enable_steady_tick(TICK);
            } else {
                self.note(&format!("measuring {part} …"));
            }
            self.bar = Some((part.to_owned(), bar));
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_message(step.to_owned());
        }
    }

    fn end_bar(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// A report is lines of text for a person, in its `text`.
    fn report(&mut self, report: &serde_json::Value) {
        self.interrupt();
        if let Some(text) = report.get("text").and_then(serde_json::Value::as_str) {
            self.say(text);
        }
    }
}

/// Writes at once, without what could command a terminal: the text may come from a model.
fn put(stream: &mut impl Write, text: &str) -> std::io::Result<()> {
    let harmless: String = text
        .chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect();
    stream.write_all(harmless.as_bytes())?;
    stream.flush()
}

fn bar(model: &str, of_bytes: Option<u64>) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(of_bytes, target);
    let template = match of_bytes {
        Some(_) => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        None => "{msg} {spinner} {bytes} {bytes_per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(model.to_owned());
    bar
}

/// One line with what a person may want to know about a turn's times.
fn timings(waterfall: &Waterfall) -> String {
    let mut parts = Vec::new();
    for (name, value) in [
        ("heard", waterfall.stt_ms),
        ("first word", waterfall.llm_first_token_ms),
        ("first sound", waterfall.first_audio_ms),
        ("all", Some(waterfall.total_ms)),
    ] {
        if let Some(value) = value {
            parts.push(format!("{name} {value} ms"));
        }
    }
    let (tokens, rate) = (waterfall.reply_tokens, waterfall.tokens_per_second);
    parts.push(format!("{tokens} tokens at {rate:.0}/s"));
    format!("      ({})", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_cannot_command_the_terminal() {
        let mut written = Vec::new();
        put(&mut written, "one\x1b]0;two\x07\r\tthree\n").unwrap();
        assert_eq!(written, b"one]0;two\tthree\n");
    }
}
