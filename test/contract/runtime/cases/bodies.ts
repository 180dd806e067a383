import { randomBytes } from 'node:crypto';

import { expect } from 'vitest';

import type { Case } from '../target.ts';
import { ask, echo } from '../target.ts';

export const bodies: readonly Case[] = [
  {
    name: 'JSON in and out',
    async run(target) {
      const value = { a: 1, b: [true, null, 2.5], text: 'größer ✓ 𝄞', nested: { empty: {} } };
      const response = await echo(target, 'application/json', JSON.stringify(value));
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await response.json()).toEqual(value);
    },
  },
  {
    name: 'JSON as curl -d sends it',
    async run(target) {
      const response = await echo(target, 'application/x-www-form-urlencoded', '{"a": 1, "b": 2}');
      expect(JSON.parse(await response.text())).toEqual({ a: 1, b: 2 });
    },
  },
  {
    name: 'a form as an object',
    async run(target) {
      const response = await echo(
        target,
        'application/x-www-form-urlencoded',
        'name=J%C3%BCrgen+M&tag=1&tag=2',
      );
      expect(JSON.parse(await response.text())).toEqual({ name: 'Jürgen M', tag: ['1', '2'] });
    },
  },
  {
    name: 'the query as the event',
    async run(target) {
      const response = await fetch(`${target.origin}/?name=%C3%A4&tag=1&tag=2&empty=`);
      expect(response.status).toBe(200);
      expect(JSON.parse(await response.text())).toEqual({ name: 'ä', tag: ['1', '2'], empty: '' });
    },
  },
  {
    name: 'an empty body',
    async run(target) {
      const response = await echo(target, 'application/json', '');
      expect(response.status).toBe(200);
      expect(JSON.parse(await response.text())).toEqual({});
    },
  },
  {
    name: 'text both ways',
    async run(target) {
      const response = await echo(target, 'text/plain; charset=utf-8', 'größer ✓ 𝄞\n');
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).toBe('größer ✓ 𝄞\n');
    },
  },
  {
    name: 'bytes both ways',
    async run(target) {
      const bytes = new Uint8Array([...Array(256).keys(), ...randomBytes(1 << 20)]);
      const response = await echo(target, 'application/octet-stream', bytes);
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(Buffer.compare(new Uint8Array(await response.arrayBuffer()), bytes)).toBe(0);
    },
  },
  {
    name: 'JSON that is none is 400',
    async run(target) {
      for (const body of ['{"a":', '{"a": NaN}', '\xff']) {
        const response = await echo(target, 'application/problem+json', body);
        expect(response.status).toBe(400);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect(await response.json()).toMatchObject({ status: 400, code: 'invalid-json' });
      }
    },
  },
  {
    name: 'status, headers and two cookies',
    async run(target) {
      const response = await ask(target, 'status');
      expect(response.status).toBe(201);
      expect(response.headers.get('x-fixture')).toBe('yes');
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await response.text()).toBe('<p>made</p>');
    },
  },
  {
    name: 'nothing returned is 204',
    async run(target) {
      const response = await ask(target, 'nothing');
      expect(response.status).toBe(204);
      expect(await response.text()).toBe('');
    },
  },
  {
    name: 'HEAD has headers and no body',
    async run(target) {
      const response = await fetch(`${target.origin}/?name=x`, { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('');
    },
  },
];
