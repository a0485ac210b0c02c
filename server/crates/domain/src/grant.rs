//! Which imports of a component need an administrator of the server.

/// Interfaces through which nothing leaves the server and nothing but the judged repository comes in.
const HARMLESS: &[&str] = &["types", "repository", "config", "log"];
const PACKAGE: &str = "hardie:plugin/";

/// The imports that only a server administrator can grant; empty if any repository administrator may install the component.
///
/// WASI counts as harmless: the host seals it shut (no files, no environment, no sockets) and refuses what it cannot seal.
pub fn imports_that_need_an_administrator(imports: &[String]) -> Vec<&str> {
    imports.iter().map(String::as_str).filter(|import| !is_harmless(import)).collect()
}

fn is_harmless(import: &str) -> bool {
    if import.starts_with("wasi:") {
        return true;
    }
    let interface = import.strip_prefix(PACKAGE).map(|rest| rest.split_once('@').map_or(rest, |(name, _)| name));
    interface.is_some_and(|name| HARMLESS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::imports_that_need_an_administrator;

    #[test]
    fn reading_the_repository_is_everybodys_and_the_rest_is_not() {
        let imports = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let plain =
            imports(&["hardie:plugin/repository@0.1.0", "hardie:plugin/log@0.1.0", "hardie:plugin/config@0.2.0", "wasi:cli/stdout@0.2.3"]);
        assert!(imports_that_need_an_administrator(&plain).is_empty());
        let more =
            imports(&["hardie:plugin/http@0.1.0", "hardie:plugin/log@0.1.0", "hardie:plugin/logs@0.1.0", "other:plugin/log@0.1.0", "env"]);
        assert_eq!(
            imports_that_need_an_administrator(&more),
            ["hardie:plugin/http@0.1.0", "hardie:plugin/logs@0.1.0", "other:plugin/log@0.1.0", "env"]
        );
    }
}
