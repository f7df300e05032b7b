//! Seeds a hub's store with a made-up fleet.
//!
//! `fleet FOLDER STORE_URL IMAGES [SEED]` compiles two databases of advisories into FOLDER (`vulnerabilities.db` as a hub
//! finds it in its data folder, and `vulnerabilities.next.db` with one CVE more), fills the empty store at STORE_URL
//! (`sqlite:PATH`, `postgres://…`) with so many images, and prints one JSON object: what there is now.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program: its output is its result")]

use std::{
    env,
    path::Path,
    process::ExitCode,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use bench::fleet::{Failed, Made, Plan, seed};
use store::Micros;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (folder, url, images, seed) = match arguments.as_slice() {
        [folder, url, images] => (folder, url, images, "1"),
        [folder, url, images, seed] => (folder, url, images, seed.as_str()),
        _ => {
            eprintln!("usage: fleet FOLDER STORE_URL IMAGES [SEED]");
            return ExitCode::from(2);
        }
    };
    let begin = Instant::now();
    match run(folder, url, images, seed).await {
        Ok(line) => {
            println!("{line}");
            eprintln!("fleet: seeded in {:.1} s", begin.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fleet: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: &str, url: &str, images: &str, number: &str) -> Result<String, Failed> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let today = i64::try_from(seconds / 86_400 * 86_400)? * 1_000_000;
    let plan = Plan { images: images.parse()?, seed: number.parse()?, today: Micros(today) };
    let made: Made = seed(Path::new(folder), &url.parse()?, &plan).await?;
    Ok(serde_json::to_string_pretty(&made)?)
}
