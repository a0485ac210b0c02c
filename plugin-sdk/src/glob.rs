//! Patterns for paths, as in `.gitattributes`: `*` and `?` stay within a folder, `**` does not, `[…]` is one of a set.

/// Whether a path matches. A pattern without a slash is matched against the file's name alone, in any folder; one that ends
/// in a slash matches everything below that folder. Never takes more than pattern length × path length steps.
///
/// ```
/// use hardie_plugin::glob::matches;
/// assert!(matches("*.exe", b"tools/setup.exe"));
/// assert!(matches("secrets/**", b"secrets/prod/key.pem"));
/// assert!(matches("vendor/", b"vendor/lib.c"));
/// assert!(!matches("/docs/*.md", b"docs/guide/intro.md"));
/// ```
pub fn matches(pattern: &str, path: &[u8]) -> bool {
    Glob::new(pattern).matches(path)
}

/// A pattern made ready, for where it meets many paths: most paths are then told from it by a look at both ends.
#[derive(Clone, Debug)]
pub struct Glob {
    tokens: Vec<Token>,
    /// Bytes that stand for themselves before the first wildcard and after the last one.
    head: usize,
    tail: usize,
    by_name: bool,
}

impl Glob {
    /// A pattern for paths, as [`matches`] reads it.
    pub fn new(pattern: &str) -> Glob {
        let below = pattern.ends_with('/').then(|| format!("{pattern}**"));
        let pattern = below.as_deref().unwrap_or(pattern);
        Glob::read(pattern.strip_prefix('/').unwrap_or(pattern), !pattern.contains('/'))
    }

    /// A pattern for whole names, such as those of branches: `main` is not `topic/main`.
    ///
    /// ```
    /// use hardie_plugin::glob::Glob;
    /// assert!(Glob::whole("release/*").matches(b"release/1"));
    /// assert!(!Glob::whole("main").matches(b"topic/main"));
    /// ```
    pub fn whole(pattern: &str) -> Glob {
        Glob::read(pattern, false)
    }

    fn read(pattern: &str, by_name: bool) -> Glob {
        let tokens = tokens(pattern.as_bytes());
        let plain = |token: &&Token| matches!(token, Token::Byte(_));
        let head = tokens.iter().take_while(plain).count();
        let tail = tokens.iter().skip(head).rev().take_while(plain).count();
        Glob { tokens, head, tail, by_name }
    }

    /// Whether a path matches.
    pub fn matches(&self, path: &[u8]) -> bool {
        self.middle(path).is_some_and(|(tokens, rest)| match tokens {
            [] => rest.is_empty(),
            [Token::DoubleStar] => true,
            [Token::Folders, Token::Within] => rest.is_empty() || rest.ends_with(b"/"),
            [Token::Star] => !rest.contains(&b'/'),
            _ => simulate(tokens, rest),
        })
    }

    /// How many steps [`Glob::matches`] takes at most: for who has many patterns and paths, and a bound to keep.
    pub fn steps(&self, path: &[u8]) -> usize {
        self.middle(path).map_or(1, |(tokens, rest)| if tokens.len() < 2 { 1 + rest.len() / 8 } else { 1 + tokens.len() * rest.len() })
    }

    /// What is left to compare once both ends fit.
    fn middle<'a>(&'a self, path: &'a [u8]) -> Option<(&'a [Token], &'a [u8])> {
        let subject = if self.by_name { path.rsplit(|b| *b == b'/').next().unwrap_or(path) } else { path };
        let same = |(token, byte): (&Token, &u8)| matches!(token, Token::Byte(wanted) if wanted == byte);
        let between = self.head..subject.len().checked_sub(self.tail)?;
        let (tokens, rest) = (self.tokens.get(self.head..self.tokens.len() - self.tail)?, subject.get(between)?);
        // From the back: paths that differ at all have more in common in front.
        let ends = self.tokens.iter().rev().zip(subject.iter().rev()).take(self.tail).all(same);
        let begins = ends && self.tokens.iter().zip(subject).take(self.head).rev().all(same);
        begins.then_some((tokens, rest))
    }
}

/// All places that may be reached in the tokens are kept at once.
fn simulate(tokens: &[Token], subject: &[u8]) -> bool {
    // `reached[i]`: the tokens up to i match what was read so far.
    let (mut reached, mut next) = (vec![false; tokens.len() + 1], vec![false; tokens.len() + 1]);
    set(&mut reached, 0);
    skip_stars(tokens, &mut reached);
    for byte in subject {
        next.fill(false);
        for ((at, token), _) in tokens.iter().enumerate().zip(&reached).filter(|(_, reached)| **reached) {
            match token {
                Token::Star if *byte != b'/' => set(&mut next, at),
                Token::DoubleStar => set(&mut next, at),
                Token::Within => {
                    set(&mut next, at);
                    if *byte == b'/' {
                        set(&mut next, at + 1);
                    }
                }
                Token::Any if *byte != b'/' => set(&mut next, at + 1),
                Token::Byte(wanted) if wanted == byte => set(&mut next, at + 1),
                Token::Set(set_of, negated) if *byte != b'/' && contains(set_of, *byte) != *negated => set(&mut next, at + 1),
                _ => {}
            }
        }
        skip_stars(tokens, &mut next);
        std::mem::swap(&mut reached, &mut next);
    }
    reached.last().copied().unwrap_or_default()
}

