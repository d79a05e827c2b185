//! ONNX's messages (`onnx.proto3` of the ONNX project, stable field numbers), and how a network's nodes are written anew.
//!
//! Only what is touched is spelled out; the rest is handed on as it is.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct Model {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub opset_import: Vec<Vec<u8>>,
}

/// Without what is known of shapes in between, which would not hold any more.
#[derive(Clone, PartialEq, Message)]
pub struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<Node>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub weights: Vec<Tensor>,
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub inputs: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "12")]
    pub outputs: Vec<Output>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Output {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub kind: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Node {
    #[prost(string, repeated, tag = "1")]
    pub inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub outputs: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub kind: String,
    #[prost(message, repeated, tag = "5")]
    pub attributes: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, optional, tag = "2")]
    pub float: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub integer: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub string: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub tensor: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub graph: Option<Vec<u8>>,
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    pub integers: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub strings: Vec<Vec<u8>>,
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    pub dimensions: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub kind: i32,
    #[prost(float, repeated, tag = "4")]
    pub floats: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub integers: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub longs: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub raw: Vec<u8>,
}

/// ONNX's numbers for kinds of tensors.
const FLOAT: i32 = 1;
const INT64: i32 = 7;

/// ONNX's numbers for kinds of attributes.
const INTEGER: i32 = 2;
const INTEGERS: i32 = 7;

impl Attribute {
    pub fn number(name: &str, integer: i64) -> Self {
        Self {
            name: name.to_owned(),
            integer: Some(integer),
            kind: INTEGER,
            ..Self::default()
        }
    }

    pub fn numbers(name: &str, integers: &[i64]) -> Self {
        Self {
            name: name.to_owned(),
            integers: integers.to_vec(),
            kind: INTEGERS,
            ..Self::default()
        }
    }
}

impl Tensor {
    pub fn floats(name: &str, dimensions: &[i64], floats: Vec<f32>) -> Self {
        Self {
            dimensions: dimensions.to_vec(),
            kind: FLOAT,
            floats,
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

impl Node {
    /// A node with one output, which gives it its name.
    pub fn new(kind: &str, inputs: &[&str], output: &str) -> Self {
        Self {
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
            outputs: vec![output.to_owned()],
            name: output.to_owned(),
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    pub fn with(mut self, attributes: &[Attribute]) -> Self {
        self.attributes.extend_from_slice(attributes);
        self
    }

    /// Those of its attribute `name`; none where it has no such one.
    pub fn integers(&self, name: &str) -> &[i64] {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|attribute| attribute.name == name);
        found.map_or(&[], |attribute| &attribute.integers)
    }
}

/// A network that is written anew, node by node and in their order, with others in between.
pub struct Writer {
    /// What the names of added tensors begin with.
    pass: &'static str,
    nodes: Vec<Node>,
    weights: Vec<Tensor>,
}

impl Writer {
    /// Takes the nodes and weights of `graph`, and returns the nodes to be written.
    pub fn begin(graph: &mut Graph, pass: &'static str) -> (Self, Vec<Node>) {
        let nodes = std::mem::take(&mut graph.nodes);
        let writer = Self {
            pass,
            nodes: Vec::with_capacity(nodes.len()),
            weights: std::mem::take(&mut graph.weights),
        };
        (writer, nodes)
    }

    pub fn finish(self, graph: &mut Graph) {
        graph.nodes = self.nodes;
        graph.weights = self.weights;
    }

    pub fn keep(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// Adds a node, and returns the name of what it makes.
    pub fn add(&mut self, kind: &str, inputs: &[&str], attributes: &[Attribute]) -> String {
        let output = format!("{}/{}", self.pass, self.nodes.len());
        self.keep(Node::new(kind, inputs, &output).with(attributes));
        output
    }

    /// The name of a weight that is these numbers.
    pub fn numbers(&mut self, numbers: &[i64]) -> String {
        let name = format!("jane/{numbers:?}");
        if self.weight(&name).is_none() {
            self.name_numbers(&name, numbers);
        }
        name
    }

    /// Adds a weight that is called `name` and is these numbers.
    pub fn name_numbers(&mut self, name: &str, numbers: &[i64]) {
        self.weights.push(Tensor {
            dimensions: vec![i64::try_from(numbers.len()).unwrap_or_default()],
            kind: INT64,
            longs: numbers.to_vec(),
            name: name.to_owned(),
            ..Tensor::default()
        });
    }

    pub fn weight(&mut self, name: &str) -> Option<&mut Tensor> {
        self.weights.iter_mut().find(|weight| weight.name == name)
    }

    pub fn add_weight(&mut self, weight: Tensor) {
        self.weights.push(weight);
    }
}
