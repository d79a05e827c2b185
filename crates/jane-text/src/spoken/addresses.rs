//! Addresses of the net, files and names out of programs.

use std::sync::LazyLock;

use regex::Regex;

use super::Language;
use super::normal::{At, Found, is_end};
use super::numbers::pattern;

static MAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(?:mailto:)?([\w.+-]{1,64})@([\w-]{1,63}(?:\.[\w-]{1,63})+)"));
static DOMAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^(?:[a-z0-9-]{1,63}\.)+(?:com|org|net|edu|gov|io|dev|app|info|biz|ai|co|me|tv|uk|de|fr|es|it|ch|at|eu|nl|us|ca|au|jp|rs|xyz|blog|wiki)\b(?::\d+)?(?:/\S*)?",
    )
});
static FILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:[\w-]+\.)+(?:rs|py|js|ts|jsx|tsx|md|txt|toml|json|ya?ml|html?|css|pdf|csv|xml|sh|bat|exe|zip|tar|gz|png|jpe?g|gif|svg|mp[34]|wav|",
        r"docx?|xlsx?|pptx?|cpp|hpp|java|go|rb|php|sql|ini|cfg|conf|log|lock|wasm|so|dll|onnx|gguf|env|gitignore)\b"
    ))
});
static PATH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^(?:~|\.{1,2})?/[\w.@~-]+(?:/[\w.@~-]+)*/?|^[\w.-]+(?:/[\w.-]+)+\.[a-z]{1,5}\b|^[\w.-]+(?:/[\w.-]+){2,}/?",
    )
});

/// An address as it is said: one of the web by its host.
pub fn address(at: At<'_>) -> Option<Found> {
    if !at.begins_token() && !at.before().ends_with(['<', '=', '/', ':']) || !at.begins_word() {
        return None;
    }
    let token = at.token();
    let rest = token;
    if !rest.contains(['.', '/', '@']) {
        return None;
    }
    web(rest, at.language)
        .or_else(|| mail(rest, at.language))
        .or_else(|| domain(rest, at.language))
        .or_else(|| path(rest, at))
        .or_else(|| file(rest, at.language))
}

