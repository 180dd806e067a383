/** What a handler returned, as an HTTP answer; the table is in templates/README.md. */

import { Readable } from 'node:stream';

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

// The server's to say: it knows what it sends.
const FRAMING = new Set(['content-length', 'transfer-encoding']);

/** Sends what a handler returned; throws when that cannot be sent, or what a stream throws. */
export async function sendAnswer(response, value) {
  if (value instanceof Response) return sendResponse(response, value);
  if (value === undefined || value === null) {
    response.writeHead(204).end();
    return;
  }
  if (typeof value === 'object' && 'statusCode' in value) return sendExact(response, value);
  await sendBody(response, value);
}

async function sendExact(response, { statusCode, headers, body }) {
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) {
    throw new TypeError(`statusCode must be an integer from 200 to 599, not ${statusCode}`);
  }
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!FRAMING.has(name.toLowerCase())) response.setHeader(name, value);
  }
  if (body === undefined || body === null || statusCode === 204 || statusCode === 304) response.end();
  else await sendBody(response, body);
}

async function sendResponse(response, answer) {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.appendHeader(name, value);
  if (answer.body) await sendStream(response, Readable.fromWeb(answer.body));
  else response.end();
}

async function sendBody(response, body) {
  if (typeof body === 'string') sendWhole(response, Buffer.from(body), TEXT);
  else if (isBytes(body)) sendWhole(response, asBuffer(body), BYTES);
  else if (isStream(body)) await sendStream(response, asReadable(body));
  else sendWhole(response, Buffer.from(toJson(body)), 'application/json');
}

function sendWhole(response, bytes, contentType) {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', contentType);
  response.setHeader('content-length', bytes.length);
  response.end(bytes);
}

/** Chunk by chunk, at the pace of the client; nothing is sent before the first chunk is there. */
async function sendStream(response, readable) {
  response.once('close', () => readable.destroy());
  if (response.req.method === 'HEAD') readable.destroy();
  else {
    for await (const chunk of readable) {
      if (typeof chunk !== 'string' && !isBytes(chunk)) {
        throw new TypeError(`a stream yields strings or bytes, not ${typeof chunk}`);
      }
      if (!response.headersSent && !response.hasHeader('content-type')) {
        response.setHeader('content-type', typeof chunk === 'string' ? TEXT : BYTES);
      }
      if (!response.write(typeof chunk === 'string' ? chunk : asBuffer(chunk))) await writable(response);
    }
  }
  response.end();
}

/** Waits until the client has taken what was written, or has gone. */
function writable(response) {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function isBytes(value) {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function asBuffer(bytes) {
  return ArrayBuffer.isView(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(bytes);
}

/** Streams, generators and iterators; not what can merely be iterated, such as an array. */
function isStream(value) {
  if (typeof value !== 'object') return false;
  return Symbol.asyncIterator in value || (Symbol.iterator in value && typeof value.next === 'function');
}

function asReadable(stream) {
  if (stream instanceof Readable) return stream;
  if (stream instanceof ReadableStream) return Readable.fromWeb(stream, { objectMode: true });
  return Readable.from(stream, { objectMode: true, highWaterMark: 1 });
}

function toJson(value) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new TypeError(`what the handler returned is not JSON: ${error.message}`);
  }
  if (text === undefined) throw new TypeError(`what the handler returned is not JSON: ${typeof value}`);
  return text;
}
