//! Where the bytes go that are made for a client.

use std::ops::ControlFlow;

use bytes::Bytes;

/// Takes a pack or an archive as it is made. `Break` means that the receiver has gone: the work stops.
pub trait ByteSink {
    /// Its bytes, in order.
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()>;
    /// The same of bytes that stay where they are, in a stored pack: they may be kept, to be sent later, without a copy.
    fn shared(&mut self, bytes: Bytes) -> ControlFlow<()> {
        self.data(&bytes)
    }
    /// Text that git would show on the client's terminal, such as `Counting objects: …`; lines end in `\r` or `\n`.
    fn progress(&mut self, bytes: &[u8]) -> ControlFlow<()>;
}
