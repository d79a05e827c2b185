//! Conversations longer than the window, with a model that counts words.

mod fake;
mod folding;

use std::sync::Arc;

use futures::poll;
use jane_config::{Config, Context};
use jane_core::event::{Event, Stamped};
use jane_engines::{Engines, Message, Window};
use proptest::prelude::*;

use super::*;
use fake::{After, Fake, Silent};

const SYSTEM: &str = "You are Jane.";

/// A conversation, and what is in force in it.
struct Scene {
    conversation: Conversation,
    in_force: InForce,
}

impl std::ops::Deref for Scene {
    type Target = Conversation;

    fn deref(&self) -> &Conversation {
        &self.conversation
    }
}

impl Scene {
    fn set_prompt(&mut self, system_prompt: &str, context: &Context) {
        let config = &mut self.in_force.config;
        config.assistant.system_prompt = system_prompt.to_owned();
        config.context = context.clone();
    }

    fn forget_counts(&mut self) {
        self.conversation.history.forget_counts();
    }

    async fn maintain(&mut self) {
        self.conversation.maintain(&self.in_force).await;
    }

    async fn turn(
        &mut self,
        question: Question,
        output: Option<&mut (dyn AudioOutput + 'static)>,
    ) -> Result<TurnReport, TurnError> {
        self.conversation
            .turn(&self.in_force, question, output)
            .await
    }
}

fn conversation(llm: &Arc<Fake>, context: &Context, events: &Events) -> Scene {
    let mut scene = Scene {
        conversation: Conversation::new(events.clone()),
        in_force: InForce {
            config: Config::default(),
            engines: Engines {
                stt: Arc::new(Silent),
                llm: llm.clone(),
                tts: Arc::new(Silent),
                mind: jane_mind::Mind::default(),
                turn_completion: jane_engines::TurnCompletion::default(),
            },
            skills: jane_skills::SkillRegistry::none(),
            generation: 0,
        },
    };
    scene.set_prompt(SYSTEM, context);
    scene.conversation.follow(&scene.in_force);
    scene
}

fn window(tokens: u32, reply: u32) -> Window {
    Window { tokens, reply }
}

fn summarising() -> Context {
    Context {
        summary: true,
        ..Context::default()
    }
}

/// A question of at least six words, which the fake answers with `answer` words.
fn question(number: usize, words: usize, answer: usize) -> String {
    let filler = "word ".repeat(words.saturating_sub(5));
    format!("question {number} {filler}answer with {answer}")
}

async fn ask(conversation: &mut Scene, text: &str) -> Result<TurnReport, TurnError> {
    conversation
        .turn(Question::Text(text.to_owned()), None)
        .await
}

/// Polls `maintain` so many times, and drops it.
async fn interrupted_maintenance(conversation: &mut Scene, polls: usize) {
    let mut maintenance = Box::pin(conversation.maintain());
    for _ in 0..polls {
        if poll!(maintenance.as_mut()).is_ready() {
            return;
        }
    }
}

/// Turns that were pruned according to the events so far.
fn pruned(events: &mut tokio::sync::mpsc::UnboundedReceiver<Stamped>) -> u32 {
    let mut pruned = 0;
    while let Ok(stamped) = events.try_recv() {
        if let Event::ContextPruned { turns, tokens } = stamped.event {
            assert!(turns > 0 && tokens > 0);
            pruned += turns;
        }
    }
    pruned
}

/// The tokens of the next prompt as the model itself counts them, but for the question's own.
fn next_prompt(llm: &Fake, conversation: &Scene) -> u32 {
    let mut dialogue = conversation.history.dialogue(0);
    dialogue.turns.push(Message::user("?"));
    llm.read(&dialogue.messages())
}

/// What happens between two turns.
#[derive(Debug, Clone, Copy)]
enum Pause {
    Long,
    /// The maintenance is dropped after so many polls.
    Short(usize),
}

#[derive(Debug, Clone)]
struct TurnTrace {
    window: Window,
    /// Tokens of every prompt that the model does not count.
    tools: u32,
    context: Context,
    /// Words of the questions and of the answers, and what comes behind.
    turns: Vec<(usize, usize, Pause)>,
}

fn courses() -> impl Strategy<Value = TurnTrace> {
    let pause = prop_oneof![3 => Just(Pause::Long), 1 => (0..12_usize).prop_map(Pause::Short)];
    let words = prop_oneof![4 => 6..30_usize, 1 => 30..900_usize];
    let turns = proptest::collection::vec((words, 1..200_usize, pause), 1..40);
    let pinned = proptest::collection::vec("[a-z]{1,8}( [a-z]{1,8}){0,4}", 0..4);
    let context =
        (pinned, 0.1..0.9, any::<bool>()).prop_map(|(pinned, low_water, summary)| Context {
            pinned,
            low_water,
            summary,
        });
    (512..2048_u32, 1..384_u32, 0..40_u32, context, turns).prop_map(
        |(tokens, reply, tools, context, turns)| TurnTrace {
            window: window(tokens, reply),
            tools,
            context,
            turns,
        },
    )
}

async fn run(course: TurnTrace) {
    let longest = "word ".repeat(1000);
    let llm = Fake::new(course.window).with_tools(course.tools);
    let llm = Arc::new(llm.with_summary(&longest));
    let events = Events::new();
    let mut receiver = events.subscribe();
    let mut conversation = conversation(&llm, &course.context, &events);
    let marks = crate::context::watermarks::Watermarks::new(course.window, &course.context);
    let beginning = conversation
        .history
        .dialogue(0)
        .messages()
        .remove(0)
        .content;
    assert!(
        course
            .context
            .pinned
            .iter()
            .all(|fact| beginning.contains(fact))
    );
    let mut said: Vec<Message> = Vec::new();
    let mut looked_after = true;
    for (number, (words, answer, pause)) in course.turns.into_iter().enumerate() {
        let text = question(number, words, answer);
        let before = conversation.history.dialogue(0).messages();
        let alone = [before[0].clone(), Message::user(&text)];
        let fits = llm.read(&alone) + course.window.reply <= course.window.tokens;
        let result = ask(&mut conversation, &text).await;
        assert_eq!(result.is_ok(), fits, "only what fits alone is answered");
        let in_turn = pruned(&mut receiver);
        match result {
            Err(_) => assert_eq!(conversation.history.dialogue(0).messages(), before),
            Ok(answer) => {
                let prompt = llm.last_prompt();
                assert!(prompt[0].content.starts_with(&beginning));
                assert_eq!(prompt.last().unwrap().content, text);
                let history = &prompt[1..prompt.len() - 1];
                assert!(
                    history.len().is_multiple_of(2) && said.ends_with(history),
                    "whole turns, the newest"
                );
                said.push(Message::user(&text));
                said.push(Message::assistant(&answer.reply));
            }
        }
        let small = u32::try_from(words).unwrap()
            <= course.window.tokens - course.window.reply - marks.high;
        if small && looked_after {
            assert_eq!(in_turn, 0, "no small question waits for pruning");
        }
        match pause {
            Pause::Long => {
                conversation.maintain().await;
                let kept = conversation.history.dialogue(0).messages();
                assert!(said.ends_with(&kept[1..]) && kept.len() % 2 == 1);
                assert_eq!(llm.last_prepared(), kept);
                // The first answer shows the tools.
                if !said.is_empty() {
                    let counted = conversation.history.tokens();
                    assert_eq!(counted, next_prompt(&llm, &conversation));
                }
                if pruned(&mut receiver) > 0 {
                    let summary = conversation.history.summary();
                    let summary = summary.split_whitespace().count() + 5;
                    let most = if kept.len() > 3 {
                        marks.low
                    } else {
                        marks.kept
                    };
                    let left = next_prompt(&llm, &conversation);
                    assert!(kept.len() == 1 || left <= most + u32::try_from(summary).unwrap());
                }
                looked_after = true;
            }
            Pause::Short(polls) => {
                interrupted_maintenance(&mut conversation, polls).await;
                let kept = conversation.history.dialogue(0).messages();
                assert!(said.ends_with(&kept[1..]) && kept.len() % 2 == 1);
                pruned(&mut receiver);
                looked_after = false;
            }
        }
    }
    assert!(llm.most_tokens() <= course.window.tokens);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_conversation_fits_its_window_and_keeps_its_beginning_and_its_newest_turns(course in courses()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(course));
    }
}

