/** What the command line of `faaso invoke` asks for. */
import { open, stat } from 'node:fs/promises';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { extname } from 'node:path';

import type { InvokeRequest } from '../control/api.ts';
import { errorCode, FaasoError } from '../core/errors.ts';
import { parseDuration } from './duration.ts';
import { parseMethod } from './method.ts';
import type { Call } from './verb.ts';

type Body = NonNullable<InvokeRequest['body']>;

/** A body and the type that its source suggests. */
interface Typed {
  readonly body: Body;
  readonly type: string;
}

const OCTETS = 'application/octet-stream';
const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};
/** What says how long a body is, or what the connection is for: that is not the caller's to say. */
const FRAMING = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'expect',
  'trailer',
  'te',
]);

/** Reads arguments and options; opens a file that is to be sent. Throws `usage`. */
export async function readInvokeRequest(call: Call): Promise<InvokeRequest> {
  const [name = '', rest] = call.args;
  const headers = call.values('--header').map(parseHeader);
  const method = parseMethod(call.value('--method'));
  const path = parsePath(call.value('--path') ?? '/');
  const timeout = call.value('--timeout');
  const timeoutMs = timeout === undefined ? undefined : parseDuration('--timeout', timeout);
  const data = await bodyOf(call, rest);
  const isTyped = headers.some(([key]) => key.toLowerCase() === 'content-type');
  return {
    name,
    method: method ?? (data === undefined ? 'GET' : 'POST'),
    path,
    headers: data === undefined || isTyped ? headers : [['Content-Type', data.type], ...headers],
    ...(data === undefined ? {} : { body: data.body }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

async function bodyOf(call: Call, rest: string | undefined): Promise<Typed | undefined> {
  const data = call.value('--data');
  const file = call.value('--data-file');
  if (rest !== undefined && rest !== '-') {
    throw new FaasoError('usage', `"${rest}" is neither an option nor "-" for standard input`, {
      hint: `the body of the request: -d '${rest.replaceAll("'", `'\\''`)}', -f FILE or -`,
    });
  }
  if ([data, file, rest].filter((item) => item !== undefined).length > 1) {
    throw new FaasoError('usage', 'a request has one body: -d, -f or -, not several', {
      hint: 'faaso help invoke',
    });
  }
  if (data !== undefined) return { body: whole(Buffer.from(data)), type: typeOfText(data) };
  if (file === '-' || rest === '-') return { body: { bytes: call.io.input.bytes() }, type: OCTETS };
  return file === undefined ? undefined : await fileBody(file);
}

function whole(bytes: Uint8Array): Body {
  return { bytes: [bytes], length: bytes.byteLength };
}

function typeOfText(text: string): string {
  try {
    JSON.parse(text);
    return 'application/json';
  } catch {
    return 'text/plain; charset=utf-8';
  }
}

async function fileBody(path: string): Promise<Typed> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    const type = TYPES[extname(path).toLowerCase()] ?? OCTETS;
    const bytes = (await open(path)).createReadStream();
    // A pipe or device has no length that is known before its end.
    return { body: { bytes, ...(info.isFile() ? { length: info.size } : {}) }, type };
  } catch (cause) {
    const words: Readonly<Record<string, string>> = {
      ENOENT: 'does not exist',
      EISDIR: 'is a folder',
      EACCES: 'may not be read',
    };
    const why = words[errorCode(cause) ?? ''] ?? 'cannot be read';
    throw new FaasoError('usage', `${path} ${why}`, {
      cause,
      hint: '-f takes a file whose content is sent; text itself goes with -d',
    });
  }
}

function parsePath(text: string): string {
  if (!text.startsWith('/')) {
    throw new FaasoError('usage', `--path begins with "/", not as "${text}"`, {
      hint: `for example --path /${text}`,
    });
  }
  if (/^[!-~]*$/.test(text)) return text;
  throw new FaasoError('usage', `--path "${text}" has a character that no URL has`, {
    hint: `percent-encoded it is ${encodeURI(text)}`,
  });
}

function parseHeader(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  const [name, value] = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  try {
    if (colon < 1) throw new TypeError('no colon');
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    throw new FaasoError('usage', `-H takes "Name: value", not "${text}"`, {
      cause,
      hint: "for example -H 'Accept: text/csv'",
    });
  }
  if (!FRAMING.has(name.toLowerCase())) return [name, value];
  throw new FaasoError('usage', `-H cannot set ${name}: it follows from the request itself`, {
    hint: 'leave it out',
  });
}
