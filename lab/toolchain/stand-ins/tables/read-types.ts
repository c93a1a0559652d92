/** Reads the property types that an npm Pulumi package declares, from its .d.ts files. */
import * as fs from "node:fs";
import * as path from "node:path";
import ts from "typescript";

/** The shape of one property; the Go side (internal/standin/table.go) reads the same form. */
export interface Shape {
  kind: "string" | "number" | "boolean" | "any" | "array" | "map" | "object" | "asset";
  of?: Shape;
  ref?: string;
  enum?: string[];
  required?: true;
}

export type Properties = Record<string, Shape>;

/** One npm package, unpacked at `folder`. */
export class TypeReader {
  /** Object types met so far: the table must hold them too. */
  readonly types: Record<string, Properties> = {};

  constructor(private readonly folder: string) {}

  /** The input properties of interface `name` in `file`, which is relative to the package. */
  inputs(file: string, name: string): Properties {
    return this.members(this.interface(this.parse(file), name));
  }

  /** The names alone of the input properties of interface `name` in `file`. */
  inputNames(file: string, name: string): string[] {
    return this.interface(this.parse(file), name).members.map((member) => member.name?.getText() ?? "");
  }

  /** The names of the properties that class `name` in `file` has as outputs. */
  outputs(file: string, name: string): string[] {
    return Object.keys(this.outputTypes(file, name));
  }

  /** Those properties with their types as they are written: `string | undefined`. */
  outputTypes(file: string, name: string): Record<string, string> {
    const declaration = this.parse(file).statements.find(
      (statement): statement is ts.ClassDeclaration =>
        ts.isClassDeclaration(statement) && statement.name?.text === name,
    );
    if (!declaration) throw new Error(`${this.folder}/${file} declares no class ${name}`);
    const found: Record<string, string> = {};
    for (const member of declaration.members.filter(ts.isPropertyDeclaration)) {
      const [, type] = /^pulumi\.Output<(.+)>$/s.exec(member.type?.getText() ?? "") ?? [];
      if (type !== undefined) found[member.name.getText()] = type;
    }
    return found;
  }

  private parse(file: string): ts.SourceFile {
    const text = fs.readFileSync(path.join(this.folder, file), "utf8");
    return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  }

  private interface(root: ts.SourceFile | ts.ModuleBlock, name: string): ts.InterfaceDeclaration {
    const found = root.statements.find(
      (statement): statement is ts.InterfaceDeclaration =>
        ts.isInterfaceDeclaration(statement) && statement.name.text === name,
    );
    if (!found) throw new Error(`${this.folder} declares no interface ${name}`);
    return found;
  }

  private members(declaration: ts.InterfaceDeclaration): Properties {
    const properties: Properties = {};
    for (const member of declaration.members) {
      if (!ts.isPropertySignature(member) || !member.type) continue;
      const shape = this.shape(member.type);
      properties[member.name.getText()] = member.questionToken ? shape : { ...shape, required: true };
    }
    return properties;
  }

  private shape(node: ts.TypeNode): Shape {
    if (ts.isParenthesizedTypeNode(node)) return this.shape(node.type);
    if (ts.isArrayTypeNode(node)) return { kind: "array", of: this.shape(node.elementType) };
    if (ts.isUnionTypeNode(node)) return this.union(node);
    if (ts.isTypeLiteralNode(node)) {
      const index = node.members.find(ts.isIndexSignatureDeclaration);
      if (index) return { kind: "map", of: this.shape(index.type) };
    }
    if (ts.isTypeReferenceNode(node)) return this.reference(node);
    switch (node.kind) {
      case ts.SyntaxKind.StringKeyword:
        return { kind: "string" };
      case ts.SyntaxKind.NumberKeyword:
        return { kind: "number" };
      case ts.SyntaxKind.BooleanKeyword:
        return { kind: "boolean" };
      case ts.SyntaxKind.AnyKeyword:
        return { kind: "any" };
    }
    throw new Error(`no rule reads the type ${node.getText()} in ${this.folder}`);
  }

  private union(node: ts.UnionTypeNode): Shape {
    const rest = node.types.filter((type) => type.kind !== ts.SyntaxKind.UndefinedKeyword);
    const shapes = rest.map((type) => this.shape(type));
    const [first] = shapes;
    if (!first || shapes.some((shape) => shape.kind !== first.kind)) {
      throw new Error(`no rule reads the union ${node.getText()} in ${this.folder}`);
    }
    return first;
  }

  private reference(node: ts.TypeReferenceNode): Shape {
    const name = node.typeName.getText();
    const [argument] = node.typeArguments ?? [];
    if (name === "pulumi.Input" && argument) return this.shape(argument);
    if (name.startsWith("pulumi.asset.")) return { kind: "asset" };
    if (name.startsWith("enums."))
      return { kind: "string", enum: this.enumeration(name.split(".").slice(1)) };
    if (name.startsWith("inputs.")) return this.object(name.split(".").slice(1));
    throw new Error(`no rule reads the type ${node.getText()} in ${this.folder}`);
  }

  /** Notes an object type from types/input.d.ts, where modules are namespaces. */
  private object(names: string[]): Shape {
    const ref = names.join(".");
    if (!this.types[ref]) {
      this.types[ref] = {}; // Met already, should it refer to itself.
      this.types[ref] = this.members(this.interface(this.scope(names.slice(0, -1)), names.at(-1) ?? ""));
    }
    return { kind: "object", ref };
  }

  private scope(namespaces: string[]): ts.SourceFile | ts.ModuleBlock {
    let scope: ts.SourceFile | ts.ModuleBlock = this.parse("types/input.d.ts");
    for (const name of namespaces) {
      const found: ts.ModuleDeclaration | undefined = scope.statements.find(
        (statement): statement is ts.ModuleDeclaration =>
          ts.isModuleDeclaration(statement) && statement.name.text === name,
      );
      if (!found?.body || !ts.isModuleBlock(found.body)) {
        throw new Error(`${this.folder}/types/input.d.ts declares no namespace ${name}`);
      }
      scope = found.body;
    }
    return scope;
  }

  private enumeration(names: string[]): string[] {
    const file = path.join("types", "enums", ...names.slice(0, -1), "index.d.ts");
    for (const statement of this.parse(file).statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const [declaration] = statement.declarationList.declarations;
      if (declaration?.name.getText() !== names.at(-1)) continue;
      if (!declaration?.type || !ts.isTypeLiteralNode(declaration.type)) continue;
      return declaration.type.members
        .filter(ts.isPropertySignature)
        .map((member) => JSON.parse(member.type?.getText() ?? "null") as string);
    }
    throw new Error(`${this.folder}/${file} declares no values for ${names.join(".")}`);
  }
}
