//! Generated from `wit/`. Not for direct use: the typed wrappers of this crate stay when these change.

wit_bindgen::generate!({
    path: "../wit",
    world: "policy",
    pub_export_macro: true,
    export_macro_name: "export_policy",
    default_bindings_module: "hardie_plugin::bindings",
});
