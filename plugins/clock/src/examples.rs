//! What people say for the tools, in words that no pattern expects: by these a tool is found by its meaning.

use jane_skill::Tool;

/// `tools` with what people say for them.
pub fn with(tools: Vec<Tool>) -> Vec<Tool> {
    let said = |tool: Tool| match tool.name.as_str() {
        "get_time" => tool.said(GET_TIME),
        _ => tool,
    };
    tools.into_iter().map(said).collect()
}

const GET_TIME: &[&str] = &[
    "what time is it",
    "what's the date today",
    "which day of the week is it",
    "what is the time in Tokyo",
    "is it late already",
    "do you know what time it is",
    "is it already evening in Sydney",
    "what hour is it in London right now",
    "is it past midnight in Berlin",
    "what day is it tomorrow",
    "can you tell me the time",
    "time please",
    "what do the clocks show in Moscow",
    "is it Friday today",
    "what's today's date",
    "how late is it in Chicago",
    "is it still night in Tokyo",
];
