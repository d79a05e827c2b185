//! A typed conversation: lines in, answers out, one history.

use crate::common::Home;

#[test]
fn the_second_turn_remembers_the_first_and_reuses_its_tokens() {
    let home = Home::new();
    home.write_config("[llm]\nseed = 5\ntemperature = 0\nmax_reply_tokens = 40\n");
    let mut chat = home.start(&["chat", "--silent"]);
    chat.write_line("What is the capital of France?");
    let first = chat.wait_for("turn.ended");
    chat.write_line("");
    chat.write_line("And of Italy?");
    let second = chat.wait_for("turn.ended");
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0));
    assert_eq!(run.all("reply").len(), 2);

    // The system prompt was read while the model was loaded, and the second prompt begins with the whole first exchange.
    assert!(first["reused_tokens"].as_u64().unwrap() > 0, "{first}");
    let (prompt, reused) = (
        second["prompt_tokens"].as_u64().unwrap(),
        second["reused_tokens"].as_u64().unwrap(),
    );
    assert!(
        reused > first["prompt_tokens"].as_u64().unwrap(),
        "{second}"
    );
    assert!(prompt - reused < 40, "{second}");
}

#[test]
fn a_conversation_longer_than_the_window_forgets_its_beginning_and_goes_on() {
    let home = Home::new();
    home.write_config("[llm]\ncontext_window = 512\nmax_reply_tokens = 60\ntemperature = 0\n");
    let mut chat = home.start(&["chat", "--silent"]);
    for number in 0..12 {
        chat.write_line(&format!(
            "Tell me something about the number {number}, please, in one sentence."
        ));
        chat.wait_for("turn.ended");
    }
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert_eq!(run.all("reply").len(), 12);
    assert!(!run.all("context.pruned").is_empty());
    assert!(
        run.all("turn.ended")
            .iter()
            .all(|turn| turn["prompt_tokens"].as_u64().unwrap() <= 512)
    );
}

#[test]
fn a_question_that_cannot_fit_is_refused_and_the_conversation_goes_on() {
    let home = Home::new();
    home.write_config("[llm]\ncontext_window = 512\nmax_reply_tokens = 60\n");
    let mut chat = home.start(&["chat", "--silent"]);
    chat.write_line(&"far too long ".repeat(500));
    let error = chat.wait_for("error");
    assert!(
        error["message"].as_str().unwrap().contains("tokens"),
        "{error}"
    );
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("llm.context_window"),
        "{error}"
    );
    chat.write_line("Hello!");
    chat.wait_for("reply");
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}
