//! What the allocator keeps of memory that the program gave back.

/// How much glibc may keep free at the end of each of its arenas, and how large a piece is before it is a mapping of its own, in bytes.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 128 << 10;

/// Has memory go back to the system when it is free. Unless it is told, glibc learns from the largest pieces that were freed, up to
/// 32 MiB, and then keeps twice as much free in every arena, of which there are eight a core: after some hundred answers of 4 MiB from
/// servers that plugins ask, the process was 90 MiB larger for good, 24 with this (mallopt(3), M_TRIM_THRESHOLD).
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "there is no other way to tell glibc's allocator")]
    // SAFETY: mallopt takes two numbers and may be called at any time; a value that it refuses changes nothing.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
    }
}
