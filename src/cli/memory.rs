//! `jane memory`: what she was told to remember.

use jane_core::event::Event;
use jane_engines::MEMORY;
use jane_mind::Memory;
use serde_json::json;

use super::shown::line;
use super::{Failure, Session};

#[derive(clap::Subcommand)]
pub enum MemoryCommand {
    /// Show what she was told to remember, oldest first, and the file that it stands in
    List,
    /// Forget every fact that holds this text
    Forget {
        #[arg(required_unless_present = "all")]
        text: Option<String>,
        /// Forget everything
        #[arg(long, conflicts_with = "text")]
        all: bool,
    },
}

impl MemoryCommand {
    /// # Errors
    /// Where the file cannot be read or written, or nothing holds the text.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let memory = Memory::new(&session.home().join(MEMORY));
        let file = memory.file().display().to_string();
        let failed = |error: std::io::Error| Failure::failed(format!("`{file}`: {error}"));
        let (command, facts, text) = match self {
            Self::List => {
                let facts = memory.facts().map_err(failed)?;
                let shown: Vec<String> = facts
                    .iter()
                    .map(|fact| format!("- {}", line(fact)))
                    .collect();
                let place = line(&file);
                let text = match facts.is_empty() {
                    true => format!("nothing: say \"remember that …\" (`{place}`)"),
                    false => format!("{}\n(in `{place}`)", shown.join("\n")),
                };
                ("memory list", facts, text)
            }
            Self::Forget { text, .. } => {
                let wanted = text.unwrap_or_default();
                let gone = memory.forget(&wanted).map_err(failed)?;
                if gone.is_empty() && !wanted.is_empty() {
                    return Err(Failure::failed(format!("no fact holds `{wanted}`"))
                        .hint("`jane memory list` shows them"));
                }
                let text = format!("forgotten: {}", gone.len());
                ("memory forget", gone, text)
            }
        };
        session.events.emit(Event::Report {
            command,
            report: json!({ "facts": facts, "file": file, "text": text }),
        });
        Ok(())
    }
}
