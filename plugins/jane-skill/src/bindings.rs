//! What wit-bindgen makes of `wit/skill.wit`: one world of all that may be imported, and one for each interface that may be exported.
//! A component is linked with the worlds that it names in `export!`, and of the imports keeps those that it calls.

#![allow(missing_docs)]

pub mod host {
    wit_bindgen::generate!({
        path: "../../wit/skill.wit",
        world: "host",
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

macro_rules! exported {
    ($module:ident, $world:literal, $inline:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit/skill.wit",
                inline: $inline,
                world: $world,
                with: { "jane:skill/types@0.1.0": crate::bindings::host::jane::skill::types },
                pub_export_macro: true,
                export_macro_name: "export_it",
            });
        }
    };
}

exported!(about, "exports-about", "package jane:guest; world exports-about { export jane:skill/about@0.1.0; }");
exported!(lifecycle, "exports-lifecycle", "package jane:guest; world exports-lifecycle { export jane:skill/lifecycle@0.1.0; }");
exported!(
    transcript_hook,
    "exports-transcript-hook",
    "package jane:guest; world exports-transcript-hook { export jane:skill/transcript-hook@0.1.0; }"
);
exported!(
    sentence_hook,
    "exports-sentence-hook",
    "package jane:guest; world exports-sentence-hook { export jane:skill/sentence-hook@0.1.0; }"
);
exported!(reply_hook, "exports-reply-hook", "package jane:guest; world exports-reply-hook { export jane:skill/reply-hook@0.1.0; }");
exported!(tools, "exports-tools", "package jane:guest; world exports-tools { export jane:skill/tools@0.1.0; }");
exported!(events, "exports-events", "package jane:guest; world exports-events { export jane:skill/events@0.1.0; }");
