#![no_main]
seawall_fuzz::target!("rpm_sqlite", seawall_fuzz::files::rpm_sqlite);
