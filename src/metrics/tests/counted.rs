//! What is counted, and what is not.

use jane_core::event::{FinishReason, TurnOutcome};
use jane_engines::memory::Reason;

use super::*;

/// Words that must not be found in any figure.
const SAID: &str = "my secret";

fn waterfall() -> Waterfall {
    Waterfall {
        stt_ms: Some(1),
        total_ms: 2,
        end_of_turn_ms: Some(250),
        ..Waterfall::default()
    }
}

#[tokio::test]
async fn what_happened_is_counted_before_anybody_looks() {
    let scene = Scene::new();
    scene.turn(1, TurnOutcome::Answered, 2000);
    scene.turn(2, TurnOutcome::Answered, 4000);
    scene.turn(3, TurnOutcome::Interrupted, 500);
    for event in [
        Event::WorkerRestarted {
            worker: "jane-llama",
            attempt: 1,
        },
        Event::MemoryEvicted {
            role: EngineKind::Tts,
            model: "speaking".to_owned(),
            reason: Reason::OverBudget,
        },
        Event::ContextPruned {
            turns: 3,
            tokens: 100,
        },
        Event::ConfigRejected {
            problems: vec![SAID.to_owned()],
            hint: None,
        },
        Event::SkillFaulted {
            skill: SAID.to_owned(),
            reason: SAID.to_owned(),
        },
        Event::ToolCalled {
            turn: 1,
            tool: SAID.to_owned(),
            skill: None,
            ok: false,
            ms: 1,
        },
        Event::Reply {
            turn: 1,
            text: SAID.to_owned(),
            finish: FinishReason::Stop,
        },
    ] {
        scene.events.emit(event);
    }
    let snapshot = scene.metrics.snapshot().await;
    let counters = &snapshot.counters;
    assert_eq!(counters.turns["answered"], 2);
    assert_eq!(counters.turns["interrupted"], 1);
    assert_eq!(counters.prompt_tokens, 300);
    assert_eq!(counters.reused_tokens, 240);
    assert_eq!(counters.reply_tokens, 60);
    assert_eq!(counters.worker_restarts["jane-llama"], 1);
    assert_eq!(counters.evictions["over_budget"], 1);
    assert_eq!((counters.prunes, counters.pruned_turns), (1, 3));
    assert_eq!(counters.config_rejections, 1);
    assert_eq!((counters.tool_calls, counters.failed_tool_calls), (1, 1));
    assert_eq!(counters.skill_faults, 1);
    // The one that was cut off is seen, and its times are not counted.
    let total = &snapshot.stages.0["total"];
    assert_eq!((total.count, total.sum_seconds), (2, 6.0));
    let turns: Vec<u64> = snapshot.turns.iter().map(|turn| turn.turn).collect();
    assert_eq!(turns, [1, 2, 3]);

    // It survives the socket, and tells nothing that was said.
    let line = serde_json::to_string(&snapshot).unwrap();
    assert!(!line.contains(SAID), "{line}");
    assert_eq!(serde_json::from_str::<Snapshot>(&line).unwrap(), snapshot);
    assert!(!exposition::render(snapshot).unwrap().contains(SAID));
}

#[tokio::test]
async fn an_announcement_is_no_answer_and_its_times_are_not_counted() {
    let scene = Scene::new();
    scene.turn(1, TurnOutcome::Answered, 2000);
    scene.turn(2, TurnOutcome::Announced, 9000);
    let snapshot = scene.metrics.snapshot().await;
    assert_eq!(snapshot.counters.turns["announced"], 1);
    let total = &snapshot.stages.0["total"];
    assert_eq!((total.count, total.sum_seconds), (1, 2.0));
}

#[tokio::test]
async fn sessions_are_told_apart() {
    let scene = Scene::new();
    for (session, interface) in [(1, "realtime"), (2, "chat"), (3, "realtime")] {
        let started = Event::SessionStarted { session, interface };
        scene.events.emit(started);
    }
    for session in [1, 3, 1] {
        scene.events.in_session(session).emit(Event::TurnEnded {
            turn: 1,
            outcome: TurnOutcome::Answered,
            waterfall: waterfall(),
        });
    }
    scene.events.emit(Event::SessionEnded { session: 3 });
    let snapshot = scene.metrics.snapshot().await;
    let open: Vec<(u64, &str, u64)> = snapshot
        .sessions
        .iter()
        .map(|open| (open.session, open.interface.as_str(), open.turns))
        .collect();
    assert_eq!(open, [(1, "realtime", 2), (2, "chat", 0)]);
    assert_eq!(snapshot.counters.sessions["realtime"], 2);
    let turns: Vec<Option<u64>> = snapshot.turns.iter().map(|turn| turn.session).collect();
    assert_eq!(turns, [Some(1), Some(3), Some(1)]);
    let exposed = exposition::render(snapshot).unwrap();
    for sample in [
        "jane_sessions_total{interface=\"realtime\"} 2",
        "jane_sessions_open{interface=\"chat\"} 1",
        "jane_sessions_open{interface=\"realtime\"} 1",
    ] {
        assert!(exposed.contains(sample), "{sample} is not in {exposed}");
    }
}

#[test]
fn what_is_kept_stops_growing() {
    let mut collector = Collector::default();
    let mut sizes = Vec::new();
    for turn in 0..10_000 {
        collector.observe(&Stamped {
            event: Event::TurnEnded {
                turn,
                outcome: TurnOutcome::Answered,
                waterfall: waterfall(),
            },
            at_ms: 1_700_000_000_000,
            session: None,
        });
        if turn % 5000 == 4999 {
            let kept = (collector.turns.len(), collector.stages.0.len());
            sizes.push(kept);
        }
    }
    assert_eq!(sizes, [(MOST_TURNS, 3); 2]);
    assert_eq!(collector.turns.back().unwrap().turn, 9999);
}

#[tokio::test]
async fn engines_are_shown_with_their_process_and_what_it_takes() {
    let scene = Scene::new();
    let _ticket = scene.load(EngineKind::Llm, "thinking");
    let memory = scene.metrics.snapshot().await.memory;
    let engine = &memory.engines[0];
    assert_eq!((engine.pid, engine.loaded), (Some(4711), true));
    assert_eq!(engine.measured.unwrap().system, 100_000_000);
    assert_eq!(memory.host.unwrap().used, 100_000_000);
}
