//! One pass over a text. Most of it is never looked at: every form begins with, or holds, one of a few four-byte anchors, and a table
//! over pairs of bytes tells how far one may jump without missing any (the idea of Wu and Manber's agrep).

use std::ops::Range;

use crate::assigned::{self, Measure};
use crate::formats::FORMATS;
use crate::found::{Effort, Found};
use crate::{keys, urls};

/// Findings of one text that count; more say nothing new.
pub const MOST: usize = 20;

/// Within names, compared without regard to case.
const NAMES: &[&[u8; 4]] =
    &[b"pass", b"secr", b"toke", b"_key", b"-key", b"ikey", b"skey", b"hkey", b"tkey", b"ekey", b"nkey", b"gkey", b"rkey", b"pkey"];
/// The last letter of a scheme, and `://`.
const SCHEMES: &[&[u8; 4]] = &[b"s://", b"l://", b"b://", b"p://", b"v://", b"e://", b"a://", b"t://", b"h://", b"r://", b"j://", b"5://"];
const KEY: &[u8; 4] = b"BEGI";
const WEB_TOKEN: &[u8; 4] = b".eyJ";

#[derive(Clone, Copy, Debug)]
enum Look {
    Format(usize),
    Name,
    Scheme,
    Key,
    WebToken,
}

/// The table and the anchors.
pub struct Scanner {
    jumps: Box<[u8; 1 << 16]>,
    /// Whether some anchor has this [`hash`]: most words that end like an anchor end there.
    maybe: Box<[bool; 1 << 12]>,
    /// By [`fold`]ed anchor.
    anchors: Vec<(u32, Look)>,
    measure: Measure,
}

impl Scanner {
    /// Made once for a push.
    pub fn new(measure: Measure) -> Scanner {
        let mut all: Vec<([u8; 4], Look)> = Vec::new();
        for (at, format) in FORMATS.iter().enumerate() {
            all.extend(format.begins.as_bytes().first_chunk::<4>().map(|anchor| (*anchor, Look::Format(at))));
        }
        all.extend(NAMES.iter().map(|anchor| (**anchor, Look::Name)));
        all.extend(SCHEMES.iter().map(|anchor| (**anchor, Look::Scheme)));
        all.extend([(*KEY, Look::Key), (*WEB_TOKEN, Look::WebToken)]);
        let (mut jumps, mut maybe) = (Box::new([3; 1 << 16]), Box::new([false; 1 << 12]));
        for (anchor, look) in &all {
            if let Some(slot) = maybe.get_mut(hash(fold(*anchor))) {
                *slot = true;
            }
            let cases = |byte: u8| if matches!(look, Look::Name) { [byte, byte.to_ascii_uppercase()] } else { [byte, byte] };
            for (jump, pair) in anchor.windows(2).rev().enumerate() {
                let [first, second] = pair else { continue };
                for (first, second) in cases(*first).into_iter().flat_map(|first| cases(*second).map(|second| (first, second))) {
                    if let Some(slot) = jumps.get_mut(usize::from(u16::from_le_bytes([first, second]))) {
                        *slot = u8::try_from(jump).unwrap_or(0).min(*slot);
                    }
                }
            }
        }
        let mut anchors: Vec<(u32, Look)> = all.into_iter().map(|(anchor, look)| (fold(anchor), look)).collect();
        anchors.sort_by_key(|(anchor, _)| *anchor);
        Scanner { jumps, maybe, anchors, measure }
    }

    /// What a text holds of what `counts`, in order, the first 20. `bare`: see [`assigned::at`]. `None` if the effort ran out.
    pub fn scan(
        &self,
        text: &[u8],
        bare: bool,
        effort: &mut Effort,
        mut counts: impl FnMut(&Found, &mut Effort) -> bool,
    ) -> Option<Vec<Found>> {
        let mut found: Vec<Found> = Vec::new();
        // Where the last pair of an anchor may begin.
        let (mut at, mut end) = (2, 0);
        while let Some(jump) = self.jump(text, at) {
            if jump > 0 {
                at += jump;
                continue;
            }
            at += 1;
            let Some(anchor) = text.get(at - 3..).and_then(<[u8]>::first_chunk::<4>) else { continue };
            let anchor = fold(*anchor);
            if !self.maybe.get(hash(anchor)).copied().unwrap_or(true) {
                continue;
            }
            let looks = self.looks(anchor);
            if looks.is_empty() {
                continue;
            }
            effort.spend(0, 1);
            let looks = self.anchors.get(looks).unwrap_or_default();
            let hit = looks.iter().find_map(|(_, look)| self.look(*look, text, at - 3, bare, effort));
            if effort.is_spent() {
                return None;
            }
            if let Some(hit) = hit.filter(|hit| end <= hit.from) {
                (at, end) = (at.max(hit.to + 2), hit.to);
                if counts(&hit, effort) {
                    found.push(hit);
                }
                if effort.is_spent() {
                    return None;
                }
                if found.len() == MOST {
                    break;
                }
            }
        }
        Some(found)
    }

