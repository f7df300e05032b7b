#![no_main]
seawall_fuzz::target!("layer", seawall_fuzz::layers::layer);
