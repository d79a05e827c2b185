//! A conversation far longer than the context window, with the real model and with a server that keeps what it was asked.

use crate::common::openai::OpenAiServer;
use crate::common::{Home, models};
use serde_json::Value;

const WINDOW: u64 = 512;

/// The conversation is so many times as long as the window.
const TIMES: u64 = 20;

const PINNED: &str = "The owner is called Ana.";

fn config(more: &str) -> String {
    format!(
        "[context]\npinned = [{PINNED:?}]\n[llm]\ncontext_window = {WINDOW}\nmax_reply_tokens = 60\n{more}"
    )
}

fn number(event: &Value, key: &str) -> u64 {
    event[key]
        .as_u64()
        .unwrap_or_else(|| panic!("`{key}` in {event}"))
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

#[test]
fn a_conversation_twenty_times_as_long_as_the_window_stays_quick_and_never_overflows() {
    let home = Home::new();
    home.write_config(&config(""));
    let mut chat = home.start(&["chat", "--silent"]);
    let (mut tokens, mut turn) = (0, 0);
    while tokens < TIMES * WINDOW {
        turn += 1;
        chat.write_line(&format!(
            "Tell me something about the number {turn}, please, in one short sentence."
        ));
        let ended = chat.wait_for("turn.ended");
        // What this turn added to the conversation.
        tokens += number(&ended, "reply_tokens") + 20;
    }
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0));

    let turns = run.all("turn.ended");
    assert!(turns.iter().all(|turn| turn["outcome"] == "answered"));
    let prompts: u64 = turns.iter().map(|turn| number(turn, "prompt_tokens")).sum();
    let reused: u64 = turns.iter().map(|turn| number(turn, "reused_tokens")).sum();
    let largest = turns.iter().map(|turn| number(turn, "prompt_tokens"));
    let largest = largest.max().unwrap();
    // What is computed before the first token is the question, not the conversation, and so does not grow with it.
    let computed: Vec<u64> = turns
        .iter()
        .map(|turn| number(turn, "prompt_tokens") - number(turn, "reused_tokens"))
        .collect();
    let first_token: Vec<u64> = turns
        .iter()
        .map(|turn| number(turn, "llm_first_token_ms"))
        .collect();
    let third = turns.len() / 3;
    let [early, late] = [0..third, turns.len() - third..turns.len()].map(|range| {
        (
            median(computed[range.clone()].to_vec()),
            median(first_token[range].to_vec()),
        )
    });
    let pruned = run.all("context.pruned");
    println!(
        "{} turns, about {tokens} tokens in a window of {WINDOW}; largest prompt {largest}; {:.1} % of prompt tokens reused; \
         pruned {} times; computed before the first token (median, first and last third): {} and {} tokens, {} and {} ms",
        turns.len(),
        100.0 * reused as f64 / prompts as f64,
        pruned.len(),
        early.0,
        late.0,
        early.1,
        late.1,
    );
    assert!(
        largest + 60 <= WINDOW,
        "a prompt of {largest} tokens leaves no room for a reply"
    );
    assert!(reused * 10 > prompts * 8);
    assert!(late.0 <= early.0 + 8, "{early:?} grew to {late:?}");
    assert!(pruned.len() > 10);
    for event in pruned {
        assert!(number(event, "turns") > 0 && number(event, "tokens") > 0);
    }
}

