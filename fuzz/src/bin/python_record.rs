#![no_main]
seawall_fuzz::target!("python_record", seawall_fuzz::files::python_record);
