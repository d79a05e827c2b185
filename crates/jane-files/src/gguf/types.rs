//! What a tensor takes, from its type and shape: ggml's `type_traits` in `ggml.c`, and the blocks of `ggml-common.h`.

/// Weights of a block, and its bytes; `None` where ggml has no such type, or not any more.
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),           // F32
        1 | 25 | 30 => (1, 2), // F16, I16, BF16
        2 | 20 => (32, 18),    // Q4_0, IQ4_NL
        3 => (32, 20),         // Q4_1
        6 => (32, 22),         // Q5_0
        7 => (32, 24),         // Q5_1
        8 => (32, 34),         // Q8_0
        9 => (32, 36),         // Q8_1
        10 => (256, 84),       // Q2_K
        11 | 21 => (256, 110), // Q3_K, IQ3_S
        12 => (256, 144),      // Q4_K
        13 => (256, 176),      // Q5_K
        14 => (256, 210),      // Q6_K
        15 => (256, 292),      // Q8_K
        16 | 35 => (256, 66),  // IQ2_XXS, TQ2_0
        17 => (256, 74),       // IQ2_XS
        18 => (256, 98),       // IQ3_XXS
        19 => (256, 50),       // IQ1_S
        22 => (256, 82),       // IQ2_S
        23 => (256, 136),      // IQ4_XS
        24 => (1, 1),          // I8
        26 => (1, 4),          // I32
        27 | 28 => (1, 8),     // I64, F64
        29 => (256, 56),       // IQ1_M
        34 => (256, 54),       // TQ1_0
        39 => (32, 17),        // MXFP4
        40 => (64, 36),        // NVFP4
        41 => (128, 18),       // Q1_0
        42 => (64, 18),        // Q2_0
        _ => return None,
    })
}

/// Bytes of a tensor of the type `kind`, the innermost dimension first; `None` where the type is not known, which a newer engine may.
///
/// # Errors
/// Where it has no such size: its rows do not fill blocks, or it is larger than any file.
pub fn bytes_of(kind: u32, shape: &[u64]) -> Result<Option<u64>, String> {
    let Some((weights, bytes)) = block(kind) else {
        return Ok(None);
    };
    let row = shape.first().copied().unwrap_or(1);
    if !row.is_multiple_of(weights) {
        return Err(format!("rows of {row} do not fill blocks of {weights}"));
    }
    shape
        .iter()
        .skip(1)
        .try_fold(row / weights, |count, rows| count.checked_mul(*rows))
        .and_then(|blocks| blocks.checked_mul(bytes))
        .map(Some)
        .ok_or_else(|| "it is larger than any file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_whole_blocks() {
        for (kind, shape, bytes) in [
            (0, vec![8], 32),
            (1, vec![3, 5], 30),
            (2, vec![64, 2], 72),
            (12, vec![256, 10], 1_440),
            (39, vec![32, 2, 2], 68),
            (0, vec![], 4),
            (0, vec![4, 0], 0),
        ] {
            assert_eq!(bytes_of(kind, &shape), Ok(Some(bytes)), "{kind} {shape:?}");
        }
        for unknown in [4, 5, 31, 36, 43, u32::MAX] {
            assert_eq!(bytes_of(unknown, &[u64::MAX]), Ok(None));
        }
        assert!(bytes_of(2, &[31]).unwrap_err().contains("blocks of 32"));
        assert!(bytes_of(0, &[1 << 40, 1 << 40]).is_err());
    }
}
