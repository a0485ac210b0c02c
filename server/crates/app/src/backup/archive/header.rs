//! The header of one file: 512 bytes of fields at fixed places (POSIX.1-1988, "ustar").

use super::BLOCK;

/// One header, as bytes.
pub type Block = [u8; BLOCK];

/// The longest name.
pub const NAME: usize = 100;
/// Sizes from here on do not fit into eleven octal digits.
const OCTAL_LIMIT: u64 = 1 << 33;
/// Where the checksum is; while it is computed it counts as spaces.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// The header of a file.
pub fn encode(name: &str, size: u64, mtime: u64) -> Block {
    let mut block = [0; BLOCK];
    put(&mut block, 0, name.as_bytes());
    put(&mut block, 100, b"0000600\0");
    put(&mut block, 108, b"0000000\0");
    put(&mut block, 116, b"0000000\0");
    if size < OCTAL_LIMIT {
        put(&mut block, 124, format!("{size:011o}\0").as_bytes());
    } else {
        // GNU: the highest bit set, then the number itself.
        put(&mut block, 124, &[0x80]);
        put(&mut block, 128, &size.to_be_bytes());
    }
    put(&mut block, 136, format!("{:011o}\0", mtime.min(OCTAL_LIMIT - 1)).as_bytes());
    put(&mut block, 156, b"0");
    put(&mut block, 257, b"ustar\x0000");
    let sum = checksum(&block);
    put(&mut block, CHECKSUM.start, format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Name, size and time of a header that [`encode`] wrote; `None` for any other.
pub fn decode(block: &Block) -> Option<(String, u64, u64)> {
    let name = block.get(..NAME)?;
    let name = name.get(..name.iter().position(|b| *b == 0)?)?;
    let name = std::str::from_utf8(name).ok()?.to_owned();
    let size = match block.get(124)? {
        0x80 => u64::from_be_bytes(block.get(128..136)?.try_into().ok()?),
        _ => octal(block.get(124..135)?)?,
    };
    let mtime = octal(block.get(136..147)?)?;
    (!name.is_empty() && encode(&name, size, mtime) == *block).then_some((name, size, mtime))
}

fn octal(digits: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

fn checksum(block: &Block) -> u32 {
    let byte = |(at, byte): (usize, &u8)| u32::from(if CHECKSUM.contains(&at) { b' ' } else { *byte });
    block.iter().enumerate().map(byte).sum()
}

fn put(block: &mut Block, at: usize, bytes: &[u8]) {
    for (place, byte) in block.iter_mut().skip(at).zip(bytes) {
        *place = *byte;
    }
}
