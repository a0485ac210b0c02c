//! Keys made by `ssh-keygen` of OpenSSH 9, with the fingerprints that it prints.

use super::{Algorithm, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXQEIfpKHqR7E1HxAersH3zy3ZxU5h+yZ+DEtBiGpAm";
const P256: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBL9A5TU9wrowxgJ25Elc0WRaVJ4H35peNWDd6Z\
    zGegtsUOKaE/sJKkPy8uDP6eX3tH3QSJnJDsL7XKpNEn+f4Uw=";
const P384: &str = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBIUFWknpVX8oKdudkSijVEIhJ4pdjUbLI3oDfx\
    un2iGyZGOxz+6AlLg7INl6HedwVj9hN3ckXRXPXQiXyZF3Anxt/2GbS1hcTBr06rZOe4l/qlGBwi5CDuZuOJIafVMmGw==";
const P521: &str = "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAHfj5AfBJ+3bMZ1mLHXuZ0x0TJIls1hGuhO+l\
    DS1DXYe0dFzY/5OcujUaf15wpiM8SBXfcqPNSQhRqXSqkCjbO7BAAHmYCLOaU+Fee2FmAaE/Vj4orVm9V0xX4zaeC2UoET0/LpZ9psShGPD5hs\
    nLCpNmSyjPMUgeJQ+tp/jQpXXVKE3w==";
const RSA_2048: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC1HCBgYJ23TgGkF/LvuU+nuhLWnOPv/1vdGewrrGJEQGT/h50JrZ5C19Ey1DC5vc9nq9d7yn\
    r6D3ccf2Oitr/QLqlxCpG1oH3ZF0QakErl3HxWMSVi4bzMId/3kaQfd/RyYqx3ibHvrjjyQHksKEY73I4Ho4vkFzQThlBQYasCqMoJdky+7qKt\
    efYnzIMVEoQYrRxgyCLiNVokrTxWUvov9zMm6beoSPWhfjR190mecPIDJyrFtPf2MMiP4sO5tUiTVuXlTCSwSFmaYutN/3u7Zw4sc+wUnlFrNJ\
    Fy4npimkJgi1SBjH5ehOInaD5OlG/IMPUabYQToFgJJ5tHVwYB";
const RSA_1024: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC0BuRpaTYsqW4FEltTt8qkYQtuN0gLd+cPi/4Z5q0otsx/xVch82/peVMUDHARK8orMUDHDh\
    najtzspOXhleU0tMp02lDKE3kSsAZhpIFM9fzZHCZOvf6VmF9zonZ6CsdZWSv8c25Y4PwgHcV3bpzRR2JCHqF5tJwPnpHyLOIW4w==";

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn line(name: &str, fields: &[&[u8]]) -> String {
    let blob: Vec<u8> = std::iter::once(name.as_bytes()).chain(fields.iter().copied()).flat_map(string).collect();
    format!("{name} {}", STANDARD.encode(blob))
}

fn why(line: &str) -> String {
    PublicKey::parse(line).unwrap_err().reason
}

#[test]
fn keys_of_ssh_keygen_are_taken_with_its_fingerprints() {
    for (line, algorithm, bits, fingerprint) in [
        (ED25519, Algorithm::Ed25519, 256, "SHA256:TcQF6Nfak5OuhNk4/fus+LCDO39dHDO0XGNUo3qtPds"),
        (P256, Algorithm::EcdsaP256, 256, "SHA256:Mroa8A7rzpvQihf4GXx5tx89/IL3lGg46Y0XM1/q+mQ"),
        (P384, Algorithm::EcdsaP384, 384, "SHA256:o3/WMwbH26ruwqrAgP7Ctk4ditwFsTce6yd+WlXkF+g"),
        (P521, Algorithm::EcdsaP521, 521, "SHA256:G+G/iI1ulCUKQdlBkZN5TLDuz8uJv3SlaXklN1k8IDI"),
        (RSA_2048, Algorithm::Rsa, 2048, "SHA256:zWX7GSVQZH9rh+3sOOPcXlPsu8RSVUfgqNUB3MmfeeY"),
    ] {
        let key = PublicKey::parse(&format!("  {line} me@laptop at home\n")).unwrap();
        assert_eq!((key.algorithm(), key.bits()), (algorithm, bits));
        assert_eq!(key.fingerprint(), fingerprint);
        assert_eq!(key.comment(), "me@laptop at home");
        assert_eq!(key.to_line(), line);
        assert_eq!(PublicKey::from_blob(key.blob()).unwrap().fingerprint(), fingerprint);
    }
}

#[test]
fn security_keys_are_taken_when_they_name_their_application() {
    let ed = line("sk-ssh-ed25519@openssh.com", &[&[7; 32], b"ssh:"]);
    assert_eq!(PublicKey::parse(&ed).unwrap().algorithm(), Algorithm::SkEd25519);
    let point = [&[4u8][..], &[9; 64]].concat();
    let ec = line("sk-ecdsa-sha2-nistp256@openssh.com", &[b"nistp256", &point, b"ssh:"]);
    assert_eq!(PublicKey::parse(&ec).unwrap().algorithm(), Algorithm::SkEcdsaP256);
    assert!(why(&line("sk-ssh-ed25519@openssh.com", &[&[7; 32], b""])).contains("application"));
    assert!(why(&line("sk-ssh-ed25519@openssh.com", &[&[7; 32]])).contains("cut short"));
}

#[test]
fn other_kinds_are_refused_by_name() {
    assert!(why("ssh-dss AAAAB3NzaC1kc3M=").contains("DSA"));
    assert!(why("ssh-ed25519-cert-v01@openssh.com AAAA").contains("certificates"));
    assert!(why("ssh-ed448 AAAA").contains("ssh-ed448"));
    assert!(why(&format!("no-pty,command=\"x\" {ED25519}")).contains("options"));
    assert!(why("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA").contains("private key"));
    assert!(why("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA").contains("ssh-keygen -i"));
}

#[test]
fn weak_or_broken_rsa_is_refused() {
    assert!(why(RSA_1024).contains("1024"));
    let modulus = [&[0u8][..], &[0xff; 256]].concat();
    assert!(PublicKey::parse(&line("ssh-rsa", &[&[1, 0, 1], &modulus])).is_ok());
    assert!(why(&line("ssh-rsa", &[&[1], &modulus])).contains("working key"));
    assert!(why(&line("ssh-rsa", &[&[1, 0, 0], &modulus])).contains("working key"));
    let long = [&[0u8][..], &[0xff; 2049]].concat();
    assert!(why(&line("ssh-rsa", &[&[1, 0, 1], &long])).contains("at most"));
}

#[test]
fn one_key_has_one_encoding() {
    let modulus = [&[0u8][..], &[0xff; 256]].concat();
    for fields in [[&[0u8, 1, 0, 1][..], &modulus], [&[1, 0, 1], &modulus[1..]], [&[1, 0, 1], &[&[0u8][..], &modulus].concat()]] {
        assert!(why(&line("ssh-rsa", &fields)).contains("canonical"));
    }
    assert!(why(&line("ssh-ed25519", &[&[7; 32], b""])).contains("after the end"));
    assert!(why(&ED25519.replace("ssh-ed25519 ", "ssh-rsa ")).contains("holds a key of type"));
    assert!(why(&line("ecdsa-sha2-nistp256", &[b"nistp384", &[4; 65]])).contains("curve"));
    assert!(why(&line("ecdsa-sha2-nistp256", &[b"nistp256", &[2; 33]])).contains("uncompressed"));
}

#[test]
fn truncated_and_hostile_lines_are_refused_without_panic() {
    for end in 0..ED25519.len() {
        assert!(PublicKey::parse(&ED25519[..end]).is_err(), "{end}");
    }
    for bad in ["", " ", "ssh-ed25519", "ssh-ed25519 \u{0}", "ssh-ed25519 ====", &format!("{ED25519}\n{ED25519}"), &"a".repeat(20_000)] {
        assert!(PublicKey::parse(bad).is_err());
    }
    assert!(PublicKey::from_blob(&[0xff; 8]).is_err());
}

#[test]
fn comments_lose_control_characters_and_are_bounded() {
    let key = PublicKey::parse(&format!("{ED25519} a\u{1b}[31m {}", "x".repeat(1000))).unwrap();
    assert!(!key.comment().contains('\u{1b}') && key.comment().len() <= 255);
}
