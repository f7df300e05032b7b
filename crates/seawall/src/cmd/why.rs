//! `seawall why`.

use std::io::{self, Write};

use anyhow::Result;
use scan::Kind;
use vulndb::{Context, Judge};

use crate::{
    cli::{Common, Why},
    cmd::{catalogue, db},
};

pub(crate) fn run(args: &Why, common: &Common) -> Result<u8> {
    let database = db::open(common)?;
    let catalogued = catalogue::run(&args.target, common)?;
    let judge = match catalogued.subject.kind {
        Kind::SourceTree | Kind::Document => Judge::Declared,
        Kind::Image | Kind::RootFs => Judge::Installed,
    };
    let why = database.why(&args.id, &catalogued.catalogue, args.package.as_deref(), &Context { judge });
    writeln!(io::stdout().lock(), "{why}")?;
    Ok(0)
}