    /// How far one may go from here: 0 if an anchor may end here. `None` at the end.
    ///
    /// Instructions are counted, and this is where they are spent: four pairs are looked at for one look at the bounds.
    #[inline(always)]
    fn jump(&self, text: &[u8], at: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let Some(chunk) = rest.first_chunk::<11>() else {
            return rest.first_chunk::<2>().map(|pair| usize::from(self.of(*pair)));
        };
        let [a, b, _, c, d, _, e, f, _, g, h] = *chunk;
        let mut far = 0;
        for pair in [[a, b], [c, d], [e, f], [g, h]] {
            let jump = self.of(pair);
            if jump < 3 {
                return Some(if far > 0 { far } else { usize::from(jump) });
            }
            far += 3;
        }
        Some(far)
    }

    #[inline(always)]
    fn of(&self, pair: [u8; 2]) -> u8 {
        self.jumps.get(usize::from(u16::from_le_bytes(pair))).copied().unwrap_or(1)
    }

    fn looks(&self, anchor: u32) -> Range<usize> {
        let from = self.anchors.partition_point(|(other, _)| *other < anchor);
        let same = self.anchors.iter().skip(from).take_while(|(other, _)| *other == anchor).count();
        from..from + same
    }

    fn look(&self, look: Look, text: &[u8], at: usize, bare: bool, effort: &mut Effort) -> Option<Found> {
        match look {
            Look::Format(format) => FORMATS.get(format)?.at(text, at, effort),
            Look::Name => assigned::at(text, at, bare, self.measure, effort),
            Look::Scheme => urls::password(text, at + 4),
            Look::Key => keys::at(text, at, effort),
            Look::WebToken => urls::web_token(text, at, effort),
        }
    }
}

/// Small and capital letters alike; that other bytes fall together too only costs a second look.
fn fold(anchor: [u8; 4]) -> u32 {
    u32::from_be_bytes(anchor) | 0x2020_2020
}

/// The upper bits of a product by a large odd number are well mixed; twelve of them.
fn hash(anchor: u32) -> usize {
    (anchor.wrapping_mul(0x9E37_79B1) >> 20) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURE: Measure = Measure { length: 14, entropy: 3.4 };

    fn scan(text: &[u8]) -> Option<Vec<Found>> {
        Scanner::new(MEASURE).scan(text, true, &mut Effort::new(10_000), |_, _| true)
    }

    /// Something of every kind, each on a line of its own.
    fn sample() -> Vec<u8> {
        let body = "k7Hq2vPz9LmX4bTnR8wYc3JdGs6FaQe5UoVi0ZxN1hKpWtBy";
        let mut lines: Vec<String> = FORMATS.iter().map(|format| format!("{}{body}{body}", format.begins)).collect();
        lines.push(format!("-----BEGIN PRIVATE KEY-----\n{body}{}\n-----END PRIVATE KEY-----", &body[..16]));
        lines.push(format!("postgres://app:{}@db.acme.io/x", &body[..9]));
        lines.push(format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5AYWNtZS5pbyJ9.{}", &body[..43]));
        lines.push(format!("token: &'static str = \"{}\"; API-KEY => '{body}'", &body[..20]));
        lines.join("\n").into_bytes()
    }

    #[test]
    fn wherever_a_text_is_cut_or_changed_what_is_found_lies_within_it() {
        let text = sample();
        assert!(scan(&text).unwrap().len() >= 15, "{:?}", scan(&text));
        let (scanner, mut state) = (Scanner::new(MEASURE), 0x2545_F491_u32);
        for round in 0..1500 {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let at = state as usize % text.len();
            let mut piece = match round % 3 {
                0 => text[..at].to_vec(),
                1 => text[at..].to_vec(),
                _ => text.clone(),
            };
            if let Some(byte) = piece.get_mut(at / 2) {
                *byte = state.to_le_bytes()[1];
            }
            let found = scanner.scan(&piece, true, &mut Effort::new(10_000), |_, _| true).unwrap();
            let mut end = 0;
            for hit in found {
                assert!(end <= hit.from && hit.from < hit.to && hit.to <= piece.len(), "{hit:?} in {} bytes", piece.len());
                end = hit.to;
            }
        }
    }

    #[test]
    fn no_jump_leaves_an_anchor_out() {
        // Every form at every distance from the beginning, so that each pair of its anchor is met first.
        let token = ["ghp_", "k7Hq2vPz9LmX4bTnR8wYc3JdGs6FaQe5UoVi"].concat();
        for before in 0..40 {
            for filler in [" ", ".", "\n", "z ", "se, "] {
                let text = format!("{}{token}", &filler.repeat(40)[..before].trim_end_matches(char::is_alphanumeric));
                assert_eq!(scan(text.as_bytes()).unwrap().len(), 1, "{text}");
            }
        }
    }

    #[test]
    fn effort_that_runs_out_is_said_and_not_taken_for_a_clean_text() {
        let text = "password = secret = token\n".repeat(100);
        assert_eq!(Scanner::new(MEASURE).scan(text.as_bytes(), false, &mut Effort::new(100), |_, _| true), None);
        assert!(scan(text.as_bytes()).unwrap().is_empty());
    }
}
