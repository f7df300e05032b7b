//! A hash table of numbers whose keys live elsewhere: eight bytes a slot, no copies of the keys.

/// Slot without a number.
const EMPTY: u32 = u32::MAX;

/// Numbers by the hash of what they stand for; the caller keeps the keys and compares them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Half a hash, and the number.
    slots: Vec<(u32, u32)>,
    len: usize,
}

impl Table {
    /// A table that takes `n` numbers without growing.
    pub(crate) fn with_capacity(n: usize) -> Self {
        let mut table = Self::default();
        if n > 0 {
            table.resize((n + n / 2).next_power_of_two().max(16));
        }
        table
    }

    /// The number with this hash for which `same` holds.
    pub(crate) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        self.position(hash, same).and_then(|at| self.slots.get(at)).map(|slot| slot.1)
    }

    /// Adds a number whose key is not in the table.
    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            self.resize((self.slots.len() * 2).max(16));
        }
        self.place(half(hash), number);
        self.len += 1;
    }

    /// Puts `new` in the place of the number for which `same` holds, and returns the old one; else adds `new`.
    pub(crate) fn replace(&mut self, hash: u64, new: u32, same: impl Fn(u32) -> bool) -> Option<u32> {
        match self.position(hash, same).and_then(|at| self.slots.get_mut(at)) {
            Some(slot) => Some(std::mem::replace(&mut slot.1, new)),
            None => {
                self.insert(hash, new);
                None
            }
        }
    }

    fn position(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<usize> {
        let half = half(hash);
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = half as usize & mask;
        // A quarter of the slots is always empty, so this ends.
        while let Some(&(seen, number)) = self.slots.get(at) {
            if number == EMPTY {
                return None;
            }
            if seen == half && same(number) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn place(&mut self, half: u32, number: u32) {
        let mask = self.slots.len() - 1;
        let mut at = half as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.1 == EMPTY {
                *slot = (half, number);
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn resize(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![(0, EMPTY); slots]);
        for (half, number) in old {
            if number != EMPTY {
                self.place(half, number);
            }
        }
    }
}

fn half(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_again_past_growth_and_equal_hashes() {
        let mut table = Table::default();
        for n in 0..1000 {
            // Every hash is shared by ten numbers.
            table.insert(u64::from(n / 10), n);
        }
        for n in 0..1000 {
            assert_eq!(table.find(u64::from(n / 10), |seen| seen == n), Some(n));
        }
        assert_eq!(table.find(5, |_| false), None);
        assert_eq!(table.replace(5, 2000, |seen| seen == 51), Some(51));
        assert_eq!(table.find(5, |seen| seen == 2000), Some(2000));
        assert_eq!(table.replace(7777, 1, |_| true), None);
        assert_eq!(Table::default().find(1, |_| true), None);
        let mut sized = Table::with_capacity(3);
        sized.insert(1, 1);
        assert_eq!(sized.find(1, |_| true), Some(1));
    }
}
