use proptest::{collection::vec, option, prelude::*};

use super::*;

fn finding<'a>(vulnerability: &'a str, severity: Severity, fixed: Option<&'a str>) -> CarrierFinding<'a> {
    CarrierFinding {
        vulnerability,
        severity,
        class: Class::Vulnerability,
        exploited: false,
        epss: None,
        fixed,
    }
}

fn npm<'a>(
    name: &'a str,
    installed: &'a str,
    images: &'a [u32],
    findings: &'a [CarrierFinding<'a>],
) -> Carrier<'a> {
    Carrier {
        deed: Deed::Upgrade,
        kind: PackageType::Npm,
        ecosystem: Some(Ecosystem::Npm),
        distribution: None,
        name,
        part: name,
        part_kind: PackageType::Npm,
        installed,
        base: None,
        images,
        findings,
    }
}

fn deb<'a>(
    release: &'a str,
    name: &'a str,
    base: Option<u32>,
    images: &'a [u32],
    findings: &'a [CarrierFinding<'a>],
) -> Carrier<'a> {
    Carrier {
        kind: PackageType::Deb,
        part_kind: PackageType::Deb,
        ecosystem: Some(Ecosystem::Debian),
        distribution: Some((Ecosystem::Debian, release)),
        base,
        ..npm(name, "1.0-1", images, findings)
    }
}

const TEAMS: &[FixImage<'static>] = &[
    FixImage { team: Some("shop") },
    FixImage { team: Some("shop") },
    FixImage { team: Some("pay") },
    FixImage { team: None },
];

fn titles(plan: &FixPlan) -> Vec<(String, u64, usize)> {
    plan.actions.iter().map(|action| (action.title(), action.cleared.total(), action.images.len())).collect()
}

#[test]
fn one_upgrade_of_many_images_goes_to_the_highest_fixed_version() {
    let old = [
        finding("CVE-1", Severity::High, Some("4.17.9")),
        finding("CVE-2", Severity::Critical, Some("4.17.21")),
        finding("CVE-3", Severity::Low, None),
    ];
    let newer = [finding("CVE-2", Severity::Critical, Some("4.17.21"))];
    let carriers = [npm("lodash", "4.17.10", &[0, 2], &old), npm("lodash", "4.9.0", &[1, 3], &newer)];
    let plan = FixPlan::of(&FixFleet { images: TEAMS, bases: &[], carriers: &carriers });
    assert_eq!(titles(&plan), [("upgrade lodash to 4.17.21".to_owned(), 6, 4)]);
    let action = &plan.actions[0];
    assert_eq!(action.parts[0].from, ["4.9.0", "4.17.10"], "by version, not by text");
    assert_eq!((action.vulnerabilities.critical, action.vulnerabilities.high), (1, 1));
    let teams: Vec<_> =
        action.teams.iter().map(|share| (share.team.as_deref(), share.images, share.findings)).collect();
    assert_eq!(teams, [(Some("shop"), 2, 3), (None, 1, 1), (Some("pay"), 1, 2)]);
    // Images 0 and 2 keep the one that nothing repairs.
    assert_eq!(action.remains, Remainder { healed: 2, images: 2, findings: 2, unfixed: 2 });
    assert_eq!((plan.unfixed.low, plan.unfixed.total(), plan.findings.total()), (2, 2, 8));
}

#[test]
fn what_came_with_a_base_is_one_rebuild_whatever_packages_it_is() {
    let fixable = [finding("CVE-1", Severity::High, Some("1.0-2")), finding("CVE-2", Severity::Low, None)];
    let more = [finding("CVE-3", Severity::Medium, Some("1.0-2"))];
    let bases = [Base { name: "debian:12-slim", newest: Some("debian:12.12"), newest_has: None }];
    let carriers = [
        deb("12", "openssl", Some(0), &[0, 1, 2], &fixable),
        deb("12", "expat", Some(0), &[0, 1, 2], &more),
        deb("12", "git", None, &[0], &more),
        deb("11", "git", None, &[3], &more),
    ];
    let plan = FixPlan::of(&FixFleet { images: TEAMS, bases: &bases, carriers: &carriers });
    assert_eq!(
        titles(&plan),
        [
            ("rebuild on debian:12.12".to_owned(), 6, 3),
            ("upgrade git to 1.0-2".to_owned(), 1, 1),
            ("upgrade git to 1.0-2".to_owned(), 1, 1),
        ]
    );
    let rebuild = &plan.actions[0];
    assert_eq!(rebuild.parts.len(), 2);
    assert!(!rebuild.measured, "predicted from what has a fix");
    // Each keeps CVE-2, and image 0 also git's.
    assert_eq!(rebuild.remains, Remainder { healed: 0, images: 3, findings: 4, unfixed: 3 });
    let ids: Vec<&str> = plan.actions.iter().map(|action| action.id.0.as_str()).collect();
    assert_eq!(
        ids,
        ["rebuild-on-base~debian:12-slim", "upgrade~deb~Debian:11~git", "upgrade~deb~Debian:12~git"]
    );
}

