//! `jane serve`: everybody in the house can talk to her.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use clap::Subcommand;
use etcetera::BaseStrategy;
use jane_config::Serve as Settings;
use jane_core::event::{Event, Events};
use jane_turn_detection::VoiceDetector;
use tokio_util::sync::CancellationToken;

use super::ending::Ending;
use super::session::SKILLS_PATIENCE;
use super::shown::line;
use super::talk::detector;
use super::{Failure, Session};
use crate::serve::{Means, ServeError, Server, Sessions, Token, service};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Serve {
    #[command(subcommand)]
    what: Option<What>,
    /// Write a unit of systemd that starts her for this user, and change nothing else
    #[arg(long)]
    install: bool,
}

#[derive(Subcommand)]
enum What {
    /// Print the token that devices beyond this machine have to bring; the first call makes it
    Token,
}

impl Serve {
    /// Ends when she is asked to end, once the turns that are under way have ended.
    pub async fn run(self, session: &Session, ending: &Ending) -> Result<(), Failure> {
        let settings = session.config.serve.clone();
        if let Some(What::Token) = self.what {
            let token = Token::of(&session.home().join(&settings.token_file))?;
            session.events.emit(Event::Report {
                command: "serve token",
                report: serde_json::json!({"text": format!("{}\n", token.reveal())}),
            });
            return Ok(());
        }
        if self.install {
            return install(session);
        }
        serve(session, &settings, ending).await
    }
}

async fn serve(session: &Session, settings: &Settings, asked: &Ending) -> Result<(), Failure> {
    let installed = session.installed()?;
    let runtime = session.runtime(&installed)?;
    let ending = CancellationToken::new();
    let temporary = installed.temporary.as_ref();
    let (metrics, _watched) = session.watch_metrics(&runtime, &installed);
    let sessions = Sessions::new(Means {
        runtime: runtime.clone(),
        events: session.events.clone(),
        most: usize::try_from(settings.sessions).unwrap_or(1),
        idle: Duration::from_secs(settings.idle_seconds.into()),
        temporary: temporary.map(|temporary| temporary.path().to_owned()),
        ending: ending.clone(),
        metrics,
        detector: detectors(session, &installed.home),
    });
    // What is wrong with an address is said before anything is loaded.
    let server = tokio::select! {
        biased;
        () = asked.asked() => return Ok(()),
        server = Server::open(settings, session.home(), sessions.clone()) => server?,
    };
    let _watching = runtime.watch(&installed.workers);
    let skills = runtime.in_force().skills.clone();
    let _following = skills.follow();
    let preparing = async {
        tokio::join!(sessions.prepare(), skills.settled(SKILLS_PATIENCE));
    };
    tokio::select! {
        biased;
        () = asked.asked() => return Ok(()),
        () = preparing => {}
    }
    let _calling = skills.call_when_due();
    let asked_to_end = async {
        asked.asked().await;
        ending.cancel();
    };
    tokio::join!(server.run(ending.clone()), asked_to_end);
    Ok(())
}

/// Writes the unit, whole or not at all. One that somebody else wrote stays.
fn install(session: &Session) -> Result<(), Failure> {
    let cannot = |what: &str, path: &Path, error: &dyn std::fmt::Display| {
        Failure::failed(format!("cannot {what} `{}`: {error}", path.display()))
    };
    let program = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("the program is not found: {error}")))?;
    let home = std::path::absolute(session.home())
        .map_err(|error| cannot("find", session.home(), &error))?;
    let start = session.start(program, &home)?;
    let text = service::unit(&start)
        .map_err(|path| cannot("name", &path, &"a unit holds plain text alone"))?;
    let configurations = etcetera::choose_base_strategy()
        .map_err(|error| Failure::failed(format!("your configurations are not found: {error}")))?
        .config_dir();
    let place = service::place(&configurations);
    let directory = place.parent().unwrap_or(&configurations);
    let is_new = match std::fs::read_to_string(&place) {
        Ok(known) if !known.starts_with(service::MADE) => {
            let message = format!("`{}` is there, and somebody else's", place.display());
            return Err(Failure::failed(message).hint("move it away, or change it by hand"));
        }
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => return Err(cannot("read", &place, &error)),
    };
    std::fs::create_dir_all(directory).map_err(|error| cannot("make", directory, &error))?;
    let mut file = tempfile::NamedTempFile::new_in(directory)
        .map_err(|error| cannot("write in", directory, &error))?;
    file.write_all(text.as_bytes())
        .map_err(|error| cannot("write", &place, &error))?;
    file.persist(&place)
        .map_err(|error| cannot("write", &place, &error.error))?;
    let next = match is_new {
        true => "systemctl --user daemon-reload && systemctl --user enable --now jane",
        false => "systemctl --user daemon-reload && systemctl --user restart jane",
    };
    let text = format!(
        "wrote `{}`; next: `{next}`\nto have her run while you are not logged in: `loginctl enable-linger`\n",
        line(&place.display().to_string())
    );
    session.events.emit(Event::Report {
        command: "serve install",
        report: serde_json::json!({"unit": place, "new": is_new, "text": text}),
    });
    Ok(())
}

/// What tells speech from noise, for each who is listened to. That it is the simpler one is said once.
fn detectors(
    session: &Session,
    home: &Path,
) -> Box<dyn Fn() -> Box<dyn VoiceDetector> + Send + Sync> {
    let (config, home) = (session.config.clone(), home.to_owned());
    drop(detector(&config, &home, &session.events));
    Box::new(move || detector(&config, &home, &Events::new()))
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let failure = Self::failed(error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
