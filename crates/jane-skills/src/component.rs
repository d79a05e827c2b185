//! A compiled skill, looked at before anything of it runs: what it exports, and whether it asks for what there is.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre};

use super::bindings::exports::jane::skill as hooks;
use super::engine::Sandbox;
use super::host_state::HostState;
use super::instance::harmless;

/// What interfaces of ours are called, before and behind their name.
const OURS: (&str, &str) = ("jane:skill/", "@0.1.0");

/// Characters of a name that is told, and of the linker's words.
const LONGEST_NAME: usize = 100;
const LONGEST_REASON: usize = 600;

/// What compilers bring along.
const WASI: &str = "wasi:";

/// What a skill may export, and what it may import.
const HOOKS: [&str; 7] = [
    "about",
    "lifecycle",
    "transcript-hook",
    "sentence-hook",
    "reply-hook",
    "tools",
    "events",
];
const CAPABILITIES: [&str; 7] = ["log", "clock", "kv", "schedule", "voice", "http", "llm"];

/// A hook or capability by its name in `wit/`.
pub type Interface = String;

/// What can be called in a skill: each where it exports it.
pub struct Exports {
    pub about: Option<hooks::about::GuestIndices>,
    pub lifecycle: Option<hooks::lifecycle::GuestIndices>,
    pub transcript: Option<hooks::transcript_hook::GuestIndices>,
    pub sentence: Option<hooks::sentence_hook::GuestIndices>,
    pub reply: Option<hooks::reply_hook::GuestIndices>,
    pub tools: Option<hooks::tools::GuestIndices>,
    pub events: Option<hooks::events::GuestIndices>,
}

/// A skill that can be instantiated.
pub struct LinkedComponent {
    pub pre: InstancePre<HostState>,
    pub exports: Exports,
    /// What it exports, `transcript-hook` for one.
    pub does: Vec<Interface>,
    /// What it imports, `kv` for one.
    pub asks_for: Vec<Interface>,
}

/// Why a component is no skill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSkill {
    #[error("it asks for `{0}`, which there is not")]
    Import(String),
    #[error("it exports nothing of `jane:skill@0.1.0`, so it does nothing for Jane")]
    Nothing,
    #[error("it is made for another version of `jane:skill`: {0}")]
    Version(String),
    #[error("it does not fit `jane:skill@0.1.0`: {0}")]
    Type(String),
}

impl LinkedComponent {
    /// # Errors
    /// Where it is no skill.
    pub fn new(sandbox: &Sandbox, component: &Component) -> Result<Self, NoSkill> {
        let ty = component.component_type();
        let mut asks_for = Vec::new();
        for (name, _) in ty.imports(&sandbox.engine) {
            match ours(name)? {
                Some(name) => asks_for.push(name),
                None if name.starts_with(WASI) => {}
                None => return Err(NoSkill::Import(harmless(name, LONGEST_NAME))),
            }
        }
        // What else there is, is told by whoever links it.
        asks_for.retain(|name| CAPABILITIES.contains(&name.as_str()));
        let mut does = Vec::new();
        for (name, item) in ty.exports(&sandbox.engine) {
            if let (Some(name), ComponentItem::ComponentInstance(_)) = (ours(name)?, &item.ty) {
                does.push(name);
            }
        }
        does.retain(|name| HOOKS.contains(&name.as_str()));
        if does.is_empty() {
            return Err(NoSkill::Nothing);
        }
        let pre = sandbox
            .linker
            .instantiate_pre(component)
            .map_err(|error| import_or_type(&error))?;
        let exports = Exports::new(&pre, &does).map_err(|error| import_or_type(&error))?;
        Ok(Self {
            pre,
            exports,
            does,
            asks_for,
        })
    }
}

impl Exports {
    fn new(pre: &InstancePre<HostState>, does: &[Interface]) -> wasmtime::Result<Self> {
        let has = |name: &str| does.iter().any(|does| does == name).then_some(());
        Ok(Self {
            about: has("about")
                .map(|()| hooks::about::GuestIndices::new(pre))
                .transpose()?,
            lifecycle: has("lifecycle")
                .map(|()| hooks::lifecycle::GuestIndices::new(pre))
                .transpose()?,
            transcript: has("transcript-hook")
                .map(|()| hooks::transcript_hook::GuestIndices::new(pre))
                .transpose()?,
            sentence: has("sentence-hook")
                .map(|()| hooks::sentence_hook::GuestIndices::new(pre))
                .transpose()?,
            reply: has("reply-hook")
                .map(|()| hooks::reply_hook::GuestIndices::new(pre))
                .transpose()?,
            tools: has("tools")
                .map(|()| hooks::tools::GuestIndices::new(pre))
                .transpose()?,
            events: has("events")
                .map(|()| hooks::events::GuestIndices::new(pre))
                .transpose()?,
        })
    }
}

/// The name of an interface of ours, without what surrounds it; `None` where it is another one's.
fn ours(name: &str) -> Result<Option<Interface>, NoSkill> {
    let Some(rest) = name.strip_prefix(OURS.0) else {
        return Ok(None);
    };
    match rest.strip_suffix(OURS.1) {
        Some(name) => Ok(Some(name.to_owned())),
        None => Err(NoSkill::Version(harmless(name, LONGEST_NAME))),
    }
}

/// What cannot be linked, in the linker's words.
fn import_or_type(error: &wasmtime::Error) -> NoSkill {
    NoSkill::Type(harmless(&format!("{error:#}"), LONGEST_REASON))
}