#[test]
fn what_the_newest_base_still_has_is_not_cleared_by_it() {
    let findings =
        [finding("CVE-1", Severity::High, Some("1.0-2")), finding("CVE-2", Severity::High, Some("1.0-3"))];
    let bases = [Base { name: "debian:12", newest: None, newest_has: Some(&["CVE-2"]) }];
    let carriers = [deb("12", "openssl", Some(0), &[0], &findings)];
    let plan = FixPlan::of(&FixFleet { images: TEAMS, bases: &bases, carriers: &carriers });
    assert_eq!(
        titles(&plan),
        [("rebuild on the newest debian:12".to_owned(), 1, 1), ("upgrade openssl to 1.0-3".to_owned(), 1, 1),]
    );
    assert!(plan.actions[0].measured);
    assert_eq!(plan.actions[0].remains, Remainder { healed: 0, images: 1, findings: 1, unfixed: 0 });
}

#[test]
fn binaries_and_carriers_name_what_is_newer_inside_and_hostile_code_goes() {
    let one = [finding("CVE-1", Severity::Low, Some("1.23.4"))];
    let two = [finding("CVE-2", Severity::Low, Some("0.33.0"))];
    let mut hostile = finding("MAL-1", Severity::Unknown, Some("2.0.0"));
    hostile.class = Class::Malware;
    let hostile = [hostile];
    let go = |part, findings| Carrier {
        deed: Deed::Rebuild,
        kind: PackageType::Golang,
        part_kind: PackageType::Golang,
        ecosystem: Some(Ecosystem::Go),
        part,
        ..npm("usr/bin/app", "1.22.0", &[0], findings)
    };
    let bundled = Carrier { deed: Deed::UpgradeCarrier, part: "tar", ..npm("npm", "6.0.0", &[1], &two) };
    let carriers = [
        go("stdlib", &one),
        go("golang.org/x/net", &two),
        bundled,
        Carrier { base: Some(0), ..npm("evil", "1.0.0", &[0], &hostile) },
    ];
    let bases = [Base { name: "node:20", newest: None, newest_has: None }];
    let plan = FixPlan::of(&FixFleet { images: TEAMS, bases: &bases, carriers: &carriers });
    let titles: Vec<String> = plan.actions.iter().map(Action::title).collect();
    assert_eq!(
        titles,
        [
            "remove evil",
            "rebuild usr/bin/app with golang.org/x/net 0.33.0 and stdlib 1.23.4",
            "upgrade npm to a release with tar 0.33.0",
        ]
    );
    assert_eq!((plan.actions[0].malware, plan.actions[0].parts[0].to.as_deref()), (1, None));
}

#[test]
fn what_helps_most_is_first() {
    let severe =
        |severity, exploited| CarrierFinding { exploited, ..finding("CVE-1", severity, Some("9.9.9")) };
    let exploited = [severe(Severity::Low, true)];
    let critical = [severe(Severity::Critical, false)];
    let high = [
        severe(Severity::High, false),
        CarrierFinding { vulnerability: "CVE-2", ..severe(Severity::High, false) },
    ];
    let unknown = [severe(Severity::Unknown, false)];
    let low = [severe(Severity::Low, false)];
    let carriers = [
        npm("low", "1.0.0", &[0, 1, 2, 3], &low),
        npm("unknown", "1.0.0", &[0], &unknown),
        npm("high", "1.0.0", &[0, 1, 2, 3], &high),
        npm("critical-in-one", "1.0.0", &[0], &critical),
        npm("critical-in-two", "1.0.0", &[0, 1], &critical),
        npm("exploited", "1.0.0", &[0], &exploited),
    ];
    let plan = FixPlan::of(&FixFleet { images: TEAMS, bases: &[], carriers: &carriers });
    let names: Vec<&str> = plan.actions.iter().map(|action| action.name.as_str()).collect();
    assert_eq!(names, ["exploited", "critical-in-two", "critical-in-one", "high", "unknown", "low"]);
}

#[test]
fn an_action_stays_itself_when_a_newer_version_comes_out() {
    let id = |version| {
        let findings = [finding("CVE-1", Severity::High, Some(version))];
        let carriers = [npm("lodash", "4.17.10", &[0], &findings)];
        FixPlan::of(&FixFleet { images: TEAMS, bases: &[], carriers: &carriers }).actions[0].id.clone()
    };
    assert_eq!(id("4.17.20"), id("4.17.21"));
}

