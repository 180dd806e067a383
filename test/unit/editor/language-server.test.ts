import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { schemas } from '../../../src/config/schemas.ts';
import { LanguageServer, schemaUrl } from '../../support/language-server.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const FILES = Object.keys(schemas) as (keyof typeof schemas)[];

describe('an editor that speaks to yaml-language-server', () => {
  let server: LanguageServer;
  beforeAll(async () => {
    server = await LanguageServer.start(
      Object.fromEntries(FILES.map((name) => [schemaUrl(name), `${name}.yml`])),
    );
  });
  afterAll(() => server.stop());

  const labels = async (file: string, marked: string): Promise<readonly string[]> =>
    (await server.complete(file, marked)).map(({ label }) => label);

  test.each(FILES)('offers every key of %s.yml, each with what it does', async (name) => {
    const offered = await server.complete(`${name}.yml`, '|');
    const described = offered.filter(({ documentation }) => documentation !== '').map(({ label }) => label);
    expect(described).toEqual(expect.arrayContaining(Object.keys(schemas[name].properties)));
  });

  test.each([
    ['functions.yml', 'rou|', 'routes'],
    ['functions.yml', 'functions:\n  sum:\n    lim|', 'limits'],
    ['functions.yml', 'functions:\n  sum:\n    limits:\n      mem|', 'memory'],
    ['functions.yml', 'functions:\n  sum:\n    image: x\n    env_|', 'env_file'],
    ['functions.yml', 'on_failure:\n  com|', 'command'],
    ['functions.yml', 'routes:\n  /sum:\n    function: sum\n    tim|', 'timeout'],
    ['metadata.yml', 'runtime: python\npac|', 'packages'],
    ['metadata.yml', 'runtime: python\ntest:\n  - name: x\n    exp|', 'expect'],
    ['runtime.yml', 'name: x\nbas|', 'bases'],
  ])('in %s completes %j to %s', async (file, marked, key) => {
    expect(await labels(file, marked)).toContain(key);
  });

  test.each([
    ['functions.yml', 'functions:\n  sum:\n    isolation: |', ['runc', 'gvisor']],
    ['functions.yml', 'build:\n  ca_bundle: |', ['host', 'none']],
    ['metadata.yml', 'runtime: |', ['python', 'node']],
    ['runtime.yml', 'options:\n  x:\n    type: |', ['string', 'integer', 'boolean']],
  ])('in %s offers the values at %j', async (file, marked, values) => {
    expect(await labels(file, marked)).toEqual(expect.arrayContaining(values));
  });

  test.each([
    ['functions.yml', 'functions:\n  sum:\n    |secrets: [A]', 'read-only file under /run/secrets'],
    ['functions.yml', 'functions:\n  sum:\n    |env_file: a.env', '${VAR} is not replaced in them'],
    ['functions.yml', 'functions:\n  sum:\n    limits: { |tmp: 1m }', 'Size of /tmp, which is memory'],
    ['functions.yml', 'routes:\n  /a: { function: a, |strip_prefix: true }', 'Whether the function sees /x'],
    ['metadata.yml', 'runtime: python\n|health: { path: /x }', 'How an instance is probed'],
    ['runtime.yml', '|required: [[a]]', 'at least one must be in the'],
  ])('in %s says of the word in %j what it does', async (file, marked, words) => {
    expect(await server.hover(file, marked)).toContain(words);
  });

  test('writes nothing that is then wrong', async () => {
    const wrong: unknown[] = [];
    for (const [file, before] of [
      ['functions.yml', ''],
      ['functions.yml', 'functions:\n  sum:\n    '],
      ['metadata.yml', 'runtime: python\n'],
    ] as const) {
      const indent = / *$/.exec(before)?.[0] ?? '';
      for (const { insertText } of await server.complete(file, `${before}|`)) {
        const written = insertText.replace(/\$\{\d+:([^}]*)\}/g, '$1').replaceAll('\n', `\n${indent}`);
        // One that leaves the value to the user has nothing to be wrong yet.
        if (/\$\{\d+\}|[:-]\s*$/.test(written)) continue;
        const findings = await server.findings(file, `${before}${written}\n`);
        if (findings.length > 0) wrong.push({ written, findings });
      }
    }
    expect(wrong).toEqual([]);
  });

  test('underlines a key that does not exist, and nothing in the files that come with faaso', async () => {
    const typo = await server.findings('functions.yml', 'functions:\n  sum:\n    limts: {}\n');
    expect(typo).toEqual([{ line: 3, message: expect.stringContaining('limts') as string }]);
    const own = [
      ['functions.yml', 'functions.yml'],
      ...filesBelow('functions', 'metadata.yml'),
      ...filesBelow('templates', 'runtime.yml'),
    ] as const;
    for (const [name, path] of own) {
      const findings = await server.findings(name, readFileSync(`${root}/${path}`, 'utf8'));
      expect({ path, findings }).toEqual({ path, findings: [] });
    }
  });

  test('takes the schema that a comment in the file names', async () => {
    const comment = `# yaml-language-server: $schema=${schemaUrl('functions')}\n`;
    expect(await labels('prod.yml', `${comment}rou|`)).toContain('routes');
  });
});

test('descriptions are plain text, because editors show them as Markdown', () => {
  const words = [...JSON.stringify(schemas).matchAll(/"description":("(?:[^"\\]|\\.)*")/g)].map(
    ([, text]) => JSON.parse(text ?? '') as string,
  );
  expect(words.length).toBeGreaterThan(50);
  expect(words.filter((text) => /[`<>*]|\]\(|(?<!\w)_\w+_(?!\w)|\n/.test(text))).toEqual([]);
  // A sentence, or a phrase that stands alone.
  expect(words.filter((text) => !/^[A-Z$].*\.$|^host: /.test(text))).toEqual([]);
});

function filesBelow(folder: string, name: string): readonly (readonly [string, string])[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [[name, `${folder}/${entry.name}/${name}`] as const] : [],
  );
}
