//! What was filled into a request is taken out of its answer before the plugin sees it: servers that show what they were sent are many.
//!
//! This is against accidents. Who receives a secret can hand it on in a form that nobody looks for; it is bound to those who are trusted with it.

use std::ops::Range;

use hardie_domain::delivery::HttpResponse;
use memchr::memmem::Finder;
use zeroize::Zeroizing;

/// What stands for it.
const MASK: &str = "[secret]";

/// Secrets in the forms in which answers repeat them.
pub(super) struct Mask(Vec<Zeroizing<String>>);

impl Mask {
    /// Of these values: as they are, in strings of JSON as several writers have them, in HTML, percent-encoded.
    pub(super) fn of(values: Vec<Zeroizing<String>>) -> Mask {
        let mut forms: Vec<Zeroizing<String>> = Vec::new();
        let mut add = |form: Zeroizing<String>| {
            if !form.is_empty() && !forms.contains(&form) {
                forms.push(form);
            }
        };
        for value in values {
            let json = Zeroizing::new(serde_json::to_string(value.as_str()).unwrap_or_default());
            let json = Zeroizing::new(json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned());
            add(Zeroizing::new(json.replace('/', "\\/")));
            add(Zeroizing::new(json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")));
            add(ascii(&json));
            add(json);
            for quotes in [["&quot;", "&#39;"], ["&#34;", "&#39;"], ["&quot;", "&#x27;"]] {
                add(html(&value, quotes));
            }
            for kept in [UNRESERVED, IN_PATHS, IN_ADDRESSES] {
                add(percent(&value, kept, false));
                add(percent(&value, kept, true));
            }
            add(value);
        }
        Mask(forms)
    }

    /// The answer without them.
    pub(super) fn over(&self, mut answer: HttpResponse) -> HttpResponse {
        for (_, value) in &mut answer.headers {
            if let Some(masked) = self.masked(value.as_bytes()) {
                *value = String::from_utf8_lossy(&masked).into_owned();
            }
        }
        if let Some(masked) = self.masked(&answer.body) {
            answer.body = masked;
            // It told how long the other one was.
            answer.headers.retain(|(name, _)| name != "content-length");
        }
        answer
    }

    /// `None` if none occurs. Where they overlap, all of it goes.
    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut places: Vec<Range<usize>> = self.0.iter().flat_map(|form| places(form.as_bytes(), text)).collect();
        if places.is_empty() {
            return None;
        }
        places.sort_by_key(|place| place.start);
        let mut masked = Vec::with_capacity(text.len());
        let mut end = 0;
        for place in places {
            if place.start >= end {
                masked.extend_from_slice(text.get(end..place.start).unwrap_or_default());
                masked.extend_from_slice(MASK.as_bytes());
            }
            end = end.max(place.end);
        }
        masked.extend_from_slice(text.get(end..).unwrap_or_default());
        Some(masked)
    }
}

/// Where a form stands, also where it overlaps itself, in time that grows with the text alone.
fn places(form: &[u8], text: &[u8]) -> Vec<Range<usize>> {
    let (finder, period) = (Finder::new(form), period(form));
    let again = form.get(form.len() - period..).unwrap_or_default();
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
        let start = from + at;
        let mut end = start + form.len();
        while period < form.len() && text.get(end..).is_some_and(|rest| rest.starts_with(again)) {
            end += period;
        }
        found.push(start..end);
        // What begins in the last period may still overlap; what begins before it was taken along.
        from = end - period + 1;
    }
    found
}

/// The shortest distance at which a text overlaps itself; its length if it does not (Knuth, Morris and Pratt).
fn period(form: &[u8]) -> usize {
    let mut borders = vec![0_usize; form.len()];
    let mut border = 0;
    for (at, byte) in form.iter().enumerate().skip(1) {
        while border > 0 && form.get(border) != Some(byte) {
            border = borders.get(border - 1).copied().unwrap_or_default();
        }
        border += usize::from(form.get(border) == Some(byte));
        if let Some(slot) = borders.get_mut(at) {
            *slot = border;
        }
    }
    form.len() - border
}

/// Beside letters and digits, what URLs never encode (RFC 3986, 2.3), and what writers of paths and of whole addresses leave as it is.
const UNRESERVED: &[u8] = b"-._~";
const IN_PATHS: &[u8] = b"-._~$&+=:@";
const IN_ADDRESSES: &[u8] = b"-._~;,/?:@&=+$!*'()#";

/// JSON in which everything beyond ASCII is `\u` and four digits.
fn ascii(json: &str) -> Zeroizing<String> {
    let mut written = Zeroizing::new(String::with_capacity(json.len()));
    for letter in json.chars() {
        match letter.is_ascii() {
            true => written.push(letter),
            false => letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| written.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    written
}

/// Text of HTML, with double and single quotes written so.
fn html(value: &str, [double, single]: [&str; 2]) -> Zeroizing<String> {
    let mut written = Zeroizing::new(String::with_capacity(value.len()));
    for letter in value.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str(double),
            '\'' => written.push_str(single),
            letter => written.push(letter),
        }
    }
    written
}

