//! Sentence embeddings by MiniLM: a text as a vector whose angle to another one tells how near they are in meaning.
//!
//! The network is BERT with 6 layers of 384 (Wang et al. 2020, `all-MiniLM-L6-v2`): token, position and segment embeddings, six
//! blocks of self-attention and feed-forward, each added to its input and normalised; the mean over the tokens, at length 1.
//! A spoken sentence of twelve tokens takes some 10 ms on one core, so that it needs no engine and no process of its own.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use half::f16;
use parking_lot::Mutex;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::wordpiece::{LONGEST, WordPiece};

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
const LARGEST_HEADER: u64 = 1 << 20;

/// A text as a vector of length 1.
pub type Embedding = Array1<f32>;

/// The network and its tokens.
///
/// In memory it takes 25 MB: the layers' weights in 16 bits, and none of the vectors of words, of which a sentence needs a dozen: they
/// are read where they are needed.
pub struct Encoder {
    tokens: WordPiece,
    words: Mutex<Words>,
    positions: Array2<f32>,
    segment: Array1<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    fingerprint: [u8; 32],
}

/// The vectors of the vocabulary, in the file.
struct Words {
    file: File,
    begin: u64,
}

impl Words {
    fn vector(&mut self, token: u32) -> std::io::Result<Vec<f32>> {
        let place = self.begin + u64::from(token) * 4 * WIDTH as u64;
        read_at(&mut self.file, place, WIDTH)
    }
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
    weight: Array2<f16>,
    bias: Array1<f32>,
}

struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
}

