#![no_main]
seawall_fuzz::target!("python_metadata", seawall_fuzz::files::python_metadata);
