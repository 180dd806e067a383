/** JSON Schema from TypeScript types: the one place in which a shape is written down is its type. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { parseSync } from 'oxc-parser';

export type Schema = { [key: string]: unknown };
type Node = Readonly<Record<string, unknown>> & { readonly type: string; readonly start: number };

/** A type's declaration, with the file that gives its names their meaning. */
interface Declared {
  readonly node: Node;
  readonly file: TypeFile;
}

/** The parts of TypeScript that the shapes of answers are made of; anything else is an error that names its place. */
export class TypeSchemas {
  readonly #files = new Map<string, TypeFile>();
  #definitions = new Map<string, Schema>();

  /** The schema of each property of the interface, by the property's name. Constants are looked up by importing their file. */
  async ofProperties(path: string, name: string): Promise<ReadonlyMap<string, Schema>> {
    const { node, file } = this.#file(path).declaration(name);
    const schemas = new Map<string, Schema>();
    for (const member of children(child(node, 'body'), 'body')) {
      this.#definitions = new Map();
      const schema = described(await this.#type(typeOf(member), file), file.comment(member.start));
      const sorted = [...this.#definitions].sort(([a], [b]) => (a < b ? -1 : 1));
      schemas.set(keyOf(member), {
        ...('$ref' in schema ? { allOf: [schema] } : schema),
        ...(sorted.length > 0 ? { definitions: Object.fromEntries(sorted) } : {}),
      });
    }
    return schemas;
  }

  #file(path: string): TypeFile {
    const known = this.#files.get(path) ?? new TypeFile(path, (other) => this.#file(other));
    this.#files.set(path, known);
    return known;
  }

  async #type(node: Node, file: TypeFile): Promise<Schema> {
    switch (node.type) {
      case 'TSStringKeyword':
        return { type: 'string' };
      case 'TSNumberKeyword':
        return { type: 'number' };
      case 'TSBooleanKeyword':
        return { type: 'boolean' };
      case 'TSNullKeyword':
        return { type: 'null' };
      case 'TSUnknownKeyword':
        return {};
      case 'TSLiteralType':
        return { const: child(node, 'literal')['value'] };
      case 'TSParenthesizedType':
      case 'TSTypeOperator':
        if (node['operator'] === 'keyof') return await this.#keys(child(node, 'typeAnnotation'), file);
        return await this.#type(child(node, 'typeAnnotation'), file);
      case 'TSArrayType':
        return { type: 'array', items: await this.#type(child(node, 'elementType'), file) };
      case 'TSUnionType':
        return await this.#union(children(node, 'types'), file);
      case 'TSIntersectionType':
      case 'TSTypeLiteral':
        return await this.#object(node, file);
      case 'TSIndexedAccessType':
        return await this.#indexed(node, file);
      case 'TSTypeReference':
        return await this.#reference(node, file);
      default:
        throw file.error(node, `${node.type} has no schema`);
    }
  }

  async #union(types: readonly Node[], file: TypeFile): Promise<Schema> {
    const schemas: Schema[] = [];
    for (const type of types) schemas.push(described(await this.#type(type, file), file.comment(type.start)));
    const constants = schemas.every((schema) => Object.keys(schema).join() === 'const');
    if (constants) return { enum: schemas.map((schema) => schema['const']) };
    const plain = schemas.map((schema) =>
      Object.keys(schema).join() === 'type' ? schema['type'] : undefined,
    );
    return plain.every((type) => typeof type === 'string') ? { type: plain } : { anyOf: schemas };
  }

  /** A name that is used becomes a definition, so that a schema reads like its types. */
  async #reference(node: Node, file: TypeFile): Promise<Schema> {
    const name = String(child(node, 'typeName')['name']);
    const given = node['typeArguments'];
    const [first, second] = isNode(given) ? children(given, 'params') : [];
    switch (name) {
      case 'Readonly':
      case 'Branded':
        if (first !== undefined) return await this.#type(first, file);
        break;
      case 'Record':
        if (second === undefined) break;
        return { type: 'object', additionalProperties: await this.#type(second, file) };
      default:
    }
    if (first !== undefined) throw file.error(node, `${name}<…> has no schema`);
    const found = file.declaration(name);
    if (!this.#definitions.has(name)) {
      this.#definitions.set(name, {});
      const schema =
        found.node.type === 'TSInterfaceDeclaration'
          ? await this.#object(found.node, found.file)
          : await this.#type(typeOf(found.node), found.file);
      this.#definitions.set(name, described(schema, found.file.comment(found.node.start)));
    }
    return { $ref: `#/definitions/${name}` };
  }

  /** Interfaces, literals and what `&` makes of them; a union among them makes a union of objects. */
  async #object(node: Node, file: TypeFile): Promise<Schema> {
    const shapes = await this.#shapes(node, file);
    const schemas = shapes.map(({ properties, required, description }) =>
      described(
        {
          type: 'object',
          ...(required.length > 0 ? { required } : {}),
          properties: Object.fromEntries(properties),
        },
        description,
      ),
    );
    const [one, ...more] = schemas;
    if (one === undefined) throw file.error(node, 'an object without a shape');
    return more.length === 0 ? one : { anyOf: schemas };
  }

  async #shapes(node: Node, file: TypeFile): Promise<readonly Shape[]> {
    switch (node.type) {
      case 'TSParenthesizedType':
        return await this.#shapes(child(node, 'typeAnnotation'), file);
      case 'TSTypeReference': {
        const found = file.declaration(String(child(node, 'typeName')['name']));
        const body = found.node.type === 'TSInterfaceDeclaration' ? found.node : typeOf(found.node);
        return await this.#shapes(body, found.file);
      }
      case 'TSUnionType': {
        const shapes: Shape[] = [];
        for (const type of children(node, 'types')) {
          const description = file.comment(type.start);
          for (const shape of await this.#shapes(type, file))
            shapes.push({ ...shape, description: description ?? shape.description });
        }
        return shapes;
      }
      case 'TSIntersectionType': {
        let shapes: readonly Shape[] = [NO_SHAPE];
        for (const type of children(node, 'types')) shapes = product(shapes, await this.#shapes(type, file));
        return shapes;
      }
      case 'TSInterfaceDeclaration': {
        let shapes: readonly Shape[] = [NO_SHAPE];
        for (const parent of children(node, 'extends')) {
          const found = file.declaration(String(child(parent, 'expression')['name']));
          shapes = product(shapes, await this.#shapes(found.node, found.file));
        }
        return product(shapes, [await this.#shape(children(child(node, 'body'), 'body'), file)]);
      }
      case 'TSTypeLiteral':
        return [await this.#shape(children(node, 'members'), file)];
      default:
        throw file.error(node, `${node.type} is no object`);
    }
  }

  async #shape(members: readonly Node[], file: TypeFile): Promise<Shape> {
    const properties = new Map<string, Schema>();
    const required: string[] = [];
    for (const member of members) {
      const key = keyOf(member);
      const schema = await this.#type(typeOf(member), file);
      properties.set(key, described(schema, file.comment(member.start)));
      if (member['optional'] !== true) required.push(key);
    }
    return { properties, required, description: undefined };
  }

  /** `RunAnswer['routes']` */
  async #indexed(node: Node, file: TypeFile): Promise<Schema> {
    const key = child(child(node, 'indexType'), 'literal')['value'];
    const [shape] = await this.#shapes(child(node, 'objectType'), file);
    const schema = shape?.properties.get(String(key));
    if (schema === undefined) throw file.error(node, `there is no ${String(key)}`);
    return schema;
  }

  /** `keyof typeof ERRORS` */
  async #keys(node: Node, file: TypeFile): Promise<Schema> {
    const name = String(child(node, 'exprName')['name']);
    const module = (await import(file.path)) as Readonly<Record<string, object>>;
    const value = module[name];
    if (value === undefined) throw file.error(node, `${name} is not exported`);
    return { enum: Object.keys(value) };
  }
}

interface Shape {
  readonly properties: ReadonlyMap<string, Schema>;
  readonly required: readonly string[];
  readonly description: string | undefined;
}

const NO_SHAPE: Shape = { properties: new Map(), required: [], description: undefined };

function product(left: readonly Shape[], right: readonly Shape[]): readonly Shape[] {
  return left.flatMap((a) =>
    right.map((b) => ({
      properties: new Map([...a.properties, ...b.properties]),
      required: [...a.required, ...b.required],
      description: b.description ?? a.description,
    })),
  );
}

/** A source file: its types by name, its imports, and the comment in front of a place. */
class TypeFile {
  readonly path: string;
  readonly #text: string;
  readonly #open: (path: string) => TypeFile;
  readonly #declared = new Map<string, Node>();
  readonly #imported = new Map<string, string>();
  readonly #comments = new Map<number, string>();

  constructor(path: string, open: (path: string) => TypeFile) {
    this.path = path;
    this.#text = readFileSync(path, 'utf8');
    this.#open = open;
    const { program, comments } = parseSync(path, this.#text);
    for (const { type, value, end } of comments) {
      if (type !== 'Block' || !value.startsWith('*')) continue;
      const after = end + (/^\s*(?:export\s+)?(?:\|\s*)?/.exec(this.#text.slice(end))?.[0].length ?? 0);
      this.#comments.set(
        after,
        value
          .replaceAll(/^\s*\*+ ?/gm, '')
          .trim()
          .replaceAll(/\s+/g, ' '),
      );
    }
    for (const statement of program.body as unknown as readonly Node[]) this.#read(statement);
  }

  declaration(name: string): Declared {
    const node = this.#declared.get(name);
    if (node !== undefined) return { node, file: this };
    const from = this.#imported.get(name);
    if (from === undefined) throw new Error(`${this.path} knows no type ${name}`);
    return this.#open(resolve(dirname(this.path), from)).declaration(name);
  }

  comment(start: number): string | undefined {
    return this.#comments.get(start);
  }

  error(node: Node, what: string): Error {
    return new Error(`${this.path}:${this.#text.slice(0, node.start).split('\n').length} ${what}`);
  }

  #read(statement: Node): void {
    if (statement.type === 'ImportDeclaration') {
      for (const item of children(statement, 'specifiers'))
        this.#imported.set(String(child(item, 'local')['name']), String(child(statement, 'source')['value']));
      return;
    }
    const inner = statement['declaration'];
    const node = isNode(inner) ? inner : statement;
    if (node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration')
      this.#declared.set(String(child(node, 'id')['name']), node);
  }
}

function described(schema: Schema, description: string | undefined): Schema {
  if (description === undefined) return schema;
  // Draft 7 ignores what stands beside a reference.
  return '$ref' in schema ? { description, allOf: [schema] } : { description, ...schema };
}

/** The annotation of a property, or the right side of an alias. */
function typeOf(node: Node): Node {
  const annotation = child(node, 'typeAnnotation');
  return annotation.type === 'TSTypeAnnotation' ? child(annotation, 'typeAnnotation') : annotation;
}

function keyOf(member: Node): string {
  const key = child(member, 'key');
  return String(key['name'] ?? key['value']);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function child(node: Node, key: string): Node {
  const value = node[key];
  if (!isNode(value)) throw new Error(`${node.type} has no ${key}`);
  return value;
}

function children(node: Node, key: string): readonly Node[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}
