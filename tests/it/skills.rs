//! Skills that come, change and go while Jane runs; what they were granted; and the tools that they bring.

use std::time::Instant;

use crate::common::Running;
use crate::common::openai::Answer;
use crate::common::skills::{
    MEMORY, answering, component, data, drop_in, fresh, hearing, hook, shipped, take_out, tools,
    typed_home, unhurried,
};
use jane_platform::resident_memory;
use serde_json::Value;

/// Asks, and returns the reply, which is empty where nothing was answered, and how the turn ended.
fn ask(chat: &mut Running, question: &str) -> (String, String) {
    chat.write_line(question);
    let mut reply = String::new();
    loop {
        let event = chat.wait_for_any(&["reply", "turn.ended"]);
        if event["event"] == "turn.ended" {
            return (reply, event["outcome"].as_str().unwrap().to_owned());
        }
        reply = event["text"].as_str().unwrap().to_owned();
    }
}

fn said(chat: &mut Running, question: &str) -> String {
    ask(chat, question).0
}

fn end(mut chat: Running) -> crate::common::Run {
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    run
}

#[test]
fn a_skill_is_there_as_soon_as_its_file_is_and_gone_when_it_is() {
    let (_server, home) = typed_home(&unhurried(&["greeter"]));
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    assert_eq!(said(&mut chat, "Hello"), "model heard: Hello");

    std::fs::write(home.path().join("plugins/greeter.wasm"), answering("One.")).unwrap();
    let loaded = chat.wait_for("skill.loaded");
    assert_eq!(
        (&loaded["skill"], &loaded["replaced"]),
        (&Value::from("greeter"), &Value::from(false))
    );
    assert_eq!(loaded["does"], Value::from(vec!["transcript-hook"]));
    assert_eq!(said(&mut chat, "Hello"), "One.");

    // In place, and by a file that takes its place.
    std::fs::write(home.path().join("plugins/greeter.wasm"), answering("Two.")).unwrap();
    assert_eq!(chat.wait_for("skill.loaded")["replaced"], true);
    assert_eq!(said(&mut chat, "Hello"), "Two.");
    drop_in(&home, "greeter", &answering("Three."));
    chat.wait_for("skill.loaded");
    assert_eq!(said(&mut chat, "Hello"), "Three.");

    // What is no skill does not take the place of one.
    drop_in(&home, "greeter", b"nonsense");
    let failed = chat.wait_for("skill.failed");
    assert!(
        failed["hint"].as_str().unwrap().contains("goes on"),
        "{failed}"
    );
    assert_eq!(said(&mut chat, "Hello"), "Three.");
    drop_in(&home, "greeter", &answering("Four."));
    chat.wait_for("skill.loaded");
    assert_eq!(said(&mut chat, "Hello"), "Four.");

    take_out(&home, "greeter");
    chat.wait_for("skill.unloaded");
    assert_eq!(said(&mut chat, "Hello"), "model heard: Hello");
    end(chat);
}

#[test]
fn a_component_of_600_kilobytes_comes_changes_and_goes() {
    let clock = std::fs::read(shipped("clock")).unwrap();
    assert!(clock.len() > 500_000);
    let (_server, home) = typed_home(&unhurried(&["clock"]));
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    let path = home.path().join("plugins/clock.wasm");
    for _ in 0..3 {
        let mut step = |event: &str, act: &dyn Fn()| {
            let begin = Instant::now();
            act();
            let told = chat.wait_for(event);
            println!("{event} after {} ms", begin.elapsed().as_millis());
            told
        };
        let write = || std::fs::write(&path, fresh(&clock)).unwrap();
        let loaded = step("skill.loaded", &write);
        assert_eq!(loaded["replaced"], false);
        let loaded = step("skill.loaded", &write);
        assert_eq!(loaded["replaced"], true);
        step("skill.unloaded", &|| {
            std::fs::remove_file(&path).unwrap();
        });
    }
    end(chat);
}

