//! What a component says of itself, checked before anybody sees it.

use hardie_domain::plugin::{Digest, is_short_name};

use crate::bindings::exports::hardie::plugin::plugin_info::{FieldError, Info};
use crate::inspect::Shape;
use crate::limits::Limits;
use crate::text;

/// What a component says of itself, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentInfo {
    /// sha256 of its bytes.
    pub digest: Digest,
    /// Its name: 1 to 64 of a-z, 0-9 and `-`.
    pub name: String,
    /// Its version, as its author counts.
    pub version: String,
    /// One line for people.
    pub description: String,
    /// Worlds that it serves: `policy`, `policy-online`, `events`, `web`.
    pub worlds: Vec<String>,
    /// Interfaces that it imports; what it may do is exactly this.
    pub imports: Vec<String>,
    /// The configuration that holds when nobody gives one, JSON.
    pub default_config: String,
}

/// Most errors shown for one configuration.
const FIELD_ERRORS: usize = 32;

pub(crate) fn checked(digest: Digest, info: Info, shape: &Shape, limits: &Limits) -> Result<ComponentInfo, String> {
    if !is_short_name(&info.name) || !info.name.starts_with(|c: char| c.is_ascii_lowercase()) {
        let shown = text::line(&info.name, 80);
        return Err(format!("it calls itself {shown:?}; a name is 1 to 64 of a-z, 0-9 and -, and begins with a letter"));
    }
    let version_fits = (1..=64).contains(&info.version.len()) && info.version.bytes().all(|b| b.is_ascii_graphic());
    if !version_fits {
        return Err(format!("its version {:?} is not 1 to 64 visible ASCII characters", text::line(&info.version, 80)));
    }
    config_is_json(&info.default_config, limits).map_err(|error| format!("its default configuration: {error}"))?;
    Ok(ComponentInfo {
        digest,
        name: info.name,
        version: info.version,
        description: text::line(info.description.lines().next().unwrap_or_default(), 200),
        worlds: shape.worlds.clone(),
        imports: shape.imports.clone(),
        default_config: info.default_config,
    })
}

/// Bounds and syntax; whether it suits is for the component to say.
pub(crate) fn config_is_json(config: &str, limits: &Limits) -> Result<(), String> {
    if config.len() > limits.config {
        return Err(format!("the configuration has {} bytes; it may have {}", config.len(), limits.config));
    }
    serde_json::from_str::<serde::de::IgnoredAny>(config).map(|_| ()).map_err(|error| format!("the configuration is not JSON: {error}"))
}

pub(crate) fn field_errors(errors: Vec<FieldError>) -> Vec<String> {
    let show = |error: &FieldError| {
        let message = text::line(&error.message, 300);
        match error.field.as_str() {
            "" => message,
            field => format!("{}: {message}", text::line(field, 100)),
        }
    };
    let mut out: Vec<String> = errors.iter().take(FIELD_ERRORS).map(show).collect();
    if out.is_empty() {
        out.push("the component refuses this configuration and does not say why".into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, version: &str, config: &str) -> Result<ComponentInfo, String> {
        let info =
            Info { name: name.into(), version: version.into(), description: "one\u{1b}[2J\ntwo".into(), default_config: config.into() };
        let shape = Shape { worlds: Vec::new(), imports: Vec::new(), wants_wasi: false };
        checked(Digest([0; 32]), info, &shape, &Limits::default())
    }

    #[test]
    fn a_component_cannot_pose_by_its_name() {
        assert_eq!(check("no-wip", "1.0.0", "{}").unwrap().description, "one\u{fffd}[2J");
        for name in ["", "No-Wip", "9lives", "a b", "a/../b", "-x", "a\u{202e}b", &"x".repeat(65)] {
            assert!(check(name, "1.0.0", "{}").is_err(), "{name:?}");
        }
        assert!(check("a", "", "{}").is_err() && check("a", "1 0", "{}").is_err());
        assert!(check("a", "1", "{").unwrap_err().contains("not JSON"));
        assert!(check("a", "1", &format!("\"{}\"", "x".repeat(70_000))).is_err());
    }
}
