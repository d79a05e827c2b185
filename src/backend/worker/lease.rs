//! The machine's cores, leased to the engines at work.
//!
//! Invariants: an engine at work has a lease, and no other; the threads of all leases together are never more than the cores;
//! leases are decided anew whenever work starts or ends, and each engine whose share changed is told.
//!
//! Why: the threads of an engine wait for each other in short steps, so that two engines with as many threads as cores each
//! slow each other down many times over (86 tokens a second or 3, on the same two cores).

use std::sync::{Arc, Mutex, PoisonError};

use crate::event::Role;

/// Tells an engine how many threads it has.
type Tell = Box<dyn Fn(u32) + Send + Sync>;

/// The cores of the machine: a cheap handle.
#[derive(Clone)]
pub struct Cores {
    inner: Arc<Mutex<Leases>>,
}

struct Leases {
    cores: u32,
    next: u64,
    held: Vec<Held>,
}

struct Held {
    id: u64,
    role: Role,
    /// What it can use.
    most: u32,
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
            })),
        }
    }

    /// Gives an engine that starts to work its share, at most `most` threads; `tell` learns of it at once, and of every change.
    pub fn lease(
        &self,
        role: Role,
        most: u32,
        tell: impl Fn(u32) + Send + Sync + 'static,
    ) -> Lease {
        let mut leases = self.lock();
        let id = leases.next;
        leases.next += 1;
        leases.held.push(Held {
            id,
            role,
            most: most.max(1),
            threads: None,
            tell: Box::new(tell),
        });
        leases.decide();
        Lease {
            cores: self.clone(),
            id,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Leases> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut leases = self.cores.lock();
        leases.held.retain(|held| held.id != self.id);
        leases.decide();
    }
}

impl Leases {
    fn decide(&mut self) {
        // The most urgent first; of equals the one that came first.
        self.held.sort_by_key(|held| (urgency(held.role), held.id));
        let wants: Vec<u32> = self.held.iter().map(|held| held.most).collect();
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
fn urgency(role: Role) -> u8 {
    match role {
        Role::Stt => 0,
        Role::Tts => 1,
        Role::Llm => 2,
    }
}

/// Shares `cores` among engines that can use `wants` threads each, the most urgent first: one each as far as they go, and the
/// rest in turn to those that want more.
fn share(cores: u32, wants: &[u32]) -> Vec<u32> {
    let mut shares = vec![0; wants.len()];
    let mut left = cores;
    while left > 0 {
        let before = left;
        for (share, want) in shares.iter_mut().zip(wants) {
            if left > 0 && *share < *want {
                *share += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
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
        fn shares_never_exceed_the_cores_and_leave_none_idle(cores in 1_u32..65, wants in prop::collection::vec(1_u32..65, 0..6)) {
            let shares = share(cores, &wants);
            let given: u32 = shares.iter().sum();
            prop_assert_eq!(given, cores.min(wants.iter().sum()));
            for (share, want) in shares.iter().zip(&wants) {
                prop_assert!(share <= want);
            }
            // The more urgent never have less than the others, unless they want no more.
            for (index, share) in shares.iter().enumerate() {
                for other in shares.iter().skip(index + 1) {
                    prop_assert!(share >= other || *share == wants[index]);
                }
            }
        }
    }

    #[test]
    fn an_engine_alone_has_all_cores_and_two_have_one_each() {
        let cores = Cores::new(2);
        let told: Arc<Mutex<Vec<(Role, u32)>>> = Arc::default();
        let tell = |role| {
            let told = Arc::clone(&told);
            move |threads| told.lock().unwrap().push((role, threads))
        };
        let model = cores.lease(Role::Llm, 2, tell(Role::Llm));
        let voice = cores.lease(Role::Tts, 2, tell(Role::Tts));
        let ears = cores.lease(Role::Stt, 2, tell(Role::Stt));
        drop(voice);
        drop(ears);
        drop(model);
        let expected = [
            (Role::Llm, 2),
            // Shrinking comes before growing: the cores are never given out twice.
            (Role::Llm, 1),
            (Role::Tts, 1),
            // Three on two cores: the model waits.
            (Role::Llm, 0),
            (Role::Stt, 1),
            (Role::Llm, 1),
            (Role::Llm, 2),
        ];
        assert_eq!(*told.lock().unwrap(), expected);
    }
}
