#![no_main]
seawall_fuzz::target!("ignore_file", seawall_fuzz::rules::ignore_file);
