//! What comes from a worker, and to it: frames of bounded length, and messages or errors.

#![no_main]

use bytes::BytesMut;
use jane_worker::{FromHost, FromWorker, Llama, Piper, Reply, Request, Whisper, codec, decode};
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::Decoder;

fuzz_target!(|bytes: &[u8]| {
    let mut codec = codec();
    let mut source = BytesMut::from(bytes);
    while let Ok(Some(frame)) = codec.decode(&mut source) {
        let _ = decode::<FromWorker<Reply<Llama>>>(&frame);
        let _ = decode::<FromWorker<Reply<Piper>>>(&frame);
        let _ = decode::<FromWorker<Reply<Whisper>>>(&frame);
        let _ = decode::<FromHost<Request<Llama>>>(&frame);
    }
});
