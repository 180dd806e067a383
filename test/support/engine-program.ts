/** What the test image's process is told to do, through its environment or over HTTP. */
export type Act =
  /** Written as it is: a line ends only where `text` does. */
  | { readonly print: string; readonly to?: 'stdout' | 'stderr' }
  | { readonly exit: number }
  /** Takes memory until the kernel ends it. */
  | { readonly oom: true };

/** Environment of a container that does the acts, and then serves unless one of them ended it. */
export function programEnv(...acts: readonly Act[]): Record<string, string> {
  return { ACTS: JSON.stringify(acts) };
}

/** Has the process behind a host port do something now. */
export async function act(port: number, ...acts: readonly Act[]): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/act`, { method: 'POST', body: JSON.stringify(acts) });
}

/** What the process behind a host port answers. */
export async function greeting(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}

/** Evaluates an expression inside the container and returns its value, or `{ error: code }`. */
export async function evaluate(port: number, expression: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/evaluate`, { method: 'POST', body: expression });
  return response.json();
}

/** The program itself, for `node -e`: plain JavaScript, because it runs in the image alone. */
export const PROGRAM = `
const http = require('node:http');
const fs = require('node:fs');
const child = require('node:child_process');
const run = (acts) => {
  for (const act of acts) {
    if ('print' in act) fs.writeSync(act.to === 'stderr' ? 2 : 1, act.print);
    if ('exit' in act) process.exit(act.exit);
    if ('oom' in act) for (const held = []; ; ) held.push(Buffer.alloc(8 << 20, 1));
  }
};
process.on('SIGTERM', () => process.exit(0));
run(JSON.parse(process.env.ACTS ?? '[]'));
http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    if (request.url === '/evaluate') {
      let value;
      try { value = eval(body); } catch (error) { value = { error: error.code ?? String(error) }; }
      response.end(JSON.stringify(value ?? null));
    } else if (request.url === '/act') {
      response.end(() => setImmediate(run, JSON.parse(body)));
    } else {
      response.end('hello from ' + process.env.FAASO_FUNCTION);
    }
  });
}).listen(Number(process.env.PORT), '0.0.0.0');
`;
