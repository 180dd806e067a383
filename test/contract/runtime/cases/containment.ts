import { expect } from 'vitest';

import type { Case } from '../target.ts';
import { askJson } from '../target.ts';

interface Who {
  readonly uid: number;
  readonly app: boolean;
  readonly tmp: boolean;
  readonly caps: string;
}

export const containment: readonly Case[] = [
  {
    name: 'runs hardened: no root, no capabilities, a read-only root and a /tmp',
    async run(target) {
      const who = await askJson<Who>(target, 'who');
      expect(who).toEqual({ uid: 10001, app: false, tmp: true, caps: '0000000000000000' });
    },
  },
  {
    name: 'the health path is the shim’s',
    async run(target) {
      const url = `${target.origin}/_faaso/health`;
      const response = await fetch(url);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status: 'ok' });
      expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    },
  },
  {
    name: 'says what it serves',
    async run(target) {
      expect(await target.stderr()).toMatch(/^faaso: serving .+ from handler\.\w+ on port 3000$/m);
    },
  },
  {
    name: 'plain docker run serves, unprivileged and healthy',
    async run(target) {
      const plain = await target.start('plain');
      await plain.healthy();
      expect(await askJson<Who>(plain, 'who')).toMatchObject({ uid: 10001, app: false, tmp: true });
    },
  },
];
