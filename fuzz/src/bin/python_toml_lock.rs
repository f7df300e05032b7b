#![no_main]
seawall_fuzz::target!("python_toml_lock", seawall_fuzz::files::python_toml_lock);
