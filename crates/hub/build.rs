//! Lists the built console for `src/console.rs`, which embeds it. Needs no Node: where nothing was built, the list is
//! empty and the hub says so.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../console/dist");
    let out = PathBuf::from(env::var("OUT_DIR")?).join("console.rs");
    // The folder itself is in the repository: a path that is not there would build the hub anew every time.
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = Vec::new();
    if dist.is_dir() {
        collect(&dist, "", &mut files)?;
    }
    // A list in the order of its names: it is searched by halves, and the same files give the same binary.
    files.sort();
    // Without its page the rest is what a build that was broken off left behind.
    if !files.iter().any(|(name, _)| name == "index.html") {
        files.clear();
    }

    let mut text = String::from("/// The console's files, by name.\nstatic FILES: &[File] = &[\n");
    for (name, path) in files.iter().filter(|(name, _)| !name.ends_with(".gz")) {
        let gzip = match files.iter().find(|(twin, _)| twin.strip_suffix(".gz") == Some(name)) {
            Some((_, twin)) => format!("Some(include_bytes!({:?}))", path_text(twin)?),
            None => "None".to_owned(),
        };
        let tag = fnv1a(&fs::read(path)?);
        writeln!(
            text,
            "    File {{ name: {name:?}, bytes: include_bytes!({:?}), gzip: {gzip}, tag: \"{tag:016x}\" }},",
            path_text(path)?,
        )?;
    }
    text.push_str("];\n");
    fs::write(out, text)?;
    Ok(())
}

fn path_text(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.to_str().ok_or_else(|| format!("{}: the path is not UTF-8", path.display()).into())
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name =
            entry.file_name().into_string().map_err(|name| format!("{}: not UTF-8", name.display()))?;
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else {
            files.push((format!("{prefix}{name}"), entry.path().canonicalize()?));
        }
    }
    Ok(())
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): tells one release's file from another's. No secret hangs on it.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
