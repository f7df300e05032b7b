//! Numbers of the score: whole numbers inside, rounded only where they are shown.

use std::{cmp::Ordering, fmt};

/// Points, in trillionths of one: the share of one asset in a billion is still seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(pub u64);

impl Points {
    /// One point.
    pub const ONE: u64 = 1_000_000_000_000;

    /// Whole points.
    #[must_use]
    pub const fn of(points: u32) -> Self {
        Self((points as u64).saturating_mul(Self::ONE))
    }

    /// `maximum × part ÷ whole`, to the nearest; `None` where the whole is nothing.
    #[must_use]
    pub fn share(maximum: u32, part: u64, whole: u64) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        let product = u128::from(Self::of(maximum).0) * u128::from(part.min(whole));
        let nearest = product.saturating_add(u128::from(whole / 2)) / u128::from(whole);
        u64::try_from(nearest).ok().map(Self)
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, nothing where it would be below.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As a number, for charts.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a number to be shown; points stay below 2^53 billionths")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::ONE as f64
    }
}

/// With two digits, as people see it: `0.31`. Half a hundredth goes up.
impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredth = Self::ONE / 100;
        let hundredths = self.0.saturating_add(hundredth / 2) / hundredth;
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

/// A share from nothing to all.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    part: u128,
    whole: u128,
}

impl Ratio {
    /// Points over what could be had; `None` where nothing could.
    #[must_use]
    pub fn of_points(points: Points, maximum: u32) -> Option<Self> {
        let whole = Points::of(maximum).0;
        (whole > 0).then(|| Self { part: u128::from(points.0.min(whole)), whole: u128::from(whole) })
    }

    /// Several shares by their weights; `None` where nothing weighs.
    #[must_use]
    pub fn weighted(shares: &[(Self, u64)]) -> Option<Self> {
        let weight: u128 = shares.iter().map(|(_, weight)| u128::from(*weight)).sum();
        let one = u128::from(Points::ONE);
        let part = shares.iter().map(|(share, weight)| share.scaled(one).saturating_mul(u128::from(*weight)));
        let part = part.fold(0, u128::saturating_add);
        (weight > 0).then(|| Self { part, whole: weight.saturating_mul(one) })
    }

    /// `part × scale ÷ whole`, to the nearest.
    fn scaled(self, scale: u128) -> u128 {
        (self.part.saturating_mul(scale).saturating_add(self.whole / 2)) / self.whole
    }

    /// In tenths of a percent, to the nearest: 483 for 29 of 60.
    #[must_use]
    pub fn per_mille(self) -> u32 {
        u32::try_from(self.scaled(1000)).unwrap_or(1000)
    }

    /// In whole percent, to the nearest: 48 for 29 of 60.
    #[must_use]
    pub fn percent(self) -> u32 {
        u32::try_from(self.scaled(100)).unwrap_or(100)
    }

    /// As a number from 0 to 1, for charts.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a number to be shown")]
    pub fn to_f64(self) -> f64 {
        self.scaled(1_000_000_000) as f64 / 1e9
    }
}

/// In percent with one digit: `48.3`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.per_mille();
        write!(f, "{}.{}", tenths / 10, tenths % 10)
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ratio {}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    /// By value: a half is a half whatever it is a half of.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.part.checked_mul(other.whole), other.part.checked_mul(self.whole)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Wholes past 2^64: the weights of more scopes than there are. Compared to twelve digits.
            _ => {
                let scale = u128::from(Points::ONE);
                self.scaled(scale).cmp(&other.scaled(scale))
            }
        }
    }
}
