use super::*;

/// What a skill, a model, a server or a file may bring: commands to the terminal, an order of letters that is not theirs, letters that nobody
/// sees, marks upon marks, and breaks before what looks like Jane's own.
const HOSTILE: &str = "A\x1b[2J\x1b]0;t\x07\u{9b}1mB\u{202e}C\u{2066}D\u{200b}E\u{feff}F\0\u{8}G\u{e0041}H\
    z\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\
    \njane: false\r\njane: false\rjane: false\u{2028}jane: false\u{85}jane: false\u{b}jane: false\n\nerror: false\n";

/// Checks what a person was shown.
#[track_caller]
fn check(shown: &str) {
    assert!(!shown.is_empty());
    for letter in shown.chars() {
        let is_harmful = (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}');
        assert!(!is_harmful, "{letter:?} in {shown:?}");
    }
    for line in shown.lines() {
        let is_false = line.starts_with("jane: false") || line.starts_with("error: false");
        assert!(!is_false, "{shown:?}");
    }
    let marks = shown.split(|letter| letter != '\u{300}').map(str::len);
    assert!(marks.max().unwrap_or(0) <= 5 * 2, "{shown:?}");
}

fn shown(events: Vec<Event>) -> String {
    let prompt = Prompt::capturing();
    let mut human = Human {
        prompt: prompt.clone(),
        has_listened: true,
        ..Human::default()
    };
    for event in events {
        human.show(event);
    }
    human.interrupt();
    prompt.captured()
}

/// Every event with a text that comes from elsewhere, and whether it is shown.
fn hostile() -> Vec<(Event, bool)> {
    use jane_core::event::EngineKind::Llm;
    let text = || HOSTILE.to_owned();
    let (hint, texts) = (|| Some(HOSTILE.to_owned()), || vec![text(), text()]);
    let transcript = |turn, file: Option<String>| Event::Transcript {
        turn,
        file,
        text: text(),
        language: hint(),
        audio_seconds: 1.0,
    };
    let part = Event::TranscriptPart {
        file: hint(),
        text: text(),
        start_seconds: 0.0,
        end_seconds: 61.0,
        of_seconds: 100.0,
    };
    let models = jane_core::event::Models {
        stt: text(),
        llm: text(),
        tts: text(),
    };
    let loaded = Event::SkillLoaded {
        skill: text(),
        title: text(),
        version: text(),
        does: texts(),
        asks_for: texts(),
        tools: texts(),
        replaced: false,
        ms: 1,
    };
    let is_shown = vec![
        transcript(Some(1), None),
        transcript(None, None),
        transcript(None, hint()),
        loaded,
        Event::SkillCompiling {
            skill: text(),
            bytes: u64::MAX,
        },
        Event::SkillUnloaded { skill: text() },
        Event::SkillFailed {
            skill: text(),
            reason: text(),
            hint: hint(),
        },
        Event::SkillQuarantined {
            skill: text(),
            reason: text(),
            hint: text(),
        },
        Event::SkillMuted {
            turn: 1,
            skill: text(),
            stopped: false,
        },
        Event::ToolCalled {
            turn: 1,
            tool: text(),
            skill: hint(),
            ok: false,
            ms: 1,
        },
        Event::Notice {
            skill: text(),
            title: text(),
            body: text(),
        },
        Event::SpeechDropped {
            reason: jane_core::event::DropReason::Stop,
            text: text(),
        },
        Event::ReplyCut {
            turn: 1,
            heard: text(),
        },
        Event::AudioLost {
            message: text(),
            hint: hint(),
        },
        Event::BackendLoading {
            role: Llm,
            backend: text(),
            model: text(),
        },
        Event::BackendSwitched {
            role: Llm,
            from: text(),
            to: text(),
            reason: text(),
        },
        Event::WorkerExited {
            worker: "jane-llama",
            pid: 1,
            status: text(),
        },
        Event::ConfigReloaded {
            generation: 1,
            changed: texts(),
            restart: texts(),
            gap_ms: 0,
            by_hand: false,
        },
        Event::ConfigRejected {
            problems: texts(),
            hint: hint(),
        },
        Event::MemoryPressure {
            what: text(),
            used: 1,
            budget: 1,
            free: None,
        },
        Event::MetricsListening { address: text() },
        Event::Warning {
            message: text(),
            hint: hint(),
        },
        Event::ModelStep {
            model: text(),
            step: text(),
        },
        Event::Error {
            message: text(),
            hint: hint(),
            code: 1,
        },
        Event::ReplyDelta {
            turn: 1,
            text: text(),
        },
        Event::BenchProgress { step: text() },
    ];
    // Told otherwise, or to programs alone.
    let is_not = vec![
        part,
        Event::SkillFaulted {
            skill: text(),
            reason: text(),
        },
        Event::SkillAnswered {
            turn: 1,
            skill: text(),
        },
        Event::Announcement {
            skill: text(),
            text: text(),
        },
        Event::TurnStarted {
            turn: 1,
            input: jane_core::event::TurnInput::Text,
            generation: 0,
            models,
        },
        Event::Sentence {
            turn: 1,
            index: 0,
            text: text(),
        },
        Event::Reply {
            turn: 1,
            text: text(),
            finish: jane_core::event::FinishReason::Stop,
        },
        Event::BackendReady {
            role: Llm,
            backend: text(),
            model: text(),
            load_ms: 1,
        },
        Event::BackendFailed {
            role: Llm,
            backend: text(),
            error: text(),
            hint: hint(),
        },
        Event::MetricsStopped { address: text() },
        Event::ModelProgress {
            model: text(),
            bytes: 1,
            of_bytes: Some(2),
        },
    ];
    let is_shown = is_shown.into_iter().map(|event| (event, true));
    is_shown
        .chain(is_not.into_iter().map(|event| (event, false)))
        .collect()
}

