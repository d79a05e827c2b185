//! `jane chat`: a conversation, typed.

use std::io::{BufRead, Read};

use tokio::sync::mpsc;

use super::{Failure, Session};
use crate::conversation::{Conversation, Question};
use crate::event::Event;

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
        let mut output = if self.silent {
            None
        } else {
            session.output_or_warning(None)?
        };
        let prompt = &session.config.assistant.system_prompt;
        let mut conversation =
            Conversation::new(session.engines()?, prompt, session.events.clone());
        let _ = conversation.prepare(false, output.is_some()).await;
        let mut lines = lines();
        let mut failed = false;
        loop {
            session.events.emit(Event::Listening);
            let Some(line) = lines.recv().await else {
                break;
            };
            let line =
                line.map_err(|error| Failure::failed(format!("cannot read the input: {error}")))?;
            if line.trim().is_empty() {
                continue;
            }
            let answer = conversation
                .turn(Question::Text(line), output.as_deref_mut())
                .await;
            failed = answer.is_err();
            if let Err(error) = answer {
                session.events.emit(Event::Error {
                    message: error.to_string(),
                    hint: error.hint(),
                    code: 1,
                });
            }
        }
        if failed {
            return Err(Failure::failed("the last question could not be answered"));
        }
        Ok(())
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
