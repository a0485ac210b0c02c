//! Generated from `wit/`. Not for direct use: the typed wrappers of this crate stay when these change.
//!
//! What a plugin may import is one part and each thing that it may export is another, so that a plugin is made of those that it needs: an
//! import that no code of it calls is not in the component.

wit_bindgen::generate!({
    inline: "
        package hardie:sdk-imports;
        world imports {
            import hardie:plugin/repository@0.1.0;
            import hardie:plugin/config@0.1.0;
            import hardie:plugin/log@0.1.0;
            import hardie:plugin/event@0.1.0;
            import hardie:plugin/web-request@0.1.0;
            import hardie:plugin/caller@0.1.0;
            import hardie:plugin/state@0.1.0;
            import hardie:plugin/http@0.1.0;
            import hardie:plugin/secrets@0.1.0;
            import hardie:plugin/status@0.1.0;
            import hardie:plugin/clock@0.1.0;
            import hardie:plugin/random@0.1.0;
        }
    ",
    path: "../wit",
    world: "hardie:sdk-imports/imports",
    generate_all,
});

/// Name, version and configuration.
pub mod info {
    wit_bindgen::generate!({
        inline: "package hardie:sdk-info; world info { export hardie:plugin/plugin-info@0.1.0; }",
        path: "../wit",
        world: "hardie:sdk-info/info",
        with: { "hardie:plugin/plugin-info@0.1.0": generate },
        pub_export_macro: true,
        export_macro_name: "export_info",
        default_bindings_module: "hardie_plugin::bindings::info",
    });
}

/// The call of a policy.
pub mod policy {
    wit_bindgen::generate!({
        inline: "package hardie:sdk-policy; world policy-part { export hardie:plugin/push-policy@0.1.0; }",
        path: "../wit",
        world: "hardie:sdk-policy/policy-part",
        with: {
            "hardie:plugin/types@0.1.0": super::hardie::plugin::types,
            "hardie:plugin/repository@0.1.0": super::hardie::plugin::repository,
            "hardie:plugin/push-policy@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_policy",
        default_bindings_module: "hardie_plugin::bindings::policy",
    });
}

/// The call of a handler of events.
pub mod events {
    wit_bindgen::generate!({
        inline: "package hardie:sdk-events; world events-part { export hardie:plugin/event-handler@0.1.0; }",
        path: "../wit",
        world: "hardie:sdk-events/events-part",
        with: {
            "hardie:plugin/types@0.1.0": super::hardie::plugin::types,
            "hardie:plugin/repository@0.1.0": super::hardie::plugin::repository,
            "hardie:plugin/event@0.1.0": super::hardie::plugin::event,
            "hardie:plugin/event-handler@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_events",
        default_bindings_module: "hardie_plugin::bindings::events",
    });
}

/// The call for a web request.
pub mod web {
    wit_bindgen::generate!({
        inline: "package hardie:sdk-web; world web-part { export hardie:plugin/web-handler@0.1.0; }",
        path: "../wit",
        world: "hardie:sdk-web/web-part",
        with: {
            "hardie:plugin/types@0.1.0": super::hardie::plugin::types,
            "hardie:plugin/repository@0.1.0": super::hardie::plugin::repository,
            "hardie:plugin/web-request@0.1.0": super::hardie::plugin::web_request,
            "hardie:plugin/web-handler@0.1.0": generate,
        },
        pub_export_macro: true,
        export_macro_name: "export_web",
        default_bindings_module: "hardie_plugin::bindings::web",
    });
}
