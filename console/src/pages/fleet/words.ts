import type { ImageRow } from "../../api/types";
import { shortDigest, visible, withShortDigests } from "../../format/text";
import type { Role } from "../../parts/roles";

/** What made an image be looked at. */
const TRIGGERS: Record<string, string> = {
  push: "on push",
  pull: "on pull",
  import: "when first seen",
  event: "on an event",
  manual: "asked by hand",
  poll: "found by polling",
  publish: "by a pipeline",
  host: "found on a host",
};

export function triggerWord(trigger: string): string {
  return TRIGGERS[trigger] ?? visible(trigger, 32);
}

export const TRIGGER_OPTIONS = Object.entries(TRIGGERS).map(([value, word]) => ({ value, word }));

/** What an image is called by people: its newest tag, else its digest. */
export function tagOf(image: Pick<ImageRow, "tags" | "digest">): string {
  const tag = image.tags[0];
  return tag === undefined ? shortDigest(image.digest) : visible(tag, 96);
}

/** An image with its repository: "storefront/cart:2026.11.18". */
export function titleOf(image: Pick<ImageRow, "tags" | "digest" | "repository" | "assetId">): string {
  if (!image.repository) return visible(withShortDigests(image.assetId), 128);
  const tag = image.tags[0];
  return tag === undefined
    ? `${visible(image.repository, 128)}@${shortDigest(image.digest)}`
    : `${visible(image.repository, 128)}:${visible(tag, 96)}`;
}

/** "debian 12", "linux/amd64": what is not known is left out. */
export function platformOf(image: Pick<ImageRow, "os" | "arch">): string | undefined {
  return image.os && image.arch ? `${visible(image.os, 24)}/${visible(image.arch, 24)}` : undefined;
}

export function distroOf(image: Pick<ImageRow, "distro" | "distroVersion">): string | undefined {
  if (!image.distro) return undefined;
  return visible(image.distroVersion ? `${image.distro} ${image.distroVersion}` : image.distro, 64);
}

/** Whether one of the grants lets change what lies in a scope: it is on that scope or above. */
export function mayChange(grants: { scope: string; role: Role | string }[] | undefined, scope: string): boolean {
  return (grants ?? []).some(
    (grant) =>
      (grant.role === "security_admin" || grant.role === "owner") &&
      (grant.scope === "" || grant.scope === scope || scope.startsWith(`${grant.scope}/`)),
  );
}

/** Whether somebody may change anything at all. */
export function mayChangeSomewhere(grants: { scope: string; role: Role | string }[] | undefined): boolean {
  return (grants ?? []).some((grant) => grant.role === "security_admin" || grant.role === "owner");
}

/** A package kind as people call it. */
const KINDS: Record<string, string> = {
  deb: "Debian package",
  rpm: "RPM package",
  apk: "Alpine package",
  npm: "npm",
  pypi: "PyPI",
  golang: "Go",
  gem: "RubyGems",
  maven: "Maven",
  cargo: "Cargo",
  nuget: "NuGet",
  composer: "Composer",
  binary: "Binary",
};

export function kindWord(kind: string): string {
  return KINDS[kind] ?? visible(kind, 32);
}

/** An HTTP(S) address from outside, or nothing: nothing else may stand in a link. */
export function webAddress(text: string | undefined): string | undefined {
  return text && /^https?:\/\/[^\s]+$/i.test(text) && text.length <= 2_048 ? text : undefined;
}
