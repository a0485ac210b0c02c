//! What a phone's camera reads: a QR code (ISO/IEC 18004) as SVG. It is dark on light in every theme, since not every app reads the reverse.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of white around it, which the standard asks for.
const QUIET: i32 = 4;

/// A picture of a text; empty if that is longer than any code holds.
pub fn qr(text: &str) -> String {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return String::new() };
    let mut dark = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _infallible = write!(dark, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    let side = code.size() + 2 * QUIET;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{dark}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_the_modules_of_the_code_within_a_white_border() {
        let text = "otpauth://totp/git.example.org:ann?secret=GEZDGNBVGY3TQOJQ";
        let (picture, code) = (qr(text), QrCode::encode_text(text, QrCodeEcc::Medium).unwrap());
        let side = code.size() + 2 * QUIET;
        assert!(picture.contains(&format!("viewBox=\"0 0 {side} {side}\"")), "{picture}");
        for y in 0..side {
            for x in 0..side {
                let is_dark = picture.contains(&format!("M{x} {y}h1v1h-1z"));
                assert_eq!(is_dark, code.get_module(x - QUIET, y - QUIET), "{x} {y}");
            }
        }
        // Nothing of the text is in it but as modules, so nothing in it can break out of it.
        assert!(qr("<script>\"'&").is_ascii() && !qr("<script>").contains("script"));
        assert_eq!(qr(&"x".repeat(10_000)), "");
    }
}
