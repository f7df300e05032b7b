//! Until when clients believe what the listener shows.

use super::{ListenError, Security, tls};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// The end of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The file that holds it.
    pub path: PathBuf,
    /// Its last moment.
    pub at: OffsetDateTime,
}

/// When the first of the certificates ends that clients look at: of the operator's own chain, or the authority that the
/// hub made (what it signs is made anew at each start). `None`: plain HTTP, or an authority that is not made yet.
///
/// # Errors
/// A file that cannot be read, or holds no certificate.
pub fn expiry(security: &Security) -> Result<Option<Expiry>, ListenError> {
    match security {
        Security::Plain { .. } => Ok(None),
        Security::Files { certificate, .. } => first(certificate).map(Some),
        Security::Generated { folder, .. } => {
            let authority = folder.join(tls::AUTHORITY_FILE);
            if authority.exists() { first(&authority).map(Some) } else { Ok(None) }
        }
    }
}

/// A chain holds as long as its weakest link.
fn first(path: &Path) -> Result<Expiry, ListenError> {
    let wrong = |what: &str| ListenError::Certificate { path: path.to_owned(), what: what.to_owned() };
    let mut earliest: Option<OffsetDateTime> = None;
    for der in tls::chain(path)? {
        let (_, certificate) =
            X509Certificate::from_der(&der).map_err(|_| wrong("a certificate in it is damaged"))?;
        let end = certificate.validity().not_after.to_datetime();
        earliest = Some(earliest.map_or(end, |earliest| earliest.min(end)));
    }
    let at = earliest.ok_or_else(|| wrong("it holds no certificate"))?;
    Ok(Expiry { path: path.to_owned(), at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use std::fs;

    /// The beginning of a year.
    fn at(year: i32) -> OffsetDateTime {
        time::Date::from_ordinal_date(year, 1).unwrap().midnight().assume_utc()
    }

    fn pem(end: OffsetDateTime) -> String {
        let mut params = CertificateParams::new(vec!["hub.example".to_owned()]).unwrap();
        params.not_before = at(2020);
        params.not_after = end;
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn the_first_of_a_chain_that_ends_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cert.pem");
        fs::write(&path, format!("{}{}{}", pem(at(2040)), pem(at(2031)), pem(at(2060)))).unwrap();
        let files = Security::Files { certificate: path.clone(), key: path.clone() };
        assert_eq!(expiry(&files).unwrap(), Some(Expiry { path, at: at(2031) }));
    }

    #[test]
    fn an_authority_of_the_hub_ends_ten_years_after_it_was_made() {
        let folder = tempfile::tempdir().unwrap();
        let own = Security::Generated { folder: folder.path().to_owned(), names: Vec::new() };
        assert_eq!(expiry(&own).unwrap(), None, "none is made by asking");
        tls::generated(folder.path(), &[], std::net::Ipv4Addr::LOCALHOST.into()).unwrap();
        let days = (expiry(&own).unwrap().unwrap().at - OffsetDateTime::now_utc()).whole_days();
        assert!((3640..=3650).contains(&days), "{days}");
    }

    #[test]
    fn what_is_no_certificate_is_told_of_and_plain_http_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cert.pem");
        let files = Security::Files { certificate: path.clone(), key: path.clone() };
        assert!(matches!(expiry(&files), Err(ListenError::File { .. })));
        // The frame of one, around bytes that are none.
        for text in ["nothing", "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"] {
            fs::write(&path, text).unwrap();
            assert!(matches!(expiry(&files), Err(ListenError::Certificate { .. })), "{text}");
        }
        assert_eq!(expiry(&Security::Plain { said: 0 }).unwrap(), None);
    }
}
