//! The ladder, pressure and loss on devices.

use super::*;

#[test]
fn a_model_that_fits_is_loaded_as_wished() {
    let mut scene = Scene::new(&[&device(1000)], jane_config::Memory::default());
    let (_ticket, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
    assert_eq!(plan.placement, WISH);
    assert_eq!((plan.steps, plan.after), (vec![], vec![]));
    let needs = MemoryUse {
        video: 3_809_600_000,
        system: 150 * MEGABYTE,
    };
    assert_eq!(plan.needs, needs);
    let said = serde_json::to_value(&scene.said()[0]).unwrap();
    assert_eq!(said["event"], "memory.planned");
    assert_eq!(said["estimated"]["video"], needs.video);
    assert_eq!(said["placement"]["kv_cache"], "f16");
    assert_eq!(scene.manager.report().devices[0].name, "Stand-in");
}

#[test]
fn one_that_does_not_gets_as_many_layers_on_the_device_as_fit() {
    let mut scene = Scene::new(&[&device(5000)], jane_config::Memory::default());
    let (_ticket, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
    // 3,000 MB less what is left free and the buffers, in steps of 112.8.
    assert_eq!(
        plan.placement,
        Placement {
            gpu_layers: 23,
            ..WISH
        }
    );
    let said = serde_json::to_value(&scene.said()[0]).unwrap();
    assert_eq!(said["steps"][0], "23 of 32 layers on the graphics device");
}

#[tokio::test]
async fn one_that_needs_room_has_the_idle_one_go_first() {
    let mut scene = Scene::new(&[&device(3000)], jane_config::Memory::default());
    let idle = scene.load(EngineKind::Llm, &language_model(), 11, 150);
    scene.devices.change(&[&device(6900), &process(11, 3900)]);
    scene.manager.measure();
    let (reservation, plan) = scene.admit(EngineKind::Stt, &whole(1500)).unwrap();
    assert_eq!(plan.after, [idle.id()]);
    assert_eq!(plan.placement, Placement::whole(true));
    scene.said();
    let manager = scene.manager.clone();
    let mut gone = std::pin::pin!(manager.gone(&plan.after));
    assert!(futures::poll!(gone.as_mut()).is_pending());
    drop(idle);
    gone.await;
    let said = serde_json::to_value(&scene.said()[0]).unwrap();
    assert_eq!(
        (said["event"].as_str(), said["reason"].as_str()),
        (Some("memory.evicted"), Some("makes_room"))
    );
    drop(reservation);
}

#[test]
fn one_that_fits_nowhere_is_refused_with_need_budget_and_what_is_free() {
    let mut scene = Scene::new(&[&device(6000)], jane_config::Memory::default());
    let refusal = scene.admit(EngineKind::Stt, &whole(15_000)).err().unwrap();
    assert_eq!(
        refusal.to_string(),
        "it needs at least 15050 MB of system memory, of which 2000 MB are left of a budget of 2000 MB and 11700 MB are free; or \
         on the graphics device 15000 MB of video memory, of which 2000 MB are left of a budget of 2000 MB and 1800 MB are free"
    );
    let hint = "choose a smaller model, or raise `memory.stt_mb` in `jane.toml`";
    assert_eq!(refusal.hint(EngineKind::Stt), hint);
    assert!(scene.said().is_empty());
    assert!(
        scene.manager.report().engines.is_empty(),
        "nothing was set aside"
    );
}

#[test]
fn another_program_that_takes_the_memory_costs_the_idle_engine_and_not_the_busy_one() {
    let mut scene = Scene::new(&[&device(0)], jane_config::Memory::default());
    let model = scene.load(EngineKind::Llm, &language_model(), 11, 150);
    let recogniser = scene.load(EngineKind::Stt, &whole(1500), 12, 50);
    let ours = [process(11, 3800), process(12, 1500)];
    scene.devices.change(&[&device(5300), &ours[0], &ours[1]]);
    assert_eq!(scene.pressure(), []);
    scene.said();
    let turn = model.busy();
    scene
        .devices
        .change(&[&device(7990), &ours[0], &ours[1], &process(99, 2690)]);
    assert_eq!(scene.pressure(), [(EngineKind::Stt, Reason::NothingFree)]);
    let said = serde_json::to_value(&scene.said()[0]).unwrap();
    assert_eq!(said["event"], "memory.pressure");
    assert_eq!(said["what"], "the machine, video memory");
    assert_eq!(
        (said["used"].as_u64(), said["free"].as_u64()),
        (Some(5_300_000_000), Some(10_000_000))
    );
    let goes = [(EngineKind::Stt, Reason::NothingFree)];
    assert_eq!(scene.pressure(), goes, "until it is gone it counts as gone");
    assert!(scene.said().is_empty(), "pressure is said once");
    drop(recogniser);
    scene
        .devices
        .change(&[&device(7990), &ours[0], &process(99, 4190)]);
    assert_eq!(scene.pressure(), [], "a busy engine is not unloaded");
    drop(turn);
    assert_eq!(scene.pressure(), [(EngineKind::Llm, Reason::NothingFree)]);
    scene.devices.change(&[&device(3800), &ours[0]]);
    drop(model.busy());
    assert_eq!(scene.pressure(), [], "a turn took it up before it went");
}

#[test]
fn a_device_that_vanishes_takes_its_engines_along_and_counts_again_when_it_is_back() {
    let scene = Scene::new(&[&device(0)], jane_config::Memory::default());
    let model = scene.load(EngineKind::Llm, &language_model(), 11, 150);
    let there = [device(3800), process(11, 3800)];
    let there = [there[0].as_str(), there[1].as_str()];
    scene.devices.change(&there);
    assert_eq!(scene.pressure(), []);
    for lost in [&[there[0], there[1], "lost 0"] as &[&str], &["no-driver"]] {
        scene.devices.change(lost);
        scene.manager.measure();
        assert!(scene.manager.report().devices.is_empty());
        let (_ticket, plan) = scene.admit(EngineKind::Tts, &whole(500)).unwrap();
        assert_eq!(plan.placement.gpu_layers, 0);
        assert_eq!(
            plan.steps,
            [],
            "without a device nothing else was to be had"
        );
    }
    assert_eq!(scene.pressure(), [(EngineKind::Llm, Reason::DeviceGone)]);
    drop(model);
    scene.devices.change(&[&device(0)]);
    let (_ticket, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
    assert_eq!(plan.placement, WISH);
}

#[test]
fn of_two_devices_a_language_model_takes_both_and_one_that_is_lost_does_not_count() {
    let two = [device(5000), device(5000)];
    let scene = Scene::new(&[&two[0], &two[1]], jane_config::Memory::default());
    let layers = |scene: &Scene| {
        let (_ticket, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
        plan.placement.gpu_layers
    };
    assert_eq!(layers(&scene), 999);
    scene.devices.change(&[&two[0], &two[1], "lost 1"]);
    assert_eq!(layers(&scene), 23);
}

#[test]
fn without_the_library_there_is_no_device_and_everything_else_works() {
    let machine = Machine::with_library(Some("/nowhere/libnvidia-ml.so.1".into()), Duration::ZERO);
    assert_eq!(machine.devices(), []);
    assert_eq!(machine.device_use(std::process::id()), None);
    assert_eq!(Machine::with_library(None, Duration::ZERO).devices(), []);
    let system = machine.system().unwrap();
    assert!(0 < system.available && system.available <= system.total);
    assert!(machine.process(std::process::id()).unwrap() > MEGABYTE);
}
