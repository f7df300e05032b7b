#![no_main]
seawall_fuzz::target!("python_requirements", seawall_fuzz::files::python_requirements);
