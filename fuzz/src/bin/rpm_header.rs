#![no_main]
seawall_fuzz::target!("rpm_header", seawall_fuzz::files::rpm_header);
