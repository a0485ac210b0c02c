//! Signatures by the real `ssh-keygen`, with every kind of key.

use std::path::Path;

use super::*;

fn keygen(dir: &Path, args: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "the real ssh-keygen makes keys and signatures")]
    let output = std::process::Command::new("ssh-keygen").current_dir(dir).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn make_key(dir: &Path, name: &str, kind: &[&str]) {
    keygen(dir, &[&["-q", "-N", "", "-f", name, "-t"], kind].concat());
}

fn sign(dir: &Path, key: &str, namespace: &str, payload: &[u8]) -> Vec<u8> {
    std::fs::write(dir.join("payload"), payload).unwrap();
    keygen(dir, &["-Y", "sign", "-f", key, "-n", namespace, "payload"]);
    let armour = std::fs::read(dir.join("payload.sig")).unwrap();
    std::fs::remove_file(dir.join("payload.sig")).unwrap();
    armour
}

fn ssh(armour: &[u8]) -> SshSignature {
    match read(armour).unwrap() {
        Signature::Ssh(signature) => signature,
        Signature::Other(kind) => panic!("{kind}"),
    }
}

#[test]
fn what_ssh_keygen_signs_is_proven_with_every_kind_of_key() {
    let dir = tempfile::tempdir().unwrap();
    for (name, kind) in [
        ("ed25519", &["ed25519"][..]),
        ("p256", &["ecdsa", "-b", "256"]),
        ("p384", &["ecdsa", "-b", "384"]),
        ("p521", &["ecdsa", "-b", "521"]),
        ("rsa", &["rsa", "-b", "2048"]),
        ("long", &["rsa", "-b", "4096"]),
    ] {
        make_key(dir.path(), name, kind);
        let signature = ssh(&sign(dir.path(), name, "git", b"one\ntwo\n"));
        let line = std::fs::read_to_string(dir.path().join(format!("{name}.pub"))).unwrap();
        assert_eq!(signature.key(), hardie_domain::sshkey::PublicKey::parse(&line).unwrap().blob(), "{name}");
        assert_eq!(signature.check(GIT, b"one\ntwo\n"), Ok(()), "{name}");
        assert_eq!(signature.check(GIT, b"one\ntwo"), Err(SignatureError::Wrong), "{name}");
        let other = ssh(&sign(dir.path(), name, "file", b"one\ntwo\n"));
        assert_eq!(other.check(GIT, b"one\ntwo\n"), Err(SignatureError::Foreign(GIT)), "{name}");
    }
}

#[test]
fn a_signature_with_any_changed_byte_proves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    make_key(dir.path(), "mine", &["ed25519"]);
    make_key(dir.path(), "other", &["ed25519"]);
    let armour = sign(dir.path(), "mine", "git", b"text");
    let mine = ssh(&armour).key().to_vec();
    for at in 0..armour.len() {
        let mut bytes = armour.clone();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let Ok(Signature::Ssh(signature)) = read(&bytes) else { continue };
        assert!(signature.check(GIT, b"text").is_err() || signature.key() != mine, "byte {at}");
    }
    assert!(ssh(&sign(dir.path(), "other", "git", b"text")).key() != mine);
    for cut in 0..armour.len() - 1 {
        if let Ok(Signature::Ssh(signature)) = read(&armour[..cut]) {
            assert!(signature.check(GIT, b"text").is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn other_kinds_are_told_apart_and_what_is_none_is_refused() {
    for (armour, kind) in [
        ("-----BEGIN PGP SIGNATURE-----\nx", "OpenPGP"),
        ("-----BEGIN PGP MESSAGE-----\nx", "OpenPGP"),
        ("-----BEGIN SIGNED MESSAGE-----\nx", "X.509"),
    ] {
        assert!(matches!(read(armour.as_bytes()), Ok(Signature::Other(found)) if found == kind), "{armour}");
    }
    for (armour, error) in [
        ("", SignatureError::Missing),
        ("nonsense\n", SignatureError::Damaged),
        ("-----BEGIN SSH SIGNATURE-----\n", SignatureError::Damaged),
        ("-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", SignatureError::Damaged),
        ("-----BEGIN PGP SIGNATURE-----", SignatureError::Damaged),
    ] {
        assert_eq!(read(armour.as_bytes()).unwrap_err(), error, "{armour}");
    }
    assert!(begins(b"-----BEGIN SSH SIGNATURE-----\n") && !begins(b"0000"));
}

#[test]
fn sha_1_is_not_taken_however_right_it_is() {
    let dir = tempfile::tempdir().unwrap();
    make_key(dir.path(), "rsa", &["rsa", "-b", "2048"]);
    let line = std::fs::read_to_string(dir.path().join("rsa.pub")).unwrap();
    let key = PublicKey::from_openssh(&line).unwrap().key_data().clone();
    let inner = ssh_key::Signature::new(Algorithm::Rsa { hash: None }, vec![1; 256]).unwrap();
    let signature = SshSig::new(key, "git", ssh_key::HashAlg::Sha512, inner).unwrap();
    let armour = signature.to_pem(ssh_key::LineEnding::LF).unwrap();
    assert_eq!(ssh(armour.as_bytes()).check(GIT, b"text"), Err(SignatureError::Weak));
}

#[test]
fn an_rsa_key_that_is_too_long_to_be_checked_is_named_as_such() {
    let long = |bytes: usize| {
        let (e, n) = (ssh_key::Mpint::from_positive_bytes(&[1, 0, 1]), ssh_key::Mpint::from_positive_bytes(&vec![0xff; bytes]));
        let key = ssh_key::public::KeyData::Rsa(ssh_key::public::RsaPublicKey::new(e, n).unwrap());
        let algorithm = Algorithm::Rsa { hash: Some(ssh_key::HashAlg::Sha512) };
        let inner = ssh_key::Signature::new(algorithm, vec![1; bytes]).unwrap();
        let signature = SshSig::new(key, "git", ssh_key::HashAlg::Sha512, inner).unwrap();
        ssh(signature.to_pem(ssh_key::LineEnding::LF).unwrap().as_bytes()).check(GIT, b"text")
    };
    assert_eq!((long(1024), long(1025)), (Err(SignatureError::Wrong), Err(SignatureError::TooLong)));
}
