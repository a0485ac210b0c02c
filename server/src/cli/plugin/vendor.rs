//! What a new project carries with it, so that it builds away from this repository: the SDK and the contract.

/// The SDK's manifest, without the workspace that it has here.
pub const SDK_MANIFEST: &str = include_str!("template/sdk-Cargo.toml");

/// The SDK's sources by file name.
pub const SDK: &[(&str, &str)] = &[
    ("bindings.rs", include_str!("../../../../plugin-sdk/src/bindings.rs")),
    ("caller.rs", include_str!("../../../../plugin-sdk/src/caller.rs")),
    ("clock.rs", include_str!("../../../../plugin-sdk/src/clock.rs")),
    ("error.rs", include_str!("../../../../plugin-sdk/src/error.rs")),
    ("event.rs", include_str!("../../../../plugin-sdk/src/event.rs")),
    ("glob.rs", include_str!("../../../../plugin-sdk/src/glob.rs")),
    ("guest.rs", include_str!("../../../../plugin-sdk/src/guest.rs")),
    ("handler.rs", include_str!("../../../../plugin-sdk/src/handler.rs")),
    ("http.rs", include_str!("../../../../plugin-sdk/src/http.rs")),
    ("lib.rs", include_str!("../../../../plugin-sdk/src/lib.rs")),
    ("log.rs", include_str!("../../../../plugin-sdk/src/log.rs")),
    ("mock.rs", include_str!("../../../../plugin-sdk/src/mock.rs")),
    ("mock_event.rs", include_str!("../../../../plugin-sdk/src/mock_event.rs")),
    ("mock_online.rs", include_str!("../../../../plugin-sdk/src/mock_online.rs")),
    ("mock_web.rs", include_str!("../../../../plugin-sdk/src/mock_web.rs")),
    ("oid.rs", include_str!("../../../../plugin-sdk/src/oid.rs")),
    ("pages.rs", include_str!("../../../../plugin-sdk/src/pages.rs")),
    ("payload.rs", include_str!("../../../../plugin-sdk/src/payload.rs")),
    ("places.rs", include_str!("../../../../plugin-sdk/src/places.rs")),
    ("policy.rs", include_str!("../../../../plugin-sdk/src/policy.rs")),
    ("push.rs", include_str!("../../../../plugin-sdk/src/push.rs")),
    ("random.rs", include_str!("../../../../plugin-sdk/src/random.rs")),
    ("repository.rs", include_str!("../../../../plugin-sdk/src/repository.rs")),
    ("secrets.rs", include_str!("../../../../plugin-sdk/src/secrets.rs")),
    ("server.rs", include_str!("../../../../plugin-sdk/src/server.rs")),
    ("size.rs", include_str!("../../../../plugin-sdk/src/size.rs")),
    ("state.rs", include_str!("../../../../plugin-sdk/src/state.rs")),
    ("status.rs", include_str!("../../../../plugin-sdk/src/status.rs")),
    ("teams.rs", include_str!("../../../../plugin-sdk/src/teams.rs")),
    ("verdicts.rs", include_str!("../../../../plugin-sdk/src/verdicts.rs")),
    ("web.rs", include_str!("../../../../plugin-sdk/src/web.rs")),
];

/// The SDK for JavaScript by file name.
pub const SDK_JS: &[(&str, &str)] = &[
    ("caller.d.ts", include_str!("../../../../plugin-sdk/js/caller.d.ts")),
    ("caller.js", include_str!("../../../../plugin-sdk/js/caller.js")),
    ("clock.d.ts", include_str!("../../../../plugin-sdk/js/clock.d.ts")),
    ("clock.js", include_str!("../../../../plugin-sdk/js/clock.js")),
    ("commit.js", include_str!("../../../../plugin-sdk/js/commit.js")),
    ("config.js", include_str!("../../../../plugin-sdk/js/config.js")),
    ("event.js", include_str!("../../../../plugin-sdk/js/event.js")),
    ("handler.js", include_str!("../../../../plugin-sdk/js/handler.js")),
    ("hardie.d.ts", include_str!("../../../../plugin-sdk/js/hardie.d.ts")),
    ("headers.js", include_str!("../../../../plugin-sdk/js/headers.js")),
    ("http.d.ts", include_str!("../../../../plugin-sdk/js/http.d.ts")),
    ("http.js", include_str!("../../../../plugin-sdk/js/http.js")),
    ("info.js", include_str!("../../../../plugin-sdk/js/info.js")),
    ("pages.js", include_str!("../../../../plugin-sdk/js/pages.js")),
    ("policy.js", include_str!("../../../../plugin-sdk/js/policy.js")),
    ("push.js", include_str!("../../../../plugin-sdk/js/push.js")),
    ("random.d.ts", include_str!("../../../../plugin-sdk/js/random.d.ts")),
    ("random.js", include_str!("../../../../plugin-sdk/js/random.js")),
    ("repository.js", include_str!("../../../../plugin-sdk/js/repository.js")),
    ("request.d.ts", include_str!("../../../../plugin-sdk/js/request.d.ts")),
    ("request.js", include_str!("../../../../plugin-sdk/js/request.js")),
    ("responder.js", include_str!("../../../../plugin-sdk/js/responder.js")),
    ("retry.d.ts", include_str!("../../../../plugin-sdk/js/retry.d.ts")),
    ("retry.js", include_str!("../../../../plugin-sdk/js/retry.js")),
    ("seal.js", include_str!("../../../../plugin-sdk/js/seal.js")),
    ("secrets.d.ts", include_str!("../../../../plugin-sdk/js/secrets.d.ts")),
    ("secrets.js", include_str!("../../../../plugin-sdk/js/secrets.js")),
    ("state.d.ts", include_str!("../../../../plugin-sdk/js/state.d.ts")),
    ("state.js", include_str!("../../../../plugin-sdk/js/state.js")),
    ("status.d.ts", include_str!("../../../../plugin-sdk/js/status.d.ts")),
    ("status.js", include_str!("../../../../plugin-sdk/js/status.js")),
    ("text.js", include_str!("../../../../plugin-sdk/js/text.js")),
    ("web.d.ts", include_str!("../../../../plugin-sdk/js/web.d.ts")),
    ("web.js", include_str!("../../../../plugin-sdk/js/web.js")),
];

