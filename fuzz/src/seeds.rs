//! What each target begins with: small sound inputs, always the same. Records come from the folder that SEAWALL_FEEDS
//! names, where it does.

use std::{env, fs, io::Read as _, path::Path};

use crate::{feed, made};

/// How many records of a feed, and how large at most.
const RECORDS: usize = 40;
const RECORD_MAX: u64 = 6 << 10;

/// Writes the seeds of a target to the folder that SEAWALL_FUZZ_SEEDS names, if it names one.
pub fn write(target: &str) {
    let Some(folder) = env::var_os("SEAWALL_FUZZ_SEEDS") else { return };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).expect("the folder of seeds can be made");
    for (number, seed) in of(target).into_iter().enumerate() {
        fs::write(folder.join(format!("{number:03}")), seed).expect("a seed can be written");
    }
}

fn texts(seeds: &[&str]) -> Vec<Vec<u8>> {
    seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect()
}

/// Parts as [`crate::parts`] takes them apart.
fn joined(parts: &[&str]) -> Vec<u8> {
    parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>().join(&0xFF)
}

const STATUS: &str = "Package: libssl3\nStatus: install ok installed\nSource: openssl (3.0.11-1)\nVersion: 3.0.11-1~deb12u1\nArchitecture: amd64\nDepends: libc6 (>= 2.34), a | b\nBuilt-Using: gcc-12 (= 12.2.0-14)\nMaintainer: Debian OpenSSL Team <x@lists.debian.net>\nDescription: text\n more\n .\n\nPackage: b\nStatus: deinstall ok config-files\nVersion: 1:2-3\nArchitecture: all\n";
const CATALOGUE: &str = r#"{"format":"seawall-catalogue","version":1,"cataloguer":2,"target":"app","kind":"image","image":{"configDigest":"sha256:0101010101010101010101010101010101010101010101010101010101010101","platform":{"os":"linux","architecture":"amd64","variant":null},"config":{"user":"","envNames":["PATH"],"labels":{"a":"b"},"history":[{"createdBy":"COPY . /","emptyLayer":false}]},"layers":[{"diffId":"sha256:0202020202020202020202020202020202020202020202020202020202020202","size":5}]},"distro":{"id":"debian","versionId":"12"},"packages":[{"type":"deb","name":"openssl","version":"3.0","source":{"name":"openssl","version":"3.0"},"layer":0,"builtUsing":[{"name":"z"}]},{"type":"npm","name":"tar","owner":0,"bundledIn":2,"evidence":["a/b"]},{"type":"golang","name":"stdlib","dependsOn":[1],"go":{"linked":["net/http"],"main":true}},{"type":"rpm","name":"x","rpm":{"modularity":"a:1"}}],"problems":[{"code":"a.b","subject":"s","effect":"none","count":1,"limit":null,"message":"m"}],"skipped":[{"path":"p","reason":"r"}],"privilegedFiles":[{"path":"p","mode":1,"uid":0,"gid":0}]}"#;
const APK: &str = "C:Q1eV=\nP:libcrypto3\nV:3.5.4-r0\nA:x86_64\nL:Apache-2.0\no:openssl\nD:so:libc.musl-x86_64.so.1\np:so:libcrypto.so.3=3\nF:lib\nR:libcrypto.so.3\n\nP:busybox\nV:1.37.0-r1\nA:x86_64\n";
const OS_RELEASE: &str = "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID_LIKE='a b'\nPRETTY_NAME=\"Debian \\\"12\\\"\"\n";
const METADATA: &str = "Metadata-Version: 2.1\nName: urllib3\nVersion: 1.26.17\nLicense-Expression: MIT\nClassifier: License :: OSI Approved :: MIT License\nRequires-Dist: a (>=1) ; extra == 'b'\n\nbody\n";
const RECORD: &str =
    "a/__init__.py,sha256=x,10\n\"a/b,c.py\",,\n../../bin/a,sha256=x,1\na-1.dist-info/RECORD,,\n";
