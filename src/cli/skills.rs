//! `jane skills`: what skills there are, and what their authors need.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use jane_config::Allow;
use jane_core::event::{Event, TurnInput};
use jane_engines::ToolCall;
use jane_skills::{
    Clash, Heard, Loaded, SkillRegistry, SkillSet, SkillTransaction, ToolResult, Verdict,
};
use serde_json::{Value, json};

use super::shown::{self, line};
use super::{Failure, Session};

#[derive(Subcommand)]
pub enum SkillsCommand {
    /// List the skills in plugins/: what each does, asks for, and may do
    List,
    /// Look at a skill's file: is it one, what does it do, what does it ask for
    Check {
        /// A WebAssembly component
        file: PathBuf,
    },
    /// Call a skill by itself, without engines; what it keeps is forgotten afterwards
    Call {
        /// A WebAssembly component
        file: PathBuf,
        /// What is said to it; may be repeated
        #[arg(long, value_name = "TEXT", required_unless_present = "tool")]
        say: Vec<String>,
        /// A tool to call
        #[arg(long, value_name = "NAME", conflicts_with = "say")]
        tool: Option<String>,
        /// The tool's arguments; `--json` alone prints events
        #[arg(long, value_name = "JSON", requires = "tool", default_value = "{}")]
        arguments: String,
    },
    /// Begin a skill in Rust: a small crate that builds and answers
    New {
        /// Letters, digits and `-`
        name: String,
        /// Where its directory is made [default: the working directory]
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

impl SkillsCommand {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::List => list(session).await,
            Self::Check { file } => check(session, &file).await,
            Self::Call {
                file,
                say,
                tool,
                arguments,
            } => call(session, &file, &say, tool, arguments).await,
            Self::New { name, directory } => super::new_skill::run(session, &name, directory),
        }
    }
}

fn skills(session: &Session, keeps: bool) -> Result<SkillRegistry, Failure> {
    (session.skills(keeps)).map_err(|error| Failure::failed(error.to_string()))
}

/// The name that a file's skill has.
fn name_of(file: &Path) -> Result<&str, Failure> {
    file.file_stem()
        .and_then(|name| name.to_str())
        .ok_or_else(|| Failure::usage(format!("`{}` is not a skill's file", file.display())))
}

async fn load(skills: &SkillRegistry, file: &Path) -> Result<Arc<Loaded>, Failure> {
    let name = name_of(file)?;
    skills.load(name, file).await.map_err(|reason| {
        Failure::failed(format!(
            "`{}` is not a skill that can be used: {reason}",
            file.display()
        ))
    })
}

async fn list(session: &Session) -> Result<(), Failure> {
    let skills = skills(session, false)?;
    let directory = session.config.plugins_directory(session.home());
    let mut text = String::new();
    let (mut listed, mut loaded) = (Vec::new(), Vec::new());
    let mut failed = 0;
    for (name, path) in jane_skills::files(&directory) {
        if !session.config.skills.of(&name).enabled {
            let shown = line(&name);
            text.push_str(&format!("{shown:<12} not used (`enabled = false`)\n"));
            listed.push(json!({ "skill": name, "enabled": false }));
            continue;
        }
        match skills.load(&name, &path).await {
            Ok(skill) => {
                text.push_str(&describe(&skill));
                listed.push(facts(&skill));
                loaded.push(skill);
            }
            Err(reason) => {
                failed += 1;
                let (shown, why) = (line(&name), line(&reason));
                text.push_str(&format!("{shown:<12} not taken: {why}\n"));
                listed.push(json!({ "skill": name, "problem": reason }));
            }
        }
    }
    for path in jane_skills::unnamed(&directory) {
        failed += 1;
        let name = jane_skills::shown(&path);
        let problem = "its name is no UTF-8";
        let hint = jane_skills::UNNAMED_HINT;
        let shown = line(&name);
        text.push_str(&format!("{shown:<12} not taken: {problem} ({hint})\n"));
        listed.push(json!({ "skill": name, "problem": problem }));
    }
    if listed.is_empty() {
        let directory = line(&directory.display().to_string());
        text = format!("no skills in `{directory}`\n");
    }
    let set = SkillSet::new(loaded, Vec::new());
    let (lines, clashes) = told(set.clashes().iter());
    text.push_str(&lines);
    report(
        session,
        "skills list",
        json!({ "skills": listed, "clashes": clashes, "text": text }),
    );
    match failed {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{failed} of them cannot be used"))
            .hint("`jane skills check FILE` says the same of one")),
    }
}

async fn check(session: &Session, file: &Path) -> Result<(), Failure> {
    let skills = skills(session, false)?;
    let skill = load(&skills, file).await?;
    let mut text = describe(&skill);
    let mut set = vec![Arc::clone(&skill)];
    if !skill.tools.is_empty() {
        set.extend(others(session, &skills, skill.name()).await);
    }
    let set = SkillSet::new(set, Vec::new());
    let own = |clash: &&Clash| clash.names.iter().any(|(name, _)| name == skill.name());
    let (lines, clashes) = told(set.clashes().iter().filter(own));
    text.push_str(&lines);
    report(
        session,
        "skills check",
        json!({ "skill": facts(&skill), "clashes": clashes, "text": text }),
    );
    Ok(())
}

/// The skills in plugins/ that can be used, but for the one of this name.
async fn others(session: &Session, skills: &SkillRegistry, name: &str) -> Vec<Arc<Loaded>> {
    let directory = session.config.plugins_directory(session.home());
    let mut others = Vec::new();
    for (other, path) in jane_skills::files(&directory) {
        if other != name && session.config.skills.of(&other).enabled {
            // One that cannot be used has no tools: `jane skills list` says why.
            others.extend(skills.load(&other, &path).await.ok());
        }
    }
    others
}

