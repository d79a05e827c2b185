//! The summary of what was cut from a conversation: what the model is asked for, and what is taken of its answer.
//!
//! Invariant: neither the text that waits to be folded nor the summary grows without bound.

use jane_engines::Message;

/// Tokens of a summary at most.
pub const SUMMARY_TOKENS: u32 = 128;

/// Bytes of a summary at most: eight for each token, twice what English has.
pub const SUMMARY_BYTES: usize = 1 << 10;

/// Bytes of cut text that wait to be folded at most; older ones are let go.
const CUT_BYTES: usize = 64 << 10;

/// Adds an exchange to the text that waits to be folded.
pub fn add(cut: &mut String, question: &str, answer: &str) {
    let (question, answer) = (one_line(question), one_line(answer));
    cut.push_str(&format!("User: {question}\nAssistant: {answer}\n"));
    if cut.len() > CUT_BYTES {
        *cut = newest(cut, CUT_BYTES).to_owned();
    }
}

/// What makes a model fold `cut` and the summary before, which may be empty, into one.
pub fn request(before: &str, cut: &str) -> Vec<Message> {
    let before = if before.is_empty() {
        String::new()
    } else {
        format!("What came before, in short: {before}\n\n")
    };
    vec![
        Message::system(
            "You summarise conversations in a few plain sentences, 60 words at most. Keep names, numbers, wishes and \
             decisions. Write nothing that was not said.",
        ),
        Message::user(format!(
            "{before}{cut}\nSummarise all of this conversation."
        )),
    ]
}

/// What is kept of the model's answer: one line, whole words.
pub fn accept(answer: &str) -> String {
    let line = one_line(answer);
    if line.len() <= SUMMARY_BYTES {
        return line;
    }
    let kept = line.get(..line.floor_char_boundary(SUMMARY_BYTES));
    let kept = kept.unwrap_or_default();
    kept.rsplit_once(' ')
        .map_or(kept, |(whole, _)| whole)
        .to_owned()
}

/// The end of `text`, of at most so many bytes and of whole words.
pub fn newest(text: &str, bytes: usize) -> &str {
    let start = text.len().saturating_sub(bytes);
    if start == 0 {
        return text;
    }
    let end = text
        .get(text.ceil_char_boundary(start)..)
        .unwrap_or_default();
    end.split_once(char::is_whitespace)
        .map_or("", |(_, whole)| whole)
}

pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
