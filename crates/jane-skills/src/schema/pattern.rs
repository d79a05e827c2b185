//! Patterns of texts: regular expressions as JSON Schema has them (those of JavaScript), as far as an engine takes them whose time grows
//! with the text and no faster.
//!
//! `\d` and `\w` mean letters and digits of ASCII, as in JavaScript. Look-around, references back, and the set operations of other
//! engines are refused.

use regex::{Regex, RegexBuilder};

/// Bytes of a pattern.
const LONGEST: usize = 512;

/// Levels of groups.
const DEEPEST: u32 = 24;

/// Bytes that a compiled pattern may have, and what it costs then to look at a byte of text, in steps of a check.
const SIZES: [(usize, u64); 3] = [(4 << 10, 10), (16 << 10, 40), (64 << 10, 160)];

/// A pattern that texts are held against.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    /// Steps for each byte of a text.
    cost: u64,
}

impl Pattern {
    /// # Errors
    /// Where it is no pattern, one that is not taken, or too large.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("a pattern has at most {LONGEST} bytes"));
        }
        let translated = translated(text)?;
        let mut reason = String::new();
        for (bytes, cost) in SIZES {
            let built = RegexBuilder::new(&translated)
                .size_limit(bytes)
                .dfa_size_limit(256 << 10)
                .nest_limit(DEEPEST)
                .build();
            match built {
                Ok(regex) => return Ok(Self { regex, cost }),
                Err(regex::Error::CompiledTooBig(_)) => {
                    reason = "the pattern is too large: it repeats too much".to_owned();
                }
                Err(error) => return Err(innermost(&error)),
            }
        }
        Err(reason)
    }

    /// Steps that it takes to look at `text`.
    pub fn cost(&self, text: &str) -> u64 {
        (text.len() as u64)
            .saturating_add(1)
            .saturating_mul(self.cost)
    }

    /// Whether it is found anywhere in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// What is wrong with a pattern, without the drawing around it.
fn innermost(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error:").trim().to_owned()
}

const SPACE: &str = r"\t\n\x0B\x0C\r \u00A0\uFEFF\u2028\u2029\p{Zs}";

/// A pattern of JavaScript in the engine's words.
fn translated(text: &str) -> Result<String, String> {
    let mut translated = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let Some(escaped) = letters.next() else {
                    return Err("the pattern ends in `\\`".to_owned());
                };
                let (is_negated, set) = match escaped {
                    'd' | 'D' => (escaped == 'D', "0-9"),
                    'w' | 'W' => (escaped == 'W', "A-Za-z0-9_"),
                    's' | 'S' => (escaped == 'S', SPACE),
                    'b' if in_class => (false, r"\x08"),
                    'f' => (false, r"\x0C"),
                    'v' => (false, r"\x0B"),
                    '1'..='9' | 'k' => {
                        return Err("a pattern cannot refer back to a group".to_owned());
                    }
                    'b' | 'B' => {
                        translated.push_str(if escaped == 'b' { r"(?-u:\b)" } else { r"\B" });
                        continue;
                    }
                    // What other engines have at these places is not JavaScript's.
                    'A' | 'z' | 'Z' | '<' | '>' => {
                        return Err(format!("`\\{escaped}` is not taken in a pattern"));
                    }
                    _ => {
                        translated.push('\\');
                        translated.push(escaped);
                        continue;
                    }
                };
                match (in_class, is_negated) {
                    (true, false) => {
                        translated.push_str(set);
                        // It begins no range here, as it would in the engine's words.
                        if letters.next_if_eq(&'-').is_some() {
                            if letters.peek() == Some(&'-') {
                                return Err("`--` is not taken within `[…]`".to_owned());
                            }
                            translated.push_str(r"\-");
                        }
                    }
                    (false, false) => translated.push_str(&format!("[{set}]")),
                    (_, true) => translated.push_str(&format!("[^{set}]")),
                }
            }
            '[' if in_class => translated.push_str(r"\["),
            '[' => {
                in_class = true;
                translated.push('[');
                if letters.next_if_eq(&'^').is_some() {
                    translated.push('^');
                }
                if letters.peek() == Some(&']') {
                    return Err("`[]` and `[^]` are not taken in a pattern".to_owned());
                }
            }
            ']' => {
                in_class = false;
                translated.push(']');
            }
            '-' | '&' | '~' if in_class && letters.peek() == Some(&letter) => {
                return Err(format!("`{letter}{letter}` is not taken within `[…]`"));
            }
            '(' if !in_class && letters.peek() == Some(&'?') => {
                letters.next();
                translated.push_str("(?");
                let mut kind = letters.clone();
                let is_taken = match kind.next() {
                    Some(':') => true,
                    Some('<') => !matches!(kind.next(), Some('=' | '!')),
                    _ => false,
                };
                if !is_taken {
                    return Err(
                        "of groups with `(?` only `(?:` and `(?<name>` are taken".to_owned()
                    );
                }
            }
            _ => translated.push(letter),
        }
    }
    Ok(translated)
}
