//! Whose turn it is to speak: when an utterance is over, what comes of it, and how she yields.

use std::sync::Arc;

use super::answer::{Answer, Begun, Progress};
use super::attempt::{Attempt, Cut, Read, Setting, Utterance};
use super::judge::{Judge, Over, Verdict};
use super::{Live, MILLISECOND, patience, seconds};
use crate::audio::SPEECH_RATE;
use crate::conversation::Clock;
use crate::conversation::reply::Written;
use crate::conversation::telling::{Telling, Told};
use crate::conversation::upkeep;
use crate::event::{Event, Models, Waterfall};
use crate::hearing::Wake;

/// Samples after which what skills did for a question takes effect although nothing was heard of its answer: a tool may wait for that.
const CERTAIN: u64 = SPEECH_RATE as u64;

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

    /// A question may go on until its answer is heard; skills act on it from then on.
    pub(super) fn make_certain(&mut self) {
        let now = self.ears.now();
        let is_spoken_to = self.ears.speaking_for() > 0 || self.attempt.is_some();
        if let Some(answer) = &mut self.answer {
            let waited = now.saturating_sub(answer.begun_at) >= CERTAIN;
            let is_heard = answer.waterfall.first_audio_ms.is_some() || !self.speaks;
            if is_heard || (waited && !is_spoken_to) {
                answer.settle();
            }
        }
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
        let answer = self.answer.as_ref();
        let judge = Judge {
            wake: self.wake(utterance.start),
            over_her: self.over.map(|held| Over {
                held,
                saying: answer.map(Answer::sounds).unwrap_or_default(),
                asks: answer.is_some_and(|answer| answer.is_asking(&self.mouth)),
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

    /// An utterance paused, and may be over. One before it that was too long, and is still being read, goes first.
    pub(super) fn paused(&mut self, utterance: Utterance) {
        if self.is_cut_short() {
            self.next = Some(utterance);
        } else {
            self.attempt(utterance);
        }
    }

    /// What was said last goes on.
    pub(super) fn resumed(&mut self) {
        if self.is_cut_short() {
            self.next = None;
        } else {
            self.attempt = None;
        }
    }

    /// What had begun was no speech.
    pub(super) fn faded(&mut self) {
        if self.is_cut_short() {
            self.ignored("short", "");
        } else {
            self.give_back("short", "");
        }
    }

    /// The utterance is as long as one can be. What follows is another, and joined with it where it goes on before an answer is heard.
    pub(super) fn too_long(&mut self, utterance: Utterance) {
        self.attempt(utterance);
        if let Some(attempt) = &mut self.attempt {
            attempt.is_cut_short = true;
        }
    }

    fn is_cut_short(&self) -> bool {
        let attempt = self.attempt.as_ref();
        attempt.is_some_and(|attempt| attempt.is_cut_short)
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
        let is_cut_short = self.is_cut_short();
        let attempt = self.attempt.as_ref();
        let Some(read) = attempt.and_then(|attempt| attempt.read.as_ref()) else {
            return;
        };
        let in_force = self.runtime.in_force();
        let config = &in_force.config.hearing;
        let wait = match read {
            Ok(read) => patience::ms(read, config, self.awaits_dictation),
            Err(_) => 0,
        };
        let silence = match self.ears.silence() {
            _ if self.is_over || is_cut_short => u64::MAX,
            Some(silence) => silence,
            None => return,
        };
        if silence < u64::from(wait) * MILLISECOND {
            return;
        }
        if let Some(attempt) = self.attempt.take() {
            // One that was too long is closed already, and what the ears have open is another.
            if !is_cut_short {
                self.ears.close();
                self.is_over = false;
            }
            self.settle(attempt).await;
            if let Some(next) = self.next.take() {
                self.attempt(next);
            }
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
                        Verdict::Stop | Verdict::Dismissed => self.cut("stop").await,
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
    fn give_back(&mut self, reason: &'static str, text: &str) {
        self.attempt = None;
        self.is_over = false;
        self.raise_voice();
        self.ignored(reason, text);
        self.keep_up();
    }

    fn ignored(&self, reason: &'static str, text: &str) {
        self.events.emit(Event::SpeechDropped {
            reason,
            text: text.to_owned(),
        });
    }

    /// Nobody speaks over her any more.
    fn raise_voice(&mut self) {
        self.over = None;
        self.mouth.duck(false);
        self.mouth.hold(false);
    }

    /// The turn begins, with all that was prepared for it.
    fn begin(&mut self, attempt: &Attempt, question: String, read: Read) {
        self.awaits_dictation = false;
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
            begun_at: self.ears.now(),
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
                match &written.what {
                    Written::Sentence(said) => answer.sentences.push(said.clone()),
                    Written::Unsaid(said) => answer.unsaid(said),
                    _ => {}
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
                        self.cut("failed").await;
                    }
                }
            }
            Progress::Played(Ok(())) => match answer.text.take() {
                Some(text) => self.end("answered", text).await,
                None => self.end("failed", String::new()).await,
            },
            Progress::Played(Err(error)) => {
                self.events.emit(Event::Warning {
                    message: error.to_string(),
                    hint: error.hint(),
                });
                self.cut("failed").await;
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
    }

    /// The turn is over. `said` joins the history, unless it is empty: what was not heard was not said.
    async fn end(&mut self, outcome: &'static str, said: String) {
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        // Who spoke while she did is not over her any more: what is said from now on is judged as such.
        self.raise_voice();
        answer.silence().await;
        answer.waterfall.total_ms = answer.telling.clock.ms();
        // What was asked goes on in another question where nothing was heard of the answer: skills did nothing for this one.
        if outcome != "interrupted" || !said.is_empty() {
            answer.settle();
        }
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
        self.awaits_dictation =
            answer.expects_reply && patience::begins_dictation(&answer.question);
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
