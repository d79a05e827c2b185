//! Which variable of CTranslate2's Whisper is which tensor of whisper.cpp.
//!
//! - Self-attention keeps query, key and value stacked in `linear_0`; cross-attention has the query
//!   in `linear_0`, and key and value stacked in `linear_1`. The last linear of each is the output.
//! - A key's bias adds the same to the score of every position, which the softmax removes:
//!   whisper.cpp has none.
//! - Precision is what whisper.cpp's `convert-pt-to-ggml.py` and `quantize` choose: the format that is wished for in matrices,
//!   16-bit floats in convolutions, 32-bit floats in vectors and positions. The bias of a convolution has the shape [n, 1].

use super::format::WeightFormat;
use super::ggml::{Hyperparameters, Precision};

/// A tensor to write, and where its values come from.
pub struct Tensor {
    pub target: String,
    pub source: String,
    pub shape: Vec<u32>,
    pub precision: Precision,
    /// The source is a stack of so many tensors of this shape, and this is the one at that place.
    pub stack: (u32, u32),
}

/// Every tensor of the model, in the order of the file, its matrices in `format`.
pub fn tensors(model: &Hyperparameters, format: WeightFormat) -> Vec<Tensor> {
    let (audio, text) = (model.audio_state, model.text_state);
    let mut list = List {
        tensors: Vec::new(),
        matrices: format.precision(),
    };
    list.positions("encoder", &[model.audio_context, audio]);
    for (name, inputs) in [("conv1", model.mel_bands), ("conv2", audio)] {
        list.add(
            &format!("encoder.{name}.weight"),
            &format!("encoder/{name}/weight"),
            &[audio, inputs, 3],
        );
        list.add(
            &format!("encoder.{name}.bias"),
            &format!("encoder/{name}/bias"),
            &[audio, 1],
        );
    }
    for layer in 0..model.audio_layers {
        list.layer("encoder", layer, audio);
    }
    list.norm("encoder.ln_post", "encoder/layer_norm", audio);

    list.positions("decoder", &[model.text_context, text]);
    let embeddings = [model.vocabulary, text];
    list.add(
        "decoder.token_embedding.weight",
        "decoder/embeddings/weight",
        &embeddings,
    );
    for layer in 0..model.text_layers {
        list.layer("decoder", layer, text);
        list.cross_attention(layer, text, audio);
    }
    list.norm("decoder.ln", "decoder/layer_norm", text);
    list.tensors
}

struct List {
    tensors: Vec<Tensor>,
    matrices: Precision,
}

impl List {
    fn add(&mut self, target: &str, source: &str, shape: &[u32]) {
        self.add_part(target, source, shape, (1, 0));
    }

    fn add_part(&mut self, target: &str, source: &str, shape: &[u32], stack: (u32, u32)) {
        let precision = match shape {
            [_] | [_, 1] => Precision::F32,
            [_, _] => self.matrices,
            _ => Precision::F16,
        };
        self.tensors.push(Tensor {
            target: target.to_owned(),
            source: source.to_owned(),
            shape: shape.to_vec(),
            precision,
            stack,
        });
    }

    fn positions(&mut self, side: &str, shape: &[u32]) {
        self.tensors.push(Tensor {
            target: format!("{side}.positional_embedding"),
            source: format!("{side}/position_encodings/encodings"),
            shape: shape.to_vec(),
            precision: Precision::F32,
            stack: (1, 0),
        });
    }

    fn norm(&mut self, target: &str, source: &str, size: u32) {
        self.add(
            &format!("{target}.weight"),
            &format!("{source}/gamma"),
            &[size],
        );
        self.add(
            &format!("{target}.bias"),
            &format!("{source}/beta"),
            &[size],
        );
    }

    fn linear(&mut self, target: &str, source: &str, shape: [u32; 2], stack: (u32, u32)) {
        let [outputs, _] = shape;
        self.add_part(
            &format!("{target}.weight"),
            &format!("{source}/weight"),
            &shape,
            stack,
        );
        self.add_part(
            &format!("{target}.bias"),
            &format!("{source}/bias"),
            &[outputs],
            stack,
        );
    }

    /// Self-attention and feed-forward network, which encoder and decoder have alike.
    fn layer(&mut self, side: &str, layer: u32, size: u32) {
        let target = format!("{side}.blocks.{layer}");
        let source = format!("{side}/layer_{layer}");
        let stacked = format!("{source}/self_attention/linear_0");
        let square = [size, size];
        self.norm(
            &format!("{target}.attn_ln"),
            &format!("{source}/self_attention/layer_norm"),
            size,
        );
        self.linear(&format!("{target}.attn.query"), &stacked, square, (3, 0));
        self.add_part(
            &format!("{target}.attn.key.weight"),
            &format!("{stacked}/weight"),
            &square,
            (3, 1),
        );
        self.linear(&format!("{target}.attn.value"), &stacked, square, (3, 2));
        let output = format!("{source}/self_attention/linear_1");
        self.linear(&format!("{target}.attn.out"), &output, square, (1, 0));

        let hidden = size.saturating_mul(4);
        self.norm(
            &format!("{target}.mlp_ln"),
            &format!("{source}/ffn/layer_norm"),
            size,
        );
        self.linear(
            &format!("{target}.mlp.0"),
            &format!("{source}/ffn/linear_0"),
            [hidden, size],
            (1, 0),
        );
        self.linear(
            &format!("{target}.mlp.2"),
            &format!("{source}/ffn/linear_1"),
            [size, hidden],
            (1, 0),
        );
    }

    fn cross_attention(&mut self, layer: u32, text: u32, audio: u32) {
        let target = format!("decoder.blocks.{layer}.cross_attn");
        let source = format!("decoder/layer_{layer}/attention");
        let stacked = format!("{source}/linear_1");
        self.norm(
            &format!("{target}_ln"),
            &format!("{source}/layer_norm"),
            text,
        );
        self.linear(
            &format!("{target}.query"),
            &format!("{source}/linear_0"),
            [text, text],
            (1, 0),
        );
        self.add_part(
            &format!("{target}.key.weight"),
            &format!("{stacked}/weight"),
            &[text, audio],
            (2, 0),
        );
        self.linear(&format!("{target}.value"), &stacked, [text, audio], (2, 1));
        self.linear(
            &format!("{target}.out"),
            &format!("{source}/linear_2"),
            [text, text],
            (1, 0),
        );
    }
}
