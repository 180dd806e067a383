/** The README's reference tables, made from what the program itself uses. */
import { GLOBAL_OPTIONS } from '../../src/cli/global-options.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import type { Verb } from '../../src/cli/verb.ts';
import { schemas } from '../../src/config/schemas.ts';
import { ERRORS } from '../../src/core/errors.ts';
import { CADDY_DIFFERS } from '../contract/router/caddy-differs.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Marker in the README → the text between `<!-- begin X -->` and `<!-- end X -->`. */
export function referenceTables(): Readonly<Record<string, string>> {
  return {
    verbs: table(
      ['verb', 'does'],
      VERBS.map((verb) => [`\`${usage(verb)}\``, sentence(verb.summary)]),
    ),
    options: table(
      ['option', 'of every verb'],
      GLOBAL_OPTIONS.map((option) => [`\`${option.flags}\``, sentence(option.description)]),
    ),
    functions: keyTable(schemas.functions as Schema),
    metadata: keyTable(schemas.metadata as Schema),
    runtime: keyTable(schemas.runtime as Schema),
    caddy: Object.values(CADDY_DIFFERS)
      .map(({ why, link }) => `- ${sentence(why)} ([why](${link})).`)
      .join('\n'),
    errors: table(
      ['code', 'exit', 'HTTP', 'blame', 'means'],
      Object.entries(ERRORS).map(([code, kind]) => [
        `\`${code}\``,
        String(kind.exit),
        String(kind.http),
        kind.blame,
        kind.meaning,
      ]),
    ),
  };
}

/** Replaces what stands between a marker's comments. */
export function withTables(text: string, tables: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [name, content] of Object.entries(tables)) {
    const begin = `<!-- begin ${name} -->`;
    const end = `<!-- end ${name} -->`;
    const from = result.indexOf(begin);
    const to = result.indexOf(end);
    if (from < 0 || to < from) throw new Error(`the README has no ${begin} … ${end}`);
    result = `${result.slice(0, from + begin.length)}\n\n${content}\n\n${result.slice(to)}`;
  }
  return result;
}

function usage(verb: Verb): string {
  const words = verb.arguments.map(({ name, arity }) =>
    arity === 'required' ? name : arity === 'many' ? `[${name}…]` : `[${name}]`,
  );
  const options = verb.options.map(({ flags }) => `[${flags.replace(/^-\w, /, '')}]`);
  return ['faaso', verb.name, ...words, ...options].join(' ');
}

function keyTable(schema: Schema): string {
  return table(
    ['key', 'default', 'means'],
    keys(schema, '').map(({ path, schema: item }) => [
      `\`${path}\``,
      item.default === undefined ? '' : `\`${JSON.stringify(item.default).replaceAll('"', '')}\``,
      [item.description ?? '', ...choices(item)].join(' ').trim(),
    ]),
  );
}

function keys(schema: Schema, prefix: string): { readonly path: string; readonly schema: Schema }[] {
  const variants = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const found = variants.flatMap((variant) => [
    ...Object.entries(variant.properties ?? {}).flatMap(([name, item]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`;
      return [{ path, schema: item }, ...keys(item, path)];
    }),
    ...(typeof variant.additionalProperties === 'object'
      ? keys(variant.additionalProperties, `${prefix}.*`)
      : []),
    ...(variant.items === undefined ? [] : keys(variant.items, `${prefix}[]`)),
  ]);
  return found.filter((item, index) => found.findIndex((other) => other.path === item.path) === index);
}

function choices(schema: Schema): string[] {
  const values = schema.enum ?? [];
  return values.length === 0 || values.length > 12
    ? []
    : [`One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
