//! From the question to the last sample: the model writes, the voice speaks what is written, the loudspeaker plays what is spoken.
//!
//! Three stages run at once, joined by bounded channels: the voice works one stretch ahead of the loudspeaker, and the model is
//! never held up by either. Dropping the pipeline cancels all three.

use futures::StreamExt;
use tokio::sync::mpsc;

use super::history::History;
use super::sentences::SentenceCutter;
use super::{Clock, TurnError, prune, spoken, upkeep};
use crate::audio::AudioOutput;
use crate::backend::{
    BackendError, Engines, Finish, Generated, Generation, Prompt, ReplyStream, Speech, TextToSpeech,
};
use crate::config::Context;
use crate::event::{Event, Events, Waterfall};

/// Sentences that may wait for the voice. A reply is bounded by `llm.max_reply_tokens`, so this holds nearly any of them whole.
const SENTENCES_AHEAD: usize = 64;

/// Stretches of speech that may wait for the loudspeaker, beside what it holds itself.
const SPEECH_AHEAD: usize = 1;

pub struct Pipeline<'a> {
    pub turn: u64,
    pub engines: &'a Engines,
    pub context: &'a Context,
    pub events: &'a Events,
    pub clock: Clock,
}

pub struct Reply {
    pub text: String,
    pub finish: Finish,
    /// Whether all of it could be spoken.
    pub speech: Result<(), TurnError>,
}

/// What the model's stage knows at its end.
struct Written {
    text: String,
    generation: Generation,
    first_token_ms: Option<u64>,
    first_sentence_ms: Option<u64>,
}

