use proptest::prelude::*;

use super::*;
use crate::memory::{Limits, MEGABYTE, Quota};

fn footprint() -> Footprint {
    Footprint {
        layers: vec![100 * MEGABYTE; 10],
        other: 50 * MEGABYTE,
        kv_per_token: 100_000,
        trained_window: 8192,
        compute: 60 * MEGABYTE,
        program: 40 * MEGABYTE,
    }
}

fn wish() -> Placement {
    Placement {
        gpu_layers: 999,
        kv_cache: KvCache::F16,
        context_window: 8192,
    }
}

fn limits(megabytes: u64) -> Limits {
    let share = Quota {
        whole: megabytes * MEGABYTE,
        taken: 0,
    };
    Limits {
        own: share,
        all: share,
        free: Some(share),
    }
}

fn room(video: Option<u64>, system: u64) -> Headroom {
    Headroom {
        video: video.map(limits),
        system: limits(system),
    }
}

fn placement(gpu_layers: u32, kv_cache: KvCache, context_window: u32) -> Placement {
    Placement {
        gpu_layers,
        kv_cache,
        context_window,
    }
}

fn other(id: u64, megabytes: u64) -> EvictionCandidate {
    EvictionCandidate {
        id: EntryId(id),
        takes: MemoryUse {
            video: megabytes * MEGABYTE,
            system: megabytes * MEGABYTE,
        },
        same_role: false,
        going: false,
    }
}

#[test]
fn on_a_device_layers_go_first_then_the_cache_then_the_window_then_the_device() {
    let planned = |video, system| {
        let plan = plan(&footprint(), &wish(), &room(Some(video), system), &[]).unwrap();
        (plan.placement, plan.steps)
    };
    // All layers with the whole cache: 1000 + 819.2 + 60.
    assert_eq!(planned(1900, 5000), (wish(), vec![]));
    let (place, steps) = planned(1000, 5000);
    assert_eq!(place, placement(5, KvCache::F16, 8192));
    assert_eq!(steps, [Step::FewerLayers { layers: 5, of: 10 }]);
    // The rest in system memory: without the wish's cache it fits.
    let (place, steps) = planned(1000, 800);
    assert_eq!(place, placement(6, KvCache::Q8, 8192));
    assert_eq!(
        steps,
        [
            Step::FewerLayers { layers: 6, of: 10 },
            Step::SmallerCache(KvCache::Q8)
        ]
    );
    let (place, _) = planned(1000, 580);
    assert_eq!(place, placement(7, KvCache::Q4, 8192));
    let (place, steps) = planned(1000, 430);
    assert_eq!(place, placement(8, KvCache::Q4, 4096));
    assert_eq!(
        steps.last(),
        Some(&Step::SmallerWindow {
            tokens: 4096,
            of: 8192
        })
    );
    assert_eq!(
        planned(100, 5000),
        (placement(0, KvCache::F16, 8192), vec![Step::Cpu])
    );
    assert_eq!(
        planned(100, 1500).1,
        [Step::Cpu, Step::SmallerCache(KvCache::Q4)]
    );
}

#[test]
fn without_a_device_the_cache_goes_first_then_the_window_then_the_engines_that_are_idle() {
    let planned = |system, others: &[EvictionCandidate]| {
        plan(&footprint(), &wish(), &room(None, system), others)
    };
    // 1000 + 50 + 60 + 40 and the cache of 819.2, 435.2, 230.4, 115.2 or 57.6.
    let place = |system| planned(system, &[]).unwrap().placement;
    assert_eq!(place(1970), placement(0, KvCache::F16, 8192));
    assert_eq!(place(1960), placement(0, KvCache::Q8, 8192));
    assert_eq!(place(1400), placement(0, KvCache::Q4, 8192));
    assert_eq!(place(1300), placement(0, KvCache::Q4, 4096));
    assert_eq!(place(1208), placement(0, KvCache::Q4, 2048));
    assert!(planned(1207, &[]).is_err());
    let others = [other(1, 10), other(2, 800), other(3, 900)];
    let mut taken = room(None, 1190);
    taken.system.own.whole += 5000 * MEGABYTE;
    taken.system.all.whole += 1710 * MEGABYTE;
    taken.system.all.taken = 1710 * MEGABYTE;
    let plan = plan(&footprint(), &wish(), &taken, &others).unwrap();
    assert_eq!(
        plan.after,
        [EntryId(2)],
        "the first one would not have been enough, and is spared"
    );
    assert_eq!(plan.placement, wish_on_cpu(), "what was gained is used");
    assert_eq!(plan.steps, [Step::Unload { engines: 1 }]);
}

