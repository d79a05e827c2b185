//! The commands. This file parses the arguments and does what all commands share: home, configuration, log, output, exit code.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. With `--json` a command prints events only, one a line.

mod ask;
mod bench;
mod chat;
mod check;
mod choose;
mod doctor;
mod ending;
mod failure;
mod figures;
mod init;
mod memory;
mod model_tables;
mod models;
mod new_skill;
mod output;
mod prompt;
mod say;
mod serve;
mod session;
mod shown;
mod skills;
mod status;
mod talk;
mod top;
mod transcribe;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use jane_core::event::Events;
use jane_skills::COMPILE_COMMAND;

use ending::Ending;
use failure::Failure;
use output::Printer;
use prompt::Prompt;
use session::Session;
use status::Status;

use crate::telemetry;

/// A voice assistant that runs on its owner's machine.
#[derive(Parser)]
#[command(
    name = "jane",
    version,
    about,
    after_help = "Everything she needs is named in `jane.toml`; `jane init` writes one with every key explained."
)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(clap::Args)]
struct Common {
    /// Directory with jane.toml, models, plugins and logs [default: $JANE_HOME, else the working directory if it holds a
    /// jane.toml, else the user's data directory]
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Read this file in place of the home's jane.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print events, one JSON object a line
    #[arg(long, global = true)]
    json: bool,
    /// Change a key of jane.toml for this run, such as llm.model=qwen2.5-0.5b-instruct; may be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Talk: she listens, answers aloud, and may be interrupted
    Talk(talk::Talk),
    /// Ask one question, typed or recorded, and hear the answer
    Ask(ask::Ask),
    /// Let others talk to her: browsers, programs and Home Assistant
    Serve(serve::Serve),
    /// Talk by typing, or with `@FILE` by recordings; reads lines where the input is not a terminal
    Chat(chat::Chat),
    /// Turn recordings into text
    Transcribe(transcribe::Transcribe),
    /// Speak a text
    Say(say::Say),
    /// List, fetch, check, remove and import models
    #[command(subcommand)]
    Models(models::Models),
    /// Show and forget what she was told to remember
    #[command(subcommand)]
    Memory(memory::MemoryCommand),
    /// List, check, call and begin skills
    #[command(subcommand)]
    Skills(skills::SkillsCommand),
    /// Check jane.toml and the models that it names; changes nothing
    Check,
    /// Look at devices, memory, models and programs: what is wrong and how to mend it
    Doctor,
    /// Measure everything against the performance goals, and write a report
    Bench(bench::Bench),
    /// Look at a running Jane: memory, devices and the last turns, each second until she ends or Ctrl-C
    Top(top::Top),
    /// Make a home: a jane.toml with every key explained, the skills that ship, and the directories beside it
    Init(init::Init),
}

impl Command {
    /// Whether SIGHUP has the configuration read anew.
    fn reloads(&self) -> bool {
        matches!(self, Self::Talk(_) | Self::Chat(_) | Self::Serve(_))
    }
}

/// How long an interrupted command may take to print what is left.
const PRINTING: Duration = Duration::from_secs(1);

/// How long the program may take to end once it was asked to.
const ENDING: Duration = Duration::from_secs(5);

/// The same where turns of others are under way.
const SERVING_ENDS: Duration = Duration::from_secs(60);

/// How long what still runs may take to end when the command has ended. What loads a model or reads from a terminal cannot be cancelled.
const LEAVING: Duration = Duration::from_millis(300);

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    jane_platform::make_private_files();
    if std::env::args_os()
        .nth(1)
        .is_some_and(|command| command == COMPILE_COMMAND)
    {
        return compile();
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            return ExitCode::from(match print_usage(&error) {
                Err(problem) if code == 0 => told(&problem, code),
                _ => code,
            });
        }
    };
    let prompt = Prompt::default();
    let serves = matches!(arguments.command, Command::Serve(_));
    // Before anything that takes time: who asks early is heard as well.
    let patience = if serves { SERVING_ENDS } else { ENDING };
    let ending = Ending::watch(&prompt, !arguments.command.reloads(), patience);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = shown::text(&error.to_string());
            eprintln!("error: cannot start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    // On a thread of the runtime: a reply that comes from a worker is then taken, handed on and said without changing threads.
    let running = run(arguments, prompt.clone(), ending);
    let code = runtime.block_on(async { tokio::spawn(running).await });
    prompt.restore();
    let code = code.unwrap_or_else(|error| {
        eprintln!("error: {}", shown::text(&error.to_string()));
        1
    });
    // What its tasks hold is let go here, such as the directory of this run.
    runtime.shutdown_timeout(LEAVING);
    telemetry::flush();
    // Not by returning: libraries in C would take themselves apart while a thread that was not waited for is at work in them. All that was
    // printed was flushed where it was printed.
    jane_platform::exit_now(code.into())
}

