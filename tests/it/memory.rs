//! What Jane takes of the machine's memory with the default models.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::common::{Home, data};
use jane_platform::process_memory;

const MEGABYTE: u64 = 1_000_000;

#[test]
fn a_turn_with_all_engines_stays_under_a_gigabyte_and_the_host_under_a_tenth_of_it() {
    let home = Home::new();
    let answer = home.path().join("answer.wav");
    let question = data("capital_of_france.wav");
    let mut asking = home.ask_aloud(&question, &answer);
    let host = asking.child.id();
    let workers = Arc::new(Mutex::new(Vec::<u32>::new()));
    let done = Arc::new(AtomicBool::new(false));
    let sampler = {
        let (workers, done) = (Arc::clone(&workers), Arc::clone(&done));
        std::thread::spawn(move || {
            let (mut host_peak, mut peak, mut samples) = (0, 0, 0);
            while !done.load(Ordering::Relaxed) {
                let host = process_memory(host).unwrap_or(0);
                let workers = workers.lock().unwrap().clone();
                let all: u64 = host
                    + workers
                        .iter()
                        .filter_map(|pid| process_memory(*pid))
                        .sum::<u64>();
                host_peak = host_peak.max(host);
                peak = peak.max(all);
                samples += 1;
            }
            (host_peak, peak, samples)
        })
    };
    while let Some(event) = asking.next() {
        if event["event"] == "worker.started" {
            workers
                .lock()
                .unwrap()
                .push(u32::try_from(event["pid"].as_u64().unwrap()).unwrap());
        }
    }
    done.store(true, Ordering::Relaxed);
    let (host, peak, samples) = sampler.join().unwrap();
    assert_eq!(asking.finish().code(), Some(0));
    println!(
        "peak of {samples} samples: {} MB in all, {} MB the host",
        peak / MEGABYTE,
        host / MEGABYTE
    );
    assert!(samples > 10 && workers.lock().unwrap().len() == 3);
    assert!(peak < 1000 * MEGABYTE, "{} MB", peak / MEGABYTE);
    assert!(host < 100 * MEGABYTE, "{} MB", host / MEGABYTE);
}
