//! A picture for whoever chose none: a pattern of five by five that is the same on both sides, in a colour, both from the id alone.

use sha2::{Digest as _, Sha256};

use super::picture::{Picture, write};

/// Squares on a side.
const SQUARES: usize = 5;
/// Pixels of a square.
const SQUARE: usize = 40;
/// Pixels around the pattern.
const MARGIN: usize = 20;
const SIDE: usize = SQUARES * SQUARE + 2 * MARGIN;
const BACKGROUND: [u8; 4] = [0xf0, 0xf2, 0xf5, 0xff];

/// Draws it. `kind` sets accounts and repositories with one id apart.
pub(super) fn draw(kind: &[u8], id: i64) -> Result<Vec<u8>, String> {
    let hash: [u8; 32] = Sha256::new().chain_update(kind).chain_update(id.to_be_bytes()).finalize().into();
    let [tint, bits @ ..] = hash;
    let colour = colour(tint);
    let is_filled = |column: usize, row: usize| {
        let column = column.min(SQUARES - 1 - column);
        bits.get(row * SQUARES + column).is_some_and(|byte| byte & 1 == 1)
    };
    let square = |pixel: usize| pixel.checked_sub(MARGIN).map(|at| at / SQUARE).filter(|at| *at < SQUARES);
    let mut pixels = Vec::with_capacity(SIDE * SIDE * 4);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let filled = square(x).zip(square(y)).is_some_and(|(column, row)| is_filled(column, row));
            pixels.extend_from_slice(if filled { &colour } else { &BACKGROUND });
        }
    }
    write(&Picture { width: SIDE, height: SIDE, pixels })
}

/// One of 256 on the circle, all of one strength, so that each is seen on the background.
fn colour(tint: u8) -> [u8; 4] {
    let at = u16::from(tint) * 6;
    let (part, within) = (at >> 8, at & 255);
    // From 60 to 180.
    let (low, high) = (60u16, 180u16);
    let rising = low + (high - low) * within / 255;
    let falling = high - (high - low) * within / 255;
    let (r, g, b) = match part {
        0 => (high, rising, low),
        1 => (falling, high, low),
        2 => (low, high, rising),
        3 => (low, falling, high),
        4 => (rising, low, high),
        _ => (high, low, falling),
    };
    let byte = |value: u16| u8::try_from(value).unwrap_or(u8::MAX);
    [byte(r), byte(g), byte(b), u8::MAX]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::avatars::picture::read;

    #[test]
    fn it_follows_from_the_id_is_the_same_on_both_sides_and_differs_from_others() {
        let picture = draw(b"account", 7).unwrap();
        assert_eq!(picture, draw(b"account", 7).unwrap());
        assert!(picture.len() < 4096, "{} bytes", picture.len());
        let all: std::collections::BTreeSet<_> =
            (0..100).map(|id| draw(b"account", id).unwrap()).chain([draw(b"repository", 7).unwrap()]).collect();
        assert_eq!(all.len(), 101);
        let Picture { width, height, pixels } = read(&picture).unwrap();
        assert_eq!((width, height), (SIDE, SIDE));
        let pixel = |x: usize, y: usize| &pixels[(y * SIDE + x) * 4..][..4];
        assert!((0..SIDE).all(|y| (0..SIDE / 2).all(|x| pixel(x, y) == pixel(SIDE - 1 - x, y))));
    }
}
