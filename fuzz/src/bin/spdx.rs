#![no_main]
seawall_fuzz::target!("spdx", seawall_fuzz::documents::spdx);
