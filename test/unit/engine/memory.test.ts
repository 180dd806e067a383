import { describe, expect, it } from 'vitest';

import { revisionOf } from '../../../src/core/hash.ts';
import { imageLabels } from '../../../src/engine/labels.ts';
import { createMemoryEngine } from '../../../src/engine/memory.ts';
import { functionName, releaseOf } from '../../contract/engine/harness.ts';

const project = { name: 'demo', root: '/demo' };
const request = { project, release: releaseOf(functionName('sum'), 'image:1'), port: 20_000, attempt: 0 };
const never = new AbortController().signal;

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

describe('the engine in memory', () => {
  it('fails the next start as it was told, and the one after that not', async () => {
    const engine = createMemoryEngine();
    engine.addImage('image:1');
    engine.failNextStart('no-space');
    await expect(engine.start(request)).rejects.toMatchObject({ code: 'no-space' });
    expect(await engine.instances({})).toEqual([]);
    expect((await engine.start(request)).status.kind).toBe('running');
  });

  it('fails a start whose hook fails', async () => {
    const engine = createMemoryEngine({ onStart: () => Promise.reject(new Error('no such command')) });
    engine.addImage('image:1');
    await expect(engine.start(request)).rejects.toMatchObject({
      code: 'start-failed',
      message: 'the container could not be started: no such command',
    });
  });

  it('ends what its hook began, once, however the container ends', async () => {
    let ended = 0;
    const engine = createMemoryEngine({ onStart: () => () => void (ended += 1) });
    engine.addImage('image:1');
    const { id } = await engine.start(request);
    await engine.crash(id, 3);
    expect((await engine.instance(id))?.status).toMatchObject({ kind: 'exited', exitCode: 3 });
    await engine.startAgain(id);
    await engine.stop(id, 0);
    await engine.startAgain(id);
    await engine.removeByHand(id);
    await engine.remove(id);
    expect(ended).toBe(3);
  });

  it('builds the same image from the same context, and another from another', async () => {
    const engine = createMemoryEngine();
    const build = (context: string): ReturnType<typeof engine.build> =>
      engine.build(
        {
          context: bytes(context),
          tag: 'faaso/demo/sum:1',
          args: {},
          labels: imageLabels(project, functionName('sum'), revisionOf('x')),
          secrets: {},
          noCache: false,
          pull: false,
        },
        () => undefined,
        never,
      );
    const first = await build('a');
    expect(first.cached).toBe(false);
    expect(await build('a')).toEqual({ imageId: first.imageId, cached: true });
    const second = await build('b');
    expect(second.imageId).not.toBe(first.imageId);
    expect((await engine.image('faaso/demo/sum:1'))?.id).toBe(second.imageId);
    engine.failNextBuild(['E: no such package']);
    await expect(build('c')).rejects.toMatchObject({ code: 'build-failed', details: ['E: no such package'] });
  });

  it('pulls what its registry has', async () => {
    const engine = createMemoryEngine({ registry: ['there:1'] });
    expect((await engine.pull('there:1', never)).tags).toEqual(['there:1']);
    await expect(engine.pull('elsewhere:1', never)).rejects.toMatchObject({ code: 'image-missing' });
  });

  it('counts what was changed, and shows a port that leads elsewhere', async () => {
    const engine = createMemoryEngine();
    engine.addImage('image:1');
    const { id } = await engine.start(request);
    await engine.instances({});
    engine.unbindPort(id);
    expect((await engine.instance(id))?.portBound).toBe(false);
    expect(engine.writes).toEqual(['start']);
  });
});
