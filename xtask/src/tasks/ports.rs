//! Whether an address is free, asked before anything is built on it.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use anyhow::{Context as _, bail};

/// An address that `run` needs: the environment's, else the default.
pub fn wanted(variable: &str, default_port: u16) -> anyhow::Result<SocketAddr> {
    match std::env::var(variable) {
        Ok(text) if !text.is_empty() => text.parse().with_context(|| format!("{variable}={text} is no ADDRESS:PORT")),
        _ => Ok(SocketAddr::from(([127, 0, 0, 1], default_port))),
    }
}

/// Fails with words that name the port, what it is for and how to choose another.
pub fn check_free(address: SocketAddr, purpose: &str, variable: &str) -> anyhow::Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("{address} is taken, and {purpose} needs it: stop the program that holds it, or set {variable}=127.0.0.1:PORT")
        }
        Err(error) => Err(error).with_context(|| format!("{purpose} cannot listen on {address}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_purpose_and_the_way_out() {
        let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = holder.local_addr().unwrap();
        let text = check_free(address, "git over SSH", "HARDIE_SSH_LISTEN").unwrap_err().to_string();
        assert!(text.contains(&address.to_string()) && text.contains("git over SSH") && text.contains("HARDIE_SSH_LISTEN"), "{text}");
        drop(holder);
        check_free(address, "git over SSH", "HARDIE_SSH_LISTEN").unwrap();
    }
}
