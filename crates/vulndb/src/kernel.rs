//! Which packages of a kernel's source hold the kernel.
//!
//! Headers, tools and documentation are built from the kernel's source and bear its version, but none of its flaws can
//! be exploited through them. A flaw counts on the package with the image; on a host only on the one that runs.

use package::{Catalogue, Package, PackageType};

/// What a package is to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing.
    None,
    /// The kernel that runs here, or would run from this image.
    Image,
    /// A kernel that is installed on a host and not the one that runs.
    NotRunning,
    /// Built from the kernel's source, without the kernel.
    Part,
}

/// Debian's source packages that begin with `linux-` and are no kernels.
const NO_KERNELS: &[&str] = &[
    "linux-base",
    "linux-atm",
    "linux-igd",
    "linux-ftpd",
    "linux-ftpd-ssl",
    "linux-user-chroot",
    "linux-minidisc",
    "linux-wlan-ng",
    "linux-firmware",
    "linux-apfs-rw",
    "linux-show-player",
    "linux-pam",
    "linux-kernel-di",
];

/// Binary packages with a kernel's image in the Red Hat family, SUSE, Amazon, Azure Linux, Photon.
const RPM_IMAGES: &[&str] = &[
    "kernel-core",
    "kernel-rt-core",
    "kernel-debug-core",
    "kernel-64k-core",
    "kernel-rt-64k-core",
    "kernel-uek",
    "kernel-uek-core",
    "kernel-default",
    "kernel-default-base",
    "kernel-azure",
    "kernel-rt",
    "linux",
    "linux-rt",
    "linux-aws",
    "linux-secure",
    "kernel-lt",
    "kernel-ml",
];

/// Alpine's packages from the kernel's source that are no kernel of any flavour.
const APK_PARTS: &[&str] = &["headers", "tools", "doc", "dev"];

/// Does a source package's name stand for a kernel?
pub(crate) fn is_kernel_source(kind: PackageType, source: &str) -> bool {
    match kind {
        PackageType::Deb => {
            source == "linux" || (source.starts_with("linux-") && !NO_KERNELS.contains(&source))
        }
        PackageType::Rpm => {
            source == "kernel"
                || source == "linux"
                || source.starts_with("kernel-")
                || source.starts_with("linux-")
        }
        PackageType::Apk => source.starts_with("linux-") && !matches!(source, "linux-pam" | "linux-firmware"),
        _ => false,
    }
}

/// The source under which advisories name a signed kernel, and its version: `linux-signed-amd64 6.1.187+1` is `linux
/// 6.1.187-1` signed. Ubuntu's signed sources bear the version as it is.
pub(crate) fn unsigned(source: &str, version: &str) -> Option<(String, String)> {
    let rest = source.strip_prefix("linux-signed")?;
    let name = match rest {
        "" | "-amd64" | "-arm64" | "-i386" => "linux".to_owned(),
        flavour => format!("linux{flavour}"),
    };
    Some((name, version.replacen('+', "-", 1)))
}

/// The role of a package.
pub(crate) fn role(package: &Package, catalogue: &Catalogue) -> Role {
    let Some(source) = &package.source else { return Role::None };
    if !is_kernel_source(package.kind, &source.name) {
        return Role::None;
    }
    let booted = catalogue.kernel.booted.as_deref();
    let release = match package.kind {
        PackageType::Deb => {
            let Some(rest) = package.name.strip_prefix("linux-image-") else { return Role::Part };
            let rest = rest.strip_prefix("unsigned-").unwrap_or(rest);
            // `linux-image-amd64` only depends on the current image.
            if !rest.starts_with(|c: char| c.is_ascii_digit()) {
                return Role::Part;
            }
            rest.strip_suffix("-unsigned").unwrap_or(rest).to_owned()
        }
        PackageType::Rpm => {
            let name = package.name.as_str();
            let plain = name == "kernel" && !has_core(catalogue);
            if !plain && !RPM_IMAGES.contains(&name) {
                return Role::Part;
            }
            let version = package.version.split_once(':').map_or(package.version.as_str(), |(_, rest)| rest);
            match &package.arch {
                Some(arch) => format!("{version}.{arch}"),
                None => version.to_owned(),
            }
        }
        PackageType::Apk => {
            // One source builds several flavours: linux-lts and linux-virt come from linux-lts. Parts have a further
            // word: linux-lts-dev.
            let flavour = package.name.strip_prefix("linux-").unwrap_or_default();
            if flavour.is_empty() || flavour.contains('-') || APK_PARTS.contains(&flavour) {
                return Role::Part;
            }
            format!("{}-{flavour}", package.version.replacen("-r", "-", 1))
        }
        _ => return Role::None,
    };
    match booted {
        None => Role::Image,
        Some(booted) if booted == release || booted.starts_with(&format!("{release}.")) => Role::Image,
        Some(_) => Role::NotRunning,
    }
}

/// Since Fedora 21 and its heirs `kernel` is empty and `kernel-core` has the image; before, and at Amazon, `kernel`.
fn has_core(catalogue: &Catalogue) -> bool {
    catalogue.packages.iter().any(|package| package.kind == PackageType::Rpm && package.name == "kernel-core")
}
