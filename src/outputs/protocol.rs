//! The `Outputs:` protocol: what hooks and scripts say on standard output.
//!
//! In: all that a component's programs printed. Out: [`RawOutputs`]. Refuses to know: which of them are declared.
//!
//! Source: hubctl's `lifecycle/outputs.go`: a line that is exactly `Outputs:` begins a block, the next blank line ends
//! it (one right after the marker is passed over); `key = value`; blanks, carriage returns and colours are dropped; one
//! pair of quotes is removed and `\"` unescaped; a key that comes again adds its value with a comma.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use indexmap::IndexMap;
use regex::Regex;

/// Random bytes that a component's programs share with `hub`, to print secrets that nobody else can read.
#[derive(Clone, PartialEq, Eq)]
pub struct RandomPad(Vec<u8>);

impl std::fmt::Debug for RandomPad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RandomPad({} bytes)", self.0.len())
    }
}

impl RandomPad {
    /// Takes random bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The text of `HUB_RANDOM`: base64 without padding.
    #[must_use]
    pub fn text(&self) -> String {
        STANDARD_NO_PAD.encode(&self.0)
    }

    /// Reads what was encoded with the same bytes.
    fn decode(&self, text: &str) -> Result<String, RawSecretsError> {
        let text = text.trim_end_matches('=');
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| RawSecretsError::Encoding)?;
        if bytes.len() > self.0.len() {
            return Err(RawSecretsError::Length { found: bytes.len(), most: self.0.len() });
        }
        let clear = bytes.iter().zip(&self.0).map(|(byte, pad)| byte ^ pad).collect();
        String::from_utf8(clear).map_err(|_| RawSecretsError::Encoding)
    }
}

/// Why `secrets = …` cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RawSecretsError {
    /// It is not base64, or not made with this `HUB_RANDOM`.
    #[error("the output `secrets` cannot be decoded: it is not made with this HUB_RANDOM")]
    Encoding,
    /// It is longer than the pad.
    #[error(
        "the output `secrets` has {found} bytes, and HUB_RANDOM only {most}: set `lifecycle.options.random.bytes`"
    )]
    Length {
        /// How long it is.
        found: usize,
        /// How long it may be.
        most: usize,
    },
}

/// What a component's programs said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawOutputs {
    /// By key, in the order in which keys first came.
    pub values: IndexMap<String, String>,
    /// Keys that came as `secrets`.
    pub secret: Vec<String>,
    /// Capabilities that came as `provides`.
    pub provides: Vec<String>,
}

static COLOUR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*[A-Za-z]").ok());

impl RawOutputs {
    /// Finds all blocks in what was printed.
    ///
    /// # Errors
    /// There is a `secrets` key that was not made with the pad.
    pub fn parse(printed: &str, pad: Option<&RandomPad>) -> Result<Self, RawSecretsError> {
        let mut all: IndexMap<String, Vec<String>> = IndexMap::new();
        for block in blocks(printed) {
            pairs(&block, &mut all);
        }
        let mut outputs = Self::default();
        if let (Some(encoded), Some(pad)) = (all.shift_remove("secrets"), pad) {
            let mut secret = IndexMap::new();
            for one in encoded {
                pairs(&pad.decode(&one)?.lines().map(str::to_owned).collect::<Vec<_>>(), &mut secret);
            }
            outputs.secret = secret.keys().cloned().collect();
            for (key, values) in secret {
                all.entry(key).or_default().extend(values);
            }
        }
        if let Some(provided) = all.shift_remove("provides") {
            let names = provided.iter().flat_map(|p| p.split(',')).map(str::trim).filter(|p| !p.is_empty());
            outputs.provides = names.map(str::to_owned).collect();
        }
        outputs.values = all.into_iter().map(|(key, values)| (key, values.join(","))).collect();
        Ok(outputs)
    }
}

fn blocks(printed: &str) -> Vec<Vec<String>> {
    let clean = match &*COLOUR {
        Some(colour) => colour.replace_all(printed, "").replace('\r', ""),
        None => printed.replace('\r', ""),
    };
    let mut blocks = Vec::new();
    let mut lines = clean.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_end() != "Outputs:" {
            continue;
        }
        if lines.peek().is_some_and(|next| next.trim().is_empty()) {
            lines.next();
        }
        let mut block = Vec::new();
        while let Some(line) = lines.next_if(|l| !l.trim().is_empty() && l.trim_end() != "Outputs:") {
            block.push(line.to_owned());
        }
        blocks.push(block);
    }
    blocks
}

fn pairs(block: &[String], all: &mut IndexMap<String, Vec<String>>) {
    for line in block.iter().filter(|line| !line.trim_start().starts_with('#')) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = unquoted(value.trim());
        let values = all.entry(key.trim().to_owned()).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\""),
        None => value.to_owned(),
    }
}

/// Encodes text with the bytes of `HUB_RANDOM`, as `hub util otp` does.
///
/// # Errors
/// `HUB_RANDOM` is no base64, or too short for the text.
pub fn encode(random: &str, text: &str) -> Result<String, RawSecretsError> {
    let pad = STANDARD_NO_PAD.decode(random.trim_end_matches('=')).map_err(|_| RawSecretsError::Encoding)?;
    if text.len() > pad.len() {
        return Err(RawSecretsError::Length { found: text.len(), most: pad.len() });
    }
    Ok(STANDARD.encode(text.bytes().zip(pad).map(|(byte, pad)| byte ^ pad).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(printed: &str) -> RawOutputs {
        RawOutputs::parse(printed, None).unwrap()
    }

    #[test]
    fn blocks_begin_at_the_marker_and_end_at_a_blank_line() {
        let raw =
            parse("a = 0\nOutputs:\n\nb = 1\nc=two words \n\nd = 3\nOutputs:\ne = 4\n# f = 5\nno pair\n");
        let found: Vec<_> = raw.values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(found, [("b", "1"), ("c", "two words"), ("e", "4")]);
        assert!(parse(" Outputs:\na = 1\n").values.is_empty());
    }

    #[test]
    fn quotes_colours_and_carriage_returns_go() {
        let raw = parse("Outputs:\r\n\x1b[1ma\x1b[0m = \"x \\\"y\\\"\"\r\nb = x=y\r\n");
        assert_eq!((raw.values["a"].as_str(), raw.values["b"].as_str()), ("x \"y\"", "x=y"));
    }

    #[test]
    fn a_key_that_comes_again_adds_its_value() {
        let raw = parse("Outputs:\na = 1\na = 2\na = 1\nprovides = x, y\n\nOutputs:\nprovides = z\na = 3\n");
        assert_eq!(raw.values["a"], "1,2,3");
        assert_eq!(raw.provides, ["x", "y", "z"]);
    }

    #[test]
    fn secrets_need_the_pad() {
        let pad = RandomPad::new((0..128).collect());
        let encoded = encode(&pad.text(), "password = hunter2\nuser = \"me\"").unwrap();
        let printed = format!("Outputs:\nurl = x\nsecrets = {encoded}\n");
        let raw = RawOutputs::parse(&printed, Some(&pad)).unwrap();
        assert_eq!((raw.values["password"].as_str(), raw.values["user"].as_str()), ("hunter2", "me"));
        assert_eq!(raw.secret, ["password", "user"]);
        let short = RandomPad::new(vec![1; 8]);
        let error = RawOutputs::parse(&printed, Some(&short)).unwrap_err();
        assert!(matches!(error, RawSecretsError::Length { most: 8, .. }), "{error}");
    }
}
