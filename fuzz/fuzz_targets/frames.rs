//! What comes from a worker, and to it: frames of bounded length, and messages or errors.

#![no_main]

use bytes::BytesMut;
use jane::backend::worker::{
    FromHost, FromWorker, LlamaReply, LlamaRequest, PiperReply, WhisperReply, codec, decode,
};
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::Decoder;

fuzz_target!(|bytes: &[u8]| {
    let mut codec = codec();
    let mut source = BytesMut::from(bytes);
    while let Ok(Some(frame)) = codec.decode(&mut source) {
        let _ = decode::<FromWorker<LlamaReply>>(&frame);
        let _ = decode::<FromWorker<PiperReply>>(&frame);
        let _ = decode::<FromWorker<WhisperReply>>(&frame);
        let _ = decode::<FromHost<LlamaRequest>>(&frame);
    }
});
