//! The machine's cores, leased to the engines at work.
//!
//! Invariants: an engine at work has a lease, and no other; the threads of all leases together are never more than the cores;
//! leases are decided anew whenever work starts or ends, and each engine whose share changed is told.
//!
//! Why: the threads of an engine wait for each other in short steps, so that two engines with as many threads as cores each
//! slow each other down many times over (86 tokens a second or 3, on the same two cores).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jane_core::event::EngineKind;
use parking_lot::Mutex;

/// Tells an engine how many threads it has.
type Tell = Box<dyn Fn(u32) + Send + Sync>;

/// The cores of the machine: a cheap handle.
#[derive(Clone)]
pub struct Cores {
    inner: Arc<Mutex<Leases>>,
}

/// How long the recogniser, and the voice, may keep cores from the model when much comes at once. A turn takes less.
const MOST_CREDIT: Duration = Duration::from_millis(500);

/// The share of all time that they may: about what either works in a conversation. Beyond it they share the cores with the model,
/// which would come to a stop beside one that never rests.
const CREDIT_RATE: f64 = 0.1;

struct Leases {
    cores: u32,
    next: u64,
    held: Vec<Held>,
    /// Of the engines that come before the model.
    credits: HashMap<EngineKind, Credit>,
}

/// How long an engine may still come before the model.
#[derive(Debug)]
struct Credit {
    /// Seconds; below zero while it has had more, but no further than it can be above: a long request, as for a whole recording, does
    /// not cost those of a minute later.
    left: f64,
    at: Instant,
}

impl Credit {
    fn new(now: Instant) -> Self {
        Self {
            left: MOST_CREDIT.as_secs_f64(),
            at: now,
        }
    }

    fn is_left(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * CREDIT_RATE).min(MOST_CREDIT.as_secs_f64());
        self.at = now;
        self.left > 0.0
    }

    fn spend(&mut self, time: Duration) {
        self.left = (self.left - time.as_secs_f64()).max(-MOST_CREDIT.as_secs_f64());
    }
}

struct Held {
    id: u64,
    role: EngineKind,
    /// What it can use.
    most: u32,
    /// Since when it comes before the model; `None` where it does not.
    first_since: Option<Instant>,
    /// What it was told; `None` before that.
    threads: Option<u32>,
    tell: Tell,
}

/// A share of the cores, until it is dropped.
pub struct Lease {
    cores: Cores,
    id: u64,
}

impl Cores {
    #[must_use]
    pub fn new(cores: u32) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Leases {
                cores: cores.max(1),
                next: 0,
                held: Vec::new(),
                credits: HashMap::new(),
            })),
        }
    }

    /// Gives an engine that starts to work its share, at most `most` threads; `tell` learns of it at once, and of every change.
    pub fn lease(
        &self,
        role: EngineKind,
        most: u32,
        tell: impl Fn(u32) + Send + Sync + 'static,
    ) -> Lease {
        let mut leases = self.lock();
        let id = leases.next;
        leases.next += 1;
        let now = Instant::now();
        let comes_first = role != EngineKind::Llm && {
            let credit = leases.credits.entry(role);
            credit.or_insert_with(|| Credit::new(now)).is_left(now)
        };
        leases.held.push(Held {
            id,
            role,
            most: most.max(1),
            first_since: comes_first.then_some(now),
            threads: None,
            tell: Box::new(tell),
        });
        leases.decide();
        Lease {
            cores: self.clone(),
            id,
        }
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, Leases> {
        self.inner.lock()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut leases = self.cores.lock();
        leases.give_back(self.id);
        leases.decide();
    }
}

impl Leases {
    fn give_back(&mut self, id: u64) {
        let Some(place) = self.held.iter().position(|held| held.id == id) else {
            return;
        };
        let held = self.held.remove(place);
        if let (Some(since), Some(credit)) = (held.first_since, self.credits.get_mut(&held.role)) {
            credit.spend(since.elapsed());
        }
    }

    fn decide(&mut self) {
        // The most urgent first; of equals the one that came first.
        self.held.sort_by_key(|held| (urgency(held.role), held.id));
        let wants: Vec<Want> = self.held.iter().map(Want::of).collect();
        let shares = share(self.cores, &wants);
        // Shares that shrink are told first.
        let mut changed: Vec<(&mut Held, u32)> = self
            .held
            .iter_mut()
            .zip(shares)
            .filter(|(held, threads)| held.threads != Some(*threads))
            .collect();
        changed.sort_by_key(|(held, threads)| *threads > held.threads.unwrap_or(0));
        for (held, threads) in changed {
            held.threads = Some(threads);
            (held.tell)(threads);
        }
    }
}

