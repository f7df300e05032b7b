use package::PackageType;

use super::*;
use crate::testing::Image;

/// Assembles the image with some language packages, given as `name` and evidence, beside what is found in it.
fn with(mut image: Image, packages: &[(&str, &[&str])], elf: &[&str], options: &Options) -> Assembled {
    let mut facts = image.take_facts();
    for path in elf {
        let fact = Fact::Elf(lang::elf::Binary::default());
        facts.push(FileFact { path: (*path).to_owned(), layer: 0, visible: true, fact });
    }
    let mut draft = Draft::new(&image, &facts);
    os::dpkg::assemble(&mut draft);
    os::apk::assemble(&mut draft);
    for (name, evidence) in packages {
        let mut package = Package::new(PackageType::Pypi, *name, "1");
        package.evidence = evidence.iter().map(|&path| path.to_owned()).collect();
        draft.add(package);
    }
    finish::finish(draft, options)
}

fn owner<'a>(assembled: &'a Assembled, name: &str) -> Option<&'a str> {
    let package = assembled.catalogue.packages.iter().find(|p| p.name == name).unwrap();
    package.owner.map(|index| assembled.catalogue.package(index).unwrap().name.as_str())
}

fn dpkg(name: &str) -> String {
    format!("Package: {name}\nVersion: 1\n\n")
}

#[test]
fn case_32_files_of_an_os_package_belong_to_it() {
    let image = Image::new()
        .file(0, "var/lib/dpkg/status", dpkg("python3-x"))
        .file(
            0,
            "var/lib/dpkg/info/python3-x.list",
            "/.\n/usr\n/usr/lib\n/usr/lib/x.dist-info\n/usr/lib/x.dist-info/METADATA\n/srv/a.war\n",
        )
        .file(0, "opt/venv/x.dist-info/METADATA", "");
    let assembled = with(
        image,
        &[
            ("x", &["usr/lib/x.dist-info/METADATA", "usr/lib/x.dist-info/RECORD"]),
            ("y", &["opt/venv/x.dist-info/METADATA"]),
            ("jar", &["srv/a.war!/WEB-INF/lib/b.jar"]),
            ("loose", &[]),
        ],
        &[],
        &Options::default(),
    );
    let owners = ["x", "y", "jar", "loose", "python3-x"].map(|name| owner(&assembled, name));
    assert_eq!(owners, [Some("python3-x"), None, Some("python3-x"), None, None]);
}

#[test]
fn a_file_listed_below_a_linked_directory_is_owned_where_it_lies() {
    let image = Image::new()
        .link(0, "lib", "usr/lib")
        .file(0, "usr/lib/go/tool", "")
        .file(0, "var/lib/dpkg/status", dpkg("tools"))
        .file(0, "var/lib/dpkg/info/tools.list", "/lib/go/tool\n/lib/go/other\n")
        .file(0, "usr/lib/apk/db/installed", "P:muon\nV:1\nF:lib/go\nR:apktool\n");
    let assembled =
        with(image, &[("t", &["usr/lib/go/tool"]), ("a", &["usr/lib/go/apktool"])], &[], &Options::default());
    assert_eq!(owner(&assembled, "t"), Some("tools"));
    assert_eq!(owner(&assembled, "a"), Some("muon"));
}

#[test]
fn case_33_packages_of_lower_layers_still_own_their_files() {
    let image = Image::new()
        .file(0, "var/lib/dpkg/status", dpkg("base"))
        .file(0, "var/lib/dpkg/info/base.list", "/usr/bin/tool\n")
        .file(1, "var/lib/dpkg/status", dpkg("base") + &dpkg("curl"))
        .file(1, "var/lib/dpkg/info/curl.list", "/usr/bin/curl\n");
    let assembled =
        with(image, &[("t", &["usr/bin/tool"]), ("c", &["usr/bin/curl"])], &[], &Options::default());
    assert_eq!(owner(&assembled, "t"), Some("base"));
    assert_eq!(owner(&assembled, "c"), Some("curl"));
}

