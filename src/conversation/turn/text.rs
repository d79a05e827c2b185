//! The text of a reply while it is written: cut into sentences, judged, and handed on to whoever reads it and to the voice.
//!
//! Invariants: what is handed on is never taken back, so a sentence is held until it is judged; what a model claims to have done is not
//! handed on; what goes to the voice has passed the skills' sentence hooks.

use jane_mind::Repeats;
use jane_text::sentences::SentenceCutter;
use jane_text::spoken::{self, Piece, Said, Unit};
use tokio::sync::mpsc;

use super::reply::{ReplyEvent, ReplyRequest, Timed};
use crate::context::history::SKILLS_MARK;

/// Said in the place of what a model only says back.
const ACKNOWLEDGED: &str = "I see.";

pub(super) struct Text<'a> {
    request: &'a ReplyRequest,
    sentences: mpsc::Sender<String>,
    written: &'a mpsc::UnboundedSender<Timed<ReplyEvent>>,
    cutter: SentenceCutter,
    /// All that was handed on.
    pub all: String,
    /// What was written and is not handed on yet.
    pending: String,
    guard: Guard,
    /// Counts the sentences that skills looked at.
    index: u32,
    /// Nothing more is spoken.
    stopped: bool,
    /// Whether a sentence was handed to the voice.
    is_heard: bool,
    /// What begins the reply and is not heard. Where nothing else comes, it is named.
    unheard: Vec<Said>,
    /// The tools that there are.
    tools: Vec<String>,
}

/// What is looked for in the sentences of a model.
#[derive(Default)]
struct Guard {
    /// A model writes, whose sentences name no tool.
    is_a_models: bool,
    /// Whether a sentence may not claim an action.
    claims: bool,
    has_claimed: bool,
    repeats: Option<Repeats>,
    /// Sentences that may turn out to be a repetition or the opening of a claim, with what is written of them.
    held: Vec<(String, Piece)>,
}

impl<'a> Text<'a> {
    pub fn new(
        request: &'a ReplyRequest,
        sentences: mpsc::Sender<String>,
        written: &'a mpsc::UnboundedSender<Timed<ReplyEvent>>,
    ) -> Self {
        Self {
            request,
            sentences,
            written,
            cutter: SentenceCutter::default(),
            all: String::new(),
            pending: String::new(),
            guard: Guard::default(),
            index: 0,
            stopped: false,
            is_heard: false,
            unheard: Vec::new(),
            tools: Vec::new(),
        }
    }

    pub fn tell(&self, what: ReplyEvent) {
        let _ = self.written.send(Timed::now(what));
    }

    /// From now on a model writes, which may claim nothing where no tool was called.
    pub fn guard(&mut self, claims: bool) {
        if self.tools.is_empty() {
            let tools = self.request.skills.tools().into_iter();
            self.tools = tools.map(|tool| tool.name).collect();
        }
        let exchanges = self.request.history.exchanges();
        let repeats = Repeats::new(&self.request.question, exchanges);
        self.guard = Guard {
            is_a_models: true,
            claims,
            repeats: claims.then_some(repeats),
            ..Guard::default()
        };
    }

    /// Whether anything was written that is shown or will be.
    pub fn has_words(&self) -> bool {
        !self.all.trim().is_empty()
            || !self.pending.trim().is_empty()
            || !self.guard.held.is_empty()
    }

    pub fn has_claimed(&self) -> bool {
        self.guard.has_claimed
    }

    /// What was held to the end because all of it was said before; it is given up.
    pub fn take_repeated(&mut self) -> Option<Repeats> {
        let repeated = self.guard.repeats.take_if(|repeats| repeats.is_repeated());
        if repeated.is_some() {
            self.guard.held.clear();
        }
        repeated
    }

    /// A repetition is said as it is.
    pub fn unguard_repeats(&mut self) {
        self.guard.repeats = None;
    }

    pub async fn push(&mut self, piece: String) {
        if self.guard.has_claimed {
            return;
        }
        self.pending.push_str(&piece);
        for sentence in self.cutter.push(&piece) {
            self.judge(sentence).await;
        }
    }

    /// A sentence of the host's or a skill's, behind what is there.
    pub async fn sentence(&mut self, sentence: &str) {
        self.flush().await;
        self.guard = Guard::default();
        let gap = if self.all.is_empty() || self.all.ends_with(char::is_whitespace) {
            ""
        } else {
            " "
        };
        self.push(format!("{gap}{sentence}")).await;
    }

