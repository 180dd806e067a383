import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sha256 } from '../../src/core/hash.ts';
import { docker } from '../support/local-engine.ts';
import { startLoad } from '../support/load.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const CANARY = `canary-${process.pid}-5f1e`;

/** Answers with a hash of its secret, and at /write with what becomes of an attempt to write it. */
const handler = `import hashlib, os

def handler(event, context):
    path = "/run/secrets/API_KEY"
    if "write" in context.path:
        try:
            open(path, "a").write("x")
            return "written"
        except OSError as error:
            return type(error).__name__
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
`;

/** Starts only with a secret that it likes. */
const picky = `import sys
with open("/run/secrets/API_KEY") as file:
    if file.read() == "refused":
        sys.exit("the key is refused")

${handler}`;

describe('a secret', () => {
  let project: TestProject;
  const outputs: string[] = [];
  const faaso = async (...args: readonly string[]): Promise<{ code: number | null; text: string }> => {
    const { code, stdout, stderr } = await project.faaso(...args);
    outputs.push(stdout, stderr);
    return { code, text: stdout + stderr };
  };
  const set = async (value: string): Promise<{ code: number | null; text: string }> => {
    const { code, stdout, stderr } = await project.setSecret('API_KEY', value);
    outputs.push(stdout, stderr);
    return { code, text: stdout + stderr };
  };

  beforeAll(() => {
    project = new TestProject({
      routes: { '/key': 'key', '/other': 'other' },
      functions: { key: { secrets: ['API_KEY'] } },
    });
    project.python('key', picky);
    project.python('other', 'def handler(event, context):\n    return "other"\n');
  });
  afterAll(() => project.dispose());

  test(
    'that is not set fails its function alone, before anything of it is built',
    { timeout: 90_000 },
    async () => {
      for (const verb of ['validate', 'plan']) {
        const told = await faaso(verb);
        expect(told.code).toBe(0);
        expect(told.text).toMatch(/functions.yml:\d+:\d+ {2}warning: the secret API_KEY of key is not set/);
      }
      const { code, text } = await faaso('apply');
      expect(code).toBe(3);
      expect(text).toContain('the secret API_KEY is not set');
      expect(text).toContain('faaso secret set API_KEY');
      expect(text).not.toContain('key        built');
      const { stdout } = await project.faaso('status', '--json');
      project.url = (JSON.parse(stdout) as { router: { listen: string } }).router.listen;
      expect((await project.call('/other')).text).toBe('other');
      expect((await faaso('secret', 'list')).text).toMatch(/API_KEY +not set +key/);
    },
  );

  test('is given to its function as a file that it can read and not write', { timeout: 90_000 }, async () => {
    expect(await set(`${CANARY}\n`)).toMatchObject({
      code: 0,
      text: 'API_KEY is set. key can use it with the next "faaso apply".\n',
    });
    await project.deploy();
    expect((await project.call('/key')).text).toBe(sha256(CANARY));
    expect((await project.call('/key/write')).text).toMatch(/^(?:PermissionError|OSError)$/);
    expect((await faaso('secret', 'rm', 'API_KEY')).code).toBe(2);
  });

  test('is found nowhere else', { timeout: 90_000 }, async () => {
    for (const verb of ['plan', 'status', 'secret list', 'releases key']) {
      await faaso(...verb.split(' '));
      await faaso(...verb.split(' '), '--json');
    }
    await faaso('plan', '--show-values');
    await faaso('restart', 'key', '--json');
    expect(outputs.filter((text) => text.includes(CANARY))).toEqual([]);

    const { id } = await project.whenSettled(['key', 'other']).then(([key]) => key ?? { id: '' });
    const container = await docker.getContainer(id).inspect();
    const image = docker.getImage(container.Image);
    const volumes = await docker.listVolumes({ filters: { label: [`faaso.root=${project.root}`] } });
    expect(volumes.Volumes.length).toBeGreaterThan(0);
    expect(JSON.stringify([container, await image.inspect(), volumes])).not.toContain(CANARY);
    // What the image does hold shows that this search finds things.
    expect(await foundIn(await image.get(), [CANARY, 'the key is refused'])).toEqual(['the key is refused']);

    const state = join(project.root, '.faaso/state');
    const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((item) =>
      item.isFile(),
    );
    expect(files.length).toBeGreaterThan(2);
    expect(
      files
        .map((item) => join(item.parentPath, item.name))
        .filter((path) => readFileSync(path).includes(CANARY)),
    ).toEqual([]);
    expect(processesHolding(CANARY)).toEqual([]);
    // Where it is meant to be, so that this search can find anything at all.
    expect(readFileSync(join(project.root, '.faaso/data/secrets/API_KEY'), 'utf8')).toBe(CANARY);
  });

  test('gets a new value under load without a lost request', { timeout: 90_000 }, async () => {
    const values = [sha256(CANARY), sha256('second')];
    const load = startLoad({
      url: `${project.url}/key`,
      rate: 100,
      isRight: (text) => values.includes(text),
    });
    const { code, text } = await set('second');
    const since = performance.now();
    await until('fifty answers since', () => load.answered.filter((item) => item.sentAt > since).length > 50);
    const { lost, answered } = await load.stop();
    expect([code, lost]).toEqual([0, []]);
    expect(text).toContain('1 function restarted');
    expect(new Set(answered.map((item) => item.text))).toEqual(new Set(values));
    const later = answered.filter((item) => item.sentAt > since);
    expect(new Set(later.map((item) => item.text))).toEqual(new Set([values[1]]));
    // Again: nothing to do.
    const { id } =
      (await project.whenSettled(['key', 'other'])).find((item) => item.function === 'key') ?? {};
    expect(await set('second')).toMatchObject({ code: 0, text: 'API_KEY has this value already.\n' });
    expect((await project.container('key')).id).toBe(id);
  });

  test('with a value that its function refuses leaves the old one serving', { timeout: 90_000 }, async () => {
    const { code, text } = await set('refused');
    expect(code).toBe(3);
    expect(text).toContain('the key is refused');
    expect(text).toContain('API_KEY is set, and key goes on with the old value');
    expect((await project.call('/key')).text).toBe(sha256('second'));
    expect((await faaso('plan')).text).toMatch(/key +replace +secret API_KEY changed/);
    expect(await set('third')).toMatchObject({ code: 0 });
    expect((await project.call('/key')).text).toBe(sha256('third'));
  });

  test('leaves no volume behind that no container uses', { timeout: 90_000 }, async () => {
    await project.whenSettled(['key', 'other']);
    // A volume goes a moment after its container.
    await expect
      .poll(
        async () =>
          (await docker.listVolumes({ filters: { label: [`faaso.root=${project.root}`] } })).Volumes.length,
        { timeout: 30_000 },
      )
      .toBe(1);
  });

  test('can be removed once nobody uses it', { timeout: 90_000 }, async () => {
    project.configure({ functions: {} });
    expect((await faaso('secret', 'rm', 'API_KEY')).text).toContain('the secret API_KEY is used by key');
    project.python('key', 'def handler(event, context):\n    return "free"\n');
    await project.deploy();
    expect(await faaso('secret', 'rm', 'API_KEY')).toEqual({ code: 0, text: 'API_KEY is removed.\n' });
    expect((await faaso('secret', 'rm', 'API_KEY')).code).toBe(2);
  });
});

/** Which of the texts are in the stream, over the seams of its chunks too. */
async function foundIn(stream: AsyncIterable<unknown>, texts: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  let tail = Buffer.alloc(0);
  for await (const chunk of stream) {
    const window = Buffer.concat([tail, chunk as Buffer]);
    for (const text of texts) if (window.includes(text)) found.add(text);
    tail = window.subarray(-Math.max(...texts.map((text) => text.length)));
  }
  return [...found];
}

/** Processes of this machine, in containers too, that have the text among their arguments or variables. */
function processesHolding(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) =>
      ['cmdline', 'environ'].filter((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`).includes(text);
        } catch {
          return false;
        }
      }),
    );
}
