#![no_main]
seawall_fuzz::target!("python_pipfile", seawall_fuzz::files::python_pipfile);