    /// What is there so far is spoken, whether or not a sentence is over; but for what may be a repetition.
    pub async fn flush(&mut self) {
        let cutter = std::mem::take(&mut self.cutter);
        for sentence in cutter.finish() {
            self.judge(sentence).await;
        }
        let is_repeated = self
            .guard
            .repeats
            .as_ref()
            .is_some_and(Repeats::is_repeated);
        if !is_repeated {
            self.release().await;
        }
        let rest = std::mem::take(&mut self.pending);
        if !self.guard.has_claimed && !is_repeated {
            self.show(rest);
        }
    }

    /// The reply is over: one of emojis alone is spoken by their names.
    pub async fn finish(&mut self) {
        self.flush().await;
        let language = self.request.engines.tts.language();
        let written: String = self.unheard.iter().map(Said::written).collect();
        let names = spoken::emoji_names(&written, language).filter(|_| !self.stopped);
        let Some(spoken) = names else {
            self.tell_unheard();
            return;
        };
        self.unheard.clear();
        self.tell(ReplyEvent::Sentence(Said(vec![Unit {
            written,
            spoken: spoken.clone(),
        }])));
        let _ = self.sentences.send(spoken).await;
    }

    fn tell_unheard(&mut self) {
        for said in std::mem::take(&mut self.unheard) {
            self.tell(ReplyEvent::Unsaid(said));
        }
    }

    async fn judge(&mut self, piece: Piece) {
        let mut piece = piece;
        let mut written = self.written_of(&piece.text);
        // A model that imitates a skill copies the mark of its answers; what it says is judged without.
        if let Some(rest) = piece.text.trim_start().strip_prefix(SKILLS_MARK.trim_end()) {
            written = written.replacen(SKILLS_MARK.trim_end(), "", 1);
            piece.text = rest.trim_start().to_owned();
        }
        if self.guard.is_a_models && jane_mind::echoes(&piece.text, &self.request.question) {
            ACKNOWLEDGED.clone_into(&mut piece.text);
            ACKNOWLEDGED.clone_into(&mut written);
        }
        let sentence = piece.text.as_str();
        let guard = &mut self.guard;
        if guard.has_claimed {
            return;
        }
        if guard.is_a_models && jane_mind::names_a_tool(sentence, &self.tools) {
            tracing::info!("a sentence of the model that names a tool is left out");
            return;
        }
        let question = self.request.question.as_str();
        let is_not_so =
            jane_mind::claims_an_action(sentence) || jane_mind::pretends(sentence, question);
        if guard.claims && is_not_so {
            guard.has_claimed = true;
            guard.held.clear();
            return;
        }
        let repeats = guard.repeats.as_mut();
        let may_repeat = repeats.is_some_and(|repeats| repeats.push(sentence));
        let may_claim = guard.claims && jane_mind::opens_a_claim(sentence);
        guard.held.push((written, piece));
        if !(may_repeat || may_claim) {
            self.release().await;
        }
    }

    /// Hands on what was held.
    async fn release(&mut self) {
        for (written, piece) in std::mem::take(&mut self.guard.held) {
            self.show(written);
            self.hand_on(piece).await;
        }
    }

    /// Takes what is written up to the end of `sentence`.
    fn written_of(&mut self, sentence: &str) -> String {
        let end = self.pending.find(sentence.trim_end());
        let end = end.map_or(self.pending.len(), |at| at + sentence.trim_end().len());
        let rest = self.pending.split_off(end);
        std::mem::replace(&mut self.pending, rest)
    }

    fn show(&mut self, written: String) {
        if !written.is_empty() {
            self.all.push_str(&written);
            self.tell(ReplyEvent::Text(written));
        }
    }

    async fn hand_on(&mut self, piece: Piece) {
        if self.stopped {
            return;
        }
        let index = self.index;
        self.index += 1;
        let sentence = match self.request.skills.sentence(index, piece.text).await {
            jane_skills::Spoken::Said(sentence) => sentence,
            jane_skills::Spoken::Muted { skill } => {
                self.tell(ReplyEvent::Muted {
                    skill,
                    stopped: false,
                });
                return;
            }
            jane_skills::Spoken::Stopped { skill } => {
                self.stopped = true;
                self.tell(ReplyEvent::Muted {
                    skill,
                    stopped: true,
                });
                return;
            }
        };
        let piece = Piece {
            text: sentence,
            place: piece.place,
        };
        let said = spoken::say(&piece, self.request.engines.tts.language());
        let text = said.text();
        if text.is_empty() {
            match self.is_heard {
                true => self.tell(ReplyEvent::Unsaid(said)),
                false => self.unheard.push(said),
            }
            return;
        }
        self.tell_unheard();
        self.is_heard = true;
        self.tell(ReplyEvent::Sentence(said));
        // A voice that failed takes no more sentences; the text goes on without it.
        let _ = self.sentences.send(text).await;
    }
}
