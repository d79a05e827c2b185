//! The sound between two steps of the decoder's upsampling, in rows that ONNX Runtime computes side by side.
//!
//! A blocked convolution is shared out among threads by blocks of channels and by rows of its output. With a height of 1, and the few
//! channels that a decoder ends with, there is one share, and one thread computes what is half of all work.
//!
//! So the samples of a step are cut into rows of one length, one below the other as a batch. Each overlaps with the next by as much as the
//! convolutions behind it reach; what lies within that reach of a cut is wrong, and is left out where the rows are put together again.
//! Where the sound begins and ends there is no cut, and the padding of the convolutions is what it was.

use std::collections::HashMap;

use super::DECODER;
use super::onnx::{Attribute, Graph, Node, Writer};

/// Output channels that are one share: four blocks of 16 with AVX-512; with AVX2 it is half of that.
const SHARE: i64 = 64;

/// Samples that a row has at least, of each frame of the network.
const SHORTEST: i64 = 16;

/// The axes of a row's number and of its samples.
const ROWS: i64 = 0;
const SAMPLES: i64 = 3;

/// What lies between two steps of the upsampling.
struct Stretch {
    rows: i64,
    /// The names of: samples in all, samples that a row adds to the result, and the first sample of each row.
    all: String,
    part: String,
    starts: Vec<String>,
    /// Samples that the convolutions reach to one side, together; and the name of the weight that holds it, and its double.
    reach: i64,
    reaches: [String; 2],
}

/// Cuts the decoder's sound into so many rows that `threads` have something to do. `None` where it is built otherwise.
pub fn cut_into_rows(graph: &mut Graph, threads: u32) -> Option<()> {
    let (mut writer, nodes) = Writer::begin(graph, "jane/rows");
    let mut stretches: Vec<Stretch> = Vec::new();
    // In which stretch a tensor is made, and how far what it is made of reaches.
    let mut within: HashMap<String, (usize, i64)> = HashMap::new();
    let mut joined: HashMap<String, String> = HashMap::new();
    let mut samples_of_frame = 1;
    for mut node in nodes {
        let (is_step, is_inside) = (
            node.kind == "ConvTranspose",
            node.name.starts_with(DECODER) && node.kind != "ConvTranspose",
        );
        let of_stretch = node.inputs.iter().find_map(|input| within.get(input));
        if let Some(&(number, _)) = of_stretch.filter(|_| is_inside) {
            let mut reach = 0;
            for input in &node.inputs {
                match within.get(input) {
                    Some((same, far)) if *same == number => reach = reach.max(*far),
                    None if writer.weight(input).is_some() => {}
                    // What was never cut does not fit what is.
                    _ => return None,
                }
            }
            reach += node.integers("pads").iter().max().unwrap_or(&0);
            let stretch = stretches.get_mut(number)?;
            stretch.reach = stretch.reach.max(reach);
            let made = node.outputs.iter().cloned();
            within.extend(made.map(|output| (output, (number, reach))));
            writer.keep(node);
            continue;
        }
        for input in &mut node.inputs {
            if let Some(stretch) = within.get(input).and_then(|at| stretches.get(at.0)) {
                let join = || stretch.join(&mut writer, input);
                *input = joined.entry(input.clone()).or_insert_with(join).clone();
            }
        }
        if !is_step {
            writer.keep(node);
            continue;
        }
        let (kernel, steps) = (node.inputs.get(1)?, node.integers("strides").last()?);
        samples_of_frame *= steps;
        let [_, channels, ..] = writer.weight(kernel)?.dimensions[..] else {
            return None;
        };
        let shares = u64::try_from(channels).ok()?.div_ceil(SHARE.unsigned_abs());
        let rows = i64::try_from(u64::from(threads).div_ceil(shares.max(1))).ok()?;
        let rows = rows.min(samples_of_frame / SHORTEST);
        if rows < 2 {
            writer.keep(node);
            continue;
        }
        let output = node.outputs.first_mut()?;
        let whole = format!("jane/whole{output}");
        let output = std::mem::replace(output, whole.clone());
        writer.keep(node);
        stretches.push(Stretch::cut(&mut writer, &whole, rows, &output));
        within.insert(output, (stretches.len() - 1, 0));
    }
    for stretch in &stretches {
        let [once, twice] = &stretch.reaches;
        writer.name_numbers(once, &[stretch.reach]);
        writer.name_numbers(twice, &[2 * stretch.reach]);
    }
    writer.finish(graph);
    Some(())
}

