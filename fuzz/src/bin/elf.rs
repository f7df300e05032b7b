#![no_main]
seawall_fuzz::target!("elf", seawall_fuzz::files::elf);
