//! Who the client is, and what it may open. A user exists here only after a signature was verified.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};

use hardie_app::identity;
use hardie_domain::access::Actor;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, HashAlg, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::channel::{self, Client};
use crate::connection::{Activity, Shared};

/// Channels that one connection may have open at a time; OpenSSH's default.
const MOST_CHANNELS: usize = 10;
const MIN_RSA_BITS: u32 = 2048;
const MAX_RSA_BITS: u32 = 16_384;

/// One connection's side of the protocol library.
pub struct ClientHandler {
    shared: Arc<Shared>,
    address: IpAddr,
    activity: watch::Sender<Activity>,
    cut: CancellationToken,
    proven: Option<(Arc<[u8]>, Actor)>,
    channels: HashMap<ChannelId, Opened>,
}

struct Opened {
    /// Dead once the channel's task has ended.
    alive: Weak<()>,
    closed: CancellationToken,
    /// A channel carries one command.
    started: bool,
}

impl ClientHandler {
    /// Begins with nobody.
    pub fn new(shared: Arc<Shared>, address: IpAddr, activity: watch::Sender<Activity>, cut: CancellationToken) -> ClientHandler {
        ClientHandler { shared, address, activity, cut, proven: None, channels: HashMap::new() }
    }

    /// Whether this is the first command on its channel.
    fn start(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        let first = self.channels.get_mut(&channel).is_some_and(|opened| !std::mem::replace(&mut opened.started, true));
        match first {
            true => session.channel_success(channel),
            false => session.channel_failure(channel),
        }
    }
}

/// Keys whose signatures this server takes: no SHA-1, no short RSA.
///
/// Of a security key's signature the library verifies the flags that say whether it was touched, but does not hand them out:
/// a key that its owner made with `no-touch-required` is taken as well.
fn is_acceptable(key: &PublicKey, algorithm: &Algorithm) -> bool {
    match key.key_data() {
        KeyData::Rsa(rsa) => {
            let strong = matches!(algorithm, Algorithm::Rsa { hash: Some(HashAlg::Sha256 | HashAlg::Sha512) });
            strong && (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&rsa.key_size())
        }
        KeyData::Ed25519(_) | KeyData::Ecdsa(_) | KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => true,
        _ => false,
    }
}

impl Handler for ClientHandler {
    type Error = russh::Error;

    /// Answers a client that asks before it signs; nobody is proven by it.
    async fn auth_publickey_offered(&mut self, _user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, russh::Error> {
        if !is_acceptable(offer.public_key, offer.algorithm) {
            return Ok(Auth::reject());
        }
        let blob = offer.public_key.to_bytes()?;
        match identity::is_known_ssh_key(&self.shared.app, &blob).await {
            Ok(true) => Ok(Auth::Accept),
            Ok(false) => Ok(Auth::reject()),
            Err(error) => {
                tracing::error!(%error, "ssh: a key could not be looked up");
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_publickey(&mut self, _user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        if !is_acceptable(key.public_key, key.algorithm) {
            return Ok(Auth::reject());
        }
        let blob: Arc<[u8]> = key.public_key.to_bytes()?.into();
        match identity::authenticate_ssh_key(&self.shared.app, &blob).await {
            Ok(Some(actor)) => {
                tracing::debug!(address = %self.address, user = %actor.name, "ssh: signed in");
                self.proven = Some((blob, actor));
                Ok(Auth::Accept)
            }
            Ok(None) => Ok(Auth::reject()),
            Err(error) => {
                tracing::error!(%error, "ssh: a key could not be looked up");
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), russh::Error> {
        self.activity.send_modify(|now| now.signed_in = true);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.channels.retain(|_, opened| opened.alive.strong_count() > 0);
        let Some((blob, actor)) = &self.proven else {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        };
        if self.channels.len() >= MOST_CHANNELS || self.shared.shutdown.is_cancelled() {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        let alive = Arc::new(());
        let closed = self.cut.child_token();
        let opened = Opened { alive: Arc::downgrade(&alive), closed: closed.clone(), started: false };
        self.channels.insert(channel.id(), opened);
        let client = Client {
            shared: self.shared.clone(),
            address: self.address,
            actor: actor.clone(),
            blob: blob.clone(),
            proven_at: tokio::time::Instant::now(),
            activity: self.activity.clone(),
        };
        // The task reads the channel from the start, so that a client which floods it before any command blocks nobody.
        tokio::spawn(async move {
            closed.run_until_cancelled(channel::serve(client, channel)).await;
            drop(alive);
        });
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), russh::Error> {
        if let Some(opened) = self.channels.remove(&channel) {
            opened.closed.cancel();
        }
        Ok(())
    }

    // The requests below are answered here, in their order, since a client may send several at once; the channel's task
    // reads the same requests from its channel and acts on them.

    async fn env_request(&mut self, channel: ChannelId, name: &str, _value: &str, session: &mut Session) -> Result<(), russh::Error> {
        match name == channel::GIT_PROTOCOL {
            true => session.channel_success(channel),
            false => session.channel_failure(channel),
        }
    }

    async fn exec_request(&mut self, channel: ChannelId, _command: &[u8], session: &mut Session) -> Result<(), russh::Error> {
        self.start(channel, session)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        self.start(channel, session)
    }

    async fn subsystem_request(&mut self, channel: ChannelId, _name: &str, session: &mut Session) -> Result<(), russh::Error> {
        // Accepted so that the text that refuses it is shown.
        self.start(channel, session)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_failure(channel)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_failure(channel)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_failure(channel)
    }
}
