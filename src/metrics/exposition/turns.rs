//! What happened since the start.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::NoLabelSet;
use prometheus_client::metrics::MetricType;

use super::{Families, Label};
use crate::metrics::{Histograms, Snapshot};

pub(super) fn encode(families: &mut Families<'_>, snapshot: &Snapshot) -> fmt::Result {
    let counters = &snapshot.counters;
    stages(families, &snapshot.stages)?;
    let mut open = BTreeMap::<String, u64>::new();
    for session in &snapshot.sessions {
        *open.entry(session.interface.clone()).or_default() += 1;
    }
    families.gauge(
        "sessions_open",
        "Sessions over the network that go on",
        labelled("interface", &open),
    )?;
    for (name, label, counts, help) in [
        ("turns", "outcome", &counters.turns, "Turns that ended"),
        (
            "sessions",
            "interface",
            &counters.sessions,
            "Sessions over the network that began",
        ),
        (
            "worker_exits",
            "worker",
            &counters.worker_exits,
            "Engines' processes that ended while they were needed",
        ),
        (
            "worker_restarts",
            "worker",
            &counters.worker_restarts,
            "Engines' processes that were started again",
        ),
        (
            "engine_failures",
            "engine",
            &counters.engine_failures,
            "Times that an engine could not be had",
        ),
        (
            "engine_switches",
            "engine",
            &counters.engine_switches,
            "Changes between a server and what stands in for it",
        ),
        (
            "memory_evictions",
            "reason",
            &counters.evictions,
            "Engines that had to be unloaded",
        ),
    ] {
        families.counter(name, help, labelled(label, counts))?;
    }
    for (name, count, help) in [
        ("prompt_tokens", counters.prompt_tokens, "Tokens of prompts"),
        (
            "prompt_reused_tokens",
            counters.reused_tokens,
            "Tokens of prompts that came from the KV cache",
        ),
        ("reply_tokens", counters.reply_tokens, "Tokens of replies"),
        (
            "sentences",
            counters.sentences,
            "Sentences that went to the voice",
        ),
        (
            "interruptions",
            counters.interruptions,
            "Times that she fell silent because somebody spoke over her",
        ),
        (
            "memory_pressures",
            counters.pressures,
            "Times that more memory was used than may be, or nearly nothing was free",
        ),
        (
            "context_prunes",
            counters.prunes,
            "Times that the history was cut",
        ),
        (
            "context_pruned_turns",
            counters.pruned_turns,
            "Turns that were cut from the history",
        ),
        (
            "config_reloads",
            counters.config_reloads,
            "Configurations that were put in force",
        ),
        (
            "config_rejections",
            counters.config_rejections,
            "Configurations that were not taken",
        ),
        ("tool_calls", counters.tool_calls, "Calls of tools"),
        (
            "failed_tool_calls",
            counters.failed_tool_calls,
            "Calls of tools that failed",
        ),
        (
            "skill_faults",
            counters.skill_faults,
            "Calls of skills that failed",
        ),
        (
            "skills_quarantined",
            counters.skills_quarantined,
            "Skills that failed too often",
        ),
        (
            "skills_rejected",
            counters.skills_rejected,
            "Files that were no skills that can be used",
        ),
        (
            "audio_losses",
            counters.audio_losses,
            "Times that a sound device was lost",
        ),
    ] {
        families.counter(name, help, [([], count)])?;
    }
    families.counter(
        "speech_seconds",
        "Seconds of speech that were made",
        [([], counters.speech_seconds)],
    )?;
    families.counter(
        "dropped_audio_seconds",
        "Seconds of the microphone's sound that were lost",
        [([], counters.dropped_audio_seconds)],
    )
}

fn labelled<'a>(
    label: &'static str,
    counts: &'a BTreeMap<String, u64>,
) -> impl Iterator<Item = ([Label; 1], u64)> + 'a {
    let counts = counts.iter();
    counts.map(move |(word, count)| ([(label, word.clone())], *count))
}

fn stages(families: &mut Families<'_>, stages: &Histograms) -> fmt::Result {
    let mut family = families.0.encode_descriptor(
        "turn_stage_seconds",
        "Time from the end of the question to a stage of its answer, of turns that were answered",
        None,
        MetricType::Histogram,
    )?;
    for (stage, histogram) in &stages.0 {
        let labels: [Label; 1] = [("stage", stage.clone())];
        family
            .encode_family(&labels)?
            .encode_histogram::<NoLabelSet>(
                histogram.sum_seconds,
                histogram.count,
                &histogram.buckets,
                None,
            )?;
    }
    Ok(())
}
