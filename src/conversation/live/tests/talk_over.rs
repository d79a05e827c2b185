//! What is said over her, and how she yields.

use super::*;

#[tokio::test(start_paused = true)]
async fn who_speaks_over_her_gets_the_floor_and_the_history_holds_what_was_heard() {
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.say("Count.").await;
    scene.silence(300).await;
    assert!(scene.is_loud());
    scene.world.will_answer("Fine.");
    scene.world.will_hear("What else is there?");
    scene.speech(170).await;
    let quiet = scene.lately(30).to_vec();
    assert!(
        quiet.iter().all(|loudest| (0.05..0.2).contains(loudest)),
        "{quiet:?}"
    );
    scene.speech(130).await;
    assert!(scene.is_silent(), "it held");
    scene.speech(500).await;
    scene.silence(500).await;
    let cuts = scene.cuts();
    assert_eq!(cuts.len(), 1);
    let words = cuts[0].split_whitespace().count();
    // She spoke for about 0.75 s, a tenth of a second a word.
    assert!(
        (6..=8).contains(&words) && LONG.starts_with(cuts[0]),
        "{cuts:?}"
    );
    let wanted = ["Count.", cuts[0], "What else is there?"].map(str::to_owned);
    assert_eq!(scene.prompt(), wanted);
    scene.silence(1_000).await;
    assert_eq!(scene.outcomes(), ["interrupted", "answered"]);
    assert!(scene.is_silent());
}

