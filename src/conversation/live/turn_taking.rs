//! Turn-taking: when an utterance is over, what comes of it, and how a reply yields to speech over it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jane_core::event::{DropReason, Event, TurnInput, TurnOutcome};
use jane_turn_detection::Wake;

use super::active_turn::{ActiveTurn, ActiveTurnStart, Progress};
use super::classify::{NoTurn, SpokenOver, UtteranceClassifier};
use super::clock::{CaptureTime, captured};
use super::settled::Span;
use super::speculation::{
    Endpoint, Found, InterruptedTurn, Speculation, SpeculationContext, Utterance,
};
use super::state::TalkOver;
use super::{Live, patience};
use crate::conversation::turn::reply::Reply;
use crate::conversation::turn::skills::{Asked, TurnSkills};
use crate::conversation::turn::{Clock, Step, TurnStart};
use crate::runtime::SnapshotGuard;

/// So long after a question what skills did for it takes effect although nothing was heard of its answer: a tool may wait for that.
const CERTAIN: Duration = Duration::from_secs(1);

/// Seconds in which a question of Jane's may be answered without the wake phrase.
const ASKED_SECONDS: u32 = 15;

/// A question that was read and is over, with all that is prepared for it.
struct Question {
    taken: Arc<SnapshotGuard>,
    /// When it was read.
    at: Instant,
    /// The last sample of its speech.
    end: CaptureTime,
    length: Duration,
    language: Option<String>,
    skills: TurnSkills,
    asked: Asked,
    reply: Reply,
}

impl Live {
    /// While somebody speaks over a reply it is quieter, and silent once the speech lasts. One that has not begun waits.
    pub(super) fn update_barge_in(&mut self) {
        let spoken = captured(self.frontend.speaking_for());
        let Some(reply) = self.floor.reply() else {
            return;
        };
        if spoken.is_zero() || self.floor.talk_over() == Some(TalkOver::Held) {
            return;
        }
        let turn = reply.turn.number();
        // She begins nothing while somebody speaks.
        if !reply.is_audible() {
            self.devices.loudspeaker().hold(true);
        }
        self.devices.loudspeaker().duck(true);
        let config = &self.runtime.in_force().config.hearing;
        let lasts = spoken >= Duration::from_millis(config.interrupt_ms.into());
        if lasts {
            self.devices.loudspeaker().hold(true);
            self.events.emit(Event::BargeIn {
                turn,
                at_seconds: self.now().seconds(),
            });
        }
        self.floor.contest(match lasts {
            true => TalkOver::Held,
            false => TalkOver::Ducked,
        });
    }

    /// A question may go on until its answer is heard; what skills did for it takes effect from then on.
    pub(super) fn commit_when_heard(&mut self) {
        let now = self.now();
        let is_spoken_to = self.frontend.speaking_for() > 0 || self.floor.speculation().is_some();
        let speaks = self.devices.speaks();
        if let Some(reply) = self.floor.reply_mut() {
            let waited = now.since(reply.begun_at) >= CERTAIN;
            let is_heard = reply.is_audible() || !speaks;
            if is_heard || (waited && !is_spoken_to) {
                reply.turn.settle();
            }
        }
    }

    /// Has an utterance read and answered, in case it is over.
    fn speculate(&mut self, utterance: Utterance, endpoint: Endpoint) {
        let speculation = self.speculation(utterance, endpoint);
        self.take_up(speculation);
    }

    /// It is behind a pause: where it is long, what follows is read behind it.
    fn take_up(&mut self, speculation: Speculation) {
        if let Some(settled) = &speculation.settled {
            self.preview.settle(settled.clone());
        }
        self.floor.speculate(speculation);
    }

    /// The same, without anything of it on the floor yet.
    pub(super) fn speculation(&mut self, utterance: Utterance, endpoint: Endpoint) -> Speculation {
        self.stop_maintenance();
        let address = self.address(utterance.start);
        let loudspeaker = self.devices.loudspeaker();
        let reply = self.floor.reply();
        let interrupts = reply.map(|reply| InterruptedTurn {
            taken: Arc::clone(&reply.taken),
            question: reply.turn.question().to_owned(),
            heard: reply.heard(loudspeaker),
            by_skills: reply.turn.is_by_skills(),
        });
        let unheard = interrupts.as_ref().filter(|reply| reply.heard.is_empty());
        let before = unheard.map(|reply| reply.question.clone());
        let classifier = UtteranceClassifier {
            wake: self.wake(utterance.start),
            over: self.floor.talk_over().map(|over| SpokenOver {
                over,
                reply: reply.map(ActiveTurn::sounds).unwrap_or_default(),
                asks: reply.is_some_and(|reply| reply.is_asking(loudspeaker)),
            }),
            before: before.unwrap_or_default(),
        };
        let span = Span::new(
            utterance.start,
            utterance.end,
            self.preview.settled(utterance.start),
        );
        let context = SpeculationContext {
            address,
            runtime: Arc::clone(&self.runtime),
            conversation: Arc::clone(&self.conversation),
            interrupts,
            classifier,
            turn: self.turns.next_for_skills(),
            span: self.turns.next_span(),
            speaks: self.devices.speaks(),
        };
        Speculation::start(utterance, endpoint, span, context)
    }

