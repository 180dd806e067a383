/**
 * Called once for each request; what it returns is the answer, here as JSON.
 *
 * The event is the JSON body, or the query where there is none: POST {"name": "Ada"} and GET ?name=Ada are the same.
 * The context tells of the request: context.path, context.headers, context.method and more.
 */
export default function handler(event, context) {
  const { name = 'world' } = event;
  return { greeting: `Hello, ${name}!` };
}