impl Pipeline<'_> {
    /// # Errors
    /// Where the model fails. A voice or loudspeaker that fails is told in [`Reply::speech`].
    pub async fn run(
        &self,
        history: &mut History,
        question: &str,
        output: Option<&mut (dyn AudioOutput + 'static)>,
        waterfall: &mut Waterfall,
    ) -> Result<Reply, TurnError> {
        let (first, stream) = self.start(history, question).await?;
        let (sentences, spoken_sentences) = mpsc::channel(SENTENCES_AHEAD);
        let writing = self.write(first, stream, sentences);
        let (written, played) = match output {
            Some(output) => {
                let (speech, heard) = mpsc::channel(SPEECH_AHEAD);
                let speaking = speak(self.engines.tts.as_ref(), spoken_sentences, speech);
                let playing = self.play(output, heard);
                let (written, spoken, played) = tokio::join!(writing, speaking, playing);
                (written?, Some((spoken, played)))
            }
            None => {
                drop(spoken_sentences);
                (writing.await?, None)
            }
        };
        waterfall.llm_first_token_ms = written.first_token_ms;
        waterfall.first_sentence_ms = written.first_sentence_ms;
        let generation = written.generation;
        waterfall.prompt_tokens = generation.prompt_tokens;
        waterfall.reused_tokens = generation.reused_tokens;
        waterfall.reply_tokens = generation.reply_tokens;
        if generation.decode_seconds > 0.0 {
            waterfall.tokens_per_second =
                f64::from(generation.reply_tokens) / f64::from(generation.decode_seconds);
        }
        let mut speech = Ok(());
        if let Some((spoken, played)) = played {
            (waterfall.first_audio_ms, waterfall.audio_seconds) = (played.first_ms, played.seconds);
            speech = spoken.map_err(TurnError::from).and(played.result);
        }
        if let Err(error) = &speech {
            tracing::warn!(turn = self.turn, %error, "the answer could not be spoken");
            self.events.emit(Event::Warning {
                message: error.to_string(),
                hint: error.hint(),
            });
        }
        Ok(Reply {
            text: written.text,
            finish: generation.finish,
            speech,
        })
    }

    /// Asks the model. The upkeep leaves room for any question but a giant one: for that, the oldest exchanges are left out here,
    /// and the history itself loses them only once the model answers.
    async fn start(
        &self,
        history: &mut History,
        question: &str,
    ) -> Result<(Generated, ReplyStream), BackendError> {
        let mut skipped = 0;
        let (first, stream) = loop {
            let prompt = Prompt::from(history.messages_with(question, skipped));
            let mut stream = self.engines.llm.reply(prompt);
            match stream.next().await {
                Some(Ok(first)) => break (first, stream),
                Some(Err(error)) => {
                    let (prompt, window) = error.too_long().ok_or_else(|| error.clone())?;
                    skipped = prune::for_question(history, skipped, prompt, window, self.context)
                        .ok_or(error)?;
                }
                None => break (Generated::Ended(NOTHING), stream),
            }
        };
        if skipped > 0 {
            upkeep::cut(history, skipped, self.events);
        }
        Ok((first, stream))
    }

    async fn write(
        &self,
        first: Generated,
        stream: ReplyStream,
        sentences: mpsc::Sender<String>,
    ) -> Result<Written, BackendError> {
        let mut written = Written {
            text: String::new(),
            generation: NOTHING,
            first_token_ms: None,
            first_sentence_ms: None,
        };
        let mut cutter = SentenceCutter::default();
        let mut index = 0;
        let mut pieces = futures::stream::iter([Ok(first)]).chain(stream);
        while let Some(piece) = pieces.next().await {
            let complete = match piece? {
                Generated::Text(text) => {
                    written
                        .first_token_ms
                        .get_or_insert_with(|| self.clock.ms());
                    written.text.push_str(&text);
                    let complete = cutter.push(&text);
                    self.events.emit(Event::ReplyDelta {
                        turn: self.turn,
                        text,
                    });
                    complete
                }
                Generated::Ended(generation) => {
                    written.generation = generation;
                    continue;
                }
                // No tools are offered yet.
                Generated::ToolCall(_) => continue,
            };
            self.hand_on(complete, &sentences, &mut index, &mut written)
                .await;
        }
        self.hand_on(cutter.finish(), &sentences, &mut index, &mut written)
            .await;
        written.text = written.text.trim().to_owned();
        Ok(written)
    }

    async fn hand_on(
        &self,
        complete: Vec<String>,
        sentences: &mpsc::Sender<String>,
        index: &mut u32,
        written: &mut Written,
    ) {
        for sentence in complete {
            let text = spoken::clean(&sentence);
            if text.is_empty() {
                continue;
            }
            written
                .first_sentence_ms
                .get_or_insert_with(|| self.clock.ms());
            self.events.emit(Event::Sentence {
                turn: self.turn,
                index: *index,
                text: text.clone(),
            });
            *index += 1;
            // A voice that failed takes no more sentences; the text goes on without it.
            let _ = sentences.send(text).await;
        }
    }

    async fn play(
        &self,
        output: &mut dyn AudioOutput,
        mut speech: mpsc::Receiver<Speech>,
    ) -> Played {
        let mut played = Played {
            first_ms: None,
            seconds: 0.0,
            result: Ok(()),
        };
        while let Some(Speech {
            samples,
            sample_rate,
        }) = speech.recv().await
        {
            played.first_ms.get_or_insert_with(|| self.clock.ms());
            #[expect(
                clippy::cast_precision_loss,
                reason = "sample counts are far below 2^52"
            )]
            {
                played.seconds += samples.len() as f64 / f64::from(sample_rate);
            }
            // An output that failed does not keep the sound from the others, a file for one.
            let result = output.play(&samples, sample_rate).await;
            played.result = played.result.and(result.map_err(TurnError::from));
        }
        let finished = output.finish().await.map_err(TurnError::from);
        played.result = played.result.and(finished);
        played
    }
}

/// What the loudspeaker's stage knows at its end.
struct Played {
    first_ms: Option<u64>,
    seconds: f64,
    result: Result<(), TurnError>,
}

/// A reply of no words.
const NOTHING: Generation = Generation {
    finish: Finish::Stop,
    prompt_tokens: 0,
    reused_tokens: 0,
    reply_tokens: 0,
    decode_seconds: 0.0,
};

async fn speak(
    tts: &dyn TextToSpeech,
    mut sentences: mpsc::Receiver<String>,
    speech: mpsc::Sender<Speech>,
) -> Result<(), BackendError> {
    while let Some(sentence) = sentences.recv().await {
        let mut stream = tts.speak(sentence);
        while let Some(stretch) = stream.next().await {
            if speech.send(stretch?).await.is_err() {
                // The loudspeaker failed, and says so itself.
                return Ok(());
            }
        }
    }
    Ok(())
}
