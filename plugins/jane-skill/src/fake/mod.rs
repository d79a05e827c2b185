//! Jane as a skill sees her, for tests on the machine itself. Each thread, and so each test, has one of its own.
//!
//! ```
//! use std::time::Duration;
//! use jane_skill::{fake, prelude::*};
//!
//! #[derive(Default)]
//! struct Egg;
//!
//! impl Skill for Egg {
//!     fn on_transcript(&mut self, _: &Transcript) -> Result<TranscriptAction, Failure> {
//!         schedule::after("egg", Duration::from_secs(300), "egg", "")?;
//!         Ok(TranscriptAction::say("I'll call you."))
//!     }
//!     fn on_event(&mut self, _: &Event) -> Result<(), Failure> {
//!         voice::say("Your egg is done.")
//!     }
//! }
//! jane_skill::export!(Egg: transcript_hook, events);
//!
//! let mut egg = Egg;
//! assert_eq!(fake::ask(&mut egg, "boil an egg").as_deref(), Some("I'll call you."));
//! fake::advance(&mut egg, Duration::from_secs(300)).unwrap();
//! assert_eq!(fake::said(), ["Your egg is done."]);
//! ```

mod cron;
pub mod imports;

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use crate::{
    Event, Failure, Skill, Transcript, TranscriptAction,
    http::{Request, Response},
    schedule::Entry,
};

/// 10:00 on Wednesday, 4 March 2026 (UTC): the time that a test begins at.
pub const BEGINNING_MS: u64 = 1_772_618_400_000;

type Http = Box<dyn FnMut(&Request) -> Result<Response, Failure>>;
type Llm = Box<dyn FnMut(&str) -> Result<String, Failure>>;

struct Fake {
    now_ms: u64,
    time_zone: String,
    offset_s: i32,
    /// From when on (milliseconds since 1970) another offset is in force, in order.
    offsets: Vec<(u64, i32)>,
    kv: BTreeMap<String, Vec<u8>>,
    /// With the cron expression of what comes again.
    scheduled: Vec<(Entry, Option<String>)>,
    said: Vec<String>,
    notified: Vec<(String, String)>,
    logged: Vec<String>,
    http: Option<Http>,
    llm: Option<Llm>,
}

impl Default for Fake {
    fn default() -> Fake {
        Fake {
            now_ms: BEGINNING_MS,
            time_zone: "UTC".into(),
            offset_s: 0,
            offsets: Vec::new(),
            kv: BTreeMap::new(),
            scheduled: Vec::new(),
            said: Vec::new(),
            notified: Vec::new(),
            logged: Vec::new(),
            http: None,
            llm: None,
        }
    }
}

thread_local! {
    static FAKE: RefCell<Fake> = RefCell::default();
}

fn fake<R>(f: impl FnOnce(&mut Fake) -> R) -> R {
    FAKE.with_borrow_mut(f)
}

/// Forgets everything.
pub fn reset() {
    fake(|fake| *fake = Fake::default());
}

pub fn now_ms() -> u64 {
    fake(|fake| fake.now_ms)
}

pub fn set_now_ms(now_ms: u64) {
    fake(|fake| fake.now_ms = now_ms);
}

/// The time zone, and the seconds by which it is ahead of UTC all year.
pub fn set_time_zone(name: &str, offset_s: i32) {
    fake(|fake| (fake.time_zone, fake.offset_s, fake.offsets) = (name.into(), offset_s, Vec::new()));
}

/// From a time on (milliseconds since 1970), the time zone is this many seconds ahead of UTC: summer time begins or ends. In order.
pub fn change_offset(from_ms: u64, offset_s: i32) {
    fake(|fake| fake.offsets.push((from_ms, offset_s)));
}

/// What answers requests. Without it they are denied.
pub fn set_http(answer: impl FnMut(&Request) -> Result<Response, Failure> + 'static) {
    fake(|fake| fake.http = Some(Box::new(answer)));
}

/// What answers prompts. Without it they are denied.
pub fn set_llm(answer: impl FnMut(&str) -> Result<String, Failure> + 'static) {
    fake(|fake| fake.llm = Some(Box::new(answer)));
}

/// What was spoken unasked since the last call.
pub fn said() -> Vec<String> {
    fake(|fake| std::mem::take(&mut fake.said))
}

/// The messages shown since the last call, with their titles.
pub fn notified() -> Vec<(String, String)> {
    fake(|fake| std::mem::take(&mut fake.notified))
}

/// The lines of the log since the last call.
pub fn logged() -> Vec<String> {
    fake(|fake| std::mem::take(&mut fake.logged))
}

/// What the skill answers to what somebody says; nothing where it passes or fails.
pub fn ask(skill: &mut impl Skill, text: &str) -> Option<String> {
    match skill.on_transcript(&Transcript::typed(text)) {
        Ok(TranscriptAction::Answer(answer)) => Some(answer.speech),
        _ => None,
    }
}

/// Time passes, and what falls due is told to the skill, each at its time.
pub fn advance(skill: &mut impl Skill, time: Duration) -> Result<(), Failure> {
    let end_ms = now_ms() + time.as_millis() as u64;
    while let Some(due_ms) = fake(|fake| fake.scheduled.iter().map(|(entry, _)| entry.due_ms).min())
        && due_ms <= end_ms
    {
        fake(|fake| fake.now_ms = fake.now_ms.max(due_ms));
        fire(skill)?;
    }
    set_now_ms(end_ms);
    Ok(())
}

/// Time passes while Jane does not run; then she starts again, and what fell due meanwhile comes late.
pub fn restart(skill: &mut impl Skill, after: Duration) -> Result<(), Failure> {
    *skill = Default::default();
    fake(|fake| fake.now_ms += after.as_millis() as u64);
    advance(skill, Duration::ZERO)
}

/// Tells the skill of the event that is due first.
fn fire(skill: &mut impl Skill) -> Result<(), Failure> {
    let now_ms = now_ms();
    let Some((entry, cron)) = fake(|fake| {
        let first = (0..fake.scheduled.len()).min_by_key(|&index| fake.scheduled[index].0.due_ms)?;
        Some(fake.scheduled.remove(first))
    }) else {
        return Ok(());
    };
    if let Some(cron) = cron {
        let due_ms = fake(|fake| cron::next(&cron, now_ms, fake.offset_s)).ok_or_else(|| Failure::invalid(&cron))?;
        fake(|fake| fake.scheduled.push((Entry { due_ms, ..entry.clone() }, Some(cron))));
    }
    let Entry { id, name, payload, due_ms } = entry;
    skill.on_event(&Event { id, name, payload, due_ms, late_ms: now_ms - due_ms })
}