const PACKAGE: &str = r#"{"name":"@s/lodash","version":"4.17.20","license":{"type":"MIT"},"dependencies":{"b":"^1"},"bundledDependencies":["b"]}"#;
const NPM_LOCK: &str = r#"{"name":"x","lockfileVersion":3,"packages":{"":{"name":"x","dependencies":{"a":"1"}},"node_modules/a":{"version":"1.0.0","license":"MIT","dependencies":{"b":"1"}},"node_modules/a/node_modules/b":{"version":"2.0.0","dev":true},"node_modules/c":{"resolved":"p","link":true}},"dependencies":{"a":{"version":"1.0.0","requires":{"b":"1"},"dependencies":{"b":{"version":"2.0.0","bundled":true}}}}}"#;
const REQUIREMENTS: &str = "a==1.0 --hash=sha256:x\nB.c[d,e]>=2 ; python_version<'3' # x\n-r other.txt\n-e git+https://h/x.git@v1#egg=y\nz @ https://h/z-1.0.whl\n\\\nq===1\n";
const POETRY: &str = "[[package]]\nname = \"a\"\nversion = \"1.0\"\ncategory = \"main\"\n[package.dependencies]\nb = {version = \">=1\", optional = true}\n\n[[package]]\nname = \"b\"\nversion = \"2\"\nsource = { registry = \"https://h\" }\ndependencies = [{ name = \"a\" }]\n[metadata]\nx = \"\"\"y\"\"\"\n";
const CARGO: &str = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://h\"\nchecksum = \"x\"\ndependencies = [\n \"b\",\n \"c 1.0.0\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n";
const PIPFILE: &str = r#"{"_meta":{"hash":{"sha256":"x"}},"default":{"a":{"version":"==1.0","markers":"x"},"b":{"git":"u"}},"develop":{"c":{"version":"==2"}}}"#;
const GO_MOD: &str = "module example.com/a\n\ngo 1.24\ntoolchain go1.24.1\nrequire (\n\texample.com/b v1.2.3 // indirect\n\t\"example.com/c\" v0.0.0-20200101000000-abcdefabcdef\n)\nreplace example.com/b v1.2.3 => ../b\nreplace example.com/c => example.com/d v1.0.0\nexclude example.com/e v1.0.0\n";
const MODULES: &str = "path\texample.com/a/cmd\nmod\texample.com/a\tv1.2.3\th1:x=\ndep\texample.com/b\tv0.1.0\n=>\texample.com/c\tv0.2.0\th1:y=\nbuild\tGOOS=linux\nbuild\tCGO_ENABLED=1\n";
const AUDIT: &str = r#"={"packages":[{"name":"a","version":"1.0.0","source":"local","dependencies":[1],"root":true},{"name":"b","version":"2.0.0","source":"crates.io","kind":"build"}]}"#;
const MANIFEST_MF: &str = "Manifest-Version: 1.0\r\nImplementation-Title: a\r\nImplementation-Version: 1.0\r\nImplementation-Vendor-Id: org.example\r\nBundle-SymbolicName: org.example.a;singleton\r\n :=true\r\nBundle-Version: 1.0.0\r\n\r\nName: x\r\n";
const POM: &str = "#c\ngroupId=org.example\nartifactId=a\nversion=1.0\n";
const CYCLONEDX: &str = r#""metadata":{"component":{"type":"container","name":"x","bom-ref":"r"}},"components":[{"type":"operating-system","name":"debian","version":"12"},{"bom-ref":"a","type":"library","name":"a","version":"1","purl":"pkg:deb/debian/a@1?arch=amd64&distro=debian-12&upstream=b%402","licenses":[{"license":{"id":"MIT"}},{"expression":"A OR B"}],"properties":[{"name":"aquasecurity:trivy:SrcName","value":"b"}],"components":[{"type":"library","name":"n","purl":"pkg:npm/%40s/n@1"}]}],"dependencies":[{"ref":"r","dependsOn":["a"]}]}"#;
const SPDX: &str = r#""packages":[{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1","licenseConcluded":"MIT","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:pypi/a@1"}]},{"SPDXID":"SPDXRef-os","name":"debian","primaryPackagePurpose":"OPERATING-SYSTEM","versionInfo":"12"}],"relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"}]}"#;
const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","created":"2024-01-01T00:00:00Z","config":{"User":"1","Env":["A=b"],"Entrypoint":["/a"],"Cmd":["b"],"ExposedPorts":{"80/tcp":{}},"Labels":{"l":"v"},"Healthcheck":{"Test":["CMD","x"]},"WorkingDir":"/w"},"rootfs":{"type":"layers","diff_ids":["sha256:0000000000000000000000000000000000000000000000000000000000000000"]},"history":[{"created_by":"RUN x","empty_layer":true},{"created_by":"COPY"}]}"#;
const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":2},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":2,"urls":["https://h/x"]}],"annotations":{"a":"b"}}"#;
const INDEX: &str = r#"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":2,"platform":{"os":"linux","architecture":"arm64","variant":"v8"},"annotations":{"org.opencontainers.image.ref.name":"x:1"}}]}"#;
const SAVED: &str = r#"[{"Config":"config.json","RepoTags":["a:1"],"Layers":["layer.tar"],"LayerSources":{"sha256:0000000000000000000000000000000000000000000000000000000000000000":{"mediaType":"m","size":1,"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}}]"#;
const DOCKER: &str = r#"{"auths":{"localhost:1":{"auth":"dTpw"},"https://index.docker.io/v1/":{"username":"u","password":"p"},"h":{"identitytoken":"t"}},"credHelpers":{"x":"none"},"credsStore":""}"#;
const OSV: &str = r#"{"id":"GHSA-1","modified":"2024-01-01T00:00:00Z","aliases":["CVE-2024-1"],"summary":"s","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"affected":[{"package":{"ecosystem":"npm","name":"a"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.0.0"},{"introduced":"3.0.0"},{"last_affected":"3.1.0"}]}],"versions":["1.2.3"],"database_specific":{"source":"x"}},{"package":{"ecosystem":"Debian:12","name":"a"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.3"}]}],"ecosystem_specific":{"urgency":"low"}}],"references":[{"type":"WEB","url":"https://h"}]}"#;
const CVE: &str = r#"{"cveMetadata":{"cveId":"CVE-2024-1","state":"PUBLISHED","datePublished":"2024-01-01T00:00:00Z"},"containers":{"cna":{"title":"t","providerMetadata":{"shortName":"a"},"metrics":[{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":9.8,"baseSeverity":"CRITICAL"}}],"problemTypes":[{"descriptions":[{"cweId":"CWE-79"}]}]},"adp":[{"title":"CISA ADP Vulnrichment","providerMetadata":{"shortName":"CISA-ADP"},"metrics":[{"other":{"type":"ssvc","content":{"options":[{"Exploitation":"none"},{"Automatable":"no"},{"Technical Impact":"partial"}]}}}]}]}}"#;
const KEV: &str = r#"{"vulnerabilities":[{"cveID":"CVE-2024-1","dateAdded":"2024-01-01","dueDate":"2024-02-01","knownRansomwareCampaignUse":"Known"}]}"#;
const TRACKER: &str = r#"2024-1":{"description":"d","scope":"remote","releases":{"bookworm":{"status":"resolved","repositories":{"bookworm":"1.2"},"fixed_version":"1.3-1","urgency":"low"},"trixie":{"status":"open","urgency":"unimportant","nodsa":"Minor issue","nodsa_reason":"ignored"}}}}}"#;
const SECDB: &str = r#""v3.22","reponame":"main","urlprefix":"https://h","packages":[{"pkg":{"name":"a","secfixes":{"1.2-r0":["CVE-2024-1 GHSA-1"],"0":["CVE-2024-2"]}}}]}"#;
const IGNORE: &str = "- id: CVE-2024-1\n  reason: \"x\"\n  expires: 2030-01-01\n- package: pkg:npm/a\n  path: /app/**\n  reason: y\n";
const VEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://h/1","author":"a","timestamp":"2024-01-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-2024-1","aliases":["GHSA-1"]},"products":[{"@id":"pkg:oci/x@sha256:0","subcomponents":[{"@id":"pkg:npm/a"}]}],"status":"not_affected","justification":"component_not_present"}]}"#;

