import { request } from 'node:http';
import type { RequestOptions } from 'node:http';

/** Where an admin API of Caddy is asked. */
export type AdminAt = { readonly socketPath: string } | { readonly port: number };

/** One call of the admin API; a value is sent as JSON. */
export async function askAdmin(
  at: AdminAt,
  method: string,
  path: string,
  value?: unknown,
): Promise<{ readonly status: number; readonly value: unknown }> {
  const headers = {
    ...('socketPath' in at ? { host: 'faaso', origin: 'http://faaso' } : {}),
    'content-type': 'application/json',
  };
  const options: RequestOptions = { ...at, method, path, headers, agent: false };
  return await new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          value: text === '' ? undefined : (JSON.parse(text) as unknown),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(value === undefined ? undefined : JSON.stringify(value));
  });
}
