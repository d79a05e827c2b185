//! Whose turn it is to speak: when an utterance is over, what comes of it, and how she yields.

use std::sync::Arc;

use super::answer::{Answer, Begun, Progress};
use super::attempt::{Attempt, Cut, Read, Setting, Utterance};
use super::judge::{Judge, Over, Verdict};
use super::{Live, MILLISECOND, seconds};
use crate::audio::SPEECH_RATE;
use crate::conversation::Clock;
use crate::conversation::reply::Written;
use crate::conversation::telling::{Telling, Told};
use crate::conversation::upkeep;
use crate::event::{Event, Models, Waterfall};
use crate::hearing::{Wake, sounds_complete};

/// Seconds in which a question of hers may be answered without calling her.
const ASKED_SECONDS: u32 = 15;

impl Live {
    /// While somebody speaks over her she is quieter, and silent once that holds.
    pub(super) fn mind_the_floor(&mut self) {
        let Some(answer) = &self.answer else {
            return;
        };
        let spoken = self.ears.speaking_for();
        let held = self.over == Some(true);
        if spoken == 0 || held {
            return;
        }
        self.mouth.duck(true);
        let config = &self.runtime.in_force().config.hearing;
        let holds = spoken >= u64::from(config.interrupt_ms) * MILLISECOND;
        if holds {
            self.mouth.hold(true);
            self.events.emit(Event::BargeIn {
                turn: answer.telling.turn,
                at_seconds: seconds(self.ears.now()),
            });
        }
        self.over = Some(holds);
    }

    /// Has an utterance read and answered, in case it is over.
    pub(super) fn attempt(&mut self, utterance: Utterance) {
        self.stop_upkeep();
        let cuts = self.answer.as_ref().map(|answer| Cut {
            taken: Arc::clone(&answer.taken),
            question: answer.question.clone(),
            heard: answer.heard(&self.mouth),
        });
        let unheard = cuts.as_ref().filter(|cut| cut.heard.is_empty());
        let before = unheard.map(|cut| cut.question.clone()).unwrap_or_default();
        let judge = Judge {
            wake: self.wake(utterance.start),
            over_her: self.over.map(|held| Over {
                held,
                saying: self.answer.as_ref().map(Answer::saying).unwrap_or_default(),
            }),
            before,
        };
        let setting = Setting {
            runtime: Arc::clone(&self.runtime),
            conversation: Arc::clone(&self.conversation),
            cuts,
            judge,
            turn: self.turns + 1,
            speaks: self.speaks,
        };
        self.attempt = Some(Attempt::start(utterance, setting));
    }

    /// The phrase that speech from this sample on has to begin with: none while she answers, nor shortly afterwards.
    fn wake(&self, start: u64) -> Option<Wake> {
        let in_force = self.runtime.in_force();
        let phrase = in_force.config.wake.phrase.as_str();
        let needed = !phrase.is_empty() && self.answer.is_none() && start >= self.follow_up_until;
        needed.then(|| Wake::new(phrase))
    }

    /// Whether the utterance that was read is over, and what comes of it then.
    pub(super) async fn decide(&mut self) {
        let Some(read) = self
            .attempt
            .as_ref()
            .and_then(|attempt| attempt.read.as_ref())
        else {
            return;
        };
        let in_force = self.runtime.in_force();
        let config = &in_force.config.hearing;
        let wait = match read {
            Ok(read) if !read.verdict.may_change() => 0,
            Ok(read) if sounds_complete(&read.transcript.text) => config.complete_ms,
            Ok(_) => config.incomplete_ms,
            Err(_) => 0,
        };
        let silence = match self.ears.silence() {
            _ if self.is_over => u64::MAX,
            Some(silence) => silence,
            None => return,
        };
        if silence < u64::from(wait) * MILLISECOND {
            return;
        }
        if let Some(attempt) = self.attempt.take() {
            // Speech that goes on after an utterance that was too long is another.
            if self.ears.silence().is_some() {
                self.ears.close();
            }
            self.is_over = false;
            self.settle(attempt).await;
        }
    }

    async fn settle(&mut self, mut attempt: Attempt) {
        match attempt.read.take() {
            Some(Ok(read)) => match &read.verdict {
                Verdict::Answer(question) => {
                    let question = question.clone();
                    self.cut("interrupted").await;
                    self.begin(&attempt, question, read);
                }
                verdict => {
                    if verdict == &Verdict::Dropped {
                        read.skills.settle();
                    }
                    match verdict {
                        Verdict::Stop => self.cut("stop").await,
                        Verdict::Called => self.extend_follow_up(false),
                        _ => {}
                    }
                    self.give_back(verdict.reason(), &read.transcript.text);
                }
            },
            Some(Err(error)) => {
                self.events.emit(Event::Error {
                    message: error.to_string(),
                    hint: error.hint(),
                    code: 1,
                });
                self.give_back("failed", "");
            }
            None => {}
        }
    }

