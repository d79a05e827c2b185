//! Calls in the form of each family, whole and broken.

use super::*;

/// One call of `sum_up` as each family writes it. The names are those of the models whose templates show the form.
pub(super) const FORMS: [(&str, &str); 40] = [
    (
        "Qwen2.5, Qwen3, Hermes, Granite 4, MiMo, Bielik",
        "<tool_call>\n{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}\n</tool_call>",
    ),
    (
        "Hermes, arguments as text",
        "<tool_call>{\"name\": \"sum_up\", \"arguments\": \"{\\\"first\\\": 1, \\\"place\\\": \\\"Oslo\\\"}\"}</tool_call>",
    ),
    (
        "Qwen3-Coder, Qwen3.5, Nemotron 3, StepFun",
        "<tool_call>\n<function=sum_up>\n<parameter=first>\n1\n</parameter>\n<parameter=place>\nOslo\n</parameter>\n</function>\n</tool_call>",
    ),
    (
        "Qwen3-Coder without the outer tag",
        "<function=sum_up>\n<parameter=first>\n1\n</parameter>\n<parameter=place>\nOslo\n</parameter>\n</function>",
    ),
    (
        "Mistral Nemo",
        "[TOOL_CALLS][{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}, \"id\": \"abcdefghi\"}]",
    ),
    (
        "Mistral Small 3.2",
        "[TOOL_CALLS]sum_up[CALL_ID]abcdefghi[ARGS]{\"first\": 1, \"place\": \"Oslo\"}",
    ),
    (
        "Devstral, Ministral 3",
        "[TOOL_CALLS]sum_up[ARGS]{\"first\": 1, \"place\": \"Oslo\"}",
    ),
    (
        "Magistral",
        "[TOOL_CALLS]sum_up{\"first\": 1, \"place\": \"Oslo\"}",
    ),
    (
        "Llama 3.1, 3.2, 3.3",
        "{\"name\": \"sum_up\", \"parameters\": {\"first\": 1, \"place\": \"Oslo\"}}",
    ),
    (
        "Llama 3 with a type",
        "{\"type\": \"function\", \"name\": \"sum_up\", \"parameters\": {\"first\": 1, \"place\": \"Oslo\"}}",
    ),
    (
        "Llama 3 by the tag",
        "<|python_tag|>{\"name\": \"sum_up\", \"parameters\": {\"first\": 1, \"place\": \"Oslo\"}}",
    ),
    (
        "gpt-oss",
        "<|channel|>commentary to=functions.sum_up <|constrain|>json<|message|>{\"first\": 1, \"place\": \"Oslo\"}<|call|>",
    ),
    (
        "gpt-oss, as its template has it",
        "<|start|>assistant to=functions.sum_up<|channel|>commentary json<|message|>{\"first\": 1, \"place\": \"Oslo\"}<|call|>",
    ),
    (
        "LFM2",
        "<|tool_call_start|>[sum_up(first=1, place='Oslo')]<|tool_call_end|>",
    ),
    (
        "Llama 4, LFM2 without marks",
        "[sum_up(first=1, place=\"Oslo\")]",
    ),
    (
        "Gemma 2, Gemma 3",
        "```tool_code\nprint(default_api.sum_up(first=1, place=\"Oslo\"))\n```",
    ),
    (
        "Gemma 4",
        "<|tool_call>call:sum_up{first:1,place:<|\"|>Oslo<|\"|>}<tool_call|>",
    ),
    (
        "Granite 3.3",
        "<|tool_call|>[{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}]",
    ),
    (
        "Phi-4-mini",
        "<|tool_call|>[{\"type\": \"function\", \"function\": {\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}}]<|/tool_call|>",
    ),
    (
        "DeepSeek R1",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>sum_up\n```json\n{\"first\": 1, \"place\": \"Oslo\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    (
        "DeepSeek V3.1",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>sum_up<｜tool▁sep｜>{\"first\": 1, \"place\": \"Oslo\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    (
        "DeepSeek V3.2, V4",
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"sum_up\">\n<｜DSML｜parameter name=\"first\" string=\"false\">1</｜DSML｜parameter>\n<｜DSML｜parameter name=\"place\" string=\"true\">Oslo</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    ),
    (
        "Command R+",
        "Action: ```json\n[\n    {\n        \"tool_name\": \"sum_up\",\n        \"parameters\": {\"first\": 1, \"place\": \"Oslo\"}\n    }\n]```",
    ),
    (
        "Command R7B, Command A",
        "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"sum_up\", \"parameters\": {\"first\": 1, \"place\": \"Oslo\"}}\n]<|END_ACTION|>",
    ),
    (
        "GLM 4.6",
        "<tool_call>sum_up\n<arg_key>first</arg_key>\n<arg_value>1</arg_value>\n<arg_key>place</arg_key>\n<arg_value>Oslo</arg_value>\n</tool_call>",
    ),
    (
        "GLM 4.7, Spark, Laguna",
        "<tool_call>sum_up<arg_key>first</arg_key><arg_value>1</arg_value><arg_key>place</arg_key><arg_value>Oslo</arg_value></tool_call>",
    ),
    (
        "Hunyuan 3",
        "<tool_calls:opensource>\n<tool_call:opensource>sum_up<tool_sep:opensource>\n<arg_key:opensource>first</arg_key:opensource>\n<arg_value:opensource>1</arg_value:opensource>\n<arg_key:opensource>place</arg_key:opensource>\n<arg_value:opensource>Oslo</arg_value:opensource>\n</tool_call:opensource>\n</tool_calls:opensource>",
    ),
    (
        "MiniMax M2",
        "<minimax:tool_call>\n<invoke name=\"sum_up\">\n<parameter name=\"first\">1</parameter>\n<parameter name=\"place\">Oslo</parameter>\n</invoke>\n</minimax:tool_call>",
    ),
    (
        "MiniMax M3",
        "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"sum_up\">]<]minimax[>[<first>1]<]minimax[>[</first>]<]minimax[>[<place>Oslo]<]minimax[>[</place>]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>",
    ),
    (
        "Seed-OSS",
        "<seed:tool_call>\n<function=sum_up>\n<parameter=first>1</parameter>\n<parameter=place>Oslo</parameter>\n</function>\n</seed:tool_call>",
    ),
    (
        "Kimi K2",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.sum_up:0<|tool_call_argument_begin|>{\"first\": 1, \"place\": \"Oslo\"}<|tool_call_end|><|tool_calls_section_end|>",
    ),
    (
        "Kimi K3",
        "<|open|>tools<|sep|><|open|>call tool=\"sum_up\" index=\"1\"<|sep|><|open|>argument key=\"first\" type=\"number\"<|sep|>1<|close|>argument<|sep|><|open|>argument key=\"place\" type=\"string\"<|sep|>Oslo<|close|>argument<|sep|><|close|>call<|sep|><|close|>tools<|sep|>",
    ),
    (
        "Nemotron Nano 2",
        "<TOOLCALL>[{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}]</TOOLCALL>",
    ),
    (
        "Apertus",
        "<|tools_prefix|>[{\"sum_up\": {\"first\": 1, \"place\": \"Oslo\"}}]<|tools_suffix|>",
    ),
    (
        "Functionary 3.1",
        "<function=sum_up>{\"first\": 1, \"place\": \"Oslo\"}</function>",
    ),
    (
        "Functionary 3.2",
        ">>>sum_up\n{\"first\": 1, \"place\": \"Oslo\"}",
    ),
    (
        "Firefunction",
        " functools[{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}]",
    ),
    (
        "MiniCPM 5",
        "<function name=\"sum_up\"><param name=\"first\">1</param><param name=\"place\"><![CDATA[Oslo]]></param></function>",
    ),
    (
        "Solar Open",
        "<|tool_calls|><|tool_call:begin|>abcdefghi<|tool_call:name|>sum_up<|tool_call:args|>{\"first\": 1, \"place\": \"Oslo\"}<|tool_call:end|><|calls|>",
    ),
    (
        "a block of JSON",
        "```json\n{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}\n```",
    ),
];

/// The same of families that write it in a message of its own.
const FURTHER: [(&str, &str); 3] = [
    (
        "GigaChat 3",
        "<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}",
    ),
    (
        "GigaChat 3.1",
        "<|function_call|>{\"name\": \"sum_up\", \"arguments\": {\"first\": 1, \"place\": \"Oslo\"}}",
    ),
    (
        "Glimmer",
        "<|start|>assistant to=sum_up<|message|><atem:function_calls>\n<atem:invoke name=\"sum_up\">\n<atem:parameter name=\"first\">1</atem:parameter>\n<atem:parameter name=\"place\">Oslo</atem:parameter>\n</atem:invoke>\n</atem:function_calls>",
    ),
];

fn expected() -> Vec<(String, serde_json::Value)> {
    let arguments = serde_json::json!({ "first": 1, "place": "Oslo" });
    vec![("sum_up".to_owned(), arguments)]
}

fn read((text, calls): Told) -> (String, Vec<(String, serde_json::Value)>) {
    let calls = calls.into_iter().map(|(name, arguments)| {
        let arguments = serde_json::from_str(&arguments).expect("arguments are JSON");
        (name, arguments)
    });
    (text, calls.collect())
}

#[test]
fn the_calls_of_every_family_are_understood() {
    for (family, call) in FORMS.iter().chain(&FURTHER) {
        assert_eq!(read(told(call)), (String::new(), expected()), "{family}");
    }
}

#[test]
fn what_is_said_before_a_call_is_text_and_nothing_behind_it() {
    for (family, call) in FORMS.iter().chain(&FURTHER) {
        let reply = format!("Let me see.\n{call}\nI am done.");
        let (text, calls) = read(told(&reply));
        assert_eq!(text.trim_end(), "Let me see.", "{family}");
        assert_eq!(calls, expected(), "{family}");
    }
}

/// Wherever a call is broken off, nothing of it is text: neither where the model stops there, nor where there is no room for more.
#[test]
fn a_call_that_is_broken_anywhere_is_never_text() {
    for (family, call) in FORMS.iter().chain(&FURTHER) {
        for end in call.char_indices().map(|(end, _)| end) {
            for no_room in [false, true] {
                let reply = format!("Let me see.\n{}", &call[..end]);
                let (text, _) = told_in(ReplyFilter::new(Start::Marked), &reply, &[3, 20], no_room);
                let left = text.strip_prefix("Let me see.").expect(&text);
                let left = left.trim().trim_matches('`');
                // What so few letters begin may be anything, and a word is one.
                let is_word = ["Action: ```json", "functools"]
                    .iter()
                    .any(|word| word.starts_with(left));
                assert!(left.len() < 3 || is_word, "{family}: {left:?} of {reply:?}");
            }
        }
    }
}

#[test]
fn values_have_the_types_that_the_schema_has() {
    let call = "<function=sum_up><parameter=first>7</parameter><parameter=place>1234</parameter></function>";
    let arguments = serde_json::json!({ "first": 7, "place": "1234" });
    assert_eq!(read(told(call)).1[0].1, arguments);
}

#[test]
fn several_calls_stand_in_one_message() {
    let two = [("a", "{}"), ("b", r#"{"x":"</tool_call>"}"#)];
    let two: Vec<_> = two
        .map(|(name, arguments)| (name.to_owned(), arguments.to_owned()))
        .into();
    for reply in [
        "<tool_call>{\"name\": \"a\"}</tool_call>\n<tool_call>{\"name\": \"b\", \"arguments\": {\"x\": \"</tool_call>\"}}</tool_call>",
        "[TOOL_CALLS][{\"name\": \"a\", \"arguments\": {}}, {\"name\": \"b\", \"arguments\": {\"x\": \"</tool_call>\"}}]",
        "[TOOL_CALLS]a[ARGS]{}[TOOL_CALLS]b[ARGS]{\"x\": \"</tool_call>\"}",
        "<|tool_call_start|>[a(), b(x='</tool_call>')]<|tool_call_end|>",
        "{\"name\": \"a\", \"parameters\": {}}; {\"name\": \"b\", \"parameters\": {\"x\": \"</tool_call>\"}}",
    ] {
        assert_eq!(told(reply), (String::new(), two.clone()), "{reply}");
    }
}

#[test]
fn a_further_call_that_is_cut_off_is_said_to_be_and_the_whole_ones_before_it_remain() {
    let whole = "<tool_call>{\"name\": \"a\", \"arguments\": {}}</tool_call>";
    for (end, cut_off) in [
        ("", false),
        ("\n<tool_c", false),
        ("\n<tool_call>{\"name\": \"b\", \"argu", true),
        ("\n<tool_call>b\n<arg_key>x", true),
    ] {
        let mut filter = ReplyFilter::new(Start::Marked);
        assert_eq!(filter.push(&format!("{whole}{end}")), "");
        let ended = filter.finish(true, &[]);
        assert_eq!(ended.calls.len(), 1, "{end}");
        assert_eq!(ended.cut_off, cut_off, "{end}");
    }
}

#[test]
fn what_is_no_call_is_text() {
    for reply in [
        "a < b, and <tool> is no call",
        "Say {\"name\": \"Bob\"} and be done.",
        "{\"names\": 1}",
        "{ n }",
        "[1, 2] and [a link](https://example.org) and [x]",
        "f(x) = [g(x)]",
        "```rust\nlet a = [b(c)];\n```",
        "```json\n{\"colour\": \"red\"}\n```",
        "In Python: print(max(1, 2)).",
        "The <b>bold</b> one, x <| f, and a <y> b.",
        "Action: run! Actions speak.",
        "1 < 2",
        "Use `ls`, or ``` for a block.",
        "It is [TOO] long, [A] or [THIN].",
    ] {
        assert_eq!(told(reply), (reply.to_owned(), Vec::new()), "{reply}");
    }
}

#[test]
fn a_call_that_is_being_written_is_known() {
    let mut filter = ReplyFilter::new(Start::Marked);
    assert_eq!(filter.push("Well. <tool_call>{\"na"), "Well.");
    let begun = filter.begun().unwrap();
    assert_eq!((begun.opening, begun.written), ("<tool_call>", "{\"na"));
    let mut filter = ReplyFilter::new(Start::Marked);
    assert_eq!(filter.push(" {\"na"), "");
    assert_eq!(filter.begun(), None);
    filter.push("me\"");
    let begun = filter.begun().unwrap();
    assert_eq!((begun.opening, begun.written), ("", "{\"name\""));
}