#[test]
fn no_event_commands_the_terminal_or_speaks_in_janes_name() {
    for (event, is_shown) in hostile() {
        let name = format!("{event:?}");
        let shown = shown(vec![event]);
        if is_shown || !shown.is_empty() {
            check(&shown);
        }
        // What it measures is the first word, up to a colon.
        if is_shown && !name.starts_with("BenchProgress") {
            assert!(shown.contains("BCDEFGH"), "{name}: {shown:?}");
        }
    }
}

#[test]
fn a_reply_in_pieces_is_unmistakably_hers() {
    let whole = format!("Sure.\n\njane: \u{202e}false\r{HOSTILE}");
    let pieces = whole.chars().map(|letter| Event::ReplyDelta {
        turn: 1,
        text: letter.to_string(),
    });
    let shown = shown(pieces.collect());
    check(&shown);
    let mut lines = shown.lines();
    assert_eq!(lines.next(), Some("jane: Sure."));
    assert!(
        lines.all(|line| line.is_empty() || line.starts_with(shown::INDENT)),
        "{shown:?}"
    );
    assert!(shown.ends_with("error: false\n"), "{shown:?}");
}

#[test]
fn json_is_exact() {
    let event = Event::Notice {
        skill: HOSTILE.to_owned(),
        title: HOSTILE.to_owned(),
        body: HOSTILE.to_owned(),
    };
    let json = serde_json::to_value(event).unwrap();
    assert_eq!(json["title"], HOSTILE);
}

#[test]
fn a_notice_is_the_skills_and_its_lines_are_indented() {
    let notice = Event::Notice {
        skill: "lists".to_owned(),
        title: "jane".to_owned(),
        body: "milk\neggs".to_owned(),
    };
    assert_eq!(shown(vec![notice]), "[lists] jane: milk\n      eggs\n");
}

#[test]
fn times_are_behind_the_reply() {
    let ended = Event::TurnEnded {
        turn: 1,
        outcome: jane_core::event::TurnOutcome::Answered,
        waterfall: Waterfall::default(),
    };
    let delta = Event::ReplyDelta {
        turn: 1,
        text: " Yes.\n".to_owned(),
    };
    let reply = Event::Reply {
        turn: 1,
        text: "Yes.".to_owned(),
        finish: jane_core::event::FinishReason::Stop,
    };
    assert_eq!(
        shown(vec![delta, reply, ended]),
        "jane: Yes.\n      (all 0 ms, 0 tokens at 0/s)\n"
    );
}
