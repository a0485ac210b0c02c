//! What a rule found, and what looking costs.

/// A secret in a text, as a range of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The rule's short name.
    pub rule: &'static str,
    /// Its first byte.
    pub from: usize,
    /// The byte behind its last.
    pub to: usize,
}

/// Letters, digits and `_`.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What is left of the effort that one push may take, in steps of two or three thousand instructions. Ordinary text takes a few steps for a
/// kilobyte; text made to be hard to search takes more, and is then not searched to its end.
pub struct Effort(u32);

impl Effort {
    /// So many steps.
    pub fn new(steps: u32) -> Effort {
        Effort(steps)
    }

    /// Takes a step, and one more for each `each` of these bytes.
    pub fn spend(&mut self, bytes: usize, each: usize) {
        self.0 = self.0.saturating_sub(u32::try_from(1 + bytes / each.max(1)).unwrap_or(u32::MAX));
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.0 == 0
    }
}