fn web(token: &str, language: &Language) -> Option<Found> {
    let schemes = ["https://", "http://", "ftp://", "www."];
    let is_scheme = |scheme: &&str| {
        token
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let scheme = schemes.into_iter().find(is_scheme)?;
    let address = token.trim_end_matches(is_end).trim_end_matches('>');
    let host = address
        .get(scheme.len()..)?
        .split(['/', '?', '#', ')', '>', '"'])
        .next()?;
    let host = host.rsplit('@').next()?.split(':').next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    if !host.contains(char::is_alphanumeric) {
        return None;
    }
    Found::new(address.len(), dots(host, language))
}

fn mail(token: &str, language: &Language) -> Option<Found> {
    let found = MAIL.as_ref()?.captures(token)?;
    let whole = found.get(0)?.as_str();
    let (name, host) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let (Some(at), Some(_)) = (language.word("at"), language.word("dot")) else {
        return Found::new(whole.len(), whole);
    };
    Found::new(
        whole.len(),
        format!("{} {at} {}", dots(name, language), dots(host, language)),
    )
}

fn domain(token: &str, language: &Language) -> Option<Found> {
    let found = DOMAIN.as_ref()?.find(token)?.as_str();
    let host = found.split('/').next()?.split(':').next()?;
    let is_file = FILE
        .as_ref()?
        .find(found)
        .is_some_and(|file| file.len() == found.len());
    if is_file || !host.contains(|letter: char| letter.is_ascii_alphabetic()) {
        return None;
    }
    let host = host.strip_prefix("www.").unwrap_or(host);
    Found::new(found.trim_end_matches(is_end).len(), dots(host, language))
}

/// A host or the name in an address: its dots are said.
fn dots(host: &str, language: &Language) -> String {
    let Some(dot) = language.word("dot") else {
        return host.to_owned();
    };
    let mut said = String::new();
    for letter in host.chars() {
        match letter {
            '.' => said.push_str(&format!(" {dot} ")),
            '_' => said.push_str(if language.is_english {
                " underscore "
            } else {
                " "
            }),
            '-' if language.is_english => said.push_str(" dash "),
            '+' => said.push_str(&format!(" {} ", language.word("plus").unwrap_or_default())),
            letter => said.push(letter),
        }
    }
    said
}

/// "src/main.rs", "/etc/hosts", "~/notes".
fn path(token: &str, at: At<'_>) -> Option<Found> {
    let language = at.language;
    let slash = language.word("slash")?;
    let found = PATH.as_ref()?.find(token)?.as_str();
    let is_rest = token
        .get(found.len()..)?
        .trim_start_matches(is_end)
        .is_empty();
    let has_letters = found.contains(|letter: char| letter.is_alphabetic());
    // "km/h/s", "he/she/they" and "1/2/3" are none.
    let is_rooted = found.starts_with(['/', '~', '.']);
    let is_words = !is_rooted && !found.contains(['.', '_', '-']);
    if !is_rest
        || !has_letters
        || is_words
        || found.len() < 3
        || found.starts_with(|digit: char| digit.is_ascii_digit())
    {
        return None;
    }
    let parts = found.split('/').map(|part| match part {
        "~" => "home".to_owned(),
        "." | ".." => part.replace('.', " dot "),
        part => name(part, language),
    });
    Found::new(
        found.len(),
        parts.collect::<Vec<_>>().join(&format!(" {slash} ")),
    )
}

fn file(token: &str, language: &Language) -> Option<Found> {
    let found = FILE.as_ref()?.find(token)?.as_str();
    language.word("dot")?;
    let behind = token.get(found.len()..)?;
    if behind.starts_with(|letter: char| letter.is_alphanumeric() || letter == '/') {
        return None;
    }
    Found::new(found.len(), name(found, language))
}

/// The name of a file: its dots are said, and an ending that is no word is spelled.
fn name(file: &str, language: &Language) -> String {
    let dot = language.word("dot").unwrap_or_default();
    let parts: Vec<&str> = file.split('.').collect();
    let last = parts.len().saturating_sub(1);
    let said = parts.iter().enumerate().map(|(place, part)| {
        let spelled = [
            "rs", "js", "ts", "md", "txt", "html", "htm", "css", "pdf", "csv", "xml", "sh", "png",
            "jpg", "svg", "mp3", "mp4", "cpp", "hpp", "rb", "php", "sql", "cfg", "dll", "jsx",
            "tsx", "so",
        ];
        match place == last && place > 0 && spelled.contains(part) {
            true => part.to_uppercase(),
            false => part.replace(['_', '-'], " "),
        }
    });
    said.collect::<Vec<_>>().join(&format!(" {dot} "))
}

/// "get_user_id()", "--verbose", "-v": names out of programs.
pub fn identifier(at: At<'_>) -> Option<Found> {
    let token = at.token();
    let rest = at.rest();
    if !at.begins_token() {
        return None;
    }
    if let Some(name) = rest.strip_prefix("--").or_else(|| rest.strip_prefix('-'))
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && at.language.is_english
    {
        let marks = rest.len() - name.len();
        let end = name
            .find(|letter: char| !(letter.is_alphanumeric() || letter == '-'))
            .unwrap_or(name.len());
        let is_flag = marks == 2 || end == 1;
        // "-x + 5" is a sum.
        let follows = name.get(end..)?.trim_start();
        if marks == 1
            && follows.starts_with(['+', '*', '/', '=', '<', '>', '×', '÷', '^', '²', '³'])
        {
            return Found::new(1, format!("{} ", at.language.word("minus")?));
        }
        let dash = at.language.word("dash")?;
        let said = vec![dash; marks].join(" ");
        return is_flag.then(|| {
            Found::new(
                marks + end,
                format!(
                    "{said} {}",
                    name.get(..end).unwrap_or_default().replace('-', " ")
                ),
            )
        })?;
    }
    let name = token.get(..token.find("()").unwrap_or(token.len()))?;
    let is_name = name.contains('_')
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_');
    if !is_name || !name.contains(char::is_alphanumeric) {
        return None;
    }
    let calls = rest.get(name.len()..)?.starts_with("()");
    Found::new(
        name.len() + if calls { 2 } else { 0 },
        name.replace('_', " "),
    )
}
