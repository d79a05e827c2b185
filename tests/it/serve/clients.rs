//! Stock clients: what people really use.

use super::{home, teller};
use crate::common::clients::{Serving, client, node_client, pipecat_client};
use crate::common::openai::{Answer, OpenAiServer};
use crate::common::{Home, SMALL_MODEL, alone, data};

/// The model calls the function of a client for the kitchen, and says what came of it.
fn lights_the_kitchen(server: &OpenAiServer) {
    server.answer(Answer::Calls(vec![[
        "1",
        "turn_on_light",
        "{\"room\": \"kitchen\"}",
    ]]));
    server.answer(Answer::Text("The kitchen is lit.".to_owned()));
}

/// The shipped question as a browser and as a telephone would record it.
fn recorded(home: &Home) -> [String; 2] {
    let files = ["a.webm", "a.mp3"].map(|name| home.path().join(name).display().to_string());
    let question = data("capital_of_france.wav").display().to_string();
    client("coded.py", &[&question, &files[0], &files[1]]);
    files
}

#[test]
fn openais_own_client_is_served() {
    let _alone = alone();
    let home = home("");
    let serving = Serving::start(&home);
    let base = format!("http://{}/v1", serving.address);
    let recording = data("capital_of_france.wav");
    let arguments = [
        base.as_str(),
        recording.to_str().unwrap(),
        "whisper-tiny.en",
        SMALL_MODEL,
    ];
    client("openai_v1.py", &arguments);
    let run = serving.end();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    // What was said is in no event and in no log.
    let told = format!("{:?}{}", run.events, home.log());
    for word in ["capital", "Paris", "kitchen"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
}

#[test]
fn openais_own_client_for_node_is_served() {
    let _alone = alone();
    let home = home("");
    let [webm, mp3] = recorded(&home);
    let serving = Serving::start(&home);
    let base = format!("http://{}/v1", serving.address);
    node_client(
        "openai_v1.mjs",
        &[&base, &webm, &mp3, "whisper-tiny.en", SMALL_MODEL],
    );
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn agents_for_node_call_functions_and_are_interrupted() {
    let _alone = alone();
    let (server, home, long) = teller();
    let serving = Serving::start(&home);
    let base = format!("http://{}/v1", serving.address);
    lights_the_kitchen(&server);
    node_client("tools.mjs", &[&base]);
    lights_the_kitchen(&server);
    let interruption = data("largest_ocean.wav");
    let files = [&long, &interruption].map(|file| file.to_str().unwrap());
    node_client("agents.mjs", &[base.as_str(), files[0], files[1]]);
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn pipecats_service_calls_functions_and_is_interrupted() {
    let _alone = alone();
    let (server, home, long) = teller();
    let serving = Serving::start(&home);
    let base = format!("http://{}/v1", serving.address);
    lights_the_kitchen(&server);
    let interruption = data("largest_ocean.wav");
    let files = [&long, &interruption].map(|file| file.to_str().unwrap());
    pipecat_client("pipecat_voice.py", &[base.as_str(), files[0], files[1]]);
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn home_assistants_own_client_is_served() {
    let _alone = alone();
    let home = home("wyoming = \"127.0.0.1:0\"\n[wake]\nphrase = \"Hey Jane\"\n");
    let phrase = home.say("Hey Jane!", "phrase.wav");
    let serving = Serving::start(&home);
    let (host, port) = serving.wyoming.rsplit_once(':').unwrap();
    let question = data("capital_of_france.wav");
    let arguments = [
        host,
        port,
        question.to_str().unwrap(),
        phrase.to_str().unwrap(),
    ];
    client("wyoming_client.py", &arguments);
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn home_assistant_is_told_what_the_house_is_to_do() {
    let _alone = alone();
    let (server, home, _) = teller();
    let config = std::fs::read_to_string(home.path().join("jane.toml")).unwrap();
    let config = config.replace("[serve]\n", "[serve]\nwyoming = \"127.0.0.1:0\"\n");
    std::fs::write(home.path().join("jane.toml"), config).unwrap();
    let serving = Serving::start(&home);
    let (host, port) = serving.wyoming.rsplit_once(':').unwrap();
    server.answer(Answer::Calls(vec![[
        "1",
        "HassTurnOn",
        "{\"name\": \"light\", \"area\": \"kitchen\"}",
    ]]));
    client("wyoming_intent.py", &[host, port]);
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn openais_own_client_talks() {
    let _alone = alone();
    let (server, home, long) = teller();
    let serving = Serving::start(&home);
    let base = format!("http://{}/v1", serving.address);
    let (question, interruption) = (data("capital_of_france.wav"), data("largest_ocean.wav"));
    let talk = |parts: &str| {
        let files = [&question, &long, &interruption].map(|file| file.to_str().unwrap());
        client(
            "realtime.py",
            &[&[base.as_str()], &files[..], &[parts]].concat(),
        )
    };
    // The model calls the client's function, and answers what comes of it.
    lights_the_kitchen(&server);
    talk("function");
    let told = talk("all");
    // What was cut off is in the history as far as it was heard.
    let kept = told
        .lines()
        .find_map(|line| line.strip_prefix("KEPT "))
        .unwrap();
    let kept: Vec<String> = serde_json::from_str(kept).unwrap();
    for heard in kept {
        let told = server.received().iter().any(|request| {
            let body = request.json();
            let messages = body["messages"].as_array().cloned().unwrap_or_default();
            messages.windows(2).any(|pair| {
                pair[0]["content"] == heard.as_str()
                    && pair[1]["content"]
                        .as_str()
                        .unwrap_or_default()
                        .contains("ocean")
            })
        });
        assert!(told, "{heard}");
    }
    let run = serving.end();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let told = format!("{:?}{}", run.events, home.log());
    for word in ["Pacific", "once upon", "kitchen"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
}
