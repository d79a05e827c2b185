//! Rewrites a voice's network so that ONNX Runtime computes it faster, to the same result, and so that it tells when it says what.
//!
//! Most of a voice's time goes into convolutions. They are computed in blocks of channels (`blocked`), and those of the decoder by all
//! threads (`rows`): some 0.8 of the time of a sentence on two cores (joe-medium). The samples differ by a step or two of 16 bits, because
//! sums are added up in another order.
//!
//! A voice finds out for each phoneme how many frames it lasts, and keeps that to itself. The rewritten network hands these numbers on
//! behind the samples, in the same tensor, because piper-rs takes one (`durations`).

mod blocked;
mod durations;
mod onnx;
mod rows;

use prost::Message;

use onnx::Model;

/// Where the names of the decoder's nodes begin.
const DECODER: &str = "/dec/";

/// What the output is called where the frames of each phoneme follow the samples.
pub const TIMED: &str = "jane/samples and durations";

/// The network `bytes`, rewritten for `threads`; `None` where it is built otherwise than Piper's are, or not understood, and is to be
/// taken as it is.
pub fn rewritten(bytes: &[u8], threads: u32) -> Option<Vec<u8>> {
    let mut model = Model::decode(bytes).ok()?;
    let graph = model.graph.as_mut()?;
    blocked::block_decoder(graph)?;
    blocked::keep_blocks(graph);
    rows::cut_into_rows(graph, threads)?;
    blocked::block_others(graph)?;
    durations::tell_durations(graph)?;
    Some(model.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use super::onnx::{Attribute, Graph, Node, Output, Tensor};
    use super::*;

    fn node(kind: &str, name: &str, inputs: &[&str], output: &str) -> Node {
        Node {
            name: name.to_owned(),
            ..Node::new(kind, inputs, output)
        }
    }

    fn convolution(kind: &str, name: &str, inputs: &[&str], output: &str) -> Node {
        node(kind, name, inputs, output).with(&[
            Attribute::numbers("kernel_shape", &[3]),
            Attribute::numbers("pads", &[1, 2]),
            Attribute::numbers("strides", &[40]),
            Attribute::numbers("dilations", &[2]),
        ])
    }

    fn kernel(name: &str, dimensions: [i64; 3]) -> Tensor {
        Tensor {
            dimensions: dimensions.to_vec(),
            name: name.to_owned(),
            ..Tensor::default()
        }
    }

    /// A decoder that makes many samples of a frame, behind a sum of durations, and one that uses what it makes.
    fn network(within: Node) -> Vec<u8> {
        let graph = Graph {
            nodes: vec![
                node("Ceil", "/Ceil", &["input"], "frames"),
                node("CumSum", "/CumSum", &["frames", "axis"], "z"),
                convolution("ConvTranspose", "/dec/up/Up", &["z", "up"], "a"),
                within,
                convolution("Conv", "/dec/conv/Conv", &["b", "kernel"], "c"),
                node("Unsqueeze", "/Unsqueeze", &["c", "axes"], "output"),
            ],
            weights: vec![kernel("up", [8, 4, 3]), kernel("kernel", [1, 4, 3])],
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

    fn kinds(graph: &Graph) -> Vec<&str> {
        graph.nodes.iter().map(|node| node.kind.as_str()).collect()
    }

    fn of_kind<'a>(graph: &'a Graph, kind: &str) -> Vec<&'a Node> {
        let nodes = graph.nodes.iter();
        nodes.filter(|node| node.kind == kind).collect()
    }

    #[test]
    fn a_decoder_becomes_two_dimensional_and_its_surroundings_stay_as_they_are() {
        let leaky = node("LeakyRelu", "/dec/LeakyRelu", &["a"], "b");
        let model = rewritten(&network(leaky), 1).unwrap();
        let model = Model::decode(model.as_slice()).unwrap();
        assert_eq!(model.opset_import, [vec![0x10, 15]]);
        let graph = model.graph.unwrap();
        let wanted = [
            "Ceil",
            "CumSum",
            "Unsqueeze",
            "ConvTranspose",
            "Conv", // By one, behind what made the channels,
            "Conv", // and before what is an activation.
            "LeakyRelu",
            "Conv",
            "Squeeze",
            "Unsqueeze",
            "Reshape",
            "Concat",
        ];
        assert_eq!(kinds(&graph), wanted);
        let [first, second, last] = of_kind(&graph, "Conv")[..] else {
            panic!()
        };
        assert_eq!(first.outputs, ["a"]);
        assert_eq!(second.inputs, ["a", "jane/one for 4"]);
        assert_eq!(last.inputs, ["b", "kernel"]);
        assert_eq!(last.integers("kernel_shape"), [1, 3]);
        assert_eq!(last.integers("pads"), [0, 1, 0, 2]);
        let weight = |name: &str| graph.weights.iter().find(|weight| weight.name == name);
        assert_eq!(weight("up").unwrap().dimensions, [8, 4, 1, 3]);
        assert_eq!(weight("jane/one for 4").unwrap().floats, [1.0; 4]);
        assert_eq!(graph.inputs, [b"input".to_vec()]);
        assert_eq!(graph.outputs[0].name, TIMED);
        let durations = of_kind(&graph, "Concat")[0];
        assert_eq!(durations.inputs[0], "jane/samples");
        assert_eq!(of_kind(&graph, "Reshape")[0].inputs[0], "frames");
    }

    #[test]
    fn there_is_a_row_for_each_thread_and_it_overlaps_by_what_is_convolved() {
        let leaky = node("LeakyRelu", "/dec/LeakyRelu", &["a"], "b");
        let model = rewritten(&network(leaky), 2).unwrap();
        let graph = Model::decode(model.as_slice()).unwrap().graph.unwrap();
        let joins: Vec<usize> = of_kind(&graph, "Concat")
            .iter()
            .map(|node| node.inputs.len())
            .collect();
        assert_eq!(joins, [2, 2, 2], "rows, their whole, and the durations");
        // The last convolution reaches two samples to one side, and those by one reach nowhere.
        let reaches: Vec<_> = graph
            .weights
            .iter()
            .filter(|weight| weight.name.starts_with("jane/reach"))
            .map(|weight| weight.longs[0])
            .collect();
        assert_eq!(reaches, [2, 4]);
        // Forty samples of a frame are not cut into eight rows.
        let leaky = node("LeakyRelu", "/dec/LeakyRelu", &["a"], "b");
        let model = rewritten(&network(leaky), 8).unwrap();
        let graph = Model::decode(model.as_slice()).unwrap().graph.unwrap();
        assert_eq!(of_kind(&graph, "Concat")[0].inputs.len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_taken_as_it_is() {
        let resize = node("Resize", "/dec/Resize", &["a"], "b");
        assert!(rewritten(&network(resize), 2).is_none());
        // A second input from elsewhere may have any shape.
        let add = node("Add", "/dec/Add", &["a", "mask"], "b");
        assert!(rewritten(&network(add), 2).is_none());
        // A kernel that is computed.
        let other = convolution("Conv", "/dec/other/Conv", &["a", "a"], "b");
        assert!(rewritten(&network(other), 2).is_none());
        for bytes in [&b""[..], b"no network", &[0xff; 64]] {
            assert!(rewritten(bytes, 2).is_none());
        }
    }
}
