//! `jane chat`: a conversation, typed.

use std::io::{BufRead, Write};

use tokio::sync::mpsc;

use super::session::is_interactive;
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
    pub async fn run(self, session: &Session, json: bool) -> Result<(), Failure> {
        let mut output = if self.silent {
            None
        } else {
            session.output(None)?
        };
        let prompt = &session.config.assistant.system_prompt;
        let mut conversation =
            Conversation::new(session.engines()?, prompt, session.events.clone());
        let _ = conversation.prepare(false, output.is_some()).await;
        let prompted = is_interactive() && !json;
        let mut lines = lines(prompted);
        let mut failed = None;
        while let Some(line) = lines.recv().await {
            let line =
                line.map_err(|error| Failure::failed(format!("cannot read the input: {error}")))?;
            if line.trim().is_empty() {
                continue;
            }
            // A turn that fails is told, and the conversation goes on.
            match conversation
                .turn(Question::Text(line), output.as_deref_mut())
                .await
            {
                Ok(_) => failed = None,
                Err(error) => {
                    let event = Event::Error {
                        message: error.to_string(),
                        hint: error.hint(),
                        code: 1,
                    };
                    session.events.emit(event);
                    failed = Some(error);
                }
            }
        }
        match failed {
            Some(_) => Err(Failure::failed("the last question could not be answered")),
            None => Ok(()),
        }
    }
}

/// Lines of the standard input as they are asked for, from a thread of their own: a terminal cannot be read asynchronously.
fn lines(prompted: bool) -> mpsc::Receiver<std::io::Result<String>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            if prompted {
                eprint!("> ");
                let _ = std::io::stderr().flush();
            }
            let mut line = Vec::new();
            let read = std::io::Read::take(&mut input, LONGEST_LINE).read_until(b'\n', &mut line);
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
