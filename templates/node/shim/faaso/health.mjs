/** HEALTHCHECK of the image: exits with 0 when the function answers its health path. */

import { get } from 'node:http';

const url = `http://127.0.0.1:${process.env.PORT ?? 3000}/_faaso/health`;
get(url, { timeout: 2_000 }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
