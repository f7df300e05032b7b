//! What is to be seen of a registry from outside: whether it answers, how, and whether it lets anybody write.

use oci::{Error, Listing, Options};

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// It answers and takes the credentials, with what it says that it speaks; else why not.
    pub answer: Result<Option<String>, Error>,
    /// Does it speak TLS? `None`: nobody knows.
    pub tls: Option<bool>,
    /// Is its certificate one that verifies? `None`: nobody knows, or there is none.
    pub verified: Option<bool>,
    /// Does it let somebody without credentials begin an upload? `None`: nobody knows.
    pub anonymous_write: Option<bool>,
}

/// Looks at the registry at `address`.
pub async fn probe(address: &str, options: &Options) -> Seen {
    let listing = match Listing::connect(address, options).await {
        Ok(listing) => listing,
        Err(error) => return Seen { answer: Err(error), tls: None, verified: None, anonymous_write: None },
    };
    let answer = listing.ping().await;
    // Only what gave an answer of HTTP has shown how it is spoken to.
    let answered = match &answer {
        Ok(_) => true,
        Err(error) => {
            matches!(
                error,
                Error::Denied { .. } | Error::NotFound { .. } | Error::Http { .. } | Error::Malformed { .. }
            )
        }
    };
    let tls = answered.then(|| listing.is_encrypted());
    let verified = match tls {
        Some(true) if options.insecure => {
            let strict = Options { insecure: false, ..options.clone() };
            match Listing::connect(address, &strict).await {
                Ok(listing) => Some(listing.is_encrypted() && listing.ping().await.is_ok()),
                Err(_) => Some(false),
            }
        }
        Some(true) => Some(true),
        _ => None,
    };
    let anonymous_write = match answer {
        Ok(_) => listing.lets_anybody_write().await.ok(),
        Err(_) => None,
    };
    Seen { answer, tls, verified, anonymous_write }
}
