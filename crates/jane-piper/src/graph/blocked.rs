//! Convolutions that ONNX Runtime computes with blocked channels (NCHWc): it does so for two-dimensional ones only, so the one-dimensional
//! ones of a voice get a height of 1.
//!
//! The decoder, which has most of them, gets it as a whole. A wide convolution elsewhere gets it for itself alone, which turns its input
//! and output around twice and is worth it all the same.
//!
//! Between two convolutions the channels stay blocked where what lies between is computed in blocks too. `LeakyRelu` is only as the
//! activation of a convolution, so one is added before it that multiplies each channel by 1.

use std::collections::{HashMap, HashSet};

use super::DECODER;
use super::onnx::{Attribute, Graph, Node, Tensor, Writer};

/// The axis that is added.
const HEIGHT: i64 = 2;

/// What works on each element alone, or on the dimensions behind the channels, whichever they are.
const KNOWN: [&str; 8] = [
    "Add",
    "Conv",
    "ConvTranspose",
    "Div",
    "LeakyRelu",
    "Mul",
    "Sub",
    "Tanh",
];

/// Samples that a kernel outside the decoder has at least to be worth its turning around.
const WIDE: i64 = 3;

/// Makes the decoder two-dimensional.
pub fn block_decoder(graph: &mut Graph) -> Option<()> {
    let is_inside = |node: &Node| node.name.starts_with(DECODER);
    let inside: Vec<&Node> = graph.nodes.iter().filter(|node| is_inside(node)).collect();
    let is_known = |node: &&Node| KNOWN.contains(&node.kind.as_str());
    if inside.is_empty() || !inside.iter().all(is_known) {
        return None;
    }
    let made = inside.iter().flat_map(|node| node.outputs.clone());
    let made: HashSet<String> = made.collect();
    let (mut writer, nodes) = Writer::begin(graph, "jane/height");
    let axis = writer.numbers(&[HEIGHT]);
    let mut turned: HashMap<String, String> = HashMap::new();
    let mut kernels = HashSet::new();
    for mut node in nodes {
        let inside = is_inside(&node);
        for (place, input) in node.inputs.iter_mut().enumerate() {
            let is_own = made.contains(input);
            if inside == is_own || input.is_empty() || (inside && writer.weight(input).is_some()) {
                continue;
            }
            // What comes from elsewhere gets a height, and what goes elsewhere loses it, once. A second input may have any shape.
            if inside && place > 0 {
                return None;
            }
            let kind = if inside { "Unsqueeze" } else { "Squeeze" };
            let turn = || writer.add(kind, &[input.as_str(), &axis], &[]);
            *input = turned.entry(input.clone()).or_insert_with(turn).clone();
        }
        if inside && node.kind.starts_with("Conv") {
            // One kernel of two convolutions gets its height once.
            let kernel = node.inputs.get(1)?;
            let is_new = kernels.insert(kernel.clone());
            // A kernel that is computed has no dimensions to be changed here.
            let kernel = writer.weight(kernel)?;
            widen(&mut node, kernel, is_new)?;
        }
        writer.keep(node);
    }
    writer.finish(graph);
    Some(())
}

/// Has wide convolutions outside the decoder computed in blocks.
pub fn block_others(graph: &mut Graph) -> Option<()> {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for input in graph.nodes.iter().flat_map(|node| &node.inputs) {
        *uses.entry(input.clone()).or_default() += 1;
    }
    let (mut writer, nodes) = Writer::begin(graph, "jane/wide");
    let axis = writer.numbers(&[HEIGHT]);
    for mut node in nodes {
        let kernel = node.inputs.get(1).filter(|_| node.kind == "Conv");
        let kernel = kernel.filter(|kernel| uses.get(*kernel) == Some(&1));
        let kernel = kernel.and_then(|kernel| writer.weight(kernel));
        // Output channels, input channels of a group (one, where each channel is for itself), samples.
        let is_wide = |kernel: &&mut Tensor| match kernel.dimensions[..] {
            [_, channels, width] => channels > 1 && width >= WIDE,
            _ => false,
        };
        let (Some(kernel), [output]) = (kernel.filter(is_wide), node.outputs.as_slice()) else {
            writer.keep(node);
            continue;
        };
        let (input, output) = (node.inputs.first()?.clone(), output.clone());
        widen(&mut node, kernel, true)?;
        let high = format!("jane/high{output}");
        node.inputs = std::iter::once(writer.add("Unsqueeze", &[&input, &axis], &[]))
            .chain(node.inputs.drain(..).skip(1))
            .collect();
        node.outputs = vec![high.clone()];
        writer.keep(node);
        writer.keep(Node::new("Squeeze", &[&high, &axis], &output));
    }
    writer.finish(graph);
    Some(())
}