#[test]
fn fifty_replacements_lose_no_turn_and_no_memory() {
    let (_server, home) = typed_home(&unhurried(&["greeter"]));
    drop_in(&home, "greeter", &answering("Number 0."));
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("skill.loaded");
    chat.wait_for("listening");
    let memory = |chat: &Running| resident_memory(chat.child.id()).unwrap_or(0);
    let (mut used, mut turns) = (Vec::new(), 0);
    for number in 1..=50 {
        drop_in(&home, "greeter", &answering(&format!("Number {number}.")));
        // Turns go on while it is replaced: each is answered by the old one or the new one.
        let mut replaced = false;
        while !replaced {
            let seen = chat.seen().len();
            let reply = said(&mut chat, "Which?");
            turns += 1;
            let expected = [number - 1, number].map(|number| format!("Number {number}."));
            assert!(expected.contains(&reply), "{reply} instead of {expected:?}");
            let new = &chat.seen()[seen..];
            assert!(!new.iter().any(|event| event["event"] == "skill.failed"));
            replaced = new.iter().any(|event| event["event"] == "skill.loaded");
        }
        assert_eq!(said(&mut chat, "Which?"), format!("Number {number}."));
        used.push(memory(&chat));
    }
    // What is in use at one moment says little: the middle of ten.
    let median = |used: &[u64]| {
        let mut used = used.to_vec();
        used.sort_unstable();
        used[used.len() / 2]
    };
    let (after_ten, last) = (median(&used[5..15]), median(&used[40..]));
    println!(
        "{turns} turns; memory {} kB after ten replacements, {} kB after fifty",
        after_ten / 1000,
        last / 1000
    );
    assert!(last < after_ten + 8_000_000, "{after_ten} {last}");
    let run = end(chat);
    assert_eq!(run.all("skill.loaded").len(), 51);
}

#[test]
fn settings_of_a_skill_take_effect_live() {
    let (server, home) = typed_home("");
    let config = |extra: &str| {
        let base = format!(
            "[llm]\nbackend = \"openai\"\nmodel = \"any\"\n[llm.remote]\nurl = \"{}\"\n",
            server.url()
        );
        let unhurried = unhurried(&["a", "b"]);
        home.write_config(&format!("{base}{unhurried}{extra}"));
    };
    config("");
    drop_in(&home, "a", &answering("A."));
    drop_in(&home, "b", &answering("B."));
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    assert_eq!(said(&mut chat, "Who?"), "A.");
    config("priority = -1\n");
    chat.wait_for("skill.loaded");
    assert_eq!(said(&mut chat, "Who?"), "B.");
    config("enabled = false\n");
    chat.wait_for("skill.unloaded");
    assert_eq!(said(&mut chat, "Who?"), "A.");
    config("allow = [\"everything\"]\n");
    let rejected = chat.wait_for("config.rejected");
    assert!(
        rejected["problems"][0]
            .as_str()
            .unwrap()
            .contains("skills.b.allow"),
        "{rejected}"
    );
    assert_eq!(said(&mut chat, "Who?"), "A.");
    end(chat);
}

/// A skill whose hook on transcripts or sentences does what this variant case says.
fn acting(interface: &str, function: &str, case: u8) -> Vec<u8> {
    let result = data(1024, &format!("\0\0\0\0{}", char::from(case)));
    let code = format!(
        "{result} {MEMORY} {}",
        hook(interface, function, "(i32.const 1024)")
    );
    component(&[interface], &[], &code)
}

/// What a skill answers where a host function lets it, and where it does not.
fn asking(import: &str, declaration: &str, call: &str) -> Vec<u8> {
    let rest = format!(
        "{declaration} {} {} {}",
        data(1024, "\0\0\0\0\x02\0\0\0"),
        data(4112, "granted"),
        data(4160, "denied")
    );
    let body = format!(
        "{call}
         (i32.store (i32.const 1036) (i32.const 7)) (i32.store (i32.const 1032) (i32.const 4112))
         (if (i32.load8_u (i32.const 512)) (then
            (i32.store (i32.const 1036) (i32.const 6)) (i32.store (i32.const 1032) (i32.const 4160))))
         (i32.const 1024)"
    );
    hearing(&[import], &rest, &body)
}

