//! What is said over her, in three classes: it ends her, leaves her talking, or is a turn of its own.

use super::*;

const ENDS_HER: &[&str] = &[
    "No.",
    "no",
    "Nope.",
    "Nah.",
    "No, no, no.",
    "No thanks.",
    "No, thank you.",
    "Okay, thank you.",
    "Okay. Thank you.",
    "OK thanks",
    "Thanks.",
    "Thank you.",
    "Thank you very much.",
    "Thanks a lot!",
    "Thank you, Jane.",
    "Thanks, that's enough.",
    "Thanks, that's all.",
    "Alright.",
    "All right.",
    "Alright, thanks.",
    "Got it.",
    "Okay, got it.",
    "Got it, thanks.",
    "I got it.",
    "I get it.",
    "Never mind.",
    "Nevermind",
    "Enough.",
    "That’s enough.",
    "Okay, that’s enough, thank you.",
    "I know.",
    "I know that.",
    "Yeah, I know.",
    "I already know that.",
    "Yes, yes.",
    "Yes yes yes",
    "Okay, okay.",
    "Yeah, yeah, yeah.",
    "That's fine.",
    "That's fine, thanks.",
    "No, that's fine.",
    "Cool, thanks.",
    "Great, thank you.",
    "Perfect, thanks.",
    "Wow, thank you so much.",
    "Shut up.",
    "Oh, shut up!",
    "Please stop.",
    "Stop.",
    "Stop, please.",
    "Jane, stop.",
    "Stop it now.",
    "Stop talking.",
    "Can you stop?",
    "Could you stop, please?",
    "Would you please be quiet?",
    "Can you please stop talking?",
    "You can stop now.",
    "Hold on.",
    "Wait.",
    "Wait, wait.",
    "Wait a second.",
    "Hang on a minute.",
    "One moment, please.",
    "Just a second.",
    "Not now.",
    "Maybe later.",
    "Forget it.",
    "Cancel.",
    "Cancel that.",
    "Quiet.",
    "Be quiet, please.",
    "Shh!",
    "Skip it.",
    "Let's move on.",
    "I'm not interested.",
    "I don't care.",
    "That will do.",
    "That'll do.",
    "That's it.",
    "Okay, that's all I wanted to know.",
    "I'm good.",
    "We're done.",
    "No more, please.",
    "Understood.",
    "No need.",
    "Well, thanks anyway.",
    "Sorry, hold on.",
    "Oh no, stop.",
    "Say no more.",
];

const LEAVES_HER_TALKING: &[&str] = &[
    "Mm-hm.",
    "Mhm",
    "uh-huh",
    "Yeah.",
    "Yeah, okay.",
    "Okay.",
    "ok",
    "Right.",
    "Wow.",
    "Oh wow",
    "Really?",
    "I see.",
    "Oh, I see.",
    "Yes.",
    "Sure.",
    "Exactly.",
    "Cool.",
    "Nice.",
    "Great!",
    "Interesting.",
    "That's interesting.",
    "Very interesting.",
    "Makes sense.",
    "That makes sense.",
    "Of course.",
    "Oh.",
    "Ah.",
    "Aha!",
    "Huh.",
    "Hmm.",
    "No way!",
    "No kidding.",
    "Oh no.",
    "Oh dear.",
    "Oh my god.",
    "Go on.",
    "Yeah, go on.",
    "Please continue.",
    "Keep going.",
    "Carry on.",
    "That's right.",
    "That's true.",
    "True.",
    "Yeah, yeah.",
    "Fair enough.",
    "Is that so?",
    "Amazing.",
    "Absolutely.",
];

const TURNS: &[&str] = &[
    "",
    "please",
    "Stop the music.",
    "When does the bus stop?",
    "Don't stop",
    "cancel my appointment",
    "No, I meant Paris.",
    "No, tell me about cats.",
    "No it isn't.",
    "No?",
    "Alright, what time is it?",
    "Okay, what about tomorrow?",
    "Okay, thank you, and what about Sunday?",
    "Thank you for the story about a fox.",
    "Got it from whom?",
    "Got any more?",
    "I know a song.",
    "I know him.",
    "Enough about cats, tell me about dogs.",
    "Wait, what?",
    "Wait for me.",
    "Wait, who was that?",
    "Hold on to your hat.",
    "What?",
    "Sorry?",
    "Pardon?",
    "What did you say?",
    "Say that again.",
    "Repeat that.",
    "Can you stop the timer?",
    "Could you speak up?",
    "Can you stop by the shop?",
    "Later today, please.",
    "Pause the timer.",
    "Pause the music, please.",
    "Thanks to whom?",
    "That's fine by me, but why?",
    "That's not what I asked.",
    "That's wrong.",
    "Is that enough?",
    "Yes, tell me more about it.",
    "Yes, and then?",
    "Really? Why is that?",
    "Louder.",
    "Slower, please.",
    "How long is it?",
    "Never mind the weather.",
    "Forget my name.",
    "Skip to the end.",
    "Set a timer for five minutes.",
    "No sugar.",
    "I don't care about that, what is the price?",
    "Good morning.",
];

/// As a conversation judges it, where she has asked nothing.
fn class(text: &str) -> &'static str {
    match text {
        text if command(text).is_some() || is_dismissal(text) => "ends her",
        text if is_backchannel(text) => "leaves her talking",
        _ => "a turn",
    }
}

#[test]
fn what_is_said_over_her_is_of_three_classes() {
    let tables = [
        ("ends her", ENDS_HER),
        ("leaves her talking", LEAVES_HER_TALKING),
        ("a turn", TURNS),
    ];
    let rows: Vec<(&str, &str)> = tables
        .iter()
        .flat_map(|(class, texts)| texts.iter().map(|text| (*class, *text)))
        .collect();
    assert!(rows.len() >= 120, "{}", rows.len());
    let wrong: Vec<_> = rows
        .iter()
        .filter(|(wanted, text)| class(text) != *wanted)
        .map(|(wanted, text)| format!("`{text}` is not {wanted} but {}", class(text)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn stop_is_a_command_whenever_it_is_said_and_thanks_are_none() {
    for text in [
        "Stop.",
        "stop, stop, stop!",
        "Please be quiet",
        "Okay, that’s enough, thank you.",
        "No, wait, stop!",
        "Never mind.",
        "Could you be quiet, please?",
    ] {
        assert_eq!(command(text), Some(Command::Stop), "{text}");
    }
    for text in [
        "No.",
        "Okay, thank you.",
        "Thanks.",
        "Alright.",
        "Got it.",
        "Hold on.",
        "I know.",
    ] {
        assert_eq!(command(text), None, "{text}");
    }
}

#[test]
fn a_long_text_is_judged_at_once() {
    let long = "thank you ".repeat(5_000);
    assert!(!is_dismissal(&long));
    assert!(!is_dismissal(&"now ".repeat(16)));
}

#[test]
fn a_listener_says_little() {
    for text in [
        "",
        "No.",
        "Okay, what about tomorrow?",
        "stop",
        "yeah yeah yeah yeah yeah",
    ] {
        assert!(!is_backchannel(text), "{text}");
    }
}
