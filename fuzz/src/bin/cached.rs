#![no_main]
seawall_fuzz::target!("cached", seawall_fuzz::layers::cached);
