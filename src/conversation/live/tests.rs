//! The live conversation with engines that do as they are told, on a stream that is moved by hand. Time stands still but for the stream.

mod ahead;
mod fake;
mod talk_over;

use std::time::Duration;

use jane_audio::duplex::manual::ManualStream;
use jane_core::event::{DropReason, Stamped};
use jane_skills::{Announcement, SkillRegistry, SkillRequest, Urgency};
use jane_turn_detection::fake::Fake;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, channel};
use tokio::task::JoinHandle;

use super::*;
use fake::{Part, World, runtime, shipped};

/// A person and Jane, face to face.
struct Scene {
    hand: ManualStream,
    world: World,
    skills: SkillRegistry,
    events: UnboundedReceiver<Stamped>,
    seen: Vec<Event>,
    controls: Sender<Control>,
    /// What a skill wants.
    wishes: Sender<SkillRequest>,
    talk: JoinHandle<()>,
    /// Of each 10 ms, the loudest sample that she played.
    heard: Vec<f32>,
}

impl Scene {
    fn new(config: &str) -> Self {
        Self::with(config, true, SkillRegistry::none())
    }

    fn with(config: &str, listens: bool, skills: SkillRegistry) -> Self {
        let (events, world) = (Events::new(), World::default());
        let receiver = events.subscribe();
        let runtime = runtime(config, &world, skills.clone(), &events);
        let settings = FrontendSettings::of(&runtime.in_force().config.hearing);
        let (hand, line) = DuplexStream::by_hand();
        let mut live = Live::new(Parts {
            frontend: SpeechFrontend::new(settings, Box::new(Fake)),
            runtime,
            events,
            line,
            speaks: true,
            listens,
            reopen: None,
        });
        let (wishes, wished) = channel(1);
        live.spare = Spare::new(4);
        live.requests = SkillRequests::from(Some(wished), live.events.clone());
        let (controls, orders) = channel(1);
        Self {
            hand,
            world,
            skills,
            events: receiver,
            seen: Vec::new(),
            controls,
            wishes,
            talk: tokio::spawn(live.run(orders)),
            heard: Vec::new(),
        }
    }

    async fn milliseconds(&mut self, milliseconds: usize, captured: f32) {
        for _ in 0..milliseconds / 10 {
            let played = self.hand.frame([captured; FRAME]);
            self.heard.push(
                played
                    .iter()
                    .fold(0.0, |most, sample| most.max(sample.abs())),
            );
            // With a clock that stands, this ends when everybody else waits.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        while let Ok(stamped) = self.events.try_recv() {
            self.seen.push(stamped.event);
        }
    }

    /// A skill wants something said.
    async fn wish(&mut self, text: &str, urgency: Urgency) {
        let said = SkillRequest::Say(Announcement {
            skill: "one".to_owned(),
            text: text.to_owned(),
            urgency,
            expect_reply: false,
            session: None,
            entry: None,
        });
        self.wishes.send(said).await.unwrap();
    }

    async fn speech(&mut self, milliseconds: usize) {
        self.milliseconds(milliseconds, 0.9).await;
    }

    async fn silence(&mut self, milliseconds: usize) {
        self.milliseconds(milliseconds, 0.0).await;
    }

    /// Somebody says `text` for a second, and waits for it to count as said.
    async fn say(&mut self, text: &str) {
        self.world.will_hear(text);
        self.speech(1_000).await;
        self.silence(500).await;
    }

    /// What was heard of her lately, one value for each 10 ms.
    fn lately(&self, milliseconds: usize) -> &[f32] {
        &self.heard[self.heard.len() - milliseconds / 10..]
    }

    /// Whether she is as loud as she speaks: 0.5 in these scenes.
    fn is_loud(&self) -> bool {
        self.lately(30).iter().all(|loudest| *loudest > 0.4)
    }

    fn is_silent(&self) -> bool {
        self.lately(30).iter().all(|loudest| *loudest == 0.0)
    }

    fn outcomes(&self) -> Vec<&'static str> {
        let outcome = |event: &Event| match event {
            Event::TurnEnded { outcome, .. } => Some(outcome.word()),
            _ => None,
        };
        self.seen.iter().filter_map(outcome).collect()
    }

    fn dropped(&self) -> Vec<DropReason> {
        let reason = |event: &Event| match event {
            Event::SpeechDropped { reason, .. } => Some(*reason),
            _ => None,
        };
        self.seen.iter().filter_map(reason).collect()
    }

    fn cuts(&self) -> Vec<&str> {
        let heard = |event: &'_ Event| match event {
            Event::ReplyCut { heard, .. } => Some(heard.clone()),
            _ => None,
        };
        self.seen
            .iter()
            .filter_map(heard)
            .map(String::leak)
            .map(|heard| &*heard)
            .collect()
    }

    /// What she was asked and answered before, and asked last, as the model was told it last.
    fn prompt(&self) -> Vec<String> {
        self.world.last_prompt()
    }
}