#[test]
fn what_was_not_granted_is_passed_over_or_refused() {
    let drop = acting("transcript-hook", "on-transcript", 3);
    let mute = acting("sentence-hook", "on-sentence", 2);
    let stop = acting("sentence-hook", "on-sentence", 3);
    let nothing = {
        let rest = format!("{} {}", data(1024, "\0\0\0\0\x01\0\0\0"), data(4096, "…"));
        let body = "(i32.store (i32.const 1032) (i32.const 4096)) (i32.store (i32.const 1036) (i32.const 3)) (i32.const 1024)";
        let hook = hook("sentence-hook", "on-sentence", body);
        component(&["sentence-hook"], &[], &format!("{rest} {MEMORY} {hook}"))
    };
    let unheard = answering("…");
    let cancel = asking(
        "voice",
        r#"(import "jane:skill/voice@0.1.0" "cancel-turn" (func $cancel (param i64 i32)))"#,
        "(call $cancel (i64.const 99) (i32.const 512))",
    );
    let llm = asking(
        "llm",
        r#"(import "jane:skill/llm@0.1.0" "complete" (func $complete (param i32 i32 i32 i32)))"#,
        "(call $complete (i32.const 4112) (i32.const 7) (i32.const 8) (i32.const 512))",
    );
    let plain = "model heard: Hello there. Goodbye.";
    for (what, skill, granted, denied) in [
        ("drop", &drop, "", plain),
        ("drop", &unheard, "", plain),
        ("mute", &mute, plain, plain),
        ("mute", &nothing, plain, plain),
        ("stop", &stop, plain, plain),
        ("cancel", &cancel, "granted", "denied"),
        ("llm", &llm, "granted", "denied"),
    ] {
        for is_granted in [false, true] {
            let allow = if is_granted {
                format!("allow = [\"{what}\"]\n")
            } else {
                String::new()
            };
            let (_server, home) = typed_home(&format!("{}{allow}", unhurried(&["one"])));
            drop_in(&home, "one", skill);
            let mut chat = home.start(&["chat", "--silent"]);
            chat.wait_for("listening");
            let (reply, outcome) = ask(&mut chat, "Hello there. Goodbye.");
            let expected = if is_granted { granted } else { denied };
            assert_eq!(reply, expected, "{what}, granted: {is_granted}");
            assert_eq!(
                outcome,
                if expected.is_empty() {
                    "dropped"
                } else {
                    "answered"
                }
            );
            let run = end(chat);
            let spoken = run.all("sentence").len();
            let silences = is_granted && matches!(what, "mute" | "stop");
            assert_eq!(run.all("skill.muted").is_empty(), !silences, "{what}");
            assert_eq!(
                spoken == 0,
                silences || expected.is_empty(),
                "{what}: {spoken}"
            );
        }
    }
}

/// A skill that keeps every sentence back, and does not start where it has settings of its own.
fn mutes_and_starts_only_without_settings() -> Vec<u8> {
    let code = format!(
        "{} {MEMORY} {} {}",
        data(1024, "\0\0\0\0\x02"),
        hook("sentence-hook", "on-sentence", "(i32.const 1024)"),
        hook(
            "lifecycle",
            "start",
            "(if (i32.gt_u (local.get 1) (i32.const 2)) (then (unreachable))) (i32.const 2048)"
        )
    );
    component(&["sentence-hook", "lifecycle"], &[], &code)
}

#[test]
fn a_grant_that_is_taken_back_is_gone_also_where_the_skill_does_not_start_without_it() {
    for (on_failure, is_silent) in [("pass", false), ("mute", true)] {
        let (server, home) = typed_home("");
        let config = |skill: &str| {
            home.write_config(&format!(
                "[llm]\nbackend = \"openai\"\nmodel = \"any\"\n[llm.remote]\nurl = \"{}\"\n\
                 [plugins]\nturn_ms = 5000\n[skills.one]\nhook_ms = 5000\n{skill}",
                server.url()
            ));
        };
        config("allow = [\"mute\"]\n");
        drop_in(&home, "one", &mutes_and_starts_only_without_settings());
        let mut chat = home.start(&["chat", "--silent"]);
        chat.wait_for("listening");
        said(&mut chat, "Hello there. Goodbye.");
        config(&format!(
            "on_failure = \"{on_failure}\"\n[skills.one.config]\nx = 1\n"
        ));
        let failed = chat.wait_for("skill.failed");
        assert!(
            failed["hint"].as_str().unwrap().contains("unloaded"),
            "{failed}"
        );
        chat.wait_for("skill.unloaded");
        let before = chat.seen().len();
        said(&mut chat, "Hello there. Goodbye.");
        let after = &chat.seen()[before..];
        let count = |name: &str| after.iter().filter(|event| event["event"] == name).count();
        let silent = (count("sentence") == 0, count("skill.muted") > 0);
        assert_eq!(silent, (is_silent, is_silent), "{after:#?}");
        // As it was before, it starts again.
        config("allow = [\"mute\"]\n");
        chat.wait_for("skill.loaded");
        let run = end(chat);
        assert_eq!(run.all("skill.loaded").len(), 2);
    }
}

