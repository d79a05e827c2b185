//! `jane say`: a text spoken aloud or into a file.

use std::io::Read;
use std::path::PathBuf;

use futures::StreamExt;
use jane_text::spoken;

use super::{Failure, Session};
use crate::conversation::SentenceCutter;
use crate::runtime::Factory;

/// The longest text that is read from the standard input, in bytes.
const LONGEST: u64 = 1 << 20;

#[derive(clap::Args)]
pub struct Say {
    /// The text; `-` reads it from the standard input
    #[arg(required = true)]
    text: Vec<String>,
    /// Write the speech to this WAV file as well
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Say {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let text = match self.text.as_slice() {
            [dash] if dash == "-" => input().await?,
            words => words.join(" "),
        };
        if text.trim().is_empty() {
            return Err(Failure::usage("there is no text to speak"));
        }
        let output = session.output(&session.config, self.out.as_deref())?;
        let Some(mut output) = output else {
            let failure = Failure::failed("there is no loudspeaker, and no file to write to");
            return Err(failure.hint("name a file with `--out FILE`"));
        };
        let installed = session.installed()?;
        let tts = installed.tts(&session.config)?;
        // Sentence by sentence, as in a conversation: a server speaks a text whole or not at all.
        let mut cutter = SentenceCutter::default();
        let sentences = cutter.push(&text).into_iter().chain(cutter.finish());
        let sentences = sentences.map(|sentence| spoken::say(&sentence, tts.language()).text());
        for sentence in sentences.filter(|sentence| !sentence.is_empty()) {
            let mut speech = tts.speak(sentence);
            while let Some(stretch) = speech.next().await {
                let stretch = stretch?;
                output.play(&stretch.samples, stretch.sample_rate).await?;
            }
        }
        Ok(output.finish().await?)
    }
}

/// The text on the standard input, read where Ctrl-C does not have to wait for it.
async fn input() -> Result<String, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let message = format!("cannot read the text from the standard input: {error}");
        Failure::failed(message)
    };
    let read = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        let input = std::io::stdin().lock();
        let read = input.take(LONGEST + 1).read_to_string(&mut text);
        read.map(|_| text)
    });
    let text = read.await.map_err(|error| unreadable(&error))?;
    let text = text.map_err(|error| unreadable(&error))?;
    if text.len() as u64 > LONGEST {
        let failure = Failure::usage(format!("the text is longer than {LONGEST} bytes"));
        return Err(failure.hint("speak it in parts"));
    }
    Ok(text)
}
