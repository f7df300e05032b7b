//! `seawall export`: a whole list, as long as it is.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::{cli::Export, client::Asking};

pub(crate) fn run(args: &Export) -> Result<u8> {
    let list = args.list.trim_matches('/');
    known(list)?;
    let mut query = args
        .filters
        .iter()
        .map(|filter| {
            filter.split_once('=').ok_or_else(|| anyhow!("'{filter}' is no filter: write NAME=VALUE"))
        })
        .collect::<Result<Vec<_>>>()?;
    query.push(("format", args.format.as_str()));
    let asking = Asking::new(&args.hub)?;
    let path = format!("{}/{list}", api::PREFIX);
    match &args.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            asking.run(asking.client.download(&path, &query, |bytes| out.write_all(bytes)))?;
            out.flush()?;
        }
        Some(file) => to_file(&asking, &path, &query, file)?,
    }
    Ok(0)
}

/// Beside its place first: who reads it never sees half of a list.
fn to_file(asking: &Asking, path: &str, query: &[(&str, &str)], file: &Path) -> Result<()> {
    let name = file.file_name().with_context(|| format!("{} names no file", file.display()))?;
    let beside = file.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let failed = || format!("{} cannot be written", file.display());
    let mut out = BufWriter::new(File::create(&beside).with_context(failed)?);
    let got = asking.run(asking.client.download(path, query, |bytes| out.write_all(bytes)));
    let done = got.and_then(|_| {
        out.flush().with_context(failed)?;
        fs::rename(&beside, file).with_context(failed)
    });
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done
}

/// Is there such a list? The lists of this release are those whose addresses take a format.
fn known(list: &str) -> Result<()> {
    let lists = lists()?;
    let parts: Vec<&str> = list.split('/').collect();
    let fits = |template: &str| {
        let wanted: Vec<&str> = template.split('/').collect();
        wanted.len() == parts.len()
            && wanted.iter().zip(&parts).all(|(wanted, part)| {
                wanted == part || (wanted.starts_with('{') && !part.is_empty() && *part != "..")
            })
    };
    if lists.iter().any(|template| fits(template)) {
        return Ok(());
    }
    bail!("there is no list '{list}'; there are {}", lists.join(", "))
}

fn lists() -> Result<Vec<String>> {
    let document: Value = serde_json::from_str(&hub::openapi().to_json()?)?;
    let paths = document.get("paths").and_then(Value::as_object).context("the interface has no addresses")?;
    let takes_format = |get: &Value| {
        let parameters = get.get("parameters").and_then(Value::as_array);
        parameters.is_some_and(|all| {
            all.iter().any(|one| one.get("name").and_then(Value::as_str) == Some("format"))
        })
    };
    Ok(paths
        .iter()
        .filter(|(_, path)| path.get("get").is_some_and(takes_format))
        .filter_map(|(path, _)| path.strip_prefix(api::PREFIX)?.strip_prefix('/').map(str::to_owned))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_those_of_the_interface() {
        assert!(lists().unwrap().contains(&"users".to_owned()), "{:?}", lists());
        known("audit").unwrap();
        for wrong in ["", "healthz", "me", "users/x", "../metrics", "users?x=1"] {
            assert!(known(wrong).is_err(), "{wrong}");
        }
    }
}
