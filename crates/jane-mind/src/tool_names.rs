//! Whether a sentence of a model names a tool as only a program would: nobody who asks is to call functions.

/// Whether `sentence` names one of the tools `names`: a name of several words in one (`get_weather`), or any as code (`add()`, in backticks).
pub fn names_a_tool(sentence: &str, names: &[String]) -> bool {
    names.iter().any(|name| {
        let is_joined = name.contains(['_', '.']);
        sentence.match_indices(name.as_str()).any(|(at, _)| {
            let (before, after) = (sentence.get(..at), sentence.get(at + name.len()..));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let goes_on = |letter: char| letter.is_alphanumeric() || letter == '_';
            if before.ends_with(goes_on) || after.starts_with(goes_on) {
                return false;
            }
            let is_code =
                after.starts_with('(') || (before.ends_with('`') && after.starts_with('`'));
            is_joined || is_code
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_named_as_a_program_would() {
        let names = ["get_weather", "calculate", "notes.add"].map(str::to_owned);
        for sentence in [
            "You can use the `get_weather` function.",
            "I will call get_weather for that.",
            "That is calculate(2+2).",
            "Use `calculate`.",
            "Then notes.add it.",
        ] {
            assert!(names_a_tool(sentence, &names), "{sentence}");
        }
        for sentence in [
            "I can calculate that.",
            "The weather is fine.",
            "We forget_weathers it.",
            "It is calculated (roughly).",
            "",
        ] {
            assert!(!names_a_tool(sentence, &names), "{sentence}");
        }
    }
}
