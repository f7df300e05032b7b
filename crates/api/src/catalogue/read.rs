//! Reading a document that may be hostile.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

use super::{Document, FORMAT, VERSION};

/// What a document may hold. Each bound is several times what the largest targets of the field have.
pub mod bounds {
    /// Bytes of the document.
    pub const BYTES: usize = 64 << 20;
    /// Packages.
    pub const PACKAGES: usize = 200_000;
    /// Layers, and steps of the history.
    pub const LAYERS: usize = 1_024;
    /// Paths of privileged or unidentified files.
    pub const PATHS: usize = 100_000;
    /// Problems, and things left out.
    pub const PROBLEMS: usize = 10_000;
    /// Names, evidence, licences, arguments, labels.
    pub const NAMES: usize = 4_096;
    /// Dependencies or linked packages of one package.
    pub const EDGES: usize = 20_000;
    /// Bytes of one text: a path has 4,096 at most, labels and instructions are longer.
    pub const TEXT: usize = 64 << 10;
    /// Bytes of a package's name or version.
    pub const NAME: usize = 4_096;
}

/// Why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is longer than [`bounds::BYTES`].
    #[error("the catalogue has {0} bytes; at most {max} are read", max = bounds::BYTES)]
    TooLong(usize),
    /// It is no JSON, or not of this form.
    #[error("this is no catalogue document: {0}")]
    Form(String),
    /// It is of another format.
    #[error("'{0}' is not the format of a catalogue document; {FORMAT} is")]
    Format(String),
    /// It is of a version that this program does not know.
    #[error("the catalogue has version {0}, this hub reads up to {VERSION}: update the hub")]
    Version(u32),
    /// An index points outside.
    #[error("package {package} of the catalogue points at {what} {index}, and there are {count}")]
    Outside {
        /// Which package.
        package: usize,
        /// `package` or `layer`.
        what: &'static str,
        /// Where it points.
        index: u32,
        /// How many there are.
        count: usize,
    },
    /// A text is longer than it may be.
    #[error("{what} of the catalogue has {len} bytes; at most {max} are taken")]
    Text {
        /// Which.
        what: &'static str,
        /// Its bytes.
        len: usize,
        /// The bound.
        max: usize,
    },
    /// A target that must have an image has none, or the other way round.
    #[error("a catalogue of kind '{0}' {1}")]
    Kind(String, &'static str),
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// Why it is refused: nothing of a document that is refused is used.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.len() > bounds::BYTES {
            return Err(ReadError::TooLong(bytes.len()));
        }
        // Format and version first: a newer form may have fields that this one would misread.
        let head: Head = serde_json::from_slice(bytes).map_err(|error| ReadError::Form(error.to_string()))?;
        if head.format != FORMAT {
            return Err(ReadError::Format(head.format.chars().take(64).collect()));
        }
        if head.version == 0 || head.version > VERSION {
            return Err(ReadError::Version(head.version));
        }
        let document: Self =
            serde_json::from_slice(bytes).map_err(|error| ReadError::Form(error.to_string()))?;
        document.check()?;
        Ok(document)
    }

    /// Looks for what no honest sender writes.
    fn check(&self) -> Result<(), ReadError> {
        match (self.kind.as_str(), &self.image) {
            ("image", Some(_)) | ("rootfs" | "source" | "sbom", None) => {}
            ("image", None) => return Err(self.kind_error("has no image")),
            ("rootfs" | "source" | "sbom", Some(_)) => return Err(self.kind_error("has an image")),
            _ => return Err(self.kind_error("is not known")),
        }
        let layers = self.image.as_ref().map_or(0, |image| image.layers.len());
        let count = self.packages.len();
        for (number, package) in self.packages.iter().enumerate() {
            let outside = |what, index, count| ReadError::Outside { package: number, what, index, count };
            if let Some(layer) = package.layer.filter(|layer| *layer as usize >= layers) {
                return Err(outside("layer", layer, layers));
            }
            let edges = package.owner.iter().chain(&package.bundled_in).chain(&package.depends_on);
            for index in edges {
                if *index as usize >= count {
                    return Err(outside("package", *index, count));
                }
            }
            if package.name.is_empty() {
                return Err(ReadError::Form(format!("package {number} has no name")));
            }
            let source = package.source.iter().chain(&package.built_using);
            let texts = [&package.name, &package.version].into_iter();
            for text in texts.chain(source.flat_map(|source| [&source.name, &source.version])) {
                short("a package's name or version", text, bounds::NAME)?;
            }
            let go = package.go.iter();
            let lists = package.evidence.iter().chain(&package.licences).chain(&package.arch);
            let linked = go.flat_map(|go| go.linked.iter().flat_map(|linked| &linked.0).chain(&go.goos));
            for text in lists.chain(linked) {
                short("a package's text", text, bounds::NAME)?;
            }
        }
        short("the target", &self.target, bounds::NAME)?;
        for path in self.unidentified.iter().chain(self.privileged_files.iter().map(|file| &file.path)) {
            short("a path", path, bounds::NAME)?;
        }
        for skipped in &self.skipped {
            short("a path", &skipped.path, bounds::NAME)?;
            short("a reason", &skipped.reason, bounds::NAME)?;
        }
        for problem in &self.problems {
            short("a problem", &problem.subject, bounds::TEXT)?;
            short("a problem", &problem.message, bounds::TEXT)?;
            short("a problem's code", problem.code.as_str(), 128)?;
        }
        if let Some(published) = &self.published {
            let texts = [&published.workflow, &published.run_url, &published.branch, &published.commit];
            for text in texts {
                short("a field of publication", text, bounds::NAME)?;
            }
        }
        if let Some(distro) = &self.distro {
            let texts = [&distro.id, &distro.version_id, &distro.codename, &distro.pretty_name];
            for text in texts.into_iter().chain(&distro.id_like) {
                short("a field of the distribution", text, bounds::NAME)?;
            }
        }
        let Some(image) = &self.image else { return Ok(()) };
        let pairs = image.annotations.iter().chain(&image.config.labels);
        for text in pairs.flat_map(|(name, value)| [name, value]) {
            short("a label", text, bounds::TEXT)?;
        }
        let config = &image.config;
        let lists =
            image.names.iter().chain(&config.env_names).chain(&config.exposed_ports).chain(&config.volumes);
        for text in lists.chain([&config.user, &config.working_dir]).chain(&config.created) {
            short("a name of the configuration", text, bounds::NAME)?;
        }
        for text in config.entrypoint.iter().chain(&config.cmd) {
            short("a command of the configuration", text, bounds::TEXT)?;
        }
        for platform in image.platforms.iter().chain([&image.platform]) {
            for text in [&platform.os, &platform.architecture].into_iter().chain(&platform.variant) {
                short("a platform", text, bounds::NAME)?;
            }
        }
        for credential in image.config.credentials.iter().flatten() {
            short("the name of a credential", &credential.name, bounds::NAME)?;
        }
        for step in image.config.history.iter().filter_map(|step| step.created_by.as_ref()) {
            short("an instruction", step, bounds::TEXT)?;
        }
        Ok(())
    }

    fn kind_error(&self, what: &'static str) -> ReadError {
        ReadError::Kind(self.kind.chars().take(64).collect(), what)
    }
}

