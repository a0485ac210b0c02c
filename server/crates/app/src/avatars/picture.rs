//! Pictures of strangers: read within bounds, made small, and written anew. Only what is seen goes through; places, cameras and whatever else a file carries do not.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Pixels on the longer side of what is kept.
const SIDE: usize = 256;
/// Pixels on a side of what is read.
const MOST_SIDE: usize = 4096;
/// Pixels of what is read: four bytes each while it is made small.
const MOST_PIXELS: usize = 4 << 20;
/// Bytes that a decoder of PNG may set aside beside its answer.
const MOST_DECODER_BYTES: usize = 4 << 20;

/// Times that a JPEG may go over its pixels.
const MOST_SCANS: usize = 64;

/// Pixels of four bytes: red, green, blue and how opaque, row by row.
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

/// Reads a PNG or JPEG, makes it small and writes it as PNG; or says why not.
pub(super) fn remake(image: &[u8]) -> Result<Vec<u8>, String> {
    write(&shrunk(read(image)?))
}

/// Reads a PNG or JPEG, by what its bytes are.
pub(super) fn read(image: &[u8]) -> Result<Picture, String> {
    if image.starts_with(b"\x89PNG\r\n\x1a\n") {
        read_png(image)
    } else if image.starts_with(b"\xff\xd8\xff") {
        read_jpeg(image)
    } else {
        Err("is neither a PNG nor a JPEG".to_owned())
    }
}

fn check_size(width: usize, height: usize) -> Result<(), String> {
    let fits = (1..=MOST_SIDE).contains(&width) && (1..=MOST_SIDE).contains(&height) && width * height <= MOST_PIXELS;
    match fits {
        true => Ok(()),
        false => Err(format!("has {width} by {height} pixels, which is too much: at most {MOST_SIDE} on a side and {MOST_PIXELS} in all")),
    }
}

fn read_png(image: &[u8]) -> Result<Picture, String> {
    let broken = |error: png::DecodingError| format!("cannot be read as PNG: {error}");
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(image), png::Limits { bytes: MOST_DECODER_BYTES });
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    // What is not seen is not even unpacked.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(broken)?;
    let size = |side: u32| usize::try_from(side).unwrap_or(usize::MAX);
    let (width, height) = (size(header.width), size(header.height));
    check_size(width, height)?;
    let mut reader = decoder.read_info().map_err(broken)?;
    let bytes = reader.output_buffer_size().filter(|bytes| *bytes <= MOST_PIXELS * 4).ok_or("is larger than it says")?;
    let mut read = vec![0; bytes];
    // The first picture of one that moves.
    let frame = reader.next_frame(&mut read).map_err(broken)?;
    if (size(frame.width), size(frame.height)) != (width, height) {
        return Err("has a first picture of another size than its own".to_owned());
    }
    let pixels = match frame.color_type {
        png::ColorType::Rgba => read,
        png::ColorType::Rgb => with_alpha(&read),
        png::ColorType::Grayscale => read.iter().flat_map(|grey| [*grey, *grey, *grey, u8::MAX]).collect(),
        png::ColorType::GrayscaleAlpha => read.as_chunks::<2>().0.iter().flat_map(|[grey, alpha]| [*grey, *grey, *grey, *alpha]).collect(),
        png::ColorType::Indexed => return Err("has colours that cannot be read".to_owned()),
    };
    whole(width, height, pixels)
}

fn read_jpeg(image: &[u8]) -> Result<Picture, String> {
    let options = DecoderOptions::new_safe().set_strict_mode(true).set_max_width(MOST_SIDE).set_max_height(MOST_SIDE);
    let options = options.jpeg_set_max_scans(MOST_SCANS).jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(image), options);
    let broken = |error| format!("cannot be read as JPEG: {error}");
    decoder.decode_headers().map_err(broken)?;
    let (width, height) = decoder.dimensions().ok_or("has no size")?;
    check_size(width, height)?;
    let read = decoder.decode().map_err(broken)?;
    whole(width, height, with_alpha(&read))
}

fn with_alpha(rgb: &[u8]) -> Vec<u8> {
    rgb.as_chunks::<3>().0.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, u8::MAX]).collect()
}

fn whole(width: usize, height: usize, pixels: Vec<u8>) -> Result<Picture, String> {
    match pixels.len() == width * height * 4 {
        true => Ok(Picture { width, height, pixels }),
        false => Err("has fewer pixels than it says".to_owned()),
    }
}

/// Each new pixel is the mean of those that it stands for, weighed by how opaque they are.
fn shrunk(picture: Picture) -> Picture {
    let Picture { width, height, pixels } = picture;
    let longer = width.max(height);
    if longer <= SIDE {
        return Picture { width, height, pixels };
    }
    let (new_width, new_height) = ((width * SIDE / longer).max(1), (height * SIDE / longer).max(1));
    let mut small = Vec::with_capacity(new_width * new_height * 4);
    for y in 0..new_height {
        let rows = y * height / new_height..((y + 1) * height / new_height).max(y * height / new_height + 1);
        for x in 0..new_width {
            let columns = x * width / new_width..((x + 1) * width / new_width).max(x * width / new_width + 1);
            let (mut sums, mut opaque, mut count) = ([0u64; 3], 0u64, 0u64);
            for row in rows.clone() {
                let part = pixels.get((row * width + columns.start) * 4..(row * width + columns.end) * 4).unwrap_or_default();
                for [red, green, blue, alpha] in part.as_chunks::<4>().0 {
                    let alpha = u64::from(*alpha);
                    sums.iter_mut().zip([red, green, blue]).for_each(|(sum, value)| *sum += u64::from(*value) * alpha);
                    (opaque, count) = (opaque + alpha, count + 1);
                }
            }
            let byte = |value: u64| u8::try_from(value).unwrap_or(u8::MAX);
            small.extend(sums.map(|sum| byte(sum.checked_div(opaque).unwrap_or(0))));
            small.push(byte(opaque.checked_div(count).unwrap_or(0)));
        }
    }
    Picture { width: new_width, height: new_height, pixels: small }
}

/// Writes a PNG without anything but its pixels.
pub(super) fn write(picture: &Picture) -> Result<Vec<u8>, String> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, side(picture.width), side(picture.height));
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let broken = |error: png::EncodingError| format!("cannot be written as PNG: {error}");
    let mut writer = encoder.write_header().map_err(broken)?;
    writer.write_image_data(&picture.pixels).map_err(broken)?;
    writer.finish().map_err(broken)?;
    Ok(png)
}

#[cfg(test)]
mod tests;
