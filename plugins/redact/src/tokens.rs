//! Keys and tokens: what begins as they do, and what looks as random as they do.

use std::ops::Range;

use crate::bare::Bare;

/// What keys of well-known services begin with.
const PREFIXES: &[&str] = &[
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "pk_live_",
    "whsec_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "shpat_",
    "shpss_",
    "dop_v1_",
    "tvly-",
    "AGE-SECRET-KEY-",
    "lin_api_",
    "figd_",
    "PMAK-",
    "dckr_pat_",
    "sntrys_",
    "eyJ",
    "ATATT",
    "nvapi-",
    "sk-ant-",
    "sk-proj-",
];
/// The same, where names of other things begin so too.
const AMBIGUOUS: &[&str] = &[
    "sk-", "npm_", "pypi-", "hf_", "SG.", "gsk_", "AQ.", "xai-", "r8_", "pat_", "tok_", "key-",
    "api-", "api_", "token_", "secret_",
];

/// Characters of a key after its prefix.
const SHORTEST_KEY: usize = 8;
/// Characters from which on a random string is taken for a secret; shorter ones are version numbers, licence plates, commits.
const SHORTEST_RANDOM: usize = 20;
const SHORTEST_HEX: usize = 16;

pub fn find(bare: &Bare, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while at < bare.chars.len() {
        let Some(run) = run(bare, at) else {
            at += 1;
            continue;
        };
        at = run.end;
        if let Some(secret) =
            with_prefix(bare, &run).or_else(|| is_random(bare, &run).then(|| run.clone()))
        {
            found.push(secret);
        }
    }
}

fn belongs(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '.')
}

/// The longest run of such characters from here on, with the padding of base64.
fn run(bare: &Bare, start: usize) -> Option<Range<usize>> {
    let mut end = start;
    while bare.char(end).is_some_and(belongs) {
        end += 1;
    }
    while end > start && bare.char(end - 1) == Some('.') {
        end -= 1;
    }
    while end > start && end - start >= SHORTEST_RANDOM && bare.char(end) == Some('=') {
        end += 1;
    }
    (end > start).then_some(start..end)
}

fn with_prefix(bare: &Bare, run: &Range<usize>) -> Option<Range<usize>> {
    if run.len() < SHORTEST_KEY {
        return None;
    }
    for start in run.clone() {
        let inside = start > run.start
            && start
                .checked_sub(1)
                .and_then(|before| bare.char(before))
                .is_some_and(|c| c.is_ascii_alphanumeric());
        if inside {
            continue;
        }
        let begins = |prefix: &str| {
            prefix
                .chars()
                .enumerate()
                .all(|(offset, c)| bare.char(start + offset) == Some(c))
        };
        let rest = |prefix: &&str| bare.text(start + prefix.len()..run.end);
        let is_key = |prefix: &&str| begins(prefix) && rest(prefix).len() >= SHORTEST_KEY;
        if PREFIXES.iter().any(is_key)
            || AMBIGUOUS
                .iter()
                .any(|prefix| is_key(prefix) && !is_wording(&rest(prefix)))
        {
            return Some(start..run.end);
        }
    }
    None
}

/// "api-documentation", "npm_config_cache": words, not a key.
fn is_wording(rest: &str) -> bool {
    rest.split(|c: char| !c.is_ascii_alphanumeric())
        .all(is_plain)
}

fn is_random(bare: &Bare, run: &Range<usize>) -> bool {
    let text = bare.text(run.clone());
    // What has full stops in it is a host, a version or a name of a file: its parts are looked at one by one.
    let padded = text.ends_with('=')
        && text
            .bytes()
            .any(|byte| byte.is_ascii_digit() || byte == b'+');
    padded || text.split('.').any(looks_random)
}

fn looks_random(text: &str) -> bool {
    let hex = text.len() >= SHORTEST_HEX && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex && changes(text) >= 3 {
        return true;
    }
    if text.len() < SHORTEST_RANDOM {
        return false;
    }
    // Names of files and compound words have no plus in them.
    let strange: usize = text
        .split(['-', '_', '/'])
        .filter(|piece| !is_plain(piece) || (piece.len() >= 12 && mixes_case(piece, 3)))
        .map(str::len)
        .sum();
    let disordered = strange * 2 >= text.len() || jumps(text) * 10 >= text.len() * 3;
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        disordered && text.bytes().any(|byte| byte.is_ascii_alphabetic())
    } else {
        (mixes_case(text, 3) && !text.contains(['-', '_', '/']))
            || (mixes_case(text, 2) && disordered)
    }
}

/// So many of ten characters are capitals at least, and as many are small: names written together have two of them at most.
fn mixes_case(text: &str, of_ten: usize) -> bool {
    let upper = text.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = text.bytes().filter(u8::is_ascii_lowercase).count();
    upper.min(lower) * 10 >= text.len() * of_ten
}

/// How often letters and digits change places.
fn changes(text: &str) -> usize {
    text.as_bytes()
        .windows(2)
        .filter(
            |pair| matches!(pair, [one, other] if one.is_ascii_digit() != other.is_ascii_digit()),
        )
        .count()
}

/// How often small letters, capitals and digits change places; a word's own capital is no change.
fn jumps(text: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    };
    let kinds: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(kind)
        .collect();
    kinds
        .windows(2)
        .filter(|pair| !matches!(pair, [1, 2]) && !matches!(pair, [one, other] if one == other))
        .count()
}

/// A word, several written together, a number, or a word with a short number after it.
fn is_plain(piece: &str) -> bool {
    if piece.contains('+') {
        return false;
    }
    let letters = piece.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = piece.len() - letters.len();
    if letters.is_empty() {
        return true;
    }
    if number > 4 || letters.bytes().any(|byte| byte.is_ascii_digit()) {
        return piece.len() <= 3 && !piece.bytes().any(|byte| byte.is_ascii_uppercase());
    }
    // Humps of three letters or more, or an acronym; nobody writes words of forty letters without one.
    let bytes = letters.as_bytes();
    let humps = bytes.chunk_by(|_, next| !next.is_ascii_uppercase());
    let (mut acronym, mut short) = (0, 0);
    for hump in humps {
        match hump.len() {
            1 => acronym += 1,
            2 => short += 1,
            _ => {}
        }
    }
    if letters.len() <= 3 || letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return number == 0 || letters.len() <= 12;
    }
    letters.len() <= 60 && (acronym + short * 2) * 5 <= letters.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_keys() {
        for text in [
            "Donaudampfschifffahrtsgesellschaft",
            "getElementsByTagName",
            "src/conversation/spoken2",
            "mother-in-law-of-the-bride-2024",
            "Antidisestablishmentarianism",
            "2024-11-24",
            "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
            "XMLHttpRequestEventTarget",
            "sk-learn",
            "npm_config_cache_location",
            "api-documentation",
            "key-value",
            "978-3-16-148410-0",
            "iPhone15ProMax",
            "COVID-19-Vaccination",
            "KRANKENVERSICHERUNGSKARTE",
            "en_US.UTF-8",
            "wasm32-wasip2",
            "x86_64-unknown-linux-gnu",
            "smollm2-135m-instruct",
            "127.0.0.1",
        ] {
            let mut found = Vec::new();
            find(&Bare::new(text), &mut found);
            assert!(found.is_empty(), "{text}");
        }
    }
}
