//! Times and ids as the API writes them.

use jiff::Timestamp;

/// The present second, RFC 3339 in UTC.
pub(crate) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A new random UUID.
pub(crate) fn uid() -> String {
    let bits: u128 = rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62) | (4 << 76) | (2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A random suffix of five letters and digits, as `generateName` appends it.
pub(crate) fn suffix() -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut bits: u64 = rand::random();
    let mut out = String::with_capacity(5);
    for _ in 0..5 {
        out.push(LETTERS[(bits % LETTERS.len() as u64) as usize] as char);
        bits /= LETTERS.len() as u64;
    }
    out
}
