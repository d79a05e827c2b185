//! How a struct becomes a component.

use crate::Facts;

/// The one value of a skill in an instance of the component. `export!` implements it.
pub trait Instance: Default + 'static {
    /// What `Cargo.toml` says of the skill.
    fn package() -> Facts;

    /// Calls `f` with the skill, which is made at the first call.
    fn with<R>(f: impl FnOnce(&mut Self) -> R) -> R;
}

/// Makes a component of a skill. What is named here is exported: of `lifecycle`, `transcript_hook`, `sentence_hook`, `reply_hook`, `tools`
/// and `events`, and always `about`.
///
/// ```ignore
/// jane_skill::export!(Clock: transcript_hook, tools);
/// ```
#[macro_export]
macro_rules! export {
    ($skill:ident $(: $($interface:ident),+ $(,)?)?) => {
        impl $crate::Instance for $skill {
            fn package() -> $crate::Facts {
                $crate::Facts {
                    title: env!("CARGO_PKG_NAME").into(),
                    version: env!("CARGO_PKG_VERSION").into(),
                    description: env!("CARGO_PKG_DESCRIPTION").into(),
                    hosts: Vec::new(),
                    wants: Vec::new(),
                }
            }

            fn with<R>(f: impl FnOnce(&mut Self) -> R) -> R {
                thread_local! {
                    static SKILL: ::std::cell::RefCell<$skill> = {
                        $crate::log_panics();
                        ::std::cell::RefCell::default()
                    };
                }
                SKILL.with_borrow_mut(f)
            }
        }

        $crate::export_interface!($skill about);
        $($($crate::export_interface!($skill $interface);)+)?
    };
}

/// The functions of one interface, where the target is WebAssembly: on the machine itself they would be nobody's.
#[cfg(target_family = "wasm")]
#[doc(hidden)]
#[macro_export]
macro_rules! export_interface {
    ($skill:ident $interface:ident) => {
        $crate::bindings::$interface::export_it!($skill with_types_in $crate::bindings::$interface);
    };
}

#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
#[macro_export]
macro_rules! export_interface {
    ($skill:ident $interface:ident) => {
        const _: () = {
            #[allow(unused_imports)]
            use $crate::bindings::$interface;
        };
    };
}

/// Has a panic tell the log what happened before it becomes a trap.
#[doc(hidden)]
pub fn log_panics() {
    #[cfg(target_family = "wasm")]
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a panic");
        match panic.location() {
            Some(place) => crate::log::error(&format!("{message} ({}:{})", place.file(), place.line())),
            None => crate::log::error(message),
        }
    }));
}
