//! What Prometheus is told, read back.

use std::collections::BTreeMap;

use jane_core::event::TurnOutcome;

use super::*;

/// The samples of an exposition by name and labels, every family checked on the way.
pub(super) fn samples(text: &str) -> BTreeMap<String, f64> {
    let (mut helped, mut typed) = (Vec::new(), Vec::new());
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", "HELP", name, help] => {
                assert!(!help.is_empty());
                assert!(!helped.contains(name), "{name} is there twice");
                helped.push(name);
            }
            ["#", "TYPE", name, kind] => {
                assert_eq!(helped.last(), Some(name));
                assert_eq!(*kind == "counter", name.ends_with("_total"), "{name}");
                typed.push(*name);
            }
            _ => {
                let (sample, value) = line.rsplit_once(' ').unwrap();
                let name = sample.split('{').next().unwrap();
                let family = *typed.last().unwrap();
                let suffix = name
                    .strip_prefix(family)
                    .unwrap_or_else(|| panic!("{line}"));
                assert!(
                    ["", "_bucket", "_sum", "_count"].contains(&suffix),
                    "{line}"
                );
                assert!(name.starts_with("jane_"), "{line}");
                let before = samples.insert(sample.to_owned(), value.parse().unwrap());
                assert_eq!(before, None, "{sample} is there twice");
            }
        }
    }
    assert_eq!(helped, typed);
    samples
}

#[tokio::test]
async fn prometheus_is_told_the_same() {
    let scene = Scene::new();
    // While one takes the other's place there are two of a kind.
    let _tickets = [
        scene.load(EngineKind::Llm, "thinking"),
        scene.load(EngineKind::Llm, "thinking"),
    ];
    for turn in 1..=3 {
        scene.turn(turn, TurnOutcome::Answered, turn * 500);
    }
    let snapshot = scene.metrics.snapshot().await;
    let budget = snapshot.memory.engines[0].budget.system;
    let found = samples(&exposition::render(snapshot).unwrap());
    let device = r#"{device="0",name="a \"quoted\" device"}"#;
    let llm = r#"{process="llm",model="thinking",memory="system"}"#;
    for (sample, value) in [
        (r#"jane_turns_total{outcome="answered"}"#, 3.0),
        ("jane_reply_tokens_total", 60.0),
        ("jane_speech_seconds_total", 4.5),
        ("jane_skill_faults_total", 0.0),
        (
            r#"jane_turn_stage_seconds_bucket{stage="total",le="0.3"}"#,
            0.0,
        ),
        (
            r#"jane_turn_stage_seconds_bucket{stage="total",le="0.5"}"#,
            1.0,
        ),
        (
            r#"jane_turn_stage_seconds_bucket{stage="total",le="+Inf"}"#,
            3.0,
        ),
        (r#"jane_turn_stage_seconds_sum{stage="total"}"#, 3.0),
        (r#"jane_turn_stage_seconds_count{stage="heard"}"#, 3.0),
        (r#"jane_engines_loaded{process="llm"}"#, 2.0),
        (&format!("jane_memory_measured_bytes{llm}"), 2e8),
        (&format!("jane_memory_estimated_bytes{llm}"), 1.8e8),
        (
            r#"jane_memory_budget_bytes{process="llm",memory="system"}"#,
            budget as f64,
        ),
        (
            r#"jane_memory_measured_bytes{process="host",model="",memory="system"}"#,
            1e8,
        ),
        (&format!("jane_device_memory_free_bytes{device}"), 6e9),
        ("jane_machine_memory_size_bytes", 1.6e10),
        (r#"jane_model_info{engine="tts",model="speaking"}"#, 1.0),
    ] {
        let said = found.get(sample).copied();
        assert_eq!(said, Some(value), "{sample} in {found:#?}");
    }
}
