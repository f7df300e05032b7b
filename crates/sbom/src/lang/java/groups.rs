//! Groups of archives that carry no coordinates. Projects built by Gradle or Ant leave no pom.properties, and their
//! manifests do not name a group; these are the ones that images hold most and advisories name.

/// Artifact (`*` at the end: any that begins so), group, and a directory of classes that must be in the archive so that
/// a namesake is not taken for it.
static GROUPS: &[(&str, &str, &str)] = &[
    ("spring-boot*", "org.springframework.boot", "org/springframework/boot"),
    ("spring-security-*", "org.springframework.security", "org/springframework/security"),
    ("spring-data-*", "org.springframework.data", "org/springframework/data"),
    ("spring-cloud-*", "org.springframework.cloud", "org/springframework/cloud"),
    ("spring-integration-*", "org.springframework.integration", "org/springframework/integration"),
    ("spring-batch-*", "org.springframework.batch", "org/springframework/batch"),
    ("spring-session-*", "org.springframework.session", "org/springframework/session"),
    ("spring-kafka*", "org.springframework.kafka", "org/springframework/kafka"),
    ("spring-amqp", "org.springframework.amqp", "org/springframework/amqp"),
    ("spring-rabbit*", "org.springframework.amqp", "org/springframework/amqp"),
    ("spring-ldap-*", "org.springframework.ldap", "org/springframework/ldap"),
    ("spring-graphql", "org.springframework.graphql", "org/springframework/graphql"),
    ("spring-hateoas", "org.springframework.hateoas", "org/springframework/hateoas"),
    ("spring-*", "org.springframework", "org/springframework"),
    ("tomcat-embed-*", "org.apache.tomcat.embed", "org/apache"),
    ("tomcat-*", "org.apache.tomcat", "org/apache"),
    ("micrometer-*", "io.micrometer", "io/micrometer"),
    ("reactor-netty*", "io.projectreactor.netty", "reactor/netty"),
    ("reactor-*", "io.projectreactor", "reactor"),
    ("kotlin-*", "org.jetbrains.kotlin", "kotlin"),
    ("kotlinx-*", "org.jetbrains.kotlinx", "kotlinx"),
    ("okhttp*", "com.squareup.okhttp3", "okhttp3"),
    ("okio*", "com.squareup.okio", "okio"),
    ("retrofit*", "com.squareup.retrofit2", "retrofit2"),
    ("elasticsearch-*", "org.elasticsearch", "org/elasticsearch"),
    ("elasticsearch", "org.elasticsearch", "org/elasticsearch"),
    ("lucene-*", "org.apache.lucene", "org/apache/lucene"),
    ("kafka-clients", "org.apache.kafka", "org/apache/kafka"),
    ("kafka*", "org.apache.kafka", "kafka"),
    ("bcprov-*", "org.bouncycastle", "org/bouncycastle"),
    ("bcpkix-*", "org.bouncycastle", "org/bouncycastle"),
    ("bctls-*", "org.bouncycastle", "org/bouncycastle"),
    ("bcutil-*", "org.bouncycastle", "org/bouncycastle"),
    ("snakeyaml", "org.yaml", "org/yaml/snakeyaml"),
    ("postgresql", "org.postgresql", "org/postgresql"),
    ("asm", "org.ow2.asm", "org/objectweb/asm"),
    ("asm-*", "org.ow2.asm", "org/objectweb/asm"),
    ("hamcrest*", "org.hamcrest", "org/hamcrest"),
    ("velocity", "org.apache.velocity", "org/apache/velocity"),
    ("jsr305", "com.google.code.findbugs", "javax/annotation"),
    // The first projects on Maven's repository were their own group.
    ("antlr", "antlr", "antlr"),
    ("log4j", "log4j", "org/apache/log4j"),
    ("oro", "oro", "org/apache/oro"),
    ("junit", "junit", "org/junit"),
    ("xml-apis", "xml-apis", "org/w3c/dom"),
    ("xercesImpl", "xerces", "org/apache/xerces"),
    ("xalan", "xalan", "org/apache/xalan"),
    ("dom4j", "dom4j", "org/dom4j"),
    ("commons-beanutils", "commons-beanutils", "org/apache/commons"),
    ("commons-cli", "commons-cli", "org/apache/commons"),
    ("commons-codec", "commons-codec", "org/apache/commons"),
    ("commons-collections", "commons-collections", "org/apache/commons"),
    ("commons-dbcp", "commons-dbcp", "org/apache/commons"),
    ("commons-digester", "commons-digester", "org/apache/commons"),
    ("commons-fileupload", "commons-fileupload", "org/apache/commons"),
    ("commons-httpclient", "commons-httpclient", "org/apache/commons"),
    ("commons-io", "commons-io", "org/apache/commons"),
    ("commons-lang", "commons-lang", "org/apache/commons"),
    ("commons-logging", "commons-logging", "org/apache/commons"),
    ("commons-pool", "commons-pool", "org/apache/commons"),
    ("commons-validator", "commons-validator", "org/apache/commons"),
    ("quartz", "org.quartz-scheduler", "org/quartz"),
];

/// The group of an artifact whose classes lie in `directories` (the first parts of their paths).
pub(crate) fn group_of(artifact: &str, directories: &[String]) -> Option<&'static str> {
    let (_, group, _) = GROUPS.iter().find(|(pattern, _, directory)| {
        let named = match pattern.strip_suffix('*') {
            Some(start) => artifact.starts_with(start),
            None => artifact == *pattern,
        };
        named && directories.iter().any(|seen| is_in(seen, directory) || is_in(directory, seen))
    })?;
    Some(group)
}

fn is_in(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
