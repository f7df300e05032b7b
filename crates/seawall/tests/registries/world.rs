//! A hub at work, its owner, and real registries.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use api::registry::{MadeRegistry, Registry as Shown, Repository, Tag};
use hub::{
    Running,
    worker::{Limits, Worker},
};
use reqwest::Method;
use serde_json::{Value, json};
use store::values;

use crate::{
    image::{self, Layer},
    services::{Access, Registry, skopeo},
    support::{Answer, Hub, Who},
};

pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) owner: Who,
    images: tempfile::TempDir,
    running: Option<Running>,
}

impl World {
    /// A hub with the sample of advisories that does not work yet.
    pub(crate) async fn start() -> Self {
        let world = Self::without_advisories().await;
        feeds::sample(&world.hub.folder.path().join("advisories")).unwrap();
        world
    }

    pub(crate) async fn without_advisories() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let hub = Hub::start().await;
        let owner = hub.owner().await;
        Self { hub, owner, images: tempfile::tempdir().unwrap(), running: None }
    }

    /// Carries jobs out from now on.
    pub(crate) fn work(&mut self) {
        let worker = Worker::new(env!("CARGO_BIN_EXE_seawall"), vec!["worker".into()], Limits::default());
        let options = hub::Options {
            timeouts: oci::Timeouts {
                connect: Duration::from_secs(2),
                idle: Duration::from_secs(2),
                back_off: Duration::from_millis(500),
                ..oci::Timeouts::default()
            },
            database: Some(self.hub.folder.path().join("advisories")),
            look: Duration::from_millis(200),
            ..hub::Options::new(worker)
        };
        self.running = Some(hub::run(&self.hub.state, options).unwrap());
    }

    /// Ends it all, in order.
    pub(crate) async fn end(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        self.hub.stop().await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.hub.get(&self.owner, path).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.hub.post(&self.owner, path, &body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.hub.change(&self.owner, Method::PATCH, path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.hub.delete(&self.owner, path).await
    }

    /// Connects a registry; `more` is added to what is asked.
    pub(crate) async fn connect(&self, name: &str, more: Value) -> MadeRegistry {
        let mut asked = json!({"name": name, "address": "127.0.0.1:1"});
        for (key, value) in more.as_object().unwrap() {
            asked[key] = value.clone();
        }
        self.post("/api/v1/registries", asked).await.ok(201)
    }

    /// Says where a registry is that was connected before it was started.
    pub(crate) async fn at(&self, id: &str, address: &str) {
        let _: Shown =
            self.patch(&format!("/api/v1/registries/{id}"), json!({"address": address})).await.ok(200);
    }

    /// A real one, with more configuration.
    pub(crate) fn registry(&self, access: &Access, more: &str) -> Registry {
        Registry::with(access, None, more)
    }

    /// Pushes an image of Debian 7 with openssl of this version.
    pub(crate) fn push(&self, address: &str, name: &str, version: &str) {
        let from = self.layout(version);
        let to = format!("docker://{address}/{name}");
        skopeo(&["copy", "--dest-tls-verify=false", &from, &to]);
    }

    /// The same to a registry that wants a login.
    pub(crate) fn push_as(&self, registry: &Registry, name: &str, version: &str) {
        let from = self.layout(version);
        let to = format!("docker://{}/{name}", registry.address);
        skopeo(&["copy", "--dest-tls-verify=false", "--dest-creds=ann:s3cret-of-ann", &from, &to]);
    }

    fn layout(&self, version: &str) -> String {
        let name: String = version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let layout = self.images.path().join(format!("{name}-layout"));
        if !layout.exists() {
            write(self.images.path(), &name, version);
        }
        format!("oci:{}:1", layout.display())
    }

    pub(crate) async fn registry_now(&self, id: &str) -> Shown {
        self.get(&format!("/api/v1/registries/{id}")).await.ok(200)
    }

    /// A repository that is there.
    pub(crate) async fn repository(&self, id: &str, name: &str) -> Repository {
        let found = self.find(id, name).await;
        found.unwrap_or_else(|| panic!("there is no repository {name}"))
    }

    async fn find(&self, id: &str, name: &str) -> Option<Repository> {
        let path = format!("/api/v1/registries/{id}/repositories?text={name}");
        let page: api::Page<Repository> = self.get(&path).await.ok(200);
        page.items.into_iter().find(|repository| repository.name == name)
    }

    /// The tags of a repository; none where there is no such.
    pub(crate) async fn tags(&self, id: &str, name: &str) -> Vec<Tag> {
        let Some(repository) = self.find(id, name).await else { return Vec::new() };
        let path = format!("/api/v1/repositories/{}/tags", repository.id);
        let page: api::Page<Tag> = self.get(&path).await.ok(200);
        page.items
    }

    /// What made an image known last, and when it was pulled.
    pub(crate) async fn trigger(&self, tag: &Tag) -> (String, Option<i64>) {
        let image: i64 = tag.image.as_ref().unwrap().parse().unwrap();
        let sql = "SELECT trigger, pulled_at FROM placement WHERE id = $1";
        let row = self.hub.state.store.read(move |tx| tx.query_one(sql, &values![image])).await.unwrap();
        (row.get(0).unwrap(), row.get(1).unwrap())
    }

    /// How many events became this.
    pub(crate) async fn notifications(&self, result: &str) -> u64 {
        let text = self.get("/metrics").await.text();
        let line = format!("seawall_notifications_total{{result=\"{result}\"}} ");
        text.lines().find_map(|l| l.strip_prefix(&line)).map_or(0, |number| number.trim().parse().unwrap())
    }

    /// Waits until `ready` gives something, at most 60 s.
    pub(crate) async fn wait<T>(&self, what: &str, mut ready: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            if let Some(there) = ready(self).await {
                return there;
            }
            if begin.elapsed() > Duration::from_secs(60) {
                let jobs = self.get("/api/v1/jobs?limit=100").await.text();
                let registries = self.get("/api/v1/registries").await.text();
                panic!("{what} did not come; {registries}; jobs: {jobs}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Writes the image's layout.
pub(crate) fn write(folder: &Path, name: &str, version: &str) {
    let status = format!(
        "Package: openssl\nStatus: install ok installed\nPriority: optional\nSection: utils\nArchitecture: amd64\nVersion: \
         {version}\nDescription: test\n\n"
    );
    let os = "ID=debian\nVERSION_ID=\"7\"\nPRETTY_NAME=\"Debian GNU/Linux 7\"\n";
    let files = vec![
        ("etc/os-release".to_owned(), os.to_owned()),
        ("var/lib/dpkg/status".to_owned(), status),
        ("var/lib/dpkg/info/openssl.list".to_owned(), "/usr/bin/openssl\n".to_owned()),
    ];
    image::write(folder, name, &[Layer { files, made_by: "RUN debootstrap wheezy /" }]);
}
