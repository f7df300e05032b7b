//! `seawall completions` and `seawall man`.

use std::{fs, io};

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::cli::{Cli, Completions, Man};

pub(crate) fn completions(args: &Completions) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "seawall", &mut script);
    io::Write::write_all(&mut io::stdout(), &script)?;
    Ok(0)
}

pub(crate) fn man(args: &Man) -> Result<u8> {
    let mut command = Cli::command();
    command.build();
    match &args.folder {
        None => clap_mangen::Man::new(command).render(&mut io::stdout())?,
        Some(folder) => {
            fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(command, folder))
                .with_context(|| format!("the manual pages cannot be written to {}", folder.display()))?;
        }
    }
    Ok(0)
}
