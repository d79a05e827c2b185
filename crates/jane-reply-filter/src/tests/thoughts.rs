//! Thoughts and roles in the form of each family: none of them is text.

use super::*;

const THOUGHTS: &str = "The user wants 3 < 4. I could write <tool_call> here, or [this].\nHmm.";

/// What is around thoughts, and what is around the answer.
pub(super) const FORMS: [(&str, &str, &str, &str, &str); 22] = [
    (
        "Qwen3, SmolLM3, GLM, Nemotron, Granite 3.3",
        "<think>\n",
        "\n</think>\n\n",
        "",
        "",
    ),
    (
        "DeepSeek R1",
        "<think>",
        "</think>",
        "",
        "<｜end▁of▁sentence｜>",
    ),
    ("others", "<thinking>", "</thinking>\n", "", ""),
    ("Exaone", "<thought>\n", "\n</thought>\n", "", ""),
    ("Reka", "<reasoning>", "</reasoning>", "", ""),
    ("Seed-OSS", "<seed:think>", "</seed:think>", "", ""),
    ("MiniMax M3", "<mm:think>", "</mm:think>", "", ""),
    (
        "Hunyuan 3",
        "<think:opensource>",
        "</think:opensource>",
        "",
        "",
    ),
    (
        "Hunyuan 1",
        "<think>\n",
        "\n</think>\n",
        "<answer>\n",
        "\n</answer>",
    ),
    (
        "Granite 3.3",
        "<think>",
        "</think>",
        "<response>",
        "</response>",
    ),
    (
        "Granite 3.2",
        "Here is my thought process:",
        "Here is my response:",
        "",
        "",
    ),
    ("Magistral, Ministral 3", "[THINK]", "[/THINK]", "", ""),
    (
        "Command R7B",
        "<|START_THINKING|>",
        "<|END_THINKING|>",
        "<|START_RESPONSE|>",
        "<|END_RESPONSE|>",
    ),
    (
        "Command A",
        "<|START_THINKING|>",
        "<|END_THINKING|>",
        "<|START_TEXT|>",
        "<|END_TEXT|>",
    ),
    ("Apertus", "<|inner_prefix|>", "<|inner_suffix|>", "", ""),
    (
        "Apriel",
        "Here are my reasoning steps:\n",
        "\n[BEGIN FINAL RESPONSE]\n",
        "",
        "\n[END FINAL RESPONSE]",
    ),
    (
        "Gemma 4",
        "<|channel>thought\n",
        "<channel|>",
        "",
        "<turn|>",
    ),
    (
        "gpt-oss",
        "<|channel|>analysis<|message|>",
        "<|end|>",
        "<|start|>assistant<|channel|>final<|message|>",
        "<|return|>",
    ),
    (
        "Solar Open",
        "<|think|>",
        "<|end|>",
        "<|begin|>assistant<|content|>",
        "<|end|>",
    ),
    (
        "Kimi K3",
        "<|open|>think<|sep|>",
        "<|close|>think<|sep|>",
        "<|open|>response<|sep|>",
        "<|close|>response<|sep|><|close|>message<|sep|>",
    ),
    (
        "Glimmer",
        "<|start|>assistant to=self<|message|>",
        "<|eom|>",
        "<|start|>assistant to=user<|message|>",
        "<|eot|>",
    ),
    ("Kimi VL", "◁think▷", "◁/think▷", "", ""),
];

fn said(reply: &str) -> String {
    let (text, calls) = told(reply);
    assert_eq!(calls, [], "{reply}");
    text.trim().to_owned()
}

#[test]
fn the_thoughts_of_every_family_are_left_out() {
    for (family, begin, end, before, behind) in FORMS {
        let reply = format!("{begin}{THOUGHTS}{end}{before}It is four.{behind}");
        assert_eq!(said(&reply), "It is four.", "{family}");
    }
}

#[test]
fn thoughts_that_the_prompt_began_are_left_out() {
    for (family, begin, end, before, behind) in FORMS {
        let filter = ReplyFilter::behind(begin);
        assert!(filter.is_thinking(), "{family}");
        let reply = format!("{THOUGHTS}{end}{before}It is four.{behind}");
        let (text, calls) = told_in(filter, &reply, &[1, 30, 40, 71, 72, 80], false);
        assert_eq!((text.trim(), calls.len()), ("It is four.", 0), "{family}");
    }
}

#[test]
fn thoughts_that_are_broken_off_anywhere_are_left_out() {
    for (family, begin, end, before, _) in FORMS {
        let reply = format!("{begin}{THOUGHTS}{end}{before}");
        // What words begin is known with the last of them.
        let least = match begin.starts_with(char::is_alphabetic) {
            true => begin.trim_end().len(),
            false => 3,
        };
        for at in reply.char_indices().map(|(at, _)| at).skip(least) {
            for no_room in [false, true] {
                let filter = ReplyFilter::new(Start::Marked);
                let (text, calls) = told_in(filter, &reply[..at], &[2, 5, 33], no_room);
                // What so few letters begin may be anything.
                let is_short = text.trim().len() < 3;
                assert!(
                    is_short && calls.is_empty(),
                    "{family}: {text:?} of {:?}",
                    &reply[..at]
                );
            }
        }
    }
}

/// What the filter says would end the thoughts ends them.
#[test]
fn thoughts_can_be_ended() {
    for (family, begin, ..) in FORMS {
        let mut filter = ReplyFilter::new(Start::Marked);
        assert_eq!(
            filter.push(&format!("{begin}{THOUGHTS} And so")),
            "",
            "{family}"
        );
        let end = filter.end_of_thoughts().expect(family).to_owned();
        assert_eq!(filter.push(&end), "", "{family}");
        assert!(!filter.is_thinking(), "{family}");
        let text = filter.push("It is four. ") + &filter.finish(false, &[]).text;
        assert_eq!(text.trim(), "It is four.", "{family}");
    }
}

