//! Sentence embeddings by MiniLM: a text as a vector whose angle to another one tells how near they are in meaning.
//!
//! The network is BERT with 6 layers of 384 (Wang et al. 2020, `all-MiniLM-L6-v2`): token, position and segment embeddings, six
//! blocks of self-attention and feed-forward, each added to its input and normalised; the mean over the tokens, at length 1.
//! A spoken sentence of twelve tokens takes some 10 ms on one core, so that it needs no engine and no process of its own.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::wordpiece::WordPiece;

/// Layers of the network.
const LAYERS: usize = 6;

/// Numbers in a vector.
pub const WIDTH: usize = 384;

/// Attention heads of each layer.
const HEADS: usize = 12;

/// Keeps the variance from being zero (`layer_norm_eps` of the model).
const EPSILON: f32 = 1e-12;

/// Bytes of the largest files that are read: the model has 91 MB, its vocabulary 0.2 MB.
const LARGEST_MODEL: u64 = 256 << 20;
const LARGEST_VOCABULARY: u64 = 8 << 20;

/// A text as a vector of length 1.
pub type Embedding = Array1<f32>;

/// The network and its tokens.
pub struct Encoder {
    tokens: WordPiece,
    words: Array2<f32>,
    positions: Array2<f32>,
    segment: Array1<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    fingerprint: [u8; 32],
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    attended: Norm,
    wide: Linear,
    narrow: Linear,
    fed: Norm,
}

/// `x · weightᵀ + bias`.
struct Linear {
    weight: Array2<f32>,
    bias: Array1<f32>,
}

struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
}

impl Encoder {
    /// Reads `model.safetensors` and `vocab.txt`. Blocking: takes a tenth of a second.
    ///
    /// # Errors
    /// Where a file cannot be read, or is not of this network.
    pub fn load(model: &Path, vocabulary: &Path) -> Result<Self, String> {
        let vocabulary = String::from_utf8(read(vocabulary, LARGEST_VOCABULARY)?)
            .map_err(|_| "the vocabulary is no text".to_owned())?;
        let tokens = WordPiece::new(&vocabulary)?;
        let bytes = read(model, LARGEST_MODEL)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| error.to_string())?;
        let weights = Weights(&file);
        let embeddings = |name: &str| format!("embeddings.{name}");
        let words = weights.matrix(&embeddings("word_embeddings.weight"), None, WIDTH)?;
        if words.nrows() != tokens.len() {
            return Err("the vocabulary is not the model's".to_owned());
        }
        let positions = weights.matrix(&embeddings("position_embeddings.weight"), None, WIDTH)?;
        let segments = weights.matrix(&embeddings("token_type_embeddings.weight"), None, WIDTH)?;
        let segment = segments
            .outer_iter()
            .next()
            .ok_or("it knows no segment")?
            .to_owned();
        Ok(Self {
            tokens,
            words,
            positions,
            segment,
            fingerprint: fingerprint(&bytes),
            norm: weights.norm(&embeddings("LayerNorm"))?,
            layers: (0..LAYERS)
                .map(|number| weights.layer(number))
                .collect::<Result<_, _>>()?,
        })
    }

    /// What tells this network from others.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// The meaning of `text`.
    pub fn embed(&self, text: &str) -> Embedding {
        let tokens = self.tokens.tokens(text);
        let mut hidden = Array2::zeros((tokens.len(), WIDTH));
        let rows = hidden.outer_iter_mut().zip(&tokens);
        for ((mut row, token), position) in rows.zip(self.positions.outer_iter()) {
            let token = usize::try_from(*token).unwrap_or_default();
            row += &self.words.row(token);
            row += &position;
            row += &self.segment;
        }
        let mut hidden = self.norm.apply(hidden);
        for layer in &self.layers {
            hidden = layer.apply(&hidden);
        }
        let mean = hidden.mean_axis(Axis(0)).unwrap_or_default();
        let length = mean.dot(&mean).sqrt().max(f32::MIN_POSITIVE);
        mean / length
    }
}

impl Layer {
    fn apply(&self, input: &Array2<f32>) -> Array2<f32> {
        let (query, key, value) = (
            self.query.apply(input),
            self.key.apply(input),
            self.value.apply(input),
        );
        let width = WIDTH / HEADS;
        let mut attended = Array2::zeros(input.raw_dim());
        for head in 0..HEADS {
            let columns = s![.., head * width..(head + 1) * width];
            let scores = scores(query.slice(columns), key.slice(columns));
            let heads = scores.dot(&value.slice(columns));
            attended.slice_mut(columns).assign(&heads);
        }
        let attended = self.attended.apply(self.output.apply(&attended) + input);
        let wide = self.wide.apply(&attended).mapv_into(gelu);
        self.fed.apply(self.narrow.apply(&wide) + &attended)
    }
}

