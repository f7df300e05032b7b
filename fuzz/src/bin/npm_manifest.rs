#![no_main]
seawall_fuzz::target!("npm_manifest", seawall_fuzz::files::npm_manifest);
