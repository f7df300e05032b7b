import { expect, it } from "vitest";
import { answer } from "./client";
import { Failure } from "./failure";

const problem = (status: number, body: object, headers: Record<string, string> = {}) =>
  Failure.ofResponse(new Response(null, { status, headers }), body);

it("a problem of the hub keeps its kind, words, fields and request id", () => {
  const failure = problem(422, {
    type: "urn:seawall:problem:invalid",
    title: "A value is not acceptable",
    status: 422,
    requestId: "7f3a-11c2",
    errors: [{ field: "password", message: "at least 12 characters" }],
  });
  expect(failure.kind).toBe("invalid");
  expect(failure.requestId).toBe("7f3a-11c2");
  expect(failure.fields.get("password")).toBe("at least 12 characters");
});

it("a kind of a newer hub is told by its title", () => {
  const failure = problem(418, { type: "urn:seawall:problem:teapot", title: "Short and stout", status: 418 });
  expect(failure.kind).toBe("other");
  expect(failure.message).toBe("Short and stout");
});

it("an answer that is no problem still says its status", () => {
  expect(problem(502, {}).title).toBe("The hub answered 502");
  expect(Failure.ofResponse(new Response(null, { status: 502 }), "<html>").kind).toBe("other");
});

it("how long to wait is kept", () => {
  const limited = problem(
    429,
    { type: "urn:seawall:problem:too-many-requests", title: "Too many", status: 429 },
    {
      "retry-after": "30",
    },
  );
  expect(limited.retryAfter).toBe(30);
});

it("a connection that breaks is told apart from an answer", async () => {
  await expect(answer(Promise.reject(new TypeError("fetch failed")))).rejects.toMatchObject({ kind: "unreachable" });
  const forbidden = { type: "urn:seawall:problem:forbidden", title: "Your role does not allow this", status: 403 };
  const response = new Response(null, { status: 403 });
  await expect(answer(Promise.resolve({ error: forbidden, response }))).rejects.toMatchObject({ kind: "forbidden" });
  await expect(answer(Promise.resolve({ data: 7, response: new Response() }))).resolves.toBe(7);
});
