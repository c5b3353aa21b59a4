#!/usr/bin/env node
/** The `contor` command: hands over to what was built, or says how to build it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/index.js', import.meta.url);
if (!existsSync(fileURLToPath(built))) {
  console.error('Contor is not built yet. Run `npm run build` (or `npm start`) in its folder first.');
  process.exit(1);
}
const { main } = await import(built.href);
await main(process.argv.slice(2));
