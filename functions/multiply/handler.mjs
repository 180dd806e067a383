/** {"a": 6, "b": 7} → {"product": 42}; anything that is not two numbers is the caller's fault. */
export default function multiply({ a, b }) {
  if (typeof a !== 'number' || typeof b !== 'number') {
    return { statusCode: 400, body: { error: 'a and b must be numbers' } };
  }
  return { product: a * b + 0 };
}
