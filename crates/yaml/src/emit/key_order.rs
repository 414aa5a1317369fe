//! The order of keys in output.
//!
//! Source: `sorter.go` of go.yaml.in/yaml/v2 v2.4.2: letters by code point, after all that are no letters, and
//! digits as numbers.

use std::cmp::Ordering;

/// Compares two keys in go-yaml's natural order.
pub fn compare(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return compare_units(a.as_bytes(), b.as_bytes(), |b| b.is_ascii_alphabetic());
    }
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    compare_units(&a, &b, |c| c.is_alphabetic())
}

/// Sorts positions by the keys at them.
///
/// The order is not transitive (`a1b` < `a2` < `a10` < `a1b`), which the standard library's sorts may answer with a
/// panic; a plain merge sort does not mind.
pub(super) fn sort_positions<'k>(positions: &mut [u32], key: impl Fn(u32) -> &'k str + Copy) {
    if positions.len() <= 16 {
        for end in 1..positions.len() {
            let mut at = end;
            while at > 0 && compare(key(positions[at]), key(positions[at - 1])) == Ordering::Less {
                positions.swap(at, at - 1);
                at -= 1;
            }
        }
        return;
    }
    let middle = positions.len() / 2;
    sort_positions(&mut positions[..middle], key);
    sort_positions(&mut positions[middle..], key);
    let left = positions[..middle].to_vec();
    let (mut l, mut r) = (0, middle);
    for at in 0..positions.len() {
        let takes_right = r < positions.len()
            && (l == left.len() || compare(key(positions[r]), key(left[l])) == Ordering::Less);
        if takes_right {
            positions[at] = positions[r];
            r += 1;
        } else {
            positions[at] = left[l];
            l += 1;
        }
    }
}

fn compare_units<T: Copy + Ord + Into<char>>(a: &[T], b: &[T], is_letter: impl Fn(T) -> bool) -> Ordering {
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else {
        return a.len().cmp(&b.len());
    };
    match (is_letter(a[at]), is_letter(b[at])) {
        (true, true) => return a[at].cmp(&b[at]),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // After a number that is not all zeros, a further zero counts.
    let zero = a[at].into() == '0' || b[at].into() == '0';
    let goes_on =
        zero && a[..at].iter().rev().map(|c| digit(*c)).take_while(Option::is_some).any(|d| d != Some(0));
    let (a_value, a_end) = number(a, at, i64::from(goes_on));
    let (b_value, b_end) = number(b, at, i64::from(goes_on));
    a_value.cmp(&b_value).then(a_end.cmp(&b_end)).then(a[at].cmp(&b[at]))
}

fn digit<T: Into<char>>(c: T) -> Option<u32> {
    c.into().to_digit(10)
}

fn number<T: Copy + Into<char>>(text: &[T], start: usize, head: i64) -> (i64, usize) {
    let mut value = head;
    let mut end = start;
    while let Some(d) = text.get(end).and_then(|c| digit(*c)) {
        value = value.wrapping_mul(10).wrapping_add(i64::from(d));
        end += 1;
    }
    (value, end)
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn keys_sort_naturally() {
        let mut keys =
            vec!["a10", "a2", "b", "B", "a", "A", "1", "10", "2", "-x", "a-b", "ab", "a.b", "é", "a01"];
        keys.sort_by(|a, b| compare(a, b));
        assert_eq!(
            keys,
            ["-x", "1", "2", "10", "A", "B", "a", "a-b", "a.b", "a01", "a2", "a10", "ab", "b", "é"]
        );
    }
}