/// Tools that are called alike, for people and as JSON.
fn told<'a>(clashes: impl Iterator<Item = &'a Clash>) -> (String, Vec<Value>) {
    let (mut text, mut listed) = (String::new(), Vec::new());
    for clash in clashes {
        text.push_str(&format!("{}\n", line(&clash.to_string())));
        let names = clash.names.iter();
        let names = names.map(|(skill, name)| json!({ "skill": skill, "name": name }));
        listed.push(json!({ "tool": clash.tool, "names": names.collect::<Vec<_>>() }));
    }
    if !listed.is_empty() {
        text.push_str(&format!("hint: {}\n", Clash::HINT));
    }
    (text, listed)
}

async fn call(
    session: &Session,
    file: &Path,
    say: &[String],
    tool: Option<String>,
    arguments: String,
) -> Result<(), Failure> {
    let skills = skills(session, false)?;
    let skill = load(&skills, file).await?;
    let set = SkillSet::new(vec![Arc::clone(&skill)], Vec::new());
    let budget = Duration::from_secs(10);
    let mut wishes = skills.wishes();
    let mut text = String::new();
    let mut results = Vec::new();
    if let Some(name) = tool {
        let turn = SkillTransaction::new(1, budget, true);
        let call = ToolCall {
            id: "1".to_owned(),
            name,
            arguments,
        };
        match set.call(&turn, &call).await.result {
            ToolResult::Told(result) | ToolResult::Final(result) => {
                text.push_str(&format!("{}\n", shown::text(&result)));
                results.push(json!({ "tool": call.name, "result": result }));
            }
            ToolResult::Failed(reason) => return Err(Failure::failed(reason)),
        }
    }
    for (index, said) in say.iter().enumerate() {
        let turn = SkillTransaction::new(index as u64 + 1, budget, true);
        let heard = Heard {
            text: said.clone(),
            confidence: None,
            input: TurnInput::Text,
            language: None,
        };
        let (told, result) = match set.hear(&turn, heard).await {
            Verdict::Answer { speech, .. } => {
                (speech.clone(), json!({ "say": said, "answer": speech }))
            }
            Verdict::Ask(asked) if asked == *said => (
                "(left to the language model)".to_owned(),
                json!({ "say": said, "answer": null }),
            ),
            Verdict::Ask(asked) => (
                format!("(the language model is asked: {asked})"),
                json!({ "say": said, "rewritten": asked }),
            ),
            Verdict::Drop { .. } => (
                "(dropped)".to_owned(),
                json!({ "say": said, "dropped": true }),
            ),
        };
        text.push_str(&format!("{}\n", shown::text(&told)));
        results.push(result);
    }
    while let Some(Ok(wish)) = wishes.as_mut().map(tokio::sync::mpsc::Receiver::try_recv) {
        let wish = line(&format!("{wish:?}"));
        text.push_str(&format!("(it wants: {wish})\n"));
    }
    if let jane_skills::Health::Quarantined(reason) = skill.health() {
        let reason = line(&reason);
        text.push_str(&format!("(it failed too often: {reason})\n"));
    }
    report(
        session,
        "skills call",
        json!({ "results": results, "text": text }),
    );
    Ok(())
}

fn report(session: &Session, command: &'static str, report: Value) {
    session.events.emit(Event::Report { command, report });
}

fn facts(skill: &Loaded) -> Value {
    let tools: Vec<Value> = skill
        .tools
        .iter()
        .map(|tool| json!({ "name": tool.name, "description": tool.description, "schema": tool.schema }))
        .collect();
    json!({
        "skill": skill.name(),
        "title": skill.facts.title,
        "version": skill.facts.version,
        "description": skill.facts.description,
        "does": skill.prepared.does,
        "asks_for": skill.prepared.asks_for,
        "tools": tools,
        "wants_hosts": skill.facts.hosts,
        "wants": skill.facts.wants,
    })
}

fn describe(skill: &Loaded) -> String {
    let facts = &skill.facts;
    let mut text = format!(
        "{:<12} {} {}\n",
        line(skill.name()),
        line(&facts.version),
        line(&facts.description)
    );
    let mut list = |name: &str, values: &[String]| {
        if !values.is_empty() {
            let values = line(&values.join(", "));
            text.push_str(&format!("{:<12} {name}: {values}\n", ""));
        }
    };
    list("does", &skill.prepared.does);
    list("asks for", &skill.prepared.asks_for);
    let tools: Vec<String> = skill.tools.iter().map(|tool| tool.name.clone()).collect();
    list("tools", &tools);
    for hint in missing_grants(skill) {
        text.push_str(&format!("{:<12} {}\n", "", line(&hint)));
    }
    text
}

/// What the skill wants and was not granted, as lines of `jane.toml`.
fn missing_grants(skill: &Loaded) -> Vec<String> {
    let facts = &skill.facts;
    let reaches =
        |host: &String| reqwest::Url::parse(host).is_ok_and(|url| skill.grants().reaches(&url));
    let allowed = |wanted: &String| {
        let allow: Option<Allow> = serde_json::from_value(Value::String(wanted.clone())).ok();
        allow.is_some_and(|allow| skill.grants().allows(allow))
    };
    let mut missing = Vec::new();
    if !facts.hosts.iter().all(reaches) {
        missing.push(format!("allow_http = {}", json!(facts.hosts)));
    }
    if !facts.wants.iter().all(allowed) {
        missing.push(format!("allow = {}", json!(facts.wants)));
    }
    if !missing.is_empty() {
        missing.insert(
            0,
            format!("wants, under `[skills.{}]` in jane.toml:", skill.name()),
        );
    }
    missing
}