/// Prints what is wrong with the arguments, or the help that was asked for. Arguments may be names of files that others gave.
fn print_usage(error: &clap::Error) -> std::io::Result<()> {
    let is_harmless = |argument: std::ffi::OsString| {
        let argument = argument.to_string_lossy();
        shown::line(&argument) == argument
    };
    if std::env::args_os().all(is_harmless) {
        error.print()?;
        std::io::stdout().flush()
    } else {
        let text = shown::text(&error.render().to_string());
        writeln!(std::io::stderr(), "{text}")
    }
}

/// The process that compiles a skill: hidden, and without configuration or log.
fn compile() -> ExitCode {
    match jane_skills::compile_standard_input() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", shown::text(&message));
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { common, command }: Arguments, prompt: Prompt, ending: Ending) -> u8 {
    let events = Events::new();
    let status = Status::default();
    let mut printer = Printer::start(&events, common.json, &status, &prompt);
    // To interrupt is the usual way to end what only looks, and no failure.
    let only_looks = matches!(command, Command::Top(_));
    // Those who talk to her over the network are let finish, which the command sees to.
    let serves = matches!(command, Command::Serve(_));
    let result = tokio::select! {
        biased;
        () = ending.asked(), if !serves => {
            if only_looks { Ok(()) } else { Err(Failure::interrupted()) }
        }
        result = dispatch(&common, command, &events, &status, &prompt, &ending) => result,
        // Nobody listens, and so she does not either.
        () = printer.broken() => Ok(()),
    };
    let code = match result {
        Ok(()) => 0,
        Err(failure) => {
            let code = failure.code();
            events.emit(failure.into_event());
            code
        }
    };
    drop(events);
    let printed = tokio::select! {
        printed = printer.finish() => printed,
        // Who asks her to end does not want to wait for a terminal or pipe that takes nothing.
        () = ending.overdue(PRINTING) => Ok(()),
    };
    match printed {
        Ok(()) => code,
        Err(error) => told(&error, code),
    }
}

/// The exit code where the output could not be written, which is said, and would have been `code`.
fn told(error: &std::io::Error, code: u8) -> u8 {
    match unprinted(error) {
        Ok(()) => code,
        Err(failure) => {
            failure.tell();
            if code == 0 { failure.code() } else { code }
        }
    }
}

/// What the command comes to where its output cannot be written.
fn unprinted(error: &std::io::Error) -> Result<(), Failure> {
    tracing::info!(%error, "nobody takes the output: Jane ends");
    match error.kind() {
        // As with `| head`: the reader has what it wanted.
        std::io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::failed(format!("cannot write the output: {error}"))),
    }
}

async fn dispatch(
    common: &Common,
    command: Command,
    events: &Events,
    status: &Status,
    prompt: &Prompt,
    ending: &Ending,
) -> Result<(), Failure> {
    // What needs no configuration that is in order.
    match &command {
        Command::Init(init) => return init.run(common, events),
        Command::Check => return check::run(common, events),
        Command::Doctor => return doctor::run(common, events).await,
        Command::Top(top) => return top.run(common, events).await,
        _ => {}
    }
    let session = Session::open(common, events)?;
    match command {
        Command::Talk(talk) => talk.run(&session, (!common.json).then_some(status)).await,
        Command::Ask(ask) => ask.run(&session).await,
        Command::Chat(chat) => chat.run(&session, (!common.json).then_some(prompt)).await,
        Command::Serve(serve) => serve.run(&session, ending).await,
        Command::Transcribe(transcribe) => transcribe.run(&session).await,
        Command::Say(say) => say.run(&session).await,
        Command::Models(models) => models.run(&session).await,
        Command::Memory(memory) => memory.run(&session),
        Command::Skills(skills) => skills.run(&session).await,
        Command::Bench(bench) => bench.run(common, &session).await,
        Command::Check | Command::Doctor | Command::Top(_) | Command::Init(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn output_that_is_lost_is_a_failure_unless_its_reader_had_enough() {
        let full = Error::from(ErrorKind::StorageFull);
        let closed = Error::from(ErrorKind::BrokenPipe);
        assert_eq!((told(&full, 0), told(&closed, 0)), (1, 0));
        assert_eq!((told(&full, 2), told(&closed, 130)), (2, 130));
    }
}
