//! A registry that has as many images as are asked for: a layer with packages that all share, and one of their own each.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

use crate::image::{digest, tar};

/// Media type and bytes by digest.
type Content = Arc<Mutex<HashMap<String, (&'static str, Vec<u8>)>>>;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

pub(crate) struct Images {
    /// `127.0.0.1:PORT`. It serves until the tests end.
    pub(crate) address: String,
    content: Content,
}

impl Images {
    pub(crate) fn serve() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let content = Content::default();
        let shared = Arc::clone(&content);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let content = Arc::clone(&shared);
                thread::spawn(move || answer(&stream, &content));
            }
        });
        Self { address, content }
    }

    /// Makes the image of this number, and gives its manifest's digest.
    pub(crate) fn push(&self, number: usize) -> String {
        let os = "ID=debian\nVERSION_ID=\"7\"\n";
        let status = ["openssl", "zlib1g"].map(|name| {
            format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0.1e-2\nDescription: x\n\n")
        });
        let base =
            tar([("etc/os-release", os.as_bytes()), ("var/lib/dpkg/status", status.concat().as_bytes())]);
        let own = tar([("srv/number", number.to_string().as_bytes())]);
        let diff_ids: Vec<String> = [&base, &own].map(|layer| format!("sha256:{}", digest(layer))).to_vec();
        let config = json!({
            "architecture": "amd64", "os": "linux", "created": "2026-11-01T00:00:00Z", "config": {"User": "app"},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let layers = [self.keep(LAYER, base), self.keep(LAYER, own)];
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "layers": layers,
            "config": self.keep(CONFIG, config.to_string().into_bytes()),
        });
        let kept = self.keep(MANIFEST, manifest.to_string().into_bytes());
        kept["digest"].as_str().unwrap().to_owned()
    }

    fn keep(&self, kind: &'static str, bytes: Vec<u8>) -> Value {
        let name = format!("sha256:{}", digest(&bytes));
        let described = json!({"mediaType": kind, "digest": name, "size": bytes.len()});
        self.content.lock().unwrap().insert(name, (kind, bytes));
        described
    }
}

/// Requests on one connection. Whoever hangs up, as a hub that is killed does, is not waited for.
fn answer(stream: &TcpStream, content: &Content) {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let (mut request, mut header) = (String::new(), String::new());
        if !reader.read_line(&mut request).is_ok_and(|read| read > 0) {
            return;
        }
        while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
            header.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let found = content.lock().unwrap().get(path.rsplit('/').next().unwrap_or_default()).cloned();
        let (status, kind, body) = match (path, found) {
            ("/v2/", _) => ("200 OK", "application/json", b"{}".to_vec()),
            (_, Some((kind, bytes))) => ("200 OK", kind, bytes),
            (_, None) => ("404 Not Found", "application/json", b"{}".to_vec()),
        };
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        let body = if request.starts_with("HEAD ") { &[][..] } else { &body };
        if writer.write_all(&[head.as_bytes(), body].concat()).is_err() {
            return;
        }
    }
}
