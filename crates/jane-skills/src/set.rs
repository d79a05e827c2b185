//! All skills that are loaded, in their order: what becomes of a transcript, a sentence, a call of a tool.
//!
//! Invariants: a set never changes, and a turn uses the one that it began with; a skill that fails is passed over, and what it was not
//! granted is passed over too.

use std::sync::Arc;
use std::time::Instant;

use super::bindings::jane::skill::types::{
    Answer, Reply, Sentence, SentenceAction, ToolOutput, Transcript, TranscriptAction,
};
use super::grants::Grants;
use super::loaded::Loaded;
use super::names::{Clash, Offering, names};
use super::tool::Tool;
use super::transaction::SkillTransaction;
use jane_config::Allow;
use jane_core as backend;
use jane_core::event::TurnInput;
use jane_text::spoken::is_heard;

/// Skills in the order in which they are asked.
#[derive(Default)]
pub struct SkillSet {
    skills: Vec<Arc<Loaded>>,
    /// Skills that keep sentences back when they fail, and failed to load.
    silencing: Vec<String>,
    /// How the model calls the tools of each skill; `None` for one that it cannot call.
    names: Vec<Vec<Option<String>>>,
    clashes: Vec<Clash>,
}

/// What skills made of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The language model answers this.
    Ask(String),
    /// This is the answer, by the skill of this name.
    Answer {
        skill: String,
        speech: String,
        expect_reply: bool,
    },
    /// Nobody answers, as the skill of this name will have it.
    Drop { skill: String },
}

/// What becomes of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    Said(String),
    /// Not spoken, because of the skill of this name.
    Muted {
        skill: String,
    },
    /// Neither it nor what follows.
    Stopped {
        skill: String,
    },
}

/// Something heard or typed.
#[derive(Debug, Clone)]
pub struct Heard {
    pub text: String,
    /// 0 to 1; `None` where it was typed.
    pub confidence: Option<f32>,
    pub input: TurnInput,
    pub language: Option<String>,
}

/// What a call of a tool came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The skill that was called; `None` where there is no such tool.
    pub skill: Option<String>,
    pub result: ToolResult,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolResult {
    /// For the model, which words the answer.
    Told(String),
    /// The answer itself.
    Final(String),
    /// Why there is none, for the model.
    Failed(String),
}

impl SkillSet {
    /// In the order of priority and name.
    #[must_use]
    pub fn new(mut skills: Vec<Arc<Loaded>>, silencing: Vec<String>) -> Self {
        skills.sort_by(|one, other| {
            let key = |skill: &Loaded| (skill.grants().priority, skill.name().to_owned());
            key(one).cmp(&key(other))
        });
        let offered: Vec<Offering<'_>> = skills.iter().map(|skill| offering(skill)).collect();
        let (names, clashes) = names(&offered);
        Self {
            skills,
            silencing,
            names,
            clashes,
        }
    }

    /// Where several skills have a tool that is called alike.
    pub fn clashes(&self) -> &[Clash] {
        &self.clashes
    }

    pub fn skills(&self) -> &[Arc<Loaded>] {
        &self.skills
    }

    pub fn find(&self, name: &str) -> Option<&Arc<Loaded>> {
        self.skills.iter().find(|skill| skill.name() == name)
    }

    /// Has the skills hear what was said.
    pub async fn hear(&self, turn: &Arc<SkillTransaction>, heard: Heard) -> Verdict {
        let Heard {
            mut text,
            confidence,
            input,
            language,
        } = heard;
        let mut attrs = vec![("input".to_owned(), input.word().to_owned())];
        attrs.extend(language.map(|language| ("language".to_owned(), language)));
        let names = self.skills.iter().filter(|skill| !skill.is_quarantined());
        let names: Vec<&str> = names.map(|skill| skill.name()).collect();
        attrs.push(("skills".to_owned(), names.join(",")));
        for skill in &self.skills {
            let listens = skill.exports().transcript.is_some()
                && skill.grants().overhears(Allow::Transcripts);
            if !listens || turn.left().is_zero() {
                continue;
            }
            let transcript = Transcript {
                turn: turn.id,
                text: text.clone(),
                confidence,
                attrs: attrs.clone(),
            };
            let begin = Instant::now();
            let action = skill.on_transcript(turn, transcript).await;
            turn.spend(begin.elapsed());
            let name = skill.name();
            match action.map(|action| granted(action, skill.grants())) {
                Ok(TranscriptAction::Rewrite(rewritten)) => text = rewritten,
                Ok(TranscriptAction::Answer(Answer {
                    speech,
                    expect_reply,
                })) => {
                    return Verdict::Answer {
                        skill: name.to_owned(),
                        speech,
                        expect_reply,
                    };
                }
                Ok(TranscriptAction::Drop) => {
                    return Verdict::Drop {
                        skill: name.to_owned(),
                    };
                }
                Ok(TranscriptAction::Pass) => {}
                Err(error) => {
                    tracing::debug!(skill = name, %error, "a skill passes over what was said")
                }
            }
        }
        Verdict::Ask(text)
    }