#[test]
fn the_system_prompt_and_what_is_pinned_are_in_every_prompt() {
    let home = Home::new();
    let server = OpenAiServer::start("alpha");
    let remote = format!(
        "backend = \"openai\"\nmodel = \"alpha\"\n[llm.remote]\nurl = \"{}\"\n",
        server.url()
    );
    home.write_config(&config(&remote));
    let mut chat = home.start(&["chat", "--silent"]);
    for turn in 0..60 {
        let filler = "and so on ".repeat(turn % 12);
        chat.write_line(&format!("Question {turn}: {filler}what now?"));
        chat.wait_for("turn.ended");
        chat.wait_for("listening");
    }
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0));
    assert!(!run.all("context.pruned").is_empty());
    let prompts: Vec<Value> = server
        .received()
        .iter()
        .map(|received| received.json()["messages"].clone())
        .collect();
    assert_eq!(prompts.len(), 60);
    let first = &prompts[0][0];
    assert!(
        first["content"].as_str().unwrap().contains(PINNED),
        "{first}"
    );
    for (turn, messages) in prompts.iter().enumerate() {
        let messages = messages.as_array().unwrap();
        assert_eq!(messages[0], *first, "byte for byte the same");
        let question = messages.last().unwrap()["content"].as_str().unwrap();
        assert!(
            question.starts_with(&format!("Question {turn}:")),
            "{question}"
        );
        // Whole exchanges, the newest of them.
        assert_eq!(messages.len() % 2, 0);
        let oldest = turn - (messages.len() - 2) / 2;
        if oldest < turn {
            let oldest_question = messages[1]["content"].as_str().unwrap();
            assert!(oldest_question.starts_with(&format!("Question {oldest}:")));
        }
    }
}

#[test]
fn what_is_cut_is_folded_into_a_summary_while_nobody_waits() {
    let home = Home::new();
    home.write_config(&config("").replace("[context]", "[context]\nsummary = true"));
    let mut chat = home.start(&["chat", "--silent"]);
    let mut turn = 0;
    while chat
        .seen()
        .iter()
        .filter(|event| event["event"] == "context.folded")
        .count()
        < 2
    {
        turn += 1;
        assert!(turn < 60, "nothing is folded");
        chat.write_line(&format!(
            "My number {turn} is {}. What do you think of it?",
            turn * 7
        ));
        chat.wait_for("turn.ended");
        // Nobody asks before the upkeep is done.
        chat.wait_for("idle");
    }
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0));
    let window = run
        .all("turn.ended")
        .iter()
        .all(|turn| number(turn, "prompt_tokens") + 60 <= WINDOW);
    assert!(window);
}

#[test]
fn instructions_are_computed_once_and_what_was_kept_of_them_damaged_is_computed_again() {
    let home = Home::new();
    let question = "Name the largest ocean.";
    let model = crate::common::models::model_that_is_asked(home.path(), "computed-once", question);
    // The template says the same whatever the instructions are: what is kept does not depend on them.
    home.write_config(&format!(
        "[llm]\nmodel = {model:?}\nmax_reply_tokens = 20\n"
    ));
    let prefixes = models().join(".cache/jane-llama");
    let kept = || -> Vec<_> {
        let directories = std::fs::read_dir(&prefixes).into_iter().flatten().flatten();
        let entries =
            directories.flat_map(|own| std::fs::read_dir(own.path()).into_iter().flatten());
        entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("computed-once-"))
            })
            .collect()
    };
    let ask = || {
        let run = home.run(&["ask", "--silent", question]);
        assert_eq!(run.code(), Some(0), "{run:#?}");
        run.only("reply")["text"].clone()
    };
    let times = |text: &str| home.log().matches(text).count();
    let reply = ask();
    assert_eq!(times("the instructions are read back"), 0);
    let [file] = kept().try_into().unwrap();
    let whole = std::fs::read(&file).unwrap();
    assert_eq!(ask(), reply);
    assert_eq!(times("the instructions are read back"), 1);

    for (times_damaged, damaged) in [
        whole[..whole.len() / 2].to_vec(),
        vec![0xff; whole.len()],
        Vec::new(),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(&file, damaged).unwrap();
        assert_eq!(ask(), reply);
        assert_eq!(
            times("is not usable and is computed again"),
            times_damaged + 1
        );
        assert_eq!(std::fs::read(&file).unwrap().len(), whole.len());
    }
    std::fs::remove_file(file).unwrap();
}
