use jane_skill::fake;
#[test]
fn probe() {
    for line in std::fs::read_to_string("/tmp/probe_timer.txt").unwrap().lines() {
        fake::reset();
        let mut timers = timer::Timers;
        let mut last = None;
        for part in line.split(" | ") { last = fake::ask(&mut timers, part); }
        println!("{line:70} → {}", last.unwrap_or("·".into()));
    }
}
