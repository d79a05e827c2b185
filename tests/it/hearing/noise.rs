//! Sounds that are no speech, made from a fixed seed.

const RATE: f32 = 16_000.0;

/// Evenly distributed numbers, the same in every run.
pub struct Dice(u32);

impl Dice {
    pub fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// -1..1.
    pub fn roll(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// What can be made.
pub const MADE: [&str; 8] = [
    "white noise",
    "pink noise",
    "brown noise",
    "chords",
    "hum",
    "clicks",
    "silence",
    "hiss of -60 dB",
];

/// So many samples of it, at most about 0.5.
pub fn make(name: &str, length: usize) -> Vec<f32> {
    let mut dice = Dice::new(17);
    match name {
        "white noise" => (0..length).map(|_| 0.1 * dice.roll()).collect(),
        "hiss of -60 dB" => (0..length).map(|_| 0.0017 * dice.roll()).collect(),
        "pink noise" => pink(&mut dice, length),
        "brown noise" => brown(&mut dice, length),
        "chords" => chords(&mut dice, length),
        "hum" => (0..length).map(hum).collect(),
        "clicks" => clicks(&mut dice, length),
        _ => vec![0.0; length],
    }
}

/// Three filtered noises on one another (Kellet's).
fn pink(dice: &mut Dice, length: usize) -> Vec<f32> {
    let mut state = [0.0f32; 3];
    let mut next = || {
        let white = dice.roll();
        for (state, (keep, take)) in state.iter_mut().zip([
            (0.997_65, 0.099_046),
            (0.963, 0.296_516_4),
            (0.57, 1.052_691_3),
        ]) {
            *state = keep * *state + take * white;
        }
        0.03 * (state.iter().sum::<f32>() + 0.1848 * white)
    };
    (0..length).map(|_| next()).collect()
}

fn brown(dice: &mut Dice, length: usize) -> Vec<f32> {
    let mut state = 0.0f32;
    let mut next = || {
        state = 0.995 * state + 0.02 * dice.roll();
        state
    };
    (0..length).map(|_| next()).collect()
}

/// Chords of three notes with four overtones each, that change every 0.4 s and die away.
fn chords(dice: &mut Dice, length: usize) -> Vec<f32> {
    let beat = (0.4 * RATE) as usize;
    let mut sound = Vec::with_capacity(length + beat);
    while sound.len() < length {
        let root = 110.0 * 2f32.powf((dice.roll() * 12.0).round() / 12.0);
        let third = if dice.roll() > 0.0 { 4.0 } else { 3.0 };
        for at in 0..beat {
            let time = at as f32 / RATE;
            let note = |semitones: f32| {
                let pitch = root * 2f32.powf(semitones / 12.0);
                (1..=4)
                    .map(|overtone| {
                        let overtone = overtone as f32;
                        (std::f32::consts::TAU * pitch * overtone * time).sin() / overtone
                    })
                    .sum::<f32>()
            };
            let attack = (time * 100.0).min(1.0);
            let chord = note(0.0) + note(third) + note(7.0);
            sound.push(0.06 * attack * (-3.0 * time).exp() * chord);
        }
    }
    sound.truncate(length);
    sound
}

/// A transformer: 50 Hz and its overtones.
fn hum(at: usize) -> f32 {
    let phase = std::f32::consts::TAU * 50.0 * (at % 320) as f32 / RATE;
    0.1 * (phase.sin() + 0.5 * (3.0 * phase).sin() + 0.3 * (5.0 * phase).sin())
}

/// Keys and clicks: short bursts, 40 to 400 ms apart.
fn clicks(dice: &mut Dice, length: usize) -> Vec<f32> {
    let mut sound = vec![0.0f32; length];
    let mut at = 0;
    while at < length {
        let loud = 0.25 * (1.0 + dice.roll());
        for (place, sample) in sound.iter_mut().skip(at).take(320).enumerate() {
            *sample = loud * dice.roll() * (-(place as f32) / 50.0).exp();
        }
        at += (RATE * (0.22 + 0.18 * dice.roll())) as usize;
    }
    sound
}
