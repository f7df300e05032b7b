import { Divider, Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { logout, useMe } from "../api/session";
import { Icon } from "../parts/Icon";
import layout from "../parts/layout.module.css";
import { Name } from "../parts/Name";
import { ROLE_WORDS } from "../parts/roles";
import { current, toggle } from "./theme";

/** Who is logged in, with which role, and the way out. */
export function Account() {
  const { data: me } = useMe();
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: logout,
    onSuccess: async () => {
      queries.clear();
      await navigate({ to: "/login" });
    },
  });
  const strongest = me?.grants[0];
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "end" }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          aria-label={me ? `Account: ${me.name}` : "Account"}
          icon={<Icon name="user" />}
        />
      )}
    >
      <DropdownList>
        <DropdownItem key="who" isDisabled description={strongest ? ROLE_WORDS[strongest.role] : "no role"}>
          {me ? <Name text={me.name} /> : "…"}
        </DropdownItem>
        <Divider key="line" component="li" />
        <DropdownItem key="theme" onClick={() => toggle()} icon={<Icon name="theme" />}>
          {current() === "dark" ? "Switch to light" : "Switch to dark"}
        </DropdownItem>
        <DropdownItem key="out" onClick={() => leave.mutate()} icon={<Icon name="out" />}>
          Sign out
        </DropdownItem>
      </DropdownList>
      {leave.error && <p className={layout.bad}>{leave.error.message}</p>}
    </Dropdown>
  );
}
