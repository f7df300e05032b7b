//! Numbers from a seed. Most are hashes of what they are about, so that they do not hang on the order of asking.

/// A number that hangs on `parts` alone (the finaliser of splitmix64 over each).
pub(crate) fn hash(parts: &[u64]) -> u64 {
    parts.iter().fold(0x243f_6a88_85a3_08d3, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// A number below `n`, for `parts`.
pub(crate) fn below(n: u32, parts: &[u64]) -> u32 {
    u32::try_from(hash(parts) % u64::from(n.max(1))).unwrap_or_default()
}

/// One of a list, for `parts`; the list is not empty.
pub(crate) fn of<'a, T>(list: &'a [T], parts: &[u64]) -> &'a T {
    &list[below(u32::try_from(list.len()).unwrap_or(u32::MAX), parts) as usize]
}

/// True in `percent` of a hundred cases.
pub(crate) fn chance(percent: u32, parts: &[u64]) -> bool {
    below(100, parts) < percent
}

/// A rank below `n` of which the first is the most frequent, as in Zipf's law: the k-th in proportion to 1/k.
pub(crate) fn zipf(n: u32, parts: &[u64]) -> u32 {
    let unit = hash(parts) as f64 / u64::MAX as f64;
    let rank = f64::from(n + 1).powf(unit) - 1.0;
    (rank as u32).min(n.saturating_sub(1))
}

/// 32 bytes for a digest.
pub(crate) fn digest(parts: &[u64]) -> model::Digest {
    let mut bytes = [0; 32];
    for (turn, chunk) in (0_u64..).zip(bytes.chunks_exact_mut(8)) {
        chunk.copy_from_slice(&hash(&[hash(parts), turn]).to_be_bytes());
    }
    model::Digest::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_is_the_most_frequent_and_none_is_outside() {
        let mut counts = [0_u32; 20];
        for turn in 0..20_000 {
            counts[zipf(20, &[7, turn]) as usize] += 1;
        }
        assert!(counts[0] > 3 * counts[4] && counts[4] > counts[19] && counts[19] > 0, "{counts:?}");
        assert_eq!(zipf(1, &[1]), 0);
    }

    #[test]
    fn numbers_hang_on_what_they_are_about_alone() {
        assert_eq!(hash(&[1, 2]), hash(&[1, 2]));
        assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
        assert_ne!(digest(&[1]), digest(&[2]));
        let hits = (0..10_000).filter(|turn| chance(30, &[3, *turn])).count();
        assert!((2_700..3_300).contains(&hits), "{hits}");
    }
}
