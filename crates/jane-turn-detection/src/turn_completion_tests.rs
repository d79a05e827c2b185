//! How well [`sounds_complete`] tells the ends of turns from the pauses in them.

use super::sounds_complete;

/// How people talk to an assistant, as a recogniser writes it down, with and without its punctuation.
const WHOLE: &[&str] = &[
    "What time is it?",
    "What time is it",
    "what's the weather like tomorrow",
    "How old are you?",
    "Who wrote Faust?",
    "where is my phone",
    "Why is the sky blue?",
    "Can you help me?",
    "Could you turn that down a bit, please?",
    "Do you know what I mean?",
    "Is it going to rain today",
    "Are you sure?",
    "How far is it to Berlin?",
    "What are you up to?",
    "Who is that with?",
    "Set a timer for ten minutes.",
    "set a timer for ten minutes",
    "Set an alarm for seven.",
    "Wake me at half past six.",
    "turn on the living room lamp",
    "Turn the volume up",
    "Play some music",
    "Play the Beatles.",
    "Stop.",
    "Cancel that",
    "Never mind.",
    "Launch Firefox.",
    "Open the door.",
    "Remind me to call my mother.",
    "Add milk to the shopping list.",
    "Tell me a story about a fox.",
    "Call Anna.",
    "I live in Berlin.",
    "My favourite colour is blue.",
    "That is all.",
    "I don't think so.",
    "It was fine, I guess.",
    "Thank you very much.",
    "thanks",
    "Yes.",
    "No, thanks.",
    "Okay.",
    "Good morning.",
    "I'm tired.",
    "I want to go to the one we talked about.",
    "He told me that he would.",
    "I think I can.",
    "I don't know what that is.",
    "Yes, I am.",
    "Forty-two.",
    "Seven.",
    "Tell me what you like.",
    "What is two plus two?",
    "So what?",
    "Because I said so.",
    "Let me in.",
];

const LEADS_ON: &[&str] = &[
    "I would like to order a pizza and",
    "I would like to order a pizza and.",
    "Because",
    "I did not go because",
    "I did not go because.",
    "It is cold, but",
    "It is cold, but.",
    "So.",
    "so",
    "Um",
    "Uh.",
    "Er, um.",
    "Well,",
    "Well.",
    "Let me think.",
    "What is the, uh",
    "Set a timer for",
    "Set a timer for ten",
    "Set a timer for ten.",
    "Set a timer for 10.",
    "Wait for five.",
    "Remind me to",
    "Remind me to…",
    "Can you tell me…",
    "I was going to say -",
    "I was going to say—",
    "The name of the",
    "My name is",
    "Turn on the",
    "and then",
    "I want to",
    "I think that the",
    "If it rains tomorrow,",
    "What I mean is",
    "Play something by",
    "Send a message to",
    "For example,",
    "I need two things:",
    "Hey Jane,",
    "You know,",
    "Call my",
    "Which of these",
    "Is there a",
    "how do I",
    "I mean",
    "and so",
    "Do you know if",
    "What about the",
    "Add milk, eggs, and",
];

#[test]
fn nearly_every_way_of_talking_is_told_apart() {
    let wrong = |texts: &[&'static str], whole: bool| -> Vec<&'static str> {
        let differs = |text: &&&str| sounds_complete(text) != whole;
        texts.iter().filter(differs).copied().collect()
    };
    let (cut, kept) = (wrong(LEADS_ON, false), wrong(WHOLE, true));
    println!(
        "{} of {} would be cut off: {cut:?}",
        cut.len(),
        LEADS_ON.len()
    );
    println!(
        "{} of {} would wait longer: {kept:?}",
        kept.len(),
        WHOLE.len()
    );
    // To be cut off is worse than to wait for 750 ms more.
    assert!(cut.len() * 20 <= LEADS_ON.len(), "{cut:?}");
    assert!(kept.len() * 8 <= WHOLE.len(), "{kept:?}");
}
