/** The first example of a page of docs/client. */
export interface Example {
  readonly page: string;
  readonly code: string;
  readonly output: string;
}

/** What an example talks to, and as whom. */
export interface Place {
  readonly origin: string;
  readonly tokens: Readonly<Record<string, string>>;
}

export interface ProjectKind {
  readonly name: string;
  readonly packages: readonly (keyof typeof VERSIONS)[];
  /** Why it cannot be tried here. */
  readonly missing?: string | undefined;
  /** Writes the examples, and builds them where that is how it is used. */
  prepare(directory: string, examples: readonly Example[]): Promise<void>;
  /** What the example prints. */
  run(directory: string, example: Example, place: Place): Promise<string>;
}

export const VERSIONS = {
  ws: "8.23.0",
  vite: "8.4.0",
  typescript: "5.9.3",
  esbuild: "0.28.2",
  webpack: "5.113.0",
  "webpack-cli": "7.3.1",
  next: "16.4.6",
  react: "19.3.1",
  "react-dom": "19.3.1",
};

/** What the command prints. Throws that, where it fails. */
export async function sh(
  directory: string,
  command: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const child = Bun.spawn(command, {
    cwd: directory,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")}:\n${out}${err}`);
  return out;
}
