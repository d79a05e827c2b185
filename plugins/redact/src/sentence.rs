//! What of a sentence may be spoken.
//!
//! A sentence may begin or end in the middle of a block of code, of a private key, or just before a password: what one leaves open
//! is told to the next by [`State`].
//!
//! Invariant: what is spoken holds no secret, if the owner lets the skill keep sentences back (`mute`, or `on_failure = "mute"`); else a
//! sentence that is nothing but a secret is spoken as it is. Nothing but code is muted; nothing but a secret becomes what has no sound.

use std::ops::Range;

use crate::bare::{Bare, is_mark};
use crate::passwords::{self, Open};
use crate::{numbers, tokens};

const SECRET: &str = "a secret";
const LINK: &str = "a link";
const CODE: &str = "some code";
/// It is a sentence, but there is nothing in it to speak.
const SILENCE: &str = "…";
const KEY_BEGINS: &str = "-----BEGIN";
const KEY_ENDS: &str = "-----END";

/// What the sentences before have left open, within one turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// In a block of code.
    pub code: bool,
    /// In a private key.
    pub key: bool,
    pub open: Open,
    /// What was about to be named is a program, such as "the code:" of a function.
    pub program: bool,
}

impl State {
    /// What was kept, if it was in this turn.
    pub fn from_kept(kept: &[u8], turn: u64) -> State {
        let Some((kept_in, &[code, key, open, program])) = kept.split_first_chunk::<8>() else {
            return State::default();
        };
        if u64::from_le_bytes(*kept_in) != turn {
            return State::default();
        }
        let open = match open {
            1 => Open::Named,
            2 => Open::Cut,
            _ => Open::Nothing,
        };
        State {
            code: code != 0,
            key: key != 0,
            open,
            program: program != 0,
        }
    }