impl Encoder {
    /// Opens `model.safetensors` and `vocab.txt`. Blocking: takes a tenth of a second.
    ///
    /// # Errors
    /// Where a file cannot be read, or is not of this network.
    pub fn load(model: &Path, vocabulary: &Path) -> Result<Self, String> {
        let vocabulary = String::from_utf8(read(vocabulary, LARGEST_VOCABULARY)?)
            .map_err(|_| "the vocabulary is no text".to_owned())?;
        let tokens = WordPiece::new(&vocabulary)?;
        let mut weights = Weights::open(model)?;
        let embeddings = |name: &str| format!("embeddings.{name}");
        let words = embeddings("word_embeddings.weight");
        let shape = weights.tensors.get(&words).map(|words| words.shape.clone());
        if shape != Some(vec![tokens.len(), WIDTH]) {
            return Err("the vocabulary is not the model's".to_owned());
        }
        let begin = weights.place(&words, &[tokens.len(), WIDTH])?;
        let positions = embeddings("position_embeddings.weight");
        let positions = weights.matrix(&positions, LONGEST, WIDTH)?;
        let segments = weights.matrix(&embeddings("token_type_embeddings.weight"), 1, WIDTH)?;
        let norm = weights.norm(&embeddings("LayerNorm"))?;
        let layers = (0..LAYERS).map(|number| weights.layer(number));
        let layers = layers.collect::<Result<_, _>>()?;
        Ok(Self {
            tokens,
            positions,
            segment: segments.row(0).to_owned(),
            fingerprint: weights.fingerprint()?,
            norm,
            layers,
            words: Mutex::new(Words {
                file: weights.file,
                begin,
            }),
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
        let mut words = self.words.lock();
        for ((mut row, token), position) in rows.zip(self.positions.outer_iter()) {
            // A file that is gone in the meantime leaves the word without a meaning.
            if let Ok(word) = words.vector(*token) {
                row += &Array1::from(word);
            }
            row += &position;
            row += &self.segment;
        }
        drop(words);
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
        input.dot(&self.weight.mapv(f16::to_f32).t()) + &self.bias
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

/// The weights in a safetensors file, by name: the length of a header in eight bytes, the header, which is JSON, and the numbers.
struct Weights {
    file: File,
    /// Where the numbers begin.
    begin: u64,
    /// Where they end.
    end: u64,
    header: Vec<u8>,
    tensors: HashMap<String, Tensor>,
}

#[derive(Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    /// From the beginning of the numbers, in bytes.
    data_offsets: [u64; 2],
}

impl Weights {
    fn open(path: &Path) -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
        let (mut file, metadata) =
            jane_platform::open_regular(path).map_err(|error| failed(&error))?;
        let end = metadata.len();
        let mut length = [0; 8];
        file.read_exact(&mut length)
            .map_err(|error| failed(&error))?;
        let length = u64::from_le_bytes(length);
        if length > LARGEST_HEADER || end > LARGEST_MODEL {
            return Err(failed(&"it is no model of this network"));
        }
        let mut header = Vec::new();
        (&mut file)
            .take(length)
            .read_to_end(&mut header)
            .map_err(|error| failed(&error))?;
        let mut entries: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&header).map_err(|error| failed(&error))?;
        entries.remove("__metadata__");
        let tensors = entries.into_iter().map(|(name, entry)| {
            let name = name.strip_prefix("bert.").unwrap_or(&name).to_owned();
            Ok((name, serde_json::from_value(entry)?))
        });
        let tensors = tensors.collect::<Result<_, serde_json::Error>>();
        Ok(Self {
            tensors: tensors.map_err(|error| failed(&error))?,
            begin: 8 + length,
            end,
            header,
            file,
        })
    }

    fn layer(&mut self, number: usize) -> Result<Layer, String> {
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        Ok(Layer {
            query: self.linear(&name("attention.self.query"), WIDTH, WIDTH)?,
            key: self.linear(&name("attention.self.key"), WIDTH, WIDTH)?,
            value: self.linear(&name("attention.self.value"), WIDTH, WIDTH)?,
            output: self.linear(&name("attention.output.dense"), WIDTH, WIDTH)?,
            attended: self.norm(&name("attention.output.LayerNorm"))?,
            wide: self.linear(&name("intermediate.dense"), 4 * WIDTH, WIDTH)?,
            narrow: self.linear(&name("output.dense"), WIDTH, 4 * WIDTH)?,
            fed: self.norm(&name("output.LayerNorm"))?,
        })
    }

    fn linear(&mut self, name: &str, rows: usize, columns: usize) -> Result<Linear, String> {
        let weight = self.matrix(&format!("{name}.weight"), rows, columns)?;
        Ok(Linear {
            weight: weight.mapv(f16::from_f32),
            bias: self.vector(&format!("{name}.bias"), rows)?,
        })
    }

    fn norm(&mut self, name: &str) -> Result<Norm, String> {
        Ok(Norm {
            weight: self.vector(&format!("{name}.weight"), WIDTH)?,
            bias: self.vector(&format!("{name}.bias"), WIDTH)?,
        })
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Array1<f32>, String> {
        let place = self.place(name, &[length])?;
        Ok(self.read(place, length)?.into())
    }

    /// The first `rows` of a matrix, which may have more.
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Array2<f32>, String> {
        let place = self.place(name, &[rows, columns])?;
        let values = self.read(place, rows * columns)?;
        Array2::from_shape_vec((rows, columns), values).map_err(|error| error.to_string())
    }

    /// Where the numbers of a tensor begin that has this shape, or more rows.
    fn place(&self, name: &str, shape: &[usize]) -> Result<u64, String> {
        let wrong = || format!("`{name}` is not there, or has another shape or other numbers");
        let tensor = self.tensors.get(name).ok_or_else(wrong)?;
        let has_rows =
            tensor.shape.first() >= shape.first() && tensor.shape.get(1..) == shape.get(1..);
        let count = tensor.shape.iter().try_fold(4_u64, |bytes, length| {
            bytes.checked_mul(u64::try_from(*length).ok()?)
        });
        let [from, to] = tensor.data_offsets;
        let begin = self.begin.checked_add(from).ok_or_else(wrong)?;
        let is_whole = to.checked_sub(from) == count
            && begin
                .checked_add(count.unwrap_or(u64::MAX))
                .is_some_and(|end| end <= self.end);
        (has_rows && is_whole && tensor.dtype == "F32")
            .then_some(begin)
            .ok_or_else(wrong)
    }

    fn read(&mut self, place: u64, count: usize) -> Result<Vec<f32>, String> {
        read_at(&mut self.file, place, count).map_err(|error| error.to_string())
    }

    /// What tells this network from others: where its weights lie, and the last of them.
    fn fingerprint(&mut self) -> Result<[u8; 32], String> {
        const LAST: usize = 4096;
        let last = self.end.saturating_sub(4 * LAST as u64);
        let mut hash = Sha256::new();
        hash.update(&self.header);
        hash.update(self.end.to_le_bytes());
        for number in self.read(last, LAST)? {
            hash.update(number.to_le_bytes());
        }
        Ok(hash.finalize().into())
    }
}

/// So many numbers from this byte on.
fn read_at(file: &mut File, place: u64, count: usize) -> std::io::Result<Vec<f32>> {
    let mut bytes = vec![0; 4 * count];
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(&mut bytes)?;
    let numbers = bytes.as_chunks::<4>().0.iter();
    Ok(numbers.map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let (file, _) = jane_platform::open_regular(path)?;
        file.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| format!("`{}`: {error}", path.display()))?;
    match bytes.len() as u64 > most {
        true => Err(format!("`{}` is longer than {most} bytes", path.display())),
        false => Ok(bytes),
    }
}
