//! `jane chat`: a conversation, typed. A line `@FILE` asks what is spoken in a recording.

use std::collections::VecDeque;
use std::io::{BufRead, Read};
use std::path::Path;

use tokio::sync::mpsc;

use super::session::SKILLS_PATIENCE;
use super::{Failure, Session};
use crate::audio::{AudioError, AudioOutput, WavSource};
use crate::config::Config;
use crate::conversation::{Conversation, Question};
use crate::event::{Event, Events};
use crate::skill::{Announcement, Skills, Wish};

/// The longest line that is taken, in bytes: no context window holds more.
const LONGEST_LINE: u64 = 1 << 20;

#[derive(clap::Args)]
pub struct Chat {
    /// Answer in text only
    #[arg(long)]
    silent: bool,
}

impl Chat {
    /// Ends with the input. A turn that fails is told, and the conversation goes on.
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
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
        let mut wishes = Wishes::new(&skills);
        let mut changes = runtime.changes();
        let mut lines = lines();
        let mut failed = false;
        loop {
            session.events.emit(Event::Listening);
            let next = loop {
                let upkeep = async {
                    let in_force = runtime.take().await;
                    conversation.upkeep(&in_force).await;
                };
                // A line that is there already comes first, and one that comes cuts the upkeep short.
                tokio::select! {
                    biased;
                    line = lines.recv() => break Next::Line(line),
                    announcement = wishes.announcement(&session.events) => break Next::Say(announcement),
                    () = upkeep => session.events.emit(Event::Idle),
                }
                // Another model has to read the conversation anew.
                tokio::select! {
                    biased;
                    line = lines.recv() => break Next::Line(line),
                    announcement = wishes.announcement(&session.events) => break Next::Say(announcement),
                    Ok(()) = changes.changed() => {}
                }
            };
            let line = match next {
                Next::Line(Some(line)) => line,
                Next::Line(None) => break,
                Next::Say(announcement) => {
                    let in_force = runtime.take().await;
                    output.follow(session, &in_force.config);
                    let said = conversation.announce(&in_force, &announcement, output.get());
                    if said.await.is_err() {
                        output.reopen();
                    }
                    continue;
                }
            };
            let line =
                line.map_err(|error| Failure::failed(format!("cannot read the input: {error}")))?;
            if line.trim().is_empty() {
                continue;
            }
            let in_force = runtime.take().await;
            output.follow(session, &in_force.config);
            let turn = conversation.next_turn();
            let answer = match question(line) {
                Ok(question) => {
                    let answering = conversation.turn(&in_force, question, output.get());
                    tokio::select! {
                        answer = answering => Some(answer),
                        () = wishes.cancel(turn, &session.events) => None,
                    }
                }
                Err(error) => Some(Err(error.into())),
            };
            let Some(answer) = answer else {
                conversation.cancelled(turn);
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

/// What is to be done next.
enum Next {
    Line(Option<std::io::Result<String>>),
    /// A skill wants this said.
    Say(Announcement),
}

/// What skills want said and done.
struct Wishes {
    receiver: Option<mpsc::Receiver<Wish>>,
    /// What came while a turn was under way.
    waiting: VecDeque<Announcement>,
}

impl Wishes {
    fn new(skills: &Skills) -> Self {
        Self {
            receiver: skills.wishes(),
            waiting: VecDeque::new(),
        }
    }

    async fn next(&mut self) -> Wish {
        let wish = match &mut self.receiver {
            Some(receiver) => receiver.recv().await,
            None => None,
        };
        match wish {
            Some(wish) => wish,
            None => std::future::pending().await,
        }
    }

    /// The next thing that is to be said. Messages are shown meanwhile.
    async fn announcement(&mut self, events: &Events) -> Announcement {
        loop {
            if let Some(waiting) = self.waiting.pop_front() {
                return waiting;
            }
            match self.next().await {
                Wish::Say(announcement) => return announcement,
                Wish::Notify { skill, title, body } => {
                    events.emit(Event::Notice { skill, title, body })
                }
                // There is no turn now.
                Wish::CancelTurn { .. } => {}
            }
        }
    }

    /// Waits until a skill cancels this turn. What is to be said meanwhile waits.
    async fn cancel(&mut self, turn: u64, events: &Events) {
        loop {
            match self.next().await {
                Wish::Say(announcement) => self.waiting.push_back(announcement),
                Wish::Notify { skill, title, body } => {
                    events.emit(Event::Notice { skill, title, body })
                }
                Wish::CancelTurn {
                    turn: cancelled, ..
                } if cancelled == turn => return,
                Wish::CancelTurn { .. } => {}
            }
        }
    }
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

/// Lines of the standard input, from a thread of their own: a terminal cannot be read asynchronously.
fn lines() -> mpsc::Receiver<std::io::Result<String>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = Read::take(&mut input, LONGEST_LINE).read_until(b'\n', &mut line);
            let line = match read {
                Ok(0) => return,
                Ok(_) => Ok(String::from_utf8_lossy(&line).into_owned()),
                Err(error) => Err(error),
            };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
