//! What a command prints: events as JSON lines, or the same events in words for a person.
//!
//! Invariants: answers go to stdout, and everything about them (progress, timings, warnings, errors) to stderr; printing has a
//! task of its own, so that a slow terminal holds up no turn; what was emitted before the end is printed before the program ends; what a person
//! sees passed [`shown`], and only Jane's own words begin a line.

use std::io::{IsTerminal, Write, stderr, stdin, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jane_core::event::{DropReason, Event, Events, FinishReason, Stamped, TurnOutcome, Waterfall};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use super::prompt::{Place, Prompt};
use super::shown;
use super::status::Status;

/// Bytes of a skill from which a person notices that it is compiled.
const SLOW_TO_COMPILE: u64 = 1 << 20;

/// Between two pictures of a spinner.
const TICK: Duration = Duration::from_millis(200);

pub struct Printer {
    task: JoinHandle<std::io::Result<()>>,
    /// What came of the task, where that is known.
    ended: Option<std::io::Result<()>>,
}

impl Printer {
    /// Prints every event from now on, above `status` and `prompt`.
    pub fn start(events: &Events, json: bool, status: &Status, prompt: &Prompt) -> Self {
        let receiver = events.subscribe();
        let human = Human {
            status: status.clone(),
            prompt: prompt.clone(),
            ..Human::default()
        };
        let task = tokio::task::spawn_blocking(move || {
            if json {
                print_json(receiver)
            } else {
                human.print(receiver)
            }
        });
        Self { task, ended: None }
    }

    /// Waits until standard output takes nothing more, because its reader went away for one. [`finish`](Self::finish) says why.
    pub async fn broken(&mut self) {
        if self.ended.is_none() {
            self.ended = Some(printed((&mut self.task).await));
        }
        if matches!(self.ended, Some(Ok(()))) {
            // All was printed, which is no reason to end before the command does.
            std::future::pending().await
        }
    }

    /// Waits until all events are printed. The last handle of [`Events`] must be gone, or about to go.
    ///
    /// # Errors
    /// Where standard output did not take all of them.
    pub async fn finish(self) -> std::io::Result<()> {
        match self.ended {
            Some(ended) => ended,
            None => printed(self.task.await),
        }
    }
}

/// What came of printing.
fn printed(task: Result<std::io::Result<()>, JoinError>) -> std::io::Result<()> {
    task.unwrap_or_else(|error| Err(std::io::Error::other(error)))
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
    /// The reply whose end the cursor stands behind.
    reply: Option<shown::Stream>,
    /// Whether it stands behind the mark that she listens.
    prompted: bool,
    /// Whether she has listened before: what is loaded from then on is news.
    has_listened: bool,
    bar: Option<(String, ProgressBar)>,
    /// Where it is shown, only whole lines are printed.
    status: Status,
    prompt: Prompt,
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
            // Once, where it begins.
            Event::ReplyThinking { tokens: 1, .. } => self.note("(thinking …)"),
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
            Event::Notice { skill, title, body } => self.notice(&skill, &title, &body),
            Event::Listening if self.prompt.has_editor() => {
                self.interrupt();
                self.prompt.begin();
            }
            Event::Listening if stdin().is_terminal() && !self.status.is_shown() => {
                self.prompted = false;
                self.interrupt();
                self.prompted = true;
                self.mark();
            }
            // The line that was typed ended the mark's.
            Event::TurnStarted { .. } => self.prompted = false,
            Event::TurnEnded {
                outcome: TurnOutcome::Answered,
                waterfall,
                ..
            } => self.note(&timings(&waterfall)),
            Event::TurnEnded {
                outcome: TurnOutcome::Cancelled,
                ..
            } => self.note("(the answer was dropped)"),
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
                reason: DropReason::Stop,
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
                changed,
                restart,
                by_hand,
                ..
            } => self.reloaded(&changed, &restart, by_hand),
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
            Event::ServeListening { interface, address } => match interface {
                "wyoming" => self.note(&format!(
                    "Home Assistant reaches her at {address} (Wyoming)"
                )),
                _ => self.note(&format!(
                    "she is at {interface}://{address} (page, and /v1 for programs)"
                )),
            },
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
        let begins = self.reply.is_none();
        let text = if begins { text.trim_start() } else { text };
        let reply = self.reply.get_or_insert_with(shown::Stream::indented);
        let text = reply.push(text);
        let speaker = if begins { "jane: " } else { "" };
        self.put(Place::Output, &format!("{speaker}{text}"));
    }

    fn end_reply(&mut self, finish: FinishReason) {
        if self.reply.take().is_some() {
            self.put(Place::Output, "\n");
        }
        match finish {
            FinishReason::Length => {
                self.note("(the reply was cut off at `llm.max_reply_tokens`)");
            }
            FinishReason::Refused => self.note("(the server refused to answer)"),
            FinishReason::Stop | FinishReason::ToolCalls => {}
        }
    }

    fn transcript(&mut self, file: Option<&str>, text: &str) {
        self.interrupt();
        let text = shown::line(text);
        match file {
            Some(file) => self.put(Place::Output, &format!("{}\t{text}\n", shown::line(file))),
            None => self.put(Place::Output, &format!("{text}\n")),
        }
    }

    /// What a skill shows, under its name: it is not what Jane says.
    fn notice(&mut self, skill: &str, title: &str, body: &str) {
        self.interrupt();
        let (skill, title) = (shown::line(skill), shown::line(title));
        let text = format!("[{skill}] {title}: {}\n", shown::text(body));
        self.put(Place::Output, &text);
    }

    fn line(&mut self, text: &str) {
        self.interrupt();
        self.put(Place::Output, &format!("{}\n", shown::line(text)));
    }

    fn note(&mut self, text: &str) {
        self.interrupt();
        self.put(Place::Error, &format!("{}\n", shown::line(text)));
        self.mark();
    }

    fn reloaded(&mut self, changed: &[String], restart: &[String], by_hand: bool) {
        if !changed.is_empty() && by_hand {
            self.note(&format!("changed for this run: {}", changed.join(", ")));
        } else if !changed.is_empty() {
            self.note(&format!("jane.toml: changed {}", changed.join(", ")));
        }
        if !restart.is_empty() {
            let keys = restart.join(", ");
            self.note(&format!("jane.toml: {keys} takes effect at the next start"));
        }
    }

    fn problem(&mut self, kind: &str, message: &str, hint: Option<&str>) {
        self.interrupt();
        let mut text = format!("{kind}: {}\n", shown::text(message));
        if let Some(hint) = hint {
            text.push_str(&format!("hint: {}\n", shown::text(hint)));
        }
        self.put(Place::Error, &text);
        self.mark();
    }

    /// Writes what is harmless. Nobody misses what standard error does not take.
    fn put(&mut self, place: Place, text: &str) {
        let put = self.status.aside(|| self.prompt.put(place, text));
        if place == Place::Output {
            self.broken = self.broken.take().or(put.err());
        }
    }

    /// Marks that she listens, again where something was printed meanwhile.
    fn mark(&mut self) {
        if self.prompted {
            self.put(Place::Error, "> ");
        }
    }

    /// Ends whatever line the terminal is in.
    fn interrupt(&mut self) {
        self.end_bar();
        if self.reply.take().is_some() {
            self.put(Place::Output, "\n");
        }
        if self.prompted {
            self.put(Place::Error, "\n");
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
            bar.set_message(shown::line(step));
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
            let mut text = shown::lines(text);
            if !text.ends_with('\n') {
                text.push('\n');
            }
            self.put(Place::Output, &text);
        }
    }
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
    bar.set_message(shown::line(model));
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
#[path = "output_tests.rs"]
mod tests;