#[tokio::test(start_paused = true)]
async fn a_cough_makes_her_quieter_for_a_moment_and_costs_no_word() {
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.say("Count.").await;
    scene.world.will_hear("Koff, koff, koff, koff.");
    scene.speech(220).await;
    scene.silence(300).await;
    assert!(scene.is_loud());
    scene.silence(1_000).await;
    assert_eq!(scene.dropped(), [DropReason::Short]);
    assert_eq!(
        (scene.cuts().len(), scene.outcomes()),
        (0, vec!["answered"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_sign_to_go_on_gives_the_voice_back_where_it_was() {
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.say("Count.").await;
    scene.world.will_hear("Mm-hm.");
    scene.speech(400).await;
    assert!(scene.is_silent());
    scene.silence(250).await;
    assert!(scene.is_loud());
    scene.silence(1_000).await;
    assert_eq!(scene.dropped(), [DropReason::Backchannel]);
    assert_eq!(scene.outcomes(), ["answered"]);
    let sounding = scene.heard.iter().filter(|loudest| **loudest > 0.0).count();
    assert!(
        (99..=104).contains(&sounding),
        "all of the second was heard: {sounding}"
    );
}

#[tokio::test(start_paused = true)]
async fn stop_needs_no_model_and_works_however_short() {
    for milliseconds in [220, 600] {
        let mut scene = Scene::new("");
        scene.world.will_answer(LONG);
        scene.say("Count.").await;
        scene.world.will_hear("Stop!");
        scene.speech(milliseconds).await;
        scene.silence(250).await;
        assert!(scene.is_silent());
        assert_eq!(
            (scene.outcomes(), scene.dropped()),
            (vec!["stop"], vec![DropReason::Stop])
        );
        assert_eq!(scene.prompt(), ["Count."]);
        scene.world.will_answer("Yes.");
        scene.say("Are you there?").await;
        let heard = scene.cuts()[0].to_owned();
        assert_eq!(
            scene.prompt(),
            ["Count.".to_owned(), heard, "Are you there?".to_owned()]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_heard_enough_ends_her_and_nothing_is_asked_of_the_model() {
    for said in [
        "No.",
        "Okay, thank you.",
        "Thanks, that's enough.",
        "Got it.",
        "Hold on.",
    ] {
        for milliseconds in [220, 700] {
            let mut scene = Scene::new("");
            scene.world.will_answer(LONG);
            scene.say("Count.").await;
            scene.silence(200).await;
            scene.world.will_hear(said);
            scene.speech(milliseconds).await;
            scene.silence(400).await;
            assert!(scene.is_silent(), "{said}");
            assert_eq!(scene.outcomes(), ["stop"], "{said}");
            scene.silence(3_000).await;
            assert_eq!(scene.world.prompts(), 1, "{said}");
            assert_eq!(scene.world.spoken(), [LONG], "{said}");
            let heard = scene.cuts()[0].to_owned();
            assert!(!heard.is_empty() && LONG.starts_with(&heard));
            scene.world.will_answer("Yes.");
            scene.say("Are you there?").await;
            let asked = ["Count.", &heard, "Are you there?"].map(str::to_owned);
            assert_eq!(scene.prompt(), asked);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_no_to_a_question_of_hers_is_an_answer_and_one_that_goes_on_is_a_turn() {
    let mut scene = Scene::new("");
    scene.world.will_answer("Shall I go on with that, my dear?");
    scene.say("Count.").await;
    scene.silence(200).await;
    scene.world.will_answer("Good.");
    scene.world.will_hear("No.");
    scene.speech(300).await;
    scene.silence(800).await;
    assert_eq!(scene.prompt().last().unwrap(), "No.");
    // Over a story it would end her, were it all.
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.say("Count.").await;
    scene.world.will_hear("No.");
    scene.speech(400).await;
    scene.silence(160).await;
    scene.world.will_answer("Eleven.");
    scene.say("No, count from eleven.").await;
    scene.silence(800).await;
    assert_eq!(scene.prompt().last().unwrap(), "No, count from eleven.");
    assert_eq!(scene.outcomes(), ["interrupted", "answered"]);
}

#[tokio::test(start_paused = true)]
async fn her_own_words_that_come_back_are_no_question() {
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.say("Count.").await;
    scene.world.will_hear("Two three four five.");
    scene.speech(400).await;
    scene.silence(1_300).await;
    assert_eq!(
        (scene.dropped(), scene.outcomes()),
        (vec![DropReason::Echo], vec!["answered"])
    );
}

#[tokio::test(start_paused = true)]
async fn she_begins_nothing_while_somebody_speaks() {
    let mut scene = Scene::new("");
    scene.world.will_think_for(Duration::from_millis(500));
    scene.world.will_answer(LONG);
    scene.world.will_hear("What is this?");
    scene.speech(1_000).await;
    scene.silence(400).await;
    // A cough begins before her first word is there, and ends behind it.
    scene.world.will_hear("");
    scene.speech(260).await;
    assert!(scene.heard.iter().all(|loudest| *loudest == 0.0));
    scene.silence(2_500).await;
    assert_eq!(scene.outcomes(), ["answered"]);
    assert_eq!(scene.cuts().len(), 0);
    let loud = scene.heard.iter().filter(|loudest| **loudest > 0.4);
    assert!(loud.count() > 95, "no word is lost");
}

#[tokio::test(start_paused = true)]
async fn what_is_said_as_she_finishes_is_a_question_like_any_other() {
    let mut scene = Scene::new("");
    scene.world.will_answer("One two three four five.");
    scene.say("Count.").await;
    // Her half second is nearly over when somebody speaks, and goes on long after it.
    scene.silence(130).await;
    assert!(scene.is_loud());
    scene.world.will_answer("Fine.");
    scene.world.will_hear("What else is there?");
    scene.speech(1_000).await;
    scene.silence(800).await;
    assert_eq!(
        scene.outcomes(),
        ["answered", "answered"],
        "{:?}",
        scene.dropped()
    );
    let wanted = ["Count.", "One two three four five.", "What else is there?"];
    assert_eq!(scene.prompt(), wanted);
}

#[tokio::test(start_paused = true)]
async fn a_yes_to_a_question_of_hers_is_an_answer_also_while_she_asks() {
    let mut scene = Scene::new("");
    scene.world.will_answer("Shall I go on with that, my dear?");
    scene.say("Count.").await;
    scene.silence(200).await;
    scene.world.will_answer("Good.");
    scene.world.will_hear("Yeah.");
    scene.speech(300).await;
    scene.silence(800).await;
    assert_eq!(scene.dropped(), []);
    assert_eq!(scene.prompt().last().unwrap(), "Yeah.");
}
