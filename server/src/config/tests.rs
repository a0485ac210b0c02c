//! Precedence and refusals.

use super::*;

fn settings(toml: &str) -> (tempfile::TempDir, ServeSettings) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hardie.toml");
    std::fs::write(&path, toml).unwrap();
    let location = Location { config: Some(path), ..Location::default() };
    (dir, ServeSettings { location, ..ServeSettings::default() })
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let (_dir, mut settings) =
        settings("http-listen = \"127.0.0.1:4000\"\n[limits]\ncommands = 7\nlfs-object-bytes = 9\n[gc]\ncruft-seconds = 5\n");
    assert_eq!(resolve(&settings).unwrap().http_listen.port(), 4000);
    settings.http_listen = Some("127.0.0.1:5000".parse().unwrap());
    let config = resolve(&settings).unwrap();
    assert_eq!(config.http_listen.port(), 5000);
    assert_eq!((config.limits.commands, config.limits.lfs_object_bytes, config.limits.lfs_batch_objects), (7, 9, 1000));
    assert_eq!((config.retention.cruft.as_secs(), config.retention.reflog.as_secs()), (5, 30 * 24 * 3600));
    assert_eq!(config.ssh_listen.port(), 2222);
}

#[test]
fn bad_configuration_names_file_key_and_reason() {
    for (toml, needle) in [
        ("http-lisen = \"x\"", "http-lisen"),
        ("http-listen = \"nowhere\"", "http-listen"),
        ("public-url = \"ftp://x\"", "public-url"),
        ("plugins = \"anyone\"", "plugins"),
        ("trusted-proxies = [\"127.0.0.1/40\"]", "127.0.0.1/40"),
        ("roles = \"git\"", "roles"),
        ("[limits]\nobject-bytes = 2147483649", "object-bytes"),
        ("[gc]\ncruft-days = 3", "cruft-days"),
        ("[git]\nhide-refs = [\"heads/x\"]", "hide-refs"),
        ("[git]\nrequire-signed-pushes = true", "require-signed-pushes"),
        ("[outbound]\nhosts = [\"ftp://example.org\"]", "ftp://example.org"),
        ("[outbound]\npermit = [\"10.0.0.0/40\"]", "10.0.0.0/40"),
        ("[secrets]\nkey = \"x\"", "key"),
        ("[mail]\nhost = \"smtp.example.org\"", "from"),
        ("[mail]\nfrom = \"a@example.org\"", "host"),
        ("[mail]\nhost = \"smtp.example.org\"\nfrom = \"a@example.org\"\nsecurity = \"none\"", "loopback"),
        ("[mail]\nhost = \"smtp.example.org\"\nfrom = \"a@example.org\\nBcc: b@example.org\"", "control"),
        ("[mail]\nhost = \"smtp.example.org\"\nfrom = \"a@example.org\"\nuser = \"x\"", "password-file"),
        ("[mail]\nhost = \"smtp.example.org\"\nfrom = \"a@example.org\"\npassword = \"x\"", "password"),
        ("[mail]\nhost = \"smtp.example.org\"\nfrom = \"a@example.org\"\nsecurity = \"ssl\"", "starttls"),
        ("[sign-up]\nmode = \"open\"", "needs [mail]"),
        ("[sign-up]\nmode = \"anyone\"", "anyone"),
        ("[sign-up]\ndomains = [\"*\"]", "domains"),
        ("[rate-limits]\nexempt = [\"10.0.0.0/40\"]", "10.0.0.0/40"),
        ("[rate-limits]\nanonymous = 3", "anonymous"),
        ("[cors]\norigins = [\"https://a.example/\"]", "https://a.example/"),
        ("[cors]\norigins = [\"https://*.example\"]", "*.example"),
        ("[audit]\nkeep-days = -1", "keep-days"),
        ("database = \"mysql://root:hunter2@localhost\"", "database"),
    ] {
        let (_dir, settings) = settings(toml);
        let text = format!("{:#}", resolve(&settings).unwrap_err());
        assert!(text.contains(needle), "{toml}: {text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn mails_go_encrypted_unless_their_server_is_on_this_machine_and_sign_up_is_closed_unless_opened() {
    let (_dir, settings) = settings(
        "require-sign-in = true\n[mail]\nhost = \"127.0.0.1\"\nfrom = \"a@example.org\"\nsecurity = \"none\"\n[sign-up]\nmode = \"approval\"\n",
    );
    let config = resolve(&settings).unwrap();
    assert_eq!(config.mail.unwrap().port, 25);
    assert!(config.require_sign_in);
    assert_eq!(config.sign_up.mode.as_str(), "approval");
    let (_dir, settings) = super::tests::settings("[mail]\nhost = \"smtp.example.org\"\nfrom = \"Forge <a@example.org>\"\n");
    let config = resolve(&settings).unwrap();
    assert_eq!((config.mail.unwrap().port, config.sign_up.mode.as_str(), config.require_sign_in), (587, "closed", false));
}

#[test]
fn the_ssh_address_follows_the_public_url() {
    let (_dir, mut settings) = settings("");
    settings.public_url = Some("https://git.example.org/".into());
    let config = resolve(&settings).unwrap();
    assert_eq!(config.public_url, "https://git.example.org");
    assert_eq!(ssh_address(&config, "0.0.0.0:2222".parse().unwrap()), "git.example.org:2222");
    assert_eq!(ssh_address(&config, "0.0.0.0:22".parse().unwrap()), "git.example.org");
}
