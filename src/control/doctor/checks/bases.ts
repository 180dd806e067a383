import { resolveBases } from '../../../build/bases.ts';
import type { Finding } from '../../../core/finding.ts';
import type { Check } from '../context.ts';
import { faasoCommand, NO_ENGINE, NO_PROJECT, reporter } from '../context.ts';
import { line } from '../commands.ts';

const report = reporter('images');
/** Made on the machine: no registry has them. */
const LOCAL_PREFIX = 'faaso/';

/** Whether the engine has the images that functions are built on, or are. Pulls nothing. */
export const basesCheck: Check = {
  name: 'images',
  async run({ engine, known, project }) {
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    const loaded = await project.loaded().catch(() => undefined);
    if (loaded === undefined) return [report('skipped', 'functions.yml is not valid')];
    if ((await known()) === undefined) return [report('skipped', NO_ENGINE)];
    const { functions, build } = loaded.project;
    const lookup = (reference: string): ReturnType<typeof engine.image> => engine.image(reference);
    const needed = new Map<string, { readonly has: boolean; readonly users: string[] }>();
    for (const { name, source } of functions) {
      const references =
        source.kind === 'image'
          ? [{ reference: source.image, image: await lookup(source.image) }]
          : Object.values(await resolveBases(source.runtime, build, lookup)).filter(
              (base) => base !== undefined,
            );
      for (const { reference, image } of references) {
        const entry = needed.get(reference) ?? { has: image !== undefined, users: [] };
        if (!entry.users.includes(name)) entry.users.push(name);
        needed.set(reference, entry);
      }
    }
    const missing = [...needed].filter(([, { has }]) => !has);
    if (missing.length === 0) {
      if (needed.size === 0) return [report('ok', 'no function needs any')];
      return [
        report('ok', `${[...needed.keys()].join(', ')} ${needed.size === 1 ? 'is' : 'are'} on the engine`),
      ];
    }
    return missing.map(([reference, { users }]): Finding => {
      const message = `${reference}, which ${users.join(', ')} ${users.length === 1 ? 'needs' : 'need'}, is not on the engine yet`;
      return reference.startsWith(LOCAL_PREFIX)
        ? report('warn', message, {
            why: 'It is made on this machine.',
            fix: [faasoCommand(project, 'setup')],
          })
        : report('warn', message, {
            why: 'The first build pulls it. Where no registry answers, name an image that the engine has under "bases:" in functions.yml.',
            fix: [line('docker', 'pull', reference)],
          });
    });
  },
};
