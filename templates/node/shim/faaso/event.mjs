/** Request body to event; the table is in templates/README.md and holds for every runtime. */

/** The body was declared to be JSON and is not. */
export class NotJson extends Error {}

/** What the handler gets as its first argument. */
export function eventOf({ body, query, headers }) {
  if (body.length === 0) return query;
  const contentType = headers['content-type'] ?? '';
  const mediaType = contentType.split(';', 1)[0].trim().toLowerCase();
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return parseJson(body);
  if (mediaType === 'application/x-www-form-urlencoded') return formOrJson(body);
  if (mediaType.startsWith('text/')) return decode(body, contentType);
  return mediaType === '' ? guess(body) : body;
}

/** Fields of a query or form by name; a repeated one becomes an array. */
export function fieldsByName(encoded) {
  const fields = new Map();
  for (const [name, value] of new URLSearchParams(encoded)) {
    const earlier = fields.get(name);
    if (earlier === undefined) fields.set(name, value);
    else if (Array.isArray(earlier)) earlier.push(value);
    else fields.set(name, [earlier, value]);
  }
  return Object.fromEntries(fields);
}

function formOrJson(body) {
  const text = body.toString();
  // `curl -d '{…}'` declares a form; a form whose first field starts with a
  // bracket and that parses as JSON does not exist in practice.
  if (/^\s*[{[]/.test(text)) {
    try {
      return parseJson(body);
    } catch {
      // a form after all
    }
  }
  return fieldsByName(text);
}

/** Nothing declared: JSON if it is, else text if it is, else the bytes. */
function guess(body) {
  try {
    return parseJson(body);
  } catch {
    // not JSON
  }
  try {
    return strictUtf8(body);
  } catch {
    return body;
  }
}

function decode(body, contentType) {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return body.toString(); // a charset that nobody knows
  }
}

function parseJson(body) {
  try {
    return JSON.parse(strictUtf8(body));
  } catch (error) {
    throw new NotJson(error.message);
  }
}

function strictUtf8(body) {
  return new TextDecoder('utf-8', { fatal: true }).decode(body);
}