#[tokio::test]
async fn an_idle_conversation_is_cut_to_low_water_in_one_go_and_no_turn_waits_for_it() {
    let llm = Arc::new(Fake::new(window(600, 50)));
    let events = Events::new();
    let mut receiver = events.subscribe();
    let mut conversation = conversation(&llm, &Context::default(), &events);
    let mut cuts = 0;
    for number in 0..200 {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
        assert_eq!(pruned(&mut receiver), 0, "in the turn");
        conversation.maintain().await;
        if pruned(&mut receiver) > 0 {
            cuts += 1;
            assert!(next_prompt(&llm, &conversation) <= 300);
        }
    }
    assert!((20..60).contains(&cuts), "{cuts}");
}

#[tokio::test]
async fn a_turn_is_counted_once_and_by_itself() {
    let llm = Arc::new(Fake::new(window(100_000, 50)));
    let mut conversation = conversation(&llm, &Context::default(), &Events::new());
    for number in 0..30 {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
        conversation.maintain().await;
    }
    // The prompt without exchanges once; then for each turn the exchange, and its question.
    assert_eq!(llm.counted(), (61, 4));
    conversation.maintain().await;
    assert_eq!(llm.counted().0, 61);
    conversation.forget_counts();
    conversation.maintain().await;
    assert_eq!(llm.counted(), (61 + 31, 4));
    assert_eq!(
        conversation.history.tokens(),
        next_prompt(&llm, &conversation)
    );
}

