#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use super::*;
use crate::command::understand;

#[derive(Default)]
struct Memory(BTreeMap<String, String>);

impl Store for Memory {
    fn get(&self, key: &str) -> Result<Option<String>, String> {
        Ok(self.0.get(key).cloned())
    }
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        self.0.insert(key.into(), value.into());
        Ok(())
    }
    fn delete(&mut self, key: &str) -> Result<(), String> {
        self.0.remove(key);
        Ok(())
    }
    fn keys(&self, prefix: &str) -> Result<Vec<String>, String> {
        Ok(self.0.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }
    fn now_ms(&self) -> u64 {
        1_772_618_400_000
    }
}

/// What is answered, with an undo recorded as the skill does.
fn say(store: &mut Memory, said: &str) -> Option<Reply> {
    let mut recorder = Recorder::new(store);
    let reply = run_all(&mut recorder, understand(said)).unwrap();
    recorder.keep().unwrap();
    reply
}

fn talk(turns: &[(&str, &str)]) {
    let mut store = Memory::default();
    for (said, expected) in turns {
        let reply = say(&mut store, said);
        let speech = match &reply {
            Some(Reply::Said(speech) | Reply::Asked(speech, _)) => speech.as_str(),
            None => "(pass)",
        };
        assert_eq!(speech, *expected, "{said} ({:?})", understand(said));
    }
}

#[test]
fn a_list_grows_and_shrinks() {
    talk(&[
        ("What's on my shopping list?", "You have no shopping list."),
        ("Add milk and eggs to the shopping list.", "I started a shopping list with milk and eggs."),
        (
            "Add milk, bread and butter to my shopping list, please.",
            "I added bread and butter to the shopping list; milk was already on it.",
        ),
        ("Put an egg on the list.", "An egg is already on the shopping list."),
        ("Please put some Earl Grey tea on the grocery list.", "I added Earl Grey tea to the shopping list."),
        ("What's on the list?", "The shopping list has 5 things on it: milk, eggs, bread, butter and Earl Grey tea."),
        ("Is milk on the list?", "Yes, milk is on the shopping list."),
        ("Are there any bananas on my shopping list?", "No, bananas are not on the shopping list."),
        ("Remove milk and cheese from the list.", "I took milk off the shopping list; cheese was not on it."),
        ("Cross off the tea from the shopping list.", "I took Earl Grey tea off the shopping list."),
        ("Remove the last item from the list.", "I took butter off the shopping list."),
        ("How many things are on my shopping list?", "There are 2 things on the shopping list."),
        ("Clear the shopping list.", "I cleared the shopping list. It had 2 things on it."),
        ("Read me my shopping list.", "The shopping list is empty."),
    ]);
}

#[test]
fn there_may_be_several_lists() {
    talk(&[
        ("What lists do I have?", "You have no lists yet."),
        ("Make a list called holiday.", "I started a holiday list."),
        ("Add sunscreen to the list.", "I added sunscreen to the holiday list."),
        ("Add a hat to holiday.", "I added a hat to the holiday list."),
        ("Add call mum and dad to my to do list.", "I started a to-do list with call mum and dad."),
        ("Which lists do I have?", "You have 2 lists: holiday and to-do."),
        ("What's on the holiday list?", "The holiday list has 2 things on it: sunscreen and a hat."),
        ("Delete the holiday list.", "I deleted the holiday list with 2 things on it."),
        ("What's on the holiday list?", "(pass)"),
        ("What's on my list called holiday?", "You have no holiday list."),
        ("Add salt to the water.", "(pass)"),
        ("Add something to my to-do list.", "What should I add to the to-do list?"),
    ]);
}

