//! Conversations about what rings, as they go on.

use std::time::Duration;

use jane_skill::fake;

use super::*;

/// Somebody who talks to the skill, in one turn after the other. It is 10:00 on a Wednesday.
#[derive(Default)]
struct Talk {
    timers: Timers,
    turn: TurnId,
}

impl Talk {
    fn say(&mut self, text: &str) -> String {
        self.turn += 1;
        match self.timers.on_transcript(&Transcript { turn: self.turn, ..Transcript::typed(text) }) {
            Ok(TranscriptAction::Answer(answer)) if answer.expect_reply => format!("{} …", answer.speech),
            Ok(TranscriptAction::Answer(answer)) => answer.speech,
            _ => "(pass)".into(),
        }
    }

    fn wait(&mut self, seconds: u64) -> Vec<String> {
        fake::advance(&mut self.timers, Duration::from_secs(seconds)).unwrap();
        fake::said()
    }
}

#[test]
fn several_timers_are_told_apart_and_ring() {
    let mut talk = Talk::default();
    assert_eq!(talk.say("Set a timer for ten and a half minutes."), "Timer set for 10 minutes and 30 seconds.");
    assert_eq!(talk.say("Set a pasta timer for 8 minutes."), "Pasta timer set for 8 minutes.");
    assert_eq!(talk.say("How long is left on the pasta timer?"), "8 minutes left on the pasta timer.");
    assert_eq!(
        talk.say("How long is left?"),
        "8 minutes left on the pasta timer and 10 minutes and 30 seconds left on the timer for 10 minutes and 30 seconds."
    );
    assert_eq!(
        talk.say("What timers do I have?"),
        "You have 2 timers: a pasta timer with 8 minutes left and a timer with 10 minutes and 30 seconds left."
    );
    assert_eq!(
        talk.say("Cancel the egg timer."),
        "There is no egg timer. You have a pasta timer with 8 minutes left and a timer with 10 minutes and 30 seconds left."
    );
    assert_eq!(talk.wait(480), ["Your pasta timer is done."]);
    assert_eq!(talk.say("How much longer?"), "2 minutes and 30 seconds left.");
    assert_eq!(talk.say("Add five minutes to the timer."), "7 minutes and 30 seconds left now.");
    assert_eq!(talk.say("Take two minutes off the timer."), "5 minutes and 30 seconds left now.");
    assert_eq!(talk.wait(330), ["Your timer for 13 minutes and 30 seconds is done."]);
    assert_eq!(talk.say("Do I have any timers?"), "You have no timers.");
    assert_eq!(talk.say("How long is left?"), "(pass)");
    assert_eq!(talk.say("How long is left on the timer?"), "There is no timer.");
}

#[test]
fn alarms_have_names_and_purposes() {
    let mut talk = Talk::default();
    assert_eq!(talk.say("Set an alarm called gym for noon."), "Gym alarm set at noon.");
    assert_eq!(talk.say("Set an alarm for 11 am to catch the train."), "Alarm set at 11 AM: catch the train.");
    assert_eq!(talk.say("Wake me in 5 minutes to go running."), "Alarm set for 5 minutes from now: go running.");
    assert_eq!(
        talk.say("List my alarms."),
        "You have 3 alarms: an alarm at 10:05 AM: go running, an alarm at 11 AM: catch the train and a gym alarm at noon."
    );
    assert_eq!(
        talk.wait(2 * 3600),
        [
            "It is 10:05 AM. Time to wake up: go running.",
            "It is 11 AM. This is your alarm: catch the train.",
            "It is noon. This is your gym alarm."
        ]
    );
}

