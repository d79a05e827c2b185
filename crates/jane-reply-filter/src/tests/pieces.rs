//! Whatever a model writes and wherever it is cut: the same comes of it, and no mark is ever text.

use proptest::prelude::*;

use super::*;

/// What must never be spoken, whatever is around it.
const NEVER: [&str; 16] = [
    "<think",
    "</think",
    "<tool_call",
    "</tool_call",
    "<|",
    "|>",
    "<｜",
    "[TOOL_CALLS]",
    "[THINK]",
    "[/THINK]",
    "<function=",
    "<minimax:",
    "<invoke",
    "<start_of_turn>",
    "</s>",
    "◁think▷",
];

fn start() -> impl Strategy<Value = Start> {
    prop::sample::select(vec![
        Start::Marked,
        Start::Continued,
        Start::Unknown,
        Start::Thinking,
    ])
}

/// Pieces that look like marks, or nearly.
fn reply() -> impl Strategy<Value = String> {
    let mut whole: Vec<String> = super::calls::FORMS
        .iter()
        .map(|(_, call)| (*call).to_owned())
        .collect();
    for (_, begin, end, before, behind) in super::thoughts::FORMS {
        whole.extend([begin, end, before, behind].map(str::to_owned));
    }
    let marks = [
        "<tool_response>",
        "<|im_start|>user\n",
        "<|im_end|>",
        "<|start|>",
        "assistant",
        "<|channel|>",
        "<|message|>",
        "[ARGS]",
        "<tool_",
        "[TOOL_",
        "{\"na",
        "{\"name\": \"a\"",
        "[{",
        "[f(",
        "```json\n",
        "```",
        "<parameter=x>",
        "</",
        "<",
        ">",
        "[",
        "]<",
        "<｜",
        "<|",
        "User:",
        "\n",
        "\nUser: x",
        "Okay, the user ",
        "Action: ",
        ">>>",
        "functools[",
        "Here is ",
        "<function name=\"",
        "<think x",
        "<end_of_turn>",
        "é",
        "[/",
    ];
    whole.extend(marks.map(str::to_owned));
    let piece = prop_oneof![
        "[ a-zé{}\"<>|\\[\\]\n]{0,6}",
        prop::sample::select(whole.clone()),
        (prop::sample::select(whole), 0_usize..80)
            .prop_map(|(piece, end)| piece[..piece.floor_char_boundary(end)].to_owned()),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_cuts_do_not_matter(
        start in start(),
        reply in reply(),
        cuts in prop::collection::vec(0_usize..400, 0..24),
        no_room: bool,
    ) {
        let whole = told_in(ReplyFilter::new(start), &reply, &[], no_room);
        let cut = told_in(ReplyFilter::new(start), &reply, &cuts, no_room);
        prop_assert_eq!(&cut, &whole);
        let letters: Vec<usize> = (0..reply.len()).collect();
        let letter_by_letter = told_in(ReplyFilter::new(start), &reply, &letters, no_room);
        prop_assert_eq!(&letter_by_letter, &whole);
    }

    /// Text with one whole form of thoughts or calls in it, cut anywhere.
    #[test]
    fn nothing_of_a_mark_is_text(
        before in "[a-z ,.]{0,12}",
        form in prop::sample::select(super::calls::FORMS.to_vec()),
        thought in prop::sample::select(super::thoughts::FORMS.to_vec()),
        end in 0_usize..400,
        cuts in prop::collection::vec(0_usize..400, 0..24),
        no_room: bool,
    ) {
        let (_, begin, close, opening, _) = thought;
        let reply = format!("{begin}I wonder.{close}{opening}{before}\n{}", form.1);
        let reply = &reply[..reply.floor_char_boundary(end.min(reply.len()))];
        let (text, _) = told_in(ReplyFilter::new(Start::Marked), reply, &cuts, no_room);
        for never in NEVER {
            prop_assert!(!text.contains(never), "{:?} of {:?}", text, reply);
        }
        prop_assert!(!text.contains("wonder"), "{:?} of {:?}", text, reply);
    }

    #[test]
    fn no_text_makes_it_panic(reply in "\\PC{0,80}", cuts in prop::collection::vec(0_usize..200, 0..8)) {
        told_in(ReplyFilter::new(Start::Unknown), &reply, &cuts, false);
    }
}

/// Where a line begins is known behind what was taken, too.
#[test]
fn a_call_behind_spaces_at_the_beginning_of_a_line_is_one_however_it_is_cut() {
    let call = "<|tool_call>call:sum_up{first:1,place:<|\"|>Oslo<|\"|>}<tool_call|>";
    for reply in [
        format!("<think>\n<think\n\n {call}"),
        format!("<|channel|>analysis<|message|>a\n {call}"),
    ] {
        let whole = told(&reply);
        assert_eq!(whole.1.len(), 1, "{reply}");
        for cut in 0..reply.len() {
            let cut = told_in(ReplyFilter::new(Start::Marked), &reply, &[cut], false);
            assert_eq!(cut, whole, "{reply}");
        }
    }
}
