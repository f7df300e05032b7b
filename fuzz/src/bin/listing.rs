#![no_main]
seawall_fuzz::target!("listing", seawall_fuzz::images::listing);
