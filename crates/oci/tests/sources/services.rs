//! Starts the real services on free ports, in temporary folders, and ends them by their process id when dropped.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Runs a program to its end; a failure fails the test with its output.
pub(crate) fn run(program: &str, arguments: &[&str]) {
    let ran = Command::new(program).args(arguments).output();
    let ran = ran.unwrap_or_else(|error| panic!("{program} is needed ({error}): run scripts/setup test"));
    assert!(
        ran.status.success(),
        "{program} {}: {}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}

pub(crate) fn skopeo(arguments: &[&str]) {
    run("skopeo", &[&["--insecure-policy"], arguments].concat());
}

/// A running program with its folder.
struct Service {
    child: Child,
    /// Removed after the program ended.
    _folder: TempDir,
    log: PathBuf,
}

impl Service {
    fn start(command: &mut Command, folder: TempDir) -> Self {
        let log = folder.path().join("log");
        let output = fs::File::create(&log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} is needed ({error}): run scripts/setup test"));
        Self { child, _folder: folder, log }
    }

    /// Waits until `ready`, at most `seconds`.
    fn wait(&mut self, seconds: u64, ready: impl Fn() -> bool) {
        let begin = Instant::now();
        while !ready() {
            let ended = self.child.try_wait().unwrap();
            let late = begin.elapsed() > Duration::from_secs(seconds);
            assert!(ended.is_none() && !late, "not ready: {}", fs::read_to_string(&self.log).unwrap());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // First politely, so that dockerd ends containerd and takes its mounts away.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) enum Access {
    #[allow(dead_code, reason = "not every test that starts a registry wants one of each kind")]
    Open,
    TlsAndPassword,
}

/// `docker-registry` on a free port.
pub(crate) struct Registry {
    pub(crate) address: String,
    pub(crate) authority: Option<PathBuf>,
    _service: Service,
}

/// What the registry's certificate calls it beside its address; no name server knows it.
pub(crate) const NAME: &str = "registry.seawall.test";

/// `ann:s3cret-of-ann`, as `htpasswd -B` writes it.
const HTPASSWD: &str = "ann:$2y$05$93pQm06WQbLKgl8Q39HJSu8W9yayWjT0C0q3iLNPcP9.StS5iFBWO\n";

impl Registry {
    pub(crate) fn start(access: &Access) -> Self {
        Self::with(access, None, "")
    }

    /// The same with what lies in `data` already, which stays when it ends, and with more configuration.
    pub(crate) fn with(access: &Access, data: Option<&std::path::Path>, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        // Free now; if another program takes it before the registry does, the registry ends and the test says so.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n{more}",
            data.map_or_else(|| at("data"), ToOwned::to_owned).display()
        );
        let mut authority = None;
        let mut tls = String::new();
        if matches!(access, Access::TlsAndPassword) {
            let (certificate, key) = (at("cert.pem"), at("key.pem"));
            let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), NAME.to_owned()]).unwrap();
            fs::write(&certificate, made.cert.pem()).unwrap();
            fs::write(&key, made.signing_key.serialize_pem()).unwrap();
            tls = format!(", tls: {{certificate: {}, key: {}}}", certificate.display(), key.display());
            authority = Some(certificate);
        }
        config.push_str(&format!("http: {{addr: '{address}', secret: test{tls}}}\n"));
        if !matches!(access, Access::Open) {
            fs::write(at("htpasswd"), HTPASSWD).unwrap();
            config.push_str(&format!(
                "auth: {{htpasswd: {{realm: test, path: {}}}}}\n",
                at("htpasswd").display()
            ));
        }
        fs::write(at("config.yml"), config).unwrap();
        let file = at("config.yml");
        let mut service = Service::start(Command::new("docker-registry").arg("serve").arg(file), folder);
        service.wait(30, || TcpStream::connect(&address).is_ok());
        Self { address, authority, _service: service }
    }
}

/// `dockerd` on a socket of its own.
pub(crate) struct Daemon {
    pub(crate) host: String,
    service: Service,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let socket = at("docker.sock");
        let host = format!("unix://{}", socket.display());
        let mut command = Command::new("dockerd");
        command.args(["-D", "--bridge", "none", "--iptables=false", "--data-root"]).arg(at("data"));
        command.arg("--exec-root").arg(at("exec")).arg("--pidfile").arg(at("pid")).args(["-H", &host]);
        let mut service = Service::start(&mut command, folder);
        let answers = || {
            let version = Command::new("/usr/bin/docker").args(["-H", &host, "version"]).output();
            version.is_ok_and(|version| version.status.success())
        };
        service.wait(90, || socket.exists() && answers());
        Self { host, service }
    }

    /// What it logged; with `-D` each request that it got.
    #[allow(dead_code, reason = "not every test that starts one reads its log")]
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.service.log).unwrap()
    }

    pub(crate) fn docker(&self, arguments: &[&str]) {
        // Another client may stand earlier in PATH.
        run("/usr/bin/docker", &[&["-H", &self.host], arguments].concat());
    }
}
