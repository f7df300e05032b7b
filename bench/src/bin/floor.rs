//! The least that a catalogue of an image costs: reads each file once, hashes it, and where it is gzip inflates it and
//! hashes what comes out, with the libraries that Seawall uses. Nothing is looked at, and no checksum is verified.
//!
//! `floor FILE…` prints the digests of each file, blob first.

#![expect(clippy::print_stdout, reason = "a program: its output is its result")]

use std::{
    env,
    fs::File,
    io::{self, Read},
    process::ExitCode,
};

use flate2::{Decompress, FlushDecompress, Status};
use sha2::{Digest, Sha256};

/// As Seawall reads.
const CHUNK: usize = 256 << 10;

fn main() -> ExitCode {
    for path in env::args_os().skip(1) {
        match File::open(&path).and_then(digests) {
            Ok((blob, Some(tar))) => println!("{} {}", hex(&blob), hex(&tar)),
            Ok((blob, None)) => println!("{}", hex(&blob)),
            Err(error) => {
                println!("floor: {}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

type Pair = (Vec<u8>, Option<Vec<u8>>);

/// The digests of a file and, where it is gzip, of what it holds.
fn digests(mut file: File) -> io::Result<Pair> {
    let (mut blob, mut tar) = (Sha256::new(), Sha256::new());
    let mut input = vec![0; CHUNK];
    let mut output = vec![0; CHUNK];
    let mut engine = Decompress::new(false);
    let (mut first, mut gzip, mut ended) = (true, false, false);
    loop {
        let n = file.read(&mut input)?;
        let Some(mut bytes) = input.get(..n).filter(|bytes| !bytes.is_empty()) else { break };
        blob.update(bytes);
        if first {
            first = false;
            gzip = bytes.starts_with(&[0x1f, 0x8b]);
            if gzip {
                bytes = bytes.get(header_len(bytes)..).unwrap_or_default();
            }
        }
        // One member: that is what Go, umoci and Docker write. The trailer is hashed with the blob and left alone.
        while gzip && !ended && !bytes.is_empty() {
            let (read, wrote) = (engine.total_in(), engine.total_out());
            let status = engine
                .decompress(bytes, &mut output, FlushDecompress::None)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            ended = status == Status::StreamEnd;
            let (read, wrote) = (engine.total_in() - read, engine.total_out() - wrote);
            bytes = bytes.get(usize::try_from(read).unwrap_or(usize::MAX)..).unwrap_or_default();
            tar.update(output.get(..usize::try_from(wrote).unwrap_or(0)).unwrap_or_default());
        }
    }
    Ok((blob.finalize().to_vec(), gzip.then(|| tar.finalize().to_vec())))
}

/// Bytes of a header with at most a name and a comment (RFC 1952), which is what writers of layers make.
fn header_len(bytes: &[u8]) -> usize {
    let flags = bytes.get(3).copied().unwrap_or(0);
    let mut len = 10;
    for flag in [1 << 3, 1 << 4] {
        if flags & flag != 0 {
            let text = bytes.get(len..).unwrap_or_default();
            len += text.iter().position(|&byte| byte == 0).map_or(0, |end| end + 1);
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    #[test]
    fn the_floor_inflates_and_hashes_all_of_it() {
        let plain: Vec<u8> = (0..1_000_000_u32).flat_map(|n| (n % 991).to_le_bytes()).collect();
        let mut gzip =
            flate2::GzBuilder::new().filename("a name").write(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        let packed = gzip.finish().unwrap();
        let path = env::temp_dir().join(format!("seawall-floor-{}", std::process::id()));
        let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        file.write_all(&packed).unwrap();
        file.rewind().unwrap();
        let (blob, tar) = digests(file).unwrap();
        assert_eq!(blob, Sha256::digest(&packed).to_vec());
        assert_eq!(tar, Some(Sha256::digest(&plain).to_vec()));
    }
}
