//! How samples are stored in a WAV, and one of them as a number from -1 to 1.
//!
//! A sample lies in whole bytes. Where it has fewer bits than those, they are the upper ones (`mmreg.h`, `WAVEFORMATEXTENSIBLE`), so that
//! 12 bits read as the 16 in which they lie, and 20 as 24 or 32. The laws: ITU-T G.711.

use crate::output::clean;

/// How one sample is stored, always little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Up to 8 bits, from 0 to 255.
    Unsigned,
    /// 9 bits and more, in 2 to 8 bytes.
    Signed {
        bytes: u16,
    },
    Float32,
    Float64,
    ALaw,
    MuLaw,
}

impl Coding {
    /// The coding that a format tag states, with `bits` in each sample, which lies in `bytes`. `None` where there is none such.
    pub(super) fn of(tag: u16, bits: u16, bytes: u16) -> Option<Self> {
        match (tag, bits, bytes) {
            (1, 1..=8, 1) => Some(Self::Unsigned),
            (1, 1..=64, 2..=8) => Some(Self::Signed { bytes }),
            (3, 32, 4) => Some(Self::Float32),
            (3, 64, 8) => Some(Self::Float64),
            (6, 8, 1) => Some(Self::ALaw),
            (7, 8, 1) => Some(Self::MuLaw),
            _ => None,
        }
    }

    /// Bytes of a sample, 1 to 8.
    pub(super) fn bytes(self) -> u16 {
        match self {
            Self::Unsigned | Self::ALaw | Self::MuLaw => 1,
            Self::Signed { bytes } => bytes,
            Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// One sample as -1 to 1, from its bytes.
    pub(super) fn decode(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::Unsigned, &[a]) => (f32::from(a) - 128.0) / 128.0,
            (Self::ALaw, &[a]) => a_law(a),
            (Self::MuLaw, &[a]) => mu_law(a),
            (Self::Float32, &[a, b, c, d]) => clean(f32::from_le_bytes([a, b, c, d])),
            (Self::Float64, &[a, b, c, d, e, f, g, h]) => {
                clean(f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32)
            }
            // The four upper bytes hold more than the 24 bits of a float.
            (Self::Signed { .. }, &[a, b]) => signed([0, 0, a, b]),
            (Self::Signed { .. }, &[a, b, c]) => signed([0, a, b, c]),
            (Self::Signed { .. }, &[.., a, b, c, d]) => signed([a, b, c, d]),
            // Whoever cuts the frames gives as many bytes as the coding has.
            _ => 0.0,
        }
    }
}

fn signed(bytes: [u8; 4]) -> f32 {
    i32::from_le_bytes(bytes) as f32 / 2_147_483_648.0
}

/// A logarithmic code of 8 bits: sign, exponent and four bits of mantissa, every second bit inverted. Its largest value is 32,256.
fn a_law(code: u8) -> f32 {
    let code = code ^ 0x55;
    let (exponent, mantissa) = ((code >> 4) & 7, i32::from(code & 15));
    let value = match exponent {
        0 => (mantissa << 4) + 8,
        exponent => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    let value = if code & 0x80 == 0 { -value } else { value };
    value as f32 / 32_768.0
}

/// The same with all bits inverted and a bias of 132. Its largest value is 32,124.
fn mu_law(code: u8) -> f32 {
    let code = !code;
    let (exponent, mantissa) = ((code >> 4) & 7, i32::from(code & 15));
    let value = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    let value = if code & 0x80 == 0 { value } else { -value };
    value as f32 / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laws_are_those_of_g_711() {
        let a_law = |code| (Coding::ALaw.decode(&[code]) * 32_768.0) as i32;
        let mu_law = |code| (Coding::MuLaw.decode(&[code]) * 32_768.0) as i32;
        // Silence, the smallest, the largest and one between, as the tables have them.
        for (code, value) in [
            (0xD5, 8),
            (0x55, -8),
            (0xAA, 32_256),
            (0x2A, -32_256),
            (0x80, 5_504),
        ] {
            assert_eq!(a_law(code), value, "{code:#x}");
        }
        for (code, value) in [
            (0xFF, 0),
            (0x7F, 0),
            (0x80, 32_124),
            (0x00, -32_124),
            (0xFE, 8),
        ] {
            assert_eq!(mu_law(code), value, "{code:#x}");
        }
        // Louder codes are louder, and signs mirror.
        for code in 0..0x7F_u8 {
            assert_eq!(a_law(code), -a_law(code | 0x80));
            assert!(mu_law(code) < mu_law(code + 1));
            assert_eq!(mu_law(code), -mu_law(code | 0x80));
        }
    }
}
