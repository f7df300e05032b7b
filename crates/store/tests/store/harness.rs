//! A PostgreSQL server for the time of the tests, and an empty store for each test.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use store::{Store, StoreUrl};

/// Runs the server, does what it is told line by line, and when its input ends, as it does however the tests end, stops
/// the server by its pid and removes its folder. It has a session of its own, so that what kills the tests spares it.
const KEEPER: &str = r#"
trap '' INT
cd /
folder=$(mktemp -d) || exit 1
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n1)
[ -x "$bin/initdb" ] || { echo "error the tests need PostgreSQL's server (Debian: postgresql-15)"; exit 1; }
"$bin/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 --locale=C -N >"$folder/log" 2>&1 ||
    { echo "error initdb: $(tail -n1 "$folder/log")"; rm -rf "$folder"; exit 1; }
[ -z "$CERTIFICATE" ] || { printf '%s' "$CERTIFICATE" >"$folder/c.pem"; (umask 077; printf '%s' "$KEY" >"$folder/k.pem"); }
start() {
    if [ -n "$CERTIFICATE" ]; then
        set -- -c ssl=on -c "ssl_cert_file=$folder/c.pem" -c "ssl_key_file=$folder/k.pem" -c listen_addresses=127.0.0.1 -p "$PORT"
    else
        set -- -c listen_addresses=
    fi
    "$bin/postgres" -D "$folder/data" -k "$folder" -c fsync=off -c max_connections=200 "$@" >>"$folder/log" 2>&1 &
    pid=$!
}
stop() { kill -INT "$pid"; wait "$pid"; }
start
echo "ready $folder"
while read -r line; do
    case $line in
        stop) stop; echo stopped ;;
        start) start; echo started ;;
    esac
done
stop
rm -rf "$folder"
"#;

/// A server; it ends with the value, or with the process.
pub(crate) struct Server {
    keeper: Child,
    said: Mutex<BufReader<ChildStdout>>,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// Starts one on a unix socket.
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts one; with a certificate and its key (PEM) also on a loopback port, with TLS.
    pub(crate) fn start_with(tls: Option<(&str, &str)>) -> Self {
        let is_root =
            std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
        let mut command = Command::new("setsid");
        if is_root {
            // The server refuses to run as root.
            command.args(["runuser", "-u", "postgres", "--"]);
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (certificate, key) = tls.unwrap_or_default();
        let mut keeper = command
            .args(["sh", "-c", KEEPER])
            .env("CERTIFICATE", certificate)
            .env("KEY", key)
            .env("PORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests need setsid and runuser (util-linux)");
        let mut said = BufReader::new(keeper.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let folder = line.trim().strip_prefix("ready ").unwrap_or_else(|| panic!("{line}")).into();
        Self { keeper, said: Mutex::new(said), folder, port: if tls.is_some() { port } else { 5432 } }
    }

    /// `stop` and `start`; returns when the server has stopped, or is about to start.
    pub(crate) fn tell(&self, order: &str) {
        let mut input = self.keeper.stdin.as_ref().unwrap();
        writeln!(input, "{order}").unwrap();
        let mut line = String::new();
        self.said.lock().unwrap().read_line(&mut line).unwrap();
        assert!(line.starts_with(order), "{line}");
    }

    /// A new database.
    pub(crate) async fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.folder).port(self.port).user("postgres").dbname("postgres");
        let begun = Instant::now();
        let (client, connection) = loop {
            match config.connect(tokio_postgres::NoTls).await {
                Ok(connected) => break connected,
                Err(e) if begun.elapsed() > Duration::from_secs(30) => {
                    panic!("the server does not start: {e:?}")
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        tokio::spawn(connection);
        // Another order of text than ours: the columns must not inherit it.
        client
            .batch_execute(&format!(
                "CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
            ))
            .await
            .unwrap();
        name
    }

    /// The address of a new database.
    pub(crate) async fn url(&self) -> StoreUrl {
        let (name, folder, port) = (self.database().await, self.folder.display(), self.port);
        format!("postgres:///{name}?host={folder}&port={port}&user=postgres").parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// An empty store, whose file lives as long as this.
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) url: StoreUrl,
    _folder: Option<tempfile::TempDir>,
}

impl Db {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::sqlite(folder.path().join("s.db"));
        Self { store: Store::open(&url).await.unwrap(), url, _folder: Some(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        // One server for all tests of the process. Nothing drops it; its keeper notices the end of the process.
        static SERVER: OnceLock<Server> = OnceLock::new();
        let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(Server::start)).await.unwrap();
        let url = server.url().await;
        Self { store: Store::open(&url).await.unwrap(), url, _folder: None }
    }
}

/// `on_both! { a_test, … }` runs each `async fn a_test(db: Db)` on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::harness::Db::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::harness::Db::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;
