//! Numbers, names and sections of the binary format, read and written.

/// Bytes that are still to be read. Whatever is not there is `None`.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// LEB128, unsigned, of 32 bits.
    pub fn number(&mut self) -> Option<u32> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).ok();
            }
        }
        None
    }

    /// A number, and that many bytes.
    pub fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (body, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(body)
    }
}

/// LEB128.
pub fn number(value: u32, out: &mut Vec<u8>) {
    let mut value = value;
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes with their number before them.
pub fn counted(bytes: &[u8], out: &mut Vec<u8>) {
    // Components of 4 GiB are refused long before.
    number(u32::try_from(bytes.len()).unwrap_or(u32::MAX), out);
    out.extend_from_slice(bytes);
}

/// A whole section.
pub fn section(kind: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    counted(body, out);
}
