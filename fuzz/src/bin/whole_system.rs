#![no_main]
seawall_fuzz::target!("whole_system", seawall_fuzz::files::whole_system);
