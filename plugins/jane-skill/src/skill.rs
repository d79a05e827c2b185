//! What a skill does: the interfaces of `wit/skill.wit` as one trait. Of these, Jane calls those that `export!` names.

use crate::{
    Event, Facts, Failure, Instance, Reply, Sentence, SentenceAction, Tool, ToolCall, ToolOutput, Transcript, TranscriptAction, bindings,
};

/// A skill. Jane may keep several of it and makes a new one where one panicked: what is to last belongs in [`kv`](crate::kv).
pub trait Skill: Instance {
    /// What the skill says of itself. `package` is what its `Cargo.toml` says: add the hosts that it wants to reach, and what it wants of
    /// `allow`. (`about`)
    fn about(package: Facts) -> Facts {
        package
    }

    /// Called once, before anything else, with the table `[skills.NAME.config]` of `jane.toml` as JSON. Where it fails, the
    /// skill is not loaded. (`lifecycle`)
    fn start(&mut self, config_json: &str) -> Result<(), Failure> {
        let _ = config_json;
        Ok(())
    }

    /// Hears what was said before the language model does. (`transcript_hook`)
    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let _ = transcript;
        Ok(TranscriptAction::Pass)
    }

    /// Sees each sentence before it is spoken. (`sentence_hook`)
    fn on_sentence(&mut self, sentence: &Sentence) -> Result<SentenceAction, Failure> {
        let _ = sentence;
        Ok(SentenceAction::Pass)
    }

    /// Sees the whole answer when it is over. (`reply_hook`)
    fn on_reply(&mut self, reply: &Reply) -> Result<(), Failure> {
        let _ = reply;
        Ok(())
    }

    /// What the language model may call. (`tools`)
    fn tools() -> Vec<Tool> {
        Vec::new()
    }

    /// The language model calls one of [`tools`](Skill::tools). (`tools`)
    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        Err(Failure::InvalidInput(format!("there is no tool `{}`", call.name)))
    }

    /// What was scheduled is due. Where it fails it is called again, later. (`events`)
    fn on_event(&mut self, event: &Event) -> Result<(), Failure> {
        let _ = event;
        Ok(())
    }
}

impl<S: Skill> bindings::about::exports::jane::skill::about::Guest for S {
    fn about() -> Facts {
        <S as Skill>::about(S::package())
    }
}

impl<S: Skill> bindings::lifecycle::exports::jane::skill::lifecycle::Guest for S {
    fn start(config_json: String) -> Result<(), Failure> {
        S::with(|skill| Skill::start(skill, &config_json))
    }
}

impl<S: Skill> bindings::transcript_hook::exports::jane::skill::transcript_hook::Guest for S {
    fn on_transcript(transcript: Transcript) -> Result<TranscriptAction, Failure> {
        S::with(|skill| Skill::on_transcript(skill, &transcript))
    }
}

impl<S: Skill> bindings::sentence_hook::exports::jane::skill::sentence_hook::Guest for S {
    fn on_sentence(sentence: Sentence) -> Result<SentenceAction, Failure> {
        S::with(|skill| Skill::on_sentence(skill, &sentence))
    }
}

impl<S: Skill> bindings::reply_hook::exports::jane::skill::reply_hook::Guest for S {
    fn on_reply(reply: Reply) -> Result<(), Failure> {
        S::with(|skill| Skill::on_reply(skill, &reply))
    }
}

impl<S: Skill> bindings::tools::exports::jane::skill::tools::Guest for S {
    fn list_tools() -> Vec<Tool> {
        <S as Skill>::tools()
    }

    fn call_tool(call: ToolCall) -> Result<ToolOutput, Failure> {
        S::with(|skill| Skill::call_tool(skill, &call))
    }
}

impl<S: Skill> bindings::events::exports::jane::skill::events::Guest for S {
    fn on_event(event: Event) -> Result<(), Failure> {
        S::with(|skill| Skill::on_event(skill, &event))
    }
}