/// A second of speech and a tenth of that.
const LONG: &str = "one two three four five six seven eight nine ten";

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_when_it_is_over_and_the_work_begins_before() {
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.world.will_hear("What is this?");
    scene.speech(1_000).await;
    scene.silence(200).await;
    // The recogniser, the model and the voice are through, and nobody has said anything.
    assert_eq!(scene.world.spoken(), [LONG]);
    assert!(
        scene
            .seen
            .iter()
            .all(|event| !matches!(event, Event::TurnStarted { .. }))
    );
    assert!(scene.is_silent());
    scene.silence(300).await;
    assert!(scene.is_loud());
    scene.silence(1_500).await;
    assert!(scene.is_silent());
    assert_eq!(scene.outcomes(), ["answered"]);
    let names: Vec<_> = scene.seen.iter().map(name).collect();
    let told = [
        "listening",
        "idle",
        "speech.started",
        "transcript.partial",
        "turn.started",
        "transcript",
        "reply.delta",
        "sentence",
        "reply",
        "turn.ended",
        "listening",
        "idle",
    ];
    assert_eq!(names, told);
    let Some(Event::TurnEnded { waterfall, .. }) = scene
        .seen
        .iter()
        .find(|event| matches!(event, Event::TurnEnded { .. }))
    else {
        panic!("{names:?}");
    };
    let first_audio = waterfall.first_audio_ms.unwrap();
    assert!((250..350).contains(&first_audio), "{waterfall:?}");
    assert!(
        (waterfall.audio_seconds - 1.0).abs() < 0.01,
        "{waterfall:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_skill_cuts_her_off_only_where_it_is_urgent() {
    for (urgency, outcome) in [
        (Urgency::Interrupt, "announcement"),
        (Urgency::Normal, "answered"),
        (Urgency::Background, "answered"),
    ] {
        let mut scene = Scene::new("");
        scene.world.will_answer(LONG);
        scene.say("What is this?").await;
        assert!(scene.is_loud());
        scene.wish("The tea is ready.", urgency).await;
        scene.silence(8_000).await;
        assert_eq!(scene.outcomes(), [outcome, "announced"], "{urgency:?}");
        assert_eq!(scene.world.spoken(), [LONG, "The tea is ready."]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_skill_ends_the_turn_that_it_names_and_no_other() {
    for (turn, outcome) in [(1, "cancelled"), (2, "answered")] {
        let mut scene = Scene::new("");
        scene.world.will_answer(LONG);
        scene.say("What is this?").await;
        let skill = "one".to_owned();
        let cancel = SkillRequest::CancelTurn { skill, turn };
        scene.wishes.send(cancel).await.unwrap();
        scene.silence(3_000).await;
        assert_eq!(scene.outcomes(), [outcome]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_to_say_waits_and_is_said() {
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.say("What is this?").await;
    // More than may wait with her: the rest waits with whoever sends it.
    let wishes = scene.wishes.clone();
    let sending = tokio::spawn(async move {
        for number in 0..40 {
            let said = SkillRequest::Say(Announcement {
                skill: "one".to_owned(),
                text: format!("number {number}"),
                urgency: Urgency::Normal,
                expect_reply: false,
                session: None,
                entry: None,
            });
            wishes.send(said).await.unwrap();
        }
    });
    scene.silence(100).await;
    assert!(!sending.is_finished());
    scene.silence(60_000).await;
    let spoken = scene.world.spoken();
    let expected = (0..40).map(|number| format!("number {number}"));
    assert!(spoken[1..].iter().cloned().eq(expected), "{spoken:?}");
}

fn name(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap();
    value["event"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn what_does_not_sound_complete_is_waited_for() {
    let mut scene = Scene::new("");
    scene.world.will_hear("I want to and");
    scene.speech(1_000).await;
    scene.silence(900).await;
    assert_eq!(scene.outcomes().len() + scene.cuts().len(), 0);
    assert!(scene.is_silent());
    // It goes on: what was made of the beginning is forgotten.
    scene.world.will_answer("Good.");
    scene.say("I want to and I will.").await;
    scene.silence(1_000).await;
    assert_eq!(scene.outcomes(), ["answered"]);
    assert_eq!(scene.prompt(), ["I want to and I will."]);
    scene.world.will_answer("Yes.");
    scene.say("Really?").await;
    assert_eq!(
        scene.prompt(),
        ["I want to and I will.", "Good.", "Really?"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_in_what_is_dictated_does_not_end_it() {
    let mut scene = Scene::new("");
    scene.world.will_answer("Noted.");
    for (begun, whole) in [
        (
            "Take a note: buy milk.",
            "Take a note: buy milk. And call Anna.",
        ),
        (
            "Write down the number.",
            "Write down the number. Four two one.",
        ),
        (
            "Remind me to call Anna.",
            "Remind me to call Anna. Tomorrow.",
        ),
        (
            "Add milk and eggs.",
            "Add milk and eggs. To the shopping list.",
        ),
    ] {
        let before = scene.outcomes().len();
        scene.world.will_hear(begun);
        scene.speech(1_000).await;
        scene.silence(800).await;
        assert_eq!(scene.outcomes().len(), before, "{begun}");
        scene.world.will_hear(whole);
        scene.speech(1_000).await;
        scene.silence(3_000).await;
        assert_eq!(scene.prompt().last().unwrap(), whole);
        assert_eq!(scene.outcomes().len(), before + 1, "{begun}");
    }
    // What is whole is answered as soon as ever.
    scene.say("Remind me to call Anna tomorrow.").await;
    assert_eq!(scene.outcomes().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_goes_on_before_its_answer_is_heard_is_one_question() {
    let mut scene = Scene::new("");
    scene.world.will_think_for(Duration::from_millis(400));
    scene.world.will_answer("It depends.");
    scene.world.will_hear("What is the capital?");
    scene.speech(1_000).await;
    scene.silence(300).await;
    scene.world.will_answer("Paris.");
    scene.say("Of France?").await;
    scene.silence(1_500).await;
    assert_eq!(scene.prompt(), ["What is the capital? Of France?"]);
    assert_eq!(scene.outcomes(), ["interrupted", "answered"]);
    assert_eq!(scene.cuts(), [""]);
}

#[tokio::test(start_paused = true)]
async fn with_a_wake_phrase_she_has_to_be_called_but_not_twice() {
    let mut scene = Scene::new("[wake]\nphrase = \"hey jane\"\nfollow_up_seconds = 5\n");
    scene.say("What a day!").await;
    scene.silence(500).await;
    assert_eq!(
        (scene.dropped(), scene.world.prompts()),
        (vec![DropReason::NotAddressed], 0)
    );
    scene.world.will_answer("Noon.");
    scene.say("Hey Jane, what time is it?").await;
    scene.silence(500).await;
    assert_eq!(scene.prompt(), ["what time is it?"]);
    scene.silence(3_000).await;
    scene.world.will_answer("Monday.");
    scene.say("And what day is it?").await;
    scene.silence(500).await;
    assert_eq!(scene.outcomes(), ["answered", "answered"]);
    scene.silence(6_000).await;
    scene.say("What a day!").await;
    scene.silence(500).await;
    assert_eq!(scene.world.prompts(), 2);
    // Called alone, she waits for what is wanted.
    scene.say("Hey Jane.").await;
    scene.world.will_answer("Yes.");
    scene.say("Are you there?").await;
    assert_eq!(scene.world.prompts(), 3);
}

#[tokio::test(start_paused = true)]
async fn push_to_talk_ends_the_turn_with_the_key() {
    let mut scene = Scene::with("", false, SkillRegistry::none());
    scene.speech(1_000).await;
    scene.silence(1_000).await;
    assert_eq!(scene.world.prompts(), 0);
    scene.controls.send(Control::Listen(true)).await.unwrap();
    scene.world.will_hear("Tell me about the");
    scene.world.will_answer("What about it?");
    scene.speech(1_000).await;
    scene.controls.send(Control::Listen(false)).await.unwrap();
    scene.speech(300).await;
    // Not complete by its sound, but by the key.
    assert_eq!(scene.prompt(), ["Tell me about the"]);
    assert!(scene.is_loud());
    scene.controls.send(Control::Stop).await.unwrap();
    scene.silence(100).await;
    assert!(scene.is_silent());
    assert_eq!(scene.outcomes(), ["stop"]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_told_and_the_next_question_is_answered() {
    let mut scene = Scene::new("");
    scene.world.will_fail(Part::Recogniser);
    scene.speech(1_000).await;
    scene.silence(500).await;
    scene.world.will_fail(Part::Model);
    scene.say("What is this?").await;
    scene.silence(500).await;
    scene.world.will_fail(Part::Voice);
    scene.world.will_answer("Unheard.");
    scene.say("And this?").await;
    scene.silence(500).await;
    assert_eq!(scene.dropped(), [DropReason::Failed]);
    assert_eq!(scene.outcomes(), ["failed", "failed"]);
    scene.world.will_answer(LONG);
    scene.say("And that?").await;
    assert!(scene.is_loud());
    // What was not heard was not said.
    assert_eq!(scene.prompt(), ["And that?"]);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_in_the_middle_leaves_what_was_heard_and_no_sound() {
    let mut scene = Scene::new("");
    scene.world.will_answer("Two words. And three");
    scene.world.will_fail(Part::ModelAtTheEnd);
    scene.say("Count.").await;
    scene.silence(300).await;
    assert_eq!(scene.outcomes(), ["failed"]);
    assert!(scene.is_silent());
    scene.world.will_answer(LONG);
    scene.say("Again.").await;
    assert!(scene.is_loud());
    let heard = scene.cuts()[0].to_owned();
    let wanted = match heard.as_str() {
        "" => vec!["Again.".to_owned()],
        heard => ["Count.", heard, "Again."].map(str::to_owned).to_vec(),
    };
    assert_eq!(scene.prompt(), wanted);
}

#[tokio::test(start_paused = true)]
async fn of_speech_without_a_pause_nothing_is_lost_although_it_is_read_in_parts() {
    let mut scene = Scene::new("");
    scene.world.will_read_for(Duration::from_millis(800));
    scene.world.will_answer("I see.");
    scene.world.will_hear("All of this was said at first,");
    scene.speech(29_200).await;
    // The speech ends while that is read.
    scene.silence(100).await;
    scene.world.will_hear("and this at last.");
    scene.silence(3_000).await;
    let asked = "All of this was said at first, and this at last.";
    assert_eq!(scene.prompt().last().unwrap(), asked);
    assert_eq!(*scene.outcomes().last().unwrap(), "answered");
    // The next utterance is as patiently waited for as any.
    let prompts = scene.world.prompts();
    scene.world.will_read_for(Duration::ZERO);
    scene.world.will_hear("I want to and");
    scene.speech(1_000).await;
    scene.silence(400).await;
    assert!(scene.is_silent());
    assert_eq!(scene.outcomes().len(), 2);
    scene.silence(1_000).await;
    assert_eq!(
        (scene.outcomes().len(), scene.world.prompts()),
        (3, prompts + 1)
    );
}

#[tokio::test(start_paused = true)]
async fn skills_act_once_on_a_question_that_goes_on_before_its_answer_is_heard() {
    let skills = shipped("timer", &Events::new()).await;
    let mut scene = Scene::with("", true, skills);
    scene.world.will_speak_after(Duration::from_millis(400));
    scene.world.will_hear("Set a timer for ten minutes.");
    scene.speech(1_000).await;
    // It is over, and goes on before she has said a word.
    scene.silence(260).await;
    scene.world.will_hear("For the pasta.");
    scene.speech(600).await;
    scene.silence(2_500).await;
    assert_eq!(scene.cuts(), [""]);
    assert_eq!(scene.outcomes(), ["interrupted", "answered"]);
    assert_eq!(scene.skills.scheduled("timer").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_skills_answer_is_marked_for_the_model_as_in_a_typed_conversation() {
    let skills = shipped("timer", &Events::new()).await;
    let mut scene = Scene::with("", true, skills);
    scene.say("Set a timer for ten minutes.").await;
    scene.silence(3_000).await;
    scene.world.will_answer("Yes.");
    scene.say("Are you there?").await;
    let prompt = scene.prompt();
    assert_eq!(prompt[0], "Set a timer for ten minutes.");
    assert!(prompt[1].starts_with("[skill] "), "{prompt:?}");
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_a_recording_she_answers_and_ends() {
    let mut scene = Scene::new("");
    scene.world.will_answer(LONG);
    scene.world.will_hear("What is this?");
    scene.speech(1_000).await;
    scene.hand.end();
    scene.silence(1_000).await;
    assert!(!scene.talk.is_finished());
    scene.silence(1_000).await;
    assert_eq!(scene.outcomes(), ["answered"]);
    scene.talk.await.unwrap();
}
