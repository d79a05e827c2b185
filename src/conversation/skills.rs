//! The skills as a turn has them: those that were there when it began, and what they did for it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::backend::{Tool, ToolCall};
use crate::mind::{Memory, Remembered, to_remember};
use crate::runtime::InForce;
use crate::skill::{Called, Heard, SkillSet, Skills, Spoken, Turn, Verdict};

/// Who answers where something is remembered.
const MEMORY: &str = "memory";

/// Said where it cannot be kept.
const NOT_KEPT: &str = "I could not keep that: the file of what I remember cannot be written.";

#[derive(Clone)]
pub struct TurnSkills {
    skills: Skills,
    set: Arc<SkillSet>,
    turn: Arc<Turn>,
    /// Where she keeps what she is told to remember; `None` for nowhere.
    memory: Option<Memory>,
    /// What is to be kept once the turn is certain.
    to_keep: Arc<Mutex<Option<Remembered>>>,
    certain: bool,
    /// How often the model may call tools before it has to answer.
    pub rounds: u32,
}

impl TurnSkills {
    /// For the turn of this number. What skills do takes effect at once where the turn is `certain`, else with [`TurnSkills::settle`].
    pub fn new(in_force: &InForce, turn: u64, certain: bool) -> Self {
        let skills = in_force.skills.clone();
        let memory = in_force.engines.mind.memory.clone();
        Self {
            set: skills.current(),
            turn: Turn::new(turn, skills.budget(), certain),
            memory: memory.filter(|_| in_force.config.assistant.remembers),
            to_keep: Arc::default(),
            certain,
            skills,
            rounds: in_force.config.plugins.tool_rounds,
        }
    }

    /// What becomes of what was said: the skills hear it first, and what is left is looked at for something to remember.
    pub async fn hear(&self, heard: Heard) -> Verdict {
        let verdict = self.set.hear(&self.turn, heard).await;
        let (Verdict::Ask(question), Some(memory)) = (&verdict, &self.memory) else {
            return verdict;
        };
        let Some(remembered) = to_remember(question) else {
            return verdict;
        };
        let mut speech = remembered.answer.clone();
        if !self.certain {
            *self.to_keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(remembered);
        } else if !keep(memory, &remembered) {
            NOT_KEPT.clone_into(&mut speech);
        }
        Verdict::Answer {
            skill: MEMORY.to_owned(),
            speech,
            expect_reply: false,
        }
    }

    pub async fn sentence(&self, index: u32, text: String) -> Spoken {
        self.set.sentence(&self.turn, index, text).await
    }

    /// What the model is offered. One that takes no tools leaves them out.
    pub fn tools(&self) -> Vec<Tool> {
        self.set.tools()
    }

    pub async fn call(&self, call: &ToolCall) -> Called {
        self.set.call(&self.turn, call).await
    }

    /// Tells the skills the whole answer.
    pub fn replied(&self, question: &str, text: &str, tools: &[String]) {
        self.set.replied(&self.turn, question, text, tools);
    }

    /// The turn is certain. What was done for it takes effect while the turn goes on.
    pub fn settle(&self) {
        let to_keep = self
            .to_keep
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let (Some(memory), Some(remembered)) = (self.memory.clone(), to_keep) {
            tokio::task::spawn_blocking(move || keep(&memory, &remembered));
        }
        let this = self.clone();
        tokio::spawn(async move { this.skills.settle(&this.turn).await });
    }
}

/// Whether it is kept. That it is not is logged, without what it is.
fn keep(memory: &Memory, remembered: &Remembered) -> bool {
    let kept = memory.remember(remembered);
    if let Err(error) = &kept {
        tracing::error!(%error, "what is to be remembered cannot be kept");
    }
    kept.is_ok()
}
