#![no_main]
seawall_fuzz::target!("java_zip", seawall_fuzz::files::java_zip);
