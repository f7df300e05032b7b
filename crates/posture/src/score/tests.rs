use model::StateKind::{self, Healthy, NotApplicable, NotAssessed, Unhealthy};
use proptest::{collection::vec, prelude::*};

use super::*;

/// Groups of these maxima; each has the controls of the list, `true`: a preview.
fn controls(groups: &[(u32, &[bool])]) -> Controls {
    let mut text = "groups:\n".to_owned();
    let mut files = Vec::new();
    for (number, (maximum, previews)) in groups.iter().enumerate() {
        text.push_str(&format!("  - {{id: g{number}, title: G, maximum: {maximum}, description: D}}\n"));
        for (control, preview) in previews.iter().enumerate() {
            files.push((
                format!("g{number}.c{control}.yaml"),
                format!(
                    "{{id: g{number}.c{control}, asset: image, title: T, description: D, severity: low, group: g{number}, \
                     plan: registries, preview: {preview}, predicate: image-owned, remediation: [{{task: T}}], \
                     references: [https://example.org/], cases: [{{name: a, image: {{owner: o}}, expect: healthy}}, \
                     {{name: b, image: {{}}, expect: unhealthy, cause: no-owner}}]}}"
                ),
            ));
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Controls::load(("groups.yaml", &text), &files).unwrap()
}

fn index(controls: &Controls, id: &str) -> ControlIndex {
    controls.find(id).unwrap().0
}

/// Assets as rows of states, one for each control of `controls` in order.
fn score(controls: &Controls, assets: &[(Vec<StateKind>, u64)]) -> Score {
    let mut builder = ScoreBuilder::new(controls);
    for (states, times) in assets {
        let states: Vec<_> = controls.indexed().map(|(index, _)| index).zip(states.iter().copied()).collect();
        builder.add(&states, *times);
    }
    builder.finish()
}

/// The published example: 6 points, 78 resources, each worth 0.0769; 4 are healthy, so the control has 0.31.
#[test]
fn four_of_78_resources_have_31_hundredths_of_6_points() {
    let controls = controls(&[(6, &[false])]);
    let score = score(&controls, &[(vec![Healthy], 4), (vec![Unhealthy], 74)]);
    let group = score.groups[0];
    assert_eq!(group.for_each().map(|points| points.0 / (Points::ONE / 10_000)), Some(769));
    assert_eq!(group.current().unwrap().to_string(), "0.31");
    assert_eq!(group.potential().unwrap().to_string(), "5.69");
    assert_eq!(score.current().to_string(), "0.31");
    assert_eq!(score.gain(index(&controls, "g0.c0"), &controls).to_string(), "5.69");
}

/// The published example of one subscription: 29 of 60 points.
#[test]
fn a_scope_has_29_of_60_points() {
    let controls = controls(&[
        (10, &[false]),
        (10, &[false]),
        (10, &[false]),
        (10, &[false]),
        (10, &[false]),
        (10, &[false]),
    ]);
    let row =
        |healthy: usize| (0..6).map(|group| if group < healthy { Healthy } else { Unhealthy }).collect();
    // Of ten assets, 10, 9, 5, 5, 0 and 0 are healthy in the six groups.
    let score = score(&controls, &[(row(4), 5), (row(2), 4), (row(1), 1)]);
    assert_eq!(
        score.groups.iter().map(|group| group.assets.healthy).collect::<Vec<_>>(),
        [10, 9, 5, 5, 0, 0]
    );
    assert_eq!((score.current(), score.maximum()), (Points::of(29), 60));
    let ratio = score.ratio().unwrap();
    assert_eq!((ratio.percent(), ratio.per_mille(), ratio.to_string().as_str()), (48, 483, "48.3"));
}

/// The published example of several subscriptions: 22 of 58 points, with the weights of the whole benchmark.
#[test]
fn several_scopes_have_22_of_58_points_together_and_that_is_no_average() {
    let first = controls(&[(10, &[false]), (8, &[false]), (4, &[false]), (2, &[false])]);
    let second = controls(&[
        (6, &[false]),
        (6, &[false]),
        (4, &[false]),
        (4, &[false]),
        (4, &[false]),
        (4, &[false]),
        (3, &[false]),
        (2, &[false]),
        (1, &[false]),
    ]);
    let first = score(&first, &[(vec![Healthy, Healthy, Healthy, Unhealthy], 30)]);
    let second = score(&second, &[(vec![Unhealthy; 9], 10)]);
    let both = combine([&first, &second]);
    assert_eq!((both.current, both.maximum), (Points::of(22), 58));
    assert_eq!(both.summed.unwrap().percent(), 38);
    // 22 of 24 and 0 of 34, of 30 and 10 assets: (91.67 × 30 + 0 × 10) ÷ 40 = 68.75, where a plain average is 45.8.
    assert_eq!(both.weighted.unwrap().to_string(), "68.8");
    assert_eq!(combine([]).summed, None);
}

#[test]
fn an_asset_counts_for_a_group_only_where_every_control_of_it_does() {
    let controls = controls(&[(4, &[false, false, true])]);
    for (states, expect) in [
        ([Healthy, Healthy, Unhealthy], Some(Healthy)),
        ([Healthy, Unhealthy, Healthy], Some(Unhealthy)),
        ([Healthy, NotAssessed, Healthy], Some(NotAssessed)),
        ([Unhealthy, NotAssessed, Healthy], Some(Unhealthy)),
        ([Healthy, NotApplicable, Healthy], Some(Healthy)),
        ([NotApplicable, NotApplicable, Healthy], Some(NotApplicable)),
    ] {
        let score = score(&controls, &[(states.to_vec(), 1)]);
        assert_eq!(score.groups[0].assets.state(), expect, "{states:?}");
        let counts = matches!(expect, Some(Healthy | Unhealthy));
        assert_eq!(score.ratio().is_some(), counts, "what does not count gives no score");
        assert_eq!(score.weight, u64::from(counts));
    }
}

#[test]
fn a_group_that_nothing_counts_in_is_in_no_sum() {
    let controls = controls(&[(6, &[false]), (4, &[false])]);
    let score = score(&controls, &[(vec![Healthy, NotApplicable], 2), (vec![Unhealthy, NotAssessed], 2)]);
    assert_eq!((score.current(), score.maximum()), (Points::of(3), 6));
    assert_eq!(score.groups[1].assets.not_assessed, 2, "but it is told what was not assessed");
    assert_eq!(score.groups[1].current(), None);
}

#[test]
fn what_a_recommendation_gains_is_what_the_score_then_has() {
    let controls = controls(&[(6, &[false, false, true])]);
    let before = score(
        &controls,
        &[
            (vec![Healthy, Healthy, Unhealthy], 2),
            (vec![Unhealthy, Healthy, Unhealthy], 3),
            (vec![Unhealthy, Unhealthy, Healthy], 4),
            (vec![Unhealthy, NotAssessed, Healthy], 1),
        ],
    );
    // Healthy where it was unhealthy: 2 + 3 of 9, as one asset of the ten turns out not to be assessed.
    let after = score(
        &controls,
        &[
            (vec![Healthy, Healthy, Unhealthy], 5),
            (vec![Healthy, Unhealthy, Healthy], 4),
            (vec![Healthy, NotAssessed, Healthy], 1),
        ],
    );
    let first = index(&controls, "g0.c0");
    assert_eq!(before.with(first, &controls).ratio(), after.ratio());
    assert_eq!(before.gain(first, &controls), after.current().minus(before.current()));
    let preview = index(&controls, "g0.c2");
    assert_eq!(before.gain(preview, &controls), Points::default());
    assert_eq!(before.with(preview, &controls).ratio(), before.ratio());
}

#[test]
fn a_scope_counts_what_is_below_it() {
    let controls = controls(&[(4, &[false])]);
    let at = index(&controls, "g0.c0");
    let scope = |path: &str| Scope::new(path).unwrap();
    let scopes = [scope("org"), scope("org/shop"), scope("org/shop/web"), scope("org/pay")];
    let (healthy, unhealthy) = ([(at, Healthy)], [(at, Unhealthy)]);
    let scores = score_by_scope(
        &controls,
        [(&scopes[1], &healthy[..], 1), (&scopes[2], &unhealthy[..], 3), (&scopes[3], &healthy[..], 4)],
    );
    let points: Vec<_> = scores
        .iter()
        .map(|(scope, score)| (scope.as_str(), score.current().to_string(), score.weight))
        .collect();
    assert_eq!(
        points,
        [
            ("", "2.50".to_owned(), 8),
            ("org", "2.50".to_owned(), 8),
            ("org/pay", "4.00".to_owned(), 4),
            ("org/shop", "1.00".to_owned(), 4),
            ("org/shop/web", "0.00".to_owned(), 3),
        ]
    );
}

#[test]
fn numbers_are_rounded_only_where_they_are_shown() {
    assert_eq!(Points::share(1, 1, 3).unwrap().to_string(), "0.33");
    assert_eq!(Points::share(1, 2, 3).unwrap().to_string(), "0.67");
    assert_eq!(Points::share(1, 5, 1000).unwrap().to_string(), "0.01", "half a hundredth goes up");
    assert_eq!(Points::share(6, 9, 3), Some(Points::of(6)), "never above all");
    assert_eq!(Points::share(6, 0, 0), None);
    assert_eq!(Points::share(u32::MAX, u64::MAX, u64::MAX), Some(Points::of(u32::MAX)));
    let half = |maximum| Ratio::of_points(Points::share(maximum, 1, 2).unwrap(), maximum);
    assert_eq!(half(6), half(58));
    assert!(half(6) < Ratio::of_points(Points::of(4), 6));
    assert_eq!(Ratio::of_points(Points::default(), 0), None);
}

fn state() -> impl Strategy<Value = StateKind> {
    prop_oneof![Just(Healthy), Just(Unhealthy), Just(NotAssessed), Just(NotApplicable)]
}

/// Three groups, one without points, with previews between.
const SHAPE: &[(u32, &[bool])] = &[(6, &[false, false, true]), (4, &[false]), (0, &[false, true])];
/// Controls of [`SHAPE`].
const WIDTH: usize = 6;

fn fleet() -> impl Strategy<Value = Vec<(Vec<StateKind>, u64)>> {
    vec((vec(state(), WIDTH), 1..50_u64), 1..12)
}

/// A score never falls. Where nothing counts any more there is none, and where nothing counted any is new.
fn never_falls(before: &Score, after: &Score) -> bool {
    match (before.ratio(), after.ratio()) {
        (Some(before), Some(after)) => before <= after,
        _ => true,
    }
}

proptest! {
    #[test]
    fn it_is_never_above_its_maximum(fleet in fleet()) {
        let controls = controls(SHAPE);
        let score = score(&controls, &fleet);
        prop_assert!(score.current() <= Points::of(score.maximum()));
        for group in &score.groups {
            let parts = group.current().map(|current| (current, group.potential().unwrap()));
            if let Some((current, potential)) = parts {
                prop_assert_eq!(current.plus(potential), Points::of(group.maximum));
            }
        }
    }

    #[test]
    fn it_never_falls_when_an_asset_turns_healthy(
        mut fleet in fleet(), at in any::<prop::sample::Index>(), control in 0..WIDTH, seen in any::<bool>(),
    ) {
        let controls = controls(SHAPE);
        let asset = at.index(fleet.len());
        fleet[asset].0[control] = if seen { Unhealthy } else { NotAssessed };
        let before = score(&controls, &fleet);
        fleet[asset].0[control] = Healthy;
        prop_assert!(never_falls(&before, &score(&controls, &fleet)));
    }

    #[test]
    fn a_preview_never_counts(fleet in fleet(), other in vec(state(), 12)) {
        let controls = controls(SHAPE);
        let previews: Vec<usize> =
            controls.all().iter().enumerate().filter(|(_, control)| control.preview).map(|(at, _)| at).collect();
        prop_assert_eq!(previews.len(), 2);
        let mut changed = fleet.clone();
        for ((states, _), other) in changed.iter_mut().zip(other) {
            for preview in &previews {
                states[*preview] = other;
            }
        }
        let (before, after) = (score(&controls, &fleet), score(&controls, &changed));
        prop_assert_eq!(&before.groups, &after.groups);
        prop_assert_eq!(before.weight, after.weight);
    }

    /// As `Judge` does it: what is healthy or does not apply stays as it is.
    #[test]
    fn exempting_never_lowers_it(
        mut fleet in fleet(), at in any::<prop::sample::Index>(), control in 0..WIDTH, seen in any::<bool>(),
    ) {
        let controls = controls(SHAPE);
        let asset = at.index(fleet.len());
        fleet[asset].0[control] = if seen { Unhealthy } else { NotAssessed };
        let before = score(&controls, &fleet);
        fleet[asset].0[control] = NotApplicable;
        prop_assert!(never_falls(&before, &score(&controls, &fleet)));
    }

    #[test]
    fn the_gain_of_a_control_is_what_judging_again_gives(fleet in fleet(), control in 0..WIDTH) {
        let controls = controls(SHAPE);
        let before = score(&controls, &fleet);
        let mut fixed = fleet.clone();
        for (states, _) in &mut fixed {
            if states[control] == Unhealthy {
                states[control] = Healthy;
            }
        }
        let at = ControlIndex(u16::try_from(control).unwrap());
        let predicted = before.with(at, &controls);
        let found = score(&controls, &fixed);
        prop_assert_eq!(predicted.groups, found.groups);
    }
}
