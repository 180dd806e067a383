import type { Builder, Prepared } from '../../src/build/builder.ts';
import { hashOf, revisionOf } from '../../src/core/hash.ts';
import type { FunctionSpec } from '../../src/core/specs.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { imageLabels } from '../../src/engine/labels.ts';

/** A builder whose functions have no files: a version stands for everything that goes into an image. */
export function fakeBuilder(engine: Engine, versionOf: (name: string) => string): Builder {
  const prepare = async (fn: FunctionSpec): Promise<Prepared> => {
    const version = versionOf(fn.name);
    const revision = revisionOf([fn.name, version]);
    const image = `faaso/demo/${fn.name}:${revision}`;
    const present = (await engine.image(image)) !== undefined;
    return { function: fn.name, revision, image, present, inputs: { 'handler.py': hashOf(version) } };
  };
  return {
    prepare: (_project, fn) => prepare(fn),
    prepareAll: async (_project, functions) => {
      return new Map(await Promise.all(functions.map(async (fn) => [fn.name, await prepare(fn)] as const)));
    },
    imageOf: async ({ image }) => ((await engine.image(image)) === undefined ? undefined : image),
    ensure: async (project, fn, _flags, onLine, signal) => {
      const prepared = await prepare(fn);
      if (prepared.present) return prepared;
      const context = (async function* () {
        yield Buffer.from(prepared.revision);
      })();
      const labels = imageLabels(project, fn.name, prepared.revision);
      const request = {
        context,
        tag: prepared.image,
        args: {},
        labels,
        secrets: {},
        noCache: false,
        pull: false,
      };
      await engine.build(request, onLine, signal);
      return { ...prepared, present: true };
    },
    exportContext: () => Promise.reject(new Error('not used')),
  };
}
