//! The commands that ask a hub: logged in as a person does, published as a pipeline does.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Bench, PASSWORD, process::seawall, redeem};

/// Runs a command with what is typed at it.
fn run(bench: &Bench, arguments: &[&str], typed: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = seawall(bench.folder.path());
    command
        .env("XDG_CONFIG_HOME", bench.path("config"))
        .env("SEAWALL_DATA_DIR", bench.path("own"))
        .envs(variables.iter().copied())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in ["SEAWALL_HUB", "SEAWALL_TOKEN", "SEAWALL_USER", "SEAWALL_HUB_CA"] {
        if !variables.iter().any(|(set, _)| *set == name) {
            command.env_remove(name);
        }
    }
    let mut child = command.spawn().unwrap();
    // Whoever reads nothing has closed it.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it printed; the exit code must be this.
fn said(done: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{out}{err}");
    if code == 0 { out.into_owned() } else { err.into_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_publishes_and_people_see_where_it_was_built() {
    let bench = Bench::new();
    let hub = bench.hub(&["--listen", "127.0.0.1:0", "--log", "warn"]);
    let base = hub.said("Console ");
    redeem(&base, &hub.said("Set-up link ")).await;

    // Nobody is logged in, and nobody is there.
    let nowhere = said(&run(&bench, &["score"], "", &[]), 2);
    assert!(nowhere.contains("seawall login"), "{nowhere}");
    let nobody = said(&run(&bench, &["score", "--hub", "http://127.0.0.1:9"], "", &[]), 2);
    assert!(nobody.contains("no answer") && nobody.contains("does it run"), "{nobody}");
    let open = said(&run(&bench, &["login", "http://hub.seawall.test"], "swt_x\n", &[]), 2);
    assert!(open.contains("not encrypted"), "{open}");
    let wrong = said(&run(&bench, &["login", &base], "swt_0123456789abcdef_x\n", &[]), 2);
    assert!(wrong.contains("Log in first") && wrong.contains("request "), "{wrong}");
    assert!(!bench.path("config/seawall/login.json").exists(), "what is refused is not kept");

    let typed = format!("{PASSWORD}\n");
    let in_ = said(&run(&bench, &["login", &base, "--user", "root"], &typed, &[]), 0);
    assert!(in_.contains("Logged in to") && in_.contains("owner on everything"), "{in_}");
    let file = bench.path("config/seawall/login.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // A token of a pipeline publishes, and can do nothing else.
    let made = said(&run(&bench, &["token", "create", "ci", "--grant", "publish"], &typed, &[]), 0);
    let token = made.trim();
    assert!(token.starts_with("swt_") && !token.contains(' '), "{made}");
    let ci = [
        ("SEAWALL_HUB", base.as_str()),
        ("SEAWALL_TOKEN", token),
        ("GITHUB_WORKFLOW", "release"),
        ("GITHUB_SERVER_URL", "https://forge.seawall.test"),
        ("GITHUB_REPOSITORY", "shop/web"),
        ("GITHUB_RUN_ID", "42"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", "0123abc"),
    ];
    let done = run(&bench, &["scan", "root", "--no-match", "--publish"], "", &ci);
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    said(&done, 0);
    assert!(told.contains("published as published/"), "{told}");
    let refused = said(&run(&bench, &["images", "list"], "", &ci[..2]), 2);
    assert!(refused.contains("Your role does not allow this"), "{refused}");

    let list: Value =
        serde_json::from_str(&said(&run(&bench, &["images", "list", "--format", "json"], "", &[]), 0))
            .unwrap();
    let image = &list["items"][0];
    assert!(image["assetId"].as_str().unwrap().starts_with("published/"), "{list}");
    let id = image["id"].as_str().unwrap();
    let table = said(&run(&bench, &["images", "list"], "", &[]), 0);
    assert!(table.starts_with("Image") && table.contains("published/"), "{table}");
    let shown = said(&run(&bench, &["images", "show", id], "", &[]), 0);
    let published =
        "Published    release, https://forge.seawall.test/shop/web/actions/runs/42, main, 0123abc";
    assert!(shown.contains(published), "{shown}");
    let none = said(&run(&bench, &["images", "show", "999999"], "", &[]), 2);
    assert!(none.contains("There is no such thing"), "{none}");

    // It is judged: by then there is a score, or what hinders is said.
    let end = Instant::now() + Duration::from_secs(30);
    while said(&run(&bench, &["recommendations", "--by", "control"], "", &[]), 0).trim() == "none" {
        assert!(Instant::now() < end, "nothing is judged");
        std::thread::sleep(Duration::from_millis(200));
    }
    let score = said(&run(&bench, &["score"], "", &[]), 0);
    assert!(score.contains("Security control"), "{score}");
    let unknown = said(&run(&bench, &["cve", "CVE-1999-0001"], "", &[]), 2);
    assert!(unknown.contains("There is no such thing"), "{unknown}");

    // Whole lists.
    let csv = said(&run(&bench, &["export", "images"], "", &[]), 0);
    assert_eq!(csv.lines().count(), 2, "{csv}");
    said(&run(&bench, &["export", "audit", "action=login", "-f", "jsonl", "-o", "audit.jsonl"], "", &[]), 0);
    let lines = fs::read_to_string(bench.path("audit.jsonl")).unwrap();
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).unwrap()["action"] == "login"));
    let no = said(&run(&bench, &["export", "everything"], "", &[]), 2);
    assert!(no.contains("there is no list 'everything'") && no.contains("audit"), "{no}");

    // A token that is revoked is dead.
    let listed = said(&run(&bench, &["token", "list"], &typed, &[]), 0);
    let row = listed.lines().find(|line| line.contains(" ci ")).unwrap_or_else(|| panic!("{listed}"));
    let id = row.split_whitespace().next().unwrap();
    said(&run(&bench, &["token", "revoke", id], &typed, &[]), 0);
    let dead = said(&run(&bench, &["scan", "root", "--no-match", "--publish"], "", &ci), 2);
    assert!(dead.contains("Log in first"), "{dead}");
    let forgotten = said(&run(&bench, &["login", "--forget"], "", &[]), 0);
    assert!(forgotten.contains("Forgotten") && !file.exists(), "{forgotten}");
    hub.stop();
}
