/**
 * Renders Markdown as a page: POST text/markdown, get text/html.
 *
 * Shows a dependency (package.json with its lock file), a data file, an exact answer, and work that stops
 * when its client has gone.
 */

import { readFile } from 'node:fs/promises';
import { marked } from 'marked';

// Read once, when the function starts, and not with each request.
const page = await readFile(new URL('page.html', import.meta.url), 'utf8');

export default async function handler(event, context) {
  if (typeof event !== 'string') {
    return { statusCode: 415, body: { error: 'send Markdown as text/markdown' } };
  }
  const content = await marked.parse(event, { async: true });
  context.signal.throwIfAborted();
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
    body: page.replace('{{content}}', () => content),
  };
}
