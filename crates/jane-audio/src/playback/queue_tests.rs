//! Scenarios of the queue with a device that the test drives by hand.

use std::pin::pin;

use super::super::watch::GRACE;
use super::*;

const RATE: u32 = 1_000;
const DEVICE_BUFFER: u64 = 100;

fn pair() -> (Queue, Feed) {
    let rate = NonZero::new(RATE).unwrap();
    let (queue, feed, _) = queue(
        "test",
        rate,
        DEVICE_BUFFER,
        Failure::default(),
        Arc::default(),
    );
    (queue, feed)
}

fn take(feed: &mut Feed, samples: usize) -> Vec<f32> {
    feed.take(samples).collect()
}

#[tokio::test]
async fn sound_comes_out_in_order_and_silence_where_there_is_none() {
    let (mut queue, mut feed) = pair();
    assert_eq!(take(&mut feed, 3), [0.0; 3]);
    queue.play(&[0.1, 0.2, f32::NAN], RATE).await.unwrap();
    queue.play(&[3.0], RATE).await.unwrap();
    assert_eq!(take(&mut feed, 6), [0.1, 0.2, 0.0, 1.0, 0.0, 0.0]);
}

#[tokio::test]
async fn play_waits_while_a_second_is_queued_and_goes_on_as_the_device_takes() {
    let (mut queue, mut feed) = pair();
    queue.play(&[0.5; 1_000], RATE).await.unwrap();
    let mut more = pin!(queue.play(&[0.25; 100], RATE));
    assert!(futures_poll(&mut more).await.is_none());
    take(&mut feed, 100);
    more.await.unwrap();
    assert_eq!(take(&mut feed, 1_100)[899..901], [0.5, 0.25]);
}

#[tokio::test]
async fn finish_waits_until_the_device_has_played_its_own_buffer_too() {
    let (mut queue, mut feed) = pair();
    let handle = queue.handle();
    queue.finish().await.unwrap();

    queue.play(&[0.5; 300], RATE).await.unwrap();
    take(&mut feed, 300);
    assert_eq!(handle.heard_samples(RATE), 200);
    {
        let mut finish = pin!(queue.finish());
        assert!(futures_poll(&mut finish).await.is_none());
        take(&mut feed, 99);
        assert!(futures_poll(&mut finish).await.is_none());
        take(&mut feed, 1);
        finish.await.unwrap();
    }
    assert_eq!(handle.heard_samples(RATE), 300);
    assert_eq!(handle.heard_samples(2 * RATE), 600);
}

#[tokio::test]
async fn a_stop_drops_what_waits_ends_the_play_and_leaves_room_for_the_next_reply() {
    let (mut queue, mut feed) = pair();
    let handle = queue.handle();
    {
        let mut reply = pin!(queue.play(&[0.5; 5_000], RATE));
        assert!(futures_poll(&mut reply).await.is_none());
        take(&mut feed, 400);
        handle.stop();
        assert_eq!(take(&mut feed, 200), [0.0; 200]);
        reply.await.unwrap();
    }
    assert_eq!(handle.heard_samples(RATE), 400);
    queue.finish().await.unwrap();

    queue.play(&[0.25; 10], RATE).await.unwrap();
    assert_eq!(take(&mut feed, 10), [0.25; 10]);
    // Stopped before the device came to it: nothing to wait for but the device's buffer.
    queue.play(&[0.75; 10], RATE).await.unwrap();
    handle.stop();
    assert_eq!(take(&mut feed, 200), [0.0; 200]);
    queue.finish().await.unwrap();
    assert_eq!(handle.heard_samples(RATE), 410);
}