#[tokio::test]
async fn a_new_prompt_keeps_the_conversation() {
    let llm = Arc::new(Fake::new(window(1000, 50)));
    let mut conversation = conversation(&llm, &Context::default(), &Events::new());
    ask(&mut conversation, &question(0, 10, 5)).await.unwrap();
    let pinned = vec!["The owner's\n name is Ana.".to_owned()];
    let context = Context {
        pinned,
        ..Context::default()
    };
    conversation.set_prompt("Be brief.", &context);
    conversation.maintain().await;
    let messages = llm.last_prepared();
    assert_eq!(
        messages[0].content,
        "Be brief.\n\nFacts to remember:\n- The owner's name is Ana."
    );
    assert_eq!(messages.len(), 3);
    assert_eq!(
        conversation.history.tokens(),
        next_prompt(&llm, &conversation)
    );
}

#[tokio::test]
async fn instructions_that_are_too_long_do_not_cost_the_conversation() {
    let llm = Arc::new(Fake::new(window(600, 50)));
    let events = Events::new();
    let mut receiver = events.subscribe();
    let mut conversation = conversation(&llm, &Context::default(), &events);
    for number in 0..4 {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
    }
    let before = conversation.history.dialogue(0).messages();
    conversation.set_prompt(&"word ".repeat(600), &Context::default());
    conversation.maintain().await;
    let error = ask(&mut conversation, &question(4, 10, 20)).await;
    assert!(error.unwrap_err().hint().is_some());
    conversation.maintain().await;
    assert_eq!(pruned(&mut receiver), 0);

    conversation.set_prompt(SYSTEM, &Context::default());
    conversation.maintain().await;
    assert_eq!(conversation.history.dialogue(0).messages(), before);
    ask(&mut conversation, &question(4, 10, 20)).await.unwrap();
    assert!(llm.last_prompt().starts_with(&before));
}

#[tokio::test]
async fn lines_that_leave_no_pause_are_pruned_by_known_sizes_and_seldom() {
    let llm = Arc::new(Fake::new(window(600, 50)));
    let events = Events::new();
    let mut receiver = events.subscribe();
    let mut conversation = conversation(&llm, &Context::default(), &events);
    let mut cuts = 0;
    for number in 0..100 {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
        cuts += u32::from(pruned(&mut receiver) > 0);
    }
    assert!((5..40).contains(&cuts), "{cuts}");
}

#[tokio::test]
async fn a_giant_question_leaves_out_no_more_turns_than_it_must() {
    let llm = Arc::new(Fake::new(window(1000, 50)));
    let events = Events::new();
    let mut receiver = events.subscribe();
    let context = Context {
        low_water: 0.9,
        ..Context::default()
    };
    let mut conversation = conversation(&llm, &context, &events);
    for number in 0..15 {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
        conversation.maintain().await;
    }
    let before = conversation.history.dialogue(0).messages();
    let giant = question(15, 600, 20);
    ask(&mut conversation, &giant).await.unwrap();
    let left_out = pruned(&mut receiver) as usize;
    let prompt = llm.last_prompt();
    assert!(left_out > 0 && prompt.len() > 2);
    let mut longer = vec![before[0].clone()];
    longer.extend_from_slice(&before[1 + 2 * (left_out - 1)..]);
    longer.push(Message::user(&giant));
    assert_eq!(longer.len(), prompt.len() + 2);
    assert!(llm.read(&longer) + 50 > 1000);

    let before = conversation.history.dialogue(0).messages();
    let error = ask(&mut conversation, &question(16, 2000, 20)).await;
    assert!(error.unwrap_err().hint().is_some());
    assert_eq!(conversation.history.dialogue(0).messages(), before);
    assert_eq!(pruned(&mut receiver), 0);
}

