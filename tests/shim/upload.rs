//! Fetches: drives the state machine of `hardie_git::upload`.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use hardie_git::Cancel;
use hardie_git::build::{self, Source};
use hardie_git::reach::Reach;
use hardie_git::sink::ByteSink;
use hardie_git::upload::{self, PackRequest, Upload, UploadAction, UploadConfig, UploadError};
use hardie_git::wire::Refs;

use crate::repository::{Objects, Repository, limits};
use crate::{Call, chunk, died, send, without_service};

/// Leaves every pack to `git pack-objects`, as the engine does with large ones: git's tests are all small.
const CHILD: &str = "HARDIE_SHIM_CHILD";

/// Serves one conversation.
pub fn serve(repo: &Repository, call: Call) -> anyhow::Result<ExitCode> {
    let refs = Arc::new(repo.refs("uploadpack")?);
    if call.advertise_only {
        send(without_service(&upload::advertise_http(call.version, &refs, false), "git-upload-pack"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let config =
        UploadConfig { version: call.version, stateless: call.stateless, advertise: !call.stateless, bundles: false, limits: limits() };
    let mut talk = Talk { repo, refs: refs.clone(), objects: None, refused: None };
    talk.run(Upload::new(config, refs))?;
    match talk.refused {
        None => Ok(ExitCode::SUCCESS),
        Some(reason) => Ok(died(&reason)),
    }
}

struct Talk<'a> {
    repo: &'a Repository,
    refs: Arc<Refs>,
    /// Brought when they are first asked for: to list refs takes none.
    objects: Option<(Objects, Reach)>,
    refused: Option<String>,
}

impl Talk<'_> {
    fn run(&mut self, mut machine: Upload) -> anyhow::Result<()> {
        loop {
            match machine.poll() {
                UploadAction::NeedInput => {
                    let told = match chunk()? {
                        bytes if bytes.is_empty() => machine.feed_eof(),
                        bytes => machine.feed(&bytes),
                    };
                    self.note(told);
                }
                UploadAction::Send(bytes) => send(&bytes)?,
                UploadAction::Compute => {
                    let told = machine.compute(&self.objects()?.1);
                    self.note(told);
                }
                UploadAction::Bundles => machine.list_bundles(&[]),
                UploadAction::Pack(request) => self.pack(&mut machine, &request)?,
                UploadAction::Done => return Ok(()),
            }
        }
    }

    fn note(&mut self, told: Result<(), UploadError>) {
        if let Err(error) = told {
            self.refused = Some(error.to_string());
        }
    }

    fn objects(&mut self) -> anyhow::Result<&(Objects, Reach)> {
        if self.objects.is_none() {
            let objects = self.repo.objects()?;
            let reach = Reach::new(objects.odb.clone(), self.refs.clone());
            self.objects = Some((objects, reach));
        }
        self.objects.as_ref().context("just brought")
    }

    fn pack(&mut self, machine: &mut Upload, request: &PackRequest) -> anyhow::Result<()> {
        let refs = self.refs.clone();
        let (objects, _) = self.objects()?;
        let view = || objects.view(&refs);
        let source = Source { packs: &objects.store, odb: &objects.odb, refs: &refs, view: &view };
        let mut sink = Framed { machine, progress: request.progress };
        let (cancel, wall) = (Cancel::new(), limits().wall);
        let built = match std::env::var_os(CHILD) {
            None => build::build_pack(&source, request, &mut sink, &cancel, wall),
            Some(_) => view().and_then(|view| build::pack_objects(&view, request, &mut sink, &cancel, wall)),
        };
        match built {
            Ok(()) => send(&machine.finish_pack()),
            Err(error) => {
                self.refused = Some(error.to_string());
                send(&machine.fail_pack(&error.to_string()))
            }
        }
    }
}

/// Pack bytes on their way out.
struct Framed<'a> {
    machine: &'a Upload,
    progress: bool,
}

impl ByteSink for Framed<'_> {
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        sent(&self.machine.frame_pack(bytes))
    }

    fn progress(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        if self.progress { sent(&self.machine.frame_progress(bytes)) } else { ControlFlow::Continue(()) }
    }
}

fn sent(bytes: &[u8]) -> ControlFlow<()> {
    if send(bytes).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