    pub fn to_kept(self, turn: u64) -> Vec<u8> {
        let open = match self.open {
            Open::Nothing => 0,
            Open::Named => 1,
            Open::Cut => 2,
        };
        let mut kept = turn.to_le_bytes().to_vec();
        kept.extend([
            u8::from(self.code),
            u8::from(self.key),
            open,
            u8::from(self.program),
        ]);
        kept
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// As it is, to the byte.
    Unchanged,
    Instead(String),
    /// It is nothing but code.
    Nothing,
}

pub fn redact(text: &str, state: &mut State) -> Spoken {
    let mut was = *state;
    let (without_keys, key_found) = private_keys(text, state);
    // What is in a block is never spoken. Only how it is called depends on what was to come.
    if !was.code && begins_program(&without_keys, was.program) {
        was.open = Open::Nothing;
    }
    let (without_code, code_found) = code_blocks(&without_keys, state, was.open);
    let linked = links(&inline_code(&without_code));
    let (spoken, open) = secrets(&linked, if code_found { Open::Nothing } else { was.open });
    // In a block, what is about to be named is still to come.
    state.open = if state.code { was.open } else { open };
    state.program = state.open == Open::Named && (is_about_program(text) || (state.code && was.program));
    if spoken == text {
        return Spoken::Unchanged;
    }
    if !spoken.chars().any(char::is_alphanumeric) {
        let (cleaned, _) = secrets(text, was.open);
        let secret = key_found || was.open != Open::Nothing || cleaned != text;
        return if code_found && !secret {
            Spoken::Nothing
        } else {
            Spoken::Instead(SILENCE.into())
        };
    }
    Spoken::Instead(capital(&spoken, text))
}

/// Takes private keys out, whole.
fn private_keys(text: &str, state: &mut State) -> (String, bool) {
    if !state.key && !text.contains(KEY_BEGINS) {
        return (text.to_owned(), false);
    }
    let (mut out, mut rest) = (String::new(), text);
    loop {
        if state.key {
            match rest.find(KEY_ENDS) {
                Some(at) => {
                    let after = rest.get(at + KEY_ENDS.len()..).unwrap_or_default();
                    let end = after.find("-----").map_or(after.len(), |end| end + 5);
                    rest = after.get(end..).unwrap_or_default();
                    state.key = false;
                }
                None => return (out, true),
            }
        }
        let Some(at) = rest.find(KEY_BEGINS) else {
            out.push_str(rest);
            return (out, true);
        };
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push_str(SECRET);
        rest = rest.get(at + KEY_BEGINS.len()..).unwrap_or_default();
        state.key = true;
    }
}

/// Whether a block of code begins that is a program, by its language or by what was said before it.
fn begins_program(text: &str, announced: bool) -> bool {
    const LANGUAGES: &[&str] = &[
        "python", "py", "rust", "rs", "c", "cpp", "c++", "cs", "csharp", "c#", "java", "javascript", "js", "typescript", "ts", "jsx", "tsx", "go", "golang", "ruby", "rb", "php", "swift",
        "kotlin", "scala", "haskell", "hs", "lua", "perl", "r", "julia", "bash", "sh", "shell", "zsh", "powershell", "console", "sql", "html", "css", "scss", "xml", "json", "yaml", "yml",
        "toml", "ini", "dockerfile", "makefile", "cmake", "diff", "markdown", "md", "latex", "tex", "matlab", "dart", "elixir", "erlang", "clojure", "lisp", "scheme", "ocaml", "fsharp",
        "asm", "wasm", "wat", "graphql", "vim", "nix", "zig", "nim", "vb", "pascal", "fortran", "cobol", "regex", "http", "svg", "jsonc", "proto",
    ];
    let Some(at) = [text.find("```"), text.find("~~~")].into_iter().flatten().min() else {
        return false;
    };
    let after = text.get(at..).unwrap_or_default().trim_start_matches(['`', '~']);
    let language = after.split('\n').next().unwrap_or_default().trim().to_lowercase();
    let before = text.get(..at).unwrap_or_default();
    LANGUAGES.contains(&language.as_str()) || announced || is_about_program(before)
}

/// Whether a sentence announces a program, and not somebody's password.
fn is_about_program(sentence: &str) -> bool {
    const PROGRAMS: &[&str] = &[
        "function", "functions", "script", "snippet", "program", "example", "examples", "implementation", "class", "method", "command", "commands", "python", "rust", "java", "javascript", "bash",
        "query", "algorithm", "loop", "module", "library", "file", "config", "configuration", "how", "like", "run", "compile", "syntax", "regex", "html", "css", "sql", "json",
    ];
    let lower = sentence.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |word: &str| words.contains(&word);
    // `Your code:` is one that was given to somebody.
    let owned = has("your") || has("pin") || has("passcode");
    words.iter().any(|word| PROGRAMS.contains(word)) || (has("code") && !owned)
}

/// Takes blocks of code out, and says so where one begins.
fn code_blocks(text: &str, state: &mut State, open: Open) -> (String, bool) {
    if !state.code && !text.contains("```") && !text.contains("~~~") {
        return (text.to_owned(), false);
    }
    let mut out = String::new();
    let (mut rest, mut code) = (text, state.code);
    while let Some(at) = [rest.find("```"), rest.find("~~~")]
        .into_iter()
        .flatten()
        .min()
    {
        let before = rest.get(..at).unwrap_or_default();
        if !code {
            out.push_str(before);
            out.push_str(if open == Open::Named { SECRET } else { CODE });
            out.push_str(if before.trim().is_empty() { ". " } else { " " });
        }
        code = !code;
        rest = rest
            .get(at..)
            .unwrap_or_default()
            .trim_start_matches(['`', '~']);
    }
    if !code {
        out.push_str(rest);
    }
    state.code = code;
    (out.trim_end().to_owned(), true)
}

/// `names` may be said, `f(x) = 3` may not.
fn inline_code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let after = rest.get(at..).unwrap_or_default();
        let ticks = after.len() - after.trim_start_matches('`').len();
        let (fence, inner) = after.split_at_checked(ticks).unwrap_or((after, ""));
        let Some(end) = inner.find(fence) else { break };
        let code = inner.get(..end).unwrap_or_default();
        out.push_str(rest.get(..at).unwrap_or_default());
        let (cleaned, _) = secrets(code, Open::Nothing);
        if cleaned != code {
            out.push_str(SECRET);
        } else if sounds(code) || links(code) != code {
            out.push_str(fence);
            out.push_str(code);
            out.push_str(fence);
        } else {
            // A password may be made of signs: what is set apart stays so, for what looks for passwords.
            out.push_str(CODE);
        }
        rest = inner.get(end + ticks..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn sounds(code: &str) -> bool {
    let allowed = |c: char| {
        c.is_alphanumeric()
            || c.is_whitespace()
            || matches!(
                c,
                '_' | '-' | '.' | ',' | '\'' | '@' | '!' | '?' | '&' | '%'
            )
    };
    code.chars().all(allowed) && !code.trim_start().starts_with(['-', '.', '&', '%'])
}

/// Addresses, and where a word leads to.
fn links(text: &str) -> String {
    if !text.contains("://") && !text.contains("www.") && !text.contains("](") {
        return text.to_owned();
    }
    let text = worded_links(text);
    let mut out = String::new();
    let mut copied = 0;
    for at in text.char_indices().map(|(at, _)| at).collect::<Vec<_>>() {
        if at < copied
            || text.get(..at).is_some_and(|before| {
                before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '@' || c == '+')
            })
        {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let scheme = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'))
                .len();
        let is_address = (scheme > 1
            && rest
                .get(scheme..)
                .is_some_and(|rest| rest.starts_with("://")))
            || rest
                .strip_prefix("www.")
                .is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        if !is_address {
            continue;
        }
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '“' | '”' | '`'))
            .unwrap_or(rest.len());
        let mut address = rest
            .get(..length)
            .unwrap_or_default()
            .trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', ']', '’', '…']);
        if address.ends_with(')') && !address.contains('(') {
            address = address.trim_end_matches([')', '.', ',', ';', '*', '_']);
        }
        let (mut start, mut end) = (at, at + address.len());
        // <https://example.org>
        if text
            .get(..start)
            .is_some_and(|before| before.ends_with('<'))
            && text.get(end..).is_some_and(|after| after.starts_with('>'))
        {
            start -= 1;
            end += 1;
        }
        out.push_str(text.get(copied..start).unwrap_or_default());
        out.push_str(LINK);
        copied = end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// `[a map](https://example.org)` is "a map".
fn worded_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let before = rest.get(..middle).unwrap_or_default();
        let after = rest.get(middle + 2..).unwrap_or_default();
        let end = after.find(')');
        let (Some(open), Some(end)) = (before.rfind('['), end) else {
            out.push_str(before);
            out.push_str("](");
            rest = after;
            continue;
        };
        let image = before
            .get(..open)
            .is_some_and(|before| before.ends_with('!'));
        out.push_str(
            before
                .get(..if image { open - 1 } else { open })
                .unwrap_or_default(),
        );
        out.push_str(before.get(open + 1..).unwrap_or_default());
        rest = after.get(end + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The text with "a secret" for each secret, and what it leaves open.
fn secrets(text: &str, open: Open) -> (String, Open) {
    let bare = Bare::new(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    tokens::find(&bare, &mut found);
    numbers::find(&bare, &mut found);
    let open = passwords::find(&bare, text, open, &mut found);
    let mut ranges: Vec<Range<usize>> = found
        .iter()
        .filter(|range| bare.text((*range).clone()) != SECRET && !is_told_code(&bare, range))
        .filter_map(|range| bare.original(range))
        .collect();
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut out = String::new();
    let mut copied = 0;
    for range in ranges {
        if range.end <= copied {
            continue;
        }
        if range.start >= copied {
            let between = text.get(copied..range.start).unwrap_or_default();
            // Two that touch are one.
            if copied == 0 || !between.chars().all(is_mark) {
                out.push_str(between);
                out.push_str(SECRET);
            }
        }
        copied = range.end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    (out, open)
}

/// Whether a range is our own `some code`, which is no password although it may stand where one would.
fn is_told_code(bare: &Bare, range: &Range<usize>) -> bool {
    let length = CODE.chars().count();
    let begins = |at: usize| bare.text(at..at + length) == CODE;
    let at = range.start;
    // Of its two words, either may be taken for the value.
    (begins(at) && range.len() <= length) || (range.len() <= 4 && at.checked_sub(5).is_some_and(begins))
}

/// A sentence begins with a capital if it did before.
fn capital(spoken: &str, before: &str) -> String {
    let replaced = [SECRET, LINK, CODE]
        .iter()
        .any(|word| spoken.starts_with(word))
        && !before.starts_with(spoken.get(..4).unwrap_or(spoken));
    let mut chars = spoken.chars();
    match chars.next() {
        Some(first) if replaced => first.to_uppercase().chain(chars).collect(),
        _ => spoken.to_owned(),
    }
}
