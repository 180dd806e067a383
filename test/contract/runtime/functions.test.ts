import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Running } from './container.ts';
import { containersOf } from './container.ts';
import { RUNTIMES } from './forms.ts';
import type { Image, MetadataTest } from './image.ts';
import { buildImage, readMetadata, removeImage, ROOT } from './image.ts';
import { until } from './target.ts';

const FOLDERS = [
  ...RUNTIMES.flatMap((runtime) => [`templates/${runtime}/scaffold`, `templates/${runtime}/example`]),
  ...readdirSync(join(ROOT, 'functions')).map((name) => `functions/${name}`),
];

/** What a newcomer sees first has to work: scaffolds, examples and the functions of the repository. */
describe.each(FOLDERS)('%s', async (path) => {
  const folder = join(ROOT, path);
  const { runtime, description, test: tests = [] } = await readMetadata(folder);
  const containers = containersOf(`functions/${path}`);
  let image: Image;
  let running: Running;

  beforeAll(async () => {
    await containers.remove();
    image = await buildImage(folder, runtime);
    running = await containers.start(image, 'instance');
    await until('it serves', running.serves);
  });
  afterAll(async () => {
    await containers.remove();
    await removeImage(image);
  });

  it('says what it does and how to see that it works', () => {
    expect(description).toMatch(/\w/);
    expect(tests).not.toEqual([]);
  });

  it.each(tests.map((test) => [test.name, test] as const))(
    '%s',
    async (_name, { request, expect: expected }) => {
      const response = await send(running.origin, request);
      const text = await response.text();
      const names = Object.keys(expected.headers ?? {});
      expect({
        ...expected,
        status: response.status,
        ...(names.length > 0
          ? { headers: Object.fromEntries(names.map((each) => [each, response.headers.get(each)])) }
          : {}),
        ...('json' in expected ? { json: JSON.parse(text) as unknown } : {}),
        ...('body' in expected ? { body: text } : {}),
      }).toEqual(expected);
    },
  );
});

function send(
  origin: string,
  { method, path, headers, json, body }: MetadataTest['request'],
): Promise<Response> {
  const init = { method, headers: { ...headers } };
  if (json !== undefined) {
    return fetch(origin + path, {
      ...init,
      headers: { ...init.headers, 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
  }
  return fetch(origin + path, { ...init, ...(body === undefined ? {} : { body }) });
}
