//! What is computed of instructions is kept, but for what was said; and nothing of old ones is left when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use jane::runtime::{Factory, Installed};
use jane_config::{Config, Source};
use jane_core::event::Events;
use jane_engines::{Dialogue, Generated, Generation, LanguageModel, Message, Prompt};

/// A worker of its own.
fn model(model: Option<&Path>) -> Arc<dyn LanguageModel> {
    let mut overrides = vec![format!(
        "models.directory={}",
        crate::common::models().display()
    )];
    overrides.push("llm.max_reply_tokens=8".to_owned());
    overrides.push(format!("llm.model={}", crate::common::SMALL_MODEL));
    overrides.extend(model.map(|model| format!("llm.model={}", model.display())));
    let config = Config::load(&Source {
        file: None,
        environment: Vec::new(),
        overrides,
    });
    let config = config.unwrap();
    let home = crate::common::root().to_path_buf();
    let installed = Installed::find(home, &config, &Events::new()).unwrap();
    installed.llm(&config).unwrap()
}

fn kept(name: &str) -> Vec<PathBuf> {
    let directory = crate::common::models().join(".cache/jane-llama");
    let directories = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let entries = directories.flat_map(|own| std::fs::read_dir(own.path()).into_iter().flatten());
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(name))
        .map(|entry| entry.path())
        .collect()
}

#[tokio::test]
async fn a_summary_is_not_kept_on_disk() {
    let home = tempfile::tempdir().unwrap();
    let file = crate::common::models::model_that_is_asked(home.path(), "summarised", "Who?");
    let summary = "the PIN is 1234.";
    let prompt = |summary: &str| Prompt {
        dialogue: Dialogue {
            instructions: Some("Be brief.".to_owned()),
            summary: summary.to_owned(),
            turns: Vec::new(),
        },
        ..Prompt::default()
    };
    model(Some(&file)).prepare(&prompt(summary)).await.unwrap();
    assert_eq!(kept("summarised-"), [] as [PathBuf; 0]);
    model(Some(&file)).prepare(&prompt("")).await.unwrap();
    let [file] = kept("summarised-").try_into().unwrap();
    std::fs::remove_file(file).unwrap();
}

async fn asked(model: &dyn LanguageModel, messages: &[Message]) -> Generation {
    let mut pieces = model.reply(messages.to_vec().into());
    loop {
        if let Generated::Ended(figures) = pieces.next().await.unwrap().unwrap() {
            return figures;
        }
    }
}

#[tokio::test]
async fn turns_are_moved_behind_the_same_instructions_only() {
    let model = model(None);
    let system = |text: &str| Message::system(text);
    let long = |word: &str| Message::assistant(format!("{word} and so it went on. ").repeat(12));
    let first = [Message::user("Tell me a story."), long("It rained")];
    let second = [Message::user("And another one?"), long("The sun came out")];
    let question = Message::user("How did it end?");
    let prompt = |instructions: &str, exchanges: &[&[Message; 2]]| -> Vec<Message> {
        let exchanges = exchanges.iter().flat_map(|exchange| exchange.iter());
        let exchanges = exchanges.cloned();
        std::iter::once(system(instructions))
            .chain(exchanges)
            .chain([question.clone()])
            .collect()
    };
    let all = prompt("You are a pirate, and talk like one.", &[&first, &second]);
    asked(model.as_ref(), &all).await;
    let cut = prompt("You are a pirate, and talk like one.", &[&second]);
    let moved = asked(model.as_ref(), &cut).await;
    assert!(moved.reused_tokens * 2 > moved.prompt_tokens, "{moved:?}");
    let changed = prompt("Be polite.", &[&second]);
    let changed = asked(model.as_ref(), &changed).await;
    assert!(changed.reused_tokens < 10, "{changed:?}");
}