type Drawn = (usize, Option<u32>, BTreeSet<u32>, Vec<(usize, usize, bool, bool)>);

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const VULNERABILITIES: [&str; 5] = ["CVE-1", "CVE-2", "CVE-3", "CVE-4", "CVE-5"];

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let finding = (0..5_usize, 0..6_usize, any::<bool>(), prop::bool::weighted(0.1));
    // Image 6 and base 2 are not there.
    let images = prop::collection::btree_set(0..7_u32, 0..5);
    vec((0..4_usize, option::of(0..3_u32), images, vec(finding, 0..4)), 0..10)
}

proptest! {
    /// Against the plain count: every finding of every image stands in one action or is unfixed, and what remains is what
    /// is left of the images when the action's findings are taken away.
    #[test]
    fn every_finding_stands_in_one_place(drawn in drawn()) {
        let images = [FixImage { team: None }; 6];
        let has = ["CVE-2", "CVE-4"];
        let bases = [
            Base { name: "one", newest: None, newest_has: None },
            Base { name: "two", newest: None, newest_has: Some(&has) },
        ];
        let findings: Vec<Vec<CarrierFinding<'_>>> = drawn
            .iter()
            .map(|(_, _, _, findings)| {
                findings
                    .iter()
                    .map(|(vulnerability, severity, fixed, hostile)| CarrierFinding {
                        class: if *hostile { Class::Malware } else { Class::Vulnerability },
                        ..finding(VULNERABILITIES[*vulnerability], Severity::WORST_FIRST[*severity], fixed.then_some("2.0.0"))
                    })
                    .collect()
            })
            .collect();
        let sets: Vec<Vec<u32>> = drawn.iter().map(|(_, _, images, _)| images.iter().copied().collect()).collect();
        let carriers: Vec<Carrier<'_>> = drawn
            .iter()
            .zip(&sets)
            .zip(&findings)
            .map(|(((name, base, _, _), images), findings)| {
                Carrier { base: *base, ..npm(NAMES[*name], "1.0.0", images, findings) }
            })
            .collect();
        let fleet = FixFleet { images: &images, bases: &bases, carriers: &carriers };
        let plan = FixPlan::of(&fleet);

        // (image, action or none) of every single finding.
        let mut single: Vec<(u32, Option<ActionId>)> = Vec::new();
        for carrier in &carriers {
            for image in carrier.images.iter().filter(|image| **image < 6) {
                for finding in carrier.findings {
                    single.push((*image, FixPlan::action_of(&fleet, carrier, finding)));
                }
            }
        }
        prop_assert_eq!(plan.findings.total(), single.len() as u64);
        let unfixed = single.iter().filter(|(_, action)| action.is_none()).count();
        prop_assert_eq!(plan.unfixed.total(), unfixed as u64);
        let cleared: u64 = plan.actions.iter().map(|action| action.cleared.total()).sum();
        prop_assert_eq!(cleared + plan.unfixed.total(), plan.findings.total());
        let ids: BTreeSet<&ActionId> = plan.actions.iter().map(|action| &action.id).collect();
        prop_assert_eq!(ids.len(), plan.actions.len());

        for action in &plan.actions {
            let mine = |found: &&(u32, Option<ActionId>)| found.1.as_ref() == Some(&action.id);
            let images: BTreeSet<u32> = single.iter().filter(mine).map(|(image, _)| *image).collect();
            prop_assert_eq!(action.images.iter().copied().collect::<BTreeSet<_>>(), images.clone());
            prop_assert_eq!(action.cleared.total(), single.iter().filter(mine).count() as u64);
            prop_assert_eq!(action.per_image.len(), action.images.len());
            for (image, cleared) in action.images.iter().zip(&action.per_image) {
                let here = single.iter().filter(mine).filter(|found| found.0 == *image).count();
                prop_assert_eq!(*cleared as usize, here);
            }
            let left = single.iter().filter(|found| images.contains(&found.0) && !mine(found));
            prop_assert_eq!(action.remains.findings, left.clone().count() as u64);
            prop_assert_eq!(action.remains.unfixed, left.clone().filter(|(_, action)| action.is_none()).count() as u64);
            let keep: BTreeSet<u32> = left.map(|(image, _)| *image).collect();
            prop_assert_eq!(action.remains.images, keep.len() as u64);
            prop_assert_eq!(action.remains.healed, (images.len() - keep.len()) as u64);
            prop_assert_eq!(action.teams.iter().map(|share| share.findings).sum::<u64>(), action.cleared.total());
        }
    }
}
