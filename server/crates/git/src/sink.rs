//! Where the bytes go that are made for a client.

use std::ops::ControlFlow;

/// Takes a pack or an archive as it is made. `Break` means that the receiver has gone: the work stops.
pub trait ByteSink {
    /// Its bytes, in order.
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()>;
    /// Text that git would show on the client's terminal, such as `Counting objects: …`; lines end in `\r` or `\n`.
    fn progress(&mut self, bytes: &[u8]) -> ControlFlow<()>;
}
