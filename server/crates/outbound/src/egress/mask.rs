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
    /// Of these values: as they are, in strings of JSON, percent-encoded.
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
            add(json);
            add(percent(&value, false));
            add(percent(&value, true));
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
        let found = |form: &Zeroizing<String>| -> Vec<Range<usize>> {
            Finder::new(form.as_bytes()).find_iter(text).map(|start| start..start + form.len()).collect()
        };
        let mut places: Vec<Range<usize>> = self.0.iter().flat_map(found).collect();
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

/// All but what a URL never encodes is written as `%` and two digits.
fn percent(value: &str, lower: bool) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(value.len().saturating_mul(3)));
    for byte in value.bytes() {
        match (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte), lower) {
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
        assert_eq!(masked(&[], "all of it"), "all of it");
        assert_eq!(masked(&[""], "all of it"), "all of it");
    }

    #[test]
    fn a_long_answer_of_what_is_nearly_the_secret_takes_no_time() {
        let value = format!("{}b", "a".repeat(8191));
        let text = "a".repeat(4 << 20);
        assert_eq!(masked(&[&value], &text).len(), text.len());
        let all = "a".repeat(8192);
        assert_eq!(masked(&[&all], &text).len(), (4 << 20) / 8192 * MASK.len());
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