impl Stretch {
    /// Cuts the tensor `whole` into `rows`, which are called `output`.
    fn cut(writer: &mut Writer, whole: &str, rows: i64, output: &str) -> Self {
        let reaches = [1, 2].map(|times| format!("jane/reach{times}{output}"));
        let [once, twice] = &reaches;
        let samples_axis = writer.numbers(&[SAMPLES]);
        let shape = writer.add("Shape", &[whole], &[]);
        let all = writer.add("Gather", &[&shape, &samples_axis], &[]);
        // All samples in equal parts, rounded up.
        let (divisor, rounding) = (writer.numbers(&[rows]), writer.numbers(&[rows - 1]));
        let more = writer.add("Add", &[&all, &rounding], &[]);
        let part = writer.add("Div", &[&more, &divisor], &[]);
        // With what it reaches on both sides, but no more than there is. The first and the last have all of it on one side.
        let wide = writer.add("Add", &[&part, twice], &[]);
        let width = writer.add("Min", &[&all, &wide], &[]);
        let last = writer.add("Sub", &[&all, &width], &[]);
        let first = writer.numbers(&[0]);
        let mut starts = Vec::new();
        let mut cut = Vec::new();
        for row in 0..rows {
            let begin = times(writer, &part, row);
            let before = writer.add("Sub", &[&begin, once], &[]);
            let before = writer.add("Min", &[&before, &last], &[]);
            let start = writer.add("Max", &[&first, &before], &[]);
            let end = writer.add("Add", &[&start, &width], &[]);
            cut.push(writer.add("Slice", &[whole, &start, &end, &samples_axis], &[]));
            starts.push(start);
        }
        let cut: Vec<&str> = cut.iter().map(String::as_str).collect();
        let one_below_the_other = [Attribute::number("axis", ROWS)];
        writer.keep(Node::new("Concat", &cut, output).with(&one_below_the_other));
        Self {
            rows,
            all,
            part,
            starts,
            reach: 0,
            reaches,
        }
    }

    /// Puts rows together again, and returns the name of the whole.
    fn join(&self, writer: &mut Writer, rows: &str) -> String {
        let [rows_axis, samples_axis] = [ROWS, SAMPLES].map(|axis| writer.numbers(&[axis]));
        let mut parts = Vec::new();
        for (row, start) in (0..self.rows).zip(&self.starts) {
            let [from, to] = [row, row + 1].map(|row| writer.numbers(&[row]));
            let line = writer.add("Slice", &[rows, &from, &to, &rows_axis], &[]);
            let begin = times(writer, &self.part, row);
            let skipped = writer.add("Sub", &[&begin, start], &[]);
            let rest = writer.add("Sub", &[&self.all, &begin], &[]);
            let length = writer.add("Min", &[&self.part, &rest], &[]);
            let end = writer.add("Add", &[&skipped, &length], &[]);
            parts.push(writer.add("Slice", &[&line, &skipped, &end, &samples_axis], &[]));
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        writer.add("Concat", &parts, &[Attribute::number("axis", SAMPLES)])
    }
}

/// The name of `row` times what is called `part`.
fn times(writer: &mut Writer, part: &str, row: i64) -> String {
    let row = writer.numbers(&[row]);
    writer.add("Mul", &[part, &row], &[])
}
