//! What people read, word for word: the help of each command, what `check` says of mistakes, and errors.
//!
//! `INSTA_UPDATE=always cargo test --release --test it texts::` writes them anew; the difference is to be read before it is kept.

use insta::{Settings, assert_snapshot};

use crate::common::{Home, models};

const COMMANDS: &[&[&str]] = &[
    &["--help"],
    &["talk", "--help"],
    &["ask", "--help"],
    &["serve", "--help"],
    &["chat", "--help"],
    &["transcribe", "--help"],
    &["say", "--help"],
    &["models", "--help"],
    &["models", "pull", "--help"],
    &["memory", "--help"],
    &["skills", "--help"],
    &["skills", "call", "--help"],
    &["check", "--help"],
    &["doctor", "--help"],
    &["bench", "--help"],
    &["top", "--help"],
    &["init", "--help"],
];

/// What is printed, and the exit code, without what differs from home to home.
fn printed(home: &Home, arguments: &[&str]) -> String {
    let output = home.command(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let all = format!(
        "$ jane {}\n{out}{err}[{}]",
        arguments.join(" "),
        output.status.code().unwrap()
    );
    all.replace(home.path().to_str().unwrap(), "HOME")
        .replace(models().to_str().unwrap(), "MODELS")
}

/// Checks what was printed against what is kept under `name`.
fn is_as_kept(name: &str, printed: &str) {
    let mut settings = Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| assert_snapshot!(name, printed));
}

#[test]
fn help() {
    let home = Home::new();
    let helps = COMMANDS.iter().map(|command| printed(&home, command));
    is_as_kept("help", &helps.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn mistakes_in_the_configuration() {
    let home = Home::new();
    let mistakes = [
        "[llm]\ntemperatur = 0.5\n",
        "[llm]\ntemperature = \"warm\"\n",
        "[llm]\ntemperature = 9\n",
        "[stt]\nbackend = \"whispr\"\n",
        "[stt]\nmodel = \"whisper-nothing\"\n",
        "[llm]\nbackend = \"openai\"\n",
        "[llm]\nbackend = \"openai\"\nmodel = \"a\"\n[llm.remote]\nurl = \"ftp://example.org\"\n",
        "[voice]\nspeed = 2\n",
        "[llm\n",
        "[skills.nobody]\nallow = [\"everything\"]\n",
        "[serve]\nlisten = \"0.0.0.0\"\n",
        "[wake]\nphrase = 7\n",
    ];
    let told = mistakes.map(|text| {
        home.write_config(text);
        format!("{text}{}", printed(&home, &["check"]))
    });
    is_as_kept("mistakes", &told.join("\n\n"));
}

#[test]
fn errors() {
    let home = Home::new();
    let errors: &[&[&str]] = &[
        &["tlak"],
        &["ask"],
        &["ask", "--wav", "missing.wav"],
        &["transcribe", "missing.wav"],
        &["say", ""],
        &["models", "pull", "whisper-tniy.en"],
        &["models", "remove", "nothing"],
        &["skills", "check", "missing.wasm"],
        &["skills", "call", "clock"],
        &["memory", "forget"],
        &["memory", "forget", "what nobody said"],
        &["ask", "Hello", "--set", "llm.temperature"],
        &["ask", "Hello", "--set", "llm.temprature=1"],
        &["top", "--once"],
        &["bench", "--only", "everything"],
        &["serve", "token", "--set", "serve.token_file=/"],
    ];
    let told = errors.iter().map(|command| printed(&home, command));
    is_as_kept("errors", &told.collect::<Vec<_>>().join("\n\n"));
}
