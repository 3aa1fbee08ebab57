import { join, relative } from "node:path";
import ts from "typescript-5";
import { type InferredAlias, PlainTypes } from "./plain-types.ts";

// The types of the messages are inferred from the contracts' zod schemas. A project that installs the client has
// neither, so each inferred alias is written out as the plain type that it stands for.

/** Declarations of the modules under `source`, by their paths in it. They name nothing outside the package. */
export function declarations(root: string, source: string): Map<string, string> {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = ts.sys.readDirectory(source, [".ts", ".tsx"]);
  const program = ts.createProgram(files, {
    ...{ ...options, noEmit: false, declaration: true, emitDeclarationOnly: true },
  });
  const checker = program.getTypeChecker();
  const written = new Map<string, string>();
  for (const file of files) {
    const module = program.getSourceFile(file);
    if (!module) continue;
    const path = relative(source, file).replace(/\.tsx?$/, ".d.ts");
    const keep = (_path: string, text: string) => {
      // What validates has zod.
      const plain = path.startsWith("validate/") ? text : withoutSchemas(text, module, checker);
      written.set(path, plain.replace(/(from "\.[^"]+|import\("\.[^"]+)\.tsx?"/g, '$1.js"'));
    };
    const { diagnostics } = program.emit(module, keep, undefined, true);
    if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, host));
  }
  for (const [path, text] of written) {
    const outside = /^.*("[^"]*\/protocols\/|"zod").*$/m.exec(text);
    const mayName = path.startsWith("validate/") && outside?.[1] === '"zod"';
    if (outside && !mayName) throw new Error(`${path} names what is not published: ${outside[0]}`);
  }
  return written;
}

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: ts.sys.getCurrentDirectory,
  getNewLine: () => "\n",
};

function isOfSchemas(statement: ts.Statement): statement is ts.ImportDeclaration {
  if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return false;
  return statement.moduleSpecifier.text === "zod" || statement.moduleSpecifier.text.includes("/protocols/");
}

function withoutSchemas(text: string, module: ts.SourceFile, checker: ts.TypeChecker): string {
  const inferred = inferredAliases(module);
  if (inferred.size === 0) return text;
  const emitted = ts.createSourceFile("emitted.d.ts", text, ts.ScriptTarget.Latest, true);
  const aliasOf = (statement: ts.Statement) =>
    ts.isTypeAliasDeclaration(statement) ? inferred.get(statement.name.text) : undefined;
  const kept = emitted.statements.filter((statement) => !isOfSchemas(statement) && !aliasOf(statement));
  const words = new Set(kept.flatMap((statement) => statement.getText().match(/\w+/g) ?? []));
  const parts = emitted.statements.map((statement) => {
    const own = statement.getFullText();
    const alias = aliasOf(statement);
    if (isOfSchemas(statement)) return "";
    if (!alias) return own;
    const { typeParameters, name, type } = alias.node;
    const isExported = own.includes("export ");
    // The others are there for the sake of these. A generic one cannot be written out; those that use it are.
    if (typeParameters || !(isExported || words.has(name.text))) return "";
    const plain = new PlainTypes(checker, alias).write(checker.getTypeFromTypeNode(type));
    const before = own.slice(0, statement.getStart() - statement.getFullStart());
    return `${before}${isExported ? "export " : ""}type ${name.text} = ${plain};`;
  });
  return `${parts.join("").trimStart()}\n`;
}

/** Aliases of a module that follow from a schema, directly or through another alias. */
function inferredAliases(module: ts.SourceFile): Map<string, InferredAlias> {
  const names = new Set<string>();
  for (const statement of module.statements) {
    const bindings = isOfSchemas(statement) ? statement.importClause?.namedBindings : undefined;
    if (bindings && ts.isNamedImports(bindings))
      for (const { name } of bindings.elements) names.add(name.text);
  }
  const found = new Map<string, InferredAlias>();
  const aliases = module.statements.filter(ts.isTypeAliasDeclaration);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const node of aliases) {
      const words = new Set(node.type.getText().match(/\w+/g));
      if (![...words].some((word) => names.has(word))) continue;
      names.add(node.name.text);
      const isInput = words.has("input") || [...words].some((word) => found.get(word)?.isInput);
      found.set(node.name.text, { node, isInput });
    }
  }
  return found;
}
