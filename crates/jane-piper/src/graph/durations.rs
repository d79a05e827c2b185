//! The frames of the phonemes go behind the samples.

use super::TIMED;
use super::onnx::{Attribute, Graph, Node, Writer};

/// The frames of the phonemes are what is rounded up, and added up to where each begins.
pub fn tell_durations(graph: &mut Graph) -> Option<()> {
    let is_added_up = |name: &String| {
        let mut sums = graph.nodes.iter().filter(|node| node.kind == "CumSum");
        sums.any(|sum| sum.inputs.first() == Some(name))
    };
    let rounded = graph.nodes.iter().filter(|node| node.kind == "Ceil");
    let durations: Vec<String> = rounded
        .filter_map(|node| node.outputs.first())
        .filter(|name| is_added_up(name))
        .cloned()
        .collect();
    let ([durations], [output]) = (durations.as_slice(), graph.outputs.as_mut_slice()) else {
        return None;
    };
    const SAMPLES: &str = "jane/samples";
    let ends = graph.nodes.iter_mut().flat_map(|node| &mut node.outputs);
    for end in ends.filter(|name| **name == output.name) {
        *end = SAMPLES.to_owned();
    }
    TIMED.clone_into(&mut output.name);
    let (mut writer, nodes) = Writer::begin(graph, "jane/durations");
    nodes.into_iter().for_each(|node| writer.keep(node));
    let last_axis = writer.numbers(&[1, 1, 1, -1]);
    let flat = writer.add("Reshape", &[durations, &last_axis], &[]);
    let joined = Node::new("Concat", &[SAMPLES, &flat], TIMED);
    writer.keep(joined.with(&[Attribute::number("axis", 3)]));
    writer.finish(graph);
    Some(())
}
