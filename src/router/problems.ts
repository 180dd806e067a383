/** Codes of the answers that a router makes itself, whichever it is: status and title of each. */
export const PROBLEMS = {
  'request-invalid': [400, 'Bad Request'],
  'path-invalid': [400, 'Bad Request'],
  unauthorized: [401, 'Unauthorized'],
  // Of an exported Caddy, which does not know what guards the route.
  'route-guarded': [403, 'Forbidden'],
  'no-route': [404, 'Not Found'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  'request-timeout': [408, 'Request Timeout'],
  // In the access log alone: its answer has begun.
  'client-timeout': [408, 'Request Timeout'],
  'body-too-large': [413, 'Content Too Large'],
  'expectation-failed': [417, 'Expectation Failed'],
  'rate-limited': [429, 'Too Many Requests'],
  'route-busy': [429, 'Too Many Requests'],
  'headers-too-large': [431, 'Request Header Fields Too Large'],
  internal: [500, 'Internal Server Error'],
  'function-refused': [502, 'Bad Gateway'],
  'function-broke-off': [502, 'Bad Gateway'],
  'function-answer-invalid': [502, 'Bad Gateway'],
  'too-many-connections': [503, 'Service Unavailable'],
  'verification-busy': [503, 'Service Unavailable'],
  'function-not-ready': [503, 'Service Unavailable'],
  'function-timeout': [504, 'Gateway Timeout'],
  'function-replaced': [504, 'Gateway Timeout'],
  'version-unsupported': [505, 'HTTP Version Not Supported'],
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
