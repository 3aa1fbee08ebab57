import { dirname, join, relative, resolve } from "node:path";
import { Glob } from "bun";

/** Every cycle of imports between the files of these folders, type imports included: each a sorted list of files. */
export async function importCycles(root: string, folders: readonly string[]): Promise<string[][]> {
  return cyclesOf(await importGraph(root, folders));
}

async function importGraph(root: string, folders: readonly string[]): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>();
  for (const folder of folders) {
    for await (const name of new Glob("**/*.ts").scan(join(root, folder))) {
      if (name.includes("node_modules")) continue;
      const path = join(root, folder, name);
      const specifiers = (await Bun.file(path).text()).matchAll(
        /(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']/g,
      );
      const targets = Array.from(specifiers, ([, specifier = ""]) => resolve(dirname(path), specifier));
      graph.set(
        relative(root, path),
        targets.map((target) => relative(root, target)),
      );
    }
  }
  return graph;
}

/** The strongly connected components of more than one file, and files that import themselves (Tarjan's algorithm). */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const onPath = new Set<string>();

  function visit(file: string): number {
    const index = lowest.size;
    let low = index;
    lowest.set(file, index);
    path.push(file);
    onPath.add(file);
    for (const target of graph.get(file) ?? []) {
      if (!graph.has(target)) continue;
      if (!lowest.has(target)) low = Math.min(low, visit(target));
      else if (onPath.has(target)) low = Math.min(low, lowest.get(target) ?? low);
    }
    lowest.set(file, low);
    if (low === index) {
      const component = path.splice(path.indexOf(file));
      for (const one of component) onPath.delete(one);
      if (component.length > 1 || graph.get(file)?.includes(file)) cycles.push(component.sort());
    }
    return low;
  }

  for (const file of graph.keys()) if (!lowest.has(file)) visit(file);
  return cycles;
}