    /// Has the skills look at a sentence that is about to be spoken.
    pub async fn sentence(&self, turn: &Arc<SkillTransaction>, index: u32, text: String) -> Spoken {
        if let Some(skill) = self.silencing.first() {
            return Spoken::Muted {
                skill: skill.clone(),
            };
        }
        let mut text = text;
        for skill in &self.skills {
            if skill.exports().sentence.is_none() || !skill.grants().overhears(Allow::Replies) {
                continue;
            }
            if turn.left().is_zero() && !skill.mutes_on_failure() {
                continue;
            }
            let sentence = Sentence {
                turn: turn.id,
                index,
                text: text.clone(),
            };
            let begin = Instant::now();
            let action = skill.on_sentence(turn, sentence).await;
            turn.spend(begin.elapsed());
            let name = || skill.name().to_owned();
            match action.map(|action| granted_of(action, &text, skill.grants())) {
                Ok(SentenceAction::Rewrite(rewritten)) => text = rewritten,
                Ok(SentenceAction::Mute) => return Spoken::Muted { skill: name() },
                Ok(SentenceAction::Stop) => return Spoken::Stopped { skill: name() },
                Ok(SentenceAction::Pass) => {}
                Err(error) if skill.mutes_on_failure() => {
                    tracing::warn!(skill = name(), %error, "a sentence is kept back, because a skill failed to look at it");
                    return Spoken::Muted { skill: name() };
                }
                Err(error) => {
                    tracing::debug!(skill = name(), %error, "a skill passes over a sentence")
                }
            }
        }
        Spoken::Said(text)
    }

    /// Has the skills see a whole answer. Nobody waits for that.
    pub fn replied(
        &self,
        turn: &Arc<SkillTransaction>,
        question: &str,
        text: &str,
        tools_used: &[String],
    ) {
        for skill in &self.skills {
            if skill.exports().reply.is_none() || !skill.grants().overhears(Allow::Replies) {
                continue;
            }
            let (skill, turn) = (Arc::clone(skill), Arc::clone(turn));
            let reply = Reply {
                turn: turn.id,
                question: question.to_owned(),
                text: text.to_owned(),
                tools_used: tools_used.to_vec(),
            };
            tokio::spawn(async move {
                if let Err(error) = skill.on_reply(&turn, reply).await {
                    tracing::debug!(skill = skill.name(), %error, "a skill passes over an answer");
                }
            });
        }
    }

    /// The tools of all skills that are not quarantined, in their order, with the names by which the model calls them.
    fn offered(&self) -> Vec<(&str, &Arc<Loaded>, &Tool)> {
        let mut offered = Vec::new();
        for (skill, names) in self.skills.iter().zip(&self.names) {
            if skill.is_quarantined() {
                continue;
            }
            let named = names.iter().zip(&skill.tools);
            let named = named.filter_map(|(name, tool)| Some((name.as_deref()?, skill, tool)));
            offered.extend(named);
        }
        offered
    }

    /// What the language model is offered, always in the same order.
    pub fn tools(&self) -> Vec<backend::Tool> {
        let offered = self.offered().into_iter();
        let tool = |(name, _, tool): (&str, &Arc<Loaded>, &Tool)| backend::Tool {
            name: name.to_owned(),
            description: tool.description.clone(),
            parameters: tool.schema.clone(),
            examples: tool.examples.clone(),
        };
        offered.map(tool).collect()
    }

    /// Calls a tool as the model wants it.
    pub async fn call(&self, turn: &Arc<SkillTransaction>, call: &backend::ToolCall) -> Called {
        let offered = self.offered();
        let Some((_, skill, tool)) = offered.iter().find(|(name, ..)| *name == call.name) else {
            let names: Vec<&str> = offered.iter().map(|(name, ..)| *name).collect();
            return Called {
                skill: None,
                result: ToolResult::Failed(format!(
                    "there is no tool `{}`, only {}",
                    call.name,
                    names.join(", ")
                )),
            };
        };
        let result = match skill.check_arguments(tool, &call.arguments) {
            Err(mistakes) => ToolResult::Failed(mistakes),
            Ok(arguments) => match skill.call_tool(turn, tool, arguments).await {
                Ok(ToolOutput::Text(text) | ToolOutput::Json(text)) => ToolResult::Told(text),
                Ok(ToolOutput::FinalAnswer(text)) if is_heard(&text) => ToolResult::Final(text),
                // Nothing would be said: the model words the answer.
                Ok(ToolOutput::FinalAnswer(text)) => ToolResult::Told(text),
                Err(error) => ToolResult::Failed(error.to_string()),
            },
        };
        Called {
            skill: Some(skill.name().to_owned()),
            result,
        }
    }
}

