//! A registry on loopback that serves one image layout, read only: what a page needs to show a scan from a registry.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    thread,
};

use serde_json::Value;

/// Where it listens. It serves until the tests end.
pub(crate) struct Registry {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Registry {
    /// Serves the image of `layout`, whatever tag is asked for.
    pub(crate) fn serve(layout: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
        let manifest = index["manifests"][0]["digest"].as_str().unwrap().to_owned();
        let blobs = layout.join("blobs/sha256");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (manifest, blobs) = (manifest.clone(), blobs.clone());
                thread::spawn(move || answer(&stream, &manifest, &blobs));
            }
        });
        Self { address }
    }
}

/// One request on one connection. Whoever hangs up early is not waited for.
fn answer(stream: &TcpStream, manifest: &str, blobs: &Path) {
    let mut request = String::new();
    let mut reader = BufReader::new(stream);
    if reader.read_line(&mut request).is_err() {
        return;
    }
    let mut header = String::new();
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let digest = if path.contains("/manifests/") && !last.contains(':') { manifest } else { last };
    let body = match (path, digest.strip_prefix("sha256:")) {
        ("/v2/", _) => Some(b"{}".to_vec()),
        (_, Some(hex)) => fs::read(blobs.join(hex)).ok(),
        _ => None,
    };
    let (status, body) = match body {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", br#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#.to_vec()),
    };
    let kind = if path.contains("/manifests/") {
        "application/vnd.oci.image.manifest.v1+json"
    } else {
        "application/octet-stream"
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    let _ = stream.write_all(head.as_bytes());
    if !request.starts_with("HEAD ") {
        let _ = stream.write_all(&body);
    }
}
