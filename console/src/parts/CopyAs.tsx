import { Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import { useState } from "react";
import { Icon } from "./Icon";
import { address } from "./PathLink";

/** What a list shows, to take away: its link, all its rows as a file, the request that gives them. */
export function CopyAs({
  path,
  asked,
}: {
  path: string;
  asked: Record<string, string | number | boolean | undefined>;
}) {
  const [open, setOpen] = useState(false);
  const [copied, setCopied] = useState<string>();
  const copy = (what: string, text: string) =>
    void navigator.clipboard?.writeText(text).then(
      () => setCopied(what),
      () => setCopied("nothing: the browser does not allow it"),
    );
  const url = `${window.location.origin}${address(path, asked)}`;
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        popperProps={{ position: "end" }}
        toggle={(ref) => (
          <MenuToggle ref={ref} isExpanded={open} onClick={() => setOpen(!open)}>
            Copy as
          </MenuToggle>
        )}
      >
        <DropdownList>
          <DropdownItem
            key="link"
            icon={<Icon name="link" />}
            description="This view, with its filters"
            onClick={() => copy("the link", window.location.href)}
          >
            Link
          </DropdownItem>
          <DropdownItem
            key="csv"
            icon={<Icon name="export" />}
            description="All rows, not only those loaded"
            to={address(path, { ...asked, format: "csv" })}
            download=""
          >
            CSV file
          </DropdownItem>
          <DropdownItem
            key="jsonl"
            icon={<Icon name="export" />}
            description="All rows, one object a line"
            to={address(path, { ...asked, format: "jsonl" })}
            download=""
          >
            JSON lines
          </DropdownItem>
          <DropdownItem
            key="request"
            icon={<Icon name="terminal" />}
            description="For a script, with a token"
            onClick={() => copy("the request", `curl -H "Authorization: Bearer $SEAWALL_TOKEN" "${url}"`)}
          >
            API request
          </DropdownItem>
        </DropdownList>
      </Dropdown>
      <span className="pf-v6-screen-reader" role="status">
        {copied ? `Copied ${copied}` : ""}
      </span>
    </>
  );
}
