#![no_main]
seawall_fuzz::target!("merged", seawall_fuzz::layers::merged);
