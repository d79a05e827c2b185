//! Rewrites a voice's network so that ONNX Runtime computes it faster, to the same result, and so that it tells when it says what.
//!
//! Most of a voice's time goes into the convolutions of its decoder, which are one-dimensional. ONNX Runtime has kernels with blocked
//! channels (NCHWc) for two-dimensional ones only: with a height of 1 the same convolutions take them. That is 0.8 to 0.9 of the time of
//! a sentence (joe-medium), and the samples differ by less than a 16-bit step.
//!
//! A voice finds out for each phoneme how many frames it lasts, and keeps that to itself. The rewritten network hands these numbers on
//! behind the samples, in the same tensor, because piper-rs takes one.
//!
//! Of ONNX's messages (`onnx.proto3` of the ONNX project, stable field numbers) only what is touched is spelled out; the rest is handed on as it is.

use std::collections::HashSet;

use prost::Message;

/// Where the names of the decoder's nodes begin.
const DECODER: &str = "/dec/";

/// The axis that is added, the height, and the name of the tensor that holds its number.
const HEIGHT: usize = 2;
const AXIS: &str = "jane/height";

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

#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    opset_import: Vec<Vec<u8>>,
}

/// Without what is known of shapes in between, which would not hold any more.
#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(message, repeated, tag = "1")]
    nodes: Vec<Node>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "5")]
    weights: Vec<Tensor>,
    #[prost(bytes = "vec", repeated, tag = "11")]
    inputs: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "12")]
    outputs: Vec<Output>,
}

#[derive(Clone, PartialEq, Message)]
struct Output {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bytes = "vec", optional, tag = "2")]
    kind: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, repeated, tag = "1")]
    inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    outputs: Vec<String>,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    kind: String,
    #[prost(message, repeated, tag = "5")]
    attributes: Vec<Attribute>,
    #[prost(string, tag = "7")]
    domain: String,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(float, optional, tag = "2")]
    float: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    integer: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    string: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "5")]
    tensor: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "6")]
    graph: Option<Vec<u8>>,
    #[prost(float, repeated, tag = "7")]
    floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    integers: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    strings: Vec<Vec<u8>>,
    #[prost(int32, tag = "20")]
    kind: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    dimensions: Vec<i64>,
    #[prost(int32, tag = "2")]
    kind: i32,
    #[prost(float, repeated, tag = "4")]
    floats: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    integers: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    longs: Vec<i64>,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw: Vec<u8>,
}

/// ONNX's number for 64-bit integers, and for an attribute that is one.
const INT64: i32 = 7;
const INTEGER: i32 = 2;

/// What the output is called where the frames of each phoneme follow the samples.
pub const TIMED: &str = "jane/samples and durations";

/// The network `bytes`, rewritten; `None` where it is built otherwise than Piper's are, or not understood, and is to be taken as it is.
pub fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut model = Model::decode(bytes).ok()?;
    let graph = model.graph.as_mut()?;
    block_convolutions(graph)?;
    tell_durations(graph)?;
    Some(model.encode_to_vec())
}

/// The frames of the phonemes, which are rounded up and added up to where each begins, go behind the samples.
fn tell_durations(graph: &mut Graph) -> Option<()> {
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
    const LAST: &str = "jane/last axis";
    let ends = graph.nodes.iter_mut().flat_map(|node| &mut node.outputs);
    for end in ends.filter(|name| **name == output.name) {
        *end = SAMPLES.to_owned();
    }
    TIMED.clone_into(&mut output.name);
    let flat = "jane/durations";
    graph.weights.push(Tensor {
        dimensions: vec![4],
        kind: INT64,
        longs: vec![1, 1, 1, -1],
        name: LAST.to_owned(),
        ..Tensor::default()
    });
    let node = |kind: &str, inputs: [&str; 2], name: &str| Node {
        inputs: inputs.map(str::to_owned).to_vec(),
        outputs: vec![name.to_owned()],
        name: name.to_owned(),
        kind: kind.to_owned(),
        ..Node::default()
    };
    graph.nodes.push(node("Reshape", [durations, LAST], flat));
    graph.nodes.push(Node {
        attributes: vec![Attribute {
            name: "axis".to_owned(),
            integer: Some(3),
            kind: INTEGER,
            ..Attribute::default()
        }],
        ..node("Concat", [SAMPLES, flat], TIMED)
    });
    Some(())
}

