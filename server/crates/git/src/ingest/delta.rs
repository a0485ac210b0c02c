//! Deltas are applied (gitformat-pack(5), "Deltified representation").

use super::scan::delta_size;

/// Bytes of the shortest delta that git takes (its `DELTA_SIZE_MIN`).
const SHORTEST: usize = 4;

/// The result of a delta; `None` if it does not fit its base.
pub(super) fn patched(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    // git takes no shorter one, and would not read it back.
    if delta.len() < SHORTEST {
        return None;
    }
    let (base_size, used) = delta_size(delta)?;
    let delta = delta.get(used..)?;
    let (size, used) = delta_size(delta)?;
    if base_size != base.len() as u64 {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    let mut rest = delta.get(used..)?.iter();
    let mut out = Vec::with_capacity(size);
    while let Some(op) = rest.next() {
        let part = match op {
            0 => return None,
            insert @ 1..=0x7f => {
                let (part, left) = rest.as_slice().split_at_checked(usize::from(*insert))?;
                rest = left.iter();
                part
            }
            copy => {
                let mut number = |bits: std::ops::Range<u32>| {
                    let (first, mut value) = (bits.start, 0usize);
                    for bit in bits {
                        if copy >> bit & 1 == 1 {
                            value |= usize::from(*rest.next()?) << (8 * (bit - first));
                        }
                    }
                    Some(value)
                };
                let (offset, length) = (number(0..4)?, number(4..7)?);
                let length = if length == 0 { 0x10000 } else { length };
                base.get(offset..offset.checked_add(length)?)?
            }
        };
        if out.len() + part.len() > size {
            return None;
        }
        out.extend_from_slice(part);
    }
    (out.len() == size).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::patched;

    #[test]
    fn deltas_are_applied_and_bad_ones_are_not() {
        let base = b"0123456789";
        // Copy 4 from 2, insert "xy", copy 2 from 0.
        let good = [10, 8, 0b1001_0001, 2, 4, 2, b'x', b'y', 0b1001_0000, 2];
        assert_eq!(patched(base, &good).as_deref(), Some(&b"2345xy01"[..]));
        for cut in 0..good.len() {
            assert_eq!(patched(base, &good[..cut]), None, "{cut}");
        }
        for bad in [&[10, 0][..], &[9, 1, 1, b'x'], &[10, 1, 0], &[10, 1, 0b1001_0001, 9, 2], &[10, 1, 2, b'x', b'y'], &[10, 2, 1, b'x']] {
            assert_eq!(patched(base, bad), None, "{bad:?}");
        }
    }
}
