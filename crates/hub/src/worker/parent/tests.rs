//! Workers that misbehave, each a line of shell.

use std::time::Instant as Clock;

use super::*;

fn tight() -> Limits {
    Limits {
        memory: 200 << 20,
        address_space: 1 << 30,
        cpu: Duration::from_secs(30),
        time: Duration::from_secs(20),
        reply: 1 << 20,
    }
}

async fn run(script: &str, limits: Limits) -> Problem {
    let worker = Worker::new("/bin/sh", vec!["-c".into(), script.into()], limits);
    let mut order = Order::new("registry.test/app@sha256:00");
    order.login = Some(("ann".to_owned(), "hunter2".to_owned()));
    let begin = Clock::now();
    let problem = worker.run(&order).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(15), "{script}: {:?}", begin.elapsed());
    assert_eq!(problem.effect, Effect::MayHidePackages);
    assert_eq!(problem.subject, "registry.test/app@sha256:00");
    problem
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_is_a_problem_with_the_last_words() {
    for (script, code, says) in [
        ("exit 7", problems::SCAN_CRASHED, "exit status: 7"),
        ("echo 'thread panicked' >&2; kill -SEGV $$", problems::SCAN_CRASHED, "it said: thread panicked"),
        ("exec >&-; sleep 1; exit 1", problems::SCAN_CRASHED, "without a result"),
        (
            "echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$",
            problems::SCAN_MEMORY,
            "more memory",
        ),
        ("kill -XCPU $$", problems::SCAN_TIME, "processor time"),
        ("echo this is no frame at all", problems::SCAN_REPLY, "no message"),
        ("printf 'SWF1\\002\\0\\0\\0\\0\\0\\0\\0{}'", problems::SCAN_REPLY, "no result"),
        ("printf 'SWF1\\0\\0\\0\\0\\0\\0\\0\\001'", problems::SCAN_REPLY, "more than"),
    ] {
        let problem = run(script, tight()).await;
        assert_eq!(problem.code, code, "{script}: {}", problem.message);
        assert!(problem.message.contains(says), "{script}: {}", problem.message);
    }
    let none = Worker::new("/nowhere/seawall", Vec::new(), tight());
    let problem = none.run(&Order::new("x")).await.unwrap_err();
    assert_eq!(problem.code, problems::SCAN_START);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    // The grandchild holds the output open.
    let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
    let problem = run(&script, Limits { time: Duration::from_secs(1), ..tight() }).await;
    assert_eq!((problem.code, problem.limit), (problems::SCAN_TIME, Some(1)), "{}", problem.message);
    let pid = std::fs::read_to_string(&file).unwrap();
    let gone = || {
        !std::fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|c| c.contains("sleep"))
    };
    let begin = Clock::now();
    while !gone() {
        assert!(begin.elapsed() < Duration::from_secs(5), "the grandchild {pid} lives");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The head ends and leaves one behind that holds the output.
    let problem = run("sleep 1000 & exit 3", tight()).await;
    assert_eq!(problem.code, problems::SCAN_CRASHED, "{}", problem.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_eats_memory_is_ended() {
    // A line without end, which `tail` keeps whole.
    let problem = run("exec tail /dev/zero", Limits { memory: 64 << 20, ..tight() }).await;
    assert_eq!((problem.code, problem.limit), (problems::SCAN_MEMORY, Some(64 << 20)), "{}", problem.message);
    // Past the address space an allocation fails, however little of it is touched.
    let problem = run("exec tail /dev/zero", Limits { memory: u64::MAX, ..tight() }).await;
    assert_eq!(problem.code, problems::SCAN_CRASHED, "{}", problem.message);
    assert!(problem.message.contains("memory exhausted"), "{}", problem.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_burns_the_processor_is_ended() {
    let problem = run("while :; do :; done", Limits { cpu: Duration::from_secs(1), ..tight() }).await;
    assert_eq!((problem.code, problem.limit), (problems::SCAN_TIME, Some(1)), "{}", problem.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_are_bounded() {
    let problem = run("exec cat /dev/zero", tight()).await;
    assert_eq!(problem.code, problems::SCAN_REPLY, "{}", problem.message);
    let problem = run("yes words >&2", Limits { time: Duration::from_secs(1), ..tight() }).await;
    assert_eq!(problem.code, problems::SCAN_TIME);
    assert!(problem.message.len() < TAIL + 200, "{}", problem.message.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_in_neither_arguments_nor_environment() {
    let problem = run("cat /proc/self/environ /proc/$$/cmdline >&2; env >&2; exit 1", tight()).await;
    assert!(!problem.message.contains("hunter2"), "{}", problem.message);
    assert!(!problem.message.contains("PATH=/usr/local"), "{}", problem.message);
    assert!(
        !format!("{:?}", Order { login: Some(("a".into(), "hunter2".into())), ..Order::new("x") })
            .contains("hunter2")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_no_longer_wanted_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep 1000", file.display());
    let worker = Worker::new("/bin/sh", vec!["-c".into(), script.into()], tight());
    let order = Order::new("x");
    let dropped = tokio::time::timeout(Duration::from_secs(1), worker.run(&order)).await;
    assert!(dropped.is_err());
    let pid = std::fs::read_to_string(&file).unwrap();
    let begin = Clock::now();
    while std::fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|c| c.contains("sleep"))
    {
        assert!(begin.elapsed() < Duration::from_secs(5), "{pid} lives");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
