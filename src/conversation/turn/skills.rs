//! The skills as a turn has them: those that were there when it began, and what they did for it.

use std::sync::Arc;

use jane_engines::{Tool, ToolCall};
use jane_mind::{Change, Memory, MemoryRequest, Moment, requests};
use jane_skills::{
    Called, Heard, SkillRegistry, SkillSet, SkillTransaction, Spoken, TurnId, Verdict,
};
use parking_lot::Mutex;

use crate::conversation::ClientTools;
use crate::runtime::InForce;

/// Who answers where something is remembered.
const MEMORY: &str = "memory";

/// Said where it cannot be kept.
const NOT_KEPT: &str = "I could not keep that: the file of what I remember cannot be written.";

/// Said where it cannot be read.
const NOT_READ: &str = "I could not look that up: the file of what I remember cannot be read.";

/// Said where some of several requests are no skill's.
const LEFT: &str = "I left the rest: please ask for it by itself.";

/// How requests in one breath are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    /// It is one, or none of a skill.
    AsOne,
    /// Skills do some of them.
    InPart,
    /// Each is done by a skill, and not all by the same.
    OfSeveral,
}

/// What is left to answer, once the skills heard what was said.
pub struct Asked {
    pub question: String,
    /// What she was told before that has to do with it.
    pub recalled: Vec<String>,
    /// What answers in the model's place.
    pub answer: Option<SkillAnswer>,
}

/// What a skill answers by itself.
pub struct SkillAnswer {
    /// The skill's name.
    pub skill: String,
    pub speech: String,
    /// Whether it asks something back.
    pub expects_reply: bool,
}

/// Who has a tool that is no skill's.
const CLIENT: &str = "client";

/// The skill that wants a question left unanswered.
pub struct DroppedBy(pub String);

#[derive(Clone)]
pub struct TurnSkills {
    skills: SkillRegistry,
    set: Arc<SkillSet>,
    turn: Arc<SkillTransaction>,
    /// Where she keeps what she is told to remember; `None` for nowhere.
    memory: Option<Memory>,
    /// What is to be kept once the turn is certain.
    to_keep: Arc<Mutex<Option<Change>>>,
    certain: bool,
    /// Who talks to her, where they bring tools along.
    client: Option<Arc<dyn ClientTools>>,
    /// How often the model may call tools before it has to answer.
    pub rounds: u32,
}

impl TurnSkills {
    /// For the turn that skills know by this number. What skills do takes effect at once where the turn is `certain`, else with [`TurnSkills::settle`].
    pub fn new(in_force: &InForce, turn: u64, certain: bool) -> Self {
        let skills = in_force.skills.clone();
        let memory = in_force.engines.mind.memory.clone();
        Self {
            set: skills.current(),
            turn: SkillTransaction::new(turn, skills.budget(), certain),
            memory: memory.filter(|_| in_force.config.assistant.remembers),
            to_keep: Arc::default(),
            certain,
            client: None,
            skills,
            rounds: in_force.config.plugins.tool_rounds,
        }
    }

    /// The same, with the tools of whoever talks to her.
    #[must_use]
    pub fn with_client(mut self, client: Option<Arc<dyn ClientTools>>) -> Self {
        self.client = client;
        self
    }

    /// Whether what skills do takes effect at once.
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    /// What is left to answer of what was said.
    ///
    /// # Errors
    /// Where a skill wants it left unanswered.
    pub async fn ask(&self, heard: Heard) -> Result<Asked, DroppedBy> {
        let said = heard.text.clone();
        match self.hear(heard).await {
            Verdict::Ask(question) => Ok(Asked {
                recalled: self.recalled(&question),
                question,
                answer: None,
            }),
            Verdict::Answer {
                skill,
                speech,
                expect_reply,
            } => Ok(Asked {
                question: said,
                recalled: Vec::new(),
                answer: Some(SkillAnswer {
                    skill,
                    speech,
                    expects_reply: expect_reply,
                }),
            }),
            Verdict::Drop { skill } => Err(DroppedBy(skill)),
        }
    }

    /// The skills hear what was said first, and what is left is looked at for something to remember. Several requests in one breath are
    /// heard one by one where several skills are meant, or no skill understands them together.
    async fn hear(&self, heard: Heard) -> Verdict {
        let parts = requests(&heard.text);
        let several = self.several(&heard, &parts).await;
        if several == Meant::OfSeveral {
            return self.each(&heard, &parts).await;
        }
        let verdict = self.set.hear(&self.turn, heard.clone()).await;
        if several == Meant::InPart && matches!(verdict, Verdict::Ask(_)) {
            return self.each(&heard, &parts).await;
        }
        let (Verdict::Ask(question), Some(memory)) = (&verdict, &self.memory) else {
            return verdict;
        };
        let Some(request) = MemoryRequest::of(question) else {
            return verdict;
        };
        let TurnId { session, turn } = TurnId::of(self.turn.id);
        let moment = Moment { session, turn };
        let answered = memory.answer(&request, moment).unwrap_or_else(|error| {
            tracing::error!(%error, "what is remembered cannot be read");
            Some((Change::default(), NOT_READ.to_owned()))
        });
        let Some((change, mut speech)) = answered else {
            return verdict;
        };
        if !self.stage(memory, change) {
            NOT_KEPT.clone_into(&mut speech);
        }
        Verdict::Answer {
            skill: MEMORY.to_owned(),
            speech,
            expect_reply: false,
        }
    }

