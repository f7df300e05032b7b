import { Button } from "@patternfly/react-core";
import { whole } from "../format/number";

/** The foot of a list that comes in pages: how many rows are here, and the way to the rest. */
export function More({
  shown,
  total,
  noun,
  one = "row",
  more,
  loading,
  onMore,
}: {
  shown: number;
  /** How many rows there are with these filters, where the hub counts them. */
  total?: number | null | undefined;
  noun: string;
  /** What one of them is. */
  one?: string;
  more: boolean;
  loading: boolean;
  onMore: () => void;
}) {
  return (
    <>
      <span data-total={total ?? (more ? undefined : shown)}>
        {more && total
          ? `${whole(shown)} of ${whole(total)} ${noun}`
          : more
            ? `The first ${whole(shown)} ${noun}`
            : shown === 1
              ? `1 ${one}, all there is`
              : `${whole(shown)} ${noun}, all there are`}
      </span>
      {more && (
        <Button variant="link" isInline onClick={onMore} isLoading={loading} isDisabled={loading}>
          Show more
        </Button>
      )}
    </>
  );
}
