//! The head of a message, as harmony and its like write it: `assistant to=functions.sum<|channel|>commentary json`.

/// What a message is, by its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Head {
    /// Something for the user.
    Text,
    /// Thoughts; what ends them and begins the answer.
    Thoughts { end: String },
    /// A call, of a tool of this name where the head has it.
    Call { tool: Option<String> },
    /// Somebody else's.
    Another,
}

/// Those who are not the model.
const OTHERS: [&str; 11] = [
    "user",
    "human",
    "system",
    "developer",
    "tool",
    "ipython",
    "observation",
    "environment",
    "functions",
    "function_result",
    "customer",
];

const THOUGHTS: [&str; 6] = [
    "analysis",
    "thought",
    "thoughts",
    "think",
    "thinking",
    "reasoning",
];

/// What a message is whose head is `words`, which the mark `opening` began.
pub(super) fn read(words: &str, opening: &str) -> Head {
    let lower = words.trim().to_lowercase();
    let mut parts = lower.split_whitespace();
    let first = parts.clone().next().unwrap_or_default();
    let role = first.split(['.', '=', ':']).next().unwrap_or_default();
    if lower.starts_with("function call") {
        return Head::Call { tool: None };
    }
    if lower.starts_with("function result") {
        return Head::Another;
    }
    let other = |word: &str| OTHERS.contains(&word);
    if other(role)
        || (first == "message" && lower.contains("role=") && !lower.contains("assistant"))
    {
        return Head::Another;
    }
    if first == "tools" || first == "call" {
        return Head::Call { tool: None };
    }
    let to = words
        .split_whitespace()
        .find_map(|word| word.strip_prefix("to="));
    match to.map(|to| to.trim_start_matches("functions.")) {
        Some("self") => {
            return Head::Thoughts {
                end: "<|eom|><|start|>assistant<|message|>".to_owned(),
            };
        }
        Some("user" | "all" | "assistant") | None => {}
        Some(tool) => {
            return Head::Call {
                tool: Some(tool.to_owned()),
            };
        }
    }
    if parts.any(|word| THOUGHTS.contains(&word)) {
        return Head::Thoughts {
            end: end_of(opening).to_owned(),
        };
    }
    Head::Text
}

/// What ends the thoughts that a head behind `opening` began, and begins the answer.
fn end_of(opening: &str) -> &'static str {
    match opening {
        "<|channel>" => "<channel|>",
        "<|open|>" => "<|close|>think<|sep|><|open|>response<|sep|>",
        _ => "<|end|><|start|>assistant<|channel|>final<|message|>",
    }
}
