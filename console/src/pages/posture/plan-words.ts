/** What a plan covers, as people call it. */
export const PLAN_WORDS: Record<string, string> = {
  registries: "Images in registries",
  hosts: "Docker hosts",
  kubernetes: "Kubernetes clusters",
  runtime: "Run time",
};

/** What a plan looks at. */
export const PLAN_HINTS: Record<string, string> = {
  registries: "Scan on push, import and pull; known vulnerabilities, malware, configuration.",
  hosts: "Settings of hosts and daemons, packages of hosts.",
  kubernetes: "Settings of clusters and workloads.",
  runtime: "What processes do.",
};
