#![no_main]
seawall_fuzz::target!("registry", seawall_fuzz::images::registry);
