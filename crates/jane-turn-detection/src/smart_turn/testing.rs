//! Sounds that the reference was made of, and what it made of them.

/// What the reference code makes of [`signal`].
pub struct Case {
    pub seconds: f64,
    /// Of the model, 0..=1.
    pub probability: f32,
    /// Some of the features, each with its index.
    pub features: Vec<(usize, f32)>,
}

/// `reference.txt`: for each case a line `case SECONDS PROBABILITY`, and behind it `INDEX FEATURE`.
pub fn reference() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in include_str!("reference.txt").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["case", seconds, probability] => cases.push(Case {
                seconds: seconds.parse().unwrap(),
                probability: probability.parse().unwrap(),
                features: Vec::new(),
            }),
            [index, feature] => {
                let case = cases.last_mut().unwrap();
                case.features
                    .push((index.parse().unwrap(), feature.parse().unwrap()));
            }
            _ => panic!("{line}"),
        }
    }
    assert!(cases.len() > 1);
    cases
}

/// A tone that rises in bursts, with noise, at 16 kHz: computed alike wherever numbers have 64 bits.
pub fn signal(seconds: f64) -> Vec<f32> {
    let mut state: u32 = 1;
    (0..(seconds * 16_000.0) as usize)
        .map(|index| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state >> 8) / f64::from(1 << 24) - 0.5;
            let time = index as f64 / 16_000.0;
            let tone = (2.0 * std::f64::consts::PI * (120.0 + 90.0 * time) * time).sin();
            let burst = if (time * 3.0).fract() < 0.7 {
                0.3
            } else {
                0.01
            };
            (burst * tone + 0.02 * noise + 0.001) as f32
        })
        .collect()
}
