//! PostgreSQL only: a server that goes away and comes back, and one that speaks TLS.

use std::{sync::Arc, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use store::{Store, StoreError, StoreUrl, values};

use crate::harness::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_server_is_found_again_and_nothing_acknowledged_is_lost() {
    let server = Arc::new(tokio::task::spawn_blocking(Server::start).await.unwrap());
    let store = Store::open(&server.url().await).await.unwrap();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let (mut kept, mut unknown) = (Vec::new(), 0);
                for n in 0..150 {
                    let id = format!("{writer}-{n}");
                    let name = id.clone();
                    let insert = "INSERT INTO owner (id, name) VALUES ($1, $1)";
                    match store.write(move |tx| tx.execute(insert, &values![name])).await {
                        Ok(_) => kept.push(id),
                        Err(StoreError::CommitUnknown(_) | StoreError::Lost(_) | StoreError::Open { .. }) => {
                            unknown += 1;
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                (kept, unknown)
            })
        })
        .collect();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let server = Arc::clone(&server);
        tokio::task::spawn_blocking(move || {
            server.tell("stop");
            server.tell("start");
        })
        .await
        .unwrap();
        // A read goes on as if nothing had been.
        store.read(|tx| tx.query("SELECT 1", &[])).await.unwrap();
    }
    let mut wanted = Vec::new();
    for writer in writers {
        let (kept, unknown) = writer.await.unwrap();
        // A restart breaks at most the one transaction that was under way, twice.
        assert!(unknown <= 4, "{unknown}");
        wanted.extend(kept);
    }
    let rows = store.read(|tx| tx.query("SELECT id FROM owner", &[])).await.unwrap();
    let there: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.text(0).unwrap()).collect();
    let lost: Vec<_> = wanted.iter().filter(|id| !there.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(wanted.len() > 500, "{}", wanted.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_checked_against_the_named_authority_and_the_name() {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, other) = (authority("ours"), authority("other"));
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &ours).unwrap().pem();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (ours, other, empty) =
        (file("ours.pem", &ours.pem()), file("other.pem", &other.pem()), file("empty.pem", ""));
    let key = key.serialize_pem();
    let server =
        tokio::task::spawn_blocking(move || Server::start_with(Some((&certificate, &key)))).await.unwrap();
    let (database, port) = (server.database().await, server.port);
    let open = |host: &str, rest: String| {
        let url: StoreUrl = format!("postgres://postgres@{host}:{port}/{database}?{rest}").parse().unwrap();
        async move { Store::open(&url).await }
    };
    let store = open("127.0.0.1", format!("sslmode=verify-full&sslrootcert={ours}")).await.unwrap();
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(store.read(move |tx| tx.query_one(sql, &[])?.get::<bool>(0)).await.unwrap());
    for (host, rest) in [
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={other}")),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={other}")),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={empty}")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={ours}")),
    ] {
        let refused = open(host, rest.clone()).await;
        assert!(matches!(refused, Err(StoreError::Open { .. })), "{host} {rest}: {refused:?}");
    }
}