/// What a skill offers to the language model.
fn offering(skill: &Loaded) -> Offering<'_> {
    Offering {
        skill: skill.name(),
        priority: skill.grants().priority,
        tools: skill.tools.iter().map(|tool| tool.name.as_str()).collect(),
    }
}

/// What of a wish for a transcript was granted. An answer that nobody would hear drops what was said.
fn granted(action: TranscriptAction, grants: &Grants) -> TranscriptAction {
    let drops = match &action {
        TranscriptAction::Drop => true,
        TranscriptAction::Answer(answer) => !is_heard(&answer.speech),
        TranscriptAction::Rewrite(text) if text.trim().is_empty() => return TranscriptAction::Pass,
        TranscriptAction::Rewrite(_) | TranscriptAction::Pass => false,
    };
    match drops {
        false => action,
        true if grants.allows(Allow::Drop) => TranscriptAction::Drop,
        true => TranscriptAction::Pass,
    }
}

/// What of a wish for the sentence `text` was granted. To leave nothing of it that is heard is to mute it.
fn granted_of(action: SentenceAction, text: &str, grants: &Grants) -> SentenceAction {
    let mutes = match &action {
        SentenceAction::Mute => true,
        SentenceAction::Rewrite(rewritten) => is_heard(text) && !is_heard(rewritten),
        SentenceAction::Stop if !grants.allows(Allow::Stop) => return SentenceAction::Pass,
        SentenceAction::Stop | SentenceAction::Pass => false,
    };
    match mutes {
        false => action,
        true if grants.mutes() => SentenceAction::Mute,
        true => SentenceAction::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jane_config::{OnFailure, Skill};

    fn grants(allow: &[Allow], on_failure: OnFailure) -> Grants {
        Grants::new(&Skill {
            allow: allow.to_vec(),
            on_failure,
            ..Skill::default()
        })
        .unwrap()
    }

    #[test]
    fn a_sentence_is_kept_back_only_by_a_skill_that_may_do_so_however_it_goes_about_it() {
        let rewrite = |text: &str| SentenceAction::Rewrite(text.to_owned());
        let none = grants(&[], OnFailure::Pass);
        let granted_mute = grants(&[Allow::Mute], OnFailure::Pass);
        let guard = grants(&[], OnFailure::Mute);
        for action in [
            SentenceAction::Mute,
            rewrite(""),
            rewrite("…"),
            rewrite("*"),
            rewrite(" \u{200b} "),
            rewrite("🎉"),
        ] {
            for (grants, mutes) in [(&none, false), (&granted_mute, true), (&guard, true)] {
                let granted = granted_of(action.clone(), "Hello.", grants);
                let is_muted = matches!(granted, SentenceAction::Mute);
                let is_said = matches!(granted, SentenceAction::Pass);
                assert!(is_muted == mutes && is_said != mutes, "{action:?}");
            }
        }
        let heard = granted_of(rewrite("Bye."), "Hello.", &none);
        assert!(matches!(heard, SentenceAction::Rewrite(text) if text == "Bye."));
        // There was nothing to be heard before.
        let silent = granted_of(rewrite(""), "***", &granted_mute);
        assert!(matches!(silent, SentenceAction::Rewrite(_)));
        for allow in [&[][..], &[Allow::Mute][..], &[Allow::Stop][..]] {
            let granted = granted_of(
                SentenceAction::Stop,
                "Hello.",
                &grants(allow, OnFailure::Pass),
            );
            let stops = allow.contains(&Allow::Stop);
            assert_eq!(matches!(granted, SentenceAction::Stop), stops);
        }
    }

    #[test]
    fn what_was_said_goes_unanswered_only_where_that_was_granted() {
        let answer = |speech: &str| {
            TranscriptAction::Answer(Answer {
                speech: speech.to_owned(),
                expect_reply: false,
            })
        };
        let none = grants(&[], OnFailure::Mute);
        let drop = grants(&[Allow::Drop], OnFailure::Pass);
        for action in [
            TranscriptAction::Drop,
            answer(""),
            answer("…"),
            answer("* "),
        ] {
            let passed = granted(action.clone(), &none);
            assert!(matches!(passed, TranscriptAction::Pass), "{action:?}");
            let dropped = granted(action.clone(), &drop);
            assert!(matches!(dropped, TranscriptAction::Drop), "{action:?}");
        }
        let answered = granted(answer("Yes."), &none);
        assert!(matches!(answered, TranscriptAction::Answer(answer) if answer.speech == "Yes."));
        let blank = granted(TranscriptAction::Rewrite(" ".to_owned()), &drop);
        assert!(matches!(blank, TranscriptAction::Pass));
    }
}
