#![no_main]
seawall_fuzz::target!("catalogue", seawall_fuzz::hub_input::catalogue);
