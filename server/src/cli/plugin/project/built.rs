//! What a plugin in JavaScript or Python is built for: `"hardie": {…}` in package.json, `[tool.hardie]` in pyproject.toml. In Rust the code says it.

use anyhow::ensure;
use serde::Deserialize;

/// What a manifest says.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Built {
    /// What the plugin is.
    pub world: Kind,
    /// What a handler may do besides reading: only this can be imported, and whoever installs it is told of this and of nothing else.
    pub uses: Vec<Use>,
}

/// A world that there is an SDK for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Policy,
    Events,
}

/// An interface of the contract that a handler may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    State,
    Http,
    Secrets,
    Status,
    Clock,
    Random,
}

impl Kind {
    /// The world's name in the contract.
    pub fn world(self) -> &'static str {
        match self {
            Kind::Policy => "policy",
            Kind::Events => "events",
        }
    }
}

impl Use {
    fn interface(self) -> &'static str {
        match self {
            Use::State => "state",
            Use::Http => "http",
            Use::Secrets => "secrets",
            Use::Status => "status",
            Use::Clock => "clock",
            Use::Random => "random",
        }
    }
}

impl Built {
    /// What does not go together is refused.
    pub fn checked(self) -> anyhow::Result<Built> {
        ensure!(
            self.world == Kind::Events || self.uses.is_empty(),
            "`uses` is for handlers (world \"events\"): a policy reads the push and the repository, and nothing else"
        );
        Ok(self)
    }

    /// The world of this plugin alone, in WIT: what it uses and nothing else, since what a component imports is what it may do.
    pub fn world_text(&self, name: &str) -> String {
        let (interfaces, export): (&[&str], _) = match self.world {
            Kind::Policy => (&["repository", "config", "log"], "push-policy"),
            Kind::Events => (&["repository", "event", "config", "log"], "event-handler"),
        };
        let imports: String = interfaces
            .iter()
            .copied()
            .chain(self.uses.iter().map(|used| used.interface()))
            .map(|import| format!("    import {import};\n"))
            .collect();
        format!("package hardie:plugin@0.1.0;\n\nworld {name} {{\n{imports}    export plugin-info;\n    export {export};\n}}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_imports_what_it_uses_and_a_policy_nothing_more() {
        let built: Built = serde_json::from_str(r#"{"world":"events","uses":["http","state"]}"#).unwrap();
        let text = built.checked().unwrap().world_text("own");
        assert!(
            text.contains("import http;") && text.contains("import state;") && !text.contains("secrets") && text.contains("event-handler")
        );
        assert!(Built::default().world_text("own").contains("export push-policy;"));
        let policy: Built = serde_json::from_str(r#"{"uses":["http"]}"#).unwrap();
        assert!(policy.checked().unwrap_err().to_string().contains("a policy reads"));
        assert!(serde_json::from_str::<Built>(r#"{"uses":["files"]}"#).unwrap_err().to_string().contains("files"));
    }
}
