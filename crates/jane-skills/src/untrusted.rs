//! Bytes as they may come from a skill, read as it is done with what one hands over. Each of these returns, soon, whatever the bytes are: tests
//! that try anything call them.

use super::bindings::jane::skill::types::Tool as Declared;
use super::host::{next_of_cron, now_ms, request_headers};
use super::names::{Offering, names};
use super::tool::{Tool, check_name};

/// The parts of `bytes` between zeros, as texts.
fn texts(bytes: &[u8]) -> Vec<String> {
    let parts = bytes.split(|byte| *byte == 0);
    parts
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect()
}

/// Tools, each of a name, a description and a schema, and behind them arguments that are held against each. Returns how many tools are taken.
#[must_use]
pub fn tools(bytes: &[u8]) -> usize {
    let texts = texts(bytes);
    let (declared, arguments) = texts.split_at(texts.len() / 3 * 3);
    let declared = declared.chunks_exact(3).filter_map(|tool| match tool {
        [name, description, input_schema] => Some(Declared {
            name: name.clone(),
            description: description.clone(),
            input_schema: input_schema.clone(),
            timeout_ms: None,
        }),
        _ => None,
    });
    let Ok(tools) = Tool::all(declared.collect()) else {
        return 0;
    };
    for tool in &tools {
        for arguments in arguments {
            let _ = tool.check(arguments);
        }
    }
    tools.len()
}

/// A schema, and behind it values that are held against it. Returns whether it is taken.
#[must_use]
pub fn schema(bytes: &[u8]) -> bool {
    let mut all = b"tool\0\0".to_vec();
    all.extend_from_slice(bytes);
    tools(&all) == 1
}

/// Names and values of headers, in turns. Returns whether they may be sent.
#[must_use]
pub fn headers(bytes: &[u8]) -> bool {
    let texts = texts(bytes);
    let pairs = texts.chunks(2);
    let pairs = pairs.map(|pair| {
        let value = pair.get(1).cloned().unwrap_or_default();
        (pair.first().cloned().unwrap_or_default(), value)
    });
    request_headers(&pairs.collect::<Vec<_>>()).is_ok()
}

/// A pattern of times. Returns when it comes next, in milliseconds since 1970 (UTC).
#[must_use]
pub fn schedule(bytes: &[u8]) -> Option<u64> {
    next_of_cron(&String::from_utf8_lossy(bytes), now_ms()).ok()
}

/// Names of skills and of a tool of each, in turns. Returns the names by which the language model calls them.
#[must_use]
pub fn tool_names(bytes: &[u8]) -> Vec<String> {
    let texts = texts(bytes);
    let offering = |pair: &'_ [String]| match pair {
        [skill, tool] if check_name(tool).is_ok() => Some((skill.clone(), tool.clone())),
        _ => None,
    };
    let pairs: Vec<(String, String)> = texts.chunks(2).filter_map(offering).collect();
    let offered = pairs.iter().map(|(skill, tool)| Offering {
        skill,
        priority: 0,
        tools: vec![tool.as_str()],
    });
    let (named, _) = names(&offered.collect::<Vec<_>>());
    named.into_iter().flatten().flatten().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_are_read_as_what_a_skill_hands_over() {
        assert_eq!(tools(b"add\0Adds.\0{\"type\": \"object\"}\0{}"), 1);
        assert!(schema(b"{\"type\": \"object\"}\0{\"a\": 1}\0nonsense"));
        assert!(!schema(b"{\"type\": \"object\", \"$id\": 1, \"if\": {}}"));
        assert!(headers(b"accept\0text/plain\0x-a\0b") && !headers(b"host\0a"));
        assert!(schedule(b"0 7 * * *").is_some() && schedule(b"* * * * * *").is_none());
        assert_eq!(tool_names(b"one\0add\0two\0add"), ["one__add", "two__add"]);
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(b'"'), Just(b'{')], 0..300)) {
            let _ = (tools(&bytes), schema(&bytes), headers(&bytes), schedule(&bytes), tool_names(&bytes));
        }
    }
}
