//! What a plugin in JavaScript or Python is built for: `"hardie": {…}` in package.json, `[tool.hardie]` in pyproject.toml. In Rust the code says it.

use std::collections::BTreeSet;

use anyhow::ensure;
use serde::Deserialize;

/// What a manifest says.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Built {
    /// What the plugin is.
    pub world: Kind,
    /// What it may do besides reading: only this can be imported, and whoever installs it is told of this and of nothing else.
    pub uses: Vec<Use>,
}

/// A world that there is an SDK for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    Policy,
    PolicyOnline,
    Events,
    Web,
}

/// An interface of the contract that not every world has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    State,
    Http,
    Secrets,
    Status,
    Clock,
    Random,
    Caller,
}

impl Kind {
    /// The world's name in the contract.
    pub fn world(self) -> &'static str {
        match self {
            Kind::Policy => "policy",
            Kind::PolicyOnline => "policy-online",
            Kind::Events => "events",
            Kind::Web => "web",
        }
    }

    /// What a manifest may name under `uses`.
    pub fn usable(self) -> &'static [Use] {
        match self {
            Kind::Policy => &[],
            Kind::PolicyOnline => &[Use::Http, Use::Secrets, Use::Clock],
            Kind::Events => &[Use::State, Use::Http, Use::Secrets, Use::Status, Use::Clock, Use::Random],
            Kind::Web => &[Use::State, Use::Http, Use::Secrets, Use::Clock, Use::Random, Use::Caller],
        }
    }

    /// What every plugin of the world imports, and what it exports.
    fn shape(self) -> (&'static [&'static str], &'static str) {
        match self {
            Kind::Policy | Kind::PolicyOnline => (&["repository", "config", "log"], "push-policy"),
            Kind::Events => (&["repository", "event", "config", "log"], "event-handler"),
            Kind::Web => (&["repository", "web-request", "config", "log"], "web-handler"),
        }
    }
}

impl Use {
    /// The interface's name in the contract.
    pub fn interface(self) -> &'static str {
        match self {
            Use::State => "state",
            Use::Http => "http",
            Use::Secrets => "secrets",
            Use::Status => "status",
            Use::Clock => "clock",
            Use::Random => "random",
            Use::Caller => "caller",
        }
    }
}

impl Built {
    /// What a plugin of this world is told that imports an interface which it does not name.
    pub fn unnamed(&self, interface: &str, place: &str) -> String {
        let (world, usable) = (self.world.world(), self.world.usable());
        match (usable.iter().any(|used| used.interface() == interface), usable) {
            (true, _) => format!("the plugin imports `{interface}` and does not name it: add it to {place}"),
            (false, []) => format!("the plugin imports `{interface}`, which is not for the world {world:?}: that reads, and nothing else"),
            (false, usable) => {
                format!("the plugin imports `{interface}`, which is not for the world {world:?}; there are: {}", listed(usable))
            }
        }
    }

    /// What does not go together is refused.
    pub fn checked(self) -> anyhow::Result<Built> {
        let (world, usable) = (self.world.world(), self.world.usable());
        ensure!(
            self.world != Kind::Policy || self.uses.is_empty(),
            "`uses` is not for the world \"policy\", which reads the push and the repository, and nothing else; one that asks others is of the world \"policy-online\""
        );
        ensure!(
            self.world != Kind::PolicyOnline || !self.uses.is_empty(),
            "a policy that asks nobody is of the world \"policy\"; one of the world \"policy-online\" names under `uses` what it asks by: {}",
            listed(usable)
        );
        if let Some(foreign) = self.uses.iter().find(|used| !usable.contains(used)) {
            anyhow::bail!("`uses`: {} is not for the world {world:?}; there are: {}", foreign.interface(), listed(usable));
        }
        Ok(self)
    }

    /// The world of this plugin alone, in WIT: what it uses and nothing else, since what a component imports is what it may do.
    pub fn world_text(&self, name: &str) -> String {
        let (interfaces, export) = self.world.shape();
        let uses = self.uses.iter().map(|used| used.interface());
        format!("package hardie:plugin@0.1.0;\n\n{}", world_text(name, interfaces.iter().copied().chain(uses), [export]))
    }
}