#[test]
fn a_skill_that_reaches_out_hears_nothing_unless_that_is_wanted() {
    let http = "allow_http = [\"https://api.example.org\"]\n";
    for (allow, expected) in [
        ("", "model heard: Hello"),
        ("allow = [\"transcripts\"]\n", "Heard you."),
    ] {
        let (_server, home) = typed_home(&format!("{}{http}{allow}", unhurried(&["one"])));
        drop_in(&home, "one", &answering("Heard you."));
        let mut chat = home.start(&["chat", "--silent"]);
        chat.wait_for("listening");
        assert_eq!(said(&mut chat, "Hello"), expected);
        end(chat);
    }
}

#[test]
fn a_skill_that_reaches_out_sees_no_sentence_and_no_answer_unless_that_is_wanted() {
    let mute = acting("sentence-hook", "on-sentence", 2);
    let trap = format!(
        "{MEMORY} {}",
        hook("reply-hook", "on-reply", "(unreachable)")
    );
    let trap = component(&["reply-hook"], &[], &trap);
    for sees in [false, true] {
        let replies = if sees { ", \"replies\"" } else { "" };
        let config = format!(
            "{}allow_http = [\"https://api.example.org\"]\nallow = [\"mute\"{replies}]\n",
            unhurried(&["one"])
        );
        for (skill, told) in [(&mute, "skill.muted"), (&trap, "skill.faulted")] {
            let (_server, home) = typed_home(&config);
            drop_in(&home, "one", skill);
            let mut chat = home.start(&["chat", "--silent"]);
            chat.wait_for("listening");
            said(&mut chat, "Hello");
            // A hook on answers is called while the next question is asked.
            if sees {
                while !chat.seen().iter().any(|event| event["event"] == told) {
                    said(&mut chat, "Hello");
                }
            }
            said(&mut chat, "Hello");
            let run = end(chat);
            assert_eq!(run.all(told).is_empty(), !sees, "{told}");
        }
    }
}

#[test]
fn only_a_skill_that_was_granted_that_ends_a_turn() {
    let cancels = {
        let import =
            r#"(import "jane:skill/voice@0.1.0" "cancel-turn" (func $cancel (param i64 i32)))"#;
        let body = "(call $cancel (local.get 0) (i32.const 512)) (i32.const 1024)";
        hearing(&["voice"], import, body)
    };
    for is_granted in [false, true] {
        let allow = if is_granted {
            "allow = [\"cancel\"]\n"
        } else {
            ""
        };
        let (server, home) = typed_home(&format!("{}{allow}", unhurried(&["one"])));
        drop_in(&home, "one", &cancels);
        let mut chat = home.start(&["chat", "--silent"]);
        chat.wait_for("listening");
        if is_granted {
            // The model would think for ever.
            server.answer(Answer::Silent);
        }
        let (reply, outcome) = ask(&mut chat, "Hello");
        let expected = if is_granted {
            ("", "cancelled")
        } else {
            ("model heard: Hello", "answered")
        };
        assert_eq!((reply.as_str(), outcome.as_str()), expected);
        end(chat);
    }
}

#[test]
fn with_a_broken_redact_nothing_is_spoken() {
    let trap = format!(
        "{MEMORY} {}",
        hook("sentence-hook", "on-sentence", "(unreachable)")
    );
    let trap = component(&["sentence-hook"], &[], &trap);
    for (what, broken) in [
        ("it traps", trap.as_slice()),
        ("it is no component", b"nonsense".as_slice()),
    ] {
        let (_server, home) = typed_home("");
        drop_in(&home, "redact", broken);
        let mut chat = home.start(&["chat", "--silent"]);
        chat.wait_for("listening");
        for _ in 0..20 {
            said(&mut chat, "My key is sk-123.");
        }
        let run = end(chat);
        assert!(run.all("sentence").is_empty(), "{what}");
        assert!(run.all("skill.muted").len() >= 20, "{what}");
    }
}

