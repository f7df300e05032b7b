//! `seawall hub`.

use std::{
    io::{self, Write},
    thread,
};

use anyhow::{Context, Result, bail};
use hub::{listen::Security, retention::Keep};
use url::Url;

use crate::{
    cli::{Common, Hub},
    cmd::catalogue,
    output::warn,
    paths,
    serve::{Opened, Plan, Serving, logs, signals::Signals},
};

/// A part of the hub failed.
const FAILED: u8 = 1;

pub(crate) fn run(args: &Hub, common: &Common) -> Result<u8> {
    logs::begin(args.log_format, &args.log)?;
    let plan = plan(args, common)?;
    let runtime = catalogue::runtime()?;
    runtime.block_on(serve(plan))
}

pub(crate) fn plan(args: &Hub, common: &Common) -> Result<Plan> {
    let folder = paths::data_dir(common)?;
    let public = args.public_url.as_deref().filter(|text| !text.is_empty()).map(public_url).transpose()?;
    let security = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Security::Files { certificate: certificate.clone(), key: key.clone() }
        }
        _ if args.insecure_http > 0 || args.listen.ip().is_loopback() => {
            Security::Plain { said: args.insecure_http }
        }
        _ => {
            let mut names = args.tls_name.clone();
            names.extend(public.as_ref().and_then(Url::host_str).map(str::to_owned));
            Security::Generated { folder: folder.join("tls"), names }
        }
    };
    let processors = || thread::available_parallelism().map_or(1, usize::from).min(64);
    let database = match args.advisories.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        Some(path) => path.clone(),
        None => paths::database(common)?,
    };
    Ok(Plan {
        store: args.store.clone(),
        addresses: vec![args.listen],
        security,
        public_url: public.map(|url| url.as_str().trim_end_matches('/').to_owned()),
        database,
        cache: paths::cache_dir(common)?.join("layers"),
        slots: args.workers.map_or_else(processors, usize::from),
        keep: Keep { notices: args.keep_notices, deliveries: args.keep_deliveries, audit: args.keep_audit },
        folder,
    })
}

/// The address under which the hub is reached: scheme, host, port, nothing else.
fn public_url(text: &str) -> Result<Url> {
    let wrong = "write https://HOST or https://HOST:PORT, nothing behind it";
    let url = Url::parse(text).with_context(|| format!("--public-url '{text}': {wrong}"))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        bail!("--public-url '{text}': {wrong}");
    }
    Ok(url)
}

async fn serve(plan: Plan) -> Result<u8> {
    let mut signals = Signals::new()?;
    let database = plan.database.clone();
    let opened = Opened::open(plan).await?;
    if !opened.has_data {
        // Else all that the fleet is judged by would be taken back, and come again as new.
        if opened.was_judged().await? {
            bail!(
                "the database of advisories {} is not there, and this store was judged by one: put it back, or make it \
                 again with: seawall db update",
                database.display()
            );
        }
        warn(&format!(
            "there is no database of advisories at {}: nothing is judged until there is one. Make it with: seawall db update",
            database.display()
        ));
    }
    let mut serving = opened.serve().await?;
    hello(&serving).await?;
    let failed = tokio::select! {
        () = signals.next() => None,
        error = serving.failed() => Some(error),
    };
    signals.end_at_once();
    serving.end().await;
    match failed {
        None => Ok(0),
        Some(error) => {
            crate::output::error(&error);
            Ok(FAILED)
        }
    }
}

async fn hello(serving: &Serving) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Seawall {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "Console      {}", serving.base)?;
    if let (Some(fingerprint), Some(authority)) = (&serving.fingerprint, &serving.authority) {
        writeln!(out, "Authority    {}", authority.display())?;
        writeln!(out, "Fingerprint  {fingerprint}")?;
    }
    if let Some(link) = serving.setup_link().await? {
        writeln!(out, "Set-up link  {link}")?;
        writeln!(out, "             makes the first owner; works once, and for a day")?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_a_scheme_and_a_host() {
        for (text, right) in [
            ("https://hub.example", true),
            ("https://hub.example:8443/", true),
            ("http://10.0.0.1:7292", true),
            ("hub.example", false),
            ("ftp://hub.example", false),
            ("https://hub.example/seawall", false),
            ("https://hub.example/?a", false),
            ("https://me:secret@hub.example", false),
        ] {
            assert_eq!(public_url(text).is_ok(), right, "{text}");
        }
    }
}