/// Makes the decoder's convolutions two-dimensional.
fn block_convolutions(graph: &mut Graph) -> Option<()> {
    let is_inside = |node: &Node| node.name.starts_with(DECODER);
    let (inside, outside): (Vec<&Node>, Vec<&Node>) =
        graph.nodes.iter().partition(|node| is_inside(node));
    let all_known = inside
        .iter()
        .all(|node| KNOWN.contains(&node.kind.as_str()));
    if inside.is_empty() || !all_known {
        return None;
    }
    let weights: HashSet<String> = graph
        .weights
        .iter()
        .map(|weight| weight.name.clone())
        .collect();
    let made: HashSet<String> = inside
        .iter()
        .flat_map(|node| node.outputs.clone())
        .collect();
    let used: HashSet<String> = outside
        .iter()
        .flat_map(|node| node.inputs.clone())
        .collect();
    let mut kernels = HashSet::new();
    let mut nodes = Vec::with_capacity(graph.nodes.len() + 4);
    let mut lifted = HashSet::new();
    for mut node in std::mem::take(&mut graph.nodes) {
        if is_inside(&node) {
            if node.kind.starts_with("Conv") {
                kernels.insert(node.inputs.get(1)?.clone());
                node.attributes.iter_mut().try_for_each(widen)?;
            }
            for (place, input) in node.inputs.iter_mut().enumerate() {
                if input.is_empty() || weights.contains(input) || made.contains(input) {
                    continue;
                }
                // What comes from elsewhere gets a height, once.
                if place > 0 {
                    return None;
                }
                let name = format!("{AXIS}{input}");
                if lifted.insert(name.clone()) {
                    nodes.push(reshape("Unsqueeze", input, &name));
                }
                *input = name;
            }
        } else {
            for input in &mut node.inputs {
                if made.contains(input) && used.contains(input) {
                    let name = format!("{AXIS}{input}");
                    if lifted.insert(name.clone()) {
                        nodes.push(reshape("Squeeze", input, &name));
                    }
                    *input = name;
                }
            }
        }
        nodes.push(node);
    }
    graph.nodes = nodes;
    for weight in &mut graph.weights {
        if kernels.remove(&weight.name) {
            // Output and input channels, and as many samples as it is wide.
            if weight.dimensions.len() != 3 {
                return None;
            }
            weight.dimensions.insert(HEIGHT, 1);
        }
    }
    graph.weights.push(Tensor {
        dimensions: vec![1],
        kind: INT64,
        longs: vec![HEIGHT as i64],
        name: AXIS.to_owned(),
        ..Tensor::default()
    });
    // A kernel that is computed has no dimensions to be changed here.
    kernels.is_empty().then_some(())
}

/// The attribute of a convolution for one of height 1.
fn widen(attribute: &mut Attribute) -> Option<()> {
    let (integers, of_height) = (&mut attribute.integers, attribute.name.as_str());
    match (of_height, integers.as_slice()) {
        ("dilations" | "kernel_shape" | "strides", [_]) => integers.insert(0, 1),
        ("output_padding", [_]) => integers.insert(0, 0),
        ("pads", [before, after]) => *integers = vec![0, *before, 0, *after],
        ("group", []) => {}
        _ => return None,
    }
    Some(())
}