#[test]
fn a_prompt_that_ended_the_thoughts_begins_an_answer() {
    for tail in [
        "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        "<|assistant|></think>",
        "<turn|>\n<|turn>model\n<|channel>thought\n<channel|>",
        "<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|><|START_THINKING|><|END_THINKING|>",
        "<|end|><|start|>assistant",
        "<|message_sep|>\n\nassistant<|role_sep|>\n",
        "<|im_end|><|im_assistant|>assistant<|im_middle|>",
        "<|open|>message role=\"assistant\"<|sep|><|open|>response<|sep|>",
        "\n\nAssistant:",
        "[/INST]",
        "<end_of_turn>\n<start_of_turn>model\n",
        "[e~[\n]~b]ai\n",
        "<|role_end|><role>ASSISTANT</role>\n<think></think>",
    ] {
        let filter = ReplyFilter::behind(tail);
        assert!(!filter.is_thinking(), "{tail}");
        let reply = match tail.ends_with("<|start|>assistant") {
            true => "<|channel|>final<|message|>It is four.",
            false => "It is four.",
        };
        let (text, _) = told_in(filter, reply, &[4], false);
        assert_eq!(text.trim(), "It is four.", "{tail}");
    }
}

#[test]
fn thoughts_end_in_a_call_too() {
    for call in [
        "<tool_call>{\"name\": \"sum_up\", \"arguments\": {}}</tool_call>",
        "<|start|>assistant<|channel|>commentary to=functions.sum_up<|message|>{}<|call|>",
    ] {
        let begin = match call.starts_with("<|") {
            true => "<|channel|>analysis<|message|>Hm.<|end|>",
            false => "<think>Hm.\n",
        };
        let (text, calls) = told(&format!("{begin}{call}"));
        assert_eq!(text, "");
        assert_eq!(calls, [("sum_up".to_owned(), "{}".to_owned())]);
    }
}

#[test]
fn marks_that_are_broken_are_marks() {
    for (reply, text) in [
        ("<think\nHm.</think>Yes.", "Yes."),
        ("<think >Hm.</think >Yes.", "Yes."),
        ("<Think>Hm.</THINK>Yes.", "Yes."),
        (
            "<|channel|>analysis\nHm.<|end|><|start|>assistant<|channel|>final\nYes.",
            "Yes.",
        ),
        ("Yes.<|im_e", "Yes."),
        ("Yes.</thi", "Yes."),
        ("<think>Hm.", ""),
        ("Yes. <think>Hm.</think>And no.", "Yes. And no."),
        ("Yes.<|never_heard_of|> No.", "Yes. No."),
    ] {
        assert_eq!(said(reply), text, "{reply}");
    }
}

#[test]
fn nobody_else_is_spoken_for() {
    for reply in [
        "Yes.<|im_end|>\n<|im_start|>user\nAnd why?<|im_end|>\n<|im_start|>assistant\nBecause.",
        "Yes.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?",
        "Yes.\nUser: And why?\nAssistant: Because.",
        "Yes.</s>[INST] Why? [/INST] Because.",
        "Yes.<｜User｜>Why?",
        "Yes.<end_of_turn>\n<start_of_turn>user\nWhy?",
        "Yes.<|user|>\nWhy?",
        "Yes.<|start|>functions.sum_up to=assistant<|channel|>commentary<|message|>42<|end|>",
    ] {
        assert_eq!(said(reply), "Yes.", "{reply}");
    }
    // Of a copied result the text remains.
    let copied = "<tool_response>\nSunny, 21 < 30 degrees.\n</tool_response>";
    assert_eq!(said(copied), "Sunny, 21 < 30 degrees.");
}

#[test]
fn thoughts_of_which_only_the_end_is_marked_are_left_out() {
    let reply = format!("Okay, the user asks for a sum. {THOUGHTS}\n</think>\n\nIt is four.");
    for (start, reply) in [
        (Start::Unknown, reply.as_str()),
        (
            Start::Thinking,
            "Two and two, that makes four.\n</think>\nIt is four.",
        ),
    ] {
        let letters: Vec<usize> = (0..reply.len()).collect();
        for cuts in [&letters[..], &[]] {
            let (text, _) = told_in(ReplyFilter::new(start), reply, cuts, false);
            assert_eq!(text.trim(), "It is four.");
        }
    }
    let mut filter = ReplyFilter::new(Start::Unknown);
    filter.push(&reply);
    assert!(filter.is_unopened());
}

#[test]
fn an_answer_that_only_might_be_thoughts_is_an_answer() {
    for start in [Start::Unknown, Start::Thinking] {
        for reply in [
            "Okay, the user's manual is in the drawer.",
            "Okay. I will do that.",
            "Paris is the capital of France.",
            "<think>Hm.</think>Paris is the capital of France.",
        ] {
            let (text, _) = told_in(ReplyFilter::new(start), reply, &[2, 4, 9, 20], false);
            let answer = reply.rsplit('>').next().unwrap();
            assert_eq!(text, answer, "{start:?}");
        }
    }
    // Most answers are not held back for it.
    let mut filter = ReplyFilter::new(Start::Unknown);
    assert_eq!(filter.push("Paris"), "Paris");
    assert_eq!(filter.push(" is"), " is");
}

#[test]
fn thoughts_are_counted() {
    let mut filter = ReplyFilter::new(Start::Marked);
    filter.push("<think>12345");
    assert!(filter.is_thinking());
    assert_eq!(filter.thought(), 5);
    filter.push("</think>Yes");
    assert!(!filter.is_thinking());
    assert_eq!(filter.thought(), 5);
}
