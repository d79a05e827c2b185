//! The skills as a turn has them: those that were there when it began, and what they did for it.

use std::sync::Arc;

use crate::backend::{Tool, ToolCall};
use crate::runtime::InForce;
use crate::skill::{Called, Heard, SkillSet, Skills, Spoken, Turn, Verdict};

#[derive(Clone)]
pub struct TurnSkills {
    skills: Skills,
    set: Arc<SkillSet>,
    turn: Arc<Turn>,
    /// How often the model may call tools before it has to answer.
    pub rounds: u32,
}

impl TurnSkills {
    /// For the turn of this number. What skills do takes effect at once where the turn is `certain`, else with [`TurnSkills::settle`].
    pub fn new(in_force: &InForce, turn: u64, certain: bool) -> Self {
        let skills = in_force.skills.clone();
        Self {
            set: skills.current(),
            turn: Turn::new(turn, skills.budget(), certain),
            skills,
            rounds: in_force.config.plugins.tool_rounds,
        }
    }

    pub async fn hear(&self, heard: Heard) -> Verdict {
        self.set.hear(&self.turn, heard).await
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
        let this = self.clone();
        tokio::spawn(async move { this.skills.settle(&this.turn).await });
    }
}
