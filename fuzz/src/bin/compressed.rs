#![no_main]
seawall_fuzz::target!("compressed", seawall_fuzz::layers::compressed);
