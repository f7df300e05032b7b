import "@patternfly/react-core/dist/styles/base.css";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./styles/tokens.css";
import "./styles/patternfly.css";
import "./styles/base.css";
import "./styles/controls.css";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Failure } from "./api/failure";
import * as theme from "./frame/theme";
import * as density from "./parts/density";
import { Clock } from "./parts/Time";
import { createConsole } from "./router";

theme.start();
density.start();

const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // A session that ended while a page was open: back to where one was, after the login.
      if (error instanceof Failure && error.kind === "unauthenticated") {
        const { pathname, href } = router.state.location;
        if (pathname !== "/login" && pathname !== "/setup")
          void router.navigate({ to: "/login", search: { next: href } });
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // What the hub refuses it refuses again; only a connection is worth another try.
      retry: (failures, error) => failures < 2 && Failure.of(error).kind === "unreachable",
    },
  },
});
const router = createConsole(queries);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Clock>
        <RouterProvider router={router} />
      </Clock>
    </QueryClientProvider>
  </StrictMode>,
);
