//! What people say for the tools, in words that no pattern expects: by these a tool is found by its meaning.

use jane_skill::Tool;

/// `tools` with what people say for them.
pub fn with(tools: Vec<Tool>) -> Vec<Tool> {
    let said = |tool: Tool| match tool.name.as_str() {
        "set_timer" => tool.said(SET_TIMER),
        "list_timers" => tool.said(LIST_TIMERS),
        "cancel_timer" => tool.said(CANCEL_TIMER),
        _ => tool,
    };
    tools.into_iter().map(said).collect()
}

const SET_TIMER: &[&str] = &[
    "set a timer for ten minutes",
    "wake me up at seven tomorrow",
    "remind me to take the cake out in half an hour",
    "let me know when twenty minutes have passed",
    "give me a nudge in an hour",
    "I have to be up by five thirty",
    "make sure I don't forget to call my mother at six",
    "tell me when it is time to leave at eight",
    "start a countdown of ninety seconds",
    "alert me in five minutes",
    "I want to get up early tomorrow, at six",
    "buzz me when the eggs are done in six minutes",
    "don't let me oversleep, nine o'clock",
    "I need to leave the house at quarter to nine, warn me",
    "call me in a quarter of an hour",
    "don't let me forget to phone the bank at two",
    "make sure I remember to water the flowers this evening",
    "I must not miss the bus at ten past eight, warn me",
    "get me out of bed at half past seven",
    "it takes twelve minutes, tell me when it is over",
    "poke me about the meeting in an hour",
    "I have to take my medicine at nine, don't let me forget",
    "count down from thirty seconds",
    "make a sound in three minutes",
];

const LIST_TIMERS: &[&str] = &[
    "what timers are running",
    "how much time is left on the timer",
    "when does my alarm go off",
    "which reminders do I have",
    "how long until the timer rings",
    "is there an alarm set for tomorrow",
    "how many minutes are left",
    "what am I waking up for and when",
    "is anything still running",
    "how much longer does the cake need",
    "when are you going to wake me",
    "how long do I still have to wait",
];

const CANCEL_TIMER: &[&str] = &[
    "cancel the timer",
    "turn off my alarm for tomorrow",
    "never mind the pasta timer",
    "I don't need the reminder anymore",
    "delete all alarms",
    "you can drop the tea timer",
    "no need to wake me tomorrow",
    "scrap the reminder about the bank",
    "forget about the alarm",
    "stop counting down",
    "I'm awake already, you needn't wake me",
    "call off the reminder for the doctor",
];