fn wish_on_cpu() -> Placement {
    placement(0, KvCache::F16, 8192)
}

#[test]
fn what_goes_anyway_is_planned_with_and_waited_for_only_where_it_must_be() {
    let old = |megabytes| EvictionCandidate {
        same_role: true,
        going: true,
        ..other(7, megabytes)
    };
    let with = |whole: u64, old: EvictionCandidate| {
        let mut room = room(None, whole);
        for share in [&mut room.system.own, &mut room.system.all] {
            share.taken = old.takes.system;
        }
        room.system.free = None;
        plan(&footprint(), &wish(), &room, &[old]).unwrap()
    };
    let beside = with(4000, old(2000));
    assert_eq!((beside.placement, beside.after), (wish_on_cpu(), vec![]));
    let instead = with(3000, old(2000));
    assert_eq!(instead.placement, wish_on_cpu());
    assert_eq!(instead.after, [EntryId(7)]);
}

#[test]
fn a_refusal_names_need_budget_and_what_is_free() {
    let mut tight = room(Some(50), 1000);
    tight.system.own.taken = 300 * MEGABYTE;
    tight.system.free = Some(Quota {
        whole: 2345 * MEGABYTE,
        taken: 0,
    });
    let refusal = plan(&footprint(), &wish(), &tight, &[]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "it needs at least 1208 MB of system memory, of which 700 MB are left of a budget of 1000 MB and 2345 MB are free; \
         or on the graphics device 1118 MB of video memory, of which 50 MB are left of a budget of 50 MB and 50 MB are free"
    );
}

#[test]
fn a_window_that_is_small_already_stays_and_one_beyond_the_training_is_cut() {
    let small = Placement {
        context_window: 1024,
        ..wish()
    };
    let plan_of = |wish, system| plan(&footprint(), &wish, &room(None, system), &[]);
    assert_eq!(
        plan_of(small, 1180).unwrap().placement,
        placement(0, KvCache::Q4, 1024)
    );
    assert!(plan_of(small, 1170).is_err());
    let large = Placement {
        context_window: 100_000,
        ..wish()
    };
    let plan = plan_of(large, 5000).unwrap();
    assert_eq!(plan.placement.context_window, 8192);
    assert_eq!(plan.steps, []);
}

/// Where a plan stands on the ladder: less is better.
fn rung(plan: &Plan, wish: &Placement, layers: usize) -> (bool, usize, u32, u32, u32) {
    let most = wish.gpu_layers.min(u32::try_from(layers).unwrap());
    let on = plan.placement.gpu_layers.min(most);
    let cache = [KvCache::F16, KvCache::Q8, KvCache::Q4]
        .iter()
        .position(|format| *format == plan.placement.kv_cache)
        .unwrap();
    let window = wish.context_window - plan.placement.context_window;
    (
        on == 0,
        plan.after.len(),
        window,
        u32::try_from(cache).unwrap(),
        most - on,
    )
}

prop_compose! {
    fn a_footprint()(
        layers in prop::collection::vec(0..300u64, 0..40),
        other in 0..300u64,
        kv_per_token in prop_oneof![Just(0), 1..200_000u64],
        compute in 0..300u64,
        program in 0..200u64,
    ) -> Footprint {
        Footprint {
            layers: layers.into_iter().map(|megabytes| megabytes * MEGABYTE).collect(),
            other: other * MEGABYTE,
            kv_per_token,
            trained_window: 0,
            compute: compute * MEGABYTE,
            program: program * MEGABYTE,
        }
    }
}

prop_compose! {
    fn a_wish()(
        gpu_layers in prop_oneof![Just(999), 0..50u32],
        kv_cache in prop::sample::select(vec![KvCache::F16, KvCache::Q8, KvCache::Q4]),
        context_window in 512..40_000u32,
    ) -> Placement {
        Placement { gpu_layers, kv_cache, context_window }
    }
}

