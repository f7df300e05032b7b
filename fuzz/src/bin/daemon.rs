#![no_main]
seawall_fuzz::target!("daemon", seawall_fuzz::images::daemon);
