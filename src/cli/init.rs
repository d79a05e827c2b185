//! `jane init`: a home to work from.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::session::CONFIGURATION;
use super::{Common, Failure};
use crate::config::{self, render_default};
use crate::event::{Event, Events};
use crate::platform;

#[derive(clap::Args)]
pub struct Init {
    /// Where to make it [default: --home, else $JANE_HOME, else the user's data directory]
    directory: Option<PathBuf>,
}

impl Init {
    /// Never overwrites anything.
    pub fn run(&self, common: &Common, events: &Events) -> Result<(), Failure> {
        let home = match self.directory.clone().or_else(|| common.home.clone()) {
            Some(directory) => directory,
            None => config::find_home(None)?,
        };
        for directory in ["models", "plugins", "logs"] {
            let directory = home.join(directory);
            platform::create_private_directory(&directory)
                .map_err(|error| cannot("make", &directory, &error))?;
        }
        let file = home.join(CONFIGURATION);
        let made = match platform::create_private_new(&file) {
            Ok(mut open) => {
                open.write_all(render_default().as_bytes())
                    .map_err(|error| cannot("write", &file, &error))?;
                true
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
            Err(error) => return Err(cannot("write", &file, &error)),
        };
        let place = home.display();
        let text = if made {
            format!(
                "made `{place}`; next: `jane --home {place} models pull`, then `jane --home {place} chat`\n"
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

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("cannot {what} `{}`: {error}", path.display()))
}
