use super::*;

fn picture(width: usize, height: usize) -> Picture {
    let pixels = (0..width * height).flat_map(|n| [u8::try_from(n % 251).unwrap(), 40, 200, 255]).collect();
    Picture { width, height, pixels }
}

/// A PNG that says it has so many pixels, with the checksum that belongs to it.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut png = write(&picture(2, 2)).unwrap();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

/// The checksum of chunks (PNG, section 5.5).
fn crc(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 }))
}

/// Puts a chunk of text after the header.
fn with_text(png: &[u8], text: &[u8]) -> Vec<u8> {
    let chunk = [b"tEXt".as_slice(), text].concat();
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&png[..33], &length, &chunk, &crc(&chunk).to_be_bytes(), &png[33..]].concat()
}

#[test]
fn a_picture_is_made_small_and_keeps_its_shape() {
    let small = read(&remake(&write(&picture(1000, 500)).unwrap()).unwrap()).unwrap();
    assert_eq!((small.width, small.height), (256, 128));
    let kept = read(&remake(&write(&picture(100, 7)).unwrap()).unwrap()).unwrap();
    assert_eq!((kept.width, kept.height, kept.pixels == picture(100, 7).pixels), (100, 7, true));
    let line = read(&remake(&write(&picture(4096, 1)).unwrap()).unwrap()).unwrap();
    assert_eq!((line.width, line.height), (256, 1));
    let grey = Picture { width: 512, height: 512, pixels: [100, 100, 100, 255, 0, 0, 0, 0].repeat(512 * 256) };
    let mean = shrunk(grey);
    assert_eq!(&mean.pixels[..4], &[100, 100, 100, 127], "what is not seen has no colour");
}

#[test]
fn nothing_of_a_file_is_kept_but_its_pixels() {
    let plain = write(&picture(8, 8)).unwrap();
    let told = with_text(&plain, b"Comment\0taken at home");
    assert_eq!(remake(&told).unwrap(), plain);
    let followed = [plain.as_slice(), b"<script>alert(1)</script>"].concat();
    assert_eq!(remake(&followed).unwrap(), plain);
}

#[test]
fn what_claims_to_be_large_what_is_cut_and_what_is_none_is_refused_before_it_is_unpacked() {
    for (width, height) in [(4097, 1), (1, 4097), (4096, 4096), (u32::MAX / 2, 2)] {
        let refused = remake(&claims(width, height)).unwrap_err();
        assert!(refused.contains("too much"), "{width} by {height}: {refused}");
    }
    assert!(remake(&claims(0, 1)).is_err() && remake(&claims(3, 3)).is_err());
    let plain = write(&picture(300, 300)).unwrap();
    for end in (0..plain.len()).step_by(plain.len() / 40) {
        assert!(remake(&plain[..end]).is_err(), "{end}");
    }
    for none in [
        &b""[..],
        b"GIF89a",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\x10JFIF",
    ] {
        assert!(remake(none).is_err(), "{none:?}");
    }
}

/// Two by two pixels of red, with a comment, made by hand: one block of each component, without anything but its mean.
#[test]
fn a_jpeg_is_read() {
    let jpeg = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, RED).unwrap();
    let read = read(&jpeg).unwrap();
    assert_eq!((read.width, read.height), (2, 2));
    assert!(read.pixels.as_chunks::<4>().0.iter().all(|[r, g, b, a]| *r > 240 && *g < 15 && *b < 15 && *a == 255), "{:?}", read.pixels);
    assert!(!remake(&jpeg).unwrap().windows(7).any(|part| part == b"comment"));
    for end in [4, 20, jpeg.len() / 2] {
        assert!(remake(&jpeg[..end]).is_err(), "{end}");
    }
}

const RED: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD//gAYY29tbWVudDogdGFrZW4gYXQgaG9tZf/bAEMACAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\
    CAgICAgICAgICAgICAgICAgICAgICAgICP/AABEIAAIAAgMBEQACEQADEQD/xAAVAAACAAAAAAAAAAAAAAAAAAAGB//EABQQAQAAAAAAAAAAAAAAAAAAAAD/\
    2gAMAwEAAgADAAA/AAsKH+//2Q==";