/// Puts a convolution by 1 where channels would leave their blocks between two convolutions: behind what makes them, and before each
/// `LeakyRelu` whose result is only convolved.
pub fn keep_blocks(graph: &mut Graph) {
    let is_inside = |node: &Node| node.name.starts_with(DECODER);
    let mut leaves = HashSet::new();
    for node in graph.nodes.iter().filter(|node| node.kind != "Conv") {
        leaves.extend(node.inputs.iter().cloned());
    }
    let mut channels: HashMap<String, i64> = HashMap::new();
    let (mut writer, nodes) = Writer::begin(graph, "jane/one");
    for mut node in nodes {
        if !is_inside(&node) {
            writer.keep(node);
            continue;
        }
        let mut kernel = node.inputs.get(1).and_then(|name| writer.weight(name));
        let dimensions = kernel.as_mut().map(|kernel| kernel.dimensions.as_slice());
        let count = match (node.kind.as_str(), dimensions) {
            ("Conv", Some([count, ..])) | ("ConvTranspose", Some([_, count, ..])) => Some(*count),
            _ => node
                .inputs
                .iter()
                .find_map(|name| channels.get(name))
                .copied(),
        };
        let (Some(count), [output]) = (count, node.outputs.as_mut_slice()) else {
            writer.keep(node);
            continue;
        };
        channels.insert(output.clone(), count);
        match node.kind.as_str() {
            "ConvTranspose" => {
                let whole = std::mem::replace(output, format!("{DECODER}jane/plain{output}"));
                let plain = output.clone();
                writer.keep(node);
                let one = one(&mut writer, count);
                writer.keep(by_one(&plain, &one, &whole, count));
            }
            "LeakyRelu" if !leaves.contains(output) => {
                let blocked = format!("{DECODER}jane/blocked{output}");
                let one = one(&mut writer, count);
                if let Some(input) = node.inputs.first_mut() {
                    let input = std::mem::replace(input, blocked.clone());
                    writer.keep(by_one(&input, &one, &blocked, count));
                }
                writer.keep(node);
            }
            _ => writer.keep(node),
        }
    }
    writer.finish(graph);
}

/// A convolution that leaves each of so many channels as it is.
fn by_one(input: &str, one: &str, output: &str, channels: i64) -> Node {
    let attributes = [
        Attribute::number("group", channels),
        Attribute::numbers("kernel_shape", &[1, 1]),
    ];
    Node {
        name: format!("{DECODER}jane/by one{output}"),
        ..Node::new("Conv", &[input, one], output).with(&attributes)
    }
}

/// The kernel of [`by_one`].
fn one(writer: &mut Writer, channels: i64) -> String {
    let name = format!("jane/one for {channels}");
    if writer.weight(&name).is_none() {
        let ones = vec![1.0; usize::try_from(channels).unwrap_or_default()];
        writer.add_weight(Tensor::floats(&name, &[channels, 1, 1, 1], ones));
    }
    name
}

/// Gives a convolution a height of 1, and its kernel too where that has none yet.
fn widen(node: &mut Node, kernel: &mut Tensor, is_new: bool) -> Option<()> {
    for attribute in &mut node.attributes {
        let (integers, of_height) = (&mut attribute.integers, attribute.name.as_str());
        match (of_height, integers.as_slice()) {
            ("dilations" | "kernel_shape" | "strides", [_]) => integers.insert(0, 1),
            ("output_padding", [_]) => integers.insert(0, 0),
            ("pads", [before, after]) => *integers = vec![0, *before, 0, *after],
            ("group", []) => {}
            _ => return None,
        }
    }
    if is_new {
        // Output and input channels, and as many samples as it is wide.
        let [_, _, width] = kernel.dimensions[..] else {
            return None;
        };
        kernel.dimensions.truncate(2);
        kernel.dimensions.extend([1, width]);
    }
    Some(())
}
