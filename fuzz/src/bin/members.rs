#![no_main]
seawall_fuzz::target!("members", seawall_fuzz::layers::members);
