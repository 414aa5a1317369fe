//! Files of hubctl that may be packed.
//!
//! In: bytes. Out: text. Refuses to know: what the text says.
//!
//! Source: hubctl's `storage/read.go`: packed files are known by their first bytes, whatever their names.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The text of a file, plain or gzip.
///
/// # Errors
/// As a phrase: it cannot be unpacked, or is no text.
pub fn unpacked(bytes: Vec<u8>) -> Result<String, String> {
    let plain = if bytes.starts_with(&GZIP) {
        let mut plain = Vec::new();
        let read = MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain);
        read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
        plain
    } else {
        bytes
    };
    String::from_utf8(plain).map_err(|_| "it is neither text nor gzip".to_owned())
}

/// Packs text, the same bytes each time.
///
/// # Errors
/// Memory ran out.
pub fn packed(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}