#[test]
fn a_diverted_file_is_owned_where_it_was_moved_to() {
    let image = Image::new()
        .file(0, "var/lib/dpkg/status", dpkg("libpq-dev") + &dpkg("postgresql-common"))
        .file(0, "var/lib/dpkg/info/libpq-dev.list", "/usr/bin/pg_config\n")
        .file(0, "var/lib/dpkg/info/postgresql-common.list", "/usr/bin/pg_config\n")
        .file(
            0,
            "var/lib/dpkg/diversions",
            "/usr/bin/pg_config\n/usr/bin/pg_config.libpq-dev\npostgresql-common\n",
        );
    let assembled = with(
        image,
        &[("moved", &["usr/bin/pg_config.libpq-dev"]), ("stays", &["usr/bin/pg_config"])],
        &[],
        &Options::default(),
    );
    assert_eq!(owner(&assembled, "moved"), Some("libpq-dev"));
    assert_eq!(owner(&assembled, "stays"), Some("postgresql-common"));
}

#[test]
fn case_44_a_main_program_without_identity_is_named() {
    let image = || {
        Image::new()
            .file(0, "usr/local/bin/node", "")
            .link(0, "usr/local/bin/nodejs", "node")
            .file(0, "usr/bin/owned", "")
            .file(0, "usr/bin/known", "")
            .file(0, "usr/bin/script", "#!/bin/sh")
            .file(0, "var/lib/dpkg/status", dpkg("p"))
            .file(0, "var/lib/dpkg/info/p.list", "/usr/bin/owned\n")
    };
    let programs = ["/usr/local/bin/nodejs", "node", "owned", "/usr/bin/known", "script", "absent", "/"];
    let options = Options { main_programs: programs.map(str::to_owned).into() };
    let elf = ["usr/local/bin/node", "usr/bin/owned", "usr/bin/known"];
    let assembled = with(image(), &[("k", &["usr/bin/known"])], &elf, &options);
    assert_eq!(assembled.catalogue.unidentified, ["usr/local/bin/node"]);
}

#[test]
fn packages_are_sorted_once_each_and_links_follow() {
    let image = Image::new();
    let facts = Vec::new();
    let mut draft = Draft::new(&image, &facts);
    let names = ["c", "b", "b", "a", "owner"];
    let indices: Vec<_> = names.iter().map(|n| draft.add(Package::new(PackageType::Npm, *n, "1"))).collect();
    draft.packages[0].bundled_in = Some(indices[2]);
    draft.packages[3].owner = Some(indices[4]);
    draft.packages[4].depends_on = vec![indices[0], indices[1], indices[2], PackageIndex(99)];
    let packages = finish::finish(draft, &Options::default()).catalogue.packages;
    let names: Vec<_> = packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "owner"]);
    assert_eq!(packages[2].bundled_in, Some(PackageIndex(1)));
    assert_eq!(packages[0].owner, Some(PackageIndex(3)));
    assert_eq!(packages[3].depends_on, [PackageIndex(1), PackageIndex(2)]);
}

#[test]
fn half_a_million_owned_paths_are_passed_quickly() {
    let list: String = (0..500_000).map(|n| format!("/usr/share/doc/package-{n}/file{n}.txt\n")).collect();
    let image = Image::new().file(0, "var/lib/dpkg/status", dpkg("huge")).file(
        0,
        "var/lib/dpkg/info/huge.list",
        list + "/usr/bin/tool7\n",
    );
    let wanted: Vec<String> = (0..2000).map(|n| format!("usr/bin/tool{n}")).collect();
    let evidence: Vec<[&str; 1]> = wanted.iter().map(|path| [path.as_str()]).collect();
    let packages: Vec<(&str, &[&str])> = evidence.iter().map(|path| (path[0], path.as_slice())).collect();
    let assembled = with(image, &packages, &[], &Options::default());
    let owned: Vec<_> = assembled.catalogue.packages.iter().filter(|p| p.owner.is_some()).collect();
    assert_eq!(owned.len(), 1);
    assert_eq!(owned[0].name, "usr/bin/tool7");
}
