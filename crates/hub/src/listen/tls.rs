//! Certificates: the operator's own, or those of an authority that the hub makes.

use super::ListenError;
use ::aws_lc_rs::digest;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs as provider,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    net::IpAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use time::{Duration, OffsetDateTime};

/// The authority's certificate, in its folder.
pub(super) const AUTHORITY_FILE: &str = "ca.pem";
/// The authority is made once; whoever was told to trust it should not be asked again soon.
const AUTHORITY_DAYS: i64 = 3650;
/// The longest life of a server's certificate that all common clients accept. It is made anew at each start.
const SERVER_DAYS: i64 = 820;

pub(super) struct Generated {
    pub(super) config: Arc<ServerConfig>,
    pub(super) fingerprint: String,
    pub(super) authority: PathBuf,
}

/// TLS with the operator's own certificate.
pub(super) fn from_files(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, ListenError> {
    let chain = chain(certificate)?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|_| wrong(key, "it holds no PRIVATE KEY block".to_owned()))?;
    config(chain, private).map_err(|error| {
        wrong(certificate, format!("TLS does not take it together with {} ({error})", key.display()))
    })
}

fn wrong(path: &Path, what: String) -> ListenError {
    ListenError::Certificate { path: path.to_owned(), what }
}

/// The certificates of a PEM file: one at least.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, ListenError> {
    let chain = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(path, format!("it is no PEM ({error})")))?;
    if chain.is_empty() {
        return Err(wrong(path, "it holds no CERTIFICATE block".to_owned()));
    }
    Ok(chain)
}

/// TLS with a certificate for `names`, `localhost` and `address`, of the authority in `folder`, which is made if it is
/// not there.
pub(super) fn generated(folder: &Path, names: &[String], address: IpAddr) -> Result<Generated, ListenError> {
    let authority = folder.join(AUTHORITY_FILE);
    let (issuer, der) = match authority_of(folder)? {
        Some(kept) => kept,
        None => make_authority(folder)?,
    };
    let mut subjects = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !address.is_unspecified() {
        subjects.push(address.to_string());
    }
    subjects.extend(names.iter().cloned());
    subjects.sort();
    subjects.dedup();
    for name in &subjects {
        if name.is_empty() || name.len() > 253 || !name.bytes().all(is_name_byte) {
            return Err(ListenError::Name(crate::problem::shown(name)));
        }
    }
    let mut params = CertificateParams::new(subjects).map_err(make)?;
    params.distinguished_name = called("Seawall hub");
    (params.not_before, params.not_after) = valid(SERVER_DAYS);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().map_err(make)?;
    let server = params.signed_by(&key, &issuer).map_err(make)?;
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = config(vec![server.der().clone(), der.clone()], private).map_err(make)?;
    Ok(Generated { config, fingerprint: fingerprint(&der), authority })
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'*')
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

type Authority = (Issuer<'static, KeyPair>, CertificateDer<'static>);

/// The authority in `folder`; none if there is neither certificate nor key.
fn authority_of(folder: &Path) -> Result<Option<Authority>, ListenError> {
    let (certificate, key) = (folder.join(AUTHORITY_FILE), folder.join("ca.key"));
    match (certificate.exists(), key.exists()) {
        (false, false) => return Ok(None),
        (true, true) => {}
        (has_certificate, _) => {
            let path = if has_certificate { key } else { certificate };
            let what = "the other half of the authority is there and this is not: put it back, or remove both for a \
                        new authority, which clients must then be told to trust";
            return Err(ListenError::Certificate { path, what: what.to_owned() });
        }
    }
    let damaged = |path: &Path| {
        let what = "it is damaged; remove ca.pem and ca.key for a new authority, which clients must then be told to trust";
        wrong(path, what.to_owned())
    };
    let private = String::from_utf8(read(&key)?)
        .ok()
        .and_then(|pem| KeyPair::from_pem(&pem).ok())
        .ok_or_else(|| damaged(&key))?;
    let der = CertificateDer::from_pem_slice(&read(&certificate)?).map_err(|_| damaged(&certificate))?;
    // A certificate of another key would be found out only by clients, who could not say what is wrong.
    let public = private.public_key_raw();
    if !der.windows(public.len()).any(|window| window == public) {
        return Err(damaged(&certificate));
    }
    Ok(Some((Issuer::new(authority_params(), private), der)))
}