    /// Something was typed: it is answered as it is, without a wake phrase.
    pub(super) fn ask(&mut self, text: String) {
        let now = self.frontend.now();
        self.follow_up.until = self.follow_up.until.max(CaptureTime::at(now + 1));
        self.too_long(Utterance {
            samples: Arc::from([]),
            start: CaptureTime::at(now),
            end: CaptureTime::at(now),
            typed: Some(text),
        });
    }

    /// What followed the utterance that is as long as one can be and is still being read; `None` where no such one is.
    fn following(&mut self) -> Option<&mut Option<Utterance>> {
        match &mut self.floor.speculation_mut()?.endpoint {
            Endpoint::MaxDuration { next } => Some(next),
            Endpoint::Pause => None,
        }
    }

    /// An utterance paused, and may be over. One before it that was too long, and is still being read, goes first.
    pub(super) fn paused(&mut self, utterance: Utterance) {
        let early = self.take_early(&utterance);
        match (self.following(), early) {
            (Some(next), _) => *next = Some(utterance),
            (None, Some(early)) => self.take_up(early),
            (None, None) => self.speculate(utterance, Endpoint::Pause),
        }
    }

    /// The utterance that paused goes on.
    pub(super) fn resumed(&mut self) {
        match self.following() {
            Some(next) => *next = None,
            None => {
                let speculation = self.floor.take_speculation();
                if let Some(Ok(result)) = speculation.and_then(|mut paused| paused.result.take()) {
                    self.preview.resume(&result);
                }
            }
        }
    }

    /// What had begun was no speech.
    pub(super) fn misfired(&mut self) {
        if self.following().is_some() {
            self.dropped(DropReason::Short, "");
        } else {
            self.resume_playback(DropReason::Short, "");
        }
    }

    /// The utterance is as long as one can be. What follows is another, and joined with it where it goes on before an answer is heard.
    pub(super) fn too_long(&mut self, utterance: Utterance) {
        self.speculate(utterance, Endpoint::MaxDuration { next: None });
    }

    /// The phrase that speech from this sample on has to begin with.
    pub(super) fn wake(&self, start: CaptureTime) -> Option<Wake> {
        let phrase = || Wake::new(&self.runtime.in_force().config.wake.phrase);
        self.needs_wake(start).then(phrase)
    }

    /// Whether there is one: not while a reply is given, nor shortly afterwards.
    pub(super) fn needs_wake(&self, start: CaptureTime) -> bool {
        let is_answering = self.floor.reply().is_some();
        let is_called = is_answering || start < self.follow_up.until;
        !is_called && !self.runtime.in_force().config.wake.phrase.is_empty()
    }

    /// Whether the utterance that was read is over, and what comes of it then.
    pub(super) async fn decide(&mut self) {
        let Some(speculation) = self.floor.speculation() else {
            return;
        };
        let Some(result) = &speculation.result else {
            return;
        };
        let is_at_a_pause = matches!(speculation.endpoint, Endpoint::Pause);
        if is_at_a_pause && !self.microphone.ends_utterance() {
            let config = &self.runtime.in_force().config.hearing;
            let wait = match result {
                Ok(result) => patience::ms(result, config, self.follow_up.is_dictated),
                Err(_) => 0,
            };
            let Some(silence) = self.frontend.silence() else {
                return;
            };
            if captured(silence) < Duration::from_millis(wait.into()) {
                return;
            }
        }
        let Some(speculation) = self.floor.take_speculation() else {
            return;
        };
        // One that was too long is closed already, and what the front end has open is another.
        if is_at_a_pause {
            self.frontend.close();
            self.microphone.utterance_ended();
        }
        if let Some(next) = self.resolve(speculation).await {
            self.speculate(next, Endpoint::Pause);
        }
    }

    /// The utterance is over. Returns what followed it and paused meanwhile.
    async fn resolve(&mut self, mut speculation: Speculation) -> Option<Utterance> {
        let next = match std::mem::replace(&mut speculation.endpoint, Endpoint::Pause) {
            Endpoint::Pause => None,
            Endpoint::MaxDuration { next } => next,
        };
        match speculation.result.take() {
            Some(Ok(result)) => match result.found {
                Found::Question { asked, reply } => {
                    self.interrupt(TurnOutcome::Interrupted).await;
                    self.begin(Question {
                        taken: result.taken,
                        at: result.at,
                        end: speculation.end,
                        length: speculation.length,
                        language: result.transcript.language,
                        skills: result.skills,
                        asked,
                        reply,
                    });
                }
                Found::NoTurn(why) => {
                    match why {
                        NoTurn::Dropped => result.skills.settle(),
                        NoTurn::Stop | NoTurn::Dismissed => self.interrupt(TurnOutcome::Stop).await,
                        NoTurn::Called => self.extend_follow_up(false),
                        _ => {}
                    }
                    self.resume_playback(why.reason(), &result.transcript.text);
                }
            },
            Some(Err(error)) => {
                self.failed(&error.to_string(), error.hint());
                self.resume_playback(DropReason::Failed, "");
            }
            None => {}
        }
        next
    }