    /// What was heard leads to nothing: she goes on with what she was doing.
    pub(super) fn give_back(&mut self, reason: &'static str, text: &str) {
        self.attempt = None;
        self.raise_voice();
        self.events.emit(Event::SpeechDropped {
            reason,
            text: text.to_owned(),
        });
        self.keep_up();
    }

    /// Nobody speaks over her any more.
    fn raise_voice(&mut self) {
        self.over = None;
        self.mouth.duck(false);
        self.mouth.hold(false);
    }

    /// The turn begins, with all that was prepared for it.
    fn begin(&mut self, attempt: &Attempt, question: String, read: Read) {
        let Read {
            taken,
            at,
            transcript,
            reply: Some(reply),
            skills,
            by_skill,
            expects_reply,
            ..
        } = read
        else {
            return;
        };
        self.turns += 1;
        let turn = self.turns;
        self.events.emit(Event::TurnStarted {
            turn,
            input: "voice",
            generation: taken.generation,
            models: Models::of(&taken.config),
        });
        self.events.emit(Event::Transcript {
            turn: Some(turn),
            file: None,
            text: question.clone(),
            language: transcript.language,
            audio_seconds: attempt.audio_seconds,
        });
        skills.settle();
        if let Some(skill) = by_skill {
            self.events.emit(Event::SkillAnswered { turn, skill });
        }
        let start = self.instant_of(attempt.end);
        let clock = Clock { start };
        let waterfall = Waterfall {
            stt_ms: Some(clock.ms_at(at)),
            end_of_turn_ms: Some(clock.ms()),
            ..Waterfall::default()
        };
        let events = self.events.clone();
        let telling = Telling {
            turn,
            clock,
            events,
        };
        let mouth = self.speaks.then(|| self.mouth.clone());
        let begun = Begun {
            question,
            taken,
            telling,
            waterfall,
            asked_at: attempt.end,
            reply,
            skills,
            expects_reply,
        };
        self.answer = Some(Answer::new(begun, mouth));
    }

    pub(super) async fn progress(&mut self, progress: Progress) {
        let Some(answer) = &mut self.answer else {
            return;
        };
        match progress {
            Progress::Written(written) => {
                if let Written::Sentence(text) = &written.what {
                    answer.sentences.push(text.clone());
                }
                match answer.telling.tell(written, &mut answer.waterfall) {
                    Told::Nothing => {}
                    Told::Skipped(count) => answer.skipped = count,
                    Told::Ended {
                        text,
                        generation,
                        tools,
                    } => {
                        answer.telling.reply(&text, &generation);
                        answer.text = Some(text);
                        answer.tools = tools;
                    }
                    Told::Failed(error) => {
                        self.events.emit(Event::Error {
                            message: error.to_string(),
                            hint: error.hint(),
                            code: 1,
                        });
                        self.end("failed", String::new()).await;
                    }
                }
            }
            Progress::Played(result) => {
                if let Err(error) = result {
                    self.events.emit(Event::Warning {
                        message: error.to_string(),
                        hint: error.hint(),
                    });
                }
                match answer.text.take() {
                    Some(text) => self.end("answered", text).await,
                    None => self.end("failed", String::new()).await,
                }
            }
        }
    }

    /// Ends the answer where it is; the history keeps what was heard of it.
    pub(super) async fn cut(&mut self, outcome: &'static str) {
        if let Some(answer) = &mut self.answer {
            let heard = answer.heard(&self.mouth);
            answer.silence().await;
            self.mouth.stop();
            self.events.emit(Event::ReplyCut {
                turn: answer.telling.turn,
                heard: heard.clone(),
            });
            self.end(outcome, heard).await;
        }
        self.raise_voice();
    }

    /// The turn is over. `said` joins the history, unless it is empty: what was not heard was not said.
    async fn end(&mut self, outcome: &'static str, said: String) {
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        answer.silence().await;
        answer.waterfall.total_ms = answer.telling.clock.ms();
        if !said.is_empty() && !answer.question.is_empty() {
            answer
                .skills
                .replied(&answer.question, &said, &answer.tools);
            let mut conversation = self.conversation.lock().await;
            if answer.skipped > 0 {
                upkeep::cut(&mut conversation.history, answer.skipped, &self.events);
            }
            let tokens = answer.waterfall.prompt_tokens;
            conversation.history.push(&answer.question, &said, tokens);
        }
        answer.telling.ended(outcome, &answer.waterfall);
        self.extend_follow_up(answer.expects_reply);
        if outcome != "interrupted" {
            self.events.emit(Event::Listening);
            self.keep_up();
        }
    }

    /// For a while she need not be called; longer where she asked something.
    fn extend_follow_up(&mut self, asked: bool) {
        let configured = self.runtime.in_force().config.wake.follow_up_seconds;
        let seconds = if asked {
            configured.max(ASKED_SECONDS)
        } else {
            configured
        };
        self.follow_up_until = self.ears.now() + u64::from(seconds) * u64::from(SPEECH_RATE);
    }
}