#[tokio::test]
async fn a_turn_that_fails_or_is_dropped_leaves_out_nothing_for_good() {
    let llm = Arc::new(Fake::new(window(1000, 50)));
    let events = Events::new();
    let mut receiver = events.subscribe();
    let mut conversation = conversation(&llm, &Context::default(), &events);
    for number in 0..15 {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
    }
    let before = conversation.history.dialogue(0).messages();
    let giant = question(15, 600, 20);
    llm.after_first_word(After::Fails);
    ask(&mut conversation, &giant).await.unwrap_err();
    assert!(llm.last_prompt().len() < before.len());
    assert_eq!(conversation.history.dialogue(0).messages(), before);

    llm.after_first_word(After::Hangs);
    let mut answering = Box::pin(ask(&mut conversation, &giant));
    loop {
        assert!(poll!(answering.as_mut()).is_pending());
        if let Ok(stamped) = receiver.try_recv() {
            assert!(!matches!(stamped.event, Event::ContextPruned { .. }));
            if matches!(stamped.event, Event::ReplyDelta { turn: 17, .. }) {
                break;
            }
        }
        tokio::task::yield_now().await;
    }
    drop(answering);
    let rest: Vec<Event> = std::iter::from_fn(|| receiver.try_recv().ok())
        .map(|stamped| stamped.event)
        .collect();
    let is_pruned = |event: &Event| matches!(event, Event::ContextPruned { .. });
    assert!(!rest.iter().any(is_pruned));
    assert!(
        matches!(
            rest.last(),
            Some(Event::TurnEnded {
                turn: 17,
                outcome: TurnOutcome::Cancelled,
                ..
            })
        ),
        "{rest:?}"
    );
    assert_eq!(conversation.history.dialogue(0).messages(), before);
    llm.after_first_word(After::GoesOn);

    ask(&mut conversation, &giant).await.unwrap();
    assert!(pruned(&mut receiver) > 0);
}

#[tokio::test]
async fn a_reply_of_no_words_ends_in_a_sentence() {
    let llm = Arc::new(Fake::new(window(1000, 50)));
    let mut conversation = conversation(&llm, &Context::default(), &Events::new());
    let answer = ask(&mut conversation, &question(0, 10, 0)).await.unwrap();
    assert_eq!(answer.reply, "I came to no answer to that.");
}

#[tokio::test]
async fn results_that_do_not_fit_are_shortened_and_the_turn_ends_in_a_sentence_all_the_same() {
    let llm = Arc::new(Fake::new(window(600, 50)));
    let mut conversation = conversation(&llm, &Context::default(), &Events::new());
    // The name of the tool that is not there has 700 words, and what the model is told of it is bounded.
    let answer = ask(&mut conversation, "call 700").await.unwrap();
    assert_eq!(answer.reply, "done.");
    let prompt = llm.last_prompt();
    let result = &prompt.last().unwrap().content;
    assert!(result.starts_with("error: there is no tool"), "{result}");
    assert!(llm.read(&prompt) <= 550);

    // Behind such a question nothing fits.
    let giant = format!("{}call 700", "word ".repeat(520));
    let answer = ask(&mut conversation, &giant).await.unwrap();
    assert!(answer.reply.contains("too many steps"), "{}", answer.reply);
}

/// A conversation whose next maintenance cuts and folds.
async fn full(llm: &Arc<Fake>, events: &Events) -> Scene {
    let mut conversation = conversation(llm, &summarising(), events);
    let mut number = 0;
    while next_prompt(llm, &conversation)
        <= crate::context::watermarks::Watermarks::new(window(900, 50), &summarising()).high
    {
        ask(&mut conversation, &question(number, 10, 20))
            .await
            .unwrap();
        number += 1;
    }
    conversation
}

#[tokio::test]
async fn a_model_that_fails_at_maintenance_leaves_the_conversation_as_it_is() {
    let llm = Arc::new(Fake::new(window(900, 50)));
    let events = Events::new();
    let mut conversation = full(&llm, &events).await;
    let mut receiver = events.subscribe();
    let before = conversation.history.dialogue(0).messages();
    llm.break_counting(true);
    conversation.maintain().await;
    assert_eq!(conversation.history.dialogue(0).messages(), before);
    assert!(receiver.try_recv().is_err(), "nobody is told");
    llm.break_counting(false);
    conversation.maintain().await;
    assert!(pruned(&mut receiver) > 0);
}

#[test]
fn the_reply_and_a_question_have_their_room_in_any_window() {
    for tokens in [512, 513, 2048, 1 << 20] {
        for reply in [1, 60, 384] {
            let marks =
                crate::context::watermarks::Watermarks::new(window(tokens, reply), &summarising());
            let question = tokens - reply - marks.high;
            assert!((32..=128).contains(&question), "{marks:?}");
            assert!(marks.low <= marks.kept && marks.kept <= marks.high);
        }
    }
}