/// The seeds of a target.
fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "layer" | "members" | "archive" => archives(),
        "compressed" | "compressed_layer" => {
            let tar = made::tar(&[("a/b", b"content"), ("c", &[7; 3000])]);
            let zstandard = zstd::stream::encode_all(tar.as_slice(), 3).expect("memory takes it");
            let twice = [made::gzip(b"a"), made::gzip(b"b")].concat();
            vec![made::gzip(&tar), zstandard, twice, tar, made::gzip(&vec![0; 1 << 20])]
        }
        "merged" => vec![vec![0, 0, 3, 4, 0xFF, 0, 5, 5, 0, 0x17, 0x80 | 7, 4], (0..=255).collect()],
        "cached" => vec![cached()],
        "dpkg_status" => texts(&[STATUS]),
        "dpkg_files" => vec![joined(&[
            "/.\n/usr\n/usr/lib/a.so\n",
            "Package: b\nVersion: 2\nArchitecture: all\n",
            "0123456789abcdef0123456789abcdef  usr/bin/b\n",
            "/bin/sh\n/bin/sh.distrib\ndash\n",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ and MIT\n text\n",
        ])],
        "apk" => texts(&[APK]),
        "rpm_sqlite" => {
            let (main, log): (&[u8], &[u8]) = (
                include_bytes!("../../crates/sbom/tests/data/rpm/small.sqlite"),
                include_bytes!("../../crates/sbom/tests/data/rpm/small.sqlite-wal"),
            );
            vec![main.to_vec(), [main, b"\xFFWAL", log].concat(), made::rpm_database(&rpm_header())]
        }
        "rpm_header" => vec![rpm_header()],
        "os_release" => {
            let release = "AlmaLinux release 8.9 (Midnight Oncilla)\n";
            vec![joined(&[OS_RELEASE, "ID=alpine\nVERSION_ID=3.22\n", "12.5\n", "3.22.1\n", release])]
        }
        "npm_manifest" => vec![joined(&[PACKAGE, r#"{"name":"b","version":"1"}"#])],
        "npm_lock" => texts(&[NPM_LOCK]),
        "python_metadata" => vec![joined(&[METADATA, METADATA])],
        "python_record" => texts(&[RECORD]),
        "python_requirements" => texts(&[REQUIREMENTS]),
        "python_toml_lock" => texts(&[POETRY]),
        "python_pipfile" => texts(&[PIPFILE]),
        "go_mod" => texts(&[GO_MOD]),
        "cargo_lock" => texts(&[CARGO]),
        "elf" => vec![
            made::elf(&[]),
            made::elf(&[
                (".go.buildinfo", &made::buildinfo(MODULES.as_bytes())),
                (".gopclntab", &line_table()),
            ]),
            made::elf(&[(".dep-v0", &made::zlib(&AUDIT.as_bytes()[1..]))]),
            b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0\0\x02\0\x14\0\0\0\x01\0\0\0\0\0\0\0\x34\0\0\0\0\0\0\0\0\0\x34\0\x20\0\x01\0\x28\0\0\0\0".to_vec(),
        ],
        "go_buildinfo" => {
            let mut pointers = b"\xff Go buildinf:\x08\0".to_vec();
            [0x40_0100u64, 0x40_0110].iter().for_each(|word| pointers.extend(word.to_le_bytes()));
            vec![made::buildinfo(MODULES.as_bytes()), pointers]
        }
        "go_modinfo" => texts(&[MODULES]),
        "go_pclntab" => vec![line_table()],
        "rust_auditable" => vec![AUDIT.into(), made::zlib(&AUDIT.as_bytes()[1..])],
        "java_zip" => {
            let inner = made::zip(&[("META-INF/maven/g/a/pom.properties", POM.as_bytes()), ("a/A.class", b"")]);
            let outer = [("WEB-INF/lib/b-1.jar", inner.as_slice()), ("META-INF/MANIFEST.MF", MANIFEST_MF.as_bytes())];
            vec![made::zip(&outer), inner]
        }
        "java_texts" => vec![joined(&[MANIFEST_MF, POM, POM, "a-1.0-SNAPSHOT"])],
        "whole_system" => {
            let part = |place: u8, layer: u8, text: &str| [&[place, layer], text.as_bytes()].concat();
            vec![
                [
                    part(0, 0, OS_RELEASE),
                    part(1, 0, STATUS),
                    part(2, 1, "/usr/lib/python3/dist-packages/a-1.dist-info/METADATA\n"),
                    part(6, 1, METADATA),
                    part(7, 2, RECORD),
                ]
                .join(&0xFF),
                [part(10, 0, PACKAGE), part(11, 1, PACKAGE), part(13, 0, NPM_LOCK)].join(&0xFF),
                [part(14, 0, POETRY), part(15, 1, GO_MOD), part(16, 2, CARGO), part(9, 0, REQUIREMENTS)].join(&0xFF),
            ]
        }
        "sbom" => vec![
            format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6",{CYCLONEDX}"#).into(),
            format!(r#"{{"spdxVersion":"SPDX-2.3",{SPDX}"#).into(),
            b"SPDXVersion: SPDX-2.3\n".to_vec(),
            br#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6">"#.to_vec(),
        ],
        "cyclonedx" => texts(&[CYCLONEDX]),
        "spdx" => texts(&[SPDX]),
        "catalogue" => texts(&[CATALOGUE]),
        "image_index" => texts(&[INDEX]),
        "image_manifest" => texts(&[MANIFEST, INDEX]),
        "image_config" => texts(&[CONFIG]),
        "image_saved" => vec![joined(&[SAVED, CONFIG])],
        "image_reference" => texts(&[
            "debian",
            "h:5000/a/b:1@sha256:0000000000000000000000000000000000000000000000000000000000000000",
            "linux/arm64/v8",
        ]),
        "registry" => vec![
            joined(&[
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://127.0.0.1/token\",service=\"s\",scope=\"repository:a:pull\"\r\nContent-Length: 0\r\n\r\n",
                r#"{"token":"t","expires_in":60}"#,
                MANIFEST,
                "{}",
            ]),
            joined(&[INDEX, MANIFEST, CONFIG]),
            joined(&["HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", "<html>"]),
            joined(&["HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1/v2/a/manifests/b\r\nContent-Length: 0\r\n\r\n", MANIFEST]),
        ],
        "listing" => vec![
            joined(&[
                "{}",
                "HTTP/1.1 200 OK\r\nLink: </v2/_catalog?n=1&last=b>; rel=\"next\"\r\nContent-Length: 32\r\n\r\n{\"repositories\":[\"a\",\"b/c\",\"-\"]}",
                r#"{"name":"a","tags":["1","latest","\n"]}"#,
                INDEX,
            ]),
            joined(&["{}", r#"{"repositories":null}"#, r#"{"tags":null}"#, MANIFEST]),
        ],
        "notification" => texts(&[NOTIFICATION, r#"{"events":[{"id":"1","action":"delete","repository":"a/b","tag":"1"}]}"#]),
        "daemon" => vec![joined(&[
            r#"[{"Id":"sha256:0000000000000000000000000000000000000000000000000000000000000000","RepoTags":["a:b"],"Size":3}]"#,
            r#"{"ApiVersion":"1.47","Os":"linux"}"#,
            r#"{"Id":"sha256:0000000000000000000000000000000000000000000000000000000000000000","RepoTags":["a:b"]}"#,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 15\r\n\r\n{\"message\":\"x\"}",
        ])],
        "docker_config" => texts(&[DOCKER]),
        "osv" => [texts(&[OSV]), records("Debian"), records("npm"), records("Go"), records("PyPI")].concat(),
        "cve" => [texts(&[CVE]), records("CVE")].concat(),
        "kev" => texts(&[KEV]),
        "tracker" => texts(&[TRACKER]),
        "secdb" => texts(&[SECDB]),
        "epss" => [texts(&["CVE-2024-1,0.5,0.9\nCVE-2021-44228,1.0,1.0\n"]), vec![made::gzip(b"#model_version:v1,score_date:2026-11-24\ncve,epss,percentile\nCVE-2024-1,0.5,0.9\n")]].concat(),
        "feed_any" => [
            texts(&[OSV, CVE, KEV, r#"1,"files":{"a":{"url":"https://h","etag":"x","time":"2026-01-01T00:00:00Z","bytes":1}}}"#]),
            vec![format!(r#"{{"a":{{"CVE-{TRACKER}"#).into(), format!(r#"{{"distroversion":{SECDB}"#).into()],
        ]
        .concat(),
        "feed_zip" => vec![made::zip(&[("a.json", OSV.as_bytes()), ("b.txt", b"x")])],
        "database" => vec![feed::sound_database()],
        "ranges" => (0..6).map(|n| [vec![n], joined(&["1.2.3", "1.0", "1.3", "", "2.0"])].concat()).collect(),
        "cvss" => texts(&[
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:P/RL:O",
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:A",
            "AV:N/AC:L/Au:N/C:C/I:C/A:C",
        ]),
        "package_url" => texts(&[
            "pkg:deb/debian/a@1:2.38.1-5%2Bb1?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5",
            "pkg:npm/%40s/n@1.0#sub/path",
            "pkg:rpm/almalinux/n@1-1?epoch=1&upstream=n-1-1.src.rpm&distro=almalinux-8.10",
            "pkg:golang/github.com/A/b/v2@v2.0.0",
            "Debian:12",
        ]),
        "ignore_file" => texts(&[IGNORE]),
        "trivyignore" => texts(&["# c\nCVE-2024-1 exp:2030-01-01\nGHSA-1\n"]),
        "openvex" => texts(&[VEX]),
        "threshold" => texts(&["high:10", "critical"]),
        _ => versions(target),
    }
}

fn versions(target: &str) -> Vec<Vec<u8>> {
    let triples: &[[&str; 3]] = match target {
        "version_dpkg" => {
            &[["1:2.38.1-5+b1", "3.0.11-1~deb12u1", "3.0.11-1"], ["1.0~rc1-1", "1.0-1", "1.0.0-1"]]
        }
        "version_rpm" => &[["1:18.19.1-1.module_el8", "1.0~rc1-1", "1.0^git1-1"], ["01.2", "1.2a", "1.2.a"]],
        "version_apk" => &[["3.5.4-r0", "3.5.4_rc1-r1", "3.5.4_p2"], ["1.2a", "1.2b-r3", "1.02"]],
        "version_pep440" => &[["1!2.0.post1.dev3+a.1", "2.0rc1", "2.0a2"], ["1.0.0", "1", "1.0.dev1"]],
        "version_maven" => &[["1.0-alpha-1", "1.0-SNAPSHOT", "1.0.ga"], ["2.0-rc1", "2.0sp", "2.0.0.Final"]],
        "version_go" => &[["v1.2.3-0.20200101000000-abcdefabcdef", "v1.2.3+incompatible", "1.20rc1"]],
        "version_rubygems" => &[["1.0.0.pre1", "1.0.a", "1"], ["1.0-x86", "2.b.3", "2.0"]],
        _ => &[["1.2.3-alpha.1+build", "1.2.3-alpha.beta", "1.2.3"], ["v1.2", "1.2.3.4", "dev-master"]],
    };
    triples.iter().map(|triple| joined(triple)).collect()
}

fn archives() -> Vec<Vec<u8>> {
    let mut odd = Vec::new();
    made::entry(
        &mut odd,
        "pax",
        b'x',
        "",
        &[made::pax("path", "long/name"), made::pax("size", "7")].concat(),
    );
    made::entry(&mut odd, "a", b'0', "", b"content");
    made::entry(&mut odd, "global", b'g', "", &made::pax("uid", "100000"));
    made::entry(&mut odd, "././@LongLink", b'L', "", b"a/very/long/name\0");
    made::entry(&mut odd, "b", b'5', "", b"");
    made::entry(&mut odd, "lib", b'2', "usr/lib", b"");
    made::entry(&mut odd, "c", b'1', "long/name", b"");
    made::entry(&mut odd, "null", b'3', "", b"");
    made::entry(&mut odd, "d/.wh.e", b'0', "", b"");
    made::entry(&mut odd, "d/.wh..wh..opq", b'0', "", b"");
    made::entry(
        &mut odd,
        "x",
        b'x',
        "",
        &[
            made::pax("GNU.sparse.major", "1"),
            made::pax("GNU.sparse.name", "s"),
            made::pax("GNU.sparse.realsize", "9"),
        ]
        .concat(),
    );
    made::entry(&mut odd, "GNUSparseFile.0/s", b'0', "", b"1\n0\n9\n");
    made::entry(&mut odd, "old", b'S', "", b"abc");
    odd.resize(odd.len() + 1024, 0);
    let layer = made::tar(&[("usr/bin/a", b"\x7fELF"), ("etc/os-release", OS_RELEASE.as_bytes())]);
    let saved = made::tar(&[
        ("manifest.json", SAVED.as_bytes()),
        ("config.json", CONFIG.as_bytes()),
        ("layer.tar", &layer),
    ]);
    let layout =
        made::tar(&[("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#), ("index.json", INDEX.as_bytes())]);
    vec![odd, layer, made::gzip(&saved), saved, layout]
}

fn cached() -> Vec<u8> {
    let mut builder = archive::LayerIndexBuilder::new();
    for (path, kind) in
        [("a", archive::Kind::Dir), ("a/b", archive::Kind::File), ("c", archive::Kind::Whiteout)]
    {
        builder.push(&archive::Entry::new(path, kind, 0o755)).expect("it is short");
    }
    postcard::to_stdvec(&builder.finish()).expect("memory takes it")
}

/// Tags of `header.rs` in `sbom`.
fn rpm_header() -> Vec<u8> {
    made::rpm_header(&[
        (1000, 6, 1, b"openssl\0"),
        (1001, 6, 1, b"3.0.7\0"),
        (1002, 6, 1, b"1.el9\0"),
        (1003, 4, 1, &[0, 0, 0, 1]),
        (1011, 6, 1, b"AlmaLinux\0"),
        (1014, 6, 1, b"ASL 2.0\0"),
        (1022, 6, 1, b"x86_64\0"),
        (1044, 6, 1, b"openssl-3.0.7-1.el9.src.rpm\0"),
        (1047, 8, 2, b"openssl\0libssl.so.3\0"),
        (1049, 8, 1, b"libc.so.6\0"),
        (1116, 4, 2, &[0, 0, 0, 0, 0, 0, 0, 1]),
        (1117, 8, 2, b"a\0b\0"),
        (1118, 8, 2, b"/usr/bin/\0/etc/\0"),
        (5096, 6, 1, b"a:1:2:3\0"),
    ])
}

/// A line table of Go 1.20 (its `pcHeader` and names).
fn line_table() -> Vec<u8> {
    let names =
        b"runtime.main\0fmt.(*pp).printValue\0main.main\0example.com/a/b.F\0example.com/b.(*T[...]).M\0";
    let mut table = b"\xf1\xff\xff\xff\0\0\x01\x08".to_vec();
    let after = 72 + names.len() as u64;
    for word in [5, 1, 0x40_0000, 72, after, after, after, after] {
        table.extend(u64::to_le_bytes(word));
    }
    table.extend_from_slice(names);
    table
}

/// The first small records of a feed.
fn records(name: &str) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let Some(feeds) = env::var_os("SEAWALL_FEEDS") else { return records };
    let path = Path::new(&feeds).join(name).join("all.zip");
    let Ok(file) = fs::File::open(path) else { return records };
    let Ok(mut zip) = zip::ZipArchive::new(std::io::BufReader::new(file)) else { return records };
    // Spread over the whole feed, the same each time.
    let step = (zip.len() / RECORDS).max(1);
    for number in (0..zip.len()).step_by(step).take(RECORDS) {
        let mut bytes = Vec::new();
        if let Ok(entry) = zip.by_index(number)
            && entry.size() <= RECORD_MAX
            && entry.take(RECORD_MAX).read_to_end(&mut bytes).is_ok()
        {
            records.push(bytes);
        }
    }
    records
}

const NOTIFICATION: &str = r#"{"events":[{"id":"1","timestamp":"2026-01-01T00:00:00Z","action":"push","target":{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","repository":"a/b","tag":"1"},"request":{"addr":"h:1","useragent":"seawall/0.1.0 (mark)"},"actor":{"name":"n"}},{"id":"2","action":"delete","target":{"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","repository":"a"}}]}"#;
