/** How programs are bundled: for the package by bundle.js, for benches and tests in the same way. */

export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // koffi looks beside itself for the binary of the machine; clients of databases are installed beside lvsd by whoever needs them.
  external: ['koffi', 'ioredis', 'mongodb', 'mysql2', 'pg'],
  // Packages of the older kind ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
};