#[test]
fn notes_are_kept() {
    talk(&[
        ("Read my notes.", "You have no notes."),
        ("Take a note: the key is under the mat.", "Noted: The key is under the mat."),
        (
            "Make a note that Peter's birthday is on May 4th, and call him again.",
            "Noted: Peter's birthday is on May 4th, and call him again.",
        ),
        ("Note to self, buy stamps!", "Noted: Buy stamps!"),
        ("Read my notes.", "You have 3 notes. The key is under the mat. Peter's birthday is on May 4th, and call him again. Buy stamps!"),
        ("What did I note about the key?", "You noted: The key is under the mat."),
        ("Do I have a note about Paul?", "You have no note about Paul."),
        ("Delete the last note.", "I deleted the note: Buy stamps!"),
        ("Delete note two.", "I deleted the note: Peter's birthday is on May 4th, and call him again."),
        ("Delete all my notes.", "I deleted your note."),
        ("Take a note.", "What shall I write down?"),
    ]);
}

#[test]
fn a_question_is_answered_or_taken_back() {
    let mut store = Memory::default();
    let mut answer = |question: &Question, text: &str| match answered(&mut store, question, text).unwrap() {
        Some(Reply::Said(speech) | Reply::Asked(speech, _)) => speech,
        None => "(pass)".into(),
    };
    assert_eq!(answer(&Question::Note, "The bins go out on Monday."), "Noted: The bins go out on Monday.");
    assert_eq!(answer(&Question::Note, "Never mind."), "Never mind, then.");
    assert_eq!(answer(&Question::Add("shopping".into()), "Milk and eggs."), "I started a shopping list with milk and eggs.");
    assert_eq!(answer(&Question::DeleteLists, "What is the capital of France?"), "(pass)");
    assert_eq!(answer(&Question::DeleteLists, "No, thank you."), "All right, nothing was deleted.");
    let which = Question::WhichNote(vec!["call Peter".into(), "Peter's birthday".into()]);
    assert_eq!(answer(&which, "Tell me a story about Peter."), "(pass)");
    assert_eq!(answer(&which, "The birthday one."), "I deleted the note: Peter's birthday.");
}

/// Text that is no request costs little, however long and odd it is.
#[test]
fn any_text_is_taken_and_soon() {
    let pieces = [
        "add ", "to ", "my ", "list ", "and ", "um ", "note: ", "delete ", "the ", "milk, ", "note ", "'", "\u{202e}", "é", "\n", "\t",
        "-", "about ",
    ];
    let mut seed = 12_345_u64;
    for round in 0..200 {
        let mut text = String::new();
        for _ in 0..round {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let _ = (understand(&phrase::plain(&text)), crate::command::doubt(&text, &[]));
    }
    for piece in pieces {
        let text = piece.repeat(100_000 / piece.len());
        let begin = std::time::Instant::now();
        let _ = (understand(&phrase::plain(&text)), crate::command::doubt(&text, &[]));
        assert!(begin.elapsed().as_millis() < 2000, "{piece:?} took {:?}", begin.elapsed());
    }
}

#[test]
fn the_rest_is_left_to_the_model() {
    let mut store = Memory::default();
    say(&mut store, "add milk to the shopping list").unwrap();
    for said in [
        "Note that I am vegetarian.",
        "What is a shopping list?",
        "List the planets.",
        "Make a list of ten German cities.",
        "How do I add an item to a list in Python?",
        "Write a function to reverse a linked list.",
        "Add five to the list in Python.",
        "What's on the wine list?",
        "Write a note of thanks to my teacher.",
        "Make me a packing list for Norway.",
        "What notes are in a C major chord?",
        "Remind me to buy milk.",
        "I made a list of my favourite books.",
        "Remove the background from the picture.",
        "Is Pluto on the list of planets?",
        "What should I put on my list for a party?",
        "Add me to the mailing list.",
        "Write down three facts about cats.",
        "Take milk out of the fridge.",
        "Clear the table.",
        "Is there life on Mars?",
        "Put the kettle on.",
        "Read me a story.",
        "Add 3 and 4.",
        "",
    ] {
        let reply = say(&mut store, said);
        assert_eq!(reply, None, "{said}");
        assert_eq!(crate::command::doubt(said, &[]), None, "{said}");
    }
}
