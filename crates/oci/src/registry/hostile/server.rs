//! A small HTTP server that does what it is told, also what no server should.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

pub(super) enum Reply {
    /// A whole answer; `Content-Length` is added where no length is told.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// These bytes, then nothing, until the peer leaves.
    Stall(Vec<u8>),
    /// These bytes, then one more now and then, until the peer leaves.
    Drip(Vec<u8>),
    /// These bytes, then spaces until the peer leaves.
    Endless(Vec<u8>),
}

pub(super) fn ok(body: &[u8]) -> Reply {
    Reply::Answer(200, Vec::new(), body.to_vec())
}

pub(super) fn status(code: u16) -> Reply {
    Reply::Answer(code, Vec::new(), Vec::new())
}

pub(super) fn redirect(to: &str) -> Reply {
    Reply::Answer(307, vec![("Location", to.to_owned())], Vec::new())
}

struct State {
    stop: AtomicBool,
    log: Mutex<Vec<Request>>,
    connections: AtomicU64,
    sent: AtomicU64,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    state: Arc<State>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(ip: &str, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            stop: AtomicBool::new(false),
            log: Mutex::default(),
            connections: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        let handler = Arc::new(handler);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.stop.load(Ordering::Relaxed) {
                    break;
                }
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let (state, handler) = (Arc::clone(&shared), Arc::clone(&handler));
                thread::spawn(move || serve(stream, &state, &*handler));
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn log(&self) -> Vec<Request> {
        self.state.log.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Bytes of endless answers that were taken.
    pub(super) fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, state: &State, handler: &dyn Fn(&Request) -> Reply) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let _ = stream.set_write_timeout(Some(Duration::from_secs(30)));
    let Some(request) = read(&mut stream) else { return };
    state.log.lock().unwrap().push(request.clone());
    match handler(&request) {
        Reply::Answer(code, headers, body) => {
            let mut head = format!("HTTP/1.1 {code} X\r\nConnection: close\r\n");
            for (name, value) in &headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                head.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
            let _ = stream.write_all(format!("{head}\r\n").as_bytes());
            let _ = stream.write_all(&body);
        }
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes);
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes);
            let _ = stream.read(&mut [0; 16]);
        }
        Reply::Drip(bytes) => {
            let _ = stream.write_all(&bytes);
            while stream.write_all(b" ").is_ok() && !state.stop.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(50));
            }
        }
        Reply::Endless(bytes) => {
            let _ = stream.write_all(&bytes);
            let spaces = vec![b' '; 64 << 10];
            while let Ok(n) = stream.write(&spaces) {
                state.sent.fetch_add(n as u64, Ordering::Relaxed);
            }
        }
    }
}

/// `None` for what is no HTTP, such as the first bytes of TLS.
fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).ok()?;
        bytes.extend_from_slice(&chunk[..n]);
        if n == 0 || bytes.first() == Some(&0x16) {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).ok().filter(|n| *n > 0)?;
        body.extend_from_slice(&chunk[..n]);
    }
    Some(Request {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
