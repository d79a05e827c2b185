//! What the codec reads and writes, and what it refuses.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_util::codec::{Decoder, Encoder};

use crate::wyoming::codec::{
    CodecError, Event, LONGEST_DATA, LONGEST_LINE, LONGEST_PAYLOAD, WyomingCodec,
};

fn written(events: &[Event]) -> BytesMut {
    let mut bytes = BytesMut::new();
    for event in events {
        WyomingCodec::default()
            .encode(event.clone(), &mut bytes)
            .unwrap();
    }
    bytes
}

/// Everything in `bytes`, to their end.
fn read(bytes: &[u8]) -> Result<Vec<Event>, CodecError> {
    let mut codec = WyomingCodec::default();
    let mut source = BytesMut::from(bytes);
    let mut events = Vec::new();
    while let Some(event) = codec.decode_eof(&mut source)? {
        events.push(event);
    }
    Ok(events)
}

fn event(kind: &str, data: Value, payload: &'static [u8]) -> Event {
    Event {
        payload: Bytes::from_static(payload),
        ..Event::new(kind, data)
    }
}

#[test]
fn an_event_is_a_line_then_its_data_then_its_payload() {
    let chunk = event("audio-chunk", json!({ "rate": 16000 }), b"\x01\n\x02\x03");
    let bytes = written(&[chunk, event("describe", Value::Null, b"")]);
    assert_eq!(
        bytes,
        &b"{\"type\":\"audio-chunk\",\"version\":\"1.10.2\",\"data_length\":14,\"payload_length\":4}\n\
           {\"rate\":16000}\x01\n\x02\x03\
           {\"type\":\"describe\",\"version\":\"1.10.2\"}\n"[..]
    );
}

#[test]
fn data_in_the_line_and_after_it_is_one() {
    let line = br#"{"type": "transcript", "data": {"text": "old", "language": "en"}, "data_length": 15, "payload_length": null}"#;
    let bytes = [&line[..], b"\n", br#"{"text": "new"}"#].concat();
    let expected = event(
        "transcript",
        json!({ "text": "new", "language": "en" }),
        b"",
    );
    assert_eq!(read(&bytes).unwrap(), [expected]);
}

#[test]
fn a_line_without_end_is_refused_before_more_of_it_is_read() {
    let mut codec = WyomingCodec::default();
    let mut source = BytesMut::from(&vec![b' '; LONGEST_LINE][..]);
    assert!(codec.decode(&mut source).unwrap().is_none());
    source.extend_from_slice(b" ");
    assert!(matches!(
        codec.decode(&mut source),
        Err(CodecError::LongLine)
    ));
}

#[test]
fn the_longest_line_is_read() {
    let mut line = br#"{"type":"ping"}"#.to_vec();
    line.resize(LONGEST_LINE, b' ');
    line.push(b'\n');
    assert_eq!(read(&line).unwrap(), [event("ping", Value::Null, b"")]);
}

#[test]
fn lengths_beyond_the_bounds_are_refused_before_anything_is_read_for_them() {
    for (field, length) in [
        ("data_length", LONGEST_DATA as u64 + 1),
        ("payload_length", LONGEST_PAYLOAD as u64 + 1),
        ("data_length", u64::MAX),
        ("payload_length", u64::MAX),
    ] {
        let line = format!("{{\"type\": \"info\", \"{field}\": {length}}}\n");
        let error = read(line.as_bytes()).unwrap_err();
        assert!(
            matches!(error, CodecError::TooLong { length: stated, .. } if stated == length),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_event_is_refused() {
    let deep = format!("{{\"type\":\"x\",\"data\":{{\"a\":{}", "[".repeat(10_000));
    for line in [
        "",
        "HTTP/1.1 400 Bad Request",
        "[]",
        "{}",
        r#"{"type": 1}"#,
        r#"{"type": "info", "data": []}"#,
        r#"{"type": "info", "data_length": -1}"#,
        r#"{"type": "info", "payload_length": 1.5}"#,
        r#"{"type": "info", "data_length": 99999999999999999999999}"#,
        r#"{"type": "info", "data_length": 2}"#,
        "{\"type\": \"\u{0}",
        &deep,
    ] {
        let bytes = format!("{line}\n[]");
        assert!(
            matches!(read(bytes.as_bytes()), Err(CodecError::Json(_))),
            "{line}"
        );
    }
}

#[test]
fn an_end_within_an_event_is_noticed_wherever_it_is() {
    let bytes = written(&[event("audio-chunk", json!({ "rate": 1 }), b"\x01\x02")]);
    assert_eq!(read(b"").unwrap(), []);
    for end in 1..bytes.len() {
        assert!(
            matches!(read(&bytes[..end]), Err(CodecError::CutOff)),
            "{end}"
        );
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let data = prop::collection::btree_map(".*", any::<Option<i64>>(), 0..4);
    let payload = prop::collection::vec(any::<u8>(), 0..300);
    (".*", data, payload).prop_map(|(kind, data, payload)| Event {
        payload: payload.into(),
        ..Event::new(&kind, json!(data))
    })
}

proptest! {
    #[test]
    fn events_arrive_as_they_were_sent_however_they_are_cut(
        events in prop::collection::vec(any_event(), 0..5),
        cuts in prop::collection::vec(1_usize..200, 1..20),
    ) {
        let bytes = written(&events);
        let mut codec = WyomingCodec::default();
        let mut source = BytesMut::new();
        let mut arrived = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.iter().cycle() {
            let (piece, later) = rest.split_at(rest.len().min(*cut));
            source.extend_from_slice(piece);
            rest = later;
            while let Some(event) = codec.decode(&mut source).unwrap() {
                arrived.push(event);
            }
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(arrived, events);
        prop_assert!(codec.decode_eof(&mut source).unwrap().is_none());
    }

    #[test]
    fn whatever_comes_is_an_event_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_damaged_event_is_an_event_or_an_error(
        event in any_event(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = written(&[event]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(events) = read(&bytes) {
            let payload: usize = events.iter().map(|event| event.payload.len()).sum();
            prop_assert!(payload <= bytes.len());
        }
    }
}