    /// Keeps `change`, or has it wait until the turn is certain. Whether that could be done.
    fn stage(&self, memory: &Memory, change: Change) -> bool {
        if change.is_nothing() {
            return true;
        }
        if self.certain {
            return keep(memory, &change);
        }
        *self.to_keep.lock() = Some(change);
        true
    }

    /// What she was told before that has to do with `question`, beside what her instructions hold.
    fn recalled(&self, question: &str) -> Vec<String> {
        let memory = self.memory.as_ref();
        memory.map_or_else(Vec::new, |memory| memory.recalled(question))
    }

    /// Whether what was said is several requests, and whose. That is tried in a turn that comes to nothing.
    async fn several(&self, heard: &Heard, parts: &[&str]) -> Meant {
        if parts.len() < 2 {
            return Meant::AsOne;
        }
        let tried = SkillTransaction::new(self.turn.id, self.turn.left(), false);
        let mut skills: Vec<String> = Vec::new();
        for part in parts {
            if let Verdict::Answer {
                skill,
                expect_reply: false,
                ..
            } = self.set.hear(&tried, of(heard, part)).await
            {
                skills.push(skill);
            }
        }
        let is_all = skills.len() == parts.len();
        skills.dedup();
        match skills.len() {
            0 => Meant::AsOne,
            1 => Meant::InPart,
            _ if is_all => Meant::OfSeveral,
            _ => Meant::InPart,
        }
    }

    /// Has each request done that was said in one breath, and says what came of each.
    async fn each(&self, heard: &Heard, parts: &[&str]) -> Verdict {
        let (mut skills, mut answers, mut asks) = (Vec::new(), Vec::new(), false);
        let mut is_left = false;
        for part in parts {
            match self.set.hear(&self.turn, of(heard, part)).await {
                Verdict::Answer {
                    skill,
                    speech,
                    expect_reply,
                } => {
                    skills.push(skill);
                    answers.push(speech);
                    asks |= expect_reply;
                }
                drop @ Verdict::Drop { .. } => return drop,
                Verdict::Ask(_) => is_left = true,
            }
        }
        if is_left {
            answers.push(LEFT.to_owned());
        }
        skills.dedup();
        Verdict::Answer {
            skill: skills.join(", "),
            speech: answers.join(" "),
            expect_reply: asks,
        }
    }

    pub async fn sentence(&self, index: u32, text: String) -> Spoken {
        self.set.sentence(&self.turn, index, text).await
    }

    /// The tools of whoever talks to her.
    pub fn client_tools(&self) -> Vec<Tool> {
        let client = self.client.as_ref();
        client.map_or_else(Vec::new, |client| client.tools())
    }

    /// What the model is offered. One that takes no tools leaves them out.
    pub fn tools(&self) -> Vec<Tool> {
        let mut tools = self.set.tools();
        for tool in self.client_tools() {
            // A skill has its name first.
            if tools.iter().all(|other| other.name != tool.name) {
                tools.push(tool);
            }
        }
        tools
    }

    pub async fn call(&self, call: &ToolCall) -> Called {
        let is_named = |tool: &Tool| tool.name == call.name;
        if let Some(client) = &self.client
            && client.tools().iter().any(is_named)
            && !self.set.tools().iter().any(is_named)
        {
            return Called {
                skill: Some(CLIENT.to_owned()),
                result: client.call(call).await,
            };
        }
        self.set.call(&self.turn, call).await
    }

    /// Tells the skills the whole answer.
    pub fn replied(&self, question: &str, text: &str, tools: &[String]) {
        self.set.replied(&self.turn, question, text, tools);
    }

    /// The turn is certain. What was done for it takes effect while the turn goes on.
    pub fn settle(&self) {
        let to_keep = self.to_keep.lock().take();
        if let (Some(memory), Some(change)) = (self.memory.clone(), to_keep) {
            tokio::task::spawn_blocking(move || keep(&memory, &change));
        }
        let this = self.clone();
        tokio::spawn(async move { this.skills.settle(&this.turn).await });
    }
}

/// A part of what was heard.
fn of(heard: &Heard, part: &str) -> Heard {
    Heard {
        text: part.to_owned(),
        ..heard.clone()
    }
}

/// Whether it is kept. That it is not is logged, without what it is.
fn keep(memory: &Memory, change: &Change) -> bool {
    let kept = memory.apply(change);
    if let Err(error) = &kept {
        tracing::error!(%error, "what is to be remembered cannot be kept");
    }
    kept.is_ok()
}
