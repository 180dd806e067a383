import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { faasoOnTerminal } from '../../support/built-cli.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { typeInto } from '../../support/typed.ts';

const ENTER = '\r';
const UP = '\x1b[A';
const CTRL_C = '\x03';

describe('on a terminal faaso init', () => {
  test('asks, tells what will not do, and writes what was answered', async () => {
    const root = tempFolder();
    const { code, screen } = await typeInto(['init', 'shop'], root, [
      ['Name of the project', `My Shop${ENTER}`],
      ['lower-case letters', `${'\x7f'.repeat(7)}corner-shop${ENTER}`],
      ['Runtime', `${UP}${ENTER}`],
      ['Name of the first function', ENTER],
      ['Port on this machine', `18473${ENTER}`],
    ]);
    expect(code).toBe(0);
    expect(screen).toContain('Project corner-shop in');
    expect(screen).toContain('  cd shop');
    expect(screen).toContain('  curl http://127.0.0.1:18473/hello');
    const text = readFileSync(join(root, 'shop/functions.yml'), 'utf8');
    expect(text).toContain('name: corner-shop\n');
    expect(text).toContain('listen: 127.0.0.1:18473\n');
    expect(readFileSync(join(root, 'shop/functions/hello/metadata.yml'), 'utf8')).toContain(
      'runtime: node\n',
    );
  });

  test.each([
    ['the name', [['Name of the project', CTRL_C]]],
    [
      'the port',
      [
        ['Name of the project', ENTER],
        ['Runtime', ENTER],
        ['Name of the first function', ENTER],
        ['Port on this machine', CTRL_C],
      ],
    ],
  ] as const)('writes nothing after a Ctrl-C at %s', async (_title, answers) => {
    const root = tempFolder();
    const { code, screen } = await typeInto(['init'], root, answers);
    expect(code).toBe(130);
    expect(screen).toContain('cancelled: nothing was written');
    expect(readdirSync(root)).toEqual([]);
  });

  test('asks only for what no option says, and nothing at all with --yes', async () => {
    const root = tempFolder();
    const one = ['init', 'one', '--name', 'a', '--function', 'b', '--listen', '18474'];
    expect((await typeInto(one, root, [['Runtime', ENTER]])).code).toBe(0);
    expect(readFileSync(join(root, 'one/functions.yml'), 'utf8')).toContain('  /b: b\n');
    expect((await typeInto(['init', 'two', '--yes'], root, [])).code).toBe(0);
    expect((await typeInto([...one.with(1, 'three'), '--runtime', 'node'], root, [])).code).toBe(0);
    expect(readdirSync(root)).toEqual(['one', 'three', 'two']);
  });

  test('asks nothing where the terminal does not know its width', async () => {
    const root = tempFolder();
    expect((await faasoOnTerminal(['init', '--name', 'shop'], { cwd: root })).code).toBe(0);
    expect(existsSync(join(root, 'functions.yml'))).toBe(true);
  });
});

describe('on a terminal faaso new', () => {
  test('asks for the runtime, and writes nothing after a Ctrl-C', async () => {
    const root = tempFolder();
    writeFileSync(join(root, 'functions.yml'), 'routes: {}\n');
    expect((await typeInto(['new', 'dice'], root, [['Runtime', CTRL_C]])).code).toBe(130);
    expect(readdirSync(root)).toEqual(['functions.yml']);
    expect((await typeInto(['new', 'dice'], root, [['Runtime', ENTER]])).code).toBe(0);
    expect(readFileSync(join(root, 'functions.yml'), 'utf8')).toBe('routes: { /dice: dice }\n');
  });
});
