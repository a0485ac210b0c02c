//! Compiled code in memory, in a form that is mapped instead of copied: a file without a name (memfd_create(2)), sealed against every
//! further write. wasmtime takes from it what a call's memory begins with as well, page by page as it is touched.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::os::fd::AsRawFd as _;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use wasmtime::Engine;
use wasmtime::component::Component;

/// How much is read at once: what stays in a core's cache while it is hashed.
const PIECE: usize = 128 << 10;

/// What `Engine::precompile_component` made.
pub(crate) struct Image(File);

impl Image {
    /// Takes all that `code` gives.
    pub(crate) fn of(code: impl Read) -> io::Result<Image> {
        let mut image = File::from(memfd_create("hardie-plugin", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
        each_piece(code, |piece| image.write_all(piece))?;
        fcntl_add_seals(&image, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        Ok(Image(image))
    }

    /// Shows all that is in it, piece by piece: read anew, so that what is shown is what nobody can change any more.
    pub(crate) fn show(&self, mut look: impl FnMut(&[u8])) -> io::Result<()> {
        (&self.0).rewind()?;
        each_piece(&self.0, |piece| {
            look(piece);
            Ok(())
        })
    }

    /// The component in it. Only for an image of which the caller knows that our own compiler made every byte.
    ///
    /// # Errors
    /// If it was made for another engine, or this one has no room for it.
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        let path = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        #[expect(unsafe_code, reason = "our own compiler made these bytes, and the kernel lets nobody change them since")]
        // SAFETY: whoever made the image has proven where its bytes came from: from the compiling child, over a file that nobody
        // else has, or from a file whose keyed hash over the very bytes that were copied was right. The seals keep them as they are.
        unsafe {
            Component::deserialize_file(engine, path)
        }
    }
}

fn each_piece(mut from: impl Read, mut to: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => to(buffer.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
