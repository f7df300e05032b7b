import { Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { scopesQuery } from "../api/access";
import { visible } from "../format/text";
import { Icon } from "../parts/Icon";

/** The scope that every page is about. It stands in every address, so that a link shows what its sender saw. */
export function ScopeControl() {
  const scope = useSearch({ strict: false, select: (search) => search.scope }) ?? "";
  const { data } = useQuery(scopesQuery);
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const scopes = data?.items ?? [];
  const chosen = scopes.find((s) => s.id === scope);
  const label = scope === "" ? "All scopes" : visible(chosen?.name ?? scope, 64);
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_event, value) => {
        setOpen(false);
        const next = typeof value === "string" && value !== "" ? value : undefined;
        void navigate({ to: ".", search: (old) => ({ ...old, scope: next }) });
      }}
      isScrollable
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          icon={<Icon name="scope" />}
          aria-label={`Scope: ${label}`}
        >
          {label}
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem key="" value="" isSelected={scope === ""} description="Everything that your roles show">
          All scopes
        </DropdownItem>
        {scopes
          .filter((s) => s.id !== "")
          .map((s) => (
            <DropdownItem key={s.id} value={s.id} isSelected={s.id === scope} description={visible(s.id, 96)}>
              {visible(s.name, 64)}
            </DropdownItem>
          ))}
      </DropdownList>
    </Dropdown>
  );
}
