import { Button } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { PathLink } from "./PathLink";

/** A link that looks like a button: it goes somewhere, and a middle click opens it apart. */
export function LinkButton({
  path,
  primary = false,
  small = false,
  children,
}: {
  path: string;
  primary?: boolean;
  small?: boolean;
  children: ReactNode;
}) {
  return (
    <Button
      variant={primary ? "primary" : "secondary"}
      {...(small ? { size: "sm" as const } : {})}
      component={(props) => <PathLink {...props} path={path} />}
    >
      {children}
    </Button>
  );
}