#[test]
fn a_guard_that_goes_is_missed_until_it_is_back_or_not_wanted_any_more() {
    let pass = component(
        &["sentence-hook"],
        &[],
        &format!(
            "{MEMORY} {}",
            hook("sentence-hook", "on-sentence", "(i32.const 1024)")
        ),
    );
    let (server, home) = typed_home("");
    let config = |extra: &str| {
        home.write_config(&format!(
            "[llm]\nbackend = \"openai\"\nmodel = \"any\"\n[llm.remote]\nurl = \"{}\"\n{extra}",
            server.url()
        ));
    };
    let guard = "[skills.guard]\non_failure = \"mute\"\nhook_ms = 5000\n";
    let speaks = |chat: &mut Running| {
        let before = chat.seen().len();
        said(chat, "Hello there.");
        let after = &chat.seen()[before..];
        after.iter().any(|event| event["event"] == "sentence")
    };
    // A home that never had `redact` speaks.
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    assert!(speaks(&mut chat));
    // What the owner names is missed.
    config(guard);
    let failed = chat.wait_for("skill.failed");
    assert!(
        failed["reason"].as_str().unwrap().contains("missing"),
        "{failed}"
    );
    assert!(!speaks(&mut chat));
    drop_in(&home, "guard", &pass);
    chat.wait_for("skill.loaded");
    assert!(speaks(&mut chat));
    take_out(&home, "guard");
    chat.wait_for("skill.failed");
    assert!(!speaks(&mut chat));
    config(&format!("{guard}enabled = false\n"));
    chat.wait_for("config.reloaded");
    // The skills follow the configuration by themselves.
    while !speaks(&mut chat) {}
    // So is the one that ships, once it was there.
    drop_in(&home, "redact", &pass);
    chat.wait_for("skill.loaded");
    assert!(speaks(&mut chat));
    take_out(&home, "redact");
    chat.wait_for("skill.failed");
    assert!(!speaks(&mut chat));
    end(chat);
}

#[test]
fn the_model_calls_tools_and_every_chain_of_calls_ends_in_a_sentence() {
    let (server, home) = typed_home("[plugins]\ntool_rounds = 3\n");
    drop_in(&home, "math", &tools());
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    let call =
        |name: &'static str, arguments: &'static str| Answer::Calls(vec![["c", name, arguments]]);

    // Call, result, call, result, answer.
    server.answer(call("double", r#"{"n": 1}"#));
    server.answer(call("double", r#"{"n": 2}"#));
    server.answer(Answer::Text("It is four.".to_owned()));
    assert_eq!(said(&mut chat, "Double one twice."), "It is four.");
    let asked = server.last().json();
    let tools: Vec<&str> = asked["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(tools, ["double", "broken", "final", "crash"]);
    let roles: Vec<&str> = asked["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(
        roles,
        ["system", "user", "assistant", "tool", "assistant", "tool"]
    );
    assert_eq!(asked["messages"][3]["content"], r#"{"n":1}"#);

    // The answer of a tool itself.
    server.answer(call("final", r#"{"n": 7}"#));
    assert_eq!(said(&mut chat, "And?"), r#"{"n":7}"#);

    // Wrong arguments, an unknown tool and a tool that fails are told to the model.
    for (name, arguments, reason) in [
        (
            "double",
            r#"{"n": "one"}"#,
            "error: the arguments are wrong: /n: ",
        ),
        ("double", "{", "error: the arguments are no JSON"),
        (
            "halve",
            "{}",
            "error: there is no tool `halve`, only double, broken, final, crash",
        ),
        ("broken", r#"{"n": 1}"#, "error: it broke"),
    ] {
        server.answer(call(name, arguments));
        server.answer(Answer::Text("Sorry, no.".to_owned()));
        assert_eq!(said(&mut chat, "Well?"), "Sorry, no.");
        let asked = server.last().json();
        let told = asked["messages"].as_array().unwrap().last().unwrap()["content"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(told.starts_with(reason), "{told}");
        // One that then says nothing has not answered.
        server.answer(call(name, arguments));
        server.answer(Answer::Text(String::new()));
        assert!(said(&mut chat, "Well?").contains("no answer"));
    }

    // A chain without an end is ended.
    for _ in 0..4 {
        server.answer(call("double", r#"{"n": 1}"#));
    }
    assert!(said(&mut chat, "Go on!").contains("too many steps"));
    let run = end(chat);
    assert_eq!(run.all("tool.called").len(), 2 + 1 + 8 + 3);
    assert!(
        run.all("turn.ended")
            .iter()
            .all(|turn| turn["outcome"] == "answered")
    );
}
