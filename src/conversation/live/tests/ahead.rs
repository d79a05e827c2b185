//! What is read of an utterance before its pause.

use super::*;

#[tokio::test(start_paused = true)]
async fn of_what_is_not_for_her_only_the_beginning_is_read_however_long_it_lasts() {
    let mut scene = Scene::new("[wake]\nphrase = \"hey jane\"\n");
    scene.world.will_hear("And now the weather for");
    for _ in 0..4 {
        scene.speech(4_000).await;
        scene.silence(170).await;
    }
    // A lead, an onset, and two words.
    assert_eq!(scene.world.read(), [2_300]);
    scene.silence(200).await;
    assert_eq!(scene.dropped(), [DropReason::NotAddressed]);
    scene.speech(40_000).await;
    assert_eq!(scene.world.read(), [2_300; 3], "29 s are one utterance");
    scene.silence(500).await;
    assert_eq!(scene.world.prompts(), 0);
    assert!(partials(&scene).is_empty());
    // Who calls her is read to the end.
    scene.world.will_hear("Hey Jane, what time is it?");
    scene.speech(4_000).await;
    scene.silence(600).await;
    assert_eq!(scene.prompt(), ["what time is it?"]);
    let read = scene.world.read();
    assert!(read.last().is_some_and(|last| *last > 4_000), "{read:?}");
}

#[tokio::test(start_paused = true)]
async fn words_are_shown_as_they_are_said_and_what_was_right_is_read_once() {
    let mut scene = Scene::new("");
    scene.world.will_answer("Paris.");
    scene.world.will_hear("What is");
    scene.speech(1_600).await;
    assert_eq!(partials(&scene), ["What is"]);
    scene.world.will_hear("What is the capital");
    scene.speech(1_000).await;
    assert_eq!(partials(&scene), ["What is", "What is the capital"]);
    scene.world.will_hear("What is the capital of France?");
    let before = scene.world.read().len();
    // The answer is on its way before the utterance has paused, and nothing of it is made again.
    scene.silence(80).await;
    assert_eq!(scene.world.read().len(), before + 1);
    assert_eq!(scene.world.prompts(), 1);
    scene.silence(1_000).await;
    assert_eq!(scene.world.read().len(), before + 1);
    assert_eq!(scene.world.prompts(), 1);
    assert_eq!(scene.prompt(), ["What is the capital of France?"]);
    assert_eq!(
        partials(&scene).last(),
        Some(&"What is the capital of France?")
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_within_a_word_costs_a_reading_at_most_and_no_turn() {
    let mut scene = Scene::new("");
    scene.world.will_read_for(Duration::from_millis(50));
    scene.world.will_hear("What is");
    scene.speech(600).await;
    scene.silence(80).await;
    scene.speech(600).await;
    scene.world.will_hear("What is this?");
    scene.silence(600).await;
    assert_eq!(scene.prompt(), ["What is this?"]);
    assert_eq!(scene.world.prompts(), 1);
}

fn partials(scene: &Scene) -> Vec<&str> {
    let events = scene.seen.iter();
    events
        .filter_map(|event| match event {
            Event::TranscriptPartial { text } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
