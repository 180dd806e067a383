import type { Settings } from '../../support/project.ts';
import { TestProject } from '../../support/project.ts';

/** What a figure works with. Everything that it makes is taken away when the figure ends, however it ends. */
export class Bench {
  readonly #cleanups: (() => Promise<void>)[] = [];
  /** Tells of progress, which is no result. */
  readonly note: (line: string) => void;

  constructor(note: (line: string) => void) {
    this.note = note;
  }

  /** Runs `work` when the figure has ended; the latest first. */
  after(work: () => Promise<void>): void {
    this.#cleanups.push(work);
  }

  /** A project in a temporary folder. */
  project(settings: Settings = {}): TestProject {
    const project = new TestProject(settings);
    this.after(() => project.dispose());
    return project;
  }

  /** Takes everything away; each part although another failed, and then throws what failed first. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let work = this.#cleanups.pop(); work !== undefined; work = this.#cleanups.pop()) {
      await work().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
