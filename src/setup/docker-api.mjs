import http from 'node:http';

/**
 * One request to the engine over its unix socket. No version in the path: engines drop old ones.
 * @param {string} socketPath
 * @param {string} path
 * @param {{ method?: string, body?: import('node:stream').Readable, timeoutMs?: number, signal?: AbortSignal }} [options]
 * @returns {Promise<{ status: number, text: string }>}
 */
function request(socketPath, path, { method = 'GET', body, timeoutMs = 10_000, signal } = {}) {
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/x-tar' } : {};
    const options = { socketPath, path, method, headers, agent: false, signal: AbortSignal.any(limits) };
    const req = http.request(options, async (res) => {
      try {
        let text = '';
        for await (const chunk of res.setEncoding('utf8')) text += chunk;
        resolve({ status: res.statusCode ?? 0, text });
      } catch (error) {
        reject(error);
      }
    });
    req.once('error', reject);
    if (body) body.once('error', (error) => req.destroy(error)).pipe(req);
    else req.end();
  });
}

/**
 * Whether an engine answers at a socket, and if not, why.
 * @param {string} socketPath
 * @param {number} [timeoutMs]
 * @returns {Promise<'answers' | 'absent' | 'dead' | 'denied' | 'silent'>}
 */
export async function ping(socketPath, timeoutMs = 3000) {
  try {
    const { status } = await request(socketPath, '/_ping', { timeoutMs });
    return status === 200 ? 'answers' : 'silent';
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return 'absent';
    if (error.code === 'EACCES' || error.code === 'EPERM') return 'denied';
    return error.code === 'ECONNREFUSED' ? 'dead' : 'silent';
  }
}

/**
 * @param {string} socketPath
 * @returns {Promise<string>} such as `Docker Engine 20.10`
 */
export async function engineName(socketPath) {
  const { text } = await request(socketPath, '/version');
  const { Version, Platform } = JSON.parse(text);
  const platform = Platform?.Name ?? '';
  return `${platform.startsWith('Docker Desktop') ? 'Docker Desktop, engine' : 'Docker Engine'} ${tidyVersion(Version)}`;
}

/**
 * @param {string} socketPath
 * @returns {Promise<string[]>} such as `runc`
 */
export async function runtimeNames(socketPath) {
  const { text } = await request(socketPath, '/info');
  return Object.keys(JSON.parse(text).Runtimes ?? {});
}

/**
 * Debian's engine calls itself `20.10.24+dfsg1`; only the first two numbers tell a reader something.
 * @param {string} version
 */
export function tidyVersion(version) {
  return /^\d+(\.\d+)?/.exec(version)?.[0] ?? version;
}

/**
 * Imports a tar of a root filesystem as an image.
 * @param {string} socketPath
 * @param {{ tag: string, changes: string[], tar: import('node:stream').Readable }} image
 */
export async function importImage(socketPath, { tag, changes, tar }) {
  const { repo, version } = splitTag(tag);
  const query = new URLSearchParams([
    ['fromSrc', '-'],
    ['repo', repo],
    ['tag', version],
  ]);
  for (const change of changes) query.append('changes', change);
  const options = { method: 'POST', body: tar, timeoutMs: 300_000 };
  failOnError(await request(socketPath, `/images/create?${query}`, options), `import ${tag}`);
}

/**
 * @param {string} socketPath
 * @param {string} tag
 */
export async function pullImage(socketPath, tag) {
  const { repo, version } = splitTag(tag);
  const query = new URLSearchParams({ fromImage: repo, tag: version });
  const options = { method: 'POST', timeoutMs: 900_000 };
  failOnError(await request(socketPath, `/images/create?${query}`, options), `pull ${tag}`);
}

/**
 * The engine answers 200 first and reports a failure as a line of the stream.
 * @param {{ status: number, text: string }} answer
 * @param {string} what
 */
export function failOnError({ status, text }, what) {
  for (const line of text.split('\n')) {
    if (!line.trim()) continue;
    const { error, message } = JSON.parse(line);
    if (error || status >= 400) throw new Error(`the engine could not ${what}: ${error ?? message}`);
  }
}

/**
 * @param {string} tag such as `faaso/base-node:bookworm` or `localhost:5000/x`
 */
export function splitTag(tag) {
  const colon = tag.lastIndexOf(':');
  if (colon < 0 || tag.includes('/', colon)) return { repo: tag, version: 'latest' };
  return { repo: tag.slice(0, colon), version: tag.slice(colon + 1) };
}

/**
 * The images on the engine: tag → labels.
 * @param {string} socketPath
 * @returns {Promise<Map<string, Record<string, string>>>}
 */
export async function imagesByTag(socketPath) {
  const { text } = await request(socketPath, '/images/json', { timeoutMs: 30_000 });
  const images = new Map();
  for (const { RepoTags, Labels } of JSON.parse(text)) {
    for (const tag of RepoTags ?? []) images.set(tag, Labels ?? {});
  }
  return images;
}

/**
 * Whether the engine can reach the registry of an image. The engine is asked, because it is the engine
 * that pulls: it has its own proxy settings and its own logins.
 * @param {string} socketPath
 * @param {string} tag
 * @param {number} [timeoutMs]
 */
export async function registryAnswers(socketPath, tag, timeoutMs = 8000) {
  try {
    const { status } = await request(socketPath, `/distribution/${tag}/json`, { timeoutMs });
    return status === 200;
  } catch {
    return false;
  }
}