#[test]
fn what_is_missing_is_asked_for() {
    let mut talk = Talk::default();
    assert_eq!(talk.say("Set a pasta timer."), "For how long? …");
    assert_eq!(talk.say("Eight minutes, please."), "Pasta timer set for 8 minutes.");
    assert_eq!(talk.say("Set an alarm."), "For when? …");
    assert_eq!(talk.say("Half past six tomorrow."), "Alarm set at 6:30 AM tomorrow.");
    assert_eq!(talk.say("Wake me up tomorrow."), "At what time? …");
    assert_eq!(talk.say("At seven."), "Alarm set at 7 AM tomorrow.");
    assert_eq!(talk.say("Remind me to call my mum."), "When shall I remind you? …");
    assert_eq!(talk.say("In an hour."), "I will remind you in 1 hour: call your mum.");
    assert_eq!(talk.say("Set a timer."), "For how long? …");
    assert_eq!(talk.say("Never mind."), "All right.");
    assert_eq!(talk.say("Set a timer."), "For how long? …");
    assert_eq!(talk.say("How far is the moon from here, and how old is it?"), "(pass)");
    assert_eq!(talk.say("Ten minutes."), "Timer set for 10 minutes.");
    assert_eq!(talk.say("Ten minutes."), "(pass)");
    assert_eq!(talk.say("Set a timer."), "For how long? …");
    talk.wait(180);
    assert_eq!(talk.say("Ten minutes."), "(pass)");
}

#[test]
fn which_one_is_asked() {
    let mut talk = Talk::default();
    talk.say("Set a pasta timer for 8 minutes and an egg timer for 5 minutes");
    assert_eq!(
        talk.say("Cancel the timer."),
        "Which one? You have an egg timer with 5 minutes left and a pasta timer with 8 minutes left. …"
    );
    assert_eq!(talk.say("The egg one."), "Egg timer cancelled.");
    talk.say("Set a 3 minute timer.");
    assert_eq!(
        talk.say("Add one minute to the timer."),
        "Which one? You have a timer with 3 minutes left and a pasta timer with 8 minutes left. …"
    );
    assert_eq!(talk.say("Turn on the lights."), "(pass)");
    talk.say("Add one minute to the timer.");
    assert_eq!(talk.say("Pasta."), "9 minutes left now on the pasta timer.");
    talk.say("Stop the timer.");
    assert_eq!(talk.say("Both."), "2 timers cancelled.");
    assert_eq!(talk.say("Cancel all timers."), "There is no timer.");
}

#[test]
fn a_second_timer_of_a_name_takes_the_first_ones_place() {
    let mut talk = Talk::default();
    talk.say("Set a tea timer for 3 minutes.");
    talk.wait(60);
    assert_eq!(talk.say("Set a tea timer for 4 minutes."), "Tea timer set for 4 minutes, in place of the one with 2 minutes left.");
    assert!(talk.wait(180).is_empty());
    assert_eq!(talk.wait(60), ["Your tea timer is done."]);
}

#[test]
fn reminders_and_alarms_come_at_their_time() {
    let mut talk = Talk::default();
    assert_eq!(talk.say("Remind me in an hour to call my mother."), "I will remind you in 1 hour: call your mother.");
    assert_eq!(talk.say("Wake me at half past six."), "Alarm set at 6:30 AM tomorrow.");
    assert_eq!(talk.say("Wake me up every weekday at seven."), "Alarm set every weekday at 7 AM.");
    assert_eq!(talk.say("Set an alarm for 11:15."), "Alarm set at 11:15 AM.");
    assert_eq!(
        talk.say("What alarms do I have?"),
        "You have 3 alarms: an alarm at 11:15 AM, an alarm at 6:30 AM tomorrow and an alarm every weekday at 7 AM."
    );
    assert_eq!(talk.say("What reminders do I have?"), "You have a reminder at 11 AM: call your mother.");
    assert_eq!(talk.wait(3600), ["A reminder: call your mother."]);
    assert_eq!(talk.wait(900), ["It is 11:15 AM. This is your alarm."]);
    assert_eq!(talk.say("Cancel the 6:30 alarm."), "Alarm at 6:30 AM tomorrow cancelled.");
    // Thursday, Friday, and not before Monday again.
    assert_eq!(talk.wait(2 * 86_400), ["It is 7 AM. Time to wake up.", "It is 7 AM. Time to wake up."]);
    assert!(talk.wait(2 * 86_400).is_empty());
    assert_eq!(talk.say("Cancel the weekday alarm."), "Alarm every weekday at 7 AM cancelled.");
}

