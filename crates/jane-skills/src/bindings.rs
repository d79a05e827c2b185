//! What `wit/` says, in Rust. Host functions are asynchronous, so that a skill that waits holds up nobody else.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "skill",
    imports: { default: async },
    exports: { default: async },
    require_store_data_send: true,
});
