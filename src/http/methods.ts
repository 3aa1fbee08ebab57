import type { Hono } from "hono";

/** By which methods these routes answer at a path; none where there is no such route. */
export function methodsAt(routes: Hono["routes"], path: string): string[] {
  const found = new Set(
    routes
      .filter(({ method, path: route }) => method !== "ALL" && isAt(route, path))
      .map(({ method }) => method),
  );
  if (found.has("GET")) found.add("HEAD");
  return [...found].sort();
}

function isAt(route: string, path: string): boolean {
  const [wanted, given] = [route.split("/"), path.split("/")];
  return (
    wanted.length === given.length &&
    wanted.every((segment, at) => segment === given[at] || (segment.startsWith(":") && given[at] !== ""))
  );
}
