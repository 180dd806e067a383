import type { Figure, Row } from '../figure.ts';
import { namesOf, projectOfMany } from '../support/many.ts';
import { residentMb } from '../support/proc.ts';
import { median, repeat } from '../support/stats.ts';
import { http } from '../../support/project-http.ts';
import type { TestProject } from '../../support/project.ts';
import { setTimeout as delay } from 'node:timers/promises';

const FUNCTIONS = 20;
const CALLS = 2000;
const SAMPLES = 5;

/** Resident memory of both processes with 20 functions. */
export const memory: Figure = {
  name: 'memory',
  about: `resident memory with ${FUNCTIONS} functions`,
  run: async (bench) => {
    const project = projectOfMany(bench, FUNCTIONS);
    await project.deploy();
    for (let call = 0; call < CALLS; call += 1) {
      const name = namesOf(FUNCTIONS)[call % FUNCTIONS] ?? '';
      await http(`${project.url}/${name}`);
    }
    const built = await both(project);
    await project.faaso('daemon', 'restart');
    await project.whenAnswers('/f00', 'f00');
    const restarted = await both(project);
    const row = (name: string, value: number, goal: number): Row => ({ name, value, unit: 'MB', goal });
    return [
      row(`control plane, after it built ${FUNCTIONS} images`, built.control, 120),
      row('control plane, restarted', restarted.control, 120),
      row(`data plane, after ${CALLS} calls`, built.data, 80),
    ];
  },
};

async function both(project: TestProject): Promise<{ readonly control: number; readonly data: number }> {
  const { daemonPid, routerPid } = project;
  if (daemonPid === undefined || routerPid === undefined) throw new Error('a process of faaso is missing');
  const samples = await repeat(SAMPLES, async () => {
    await delay(1000);
    return { control: residentMb(daemonPid), data: residentMb(routerPid) };
  });
  return {
    control: median(samples.map((sample) => sample.control)),
    data: median(samples.map((sample) => sample.data)),
  };
}
