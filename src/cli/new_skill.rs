//! `jane skills new`: a small crate to begin with, and beside it the crate that skills are written with, so that it depends on nothing of
//! Jane's but itself.

use std::path::{Path, PathBuf};

use jane_core::event::Event;
use rust_embed::Embed;
use serde_json::json;

use super::shown::line;
use super::{Failure, Session};

#[derive(Embed)]
#[folder = "plugins/template"]
struct Template;

#[derive(Embed)]
#[folder = "plugins/jane-skill"]
struct Guest;

/// What skills are written against.
const WIT: &str = include_str!("../../wit/skill.wit");

/// Stand in the template for the name of the skill, the name of its crate's file, and the directory that it is dropped into.
const NAME: &str = "SKILL";
const CRATE: &str = "CRATE";
const PLUGINS: &str = "PLUGINS";

/// Writes a skill called `name` into a new directory under `parent`.
pub fn run(session: &Session, name: &str, parent: Option<PathBuf>) -> Result<(), Failure> {
    let letters =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    if !begins || !name.chars().all(letters) || name.len() > 64 {
        let failure = Failure::usage(format!("`{name}` cannot be the name of a skill"));
        return Err(
            failure.hint("a name has lower-case letters, digits and `-`, and begins with a letter")
        );
    }
    let directory = parent.unwrap_or_default().join(name);
    if directory.exists() {
        return Err(Failure::failed(format!(
            "`{}` is there already",
            directory.display()
        )));
    }
    let plugins = session.config.plugins_directory(session.home());
    let filled = |text: &str| {
        text.replace(NAME, name)
            .replace(CRATE, &name.replace('-', "_"))
            .replace(PLUGINS, &plugins.display().to_string())
    };
    let write = |path: &Path, content: &[u8]| {
        let path = directory.join(path);
        let parent = path.parent().unwrap_or(&directory);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, content))
            .map_err(|error| Failure::failed(format!("cannot write `{}`: {error}", path.display())))
    };
    for file in Template::iter() {
        let content = Template::get(&file)
            .map(|file| file.data)
            .unwrap_or_default();
        let place = file
            .trim_end_matches(".in")
            .replace("gitignore", ".gitignore");
        write(
            Path::new(&place),
            filled(&String::from_utf8_lossy(&content)).as_bytes(),
        )?;
    }
    for file in Guest::iter() {
        let content = Guest::get(&file).map(|file| file.data).unwrap_or_default();
        write(&Path::new("vendor/jane-skill").join(&*file), &content)?;
    }
    write(Path::new("wit/skill.wit"), WIT.as_bytes())?;
    let text = format!(
        "made `{directory}`\nnext: cd {directory} && cargo build --release --target wasm32-wasip2, and what its README says\n",
        directory = line(&directory.display().to_string())
    );
    session.events.emit(Event::Report {
        command: "skills new",
        report: json!({ "directory": directory, "text": text }),
    });
    Ok(())
}
