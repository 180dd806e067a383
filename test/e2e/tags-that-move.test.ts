import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { importTestImage, removeTestImage } from '../support/engine-image.ts';
import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';

describe('a function whose image has a tag that moves', () => {
  let base: string;
  let reference: string;
  let project: TestProject;
  const made: string[] = [];

  /** An image under the tag that answers so; returns its id. */
  const put = async (answer: string): Promise<string> => {
    const program = `require('http').createServer((_, response) => response.end('${answer}')).listen(process.env.PORT)`;
    const container = await docker.createContainer({ Image: base });
    try {
      const [repo, tag] = reference.split(':');
      const changes = `CMD ${JSON.stringify(['/node', '-e', program])}`;
      await container.commit({ repo, tag, changes });
    } finally {
      await container.remove({ v: true });
    }
    const { Id: id } = await docker.getImage(reference).inspect();
    // The tag leaves them, so each is removed by itself.
    made.push(id);
    return id;
  };
  const killed = async (): Promise<void> => {
    await project.whenSettled(['f']);
    const { id } = await project.container('f');
    await docker.getContainer(id).remove({ force: true, v: true });
  };

  beforeAll(async () => {
    base = await importTestImage(docker);
    project = new TestProject({ routes: { '/f': 'f' } });
    reference = `${project.name}:moves`;
    await put('v1');
    project.configure({ functions: { f: { image: reference, port: 3000 } } });
    await project.deploy();
  });
  afterAll(async () => {
    await project?.dispose();
    for (const image of [...made, base]) await removeTestImage(docker, image).catch(() => undefined);
  });

  test('comes back as it was applied, and not as nobody applied it', async () => {
    expect((await project.call('/f')).text).toBe('v1');
    await put('v2');
    await killed();
    await project.whenAnswers('/f', 'v1', 20_000);
    const { id } = await project.container('f');
    const { Labels: labels } = (await docker.getContainer(id).inspect()).Config;
    expect(JSON.parse(labels['faaso.release'] ?? '')).toHaveProperty('image', reference);
    expect((await project.faaso('restart', 'f')).code).toBe(0);
    expect((await project.call('/f')).text).toBe('v1');
  });

  test('goes on with an apply and back with a rollback', async () => {
    await project.deploy();
    expect((await project.call('/f')).text).toBe('v2');
    expect((await project.faaso('rollback', 'f')).code).toBe(0);
    expect((await project.call('/f')).text).toBe('v1');
    expect((await project.faaso('rollback', 'f', '2')).code).toBe(0);
    expect((await project.call('/f')).text).toBe('v2');
  });

  test('says so when the image that was applied is gone, until an apply', async () => {
    const { Id: second } = await docker.getImage(reference).inspect();
    await put('v3');
    await killed();
    await docker.getImage(second).remove({ force: true });
    const row = await project.whenRow('f', 'has failed', (item) => item.state === 'failed');
    expect(row.reason).toContain(`the image that was applied is gone, and ${reference} is another one now`);
    expect((await project.call('/f')).status).toBe(503);
    await project.deploy();
    expect((await project.call('/f')).text).toBe('v3');
  });
});
