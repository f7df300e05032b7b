//! What to do, step by step.

use package::PackageType;
use posture::{Action, Deed, Part};

/// Parts that a step names.
const MOST: usize = 8;

/// The steps of an action, in order.
pub(super) fn of(action: &Action) -> Vec<String> {
    let name = shown(&action.name);
    let mut steps = match action.deed {
        Deed::Remove => vec![
            format!("Stop what runs with {name}: it is hostile code, not a flaw."),
            format!("Take {name} out of the image and out of the manifests and lock files that ask for it."),
            "Treat every secret that was within its reach as known to others: make new ones.".to_owned(),
        ],
        Deed::RebuildOnBase => vec![
            match &action.target {
                Some(target) => {
                    format!("Build on the newest base: FROM {} in the Dockerfile.", shown(target))
                }
                None => format!("Fetch the newest build of {name}: docker build --pull."),
            },
            "Where the base is pinned by a digest, pin the new one.".to_owned(),
        ],
        Deed::Upgrade => upgrade(action, &name),
        Deed::UpgradeCarrier => vec![
            format!("Upgrade {name} to a release that carries {}.", list(&action.parts)),
            format!("Where there is none yet, ask the makers of {name} for one, or replace it."),
        ],
        Deed::Rebuild => vec![
            format!("Raise what {name} is built from: {}.", list(&action.parts)),
            commands(&action.parts),
        ],
    };
    steps.push("Build the images again and push them under their tags.".to_owned());
    steps.push(
        "Seawall scans what is pushed and shows here how much has arrived; an image that lost its tags to a repaired one counts as done."
            .to_owned(),
    );
    steps.retain(|step| !step.is_empty());
    steps
}

fn upgrade(action: &Action, name: &str) -> Vec<String> {
    let to = action.parts.first().and_then(|part| part.to.as_deref()).map(shown);
    let version = to.as_deref().unwrap_or("the newest version");
    let how = match action.kind {
        Some(PackageType::Deb) => format!(
            "In the Dockerfile, after FROM: RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*. The source package {name} is repaired in {version}."
        ),
        Some(PackageType::Apk) => format!(
            "In the Dockerfile, after FROM: RUN apk upgrade --no-cache. The package {name} is repaired in {version}."
        ),
        Some(PackageType::Rpm) => format!(
            "In the Dockerfile, after FROM: RUN dnf upgrade -y && dnf clean all (microdnf, yum or zypper where the image has that). {name} is repaired in {version}."
        ),
        Some(PackageType::Npm) => format!(
            "npm install {name}@{version}, where it is a direct dependency; else raise what asks for it, or set it under overrides in package.json."
        ),
        Some(PackageType::Pypi) => {
            format!(
                "pip install '{name}>={version}', and the same in requirements.txt, pyproject.toml or the lock file."
            )
        }
        Some(PackageType::Golang) => format!("go get {name}@{}, then go mod tidy.", tagged(version)),
        Some(PackageType::Cargo) => format!("cargo update -p {name} --precise {version}."),
        Some(PackageType::Maven) => {
            format!(
                "Set {name} to {version} in pom.xml (dependencyManagement where it is not direct) or build.gradle."
            )
        }
        Some(PackageType::Gem) => {
            format!("gem '{name}', '>= {version}' in the Gemfile, then bundle update {name}.")
        }
        Some(PackageType::Nuget) => format!("dotnet add package {name} --version {version}."),
        Some(PackageType::Composer) => format!("composer require {name}:^{version}."),
        Some(PackageType::Generic) | None => format!("Upgrade {name} to {version}."),
    };
    vec![how]
}

/// Parts with their targets.
fn list(parts: &[Part]) -> String {
    let mut some: Vec<String> = parts
        .iter()
        .take(MOST)
        .map(|part| match &part.to {
            Some(to) => format!("{} {}", shown(&part.name), shown(to)),
            None => format!("a newer {}", shown(&part.name)),
        })
        .collect();
    if parts.len() > MOST {
        some.push(format!("{} more", parts.len() - MOST));
    }
    some.join(", ")
}

/// What raises the modules of a Go binary.
fn commands(parts: &[Part]) -> String {
    let toolchain = parts.iter().find(|part| part.name == "stdlib").and_then(|part| part.to.as_deref());
    let modules: Vec<String> = parts
        .iter()
        .filter(|part| part.kind == PackageType::Golang && part.name != "stdlib")
        .take(MOST)
        .filter_map(|part| Some(format!("{}@{}", shown(&part.name), tagged(&shown(part.to.as_deref()?)))))
        .collect();
    let mut said = Vec::new();
    if let Some(version) = toolchain {
        said.push(format!("build with Go {} or later", shown(version).trim_start_matches('v')));
    }
    if !modules.is_empty() {
        said.push(format!("go get {} && go mod tidy", modules.join(" ")));
    }
    if said.is_empty() { String::new() } else { format!("In its sources: {}.", said.join("; ")) }
}

/// A version as Go's tools want it.
fn tagged(version: &str) -> String {
    let numbered = version.starts_with(|c: char| c.is_ascii_digit());
    if numbered { format!("v{version}") } else { version.to_owned() }
}

/// Names and versions are outside data: one line of them.
fn shown(text: &str) -> String {
    crate::problem::line(text)
}

#[cfg(test)]
mod tests {
    use posture::{Carrier, CarrierFinding, FixFleet, FixImage, FixPlan};

    use super::*;

    fn steps(deed: Deed, kind: PackageType, name: &str, part: &str, fixed: &str) -> Vec<String> {
        let findings = [CarrierFinding {
            vulnerability: "CVE-1",
            severity: model::Severity::High,
            class: model::Class::Vulnerability,
            exploited: false,
            epss: None,
            fixed: Some(fixed),
        }];
        let carrier = Carrier {
            deed,
            kind,
            ecosystem: None,
            distribution: None,
            name,
            part,
            part_kind: kind,
            installed: "1",
            base: None,
            images: &[0],
            findings: &findings,
        };
        let plan =
            FixPlan::of(&FixFleet { images: &[FixImage { team: None }], bases: &[], carriers: &[carrier] });
        of(&plan.actions[0])
    }

    #[test]
    fn steps_name_what_is_typed() {
        let npm = steps(Deed::Upgrade, PackageType::Npm, "lodash", "lodash", "4.17.21");
        assert!(npm[0].contains("npm install lodash@4.17.21"), "{npm:?}");
        let go = steps(Deed::Rebuild, PackageType::Golang, "usr/bin/app", "golang.org/x/net", "0.33.0");
        assert!(go[1].contains("go get golang.org/x/net@v0.33.0"), "{go:?}");
        let deb = steps(Deed::Upgrade, PackageType::Deb, "openssl", "openssl", "3.0.15-1");
        assert!(deb[0].contains("apt-get upgrade") && deb[0].contains("3.0.15-1"), "{deb:?}");
        let hostile = steps(Deed::Upgrade, PackageType::Npm, "a\u{1b}[2J", "x", "1");
        assert!(!hostile.iter().any(|step| step.contains('\u{1b}')));
    }
}
