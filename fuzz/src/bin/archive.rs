#![no_main]
seawall_fuzz::target!("archive", seawall_fuzz::images::archive);