#[tokio::test]
async fn other_rates_are_resampled_and_keep_their_length() {
    let (mut queue, mut feed) = pair();
    let handle = queue.handle();
    for rate in [16_000, 22_050] {
        queue
            .play(&vec![0.5; rate as usize / 4], rate)
            .await
            .unwrap();
    }
    queue.flush().await.unwrap();
    let sound = take(&mut feed, 700);
    assert!((sound[100] - 0.5).abs() < 0.01 && (sound[400] - 0.5).abs() < 0.01);
    assert_eq!(handle.heard_samples(16_000).abs_diff(8_000), 0);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_fails_is_an_error_of_the_next_call() {
    let (mut queue, _feed) = pair();
    queue.play(&[0.5; 1_000], RATE).await.unwrap();
    queue.failure.report(&cpal::ErrorKind::Xrun.into());
    let failure = queue.failure.clone();
    let mut waiting = pin!(queue.play(&[0.5; 1_000], RATE));
    assert!(futures_poll(&mut waiting).await.is_none());
    failure.report(&cpal::ErrorKind::DeviceNotAvailable.into());
    let error = waiting.await.unwrap_err();
    assert!(error.to_string().contains("`test` failed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_error_after_which_the_device_goes_on_costs_nothing() {
    let (mut queue, mut feed) = pair();
    queue.play(&[0.5; 1_000], RATE).await.unwrap();
    queue
        .failure
        .report(&cpal::ErrorKind::DeviceNotAvailable.into());
    let mut waiting = pin!(queue.play(&[0.25; 100], RATE));
    for _ in 0..100 {
        // A tenth of the grace passes, and the device takes a little.
        assert!(futures_poll(&mut waiting).await.is_none());
        tokio::time::advance(GRACE / 10).await;
        take(&mut feed, 1);
    }
    take(&mut feed, 100);
    waiting.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn time_in_which_the_program_did_not_run_does_not_count_against_the_device() {
    let (mut queue, mut feed) = pair();
    queue.play(&[0.5; 1_000], RATE).await.unwrap();
    queue
        .failure
        .report(&cpal::ErrorKind::DeviceNotAvailable.into());
    let mut waiting = pin!(queue.play(&[0.25; 100], RATE));
    for _ in 0..3 {
        assert!(futures_poll(&mut waiting).await.is_none());
        tokio::time::advance(10 * GRACE).await;
    }
    assert!(futures_poll(&mut waiting).await.is_none());
    take(&mut feed, 100);
    waiting.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_that_stands_still_is_an_error_too() {
    let (mut queue, feed) = pair();
    queue.play(&[0.5; 1_000], RATE).await.unwrap();
    let error = queue.finish().await.unwrap_err();
    assert!(error.to_string().contains("stood still"), "{error}");
    drop(feed);
    let error = queue.play(&[0.5; 1_000], RATE).await.unwrap_err();
    assert!(error.to_string().contains("ended"), "{error}");
}

/// A ramp takes 5 samples at this rate.
#[tokio::test]
async fn a_held_sound_is_silent_at_once_and_goes_on_from_the_same_sample() {
    let controls = Arc::new(Controls::default());
    let rate = NonZero::new(RATE).unwrap();
    let (mut queue, mut feed, mut tap) = queue(
        "test",
        rate,
        DEVICE_BUFFER,
        Failure::default(),
        controls.clone(),
    );
    let counted: Vec<f32> = (1..=500).map(|n| n as f32 / 1_000.0).collect();
    queue.play(&counted, RATE).await.unwrap();
    assert_eq!(take(&mut feed, 100), counted[..100]);

    controls.held.store(true, SeqCst);
    let ramp = take(&mut feed, 5);
    assert!((ramp[0] - 0.8 * counted[100]).abs() < 1e-6, "{ramp:?}");
    assert!(take(&mut feed, 300).iter().all(|sample| *sample == 0.0));
    assert_eq!(queue.handle().heard_samples(RATE), 104);
    {
        let mut finish = pin!(queue.finish());
        assert!(futures_poll(&mut finish).await.is_none());
    }
    controls.held.store(false, SeqCst);
    let back = take(&mut feed, 396);
    assert!((back[0] - 0.2 * counted[104]).abs() < 1e-6, "{back:?}");
    assert_eq!(back[4..], counted[108..]);

    // What was emitted, and not what was queued, is what the tap has.
    let tapped: Vec<f32> = std::iter::from_fn(|| tap.pop().ok()).collect();
    assert_eq!(tapped.len(), 801);
    assert_eq!((tapped[99], tapped[300]), (counted[99], 0.0));
    assert_eq!(tapped[405..], back);
}

#[tokio::test]
async fn a_ducked_sound_is_15_db_quieter_and_never_jumps() {
    let controls = Arc::new(Controls::default());
    let rate = NonZero::new(RATE).unwrap();
    let (mut queue, mut feed, _) = queue("test", rate, 0, Failure::default(), controls.clone());
    queue.play(&[1.0; 400], RATE).await.unwrap();
    let mut sound = take(&mut feed, 100);
    controls.ducked.store(true, SeqCst);
    sound.extend(take(&mut feed, 100));
    assert!((20.0 * sound[199].log10() + 15.0).abs() < 0.1);
    controls.ducked.store(false, SeqCst);
    sound.extend(take(&mut feed, 100));
    assert_eq!(sound[299], 1.0);
    assert!(
        sound
            .windows(2)
            .all(|pair| (pair[0] - pair[1]).abs() < 0.21)
    );
    assert_eq!(queue.handle().heard_samples(RATE), 299);
}

#[tokio::test]
async fn a_stop_drops_what_is_held() {
    let controls = Arc::new(Controls::default());
    let rate = NonZero::new(RATE).unwrap();
    let (mut queue, mut feed, _) = queue("test", rate, 0, Failure::default(), controls.clone());
    controls.held.store(true, SeqCst);
    take(&mut feed, 1);
    queue.play(&[0.5; 400], RATE).await.unwrap();
    assert_eq!(take(&mut feed, 50), [0.0; 50]);
    queue.handle().stop();
    take(&mut feed, 1);
    queue.finish().await.unwrap();
    controls.held.store(false, SeqCst);
    assert_eq!(take(&mut feed, 50), [0.0; 50]);
}

/// Polls once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
