//! What is cut from a conversation is folded into a summary, or not, and never in the way of anything.

use proptest::prelude::*;

use super::*;

#[tokio::test]
async fn what_is_cut_is_folded_and_joins_the_system_message_at_its_end() {
    let llm = Arc::new(Fake::new(window(900, 50)).with_summary("They talked\nabout numbers."));
    let mut conversation = full(&llm, &Events::new()).await;
    conversation.maintain().await;
    let expected = format!("{SYSTEM}\n\nEarlier in this conversation: They talked about numbers.");
    assert_eq!(llm.last_prepared()[0].content, expected);
    let dialogue = conversation.history.dialogue(0);
    assert_eq!(dialogue.instructions.as_deref(), Some(SYSTEM));
    assert_eq!(dialogue.summary, "They talked about numbers.");
    let asked = llm.last_aside();
    assert!(asked[1].content.contains("User: question 0 word"));
    assert!(!asked[1].content.contains("What came before"));

    // The next summary is made of this one and what was cut since.
    for number in 100..120 {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
        conversation.maintain().await;
    }
    let asked = llm.last_aside();
    assert!(
        asked[1]
            .content
            .contains("What came before, in short: They talked about numbers.")
    );
    assert!(!asked[1].content.contains("User: question 0 word"));
    assert!(conversation.history.cut().is_empty());

    conversation.set_prompt(SYSTEM, &Context::default());
    conversation.maintain().await;
    assert_eq!(llm.last_prepared()[0].content, SYSTEM);
}

#[tokio::test]
async fn a_fold_that_is_cut_short_anywhere_is_taken_up_again() {
    for polls in 0..40 {
        let llm = Arc::new(Fake::new(window(900, 50)).with_summary("They talked about numbers."));
        let events = Events::new();
        let mut receiver = events.subscribe();
        let mut conversation = full(&llm, &events).await;
        let said = conversation.history.dialogue(0).messages();
        interrupted_maintenance(&mut conversation, polls).await;
        ask(&mut conversation, "question in between answer with 3")
            .await
            .unwrap();
        conversation.maintain().await;
        assert!(conversation.history.cut().is_empty());
        assert_eq!(conversation.history.summary(), "They talked about numbers.");
        let kept = conversation.history.dialogue(0).messages();
        let cut = pruned(&mut receiver) as usize;
        assert!(cut > 0 && kept.len() == said.len() + 2 - 2 * cut);
        assert_eq!(kept[1..kept.len() - 2], said[1 + 2 * cut..]);
    }
}

#[tokio::test]
async fn a_fold_that_fails_costs_nothing() {
    let llm = Arc::new(Fake::new(window(900, 50)).with_failing_asides(2));
    let mut conversation = full(&llm, &Events::new()).await;
    for number in 0..2 {
        conversation.maintain().await;
        assert_eq!(conversation.history.summary(), "");
        assert!(!conversation.history.cut().is_empty());
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
    }
    conversation.maintain().await;
    assert_eq!(conversation.history.summary(), "In short.");
    assert!(conversation.history.cut().is_empty());
}

#[tokio::test]
async fn a_summary_is_bounded_and_of_one_line() {
    let endless = "word\n\u{1F600} ".repeat(10_000);
    let llm = Arc::new(Fake::new(window(4000, 50)).with_summary(&endless));
    let mut conversation = conversation(&llm, &summarising(), &Events::new());
    let mut number = 0;
    while conversation.history.summary().is_empty() {
        ask(&mut conversation, &question(number, 10, 40))
            .await
            .unwrap();
        conversation.maintain().await;
        number += 1;
    }
    let summary = conversation.history.summary();
    assert!(summary.len() <= crate::context::summary::SUMMARY_BYTES && !summary.contains('\n'));
}

#[tokio::test]
async fn of_what_is_cut_only_the_newest_that_fits_beside_the_conversation_is_folded() {
    let llm = Arc::new(Fake::new(window(1000, 50)));
    let context = Context {
        low_water: 0.9,
        ..summarising()
    };
    let mut conversation = conversation(&llm, &context, &Events::new());
    ask(&mut conversation, &question(0, 500, 40)).await.unwrap();
    for number in 1..12 {
        ask(&mut conversation, &question(number, 10, 40))
            .await
            .unwrap();
        conversation.maintain().await;
    }
    let (asked, room) = llm.asides().remove(0);
    let text = &asked[1].content;
    assert!(
        !text.contains("question 0") && text.contains("Assistant: "),
        "{text}"
    );
    assert!(llm.read(&asked) + crate::context::summary::SUMMARY_TOKENS <= room);
    assert!(conversation.history.cut().is_empty());
}

proptest! {
    #[test]
    fn the_newest_part_of_a_text_is_its_end_and_fits(text in "(\\PC| ){0,60}", bytes in 0..80_usize) {
        let part = crate::context::summary::newest(&text, bytes);
        prop_assert!(text.ends_with(part) && part.len() <= bytes);
        prop_assert!(part.len() < text.len() || bytes >= text.len());
    }
}
