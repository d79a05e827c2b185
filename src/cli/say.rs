//! `jane say`: a text spoken aloud or into a file.

use std::io::Read;
use std::path::PathBuf;

use futures::StreamExt;

use super::{Failure, Session};

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
            [dash] if dash == "-" => read_input()?,
            words => words.join(" "),
        };
        if text.trim().is_empty() {
            return Err(Failure::usage("there is no text to speak"));
        }
        let output = session.output(self.out.as_deref())?;
        let Some(mut output) = output else {
            let failure = Failure::failed("there is no loudspeaker, and no file to write to");
            return Err(failure.hint("name a file with `--out FILE`"));
        };
        let tts = session.builder().text_to_speech()?;
        let mut speech = tts.speak(text);
        while let Some(stretch) = speech.next().await {
            let stretch = stretch?;
            output.play(&stretch.samples, stretch.sample_rate).await?;
        }
        Ok(output.finish().await?)
    }
}

fn read_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_string(&mut text);
    read.map_err(|error| {
        Failure::failed(format!(
            "cannot read the text from the standard input: {error}"
        ))
    })?;
    Ok(text)
}