/// All but letters, digits and what is `kept` is written as `%` and two digits.
fn percent(value: &str, kept: &[u8], lower: bool) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(value.len().saturating_mul(3)));
    for byte in value.bytes() {
        match (byte.is_ascii_alphanumeric() || kept.contains(&byte), lower) {
            (true, _) => encoded.push(char::from(byte)),
            (false, true) => encoded.push_str(&format!("%{byte:02x}")),
            (false, false) => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(values: &[&str], text: &str) -> String {
        let mask = Mask::of(values.iter().map(|value| Zeroizing::new((*value).to_owned())).collect());
        mask.masked(text.as_bytes()).map_or_else(|| text.to_owned(), |masked| String::from_utf8(masked).unwrap())
    }

    #[test]
    fn a_value_is_masked_wherever_and_however_it_stands() {
        assert_eq!(masked(&["T0/B0/xyz"], "T0/B0/xyz at /T0/B0/xyz, not T0/B0/xy"), "[secret] at /[secret], not T0/B0/xy");
        assert_eq!(
            masked(&["T0/B0/xyz"], r#"{"path":"\/T0\/B0\/xyz","x":"T0%2FB0%2Fxyz T0%2fB0%2fxyz"}"#),
            r#"{"path":"\/[secret]","x":"[secret] [secret]"}"#
        );
        assert_eq!(masked(&["say \"hi\"\n"], r#"["say \"hi\"\n"]"#), r#"["[secret]"]"#);
        assert_eq!(masked(&["say \"hi\""], r#"["say \"hi\""]"#), r#"["[secret]"]"#);
        assert_eq!(masked(&["abcdefgh", "efghijkl"], "abcdefghijkl"), "[secret]", "what overlaps goes whole");
        assert_eq!(masked(&["abcdefgh", "abcdefghij"], "abcdefghij"), "[secret]");
        assert_eq!(masked(&["abcdefgh"], "abcdefghabcdefgh"), "[secret][secret]");
        assert_eq!(masked(&["abcdabcd"], "abcdabcdabcd abcdabc"), "[secret] abcdabc", "what overlaps itself goes whole");
        assert_eq!(masked(&["abaab-abaab"], "xabaab-abaab-abaaby"), "x[secret]y");
        let value = "a&b<c>'d\"é+/=f";
        for form in [
            "a\\u0026b\\u003cc\\u003e'd\\\"é+/=f",
            "a&b<c>'d\\\"\\u00e9+/=f",
            "a&amp;b&lt;c&gt;&#39;d&#34;é+/=f",
            "a&amp;b&lt;c&gt;&#x27;d&quot;é+/=f",
            "a&b%3Cc%3E%27d%22%C3%A9+%2F=f",
            "a&b%3Cc%3E'd%22%C3%A9+/=f",
        ] {
            assert_eq!(masked(&[value], &format!("<{form}>")), "<[secret]>", "{form}");
        }
        assert_eq!(masked(&[], "all of it"), "all of it");
        assert_eq!(masked(&[""], "all of it"), "all of it");
    }

    #[test]
    fn a_long_answer_of_what_is_nearly_the_secret_takes_no_time() {
        let value = format!("{}b", "a".repeat(8191));
        let text = "a".repeat(4 << 20);
        assert_eq!(masked(&[&value], &text).len(), text.len());
        let all = "a".repeat(8192);
        assert_eq!(masked(&[&all], &text), MASK);
        let nearly = format!("{}b", "a".repeat(8190)).repeat(512);
        let twice = format!("{0}b{0}", "a".repeat(4000));
        assert!(masked(&[&twice], &nearly).len() < nearly.len());
    }

    #[test]
    fn headers_are_masked_and_no_longer_tell_a_wrong_length() {
        let headers = vec![("content-length".to_owned(), "12".to_owned()), ("x-echo".to_owned(), "Bearer s3cr3t-value".to_owned())];
        let mask = Mask::of(vec![Zeroizing::new("s3cr3t-value".to_owned())]);
        let plain = HttpResponse { status: 200, headers, body: b"no such text".to_vec() };
        let answer = mask.over(plain.clone());
        assert_eq!(
            answer.headers,
            [("content-length".into(), "12".into()), ("x-echo".into(), "Bearer [secret]".into())] as [(String, String); 2]
        );
        let answer = mask.over(HttpResponse { body: b"s3cr3t-value".to_vec(), ..plain });
        assert_eq!((answer.body.as_slice(), answer.headers.len()), (&b"[secret]"[..], 1));
    }
}