#[derive(Clone, Debug)]
enum Token {
    Byte(u8),
    Any,
    Star,
    DoubleStar,
    /// `**/`, always with [`Token::Within`] behind it: no folder at all, or some.
    Folders,
    /// Anything up to a slash.
    Within,
    Set(Vec<(u8, u8)>, bool),
}

fn set(reached: &mut [bool], at: usize) {
    if let Some(slot) = reached.get_mut(at) {
        *slot = true;
    }
}

/// A star also stands for nothing at all.
fn skip_stars(tokens: &[Token], reached: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        if !reached.get(at).copied().unwrap_or_default() {
            continue;
        }
        match token {
            Token::Star | Token::DoubleStar => set(reached, at + 1),
            Token::Folders => {
                set(reached, at + 1);
                set(reached, at + 2);
            }
            _ => {}
        }
    }
}

fn contains(ranges: &[(u8, u8)], byte: u8) -> bool {
    ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte))
}

fn tokens(mut pattern: &[u8]) -> Vec<Token> {
    let mut out = Vec::new();
    while let Some((first, rest)) = pattern.split_first() {
        pattern = rest;
        let token = match first {
            b'*' if rest.starts_with(b"*/") && matches!(out.last(), None | Some(Token::Byte(b'/') | Token::Within)) => {
                pattern = rest.get(2..).unwrap_or_default();
                out.push(Token::Folders);
                Token::Within
            }
            b'*' if rest.first() == Some(&b'*') => {
                pattern = rest.get(1..).unwrap_or_default();
                Token::DoubleStar
            }
            b'*' => Token::Star,
            b'?' => Token::Any,
            b'\\' => match rest.split_first() {
                Some((escaped, rest)) => {
                    pattern = rest;
                    Token::Byte(*escaped)
                }
                None => Token::Byte(b'\\'),
            },
            b'[' => match parse_set(rest) {
                Some((token, rest)) => {
                    pattern = rest;
                    token
                }
                None => Token::Byte(b'['),
            },
            byte => Token::Byte(*byte),
        };
        out.push(token);
    }
    out
}

fn parse_set(text: &[u8]) -> Option<(Token, &[u8])> {
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let body = if negated { text.get(1..)? } else { text };
    // A bracket right at the beginning stands for itself.
    let end = 1 + body.iter().skip(1).position(|b| *b == b']')?;
    let (members, rest) = body.split_at_checked(end)?;
    let mut ranges = Vec::new();
    let mut at = members;
    while let Some((low, rest)) = at.split_first() {
        if let [b'-', high, ..] = rest {
            ranges.push((*low, *high));
            at = rest.get(2..).unwrap_or_default();
        } else {
            ranges.push((*low, *low));
            at = rest;
        }
    }
    Some((Token::Set(ranges, negated), rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_mean_what_they_mean_in_gitattributes() {
        for (pattern, path) in [
            ("*.exe", "a.exe"),
            ("*.exe", "a/b/c.exe"),
            ("a/*.exe", "a/b.exe"),
            ("**/x", "x"),
            ("**/x", "a/b/x"),
            ("a/**", "a/b/c"),
            ("a/**/z", "a/z"),
            ("a/**/z", "a/b/c/z"),
            ("?.txt", "a.txt"),
            ("[a-c].txt", "b.txt"),
            ("[!a-c].txt", "d.txt"),
            ("/README*", "README.md"),
            ("build/", "build/out/x"),
            ("\\*", "*"),
            ("a*b*/c", "axbx/c"),
            ("a/**/b/**/c", "a/x/b/c"),
            ("**/a/**/*.c", "x/a/b/y.c"),
            ("**/**/x", "x"),
            ("a/*/c/**", "a/b/c/d/e"),
            (".env*", "config/.env.local"),
        ] {
            assert!(matches(pattern, path.as_bytes()), "{pattern} should match {path}");
        }
        for (pattern, path) in [
            ("*.exe", "a.exe.txt"),
            ("a/*.exe", "a/b/c.exe"),
            ("/README*", "docs/README.md"),
            ("?.txt", "ab.txt"),
            ("[a-c].txt", "d.txt"),
            ("build/", "build"),
            ("\\*", "x"),
            ("a/**", "b/a/c"),
            ("ab*ba", "aba"),
            ("**/x", "fox"),
            ("a/**/z", "a/bz"),
            ("a/**/b/*.c", "a/xb/y.c"),
            ("a/*", "a/b/c"),
            ("", "x"),
        ] {
            assert!(!matches(pattern, path.as_bytes()), "{pattern} should not match {path}");
        }
    }

    #[test]
    fn a_malicious_pattern_takes_no_longer_than_its_size() {
        let pattern = "*a".repeat(200);
        assert!(!matches(&pattern, "a".repeat(5000).replace("aa", "ab").as_bytes()));
    }
}
