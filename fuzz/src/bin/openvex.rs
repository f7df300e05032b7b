#![no_main]
seawall_fuzz::target!("openvex", seawall_fuzz::rules::openvex);
