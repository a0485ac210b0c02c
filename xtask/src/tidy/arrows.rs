//! Which crate may depend on which, and the one crate that may use each heavy dependency.

use super::packages::{Dependency, Package};

/// `(crate, the crates of ours that it may use)`. Whoever is not listed may use none.
const ARROWS: &[(&str, &[&str])] = &[
    ("hardie-api-types", &["hardie-domain"]),
    ("hardie-store", &["hardie-domain"]),
    ("hardie-git", &["hardie-domain"]),
    ("hardie-plugin-host", &["hardie-domain"]),
    ("hardie-outbound", &["hardie-domain"]),
    ("hardie-app", &["hardie-domain", "hardie-store", "hardie-git"]),
    ("hardie-http", &["hardie-domain", "hardie-api-types", "hardie-app"]),
    ("hardie-ssh", &["hardie-domain", "hardie-app"]),
    ("hardie-worker", &["hardie-domain", "hardie-app"]),
    (
        "hardie",
        &[
            "hardie-domain",
            "hardie-api-types",
            "hardie-store",
            "hardie-git",
            "hardie-plugin-host",
            "hardie-app",
            "hardie-http",
            "hardie-ssh",
            "hardie-outbound",
            "hardie-worker",
            "hardie-wasm-toolchain",
        ],
    ),
    ("hardie-testkit", EVERYTHING),
    ("hardie-tests", EVERYTHING),
    ("hardie-web", &["hardie-api-types"]),
    ("hardie-fuzz", &["hardie-domain", "hardie-git"]),
    ("xtask", &["hardie-wasm-toolchain", "hardie-scratch-postgres"]),
];

/// For the test kit and the tests, which look at every layer. The web UI and the SDK run elsewhere.
const EVERYTHING: &[&str] = &[
    "hardie",
    "hardie-domain",
    "hardie-api-types",
    "hardie-store",
    "hardie-git",
    "hardie-plugin-host",
    "hardie-app",
    "hardie-http",
    "hardie-ssh",
    "hardie-outbound",
    "hardie-worker",
    "hardie-testkit",
    "hardie-wasm-toolchain",
    "hardie-scratch-postgres",
];

/// Seen by any crate's own tests.
const FOR_TESTS: &[&str] = &["hardie-scratch-postgres"];

/// A plugin may use nothing of ours but this.
const SDK: &str = "hardie-plugin";

/// `(the start of a dependency's name, its only owner)`. Owners also hide it: no type of it in their public API.
const OWNERS: &[(&str, &str)] = &[
    ("sqlx", "hardie-store"),
    ("gix", "hardie-git"),
    ("wasmtime", "hardie-plugin-host"),
    ("axum", "hardie-http"),
    ("russh", "hardie-ssh"),
    ("ssh-key", "hardie-git"),
    ("pgp", "hardie-git"),
    ("reqwest", "hardie-outbound"),
    ("lettre", "hardie-outbound"),
    ("ureq", "hardie-outbound"),
];

/// Everything that crosses the house in a way that it must not.
pub fn check(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(|package| package.dependencies.iter().filter_map(|dependency| judge(package, dependency))).collect()
}

fn judge(package: &Package, dependency: &Dependency) -> Option<String> {
    if dependency.ours {
        let allowed = may_use(package, dependency);
        return (!allowed).then(|| format!("{} must not depend on {} (ARCHITECTURE.md, the arrows)", package.name, dependency.name));
    }
    let (_, owner) = OWNERS.iter().find(|(name, _)| dependency.name == *name || is_part_of(&dependency.name, name))?;
    (package.name != *owner).then(|| format!("{} must not use {}: only {owner} does", package.name, dependency.name))
}

fn may_use(package: &Package, dependency: &Dependency) -> bool {
    if dependency.dev && FOR_TESTS.contains(&dependency.name.as_str()) {
        return true;
    }
    if package.folder.parent().is_some_and(|folder| folder.ends_with("plugins")) {
        return dependency.name == SDK;
    }
    let listed = ARROWS.iter().find(|(name, _)| *name == package.name);
    listed.is_some_and(|(_, targets)| targets.contains(&dependency.name.as_str()))
}

/// `wasmtime-wasi` is a part of `wasmtime`; `russh-config` of `russh`.
fn is_part_of(name: &str, whole: &str) -> bool {
    name.strip_prefix(whole).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, dependencies: &[(&str, bool)]) -> Package {
        let dependencies =
            dependencies.iter().map(|(name, ours)| Dependency { name: (*name).to_owned(), ours: *ours, dev: false }).collect();
        Package { name: name.to_owned(), folder: folder.into(), dependencies, ..Package::default() }
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_refused() {
        let problems = check(&[package("hardie-http", "server/crates/http", &[("hardie-store", true), ("hardie-app", true)])]);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("hardie-http must not depend on hardie-store"), "{problems:?}");
    }

    #[test]
    fn a_crate_that_nobody_listed_may_use_nothing_of_ours() {
        assert_eq!(check(&[package("hardie-new", "server/crates/new", &[("hardie-domain", true)])]).len(), 1);
    }

    #[test]
    fn a_heavy_dependency_has_one_owner_with_all_its_parts() {
        let crossing = package("hardie-app", "server/crates/app", &[("wasmtime-wasi", false), ("sqlx", false)]);
        assert_eq!(check(&[crossing]).len(), 2);
        assert!(check(&[package("hardie-store", "server/crates/store", &[("sqlx", false)])]).is_empty());
        assert!(check(&[package("hardie-app", "server/crates/app", &[("axumatic", false)])]).is_empty());
    }

    #[test]
    fn a_plugin_uses_the_sdk_alone() {
        let plugin = |uses: &str| package("size-limits", "/x/plugins/size-limits", &[(uses, true)]);
        assert!(check(&[plugin("hardie-plugin")]).is_empty());
        assert_eq!(check(&[plugin("hardie-domain")]).len(), 1);
    }

    #[test]
    fn the_test_database_is_seen_by_tests_alone() {
        let mut store = package("hardie-store", "server/crates/store", &[("hardie-scratch-postgres", true)]);
        assert_eq!(check(std::slice::from_ref(&store)).len(), 1);
        store.dependencies[0].dev = true;
        assert!(check(&[store]).is_empty());
    }
}