/// What the authority is. Made from the same words at each start, so that what it signs names it as it is.
fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called("Seawall authority of this hub");
    (params.not_before, params.not_after) = valid(AUTHORITY_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn make_authority(folder: &Path) -> Result<Authority, ListenError> {
    let params = authority_params();
    let key = KeyPair::generate().map_err(make)?;
    let certificate = params.self_signed(&key).map_err(make)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| ListenError::File {
        doing: "cannot make the folder",
        path: folder.to_owned(),
        source,
    })?;
    // The key first: a certificate without its key would be told of as damage at the next start, a key without its
    // certificate too, but nobody can have been told to trust it yet.
    write(&folder.join("ca.key"), key.serialize_pem().as_bytes(), 0o600)?;
    write(&folder.join(AUTHORITY_FILE), certificate.pem().as_bytes(), 0o644)?;
    let der = certificate.der().clone();
    Ok((Issuer::new(params, key), der))
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// From yesterday, for clocks that are behind, to `days` from now.
fn valid(days: i64) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now - Duration::days(1), now + Duration::days(days))
}

/// SHA-256 of the certificate, as browsers and `openssl x509 -fingerprint -sha256` write it.
fn fingerprint(der: &CertificateDer<'_>) -> String {
    let hash = digest::digest(&digest::SHA256, der);
    let pairs: Vec<_> = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn make(error: impl std::fmt::Display) -> ListenError {
    ListenError::Make(error.to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, ListenError> {
    /// Far above any chain.
    const LARGEST: u64 = 1 << 20;
    let failed = |source| ListenError::File { doing: "cannot read", path: path.to_owned(), source };
    let length = fs::metadata(path).map_err(failed)?.len();
    if length > LARGEST {
        return Err(failed(std::io::Error::new(ErrorKind::InvalidData, "larger than 1 MiB")));
    }
    fs::read(path).map_err(failed)
}

/// Writes a new file with `mode` from its first moment on, whole or not at all.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), ListenError> {
    let failed = |source| ListenError::File { doing: "cannot write", path: path.to_owned(), source };
    let part = path.with_extension("part");
    let _ = fs::remove_file(&part);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&part).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&part, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_authority_is_made_once_and_its_key_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("tls");
        let first = generated(&folder, &[], HERE).unwrap();
        let second = generated(&folder, &["hub.example".to_owned()], HERE).unwrap();
        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(first.fingerprint.len(), 32 * 3 - 1);
        let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("ca.key"), 0o600);
    }

    #[test]
    fn half_an_authority_and_a_damaged_one_are_told_of_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        generated(folder.path(), &[], HERE).unwrap();
        fs::write(folder.path().join("ca.key"), "no key").unwrap();
        assert!(matches!(generated(folder.path(), &[], HERE), Err(ListenError::Certificate { .. })));
        fs::remove_file(folder.path().join("ca.key")).unwrap();
        assert!(matches!(generated(folder.path(), &[], HERE), Err(ListenError::Certificate { .. })));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "two words", "line\nbreak", "ünicode"] {
            let made = generated(folder.path(), &[name.to_owned()], HERE);
            assert!(matches!(made, Err(ListenError::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn files_that_are_no_certificate_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        assert!(matches!(from_files(&certificate, &key), Err(ListenError::File { .. })));
        fs::write(&certificate, "nothing").unwrap();
        fs::write(&key, "nothing").unwrap();
        let error = from_files(&certificate, &key).unwrap_err().to_string();
        assert!(error.contains("c.pem"), "{error}");
    }
}
