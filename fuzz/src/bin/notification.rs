#![no_main]
seawall_fuzz::target!("notification", seawall_fuzz::hub_input::notification);
