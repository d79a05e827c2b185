//! She as a service: the unit of systemd that starts her for one user, and what systemd is told while she runs.
//!
//! Invariant: where systemd did not start her, it is told nothing, and nothing else is done.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use sd_notify::NotifyState;
use tokio::task::JoinHandle;

/// The unit's name.
pub const UNIT: &str = "jane.service";

/// What a unit that is made here begins with; one that begins otherwise is somebody else's.
pub const MADE: &str = "# Made by `jane serve --install`, which writes it anew.\n";

/// How a service is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Names and values.
    pub environment: Vec<(String, String)>,
}

/// The text of the unit.
///
/// # Errors
/// The path, where it is no text that a unit can hold.
pub fn unit(start: &Start) -> Result<String, PathBuf> {
    let unfit = || start.program.clone();
    let program = start.program.to_str().ok_or_else(unfit)?;
    let words = std::iter::once(program).chain(start.arguments.iter().map(String::as_str));
    let words: Option<Vec<String>> = words.map(|word| quoted(word, true)).collect();
    let command = words.ok_or_else(unfit)?.join(" ");
    let mut environment = String::new();
    for (name, value) in &start.environment {
        let set = quoted(&format!("{name}={value}"), false).ok_or_else(unfit)?;
        environment.push_str(&format!("Environment={set}\n"));
    }
    Ok(format!(
        "{MADE}[Unit]
Description=Jane, a voice assistant
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=notify
NotifyAccess=main
{environment}ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
# Models are loaded before she is ready.
TimeoutStartSec=600
# Turns that are under way may come to their end.
TimeoutStopSec=90
WatchdogSec=60
Restart=on-failure
RestartSec=5
# Her engines end with her.
KillMode=mixed

[Install]
WantedBy=default.target
"
    ))
}

/// A word of a unit, in quotes. In a command (`is_command`) a dollar sign stands for a variable as well. `None` for what no line can hold.
fn quoted(word: &str, is_command: bool) -> Option<String> {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '%' => quoted.push_str("%%"),
            '$' if is_command => quoted.push_str("$$"),
            letter if letter.is_control() => return None,
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    Some(quoted)
}

/// Where the user's units are, below their directory for configurations.
#[must_use]
pub fn place(configurations: &Path) -> PathBuf {
    configurations.join("systemd/user").join(UNIT)
}

/// Tells systemd that she is lively, until it is dropped.
pub struct Watchdog(Option<JoinHandle<()>>);

impl Drop for Watchdog {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// She can be talked to. From now on systemd is told that she is lively, where it wants to know: by the threads that serve everybody, so
/// that it is told no more where these are stuck.
#[must_use]
pub fn ready() -> Watchdog {
    tell(&[
        NotifyState::Ready,
        NotifyState::Status("she can be talked to"),
    ]);
    let period = sd_notify::watchdog_enabled();
    let task = period.map(|period| {
        tokio::spawn(async move {
            // Twice as often as it is asked for, as systemd advises.
            let mut lively = tokio::time::interval(period / 2);
            loop {
                lively.tick().await;
                tell(&[NotifyState::Watchdog]);
            }
        })
    });
    Watchdog(task)
}

/// She ends, once what is under way has.
pub fn ending() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("turns that are under way end"),
    ]);
}

fn tell(state: &[NotifyState]) {
    if std::env::var_os("NOTIFY_SOCKET")
        .as_deref()
        .is_none_or(OsStr::is_empty)
    {
        return;
    }
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_starts_her_whatever_her_home_is_called() {
        let start = Start {
            program: PathBuf::from("/opt/jane/bin/jane"),
            arguments: ["--home", "/home/a b/100 % $HOME \"x\"\\", "serve"]
                .map(str::to_owned)
                .to_vec(),
            environment: vec![("JANE_LLM__MODEL".to_owned(), "a 50 % $b".to_owned())],
        };
        let text = unit(&start).unwrap();
        assert!(text.starts_with(MADE));
        let line =
            r#"ExecStart="/opt/jane/bin/jane" "--home" "/home/a b/100 %% $$HOME \"x\"\\" "serve""#;
        assert!(text.lines().any(|known| known == line), "{text}");
        let line = r#"Environment="JANE_LLM__MODEL=a 50 %% $b""#;
        assert!(text.lines().any(|known| known == line), "{text}");
        let broken = Start {
            arguments: vec![
                "--home".to_owned(),
                "/home/a\nExecStartPre=/bin/evil".to_owned(),
            ],
            ..start
        };
        assert!(unit(&broken).is_err());
    }
}