/// How much each token attends to each: rows that add up to 1.
#[expect(clippy::cast_precision_loss, reason = "a head is 32 wide")]
fn scores(query: ArrayView2<'_, f32>, key: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut scores = query.dot(&key.t()) / (query.ncols() as f32).sqrt();
    for mut row in scores.outer_iter_mut() {
        let most = row.fold(f32::NEG_INFINITY, |most, score| most.max(*score));
        row.mapv_inplace(|score| (score - most).exp());
        let sum = row.sum();
        row /= sum;
    }
    scores
}

/// The exact form, `x/2 (1 + erf(x/√2))`; erf by Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7.
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t
        + 0.254_829_6)
        * t;
    let erf = (1.0 - polynomial * (-z * z).exp()).copysign(x);
    0.5 * x * (1.0 + erf)
}

impl Linear {
    fn apply(&self, input: &Array2<f32>) -> Array2<f32> {
        input.dot(&self.weight.t()) + &self.bias
    }
}

impl Norm {
    fn apply(&self, mut input: Array2<f32>) -> Array2<f32> {
        for mut row in input.outer_iter_mut() {
            let (mean, deviation) = spread(row.view());
            let weights = self.weight.iter().zip(&self.bias);
            for (value, (weight, bias)) in row.iter_mut().zip(weights) {
                *value = (*value - mean) / deviation * weight + bias;
            }
        }
        input
    }
}

/// Mean and standard deviation.
#[expect(clippy::cast_precision_loss, reason = "a row is 384 long")]
fn spread(row: ArrayView1<'_, f32>) -> (f32, f32) {
    let count = row.len().max(1) as f32;
    let mean = row.sum() / count;
    let variance = row.fold(0.0, |sum, value| sum + (value - mean).powi(2)) / count;
    (mean, (variance + EPSILON).sqrt())
}

/// The weights in a file, by name.
struct Weights<'a>(&'a SafeTensors<'a>);

impl Weights<'_> {
    fn layer(&self, number: usize) -> Result<Layer, String> {
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let square = |part: &str| self.linear(&name(part), WIDTH, WIDTH);
        Ok(Layer {
            query: square("attention.self.query")?,
            key: square("attention.self.key")?,
            value: square("attention.self.value")?,
            output: square("attention.output.dense")?,
            attended: self.norm(&name("attention.output.LayerNorm"))?,
            wide: self.linear(&name("intermediate.dense"), 4 * WIDTH, WIDTH)?,
            narrow: self.linear(&name("output.dense"), WIDTH, 4 * WIDTH)?,
            fed: self.norm(&name("output.LayerNorm"))?,
        })
    }

    fn linear(&self, name: &str, rows: usize, columns: usize) -> Result<Linear, String> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.weight"), Some(rows), columns)?,
            bias: self.vector(&format!("{name}.bias"), rows)?,
        })
    }

    fn norm(&self, name: &str) -> Result<Norm, String> {
        Ok(Norm {
            weight: self.vector(&format!("{name}.weight"), WIDTH)?,
            bias: self.vector(&format!("{name}.bias"), WIDTH)?,
        })
    }

    fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>, String> {
        let (shape, values) = self.values(name)?;
        match shape == [length] {
            true => Ok(values.into()),
            false => Err(format!("`{name}` has another shape")),
        }
    }

    fn matrix(
        &self,
        name: &str,
        rows: Option<usize>,
        columns: usize,
    ) -> Result<Array2<f32>, String> {
        let wrong = || format!("`{name}` has another shape");
        let (shape, values) = self.values(name)?;
        let [found, width] = shape[..] else {
            return Err(wrong());
        };
        if width != columns || rows.is_some_and(|rows| rows != found) {
            return Err(wrong());
        }
        Array2::from_shape_vec((found, columns), values).map_err(|_| wrong())
    }

    fn values(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), String> {
        let tensor = self.0.tensor(name);
        let tensor = tensor.or_else(|_| self.0.tensor(&format!("bert.{name}")));
        let tensor = tensor.map_err(|error| format!("`{name}`: {error}"))?;
        if tensor.dtype() != Dtype::F32 {
            return Err(format!("`{name}` is not of 32-bit numbers"));
        }
        let numbers = tensor.data().chunks_exact(4);
        let values = numbers.map(|bytes| {
            let bytes: [u8; 4] = bytes.try_into().unwrap_or_default();
            f32::from_le_bytes(bytes)
        });
        Ok((tensor.shape().to_vec(), values.collect()))
    }
}

/// Of the header, which has the places of all weights, and of the last ones: to hash 91 MB would take longer than to load them.
fn fingerprint(bytes: &[u8]) -> [u8; 32] {
    const ENDS: usize = 64 << 10;
    let mut hash = Sha256::new();
    hash.update(bytes.get(..ENDS).unwrap_or(bytes));
    hash.update(
        bytes
            .get(bytes.len().saturating_sub(ENDS)..)
            .unwrap_or(bytes),
    );
    hash.update(bytes.len().to_le_bytes());
    hash.finalize().into()
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| format!("`{}`: {error}", path.display()))?;
    match bytes.len() as u64 > most {
        true => Err(format!("`{}` is longer than {most} bytes", path.display())),
        false => Ok(bytes),
    }
}