/// A world that has all that any has: what a type checker reads the SDK with, whose modules are there whatever the plugin is.
pub fn whole_world_text(name: &str) -> String {
    let kinds = [Kind::Policy, Kind::PolicyOnline, Kind::Events, Kind::Web];
    let imports = kinds.iter().flat_map(|kind| kind.shape().0.iter().copied().chain(kind.usable().iter().map(|used| used.interface())));
    let (imports, exports): (BTreeSet<_>, BTreeSet<_>) = (imports.collect(), kinds.iter().map(|kind| kind.shape().1).collect());
    world_text(name, imports, exports)
}

fn world_text<'a>(name: &str, imports: impl IntoIterator<Item = &'a str>, exports: impl IntoIterator<Item = &'a str>) -> String {
    let lines =
        |word: &str, names: &mut dyn Iterator<Item = &'a str>| names.map(|name| format!("    {word} {name};\n")).collect::<String>();
    let (imports, exports) = (lines("import", &mut imports.into_iter()), lines("export", &mut exports.into_iter()));
    format!("world {name} {{\n{imports}    export plugin-info;\n{exports}}}\n")
}

fn listed(uses: &[Use]) -> String {
    uses.iter().map(|used| used.interface()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(text: &str) -> anyhow::Result<Built> {
        serde_json::from_str::<Built>(text)?.checked()
    }

    #[test]
    fn a_plugin_imports_what_it_uses_and_nothing_more() {
        let text = built(r#"{"world":"events","uses":["http","state"]}"#).unwrap().world_text("own");
        assert!(
            text.contains("import http;") && text.contains("import state;") && !text.contains("secrets") && text.contains("event-handler")
        );
        assert!(Built::default().world_text("own").contains("export push-policy;"));
        let online = built(r#"{"world":"policy-online","uses":["secrets"]}"#).unwrap().world_text("own");
        assert!(online.contains("import secrets;") && !online.contains("http") && online.contains("export push-policy;"));
        let web = built(r#"{"world":"web"}"#).unwrap().world_text("own");
        assert!(web.contains("import web-request;") && !web.contains("caller") && web.contains("export web-handler;"));
    }

    #[test]
    fn the_world_of_type_checkers_has_every_interface_once() {
        let text = whole_world_text("all");
        for line in
            ["import state;", "import caller;", "import event;", "import web-request;", "export web-handler;", "export push-policy;"]
        {
            assert_eq!(text.matches(line).count(), 1, "{line} in {text}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_what_would() {
        for (text, why) in [
            (r#"{"uses":["http"]}"#, "policy-online"),
            (r#"{"world":"policy-online"}"#, "http, secrets, clock"),
            (r#"{"world":"policy-online","uses":["http","state"]}"#, "state is not for"),
            (r#"{"world":"policy-online","uses":["random"]}"#, "http, secrets, clock"),
            (r#"{"world":"web","uses":["status"]}"#, "caller"),
            (r#"{"world":"events","uses":["caller"]}"#, "status"),
            (r#"{"world":"events","uses":["files"]}"#, "files"),
            (r#"{"world":"webs"}"#, "policy-online"),
        ] {
            let refusal = built(text).unwrap_err().to_string();
            assert!(refusal.contains(why), "{text}: {refusal}");
        }
    }

    #[test]
    fn every_world_of_a_plugin_is_within_that_of_the_contract() {
        let contract = include_str!("../../../../../wit/worlds.wit");
        for kind in [Kind::Policy, Kind::PolicyOnline, Kind::Events, Kind::Web] {
            let start = contract.find(&format!("world {} {{", kind.world())).unwrap();
            let own = &contract[start..start + contract[start..].find('}').unwrap()];
            let (interfaces, export) = kind.shape();
            let has = |line: String| own.contains(&line) || own.contains("include policy;");
            assert!(has(format!("    export {export};")), "{kind:?}");
            assert!(interfaces.iter().all(|import| has(format!("    import {import};"))), "{kind:?}");
            let imports = own.matches("import ").count();
            let shared = if kind == Kind::PolicyOnline { 0 } else { interfaces.len() };
            assert_eq!(imports, shared + kind.usable().len(), "{kind:?}");
            assert!(kind.usable().iter().all(|used| own.contains(&format!("    import {};", used.interface()))), "{kind:?}");
        }
    }
}