#[test]
fn an_alarm_is_at_the_time_on_the_wall() {
    fake::set_time_zone("Europe/Berlin", 3600);
    let mut talk = Talk::default();
    assert_eq!(talk.say("Set an alarm for 11:30."), "Alarm set at 11:30 AM.");
    assert!(talk.wait(29 * 60).is_empty());
    assert_eq!(talk.wait(60), ["It is 11:30 AM. This is your alarm."]);
    fake::reset();
}

#[test]
fn what_rang_is_snoozed() {
    let mut talk = Talk::default();
    assert_eq!(talk.say("Snooze."), "Nothing has rung in the last half hour.");
    talk.say("Wake me in 20 minutes.");
    assert_eq!(talk.wait(1200), ["It is 10:20 AM. Time to wake up."]);
    assert_eq!(talk.say("Snooze for five minutes."), "Once more in 5 minutes.");
    assert_eq!(talk.wait(300), ["It is 10:25 AM. Time to wake up."]);
}

#[test]
fn all_survives_a_restart_and_what_is_late_says_so() {
    let mut talk = Talk::default();
    talk.say("Set a pasta timer for 8 minutes.");
    talk.say("Set a timer for 2 hours.");
    talk.say("Set an alarm for 10:09.");
    talk.say("Remind me to call mum at 10:10.");
    fake::restart(&mut talk.timers, Duration::from_secs(11 * 60)).unwrap();
    let late =
        ["Your pasta timer rang 3 minutes ago.", "Your alarm for 10:09 AM rang 2 minutes ago.", "A reminder from 1 minute ago: call mum."];
    assert_eq!(fake::said(), late);
    assert_eq!(talk.say("How long is left?"), "1 hour and 49 minutes left.");
}

#[test]
fn what_cannot_be_is_said() {
    let mut talk = Talk::default();
    assert_eq!(talk.say("Set a timer for 0 minutes."), "It has to be a second at least.");
    assert_eq!(talk.say("Set a timer for 60 weeks."), "That is too long for me: a year is the most.");
    assert_eq!(talk.say("Remind me today at 9 am to call mum."), "That time is already over.");
    assert_eq!(talk.say("Remind me on the 30th of February to call mum."), "There is no such day.");
    assert_eq!(talk.say("Set a timer for two minutes."), "Timer set for 2 minutes.");
    assert_eq!(talk.say("Take five minutes off the timer."), "There is not that much left.");
}

#[test]
fn what_another_version_kept_is_said_too() {
    let event = Event { id: "1".into(), name: "timer".into(), payload: "?".into(), due_ms: fake::BEGINNING_MS, late_ms: 0 };
    Timers.on_event(&event).unwrap();
    assert_eq!(fake::said(), ["Something that you set is due."]);
    let old = r#"{"kind":"timer","label":"tea","seconds":60,"every":null}"#;
    Timers.on_event(&Event { payload: old.into(), ..event }).unwrap();
    assert_eq!(fake::said(), ["Your tea timer is done."]);
}