fn reshape(kind: &str, input: &str, output: &str) -> Node {
    Node {
        inputs: vec![input.to_owned(), AXIS.to_owned()],
        outputs: vec![output.to_owned()],
        name: output.to_owned(),
        kind: kind.to_owned(),
        ..Node::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: &str, name: &str, inputs: &[&str], output: &str) -> Node {
        Node {
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
            outputs: vec![output.to_owned()],
            name: name.to_owned(),
            kind: kind.to_owned(),
            ..Node::default()
        }
    }

    fn convolution(name: &str, inputs: &[&str], output: &str) -> Node {
        let attribute = |name: &str, integers: &[i64]| Attribute {
            name: name.to_owned(),
            integers: integers.to_vec(),
            kind: INT64,
            ..Attribute::default()
        };
        Node {
            attributes: vec![
                attribute("kernel_shape", &[3]),
                attribute("pads", &[1, 2]),
                attribute("strides", &[1]),
                attribute("dilations", &[2]),
            ],
            ..node("Conv", name, inputs, output)
        }
    }

    /// A decoder of one convolution behind a sum of durations, and one that uses what it makes.
    fn network(within: Node) -> Vec<u8> {
        let kernel = Tensor {
            dimensions: vec![8, 4, 3],
            name: "kernel".to_owned(),
            ..Tensor::default()
        };
        let graph = Graph {
            nodes: vec![
                node("Ceil", "/Ceil", &["input"], "frames"),
                node("CumSum", "/CumSum", &["frames", "axis"], "z"),
                convolution("/dec/conv/Conv", &["z", "kernel"], "a"),
                within,
                node("Unsqueeze", "/Unsqueeze", &["b", "axes"], "output"),
            ],
            weights: vec![kernel],
            inputs: vec![b"input".to_vec()],
            outputs: vec![Output {
                name: "output".to_owned(),
                kind: None,
            }],
            ..Graph::default()
        };
        let model = Model {
            graph: Some(graph),
            opset_import: vec![vec![0x10, 15]],
            ..Model::default()
        };
        model.encode_to_vec()
    }

    #[test]
    fn a_decoder_becomes_two_dimensional_and_its_surroundings_stay_as_they_are() {
        let tanh = node("Tanh", "/dec/Tanh", &["a"], "b");
        let model = rewritten(&network(tanh)).unwrap();
        let model = Model::decode(model.as_slice()).unwrap();
        assert_eq!(model.opset_import, [vec![0x10, 15]]);
        let graph = model.graph.unwrap();
        let kinds: Vec<_> = graph.nodes.iter().map(|node| node.kind.as_str()).collect();
        let wanted = [
            "Ceil",
            "CumSum",
            "Unsqueeze",
            "Conv",
            "Tanh",
            "Squeeze",
            "Unsqueeze",
            "Reshape",
            "Concat",
        ];
        assert_eq!(kinds, wanted);
        let convolution = &graph.nodes[3];
        assert_eq!(convolution.inputs, ["jane/heightz", "kernel"]);
        let integers: Vec<_> = convolution
            .attributes
            .iter()
            .map(|attribute| attribute.integers.as_slice())
            .collect();
        assert_eq!(
            integers,
            [[1, 3].as_slice(), &[0, 1, 0, 2], &[1, 1], &[1, 2]]
        );
        assert_eq!(graph.nodes[6].inputs, ["jane/heightb", "axes"]);
        assert_eq!(graph.weights[0].dimensions, [8, 4, 1, 3]);
        assert_eq!(graph.inputs, [b"input".to_vec()]);
        assert_eq!(graph.outputs[0].name, TIMED);
        assert_eq!(graph.nodes[8].inputs, ["jane/samples", "jane/durations"]);
        assert_eq!(graph.nodes[6].outputs, ["jane/samples"]);
        assert_eq!(graph.nodes[7].inputs[0], "frames");
    }

    #[test]
    fn what_is_not_understood_is_taken_as_it_is() {
        let resize = node("Resize", "/dec/Resize", &["a"], "b");
        assert!(rewritten(&network(resize)).is_none());
        // A second input from elsewhere may have any shape.
        let add = node("Add", "/dec/Add", &["a", "mask"], "b");
        assert!(rewritten(&network(add)).is_none());
        // A kernel that is computed.
        let other = convolution("/dec/other/Conv", &["a", "a"], "b");
        assert!(rewritten(&network(other)).is_none());
        for bytes in [&b""[..], b"no network", &[0xff; 64]] {
            assert!(rewritten(bytes).is_none());
        }
    }
}
