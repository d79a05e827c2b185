//! What is set aside, measured, replaced and unloaded.

use super::*;

#[test]
fn two_loads_at_the_same_time_do_not_get_the_same_room() {
    let scene = Scene::new(&[&device(3500)], jane_config::Memory::default());
    let (_first, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
    assert_eq!(plan.placement, WISH);
    let (_second, plan) = scene.admit(EngineKind::Stt, &whole(1500)).unwrap();
    assert_eq!(plan.steps, [Step::Cpu], "490 MB are not promised");
}

#[test]
fn what_was_measured_counts_and_corrects_the_next_estimate() {
    let scene = Scene::new(&[&device(0)], jane_config::Memory::default());
    let model = scene.load(EngineKind::Llm, &language_model(), 11, 450);
    scene.devices.change(&[&device(4000), &process(11, 4000)]);
    scene.manager.measure();
    let report = scene.manager.report();
    let measured = MemoryUse {
        video: 4000 * MEGABYTE,
        system: 450 * MEGABYTE,
    };
    assert_eq!(report.engines[0].measured, Some(measured));
    assert_eq!(
        report.video,
        Some(Total {
            used: 4000 * MEGABYTE,
            budget: 12_000 * MEGABYTE
        })
    );
    let text = report.lines().join("\n");
    let line = "language model `a-model`, video memory: 3810 MB estimated, 4000 MB measured, budget 8000 MB";
    assert!(text.contains(line), "{text}");
    assert!(
        text.contains(
            "all engines, system memory: 450 MB, budget 2000 MB, within the goal of 2000 MB"
        ),
        "{text}"
    );
    drop(model);
    for _ in 0..2 {
        scene.devices.change(&[&device(0)]);
        let (again, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
        assert_eq!(plan.needs, measured);
        scene.devices.change(&[&device(4000), &process(11, 4000)]);
        again.loaded(11, scene.now);
        scene.manager.measure();
    }
}

#[test]
fn the_model_that_is_replaced_goes_first_only_where_both_do_not_fit() {
    let mut scene = Scene::new(&[&device(0)], jane_config::Memory::default());
    let old = scene.load(EngineKind::Llm, &language_model(), 11, 150);
    scene.devices.change(&[&device(3800), &process(11, 3800)]);
    scene.manager.measure();
    let (beside, plan) = scene
        .replace(EngineKind::Llm, &language_model(), Some(old.id()))
        .unwrap();
    assert_eq!((plan.placement, plan.after), (WISH, vec![]));
    drop(beside);
    let larger = Footprint {
        layers: vec![200 * MEGABYTE; 32],
        ..language_model()
    };
    let (instead, plan) = scene
        .replace(EngineKind::Llm, &larger, Some(old.id()))
        .unwrap();
    assert_eq!((plan.placement, plan.after), (WISH, vec![old.id()]));
    drop(instead);
    // It was given up, so the old one stays and can be asked for again.
    let (instead, plan) = scene
        .replace(EngineKind::Llm, &larger, Some(old.id()))
        .unwrap();
    assert_eq!(plan.after, [old.id()]);
    scene.said();
    drop(old);
    assert!(scene.said().is_empty(), "what is replaced was not evicted");
    drop(instead);
}

#[test]
fn budgets_that_are_lowered_while_she_runs_cost_the_engine_that_was_unused_for_longest() {
    let scene = Scene::new(&["no-driver"], jane_config::Memory::default());
    let voice = scene.load(EngineKind::Tts, &whole(300), 13, 350);
    let model = scene.load(EngineKind::Llm, &whole(900), 11, 950);
    let recogniser = scene.load(EngineKind::Stt, &whole(200), 12, 250);
    assert_eq!(scene.pressure(), []);
    drop(voice.busy());
    drop(recogniser.busy());
    let lower = |engines_mb| jane_config::Memory {
        engines_mb,
        ..jane_config::Memory::default()
    };
    scene.manager.set_budgets(lower(1000));
    assert_eq!(scene.pressure(), [(EngineKind::Llm, Reason::OverBudget)]);
    scene.manager.set_budgets(lower(400));
    let both = [
        (EngineKind::Tts, Reason::OverBudget),
        (EngineKind::Llm, Reason::OverBudget),
    ];
    assert_eq!(scene.pressure(), both);
    assert_eq!(scene.manager.loaded(EngineKind::Stt), Some(recogniser.id()));
    drop((model, voice, recogniser));
}

#[test]
fn an_engine_that_is_not_used_for_long_goes() {
    let budgets = jane_config::Memory {
        idle_unload_minutes: 10,
        ..jane_config::Memory::default()
    };
    let mut scene = Scene::new(&["no-driver"], budgets);
    let reservation = scene.load(EngineKind::Llm, &language_model(), 11, 1000);
    assert_eq!(scene.pressure(), []);
    let turn = reservation.busy();
    scene.now += Duration::from_secs(601);
    assert_eq!(scene.pressure(), []);
    drop(turn);
    scene.now = Instant::now() + Duration::from_secs(599);
    assert_eq!(scene.pressure(), []);
    scene.now += Duration::from_secs(2);
    assert_eq!(scene.pressure(), [(EngineKind::Llm, Reason::Unused)]);
}

#[test]
fn without_a_device_the_same_ladder_is_walked_on_system_memory() {
    let budgets = |engines_mb| jane_config::Memory {
        engines_mb,
        ..jane_config::Memory::default()
    };
    // 3,200 + 100 + 200 + 50 MB, and the cache of 409.6, 217.6, 115.2 or 57.6.
    for (megabytes, cache, window) in [
        (4000, KvCache::F16, 4096),
        (3800, KvCache::Q8, 4096),
        (3700, KvCache::Q4, 4096),
        (3610, KvCache::Q4, 2048),
    ] {
        let scene = Scene::new(&["no-driver"], budgets(megabytes));
        let (_ticket, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
        assert_eq!(
            plan.placement,
            Placement {
                gpu_layers: 0,
                kv_cache: cache,
                context_window: window
            }
        );
    }
    let scene = Scene::new(&["no-driver"], budgets(3600));
    let refusal = scene
        .admit(EngineKind::Llm, &language_model())
        .err()
        .unwrap();
    assert!(
        refusal
            .to_string()
            .starts_with("it needs at least 3608 MB of system memory, of which 3600 MB are left")
    );
    let idle = Scene::new(&["no-driver"], budgets(4000));
    let voice = idle.load(EngineKind::Tts, &whole(900), 13, 950);
    let (_ticket, plan) = idle.admit(EngineKind::Llm, &language_model()).unwrap();
    assert_eq!(plan.after, [voice.id()]);
    assert_eq!(plan.placement.kv_cache, KvCache::F16);
}

#[test]
fn where_others_may_not_be_unloaded_what_fits_only_in_their_place_is_refused() {
    let budgets = jane_config::Memory {
        engines_mb: 4000,
        ..jane_config::Memory::default()
    };
    let scene = Scene::new(&["no-driver"], budgets);
    let voice = scene.load(EngineKind::Tts, &whole(900), 13, 950);
    let request = Request {
        role: EngineKind::Llm,
        model: "a-model",
        footprint: &language_model(),
        wish: WISH,
        replaces: None,
        unloads: false,
    };
    let refusal = scene.manager.admit(&request, scene.now).err().unwrap();
    let message = refusal.to_string();
    let numbers = "it needs at least 3608 MB of system memory, of which 3050 MB are left of a budget of 4000 MB";
    assert!(message.starts_with(numbers), "{message}");
    let (_ticket, plan) = scene.admit(EngineKind::Llm, &language_model()).unwrap();
    assert_eq!(plan.after, [voice.id()]);
}

#[test]
fn a_machine_with_nearly_nothing_free_costs_idle_engines_until_some_is() {
    let scene = Scene::new(&["no-driver"], jane_config::Memory::default());
    let engines = [
        scene.load(EngineKind::Tts, &whole(100), 13, 150),
        scene.load(EngineKind::Stt, &whole(200), 12, 250),
        scene.load(EngineKind::Llm, &language_model(), 11, 3700),
    ];
    assert_eq!(scene.pressure(), []);
    scene.desk.system.lock().available = 100 * MEGABYTE;
    let both = [
        (EngineKind::Tts, Reason::NothingFree),
        (EngineKind::Stt, Reason::NothingFree),
    ];
    assert_eq!(scene.pressure(), both);
    drop(engines);
}
