//! `jane init`: a home to work from, with the skills that ship.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use jane_config::render_default;
use jane_core::event::{Event, Events};
use serde_json::json;

use super::session::CONFIGURATION;
use super::shown::line;
use super::{Common, Failure};

/// The skills that a new home gets, by the names of their files.
const SKILLS: [(&str, &[u8]); 7] = [
    (
        "calculator.wasm",
        include_bytes!("../../plugins/calculator.wasm"),
    ),
    ("clock.wasm", include_bytes!("../../plugins/clock.wasm")),
    ("notes.wasm", include_bytes!("../../plugins/notes.wasm")),
    ("redact.wasm", include_bytes!("../../plugins/redact.wasm")),
    ("timer.wasm", include_bytes!("../../plugins/timer.wasm")),
    ("weather.wasm", include_bytes!("../../plugins/weather.wasm")),
    (
        "yourself.wasm",
        include_bytes!("../../plugins/yourself.wasm"),
    ),
];

#[derive(clap::Args)]
pub struct Init {
    /// Where to make it [default: --home, else $JANE_HOME, else the user's data directory]
    directory: Option<PathBuf>,
}

impl Init {
    /// Never overwrites anything. A home that has a configuration keeps the skills that it has, and gets no others.
    pub fn run(&self, common: &Common, events: &Events) -> Result<(), Failure> {
        let home = match self.directory.clone().or_else(|| common.home.clone()) {
            Some(directory) => directory,
            None => jane_config::find_home(None)?,
        };
        for directory in ["models", "plugins", "logs"] {
            let directory = home.join(directory);
            jane_platform::create_private_directory(&directory)
                .map_err(|error| cannot("make", &directory, &error))?;
        }
        let file = home.join(CONFIGURATION);
        let made = write_new(&file, render_default().as_bytes())?;
        if made {
            let plugins = home.join("plugins");
            for (name, code) in SKILLS {
                write_new(&plugins.join(name), code)?;
            }
        }
        let place = line(&home.display().to_string());
        let text = if made {
            format!(
                "made `{place}`, with the skills that ship in `plugins/`; next: `jane --home {place} models pull`, then `jane --home {place} chat`\n"
            )
        } else {
            format!("`{place}` has a {CONFIGURATION} already; nothing was changed in it\n")
        };
        let report = json!({ "home": home, "made": made, "text": text });
        events.emit(Event::Report {
            command: "init",
            report,
        });
        Ok(())
    }
}

/// Writes a file where there is none of that name. Whether there was none.
fn write_new(file: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    match jane_platform::create_private_new(file) {
        Ok(mut open) => open
            .write_all(bytes)
            .map(|()| true)
            .map_err(|error| cannot("write", file, &error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot("write", file, &error)),
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("cannot {what} `{}`: {error}", path.display()))
}
