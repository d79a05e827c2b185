//! `jane chat`: a conversation, typed. A line `@FILE` asks what is spoken in a recording, and one that begins with `/` is a command.

mod act;
mod command;
mod editor;
mod input;
mod lines;

use std::path::Path;

use jane_audio::{AudioError, AudioOutput, WavSource};
use jane_config::Config;
use jane_core::event::Event;
use jane_skills::Announcement;

use super::prompt::Prompt;
use super::session::SKILLS_PATIENCE;
use super::{Failure, Session};
use crate::conversation::{Conversation, Question, SkillRequests};
use act::Acts;
use command::Meaning;
use input::Input;

#[derive(clap::Args)]
pub struct Chat {
    /// Answer in text only
    #[arg(long)]
    silent: bool,
}

impl Chat {
    /// Ends with the input. A turn that fails is told, and the conversation goes on. Where there is a `prompt` and it is a terminal, lines are
    /// edited at it.
    pub async fn run(self, session: &Session, prompt: Option<&Prompt>) -> Result<(), Failure> {
        let installed = session.installed()?;
        let runtime = session.runtime(&installed)?;
        let _watching = runtime.watch(&installed.workers);
        let _metrics = session.watch_metrics(&runtime, &installed);
        let mut output = Output::new(session, self.silent)?;
        let mut conversation = Conversation::new(session.events.clone());
        let skills = runtime.in_force().skills.clone();
        let _following = skills.follow();
        {
            let in_force = runtime.take().await;
            let (_, ()) = tokio::join!(
                conversation.prepare(&in_force, false, output.is_there()),
                skills.settled(SKILLS_PATIENCE),
            );
        }
        let _calling = skills.call_when_due();
        let mut requests = SkillRequests::new(&skills, session.events.clone());
        let mut changes = runtime.changes();
        let acts = Acts::new(session, &runtime);
        let mut input = Input::open(prompt, acts.models());
        let mut failed = false;
        let mut is_ending = false;
        loop {
            input.ask();
            session.events.emit(Event::Listening);
            let next = loop {
                let maintenance = async {
                    let in_force = runtime.take().await;
                    conversation.maintain(&in_force).await;
                };
                // What is due comes before the lines that are there already, and a line that comes cuts the maintenance short.
                tokio::select! {
                    biased;
                    announcement = requests.announcement() => break Next::Say(announcement),
                    typed = input.next() => break Next::Typed(typed),
                    () = maintenance => session.events.emit(Event::Idle),
                }
                // Another model has to read the conversation anew.
                tokio::select! {
                    biased;
                    announcement = requests.announcement() => break Next::Say(announcement),
                    typed = input.next() => break Next::Typed(typed),
                    Ok(()) = changes.changed() => {}
                }
            };
            let (text, no_text) = match next {
                Next::Typed(Some(Typed::Line { text, no_text })) => (text, no_text),
                Next::Typed(Some(Typed::TooLong)) => {
                    failed = true;
                    acts.refuse_long_line();
                    continue;
                }
                Next::Typed(Some(Typed::Interrupted)) if is_ending => {
                    return Err(Failure::interrupted());
                }
                Next::Typed(Some(Typed::Interrupted)) => {
                    is_ending = true;
                    acts.tell(
                        "interrupted",
                        "(Ctrl-C again, Ctrl-D or `/quit` ends)\n".to_owned(),
                    );
                    continue;
                }
                Next::Typed(Some(Typed::Failed(reason))) => {
                    return Err(Failure::failed(format!("cannot read the input: {reason}")));
                }
                Next::Typed(None) => break,
                Next::Say(announcement) => {
                    let in_force = runtime.take().await;
                    output.follow(session, &in_force.config);
                    let said = tokio::select! {
                        said = conversation.announce(&in_force, &announcement, output.get()) => said,
                        () = input.interrupted() => Ok(()),
                    };
                    if said.is_err() {
                        output.reopen();
                    }
                    continue;
                }
            };
            is_ending = false;
            if no_text > 0 {
                acts.warn_of_no_text(no_text);
            }
            let line = match Meaning::of(text) {
                Meaning::Nothing => continue,
                Meaning::Question(question) => question,
                Meaning::Quit => break,
                Meaning::New => {
                    conversation.begin_anew();
                    acts.began_anew();
                    continue;
                }
                command => {
                    tokio::select! {
                        () = acts.act(command) => {}
                        () = input.interrupted() => is_ending = true,
                    }
                    continue;
                }
            };
            let in_force = runtime.take().await;
            output.follow(session, &in_force.config);
            let turn = conversation.next_turn();
            let answer = match question(line) {
                Ok(question) => {
                    let answering = conversation.turn(&in_force, question, output.get());
                    tokio::select! {
                        answer = answering => Some(answer),
                        () = requests.cancelled(turn) => None,
                        () = input.interrupted() => {
                            is_ending = true;
                            None
                        }
                    }
                }
                Err(error) => Some(Err(error.into())),
            };
            let Some(answer) = answer else {
                continue;
            };
            failed = answer.is_err();
            match answer {
                Ok(answer) if answer.speech.is_err() => output.reopen(),
                Ok(_) => {}
                Err(error) => session.events.emit(Event::Error {
                    message: error.to_string(),
                    hint: error.hint(),
                    code: 1,
                }),
            }
        }
        if failed {
            return Err(Failure::failed("the last question could not be answered"));
        }
        Ok(())
    }
}