#[test]
fn the_model_sets_timers_too() {
    let mut timers = Timers;
    let mut call =
        |name: &str, arguments: &str| match timers.call_tool(&ToolCall { turn: 1, name: name.into(), arguments: arguments.into() }) {
            Ok(ToolOutput::FinalAnswer(text)) => text,
            other => format!("{other:?}"),
        };
    assert_eq!(call("set_timer", r#"{"seconds": 90, "name": "egg"}"#), "Egg timer set for 1 minute and 30 seconds.");
    assert_eq!(call("list_timers", "{}"), "You have an egg timer with 1 minute and 30 seconds left.");
    assert_eq!(call("cancel_timer", r#"{"name": "egg timer"}"#), "Egg timer cancelled.");
    assert_eq!(call("cancel_timer", "{}"), "There is no timer, alarm or reminder.");
    assert_eq!(call("set_timer", r#"{"seconds": -1}"#), "For how long?");
    assert!(call("dance", "{}").contains("InvalidInput"));
}

/// What a tool says in a turn; an error as it is for developers.
fn tool(talk: &mut Talk, name: &str, arguments: &str) -> String {
    talk.turn += 1;
    match talk.timers.call_tool(&ToolCall { turn: talk.turn, name: name.into(), arguments: arguments.into() }) {
        Ok(ToolOutput::FinalAnswer(text)) => text,
        other => format!("{other:?}"),
    }
}

#[test]
fn what_the_model_leaves_out_is_asked_for() {
    let mut talk = Talk::default();
    for (arguments, asked, answer, done) in [
        (r#"{"when": "9920"}"#, "For how long?", "Ten minutes.", "Timer set for 10 minutes."),
        (r#"{"when": "", "name": "pasta"}"#, "For how long?", "Eight minutes, please.", "Pasta timer set for 8 minutes."),
        (r#"{"kind": "alarm", "when": "soon"}"#, "For when?", "Half past six tomorrow.", "Alarm set at 6:30 AM tomorrow."),
        (r#"{"kind": "reminder", "when": "", "name": "call mum"}"#, "When shall I remind you?", "In an hour.", "I will remind you in 1 hour: call mum."),
    ] {
        assert_eq!(tool(&mut talk, "set_timer", arguments), asked);
        assert_eq!(talk.say(answer), done);
    }
}

#[test]
fn what_the_model_calls_a_timer_is_a_name_or_none() {
    for (arguments, said) in [
        (r#"{"when": "5 minutes", "name": "five_minutes"}"#, "Timer set for 5 minutes."),
        (r#"{"when": "five_minutes", "name": "5 minutes timer"}"#, "Timer set for 5 minutes."),
        (r#"{"when": "set a timer for 5 minutes, please"}"#, "Timer set for 5 minutes."),
        (r#"{"when": "half past six", "name": "6:30 alarm"}"#, "Alarm set at 6:30 PM."),
        (r#"{"when": "in 8 minutes", "name": "green_tea Timer"}"#, "Green tea timer set for 8 minutes."),
    ] {
        fake::reset();
        assert_eq!(tool(&mut Talk::default(), "set_timer", arguments), said);
    }
}

#[test]
fn the_model_cancels_several_only_where_that_was_said() {
    let mut talk = Talk::default();
    talk.say("Set a pasta timer for 8 minutes.");
    talk.say("Set an alarm for 11 am.");
    talk.say("Remind me at noon to call mum.");
    let asked = "Which one? You have a pasta timer with 8 minutes left, an alarm at 11 AM and a reminder at noon: call mum.";
    for arguments in ["{}", r#"{"name": ""}"#, r#"{"name": " "}"#] {
        assert_eq!(tool(&mut talk, "cancel_timer", arguments), asked);
    }
    assert_eq!(talk.say("The pasta one."), "Pasta timer cancelled.");
    assert_eq!(tool(&mut talk, "cancel_timer", r#"{"name": "the_alarm"}"#), "Alarm at 11 AM cancelled.");
    talk.say("Set an egg timer for 5 minutes.");
    assert_eq!(tool(&mut talk, "cancel_timer", r#"{"name": "all"}"#), "All 2 cancelled.");
    assert_eq!(tool(&mut talk, "change_timer", r#"{"action": "add", "value": "blue"}"#), "For that I need a length, such as five minutes.");
}
