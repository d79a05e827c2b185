//! What people say for the tools, in words that no pattern expects: by these a tool is found by its meaning.

use jane_skill::Tool;

/// `tools` with what people say for them.
pub fn with(tools: Vec<Tool>) -> Vec<Tool> {
    let said = |tool: Tool| match tool.name.as_str() {
        "get_weather" => tool.said(GET_WEATHER),
        _ => tool,
    };
    tools.into_iter().map(said).collect()
}

const GET_WEATHER: &[&str] = &[
    "what's the weather like",
    "is it going to rain tomorrow",
    "how cold is it outside",
    "do I need an umbrella",
    "what will the temperature be in Paris on Saturday",
    "is it windy today",
    "will it snow this week in Denver",
    "what's the forecast for the weekend",
    "should I wear a jacket today",
    "how hot is it in Madrid",
    "will I get wet if I go out now",
    "is the sun going to come out",
    "can we eat outside on Sunday or will it rain",
    "how many degrees is it in Rome",
    "is it warm enough for shorts",
    "should I take an umbrella",
    "I'd like to know how cold it is in Helsinki",
];
