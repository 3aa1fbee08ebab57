import { join } from "node:path";
import { API_KEY } from "../../src/testing/server.ts";
import { type Example, type Place, sh } from "./kind.ts";

/** What the pages call session.ts: of your own. In a browser `place` is put there by the page. */
const SESSION = `const place = globalThis.place ?? JSON.parse(process.env.PLACE);
export const freshToken = (user) => place.tokens[user];
export const backend = (path, body) => fetch((place.backend ?? place.origin) + path, {
  method: "POST", body: JSON.stringify(body), headers: { authorization: "Bearer ${API_KEY}" } });
`;
const SESSION_TYPES = `export declare const freshToken: (user: string) => string;
export declare const backend: (path: string, body: object) => Promise<Response>;
`;
/** The address is known when it runs. */
const located = (code: string): string =>
  code.replace(
    /"ws:\/\/localhost:3001([^"]*)"/g,
    '(globalThis as any).place.origin.replace("http", "ws") + "$1"',
  );
const transpiler = new Bun.Transpiler({ loader: "ts", target: "node" });
const asScript = (code: string): string =>
  transpiler.transformSync(located(code)).replaceAll("./session.ts", "./session.mjs");
/** Where the server is, as the example asks for it. */
export const PLACE_FIRST = "globalThis.place = JSON.parse(process.env.PLACE);\n";

export const writeModules =
  (extension: string) =>
  async (directory: string, all: readonly Example[]): Promise<void> => {
    await Bun.write(join(directory, "session.mjs"), SESSION);
    for (const { page, code } of all) {
      await Bun.write(join(directory, `${page}.${extension}`), PLACE_FIRST + asScript(code));
    }
  };

export const runWith =
  (runtime: string, extension: string) =>
  (directory: string, { page }: Example, place: Place): Promise<string> =>
    sh(directory, [runtime, `${page}.${extension}`], { PLACE: JSON.stringify(place) });

/** CommonJS has no import, and no await at the top. */
export async function writeCommon(directory: string, all: readonly Example[]): Promise<void> {
  const session = SESSION.replaceAll("export const", "exports.x = 0; const");
  await Bun.write(join(directory, "session.cjs"), `${session}module.exports = { freshToken, backend };\n`);
  for (const { page, code } of all) {
    const script = asScript(code)
      .replaceAll("./session.mjs", "./session.cjs")
      .replace(/^import (\{[^}]*\}) from ("[^"]*");$/gm, "const $1 = require($2);");
    await Bun.write(join(directory, `${page}.cjs`), `${PLACE_FIRST}(async () => {\n${script}\n})();\n`);
  }
}

export async function writeTyped(directory: string, all: readonly Example[]): Promise<void> {
  await Bun.write(join(directory, "src/session.js"), SESSION);
  await Bun.write(join(directory, "src/session.d.ts"), SESSION_TYPES);
  for (const { page, code } of all) {
    // As it stands, but for the file's name and where the server is.
    await Bun.write(
      join(directory, `src/${page}.ts`),
      located(code).replaceAll("./session.ts", "./session.js"),
    );
    await Bun.write(
      join(directory, `${page}.html`),
      `<!doctype html><title>${page}</title><script type="module" src="/src/${page}.ts"></script>`,
    );
  }
  const compilerOptions = {
    ...{
      target: "es2022",
      module: "preserve",
      lib: ["es2023", "dom"],
      types: [],
      strict: true,
      noEmit: true,
    },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
  };
  await Bun.write(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  await sh(directory, ["npx", "tsc"]);
}
