//! Events of an OSV range → intervals.

use package::{Version, VersionOrder};
use vulndb::{End, Range};

use super::Event;

/// What is said at one version.
struct Point {
    /// `None`: before every version.
    at: Option<Version>,
    begins: bool,
    end: Option<End>,
}

/// Walks the events in the order of their versions: each introduction opens an interval, the next end closes it. Where
/// one ends and another begins at the same version the flaw goes on; what begins and ends there is empty.
pub(super) fn of(
    events: &[Event],
    order: VersionOrder,
    out: &mut Vec<Range>,
    lint: &mut dyn FnMut(&str, String),
) {
    let Some(points) = points(events, order, lint) else { return };
    let text = |at: &Option<Version>| at.as_ref().map(|at| at.text().to_owned());
    let mut open: Option<Option<String>> = None;
    let mut begun = false;
    // What ends before it begins is inverted as a whole: the rest must not match up to infinity.
    let mut inverted = false;
    for Point { at, begins, end } in points {
        match (open.take(), begins, end) {
            (Some(introduced), true, _) | (Some(introduced), false, None) => open = Some(introduced),
            (Some(introduced), false, Some(end)) => out.push(Range { introduced, end }),
            (None, true, None) => open = Some(text(&at)),
            (None, true, Some(end @ End::LastAffected(_))) => {
                out.push(Range { introduced: text(&at), end });
            }
            (None, true, Some(_)) => lint("empty-range", text(&at).unwrap_or_default()),
            (None, false, _) => {
                inverted |= !begun;
                lint("inverted-range", text(&at).unwrap_or_default());
            }
        }
        begun |= begins;
    }
    if let Some(introduced) = open
        && !inverted
    {
        out.push(Range { introduced, end: End::Open });
    }
}

/// The events by version, sorted; `None` where one is no version: then nothing can be told.
fn points(events: &[Event], order: VersionOrder, lint: &mut dyn FnMut(&str, String)) -> Option<Vec<Point>> {
    let mut points: Vec<Point> = Vec::with_capacity(events.len());
    for event in events {
        let (text, end) = if let Some(version) = &event.introduced {
            (version, None)
        } else if let Some(version) = &event.fixed {
            (version, Some(End::Fixed(version.clone())))
        } else if let Some(version) = &event.last_affected {
            (version, Some(End::LastAffected(version.clone())))
        } else if let Some(version) = &event.limit {
            (version, Some(End::Limit(version.clone())))
        } else {
            continue;
        };
        // OSV's words for the beginning and for infinity.
        if text == "*" {
            continue;
        }
        let at = match order.parse(text) {
            _ if text == "0" && end.is_none() => None,
            Ok(version) => Some(version),
            Err(_) => {
                lint("unparsable-version", text.clone());
                return None;
            }
        };
        points.push(Point { at, begins: end.is_none(), end });
    }
    points.sort_by(|a, b| compare(a.at.as_ref(), b.at.as_ref()));
    points.dedup_by(|next, kept| {
        let same = compare(kept.at.as_ref(), next.at.as_ref()).is_eq();
        if same {
            kept.begins |= next.begins;
            kept.end = kept.end.take().or(next.end.take());
        }
        same
    });
    Some(points)
}

fn compare(a: Option<&Version>, b: Option<&Version>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Joins intervals that touch or overlap: the fix of one must not lie in another.
pub(super) fn join(ranges: &mut Vec<Range>, order: VersionOrder) {
    if ranges.len() < 2 {
        return;
    }
    let before = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (Some(a), Some(b)) => order.compare(a, b).unwrap_or(std::cmp::Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    ranges.sort_by(|a, b| before(&a.introduced, &b.introduced));
    ranges.dedup_by(|next, kept| {
        let touches = match (&kept.end, &next.introduced) {
            (End::Open, _) | (_, None) => true,
            (End::Fixed(end) | End::LastAffected(end) | End::Limit(end), Some(start)) => {
                order.compare(start, end).is_ok_and(std::cmp::Ordering::is_le)
            }
        };
        if touches && is_later(&next.end, &kept.end, order) {
            kept.end = next.end.clone();
        }
        touches
    });
}

fn is_later(a: &End, b: &End, order: VersionOrder) -> bool {
    let text = |end: &End| match end {
        End::Open => None,
        End::Fixed(version) | End::LastAffected(version) | End::Limit(version) => Some(version.clone()),
    };
    match (text(a), text(b)) {
        (_, None) => false,
        (None, _) => true,
        (Some(x), Some(y)) => match order.compare(&x, &y) {
            Ok(std::cmp::Ordering::Equal) => matches!(a, End::LastAffected(_)),
            Ok(order) => order.is_gt(),
            Err(_) => false,
        },
    }
}
