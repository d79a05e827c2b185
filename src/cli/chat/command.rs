//! What a line of a typed conversation means: a question, or a command that she does herself, without a model.

/// The commands: how each is typed, and what it does.
const COMMANDS: [(&str, &str); 4] = [
    ("/help", "show this"),
    ("/new", "begin anew: she forgets this conversation"),
    (
        "/model [NAME]",
        "show the language model, or take another one for this run",
    ),
    ("/quit", "end; so does the end of the input (Ctrl-D)"),
];

/// What else can be typed.
const REST: &str = "@FILE          ask what is spoken in a recording
//TEXT         ask about a text that begins with `/`; so does a space before it
";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    Nothing,
    Question(String),
    Help,
    New,
    /// The language model is to be shown, or to be another one.
    Model(Option<String>),
    Quit,
    /// None of the commands: its name, and the one that was probably meant.
    Unknown {
        name: String,
        meant: Option<&'static str>,
    },
}

impl Meaning {
    pub fn of(line: String) -> Self {
        if line.trim().is_empty() {
            return Self::Nothing;
        }
        let Some(command) = line.strip_prefix('/') else {
            return Self::Question(line);
        };
        if command.starts_with('/') {
            return Self::Question(command.to_owned());
        }
        let (name, rest) = command
            .split_once(char::is_whitespace)
            .unwrap_or((command, ""));
        let rest = rest.trim();
        match name {
            "help" | "?" => Self::Help,
            "new" if rest.is_empty() => Self::New,
            "model" => Self::Model((!rest.is_empty()).then(|| rest.to_owned())),
            "quit" | "exit" if rest.is_empty() => Self::Quit,
            _ => Self::Unknown {
                name: format!("/{name}"),
                meant: nearest(name),
            },
        }
    }
}

/// What can be typed, a line each.
pub fn help() -> String {
    let line = |(typed, does): &(&str, &str)| format!("{typed:<14} {does}\n");
    let commands: String = COMMANDS.iter().map(line).collect();
    format!("{commands}{REST}")
}

fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS
        .iter()
        .filter_map(|(typed, _)| typed.split(' ').next())
}

fn nearest(name: &str) -> Option<&'static str> {
    // A longer one is no slip of the fingers.
    if name.len() > 16 {
        return None;
    }
    names()
        .map(|known| {
            (
                strsim::damerau_levenshtein(known.trim_start_matches('/'), name),
                known,
            )
        })
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known)
}

/// The lines that `typed` may become: commands, and one of `models` behind `/model`.
pub fn completions(typed: &str, models: &[String]) -> Vec<String> {
    const MODEL: &str = "/model ";
    if !typed.starts_with('/') {
        return Vec::new();
    }
    let commands = names().map(|name| match MODEL.trim_end() == name {
        true => MODEL.to_owned(),
        false => name.to_owned(),
    });
    let models = models.iter().map(|model| format!("{MODEL}{model}"));
    let mut all: Vec<String> = commands.collect();
    if typed.starts_with(MODEL) {
        all = models.collect();
    }
    all.retain(|line| line.starts_with(typed));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_slash_is_a_command_and_asks_no_model() {
        let question = |text: &str| Meaning::Question(text.to_owned());
        let unknown = |name: &str, meant| Meaning::Unknown {
            name: name.to_owned(),
            meant,
        };
        for (line, meaning) in [
            ("", Meaning::Nothing),
            ("  \t", Meaning::Nothing),
            ("What is 1/2?", question("What is 1/2?")),
            ("//help", question("/help")),
            (" /help", question(" /help")),
            ("@a.wav", question("@a.wav")),
            ("/help", Meaning::Help),
            ("/help me", Meaning::Help),
            ("/new ", Meaning::New),
            ("/quit", Meaning::Quit),
            ("/model", Meaning::Model(None)),
            ("/model  a-b ", Meaning::Model(Some("a-b".to_owned()))),
            ("/hlep", unknown("/hlep", Some("/help"))),
            ("/new idea", unknown("/new", Some("/new"))),
            ("/etc/passwd", unknown("/etc/passwd", None)),
            ("/", unknown("/", None)),
            ("/Help", unknown("/Help", Some("/help"))),
        ] {
            assert_eq!(Meaning::of(line.to_owned()), meaning, "{line:?}");
        }
    }

    #[test]
    fn tab_completes_commands_and_models() {
        let models = ["qwen".to_owned(), "smollm".to_owned()];
        for (typed, lines) in [
            ("/", &["/help", "/new", "/model ", "/quit"][..]),
            ("/h", &["/help"]),
            ("/mo", &["/model "]),
            ("/model ", &["/model qwen", "/model smollm"]),
            ("/model s", &["/model smollm"]),
            ("/x", &[]),
            ("h", &[]),
            (" /h", &[]),
            ("", &[]),
        ] {
            assert_eq!(completions(typed, &models), lines, "{typed:?}");
        }
        for name in names() {
            assert!(help().contains(name));
        }
    }
}
