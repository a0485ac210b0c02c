//! The server that history is fetched from: what it is asked, and what it may answer.

use std::io;

use bytes::Bytes;
use hardie_domain::delivery::ServiceError;
use hardie_domain::oid::Oid;
use hardie_domain::secret::Secret;
use hardie_git::remote::{self, PackAnswer, RefList};
use tokio::sync::mpsc;

use super::run::Progress;
use crate::App;
use crate::ports::{RemoteAnswer, RemoteAsk};

/// The most bytes of a list of refs.
const MOST_LIST: usize = 8 << 20;
const ADVERTISED: &str = "application/x-git-upload-pack-advertisement";
const ANSWERED: &str = "application/x-git-upload-pack-result";

/// A repository elsewhere.
pub(super) struct Source<'a> {
    pub app: &'a App,
    pub url: &'a str,
    pub credential: Option<Secret>,
}

impl Source<'_> {
    /// Branches, tags and what HEAD names. The error is for whoever asked for the import.
    pub async fn refs(&self) -> Result<RefList, String> {
        let answer = self.ask(None, ADVERTISED).await?;
        remote::advertised(&self.whole(answer).await?).map_err(|error| self.said(&error.to_string()))?;
        let answer = self.ask(Some(remote::refs_request().to_vec()), ANSWERED).await?;
        RefList::read(&self.whole(answer).await?).map_err(|error| self.said(&error.to_string()))
    }

    /// Begins to fetch all that these reach.
    pub async fn pack(&self, wants: &[Oid]) -> Result<Box<dyn RemoteAnswer>, String> {
        self.ask(Some(remote::pack_request(wants).to_vec()), ANSWERED).await
    }

    /// Hands a pack on until it is whole, or nobody takes it any more.
    pub async fn hand_on(
        &self,
        mut answer: Box<dyn RemoteAnswer>,
        chunks: mpsc::Sender<io::Result<Bytes>>,
        progress: &Progress,
    ) -> Result<(), String> {
        let mut pack = PackAnswer::default();
        let handed = loop {
            let pieces = match answer.next().await {
                Ok(Some(bytes)) => pack.push(&bytes).map_err(|error| self.said(&error.to_string())),
                Ok(None) if pack.is_whole() => break Ok(()),
                Ok(None) => Err(self.said("it ended before the pack was whole")),
                Err(error) => Err(error.to_string()),
            };
            let pieces = match pieces {
                Ok(pieces) => pieces,
                Err(why) => break Err(why),
            };
            progress.line(pack.said());
            for piece in pieces {
                progress.received(piece.len());
                if chunks.send(Ok(piece)).await.is_err() {
                    return Ok(());
                }
            }
        };
        if handed.is_err() {
            // Whoever reads must not take what came for the whole.
            let _ = chunks.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
        }
        handed
    }

    async fn ask(&self, content: Option<Vec<u8>>, expected: &str) -> Result<Box<dyn RemoteAnswer>, String> {
        let way = if content.is_some() { "git-upload-pack" } else { "info/refs?service=git-upload-pack" };
        let ask = RemoteAsk { url: format!("{}/{way}", self.url), content, credential: self.credential.clone() };
        let answer = self.app.sender.ask_remote(ask).await.map_err(|error: ServiceError| error.to_string())?;
        match answer.status() {
            200 if answer.content_type() == expected => Ok(answer),
            200 => Err(self.said("it answers as no git server does: give the address that 'git clone' takes")),
            300..=399 => Err(self.said("it leads to another address, which is not followed: give that one")),
            401 | 403 if self.credential.is_none() => Err(self.said("it asks who you are: send auth_username and auth_password")),
            401 | 403 => Err(self.said("it does not take this name and password")),
            404 => Err(self.said("there is no such repository, or it is not shown to whoever asks")),
            other => Err(self.said(&format!("it answered with status {other}"))),
        }
    }

    /// An answer that fits into memory.
    async fn whole(&self, mut answer: Box<dyn RemoteAnswer>) -> Result<Vec<u8>, String> {
        let mut body = Vec::new();
        while let Some(piece) = answer.next().await.map_err(|error| error.to_string())? {
            body.extend_from_slice(&piece);
            if body.len() > MOST_LIST {
                return Err(self.said(&format!("its list of refs has more than {MOST_LIST} bytes")));
            }
        }
        Ok(body)
    }

    fn said(&self, what: &str) -> String {
        format!("{}: {what}", self.url)
    }
}
