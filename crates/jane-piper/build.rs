//! Links libsonic into `jane-piper`: espeak-rs-sys builds espeak-ng against it where its headers are installed, but does not link it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-bin=jane-piper=-lsonic");
    }
}