/// What came from the input.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    /// `no_text` counts what in the line was no text.
    Line { text: String, no_text: usize },
    /// A line of more than [`lines::LONGEST_LINE`] bytes, which is thrown away.
    TooLong,
    /// Ctrl-C.
    Interrupted,
    /// Why nothing more can be read.
    Failed(String),
}

/// What is to be done next.
enum Next {
    Typed(Option<Typed>),
    /// A skill wants this said.
    Say(Announcement),
}

/// What a line asks: itself, or what is spoken in the recording that it names.
fn question(line: String) -> Result<Question, AudioError> {
    Ok(match line.trim().strip_prefix('@') {
        Some(file) => Question::Recording(Box::new(WavSource::open(Path::new(file))?)),
        None => Question::Text(line),
    })
}

/// The loudspeaker, as the configuration names it now.
struct Output {
    silent: bool,
    device: String,
    speaker: Option<Box<dyn AudioOutput>>,
    /// Whether it is to be opened again before the next turn.
    reopens: bool,
}

impl Output {
    fn new(session: &Session, silent: bool) -> Result<Self, Failure> {
        let speaker = if silent {
            None
        } else {
            session.output_or_warning(&session.config)?
        };
        Ok(Self {
            silent,
            device: session.config.audio.output_device.clone(),
            speaker,
            reopens: false,
        })
    }

    fn is_there(&self) -> bool {
        self.speaker.is_some()
    }

    fn get(&mut self) -> Option<&mut (dyn AudioOutput + 'static)> {
        self.speaker.as_deref_mut()
    }

    /// It failed: before the next turn it is tried again.
    fn reopen(&mut self) {
        self.reopens = true;
    }

    /// Opens another device where the configuration names another, and one that failed again. Without one, answers are text.
    fn follow(&mut self, session: &Session, config: &Config) {
        let wanted = &config.audio.output_device;
        if self.silent || (*wanted == self.device && !self.reopens) {
            return;
        }
        self.device.clone_from(wanted);
        // Two of them might not have the device at once.
        self.speaker = None;
        match session.output_or_warning(config) {
            Ok(speaker) => {
                self.reopens = false;
                self.speaker = speaker;
            }
            Err(failure) => {
                self.reopens = true;
                if let Event::Error { message, hint, .. } = failure.into_event() {
                    session.events.emit(Event::Warning { message, hint });
                }
            }
        }
    }
}