/// Who gets a core where there are too few: whoever speaks wants to be heard, then to hear, and the model can pause.
fn urgency(role: EngineKind) -> u8 {
    match role {
        EngineKind::Stt => 0,
        EngineKind::Tts => 1,
        EngineKind::Llm => 2,
    }
}

/// What an engine can use, and how much of that before one that can wait gets anything.
#[derive(Clone, Copy, Debug)]
struct Want {
    most: u32,
    first: u32,
}

impl Want {
    /// Somebody waits for the recogniser and the voice: on two cores the model pauses meanwhile.
    fn of(held: &Held) -> Self {
        let first = held.first_since.map_or(0, |_| held.most.min(2));
        Self {
            most: held.most,
            first,
        }
    }
}

/// Shares `cores` among engines, the most urgent first: in turn until each has what it wants first, and the rest in turn to those that
/// want more.
fn share(cores: u32, wants: &[Want]) -> Vec<u32> {
    let mut shares = vec![0; wants.len()];
    let mut left = cores;
    for goal in [|want: &Want| want.first, |want: &Want| want.most] {
        let mut before = 0;
        while left != before {
            before = left;
            for (share, want) in shares.iter_mut().zip(wants) {
                if left > 0 && *share < goal(want) {
                    *share += 1;
                    left -= 1;
                }
            }
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_never_exceed_the_cores_and_leave_none_idle(
            cores in 1_u32..65, wants in prop::collection::vec((1_u32..65, any::<bool>()), 0..6)
        ) {
            // The most urgent come first.
            let mut wants = wants;
            wants.sort_by_key(|(_, waits)| *waits);
            let want = |(most, waits): &(u32, bool)| Want { most: *most, first: if *waits { 0 } else { (*most).min(2) } };
            let wants: Vec<Want> = wants.iter().map(want).collect();
            let shares = share(cores, &wants);
            let given: u32 = shares.iter().sum();
            prop_assert_eq!(given, cores.min(wants.iter().map(|want| want.most).sum()));
            for (share, want) in shares.iter().zip(&wants) {
                prop_assert!(*share <= want.most);
            }
            // The more urgent never have less than the others, unless they want no more.
            for (index, share) in shares.iter().enumerate() {
                for other in shares.iter().skip(index + 1) {
                    prop_assert!(share >= other || *share == wants[index].most);
                }
            }
            // Who can wait gets nothing before the others have what they want first.
            let all_have = shares.iter().zip(&wants).all(|(share, want)| *share >= want.first);
            let waiting = shares.iter().zip(&wants).filter(|(_, want)| want.first == 0);
            prop_assert!(all_have || waiting.map(|(share, _)| share).sum::<u32>() == 0);
        }
    }

    #[test]
    fn who_never_rests_comes_before_the_model_for_a_tenth_of_the_time() {
        let begin = Instant::now();
        let (mut now, mut credit) = (begin, Credit::new(begin));
        let work = Duration::from_millis(100);
        let (mut first, mut all) = (0, 0);
        while now < begin + Duration::from_secs(60) {
            all += 1;
            if credit.is_left(now) {
                first += 1;
                credit.spend(work);
            }
            now += work;
        }
        // Five at once, and a tenth of all.
        assert!((60..=70).contains(&first), "{first} of {all}");
        // After a rest it has as much as in the beginning, and no more.
        now += Duration::from_secs(3600);
        assert!(credit.is_left(now));
        credit.spend(MOST_CREDIT);
        assert!(!credit.is_left(now));
        // However long it worked, ten seconds make up for it.
        credit.spend(Duration::from_secs(60));
        assert!(!credit.is_left(now + Duration::from_secs(4)));
        assert!(credit.is_left(now + Duration::from_secs(10)));
    }

    #[test]
    fn an_engine_alone_has_all_cores_and_the_model_waits_for_those_that_are_waited_for() {
        let cores = Cores::new(2);
        let told: Arc<Mutex<Vec<(EngineKind, u32)>>> = Arc::default();
        let tell = |role| {
            let told = Arc::clone(&told);
            move |threads| told.lock().push((role, threads))
        };
        let model = cores.lease(EngineKind::Llm, 2, tell(EngineKind::Llm));
        let voice = cores.lease(EngineKind::Tts, 2, tell(EngineKind::Tts));
        let ears = cores.lease(EngineKind::Stt, 2, tell(EngineKind::Stt));
        drop(voice);
        drop(ears);
        drop(model);
        let expected = [
            (EngineKind::Llm, 2),
            // Shrinking comes before growing: the cores are never given out twice.
            (EngineKind::Llm, 0),
            (EngineKind::Tts, 2),
            (EngineKind::Tts, 1),
            (EngineKind::Stt, 1),
            (EngineKind::Stt, 2),
            (EngineKind::Llm, 2),
        ];
        assert_eq!(*told.lock(), expected);
    }
}
