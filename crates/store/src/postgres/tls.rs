//! TLS towards PostgreSQL, by rustls.

use std::{
    future::Future,
    io,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::{TlsConnector, client};

use crate::StoreError;

/// Makes connections whose certificate and name were checked.
#[derive(Clone)]
pub(super) struct MakeTls(Arc<ClientConfig>);

impl MakeTls {
    /// Trusts the authorities of a PEM file, or the system's.
    pub(super) fn new(roots: Option<&Path>, shown: &str) -> Result<Self, StoreError> {
        let failed = |why: String| StoreError::Open { store: shown.to_owned(), why };
        let mut store = RootCertStore::empty();
        match roots {
            Some(file) => {
                let unreadable = |e: &dyn std::fmt::Display| {
                    failed(format!("sslrootcert={}: {e}; it is a PEM file with certificates", file.display()))
                };
                for certificate in CertificateDer::pem_file_iter(file).map_err(|e| unreadable(&e))? {
                    store.add(certificate.map_err(|e| unreadable(&e))?).map_err(|e| unreadable(&e))?;
                }
            }
            // Old roots that do not parse are no reason to trust the others less.
            None => drop(store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        }
        if store.is_empty() {
            return Err(failed(
                "no certificate authority is known to check the server by; install the system's (Debian: \
                 ca-certificates) or name a file with sslrootcert="
                    .to_owned(),
            ));
        }
        let mut config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|e| failed(e.to_string()))?
                .with_root_certificates(store)
                .with_no_client_auth();
        // Since PostgreSQL 17 a server asks for it; older ones do not look.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for MakeTls {
    type Stream = Stream<S>;
    type TlsConnect = Connect;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<Connect, Self::Error> {
        Ok(Connect { config: Arc::clone(&self.0), name: ServerName::try_from(host)?.to_owned() })
    }
}

/// One connection to be made.
pub(super) struct Connect {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connect {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = TlsConnector::from(self.config).connect(self.name, stream);
        Box::pin(async move { connecting.await.map(|s| Stream(Box::new(s))) })
    }
}

/// The encrypted stream.
pub(super) struct Stream<S>(Box<client::TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        // The certificate's name is checked always, which is what the binding would add.
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}
