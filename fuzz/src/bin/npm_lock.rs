#![no_main]
seawall_fuzz::target!("npm_lock", seawall_fuzz::files::npm_lock);
