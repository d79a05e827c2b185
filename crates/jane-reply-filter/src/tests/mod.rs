mod calls;
mod pieces;
mod thoughts;

use super::*;

/// Text, and calls as name and arguments.
type Told = (String, Vec<(String, String)>);

/// What comes of `reply` in pieces that end at `cuts`.
fn told_in(mut filter: ReplyFilter, reply: &str, cuts: &[usize], no_room: bool) -> Told {
    let mut cuts: Vec<usize> = cuts
        .iter()
        .map(|cut| reply.floor_char_boundary(cut % (reply.len() + 1)))
        .collect();
    cuts.extend([0, reply.len()]);
    cuts.sort_unstable();
    let mut text = String::new();
    for piece in cuts.windows(2) {
        text.push_str(&filter.push(&reply[piece[0]..piece[1]]));
    }
    let ended = filter.finish(no_room, &[sum_up()]);
    text.push_str(&ended.text);
    let calls = ended.calls.into_iter();
    (
        text,
        calls.map(|call| (call.name, call.arguments)).collect(),
    )
}

/// What comes of `reply`, letter by letter.
fn told(reply: &str) -> Told {
    let letters: Vec<usize> = (0..reply.len()).collect();
    let told = told_in(ReplyFilter::new(Start::Marked), reply, &letters, false);
    let whole = told_in(ReplyFilter::new(Start::Marked), reply, &[], false);
    assert_eq!(told, whole, "{reply}");
    told
}

fn sum_up() -> Tool {
    Tool {
        name: "sum_up".to_owned(),
        description: String::new(),
        parameters: r#"{"type":"object","properties":{"first":{"type":"integer"},"place":{"type":"string"}}}"#.to_owned(),
        examples: Vec::new(),
    }
}
