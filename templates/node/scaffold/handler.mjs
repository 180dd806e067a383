/**
 * Called once for each request; what it returns is the answer, here as JSON. A second argument, the context,
 * tells of the request: path, headers, deadline and more.
 */
export default function handler({ name = 'world' }) {
  return { greeting: `Hello, ${name}!` };
}
