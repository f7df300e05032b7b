//! `seawall registries`.

use std::io::{self, Write};

use anyhow::{Context, Result, anyhow};
use api::ClientError;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    part,
    rows::{Column, From, page, plain},
    show,
};
use crate::{
    cli::{HubArgs, Registries, RegistriesCommand, RegistryArgs},
    client::{Asking, secret},
    cmd::catalogue::read_text,
};

const PATH: &str = "/api/v1/registries";
/// Bytes of a file with authorities.
const MAX_CA: u64 = 1 << 20;

pub(crate) fn run(args: &Registries) -> Result<u8> {
    match &args.command {
        RegistriesCommand::List { asked } => {
            let asking = Asking::new(&asked.hub)?;
            let answer: Value = asking.run(asking.client.get(PATH, &[("limit", "500")]))?;
            show(asked.shown, &answer, |answer| {
                page(
                    answer,
                    &[
                        Column("Name", From::Field("/name")),
                        Column("Address", From::Field("/address")),
                        Column("State", From::Field("/state")),
                        Column("Repositories", From::Field("/repositories")),
                        Column("Images", From::Field("/images")),
                        Column("Findings", From::Worst("/findings")),
                        Column("Why", From::Field("/stateDetail")),
                    ],
                )
            })
        }
        RegistriesCommand::Add(registry) => add(registry),
        RegistriesCommand::Check(registry) => {
            let asking = Asking::new(&registry.asked.hub)?;
            let body = body(registry)?;
            let answer: Value =
                asking.run(asking.client.change(Method::POST, &format!("{PATH}/check"), &body))?;
            let reached = answer.get("reached").and_then(Value::as_bool).unwrap_or(false);
            show(registry.asked.shown, &answer, |answer| {
                let word = if reached { "reached" } else { "not reached" };
                format!("{word}: {}\n", report::plain(&plain(answer.get("detail"))))
            })?;
            Ok(u8::from(!reached))
        }
        RegistriesCommand::Remove { name, yes, hub } => remove(name, *yes, hub),
    }
}

/// What is sent of a registry; the password is read last, when all else is right.
fn body(args: &RegistryArgs) -> Result<Value> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    set("name", args.name.clone().into());
    set("address", args.address.clone().into());
    set("include", json!(args.include));
    set("exclude", json!(args.exclude));
    set("insecure", args.insecure.into());
    if let Some(scope) = &args.scope {
        set("scope", scope.clone().into());
    }
    if let Some(concurrency) = args.concurrency {
        set("concurrency", concurrency.into());
    }
    if let Some(file) = &args.ca {
        set("ca", read_text(file, MAX_CA)?.into());
    }
    if let Some(user) = &args.user {
        let password = secret(&format!("Password of {user} at {}: ", args.address));
        set("user", user.clone().into());
        set("password", password.context("the password was not read")?.expose().into());
    }
    Ok(Value::Object(body))
}

fn add(args: &RegistryArgs) -> Result<u8> {
    let asking = Asking::new(&args.asked.hub)?;
    let body = body(args)?;
    let made: Value = asking.run(asking.client.change(Method::POST, PATH, &body))?;
    show(args.asked.shown, &made, |made| {
        let of = |at: &str| report::plain(&plain(made.pointer(at))).into_owned();
        let mut text = format!("Connected {} ({}).\n\n", of("/registry/name"), of("/registry/address"));
        text.push_str("So that pushes and pulls are seen at once, have it tell the hub. The secret is shown this once.\n");
        for line in plain(made.pointer("/notifications/example")).lines() {
            text.push_str(&report::plain(line));
            text.push('\n');
        }
        text
    })
}

fn remove(name: &str, yes: bool, hub: &HubArgs) -> Result<u8> {
    let asking = Asking::new(hub)?;
    let (id, removal) = asking.run(async {
        let all: Vec<Value> = asking.client.all(PATH, &[]).await?;
        let of_name = |row: &&Value| row.get("name").and_then(Value::as_str) == Some(name);
        let Some(id) = all.iter().find(of_name).map(|row| plain(row.get("id"))) else {
            return Ok::<_, ClientError>((None, Value::Null));
        };
        let removal: Value = asking.client.get(&format!("{PATH}/{}/removal", part(&id)), &[]).await?;
        Ok((Some(id), removal))
    })?;
    let id =
        id.ok_or_else(|| anyhow!("the hub has no registry '{name}'; seawall registries list shows all"))?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", report::plain(&plain(removal.get("sentence"))))?;
    if !yes {
        writeln!(out, "Nothing was removed; --yes does it.")?;
        return Ok(0);
    }
    let path = format!("{PATH}/{}?name={}", part(&id), part(name));
    asking.run(asking.client.act(Method::DELETE, &path))?;
    writeln!(out, "Removed {}.", report::plain(name))?;
    Ok(0)
}