fn short(what: &'static str, text: &str, max: usize) -> Result<(), ReadError> {
    if text.len() > max { Err(ReadError::Text { what, len: text.len(), max }) } else { Ok(()) }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// A list that ends the reading when it grows past `MAX`: memory stays bounded whatever is sent.
pub(super) fn list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<T, const MAX: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for List<T, MAX> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                if items.len() == MAX {
                    return Err(A::Error::custom(format_args!("a list has more than {MAX} entries")));
                }
                items.push(item);
            }
            Ok(items)
        }
    }

    deserializer.deserialize_seq(List::<T, MAX>(PhantomData))
}

/// The same for a list that may be absent, which is something else than empty.
pub(super) fn some_list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list::<D, T, MAX>(deserializer).map(Some)
}

/// The same for texts by name.
pub(super) fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Map;

    impl<'de> Visitor<'de> for Map {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "an object of at most {} texts", bounds::NAMES)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut items = BTreeMap::new();
            while let Some((name, value)) = access.next_entry()? {
                if items.len() == bounds::NAMES {
                    return Err(A::Error::custom(format_args!(
                        "an object has more than {} entries",
                        bounds::NAMES
                    )));
                }
                items.insert(name, value);
            }
            Ok(items)
        }
    }

    deserializer.deserialize_map(Map)
}