prop_compose! {
    fn some_limits()(whole in prop::array::uniform3(0..9000u64), taken in prop::array::uniform2(0..3000u64), knows in any::<bool>()) -> Limits {
        let share = |whole, taken| Quota { whole: whole * MEGABYTE, taken: taken * MEGABYTE };
        Limits {
            own: share(whole[0], taken[0]),
            all: share(whole[1], taken[1]),
            free: knows.then(|| share(whole[2], 0)),
        }
    }
}

prop_compose! {
    fn a_room()(video in prop::option::of(some_limits()), system in some_limits()) -> Headroom {
        Headroom { video, system }
    }
}

prop_compose! {
    fn some_others()(
        takes in prop::collection::vec((0..3000u64, 0..3000u64, any::<bool>(), prop::bool::weighted(0.2)), 0..4),
    ) -> Vec<EvictionCandidate> {
        let other = |(index, (video, system, same_role, going))| EvictionCandidate {
            id: EntryId(index as u64),
            takes: MemoryUse { video: video * MEGABYTE, system: system * MEGABYTE },
            same_role,
            going,
        };
        takes.into_iter().enumerate().map(other).collect()
    }
}

fn gone<'a>(
    plan: &'a Plan,
    others: &'a [EvictionCandidate],
) -> impl Iterator<Item = &'a EvictionCandidate> {
    others.iter().filter(|other| plan.after.contains(&other.id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_plan_stays_within_its_room_and_unloads_nothing_in_vain(
        footprint in a_footprint(), wish in a_wish(), room in a_room(), others in some_others(),
    ) {
        if let Ok(plan) = plan(&footprint, &wish, &room, &others) {
            prop_assert_eq!(plan.needs, footprint.needs(&plan.placement));
            prop_assert!(room.without(gone(&plan, &others)).holds(&plan.needs));
            for spared in &plan.after {
                let others = gone(&plan, &others).filter(|other| other.id != *spared);
                prop_assert!(!room.without(others).holds(&plan.needs));
            }
            prop_assert!(plan.placement.context_window >= wish.context_window.min(LEAST_WINDOW));
            prop_assert!(plan.placement.context_window <= wish.context_window);
            prop_assert!(plan.placement.kv_cache >= wish.kv_cache);
            prop_assert!(plan.placement.gpu_layers <= wish.gpu_layers);
        }
    }

    #[test]
    fn more_room_is_never_worse(
        footprint in a_footprint(), wish in a_wish(), room in a_room(), more in (0..2000u64, 0..2000u64),
    ) {
        let add = |limits: Limits, megabytes: u64| {
            let add = |share: Quota| Quota { whole: share.whole + megabytes * MEGABYTE, ..share };
            Limits { own: add(limits.own), all: add(limits.all), free: limits.free.map(add) }
        };
        let larger = Headroom {
            video: room.video.map(|limits| add(limits, more.0)),
            system: add(room.system, more.1),
        };
        if let Ok(less) = plan(&footprint, &wish, &room, &[]) {
            let more = plan(&footprint, &wish, &larger, &[]);
            prop_assert!(more.is_ok());
            let layers = footprint.layers.len();
            prop_assert!(rung(&more.unwrap(), &wish, layers) <= rung(&less, &wish, layers));
        }
    }

    #[test]
    fn a_refusal_means_that_nothing_fits(
        footprint in a_footprint(), wish in a_wish(), room in a_room(), others in some_others(),
        gpu_layers in 0..50u32, shift in 0..6u32,
    ) {
        if let Err(refusal) = plan(&footprint, &wish, &room, &others) {
            let all = room.without(&others);
            let any = Placement {
                gpu_layers: if room.video.is_some() { gpu_layers.min(wish.gpu_layers) } else { 0 },
                kv_cache: KvCache::Q4,
                context_window: (wish.context_window >> shift).max(LEAST_WINDOW).min(wish.context_window),
            };
            prop_assert!(!all.holds(&footprint.needs(&any)));
            prop_assert!(refusal.system.need > all.system.left());
        }
    }
}