    fn failed(&self, message: &str, hint: Option<String>) {
        self.events.emit(Event::Error {
            message: message.to_owned(),
            hint,
            code: 1,
        });
    }

    /// What was heard starts no turn: a reply that yielded to it goes on.
    fn resume_playback(&mut self, reason: DropReason, text: &str) {
        self.floor.withdraw();
        self.microphone.utterance_ended();
        self.unduck();
        self.dropped(reason, text);
        self.start_maintenance();
    }

    fn dropped(&self, reason: DropReason, text: &str) {
        self.events.emit(Event::SpeechDropped {
            reason,
            text: text.to_owned(),
        });
    }

    /// The loudspeaker is as loud as it was.
    fn unduck(&self) {
        self.devices.loudspeaker().duck(false);
        self.devices.loudspeaker().hold(false);
    }

    /// The turn begins, with all that was prepared for it.
    fn begin(&mut self, question: Question) {
        self.follow_up.is_dictated = false;
        let clock = Clock {
            start: self.instant_of(question.end),
        };
        // What was typed has no length.
        let input = match question.length.is_zero() {
            true => TurnInput::Text,
            false => TurnInput::Voice,
        };
        let mut turn = self.turns.begin(TurnStart {
            input,
            in_force: &question.taken,
            clock,
            skills: question.skills,
        });
        turn.waterfall.stt_ms = Some(clock.ms_at(question.at));
        turn.waterfall.end_of_turn_ms = Some(clock.ms());
        let (asked, seconds) = (&question.asked, question.length.as_secs_f64());
        turn.transcribed(&asked.question, question.language, seconds);
        turn.asked(asked);
        let start = ActiveTurnStart {
            turn,
            taken: question.taken,
            asked_at: question.end,
            begun_at: self.now(),
            reply: question.reply,
        };
        let reply = ActiveTurn::new(start, self.devices.voice());
        self.floor.give(reply);
    }

    pub(super) async fn progress(&mut self, progress: Progress) {
        let Some(reply) = self.floor.reply_mut() else {
            return;
        };
        match progress {
            Progress::Written(event) => {
                if let Step::Failed(error) = reply.tell(event) {
                    self.failed(&error.to_string(), error.hint());
                    self.interrupt(TurnOutcome::Failed).await;
                }
            }
            Progress::Played(Ok(())) => {
                let (outcome, said) = match reply.turn.reply() {
                    Some(text) => (reply.turn.whole(), text.to_owned()),
                    None => (TurnOutcome::Failed, String::new()),
                };
                if let Some(reply) = self.floor.take_reply() {
                    self.end(reply, outcome, &said).await;
                }
            }
            Progress::Played(Err(error)) => {
                self.events.emit(Event::Warning {
                    message: error.to_string(),
                    hint: error.hint(),
                });
                self.interrupt(TurnOutcome::Failed).await;
            }
        }
    }

    /// Ends the reply where it is, if there is one; the history keeps what was heard of it.
    pub(super) async fn interrupt(&mut self, outcome: TurnOutcome) {
        let Some(mut reply) = self.floor.take_reply() else {
            return;
        };
        let heard = reply.heard(self.devices.loudspeaker());
        reply.silence().await;
        self.devices.loudspeaker().stop();
        reply.turn.cut(&heard);
        self.end(reply, outcome, &heard).await;
    }

    /// The turn is over. `said` is what was heard of the reply. Speech that went over it is over nothing from now on.
    async fn end(&mut self, mut reply: ActiveTurn, outcome: TurnOutcome, said: &str) {
        self.unduck();
        reply.silence().await;
        let asks_back = reply.turn.expects_reply();
        let report = {
            let mut conversation = self.conversation.lock().await;
            reply.turn.end(outcome, said, &mut conversation.history)
        };
        self.follow_up.is_dictated = asks_back && patience::begins_dictation(&report.question);
        self.extend_follow_up(asks_back);
        if outcome != TurnOutcome::Interrupted {
            self.events.emit(Event::Listening);
            self.start_maintenance();
        }
    }

    /// For a while no wake phrase is needed; longer where Jane asked something.
    fn extend_follow_up(&mut self, asked: bool) {
        let configured = self.runtime.in_force().config.wake.follow_up_seconds;
        let seconds = match asked {
            true => configured.max(ASKED_SECONDS),
            false => configured,
        };
        self.follow_up.until = self.now().plus_seconds(seconds);
    }
}
