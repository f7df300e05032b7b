//! A small proxy that knows CONNECT: it leads every name to one address, and remembers who was asked for.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use base64::Engine as _;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    thread: Option<thread::JoinHandle<()>>,
}

struct State {
    behind: String,
    /// What `Proxy-Authorization` must say.
    authorization: Option<String>,
    asked: Mutex<Vec<String>>,
    stop: AtomicBool,
}

impl Proxy {
    /// Leads to `behind`; `login` is `user:password`.
    pub(crate) fn start(behind: &str, login: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let encoded = |login| base64::engine::general_purpose::STANDARD.encode(login);
        let state = Arc::new(State {
            behind: behind.to_owned(),
            authorization: login.map(|login| format!("Basic {}", encoded(login))),
            asked: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.stop.load(Ordering::Relaxed) {
                    break;
                }
                let state = Arc::clone(&shared);
                // A connection that breaks is the client's affair.
                thread::spawn(move || _ = serve(stream, &state));
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    /// The targets that were asked for since the last call, refused ones too.
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.state.asked.lock().unwrap())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut client: TcpStream, state: &State) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut authorization = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("proxy-authorization") {
            authorization = Some(value.trim().to_owned());
        }
    }
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    state.asked.lock().unwrap().push(target.to_owned());
    if method != "CONNECT" {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
    }
    if authorization != state.authorization {
        let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\
                      Content-Length: 0\r\n\r\n";
        return client.write_all(answer.as_bytes());
    }
    let server = TcpStream::connect(&state.behind)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut up, mut down) = (server.try_clone()?, server);
    let mut back = client;
    let upwards = thread::spawn(move || {
        let _ = io::copy(&mut reader, &mut up);
        let _ = up.shutdown(Shutdown::Write);
    });
    let copied = io::copy(&mut down, &mut back);
    let _ = back.shutdown(Shutdown::Both);
    let _ = upwards.join();
    copied.map(|_| ())
}