/// The SDK for Python, the package `hardie`, by file name.
pub const SDK_PYTHON: &[(&str, &str)] = &[
    ("__init__.py", include_str!("../../../../plugin-sdk/python/hardie/__init__.py")),
    ("caller.py", include_str!("../../../../plugin-sdk/python/hardie/caller.py")),
    ("clock.py", include_str!("../../../../plugin-sdk/python/hardie/clock.py")),
    ("commit.py", include_str!("../../../../plugin-sdk/python/hardie/commit.py")),
    ("config.py", include_str!("../../../../plugin-sdk/python/hardie/config.py")),
    ("event.py", include_str!("../../../../plugin-sdk/python/hardie/event.py")),
    ("handler.py", include_str!("../../../../plugin-sdk/python/hardie/handler.py")),
    ("headers.py", include_str!("../../../../plugin-sdk/python/hardie/headers.py")),
    ("http.py", include_str!("../../../../plugin-sdk/python/hardie/http.py")),
    ("info.py", include_str!("../../../../plugin-sdk/python/hardie/info.py")),
    ("pages.py", include_str!("../../../../plugin-sdk/python/hardie/pages.py")),
    ("policy.py", include_str!("../../../../plugin-sdk/python/hardie/policy.py")),
    ("push.py", include_str!("../../../../plugin-sdk/python/hardie/push.py")),
    ("random.py", include_str!("../../../../plugin-sdk/python/hardie/random.py")),
    ("refs.py", include_str!("../../../../plugin-sdk/python/hardie/refs.py")),
    ("repository.py", include_str!("../../../../plugin-sdk/python/hardie/repository.py")),
    ("request.py", include_str!("../../../../plugin-sdk/python/hardie/request.py")),
    ("responder.py", include_str!("../../../../plugin-sdk/python/hardie/responder.py")),
    ("retry.py", include_str!("../../../../plugin-sdk/python/hardie/retry.py")),
    ("sealed.py", include_str!("../../../../plugin-sdk/python/hardie/sealed.py")),
    ("secrets.py", include_str!("../../../../plugin-sdk/python/hardie/secrets.py")),
    ("state.py", include_str!("../../../../plugin-sdk/python/hardie/state.py")),
    ("status.py", include_str!("../../../../plugin-sdk/python/hardie/status.py")),
    ("web.py", include_str!("../../../../plugin-sdk/python/hardie/web.py")),
];

/// The contract by file name.
pub use hardie_plugin_host::componentize::WIT;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn on_disk(folder: &str, extension: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(extension)).collect()
    }

    fn carried(files: &[(&str, &str)]) -> BTreeSet<String> {
        files.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    #[test]
    fn every_file_of_the_sdk_and_of_the_contract_is_carried() {
        assert_eq!(carried(SDK), on_disk("plugin-sdk/src", ".rs"));
        assert_eq!(carried(SDK_JS), on_disk("plugin-sdk/js", ""));
        assert_eq!(carried(SDK_PYTHON), on_disk("plugin-sdk/python/hardie", ".py"));
        assert_eq!(carried(WIT), on_disk("wit", ".wit"));
    }

    #[test]
    fn what_the_types_for_javascript_promise_is_exported() {
        let text = |file: &str| SDK_JS.iter().find(|(name, _)| *name == file).map(|(_, text)| *text);
        let mut promised = 0;
        for (module, types) in
            SDK_JS.iter().filter_map(|(file, types)| Some((text(&format!("{}.js", file.strip_suffix(".d.ts")?))?, types)))
        {
            let lines = types.lines().filter_map(|line| line.strip_prefix("export "));
            let names = lines.filter_map(|line| line.strip_prefix("function ").or_else(|| line.strip_prefix("class ")));
            for name in names.map(|line| line.split(['(', ' ']).next().unwrap()) {
                let forms = ["function ", "function* ", "const ", "class "].map(|form| format!("export {form}{name}"));
                assert!(forms.iter().any(|form| module.contains(form)), "{name} is in no module");
                promised += 1;
            }
        }
        assert!(promised > 15, "{promised}");
    }

    #[test]
    fn the_carried_manifest_asks_for_the_bindings_that_this_repository_uses() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let root: toml::Table = toml::from_str(&std::fs::read_to_string(root).unwrap()).unwrap();
        let carried: toml::Table = toml::from_str(SDK_MANIFEST).unwrap();
        assert_eq!(carried["dependencies"]["wit-bindgen"], root["workspace"]["dependencies"]["wit-bindgen"]);
    }
}
