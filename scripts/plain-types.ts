import ts from "typescript-5";

const FLAGS = ts.TypeFormatFlags.NoTruncation;
/** Deeper than any message: a type that holds itself. */
const MAX_DEPTH = 12;

export interface InferredAlias {
  readonly node: ts.TypeAliasDeclaration;
  /** Of what is sent: `undefined` may stand for what is left out. Nothing that arrives holds it. */
  readonly isInput: boolean;
}

/** Writes a type out in full, down to its literals. */
export class PlainTypes {
  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly alias: InferredAlias,
  ) {}

  write(type: ts.Type, depth = 0): string {
    const { checker } = this;
    if (depth > MAX_DEPTH) throw this.#cannot("holds itself");
    if (type.flags & ts.TypeFlags.Any) throw this.#cannot("has an any in it");
    if (type.isUnion()) return this.#union(type, depth);
    if (checker.isArrayType(type) || checker.isTupleType(type)) return this.#list(type, depth);
    const isObject = (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
    if (!isObject || type.isClass() || type.getCallSignatures().length > 0 || isBranded(type)) {
      return checker.typeToString(type, undefined, FLAGS);
    }
    return this.#object(type, depth);
  }

  #union(type: ts.UnionType, depth: number): string {
    // `true | false` is written so.
    const written = new Set(type.types.map((one) => this.write(one, depth)));
    if (written.has("true") && written.has("false")) {
      written.delete("true");
      written.delete("false");
      written.add("boolean");
    }
    return [...written].join(" | ");
  }

  #list(type: ts.Type, depth: number): string {
    const parts = this.checker
      .getTypeArguments(type as ts.TypeReference)
      .map((one) => this.write(one, depth));
    const isReadonly = type.symbol.name === "ReadonlyArray";
    if (this.checker.isTupleType(type)) return `[${parts.join(", ")}]`;
    return `${isReadonly ? "readonly " : ""}(${parts[0]})[]`.replace(/\((\w+)\)\[/, "$1[");
  }

  #object(type: ts.Type, depth: number): string {
    const { checker } = this;
    const inside = "    ".repeat(depth + 1);
    const indexes = checker.getIndexInfosOfType(type).map(({ keyType, type: value, isReadonly }) => {
      const key = checker.typeToString(keyType, undefined, FLAGS);
      return `${isReadonly ? "readonly " : ""}[key: ${key}]: ${this.write(value, depth + 1)};`;
    });
    const members = type.getProperties().flatMap((property) => {
      const comment = ts.displayPartsToString(property.getDocumentationComment(checker));
      const member = this.#member(property, depth);
      return comment === "" ? [member] : [`/** ${comment.replaceAll("\n", " ")} */`, member];
    });
    const lines = [...indexes, ...members];
    if (lines.length === 0) return "{}";
    return `{\n${lines.map((line) => inside + line).join("\n")}\n${"    ".repeat(depth)}}`;
  }

  #member(property: ts.Symbol, depth: number): string {
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const isReadonly = property.declarations?.some(
      (one) => (ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Readonly) !== 0,
    );
    const name = /^[A-Za-z_$][\w$]*$/.test(property.name) ? property.name : JSON.stringify(property.name);
    const type = this.checker.getTypeOfSymbol(property);
    const written = isOptional ? this.#optional(type, depth) : this.write(type, depth + 1);
    return `${isReadonly ? "readonly " : ""}${name}${isOptional ? "?" : ""}: ${written};`;
  }

  #optional(type: ts.Type, depth: number): string {
    const types = type.isUnion() ? type.types : [type];
    const rest = types.filter((one) => !(one.flags & ts.TypeFlags.Undefined));
    const written = new Set(rest.map((one) => this.write(one, depth + 1)));
    if (written.delete("true") && written.delete("false")) written.add("boolean");
    if (this.alias.isInput && rest.every((one) => !(one.flags & ts.TypeFlags.Unknown)))
      written.add("undefined");
    return [...written].join(" | ");
  }

  #cannot(why: string): Error {
    return new Error(`the type ${this.alias.node.name.text} ${why}`);
  }
}

/** `string & { … }`: a primitive with a mark. */
const isBranded = (type: ts.Type): boolean =>
  type.isIntersection() && type.types.some((one) => !(one.flags & ts.TypeFlags.Object));
