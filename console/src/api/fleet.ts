// Images, software, vulnerabilities, registries and their jobs.
import { type Asked, list, MOST, one, patch, post, remove } from "./ask";
import type { ChangeRegistry, NewRegistry } from "./types";

export const imagesQuery = (query: Asked<"/api/v1/images">) => list("images", "/api/v1/images", { query });
export const imageQuery = (image: string) => one("image", "/api/v1/images/{image}", { place: { image } });
export const findingsQuery = (image: string, query: Asked<"/api/v1/images/{image}/findings">) =>
  list("findings", "/api/v1/images/{image}/findings", { place: { image }, query, limit: MOST });
export const evidenceQuery = (image: string, vulnerability: string, subject: string) =>
  one("findings", "/api/v1/images/{image}/evidence", { place: { image }, query: { vulnerability, subject } });
export const whyQuery = (image: string, vulnerability: string) =>
  one("findings", "/api/v1/images/{image}/why", { place: { image }, query: { vulnerability } });
export const packagesQuery = (image: string, query: Asked<"/api/v1/images/{image}/packages">) =>
  list("image", "/api/v1/images/{image}/packages", { place: { image }, query });
export const layersQuery = (image: string) => one("image", "/api/v1/images/{image}/layers", { place: { image } });
export const historyQuery = (image: string) => one("image", "/api/v1/images/{image}/history", { place: { image } });
export const compareQuery = (image: string, other: string) =>
  one("image", "/api/v1/images/{image}/compare", { place: { image }, query: { with: other } });

export const inventoryQuery = (query: Asked<"/api/v1/inventory">) => list("inventory", "/api/v1/inventory", { query });
export const inventoryCountsQuery = (query: Asked<"/api/v1/inventory/counts">) =>
  one("inventory", "/api/v1/inventory/counts", { query });

export const softwareQuery = (query: Asked<"/api/v1/software">) => list("software", "/api/v1/software", { query });
export const versionsQuery = (query: Asked<"/api/v1/software/versions">) =>
  one("software", "/api/v1/software/versions", { query });

export const vulnerabilitiesQuery = (query: Asked<"/api/v1/vulnerabilities">) =>
  list("vulnerabilities", "/api/v1/vulnerabilities", { query });
export const vulnerabilityQuery = (id: string, query: Asked<"/api/v1/vulnerabilities/{id}">) =>
  one("vulnerabilities", "/api/v1/vulnerabilities/{id}", { place: { id }, query });
export const hitsQuery = (id: string, query: Asked<"/api/v1/vulnerabilities/{id}/hits">) =>
  list("vulnerabilities", "/api/v1/vulnerabilities/{id}/hits", { place: { id }, query });

/** The vulnerabilities that most images have. */
export const prevalentQuery = (query: Pick<Asked<"/api/v1/vulnerabilities">, "scope" | "kev">, limit: number) =>
  list("vulnerabilities", "/api/v1/vulnerabilities", { query: { ...query, sort: "images" }, limit });

export const registriesQuery = (query: Asked<"/api/v1/registries">) =>
  list("registries", "/api/v1/registries", { query });
export const registryQuery = (id: string) => one("registries", "/api/v1/registries/{id}", { place: { id } });
export const removalQuery = (id: string) => one("registries", "/api/v1/registries/{id}/removal", { place: { id } });
export const repositoriesQuery = (id: string, query: Asked<"/api/v1/registries/{id}/repositories">) =>
  list("registries", "/api/v1/registries/{id}/repositories", { place: { id }, query });
export const repositoryQuery = (id: string) => one("registries", "/api/v1/repositories/{id}", { place: { id } });
export const tagsQuery = (id: string) => list("registries", "/api/v1/repositories/{id}/tags", { place: { id } });
export const tagHistoryQuery = (id: string) =>
  list("registries", "/api/v1/repositories/{id}/history", { place: { id } });

export const addRegistry = (body: NewRegistry) => post("/api/v1/registries", { body });
export const checkRegistry = (body: NewRegistry) => post("/api/v1/registries/check", { body });
export const changeRegistry = (id: string, body: ChangeRegistry) =>
  patch("/api/v1/registries/{id}", { place: { id }, body });
export const removeRegistry = (id: string, name: string) =>
  remove("/api/v1/registries/{id}", { place: { id }, query: { name } });
export const newEventsSecret = (id: string) => post("/api/v1/registries/{id}/secret", { place: { id } });
export const tellRegistry = (id: string, what: "poll" | "pause" | "resume") =>
  post(`/api/v1/registries/{id}/${what}`, { place: { id } });

export const jobsQuery = (query: Asked<"/api/v1/jobs">) => list("jobs", "/api/v1/jobs", { query });
export const jobCountsQuery = one("jobs", "/api/v1/jobs/counts");
export const scanImage = (image: string) => post("/api/v1/images/{image}/scan", { place: { image } });
export const retryJob = (id: string) => post("/api/v1/jobs/{id}/retry", { place: { id } });
