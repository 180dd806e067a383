import type { Figure } from '../figure.ts';
import { compareWays } from '../support/ways.ts';

/** As an application that is a listener, so that little of the time is the function's own. */
const LISTENER = "export const app = (req, res) => res.end('hello');\n";

/** What the router costs on the way to a function. */
export const hop: Figure = {
  name: 'hop',
  about: "the router's hop beside the container alone, Caddy and nginx",
  run: async (bench) => {
    const project = bench.project({ routes: { '/': 'f' }, functions: { f: { limits: { cpus: 2 } } } });
    project.node('f', LISTENER);
    await project.deploy();
    const { port } = await project.row('f');
    const pid = project.routerPid;
    if (port === null || pid === undefined) throw new Error('the project does not serve');
    return await compareWays(bench, port, { url: project.url, pid }, [32, 256]);
  },
};
