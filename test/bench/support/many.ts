import type { TestProject } from '../../support/project.ts';
import type { Bench } from './bench.ts';

/** A project of `count` Node functions, `f00` at `/f00` and so on; nothing is built or applied yet. */
export function projectOfMany(bench: Bench, count: number): TestProject {
  const names = namesOf(count);
  const project = bench.project({ routes: Object.fromEntries(names.map((name) => [`/${name}`, name])) });
  for (const name of names) project.node(name, answering(name));
  return project;
}

export function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `f${String(index).padStart(2, '0')}`);
}

/** A Node handler that answers with the text. */
export function answering(text: string): string {
  return `export default () => ${JSON.stringify(text)};\n`;
}
